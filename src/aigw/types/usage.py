"""Token usage as disjoint buckets: no token is in two of them, whatever the provider's own books look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, cast

from aigw.types.json import EMPTY, JsonObject
from aigw.types.quick import quick

_NONE: Final = cast("Mapping[str, int]", EMPTY)


@quick
@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, in disjoint buckets. Each adapter applies its provider's inside/outside rules.

    `cache_write` is what was written for the provider's usual time (5 minutes at Anthropic), `cache_write_1h` for an
    hour. `server_tools` counts requests that the provider's own tools made, by tool: no tokens.
    `estimated` is True where the provider did not say (a cut stream). `extra` keeps what the provider reports beyond
    the buckets, in its own words, for callers that read it.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    estimated: bool = False
    extra: JsonObject = EMPTY
    cache_write_1h: int = 0
    image_input: int = 0
    image_output: int = 0
    server_tools: Mapping[str, int] = _NONE

    @property
    def prompt_tokens(self) -> int:
        """All that was read: OpenAI's `prompt_tokens`, which includes cached tokens."""
        cached = self.cache_read + self.cache_write + self.cache_write_1h
        return self.input + cached + self.audio_input + self.image_input

    @property
    def completion_tokens(self) -> int:
        """All that was written: OpenAI's `completion_tokens`, which includes reasoning tokens."""
        return self.output + self.reasoning + self.audio_output + self.image_output

    @property
    def total_tokens(self) -> int:
        """Everything read and written."""
        return self.prompt_tokens + self.completion_tokens

    @classmethod
    def of_totals(  # noqa: PLR0913 - one argument a bucket, all by name
        cls,
        *,
        prompt: int,
        completion: int,
        cache_read: int = 0,
        cache_write: int = 0,
        reasoning: int = 0,
        audio_input: int = 0,
        audio_output: int = 0,
        extra: JsonObject = EMPTY,
    ) -> Self:
        """Make buckets from totals that *include* their details, OpenAI's way.

        Details that exceed their total (seen from compatible servers) never make a bucket negative.
        """
        return cls(
            input=max(0, prompt - cache_read - cache_write - audio_input),
            cache_read=cache_read,
            cache_write=cache_write,
            output=max(0, completion - reasoning - audio_output),
            reasoning=reasoning,
            audio_input=audio_input,
            audio_output=audio_output,
            extra=extra,
        )
