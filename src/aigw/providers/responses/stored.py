"""The adapter for responses that a provider keeps: looked at again, stopped, deleted, and their input listed.

Source: https://platform.openai.com/docs/api-reference/responses/get. A look succeeds whatever became of the response:
one that failed or was stopped is an answer here, which says so.
"""

import re
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder
from aigw.providers.failures import mid_answer
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.relay.adapter import ID, Relay
from aigw.providers.responses.answer import answer_of
from aigw.providers.responses.items import DIALECT
from aigw.providers.responses.stream import ResponsesDecoder
from aigw.types.events import Answer, Whole
from aigw.types.json import EMPTY
from aigw.types.operation import Operation
from aigw.types.relay import Relayed, RelayRequest
from aigw.types.request import Request
from aigw.wire import HttpResponse

_INPUT: Final = re.compile(rf"/responses/{ID}/input_items", re.ASCII)


class StoredResponses(Relay):
    """`/responses/…`, by the id of one."""

    dialect = "openai-stored-responses"
    operation = Operation.RESPONSES
    paths = re.compile(rf"/responses/{ID}(?:/cancel|/input_items)?", re.ASCII)

    def read(self, response: HttpResponse, target: Target, request: RelayRequest) -> Whole:
        """Read a response as if it had just been given; what is listed or deleted is taken as it is.

        Nothing need be said of what was deleted. Raises the mapped `APIError` for an error inside a 200, and
        `APIResponseValidationError`.
        """
        if request.method == "DELETE" and not response.content:
            return Relayed(response)
        if request.method == "DELETE" or _INPUT.fullmatch(request.path):
            return super().read(response, target, request)
        return _response(response, target)

    def decoder(self, target: Target, request: object) -> Decoder:  # noqa: ARG002 - read as if it had just been asked for
        """Make a decoder for the events of a response, from its first one or from a later one on."""
        asked = Request(DIALECT, target.model, (), {}, stream=True, verbatim=EMPTY)
        return ResponsesDecoder(target, asked)


def _response(response: HttpResponse, target: Target) -> Answer:
    provider = target.provider.name
    body = answer_object(response, provider)
    if not isinstance(body.get("output"), list):
        if body.get("error"):
            raise mid_answer(body, target.provider, response)
        what = "JSON without `output`"
        raise misshapen(what, provider, response)
    return answer_of(body, target, native=True)
