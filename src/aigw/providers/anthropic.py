"""The adapter for Anthropic's Messages dialect."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers import anthropic_answer, anthropic_request
from aigw.providers.anthropic_messages import DIALECT
from aigw.providers.anthropic_stream import MessagesDecoder
from aigw.providers.failures import refusal
from aigw.types.events import Answer
from aigw.types.request import Request
from aigw.wire import HttpResponse


class AnthropicMessages:
    """Writes and reads `/v1/messages`."""

    dialect = DIALECT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, or the target's model, cannot express."""
        return anthropic_request.unsupported(request, target)

    def write(self, request: Request, target: Target, secret: str | None) -> Outgoing:
        """Write *request* in Anthropic's words, with a note for each thing that travels in another form."""
        return anthropic_request.write(request, target, secret)

    def read(self, response: HttpResponse, target: Target) -> Answer:
        """Read a complete answer. Raises the mapped `APIError` for an error inside a 200."""
        return anthropic_answer.read(response, target)

    def decoder(self, target: Target) -> Decoder:
        """Make a decoder for one streamed answer."""
        return MessagesDecoder(target)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider.name)
