"""The adapter for Ollama's native chat dialect."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.failures import refusal
from aigw.providers.ollama import answer as ollama_answer
from aigw.providers.ollama import request as ollama_request
from aigw.providers.ollama.messages import DIALECT
from aigw.providers.ollama.stream import LinesDecoder
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class OllamaChat:
    """Writes and reads `/api/chat`."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Ollama cannot express."""
        return ollama_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* in Ollama's words, with a note for each thing that travels in another form."""
        return ollama_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:  # noqa: ARG002 - reads alike for all
        """Read a complete answer. Raises the mapped `APIError` for an error inside a 200."""
        return ollama_answer.read(response, target)

    def decoder(self, target: Target, request: Request) -> Decoder:  # noqa: ARG002 - reads alike for all
        """Make a decoder for one streamed answer."""
        return LinesDecoder(target)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider)
