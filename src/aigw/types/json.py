"""Read decoded JSON without trusting it: each helper answers the wanted shape, or nothing.

Providers leave fields out, send `null`, or send another type than documented; adapters go through these helpers so
that a surprise becomes an absent field and never an `AttributeError`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias, cast

JsonObject: TypeAlias = Mapping[str, object]
JsonArray: TypeAlias = Sequence[object]


class _Nothing(Mapping[str, object]):
    """The empty object, immutable and hashable, so that it can be a default of frozen dataclasses."""

    __slots__ = ()

    def __getitem__(self, key: str) -> NoReturn:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return hash(_Nothing)

    def __repr__(self) -> str:
        return "{}"


EMPTY: Final[JsonObject] = _Nothing()

_OBJECTS: Final = (dict, Mapping)
_ARRAYS: Final = (list, tuple)
"""Tuples, made once and the usual type first: these checks run for every field of every answer."""


def as_object(value: object) -> JsonObject:
    """Give *value* if it is a JSON object, else an empty one."""
    return cast("JsonObject", value) if isinstance(value, _OBJECTS) else EMPTY


def as_array(value: object) -> JsonArray:
    """Give *value* if it is a JSON array, else an empty one."""
    return cast("JsonArray", value) if isinstance(value, _ARRAYS) else ()


def as_text(value: object) -> str | None:
    """Give *value* if it is a string, else None."""
    return value if isinstance(value, str) else None


def as_int(value: object) -> int | None:
    """Give *value* as a whole number if it is a number (not a boolean), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def without(source: JsonObject, known: frozenset[str]) -> JsonObject:
    """Give the fields of *source* that are not *known*: what a dialect says beyond our words."""
    if source.keys() <= known:
        return EMPTY
    return {key: value for key, value in source.items() if key not in known}
