"""What this reader of manifests knows, by version and by name, and whether that is enough for a document."""

import re
from typing import Final

from aigw.manifest.language.problems import Problems, near, shown
from aigw.types.json import JsonObject, as_array, as_text
from aigw.types.nack import Nack

FEATURES: Final = frozenset({"rollout.v1", "instead.v1", "fail-closed.v1", "quarantine.v1"})
"""What a document may require of its readers by name."""

_RELEASE = re.compile(r"\d+(?:\.\d+)*")


def own_version() -> str | None:
    """Give the version of this aigw, or None where it runs from a source tree that nobody installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow, and asked for by few documents

    try:
        return version("aigw")
    except PackageNotFoundError:
        return None


def is_newer(version: object, reader: str | None) -> bool:
    """Whether *version* is of a later release than *reader*; what is no version is not, and nothing beats None."""
    if not isinstance(version, str) or reader is None:
        return False
    wanted, own = _release(version), _release(reader)
    return wanted is not None and own is not None and wanted > own


def check_reader(raw: JsonObject, reader: str | None, problems: Problems) -> None:
    """Refuse a document that asks for more than this reader has, at once: it would judge the rest by the wrong rules.

    Raises `ManifestInvalidError` with `Nack.FEATURE`.
    """
    name = "this version of aigw" if reader is None else f"aigw {reader}"
    oldest = raw.get("min_reader")
    if is_newer(oldest, reader):
        problems.add(("min_reader",), f"this manifest needs aigw {oldest} or later, and this is {reader}; upgrade aigw")
    for at, wanted in enumerate(as_array(raw.get("requires"))):
        feature = as_text(wanted)
        if feature is not None and feature not in FEATURES:
            what = f"{name} does not have {shown(feature)}; upgrade aigw, if it is no slip of the pen: "
            problems.add(("requires", at), what + near(feature, FEATURES))
    problems.raise_if_any(Nack.FEATURE)


def _release(version: str) -> tuple[int, ...] | None:
    found = _RELEASE.match(version)
    if found is None:
        return None
    numbers = [int(number[:9]) for number in found[0].split(".")[:6]]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
