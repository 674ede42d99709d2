"""The adapters for Anthropic's dialects: Messages, and the counting of their tokens."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.anthropic import answer as anthropic_answer
from aigw.providers.anthropic import request as anthropic_request
from aigw.providers.anthropic.blocks import DIALECT
from aigw.providers.anthropic.native import COUNT_DIALECT, UNCOUNTED
from aigw.providers.anthropic.stream import MessagesDecoder
from aigw.providers.failures import mid_answer, refusal
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.unstreamed import Unstreamed
from aigw.types.events import Answer, Counted
from aigw.types.json import as_int, without
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class AnthropicMessages:
    """Writes and reads `/v1/messages`."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, or the target's model, cannot express."""
        return anthropic_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* in Anthropic's words, with a note for each thing that travels in another form."""
        return anthropic_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:
        """Read a complete answer. Raises the mapped `APIError` for an error inside a 200."""
        return anthropic_answer.read(response, target, native=request.dialect == DIALECT)

    def decoder(self, target: Target, request: Request) -> Decoder:
        """Make a decoder for one streamed answer."""
        return MessagesDecoder(target, native=request.dialect == DIALECT)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider)


class AnthropicCountTokens(Unstreamed):
    """Writes and reads `/v1/messages/count_tokens`."""

    dialect = COUNT_DIALECT
    operation = Operation.COUNT_TOKENS

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, or the target's model, cannot express."""
        return anthropic_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as it would be sent for an answer, without what only an answer is about."""
        notes: list[str] = []
        body = anthropic_request.body_of(request, target, notes)
        counted = without(body, UNCOUNTED - request.verbatim.keys())
        return Outgoing(anthropic_request.sent(request, target, counted, "/messages/count_tokens"), tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: Request) -> Counted:  # noqa: ARG002 - the seam's
        """Read the count. Raises the mapped `APIError` for an error inside a 200, `APIResponseValidationError`."""
        provider = target.provider.name
        body = answer_object(response, provider)
        if body.get("type") == "error" or body.get("error"):
            raise mid_answer(body, target.provider, response)
        count = as_int(body.get("input_tokens"))
        if count is None or count < 0:
            what = "JSON without `input_tokens`"
            raise misshapen(what, provider, response)
        return Counted(count, without(body, frozenset({"input_tokens"})))
