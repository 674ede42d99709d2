"""What is found about a document: by the checks of its authors, its tests, and those who review a change of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Finding", "Level", "is_bad"]

Level: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found. `rule` names what found it, `path` the place in the document, `fix` what to do."""

    level: Level
    rule: str
    message: str
    file: str = ""
    line: int | None = None
    path: str = ""
    fix: str = ""


def is_bad(findings: Iterable[Finding]) -> bool:
    """Whether any of *findings* is more than a note."""
    return any(finding.level != "note" for finding in findings)
