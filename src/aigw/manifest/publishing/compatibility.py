"""Which versions of aigw can read a document: wholly, in part, or not at all, as far as this one can tell."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.features import is_newer
from aigw.manifest.publishing.readers import SINCE, uses
from aigw.manifest.snapshot import Snapshot
from aigw.types.json import JsonObject
from aigw.types.nack import Nack

__all__ = ["Colour", "Compile", "Reader", "readers"]

Colour: TypeAlias = Literal["GREEN", "YELLOW", "RED"]

Compile: TypeAlias = Callable[[str], Snapshot]
"""Compiles the document as a reader of that version would. Raises `ManifestInvalidError`."""

_SERVED: Final[Mapping[str, str]] = {
    "last_good": "its last good version serves",
    "else": "its `else` serves",
    "none": "nothing serves",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """What a version makes of a document.

    GREEN takes all of it. YELLOW serves it without what it leaves out (`ignored`), or with stand-ins for routes it may
    not judge (`quarantined`). RED refuses it and goes on with what it has: `nack` and `why` say for what reason.
    """

    version: str
    colour: Colour
    nack: Nack | None = None
    why: str = ""
    ignored: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"aigw {self.version}: {self.colour}" + (f" ({self.why})" if self.why else "")


def readers(versions: Iterable[str], raw: JsonObject, compiled: Compile) -> tuple[Reader, ...]:
    """Tell of each of *versions* what it makes of the document *raw*, which *compiled* compiles."""
    return tuple(_reader(version, raw, compiled) for version in dict.fromkeys(versions))


def _reader(version: str, raw: JsonObject, compiled: Compile) -> Reader:
    lacking = sorted({feature for _, feature in uses(raw) if is_newer(SINCE.get(feature), version)})
    if lacking:
        why = f"{Nack.INVALID}: it does not have {', '.join(lacking)}, which came later"
        return Reader(version, "RED", Nack.INVALID, why)
    try:
        snapshot = compiled(version)
    except ManifestInvalidError as error:
        problem = error.problems[0]
        return Reader(version, "RED", error.nack, f"{error.nack}: {problem}")
    quarantined = tuple(f"{one.route} ({_SERVED[one.now]})" for one in snapshot.quarantined)
    said = (("ignores", snapshot.ignored), ("quarantines", quarantined))
    why = "; ".join(f"{verb} {', '.join(names)}" for verb, names in said if names)
    return Reader(version, "YELLOW" if why else "GREEN", None, why, snapshot.ignored, quarantined)
