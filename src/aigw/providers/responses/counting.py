"""The adapter for the counting of what a request to the Responses API would be.

Source: https://platform.openai.com/docs/api-reference/responses/input-tokens
"""

from dataclasses import replace
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.responses import request as responses_request
from aigw.providers.responses.answer import check_for_failure
from aigw.providers.responses.items import DIALECT
from aigw.providers.unstreamed import Unstreamed
from aigw.types.events import Counted
from aigw.types.json import as_int, without
from aigw.types.operation import Operation
from aigw.types.request import Params, Request
from aigw.wire import HttpResponse

_TAKEN: Final = frozenset(
    {
        *("model", "input", "instructions", "conversation", "previous_response_id", "personality"),
        *("tools", "tool_choice", "parallel_tool_calls", "reasoning", "text", "truncation"),
    }
)
_COUNTED: Final = frozenset(
    {"tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "verbosity"}
)
"""Canonical parameters that the count may depend on: the others are about the answer."""


class OpenAIInputTokens(Unstreamed):
    """Writes and reads `/responses/input_tokens`."""

    dialect = "openai-input-tokens"
    operation = Operation.COUNT_TOKENS

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* the dialect, or the target's provider, cannot express."""
        return responses_request.unsupported(self._counted(request), target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as it would be sent for an answer, without what only an answer is about."""
        notes: list[str] = []
        counted = self._counted(request)
        body = responses_request.body_of(counted, target, notes)
        own = request.verbatim if counted.dialect == DIALECT else ()
        kept = {name: value for name, value in body.items() if name in _TAKEN or name in own}
        return Outgoing(responses_request.sent(kept, counted, target, "/responses/input_tokens"), tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: Request) -> Counted:  # noqa: ARG002 - the seam's
        """Read the count. Raises the mapped `APIError` for an error inside a 200, `APIResponseValidationError`."""
        provider = target.provider.name
        body = answer_object(response, provider)
        check_for_failure(body, target.provider, response)
        count = as_int(body.get("input_tokens"))
        if count is None or count < 0:
            what = "JSON without `input_tokens`"
            raise misshapen(what, provider, response)
        return Counted(count, without(body, frozenset({"input_tokens", "object"})))

    def _counted(self, request: Request) -> Request:
        """Give what of *request* is counted, in the dialect whose body it is where the caller spoke it."""
        params = {name: value for name, value in request.params.items() if name in _COUNTED}
        dialect = DIALECT if request.dialect == self.dialect else request.dialect
        # a part of what had the type already
        return replace(request, dialect=dialect, params=cast("Params", params))
