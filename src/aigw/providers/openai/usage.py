"""Read token usage from the books of OpenAI and of those that keep theirs in the same shape, each with its own rules.

Sources: OpenAI `CompletionUsage`; DeepSeek `prompt_cache_hit_tokens`; Mistral `num_cached_tokens`; Groq `x_groq.usage`;
xAI, whose `completion_tokens` leave reasoning out.
"""

from typing import Final

from aigw.types.json import EMPTY, JsonObject, as_count, as_int, as_object, without
from aigw.types.kind import Quirks
from aigw.types.usage import Usage

_TOTALS: Final = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})
_PROMPT: Final = frozenset({"cached_tokens", "cache_write_tokens", "audio_tokens"})
_COMPLETION: Final = frozenset({"reasoning_tokens", "audio_tokens"})
_DETAILS: Final = {"prompt_tokens_details": _PROMPT, "completion_tokens_details": _COMPLETION}
_CACHED: Final = frozenset({"prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"})
"""Where others than OpenAI say how much of the prompt was cached; they agree where there is more than one."""


def usage_of(said: object, quirks: Quirks) -> Usage | None:
    """Make disjoint buckets of a usage object, or None where there is none. Details never exceed their total."""
    books = as_object(said)
    if not books:
        return None
    of_prompt = as_object(books.get("prompt_tokens_details"))
    of_completion = as_object(books.get("completion_tokens_details"))
    prompt, completion = as_count(books.get("prompt_tokens")), as_count(books.get("completion_tokens"))
    cached = as_count(of_prompt.get("cached_tokens"))
    if not cached and not _CACHED.isdisjoint(books):
        cached = max(as_count(books.get(name)) for name in _CACHED)
    reasoning = as_count(of_completion.get("reasoning_tokens")) or as_count(books.get("reasoning_tokens"))
    if reasoning and _outside(reasoning, prompt, completion, as_int(books.get("total_tokens")), quirks):
        completion += reasoning
    cached = min(cached, prompt)
    written = min(as_count(of_prompt.get("cache_write_tokens")), prompt - cached)
    reasoning = min(reasoning, completion)
    heard = min(as_count(of_prompt.get("audio_tokens")), prompt - cached - written)
    spoken = min(as_count(of_completion.get("audio_tokens")), completion - reasoning)
    return Usage(
        prompt - cached - written - heard,
        cached,
        written,
        completion - reasoning - spoken,
        reasoning,
        heard,
        spoken,
        extra=_beyond(books),
    )


def _outside(reasoning: int, prompt: int, completion: int, total: int | None, quirks: Quirks) -> bool:
    """Whether *completion* leaves the reasoning tokens out: the total tells, or else the provider's kind."""
    if total == prompt + completion:
        return False
    return quirks.reasoning_outside or total == prompt + completion + reasoning


def _beyond(books: JsonObject) -> JsonObject:
    """Give what the books say beyond our buckets, in their own words and places."""
    extra: dict[str, object] = {}
    for name, value in books.items():
        if name in _DETAILS:
            beyond = without(as_object(value), _DETAILS[name])
            if beyond:
                extra[name] = beyond
        elif name not in _TOTALS:
            extra[name] = value
    return extra or EMPTY
