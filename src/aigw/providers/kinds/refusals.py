"""The hosts' own tables of errors, as data: codes that nobody else has, or that mean something else elsewhere.

What providers share (`rate_limit_exceeded`, `insufficient_quota`) is in `providers.words`, and so is what a status says
by itself. A code that says no more than its status is left out, so that the message may say it. Sources, as of November
2026: https://docs.z.ai/api-reference/api-code, https://developers.cloudflare.com/workers-ai/platform/errors/,
https://openrouter.ai/docs/api/errors and the `APIErrorType` of its SDK, https://docs.mistral.ai/api and
https://docs.fireworks.ai/guides/inference-error-codes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import Failure, Refused


def _table(codes: Mapping[Refused, str]) -> Mapping[str, Refused]:
    return MappingProxyType({code: failure for failure, listed in codes.items() for code in listed.split()})


MISTRAL: Final = _table({Failure.RATE_LIMITED: "1300", Failure.OVERLOADED: "3505"})

FIREWORKS: Final = _table({Failure.PERMISSION: "412"})
"""The account is suspended, or the model's adapter could not be loaded: nothing in the call can mend it."""

OPENROUTER: Final = _table(
    {
        Failure.QUOTA: "payment_required token_limit_exceeded weight_exceeds_budget",
        Failure.RATE_LIMITED: "rate_limit_exceeded in_flight_budget_exhausted",
        Failure.OVERLOADED: "provider_overloaded",
        Failure.CONTEXT_LENGTH: "context_length_exceeded",
        Failure.CONTENT_POLICY: "content_policy_violation refusal",
        Failure.AUTH: "authentication",
        Failure.BAD_REQUEST: "invalid_prompt",
    }
)
"""`invalid_prompt` is a message that is misshapen here, and against the policy at OpenAI."""

ZAI: Final = _table(
    {
        Failure.AUTH: "1000 1001 1002 1003 1004",
        Failure.QUOTA: "1113 1304 1308 1309 1310",
        Failure.RATE_LIMITED: "1302 1303 1305 1313",
        Failure.OVERLOADED: "1312",
        Failure.PERMISSION: "1110 1111 1112 1121 1220 1311",
        Failure.NOT_FOUND: "1211 1221 1222",
        Failure.CONTEXT_LENGTH: "1261",
        Failure.CONTENT_POLICY: "1301",
        Failure.SERVER: "1120 1230 1234",
    }
)

CLOUDFLARE: Final = _table(
    {
        Failure.QUOTA: "3036",
        Failure.OVERLOADED: "3040",
        Failure.PERMISSION: "3023 3041 5016 5018",
        Failure.NOT_FOUND: "3042 5007",
        Failure.SERVER: "3007 3008",
    }
)
