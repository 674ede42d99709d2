"""Find what a reader of manifests accepts and their authors should not have written. Pure: documents in, findings out.

A line with `# lint: allow RULE reason` at its end, or alone above it, silences that rule there. The reason is not
optional, and neither is there anything to silence: what allows nothing is found, too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.problems import near, written
from aigw.manifest.publishing.findings import Finding
from aigw.manifest.publishing.rules.envelope import MIN_READER, SHORT_EXPIRY, TRUST_TLS
from aigw.manifest.publishing.rules.providers import LITERAL_SECRET, PLAIN_HTTP, UNUSED_PROVIDER
from aigw.manifest.publishing.rules.routes import DEAD_ROUTE, LATE_FALLBACK, NO_FALLBACK, UNREACHABLE_RULE
from aigw.manifest.publishing.rules.subject import Found, Rule, Subject

__all__ = ["RULES", "lint", "refused"]

RULES: Final = (
    LITERAL_SECRET,
    PLAIN_HTTP,
    UNUSED_PROVIDER,
    NO_FALLBACK,
    LATE_FALLBACK,
    UNREACHABLE_RULE,
    DEAD_ROUTE,
    SHORT_EXPIRY,
    MIN_READER,
    TRUST_TLS,
)
"""All rules of aigw's own, in the order of the reference."""

INVALID: Final = "invalid"
"""What the reader itself refuses: unknown keys, references that lead nowhere, and all the rest."""

_ALLOWS: Final = "allow"
_ALLOW = re.compile(r"#\s*lint:\s*allow\b[ \t]*([\w-]*)[ \t]*(.*)$")


@dataclass(slots=True)
class _Allow:
    """A word of an author that a rule is not meant for a line."""

    line: int
    covers: int
    rule: str
    reason: str
    used: bool = field(default=False)


def lint(subject: Subject, *, source: str, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """Ask all *rules* about *subject*, which findings name *source*. In the order of the document."""
    allows = list(_allows(subject.text))
    found = [_finding(subject, rule, one, source) for rule in rules for one in rule.check(subject)]
    left = [finding for finding in found if not _is_allowed(finding, allows)]
    known = {rule.id for rule in rules}
    left += [
        Finding(level="warning", rule=_ALLOWS, message=what, file=source, line=allow.line)
        for allow in allows
        for what in _wrong_with(allow, known, whole=subject.snapshot is not None)
    ]
    return tuple(sorted(left, key=lambda finding: finding.line or 0))


def refused(error: ManifestInvalidError) -> tuple[Finding, ...]:
    """Give what the reader refuses a document for."""
    return tuple(_refusal(problem, error) for problem in error.problems)


def _refusal(problem: str, error: ManifestInvalidError) -> Finding:
    """Take a problem apart that is written as `source:line: path: what`; a flaw of the text itself has no path."""
    rest = problem.removeprefix(error.source or "")
    found = re.match(r"(?::(\d+))?: ", rest)
    line = int(found[1]) if found and found[1] else None
    rest = rest[found.end() :] if found else rest
    path, colon, what = rest.partition(": ") if error.path else ("", "", rest)
    message = what if colon else rest
    return Finding(
        level="error", rule=INVALID, message=message, file=error.source or "", line=line, path=path if colon else ""
    )


def _finding(subject: Subject, rule: Rule, found: Found, source: str) -> Finding:
    return Finding(
        level=found.level or rule.level,
        rule=rule.id,
        message=found.message,
        file=source,
        line=found.line or subject.document.find(found.path),
        path=written(found.path),
        fix=found.fix,
    )


def _allows(text: str) -> Iterator[_Allow]:
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        match = _ALLOW.search(line)
        if match is None:
            continue
        covers = number
        if line.lstrip().startswith("#"):
            below = (at for at, other in enumerate(lines[number:], start=number + 1) if _says_something(other))
            covers = next(below, number)
        yield _Allow(number, covers, match[1], match[2].strip())


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _is_allowed(finding: Finding, allows: Iterable[_Allow]) -> bool:
    allowing = [one for one in allows if one.covers == finding.line and one.rule == finding.rule and one.reason]
    for one in allowing:
        one.used = True
    return bool(allowing)


def _wrong_with(allow: _Allow, known: Iterable[str], *, whole: bool) -> Iterator[str]:
    """Say what is wrong with *allow*. Unless a document is *whole*, most rules were not asked."""
    if allow.rule not in known:
        yield f"there is no rule {allow.rule!r}; {near(allow.rule, known)}"
    elif not allow.reason:
        yield f"does not say why; write `# lint: allow {allow.rule} REASON`"
    elif not allow.used and whole:
        yield f"{allow.rule} finds nothing here; leave the comment out"
