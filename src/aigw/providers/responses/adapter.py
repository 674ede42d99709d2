"""The adapter for OpenAI's Responses dialect, spoken by OpenAI, Azure and several hosts of open models."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.failures import refusal
from aigw.providers.responses import answer as responses_answer
from aigw.providers.responses import request as responses_request
from aigw.providers.responses.items import DIALECT
from aigw.providers.responses.stream import ResponsesDecoder
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class OpenAIResponses:
    """Writes and reads `/responses`. How a host deviates is in its kind's quirks."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* the dialect, or the target's provider, cannot express."""
        return responses_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as the caller wrote it, or all of it from its canonical form."""
        return responses_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:
        """Read a complete answer. Raises the mapped `APIError` for one that failed inside a 200."""
        return responses_answer.read(response, target, request)

    def decoder(self, target: Target, request: Request) -> Decoder:
        """Make a decoder for one streamed answer."""
        return ResponsesDecoder(target, request)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider)
