"""Which fields the chunks of a stream in OpenAI's Chat Completions dialect have: nearly the same from first to last."""

from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Final, TypeAlias, cast

from aigw.types.json import JsonObject

_CHUNK: Final = frozenset({"id", "object", "created", "model", "choices", "usage", "obfuscation", "error", "type"})

_ValuesOf: TypeAlias = Callable[[JsonObject], object]


@lru_cache(maxsize=256)
def layout(names: tuple[str, ...]) -> tuple[tuple[str, ...], _ValuesOf, bool]:
    """Give those of a chunk's *names* beyond our words, what gets their values, and whether it is as most are.

    Such a chunk can hold no error but as its `object`. Values are to be compared with those of the chunk before only.
    """
    beyond = tuple(name for name in names if name not in _CHUNK)
    is_usual = "object" in names and "error" not in names and "x_groq" not in names
    return beyond, cast("_ValuesOf", itemgetter(*beyond)) if beyond else _nothing, is_usual


def _nothing(_: JsonObject) -> object:
    return None
