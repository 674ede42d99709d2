"""The adapter for Google's dialect, `generateContent`: the Gemini API and Vertex AI."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.gemini import answer as gemini_answer
from aigw.providers.gemini import request as gemini_request
from aigw.providers.gemini.failures import google_refusal
from aigw.providers.gemini.models import DIALECT
from aigw.providers.gemini.stream import GeminiDecoder
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class Gemini:
    """Writes and reads `:generateContent` and `:streamGenerateContent`."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Google, or the target's model, cannot express."""
        return gemini_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* in Google's words, with a note for each thing that travels in another form."""
        return gemini_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:  # noqa: ARG002 - reads alike for all
        """Read a complete answer. Raises the mapped `APIError` for an error inside a 200."""
        return gemini_answer.read(response, target)

    def decoder(self, target: Target, request: Request) -> Decoder:
        """Make a decoder for the streamed answer to *request*."""
        return GeminiDecoder(target, request)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return google_refusal(response, target.provider)
