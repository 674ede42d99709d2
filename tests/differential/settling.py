"""The differences that are settled: a checked-in table for each SDK, `settled/NAME.yaml`, and the judge who reads it.

A table is a list of entries: `cases` and `paths` (globs as in a shell, of a case's name and a difference's path, any of
which must match), `ours` and `theirs` (globs of both values as JSON text, `*` unless given), a `verdict` and a `reason`
of one sentence. In a glob, `[` begins a set of letters: `[[]` is a bracket. What was wrong with ours has no entry: it
is fixed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import yaml
from tests.differential.wire import Difference

FOLDER: Final = Path(__file__).parent / "settled"
VERDICTS: Final = frozenset({"theirs wrong", "both fine"})
_FIELDS: Final = {"cases", "paths", "ours", "theirs", "verdict", "reason"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One settled difference."""

    cases: tuple[str, ...]
    paths: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    verdict: str
    reason: str

    def settles(self, case: str, found: Difference) -> bool:
        """Tell whether this entry is about *found*."""
        return (
            any(fnmatchcase(case, pattern) for pattern in self.cases)
            and any(fnmatchcase(found.path, pattern) for pattern in self.paths)
            and any(fnmatchcase(found.ours, pattern) for pattern in self.ours)
            and any(fnmatchcase(found.theirs, pattern) for pattern in self.theirs)
        )


def table(name: str) -> tuple[Entry, ...]:
    """Read the table of *name*; without a file there is nothing to settle."""
    file = FOLDER / f"{name}.yaml"
    rows = yaml.safe_load(file.read_text("utf-8")) if file.exists() else []
    return tuple(_entry(name, row) for row in rows or [])


def unsettled(name: str, found: Iterable[tuple[str, Difference]]) -> tuple[list[str], list[str]]:
    """Give the differences (each with its case) that no entry of *name* settles, and the entries that settle none.

    The first entry that fits is the one that counts, so a general one may follow a special one.
    """
    entries = table(name)
    used: set[int] = set()
    left: list[str] = []
    for case, difference in found:
        match = next((place for place, entry in enumerate(entries) if entry.settles(case, difference)), None)
        if match is None:
            left.append(f"{case} :: {difference}")
        else:
            used.add(match)
    return left, [f"matches nothing: {entry}" for place, entry in enumerate(entries) if place not in used]


def complaints(name: str, found: Iterable[tuple[str, Difference]]) -> str:
    """Give what `unsettled` found, a line each; empty if all is settled."""
    left, unused = unsettled(name, found)
    return "\n".join([*left, *unused])


def _entry(name: str, row: dict[str, Any]) -> Entry:
    assert row.keys() <= _FIELDS, f"{name}.yaml: {sorted(row.keys() - _FIELDS)}"
    assert row["verdict"] in VERDICTS, f"{name}.yaml: the verdict {row['verdict']!r}"
    assert row["reason"].strip(), f"{name}.yaml: an entry without a reason"
    return Entry(
        cases=_globs(row.get("cases", "*")),
        paths=_globs(row["paths"]),
        ours=_globs(row.get("ours", "*")),
        theirs=_globs(row.get("theirs", "*")),
        verdict=row["verdict"],
        reason=row["reason"],
    )


def _globs(said: str | list[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)
