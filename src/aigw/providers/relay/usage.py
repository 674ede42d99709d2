"""Read the books of what is passed through: tokens where they are counted, other units as the provider names them.

Sources: `usage` of OpenAI's images and transcriptions, Voyage's and Jina's `usage.total_tokens`, Cohere's
`meta.billed_units`.
"""

from collections.abc import Mapping
from typing import Final

from aigw.types.json import EMPTY, JsonObject, as_int, as_object, without
from aigw.types.operation import Operation
from aigw.types.usage import Usage

_COUNTED: Final = frozenset(
    {"input_tokens", "output_tokens", "total_tokens", "prompt_tokens", "completion_tokens", "billed_units"}
)
_WITHOUT: Final = frozenset({Operation.BATCHES, Operation.MODERATIONS})
"""A batch's own books grow while it runs and would be counted at every look; a moderation costs nothing."""


def relay_usage(body: JsonObject, operation: Operation) -> Usage | None:
    """Make disjoint buckets of what *body* says was used, or None where it says nothing."""
    if operation in _WITHOUT:
        return None
    meta = as_object(body.get("meta"))
    units = as_object(meta.get("billed_units"))
    books = as_object(body.get("usage")) or as_object(meta.get("tokens")) or units
    if not books:
        return None
    read, written = _read(books), _count(books, "output_tokens", "completion_tokens")
    inputs = _details(books, "input_tokens_details", "input_token_details", "prompt_tokens_details")
    outputs = _details(books, "output_tokens_details", "output_token_details", "completion_tokens_details")
    seen = min(_count(inputs, "image_tokens"), read)
    heard = min(_count(inputs, "audio_tokens"), read - seen)
    drawn = written if operation is Operation.IMAGES and not outputs else _count(outputs, "image_tokens")
    drawn = min(drawn, written)
    spoken = min(_count(outputs, "audio_tokens"), written - drawn)
    return Usage(
        input=read - seen - heard,
        output=written - drawn - spoken,
        audio_input=heard,
        audio_output=spoken,
        image_input=seen,
        image_output=drawn,
        server_tools=_units(units),
        extra=without(books, _COUNTED | units.keys()) or EMPTY,
    )


def _read(books: JsonObject) -> int:
    if "input_tokens" in books or "prompt_tokens" in books:
        return _count(books, "input_tokens", "prompt_tokens")
    return max(0, _count(books, "total_tokens") - _count(books, "output_tokens", "completion_tokens"))


def _units(units: JsonObject) -> Mapping[str, int]:
    """Give what is billed by the piece (`search_units`)."""
    counted = {name: _count(units, name) for name in units if not name.endswith("_tokens")}
    return {name: count for name, count in counted.items() if count}


def _details(books: JsonObject, *names: str) -> JsonObject:
    return next((found for name in names if (found := as_object(books.get(name)))), EMPTY)


def _count(books: JsonObject, *names: str) -> int:
    return next((count for name in names if (count := max(0, as_int(books.get(name)) or 0))), 0)
