"""What `lint` says of a document that is about to be published, as far as it is new."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from aigw.cli.sources import compiled
from aigw.cli.terminal import Terminal, one_line
from aigw.errors import ConfigurationError, ManifestInvalidError
from aigw.manifest.language.document import load_document
from aigw.manifest.publishing.findings import Finding
from aigw.manifest.publishing.lint import lint
from aigw.manifest.publishing.releases import Published, published
from aigw.manifest.publishing.rules.subject import Subject

_ALLOWED: Final = re.compile(rb"#\s*lint:\s*allow\s+([\w-]+)[ \t]+\S")


def allowed_in(texts: Sequence[bytes]) -> frozenset[str]:
    """Give the rules that the authors of *texts* silence somewhere: what is built of them has no such lines left."""
    return frozenset(match[1].decode() for text in texts for match in _ALLOWED.finditer(text))


def warn(terminal: Terminal, content: bytes, over: Published | None, now: float) -> None:
    """Say on standard error what is new against *over*, and hold nothing up: an outage has no time for it."""
    for finding in _new(content, over, now):
        terminal.err.line(f"aigw: {finding.level}: {_shown(finding)}", "bad")


def insist(
    terminal: Terminal, content: bytes, over: Published | None, now: float, allowed: frozenset[str] = frozenset()
) -> None:
    """Say what is new against *over* and not *allowed*. Raises `ConfigurationError` for what is an error."""
    found = [finding for finding in _new(content, over, now) if finding.rule not in allowed]
    for finding in found:
        if finding.level == "error":
            message = (
                f"It is not published: {_shown(finding)}. If it is meant, say so in its source: "
                f"# lint: allow {finding.rule} REASON"
            )
            raise ConfigurationError(message)
        terminal.err.line(f"aigw: {finding.level}: {_shown(finding)}", "bad")


def _new(content: bytes, over: Published | None, now: float) -> list[Finding]:
    known = set[tuple[str, str, str]]()
    if over is not None and over.document:
        with suppress(ManifestInvalidError):  # of an older reader's, or nobody's
            known = {(one.rule, one.path, one.message) for one in _found(over, now)}
    found = [one for one in _found(published(content), now) if one.level != "note"]
    return [one for one in found if (one.rule, one.path, one.message) not in known]


def _found(made: Published, now: float) -> tuple[Finding, ...]:
    snapshot = compiled(made.payload, "the document")
    document = load_document(made.payload, source="the document")
    subject = Subject(text=made.payload.decode(), document=document, snapshot=snapshot, now=now)
    return lint(subject, source="the document")


def _shown(finding: Finding) -> str:
    fix = f"; {finding.fix}" if finding.fix else ""
    return one_line(f"{finding.path}: {finding.message}{fix} ({finding.rule})".removeprefix(": "))
