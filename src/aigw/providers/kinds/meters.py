"""The headers by which hosts tell of their rate limits, as data: what is counted, and when it is filled up again.

`Retry-After`, in seconds, as a date or as `retry-after-ms`, comes before all of these and is no host's own. A host that
is not here documents no such headers, or none with a reset. Sources, as of November 2026:
https://platform.openai.com/docs/guides/rate-limits, https://docs.claude.com/en/api/rate-limits,
https://console.groq.com/docs/rate-limits, https://inference-docs.cerebras.ai/support/rate-limits,
https://docs.together.ai/docs/rate-limits, https://openrouter.ai/docs/api-reference/limits,
https://developers.cloudflare.com/fundamentals/api/reference/limits and, for Azure's seconds,
https://learn.microsoft.com/en-us/answers/questions/5625878.
"""

from typing import Final

from aigw.types.kind import Meter, ResetForm


def _meter(counts: str, tail: str, form: ResetForm = "duration") -> Meter:
    """Make a meter of the names that OpenAI began with."""
    return Meter(
        counts=counts,
        limit=f"x-ratelimit-limit{tail}",
        remaining=f"x-ratelimit-remaining{tail}",
        reset=f"x-ratelimit-reset{tail}",
        form=form,
    )


OPENAI: Final = (_meter("requests", "-requests"), _meter("tokens", "-tokens"))
AZURE: Final = (
    Meter(counts="requests", limit="x-ratelimit-limit-requests", remaining="x-ratelimit-remaining-requests"),
    _meter("tokens", "-tokens", "seconds"),
)
GROQ: Final = (_meter("requests a day", "-requests"), _meter("tokens a minute", "-tokens"))
CEREBRAS: Final = (
    _meter("requests a day", "-requests-day", "seconds"),
    _meter("tokens a minute", "-tokens-minute", "seconds"),
)
TOGETHER: Final = (
    _meter("requests", "", "seconds"),
    Meter(
        counts="tokens",
        limit="x-tokenlimit-limit",
        remaining="x-tokenlimit-remaining",
        reset="x-ratelimit-reset",
        form="seconds",
    ),
)
OPENROUTER: Final = (_meter("requests", "", "epoch_ms"),)
CLOUDFLARE: Final = (
    Meter(counts="requests", limit="ratelimit-policy", remaining="ratelimit", reset="ratelimit", form="item"),
)
ANTHROPIC: Final = tuple(
    Meter(
        counts=counted.replace("-", " "),
        limit=f"anthropic-ratelimit-{counted}-limit",
        remaining=f"anthropic-ratelimit-{counted}-remaining",
        reset=f"anthropic-ratelimit-{counted}-reset",
        form="timestamp",
    )
    for counted in ("requests", "tokens", "input-tokens", "output-tokens")
)
