"""`aigw manifest lint`: find what the reader accepts and its author should not have written."""

import time
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from aigw.cli.manifest.files import read_text
from aigw.cli.manifest.findings import Finding, counted, format_of, render
from aigw.cli.parsing import Arguments
from aigw.cli.sources import compiled
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError, ManifestInvalidError
from aigw.manifest.language.document import load_document
from aigw.manifest.language.problems import near
from aigw.manifest.language.values import is_version
from aigw.manifest.publishing.findings import is_bad
from aigw.manifest.publishing.lint import RULES, lint, refused
from aigw.manifest.publishing.rules.subject import Rule, Subject

ENTRY_POINTS: Final = "aigw.manifest_rules"
"""Where installed packages name rules of their own."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Show what is found; 1 if any of it is more than a note."""
    rules = (*RULES, *_installed())
    if arguments.rule is not None:
        rule = _named(arguments.rule, rules)
        if format_of(arguments) == "json":
            terminal.out.json(_as_dict(rule))
        else:
            _explain(rule, terminal)
        return 0
    if not arguments.files:
        message = "Say which file: aigw manifest lint manifest.yaml."
        raise ConfigurationError(message)
    if arguments.min_reader is not None and not is_version(arguments.min_reader):
        message = f"--min-reader is a version of aigw such as 1.4, not {arguments.min_reader[:40]!r}."
        raise ConfigurationError(message)
    found = [one for named in arguments.files for one in _found(named, rules, arguments)]
    form = format_of(arguments)
    render(found, form, terminal, title="Manifest", more={"ok": not is_bad(found)})
    if form == "text":
        terminal.err.line(f"{', '.join(arguments.files)}: {counted(found)}", "bad" if is_bad(found) else "good")
    return int(is_bad(found))


def _found(named: str, rules: tuple[Rule, ...], arguments: Arguments) -> tuple[Finding, ...]:
    content, source = read_text(named)
    try:
        document = load_document(content, source=source)
    except ManifestInvalidError as error:
        return refused(error)
    snapshot, problems = None, tuple[Finding, ...]()
    try:
        snapshot = compiled(content, source)
    except ManifestInvalidError as error:
        problems = refused(error)
    subject = Subject(
        text=content.decode("utf-8-sig"),
        document=document,
        snapshot=snapshot,
        now=time.time(),
        min_reader=arguments.min_reader,
    )
    found = (*problems, *lint(subject, source=source, rules=rules))
    return tuple(sorted(found, key=lambda finding: finding.line or 0))


def _installed() -> Iterator[Rule]:
    """Give the rules of installed packages. Raises `ConfigurationError` for one that cannot be loaded."""
    for point in entry_points(group=ENTRY_POINTS):
        yield _loaded(point)


def _loaded(point: EntryPoint) -> Rule:
    wrong = "it is no `Rule`"
    try:
        rule: object = point.load()
    except Exception as error:  # noqa: BLE001 - it is somebody else's code
        rule, wrong = None, type(error).__name__
    if isinstance(rule, Rule):
        return rule
    message = f"The rule {point.name} ({point.value}) cannot be loaded: {wrong}. Repair or remove its package."
    raise ConfigurationError(message)


def _named(name: str, rules: tuple[Rule, ...]) -> Rule:
    """Give the rule *name*. Raises `ConfigurationError`."""
    rule = next((one for one in rules if one.id == name), None)
    if rule is None:
        message = f"There is no rule {name[:40]!r}; {near(name, [one.id for one in rules])}."
        raise ConfigurationError(message)
    return rule


def _as_dict(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.id,
        "level": rule.level,
        "asks": rule.asks,
        "why": rule.why,
        "instead_of": rule.instead_of,
        "write": rule.write,
    }


def _explain(rule: Rule, terminal: Terminal) -> None:
    """Print what *rule* is for."""
    out = terminal.out
    out.line(f"{rule.id} ({rule.level})", "bold")
    out.line(rule.asks)
    out.line()
    out.line(rule.why)
    for heading, text in (("instead of", rule.instead_of), ("write", rule.write)):
        out.line()
        out.line(f"{heading}:", "dim")
        for line in text.splitlines():
            out.line(f"  {line}")
    out.line()
    out.line(f"silence it on a line with `# lint: allow {rule.id} REASON`, at its end or above it", "dim")
