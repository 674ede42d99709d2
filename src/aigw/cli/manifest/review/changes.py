"""`aigw manifest diff`: what changes between two documents, in what they mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aigw.cli.manifest import CHANGED
from aigw.cli.manifest.findings import format_of, render
from aigw.cli.manifest.markdown import cell, code, table
from aigw.cli.manifest.review.documents import Document, read
from aigw.cli.manifest.review.reviewed import Reviewed, identity, versions_of
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Cell, Page, Terminal
from aigw.manifest.publishing.diff import Change, Difference, compare
from aigw.manifest.publishing.findings import Finding, Level
from aigw.types.json import as_object

_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}
_TOLD: Final = 3
_RULE: Final = "diff"


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two documents, and what changes between them."""

    old: Document
    about: Reviewed
    difference: Difference

    @property
    def is_changed(self) -> bool:
        """Whether anything changes, or might, in what cannot be judged here."""
        return bool(self.difference) or (bool(self.about.unjudged) and self.old.body != self.about.new.body)

    @property
    def stray(self) -> str:
        """Say what a rollout changes for those that stay at its base; nothing if it does not."""
        strays = self.difference.strays
        if not strays:
            return ""
        more = f" and {len(strays) - _TOLD} more" if len(strays) > _TOLD else ""
        told = "; ".join(map(_sentence, strays[:_TOLD])) + more
        return f"the base of the rollout is not what is served now, so those who stay there change, too: {told}"


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Show what changes; 2 if anything does, else 0."""
    versions = versions_of(arguments)
    new = read(arguments.source or "")
    old = read(arguments.against or "", beside=arguments.source)
    about = Reviewed(old, new, new.readers(versions, old.snapshot))
    compared = _Compared(old, about, compare(old.snapshot, new.snapshot))
    match format_of(arguments):
        case "json":
            terminal.out.json(_as_dict(compared))
        case "github":
            render([*_findings(compared), *about.findings()], "github", terminal)
        case "markdown":
            _markdown(compared, terminal.out)
        case _:
            _text(compared, terminal.out)
    return CHANGED if compared.is_changed else 0


def _text(compared: _Compared, out: Page) -> None:
    out.line(compared.about.heading, "bold")
    if not compared.is_changed:
        out.line("No change.", "good")
    if compared.difference:
        out.line()
        rows: list[list[Cell | str]] = [
            [_SIGNS[one.action], Cell(one.what, "bold" if one.is_risky else None), one.before or "", one.after or ""]
            for one in compared.difference.changes
        ]
        out.table(["", "what", "before", "after"], rows, indent="  ")
    if compared.stray:
        out.line(f"Careful: {compared.stray}.", "bad")
    compared.about.show(out)


def _markdown(compared: _Compared, out: Page) -> None:
    out.line(f"### Manifest: {cell(compared.about.heading)}")
    out.line()
    if not compared.is_changed:
        out.line("No change.")
    if compared.difference:
        rows = [
            [f"{'⚠ ' * one.is_risky}{one.action}", code(one.what), code(one.before or ""), code(one.after or "")]
            for one in compared.difference.changes
        ]
        table(["", "what", "before", "after"], rows, out)
    if compared.stray:
        out.line()
        out.line(f"⚠ {cell(compared.stray)}.")
    compared.about.markdown(out)


def _findings(compared: _Compared) -> Iterator[Finding]:
    file = compared.about.new.file
    for change in compared.difference.changes:
        level: Level = "warning" if change.is_risky else "note"
        line = _line_of(compared.about, change)
        yield Finding(level=level, rule=_RULE, message=_sentence(change), file=file, line=line)
    if compared.stray:
        line = compared.about.new.find(("rollout",))
        yield Finding(level="warning", rule=_RULE, message=compared.stray, file=file, line=line)


def _line_of(about: Reviewed, change: Change) -> int | None:
    """Give the line of the new document that speaks of *change*; its first where none does any more."""
    new = about.new
    if change.part == "route":
        return about.line_of(change.name)
    if change.part == "provider" and change.name in as_object(new.raw.get("providers")):
        return new.find(("providers", change.name))
    key = change.field.partition(".")[0] if change.part == "document" else change.part
    return new.find((key,)) if key in new.raw else 1


def _sentence(change: Change) -> str:
    if change.before is None:
        return f"{change.what} is new: {change.after}"
    if change.after is None:
        return f"{change.what} is gone: {change.before}"
    return f"{change.what}: {change.before} → {change.after}"


def _as_dict(compared: _Compared) -> dict[str, object]:
    return {
        "changed": compared.is_changed,
        "old": identity(compared.old),
        "new": identity(compared.about.new),
        "changes": [_change_as_dict(change) for change in compared.difference.changes],
        "strays": [_change_as_dict(change) for change in compared.difference.strays],
        **compared.about.as_dict(),
    }


def _change_as_dict(change: Change) -> dict[str, object]:
    return {
        "action": change.action,
        "part": change.part,
        "name": change.name or None,
        "field": change.field or None,
        "before": change.before,
        "after": change.after,
        "risky": change.is_risky,
    }
