"""Read token usage from the books of OpenAI and of those that keep theirs in the same shape, each with its own rules.

Sources: OpenAI `CompletionUsage`; DeepSeek `prompt_cache_hit_tokens`; Mistral `num_cached_tokens`; Groq `x_groq.usage`;
xAI, whose `completion_tokens` leave reasoning out.
"""

from typing import Final

from aigw.types.json import EMPTY, JsonObject, as_int, as_object, without
from aigw.types.kind import Quirks
from aigw.types.usage import Usage

_TOTALS: Final = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})
_PROMPT: Final = frozenset({"cached_tokens", "cache_write_tokens", "audio_tokens"})
_COMPLETION: Final = frozenset({"reasoning_tokens", "audio_tokens"})
_DETAILS: Final = (("prompt_tokens_details", _PROMPT), ("completion_tokens_details", _COMPLETION))


def usage_of(said: object, quirks: Quirks) -> Usage | None:
    """Make disjoint buckets of a usage object, or None where there is none. Details never exceed their total."""
    books = as_object(said)
    if not books:
        return None
    of_prompt, of_completion = (
        as_object(books.get("prompt_tokens_details")),
        as_object(books.get("completion_tokens_details")),
    )
    prompt, completion = _count(books, "prompt_tokens"), _count(books, "completion_tokens")
    cached = _first(of_prompt, "cached_tokens") or _first(
        books, "prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"
    )
    reasoning = _first(of_completion, "reasoning_tokens") or _first(books, "reasoning_tokens")
    if _outside(reasoning, prompt, completion, as_int(books.get("total_tokens")), quirks):
        completion += reasoning
    cached = min(cached, prompt)
    written = min(_count(of_prompt, "cache_write_tokens"), prompt - cached)
    reasoning = min(reasoning, completion)
    return Usage.of_totals(
        prompt=prompt,
        completion=completion,
        cache_read=cached,
        cache_write=written,
        reasoning=reasoning,
        audio_input=min(_count(of_prompt, "audio_tokens"), prompt - cached - written),
        audio_output=min(_count(of_completion, "audio_tokens"), completion - reasoning),
        extra=_beyond(books),
    )


def _outside(reasoning: int, prompt: int, completion: int, total: int | None, quirks: Quirks) -> bool:
    """Whether *completion* leaves the reasoning tokens out: the total tells, or else the provider's kind."""
    if not reasoning:
        return False
    if total == prompt + completion:
        return False
    return quirks.reasoning_outside or total == prompt + completion + reasoning


def _beyond(books: JsonObject) -> JsonObject:
    """Give what the books say beyond our buckets, in their own words and places."""
    extra: dict[str, object] = {}
    for name, value in books.items():
        if name in _TOTALS:
            continue
        known = next((known for details, known in _DETAILS if details == name), None)
        if known is None:
            extra[name] = value
        elif more := without(as_object(value), known):
            extra[name] = more
    return extra or EMPTY


def _count(source: JsonObject, name: str) -> int:
    return max(0, as_int(source.get(name)) or 0)


def _first(source: JsonObject, *names: str) -> int:
    return next((count for name in names if (count := _count(source, name))), 0)
