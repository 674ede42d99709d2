"""The adapter for Cohere's chat dialect (v2)."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.cohere import answer as cohere_answer
from aigw.providers.cohere import request as cohere_request
from aigw.providers.cohere.messages import DIALECT
from aigw.providers.cohere.stream import EventsDecoder
from aigw.providers.failures import refusal
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class CohereChat:
    """Writes and reads `/v2/chat`."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Cohere cannot express."""
        return cohere_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* in Cohere's words, with a note for each thing that travels in another form."""
        return cohere_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:  # noqa: ARG002 - reads alike for all
        """Read a complete answer. Raises the mapped `APIError` for an error inside a 200."""
        return cohere_answer.read(response, target)

    def decoder(self, target: Target, request: Request) -> Decoder:  # noqa: ARG002 - reads alike for all
        """Make a decoder for one streamed answer."""
        return EventsDecoder(target)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider)
