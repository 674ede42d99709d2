"""The adapter for making a conversation shorter, in a form that only its provider can read.

Source: https://platform.openai.com/docs/api-reference/responses/compact
"""

from dataclasses import replace
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.responses import answer as responses_answer
from aigw.providers.responses import request as responses_request
from aigw.providers.responses.items import DIALECT
from aigw.providers.unstreamed import Unstreamed
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse

_TAKEN: Final = frozenset(
    {
        *("model", "input", "instructions", "previous_response_id", "service_tier"),
        *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
    }
)
"""What may be said of it; the manifest's parameters of answers are none of its business."""


class OpenAICompact(Unstreamed):
    """Writes and reads `/responses/compact`. Its answer is a conversation in items, the last of them encrypted."""

    dialect = "openai-compact"
    operation = Operation.COMPACT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* the target's provider does not take."""
        return responses_request.unsupported(_own(request), target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as the caller wrote it, but for the model and what a policy changed."""
        notes: list[str] = []
        body = responses_request.body_of(_own(request), target, notes)
        kept = {name: value for name, value in body.items() if name in _TAKEN or name in request.verbatim}
        return Outgoing(responses_request.sent(kept, request, target, "/responses/compact"), tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:
        """Read the shorter conversation. Raises as the reading of a response does."""
        return responses_answer.read(response, target, _own(request))


def _own(request: Request) -> Request:
    """Give *request* in the dialect whose body it is."""
    return replace(request, dialect=DIALECT)
