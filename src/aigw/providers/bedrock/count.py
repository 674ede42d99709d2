"""The adapter for Bedrock's `count-tokens` of a conversation.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html. Tokens are counted by
models and not by the profiles through which they are called, so the profile's place is taken out of the name.
"""

import re
from dataclasses import replace
from typing import Final, cast

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.bedrock import request as bedrock_request
from aigw.providers.bedrock.failures import refusal
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.writing import encoded, headers
from aigw.types.events import Counted
from aigw.types.json import JsonObject, as_int, without
from aigw.types.operation import Operation
from aigw.types.request import Params, Request
from aigw.wire import HttpRequest, HttpResponse

DIALECT: Final = "bedrock-count-tokens"

_FIELDS: Final = ("messages", "system", "toolConfig", "additionalModelRequestFields")
_SAID: Final = ("tools", "tool_choice", "reasoning_effort", "reasoning_budget")
"""Parameters that take tokens, or may."""
_PROFILE: Final = re.compile(
    r"^(?:arn:[\w-]+:bedrock:[\w-]*:\d*:inference-profile/)?(?:us|us-gov|eu|apac|au|jp|ca|sa|global)\.(?=\w+\.)"
)


class BedrockCounting(Unstreamed):
    """What the counts of Bedrock's dialects have in common: they are answered and refused alike."""

    operation = Operation.COUNT_TOKENS

    def read(self, response: HttpResponse, target: Target, request: Request) -> Counted:  # noqa: ARG002 - the seam's
        """Read the count. Raises `APIResponseValidationError` where there is none."""
        provider = target.provider.name
        body = answer_object(response, provider)
        count = as_int(body.get("inputTokens"))
        if count is None or count < 0:
            what = "JSON without a number in `inputTokens`"
            raise misshapen(what, provider, response)
        return Counted(count, without(body, frozenset({"inputTokens"})))

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider.name)


class BedrockCountTokens(BedrockCounting):
    """Writes and reads `/model/{id}/count-tokens` of what Converse would be sent."""

    dialect = DIALECT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Bedrock, or the target's model, cannot express."""
        return bedrock_request.unsupported(_counted(request), target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as it would be sent for an answer, as far as tokens of it are counted."""
        notes: list[str] = []
        whole = bedrock_request.body_of(_counted(request), target, notes)
        return asking({"converse": {name: whole[name] for name in _FIELDS if name in whole}}, target, notes)


def asking(what: JsonObject, target: Target, notes: list[str]) -> Outgoing:
    """Make the request to count *what*, with a note where it is another model's name that is asked for."""
    model = _PROFILE.sub("", target.model, count=1)
    if model != target.model:
        notes.append(f"counted: by {model} (bedrock counts for models, not for inference profiles)")
    url = bedrock_request.url(replace(target, model=model), "count-tokens")
    content = encoded({"input": what}, target.provider.name)
    return Outgoing(HttpRequest("POST", url, headers(target, stream=False), content), tuple(notes))


def _counted(request: Request) -> Request:
    """Give *request* with those of its parameters that take tokens."""
    said = {name: value for name, value in request.params.items() if name in _SAID}
    return replace(request, params=cast("Params", said), other={})
