"""Read decoded JSON without trusting it: each helper answers the wanted shape, or nothing.

Providers leave fields out, send `null`, or send another type than documented; adapters go through these helpers so
that a surprise becomes an absent field and never an `AttributeError`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias, cast

JsonObject: TypeAlias = Mapping[str, object]
JsonArray: TypeAlias = Sequence[object]


_READ_ONLY: Final = "the shared empty object cannot be written to; make a dict"


class _Nothing(dict[str, object]):
    """The empty object. Immutable and hashable, so it can be a default of frozen dataclasses; a dict, so it is fast."""

    __slots__ = ()

    def __setitem__(self, key: str, value: object) -> NoReturn:
        raise TypeError(_READ_ONLY)

    def setdefault(self, *_: object) -> NoReturn:
        """Refuse."""
        raise TypeError(_READ_ONLY)

    def update(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise TypeError(_READ_ONLY)

    def __ior__(self, _: object) -> NoReturn:  # type: ignore[misc]  # it never gives
        raise TypeError(_READ_ONLY)

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none
        return hash(_Nothing)

    def __reduce__(self) -> str:
        return "EMPTY"


EMPTY: Final[JsonObject] = _Nothing()

_OBJECTS: Final = (dict, Mapping)
_ARRAYS: Final = (list, tuple)
"""Tuples, made once and the usual type first: these checks run for every field of every answer."""


def as_object(value: object) -> JsonObject:
    """Give *value* if it is a JSON object, else an empty one."""
    # This runs for every field of every message: `cast` is a call, and asking the abstract class about None is dear.
    if type(value) is dict:
        return value  # pyright: ignore[reportUnknownVariableType] - decoded JSON has texts for keys
    return EMPTY if value is None or not isinstance(value, _OBJECTS) else cast("JsonObject", value)


def as_array(value: object) -> JsonArray:
    """Give *value* if it is a JSON array, else an empty one."""
    if type(value) is list:
        return value  # pyright: ignore[reportUnknownVariableType] - of anything
    return cast("JsonArray", value) if isinstance(value, _ARRAYS) else ()


def as_text(value: object) -> str | None:
    """Give *value* if it is a string, else None."""
    return value if isinstance(value, str) else None


def as_int(value: object) -> int | None:
    """Give *value* as a whole number if it is a number (not a boolean), else None."""
    if type(value) is int:
        return value
    if isinstance(value, int):
        return None if isinstance(value, bool) else int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def as_count(value: object) -> int:
    """Give *value* as a count; what is no number, or below zero, counts nothing."""
    # Counts are whole numbers nearly always, and this runs for a dozen fields of every answer.
    if not value:
        return 0
    return value if type(value) is int and value > 0 else max(0, as_int(value) or 0)


def without(source: JsonObject, known: frozenset[str]) -> JsonObject:
    """Give the fields of *source* that are not *known*: what a dialect says beyond our words."""
    if source.keys() <= known:
        return EMPTY
    return {key: value for key, value in source.items() if key not in known}
