"""Read the vectors of embeddings, as lists of numbers or as base64, for every dialect's adapter.

Whole answers go through `vectors_of`, rows that say where they belong (`index`) through `in_order` first.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import cast

from aigw.providers.reading import misshapen
from aigw.types.embeddings import Vector
from aigw.types.json import JsonObject, as_array, as_int, as_object
from aigw.types.vectors import content_of
from aigw.wire import HttpResponse


def vector(value: object) -> Vector | None:
    """Give *value* as a vector if it is one: its numbers as they are, or its base64 text. None for anything else."""
    if isinstance(value, str):
        return value if value and content_of(value) is not None else None
    numbers = cast("Sequence[float]", as_array(value))
    if not numbers:
        return None
    try:
        array("d", numbers)  # reads them all at the speed of C, and refuses what is no number
    except (TypeError, OverflowError):
        return None
    return tuple(numbers)


def vectors_of(
    values: Iterable[object], provider: str, *, expected: int | None = None, response: HttpResponse | None = None
) -> tuple[Vector, ...]:
    """Read *values* as vectors, *expected* of them where that is known. Raises `APIResponseValidationError`."""
    found: list[Vector] = []
    for index, value in enumerate(values):
        read = vector(value)
        if read is None:
            what = f"something that is no vector as embedding {index}"
            raise misshapen(what, provider, response)
        found.append(read)
    if expected is not None and len(found) != expected:
        what = f"{len(found)} embeddings for {expected} inputs"
        raise misshapen(what, provider, response)
    return tuple(found)


def in_order(rows: Sequence[object]) -> list[JsonObject]:
    """Sort *rows* by their `index`; where these make no order (absent, repeated), rows stay as they came."""
    objects = [as_object(row) for row in rows]
    placed = {as_int(row.get("index")): row for row in objects}
    if placed.keys() != set(range(len(objects))):
        return objects
    return [placed[index] for index in range(len(objects))]
