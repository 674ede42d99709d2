"""Write findings for whoever reads them: people, machines, GitHub's annotations, and comments on a pull request."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aigw.cli.manifest.markdown import code, sentence, table
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Page, Style, Terminal, harmless, one_line
from aigw.manifest.publishing.findings import Finding, Level
from aigw.types.json import EMPTY, JsonObject

__all__ = ["Finding", "Level", "counted", "format_of", "render"]

_STYLES: Final[Mapping[Level, Style]] = {"error": "bad", "warning": "bad", "note": "dim"}
_COMMANDS: Final[Mapping[Level, str]] = {"error": "error", "warning": "warning", "note": "notice"}
_LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")


def format_of(arguments: Arguments) -> str:
    """Give the format that was asked for; `--json` is short for one of them."""
    return "json" if arguments.json else arguments.format


def render(
    findings: Sequence[Finding], form: str, terminal: Terminal, *, title: str = "", more: JsonObject = EMPTY
) -> None:
    """Write *findings* as `text`, `json`, `github` or `markdown`.

    *title* heads Markdown; *more* is what the JSON says beside the findings.
    """
    out = terminal.out
    match form:
        case "json":
            out.json({**more, "findings": [_as_dict(finding) for finding in findings]})
        case "github":
            for finding in findings:
                out.line(_annotation(finding))
        case "markdown":
            _markdown(findings, out, title)
        case _:
            for finding in findings:
                out.line(one_line(_sentence(finding)), _STYLES[finding.level])


def counted(findings: Iterable[Finding]) -> str:
    """Say how many there are of each level."""
    numbers = Counter(finding.level for finding in findings)
    said = [f"{numbers[level]} {level}{'s' * (numbers[level] != 1)}" for level in _LEVELS if numbers[level]]
    return ", ".join(said) or "nothing found"


def _place(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file


def _told(finding: Finding) -> str:
    return f"{finding.message}; {finding.fix}" if finding.fix else finding.message


def _sentence(finding: Finding) -> str:
    parts = (_place(finding), finding.level, finding.path, f"{_told(finding)} [{finding.rule}]")
    return ": ".join(part for part in parts if part)


def _as_dict(finding: Finding) -> dict[str, object]:
    return {
        "level": finding.level,
        "rule": finding.rule,
        "message": finding.message,
        "fix": finding.fix or None,
        "file": finding.file or None,
        "line": finding.line,
        "path": finding.path or None,
    }


def _annotation(finding: Finding) -> str:
    """Give the workflow command that GitHub shows as an annotation of the line.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    place = {"file": finding.file, "line": str(finding.line or ""), "title": f"aigw {finding.rule}"}
    said = ",".join(f"{key}={_property(value)}" for key, value in place.items() if value)
    message = f"{finding.path}: {_told(finding)}" if finding.path else _told(finding)
    return f"::{_COMMANDS[finding.level]} {said}::{_data(message)}"


def _data(text: str) -> str:
    """Escape what would end a workflow command, which the next line could follow with one of its own."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return harmless(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _markdown(findings: Sequence[Finding], out: Page, title: str) -> None:
    if title:
        out.line(f"### {sentence(title)}")
        out.line()
    out.line(f"{counted(findings)}.".capitalize())
    if not findings:
        return
    out.line()
    table(("", "where", "what", "rule"), [_row(finding) for finding in findings], out)


def _row(finding: Finding) -> tuple[str, ...]:
    where = " ".join(code(part) for part in (_place(finding), finding.path) if part)
    return finding.level, where, sentence(_told(finding)), code(finding.rule)
