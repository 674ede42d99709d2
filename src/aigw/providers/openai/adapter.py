"""The adapter for OpenAI's Chat Completions dialect, spoken by OpenAI and by most other hosts."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.failures import refusal
from aigw.providers.openai import answer as openai_answer
from aigw.providers.openai import request as openai_request
from aigw.providers.openai.messages import DIALECT
from aigw.providers.openai.stream import ChatDecoder
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class OpenAIChat:
    """Writes and reads `/chat/completions`. How a host deviates is in its kind's quirks."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* the target's provider does not take, as its kind says."""
        return openai_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as the caller wrote it, except what a policy, the manifest or a quirk changes."""
        return openai_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:  # noqa: ARG002 - reads alike for all
        """Read a complete answer. Raises the mapped `APIError` for an error inside a 200."""
        return openai_answer.read(response, target)

    def decoder(self, target: Target, request: Request) -> Decoder:
        """Make a decoder for the streamed answer to *request*."""
        return ChatDecoder(target, request)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider)
