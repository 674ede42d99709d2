"""The adapter for AWS Bedrock's Converse dialect."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.bedrock import answer as bedrock_answer
from aigw.providers.bedrock import request as bedrock_request
from aigw.providers.bedrock.failures import refusal
from aigw.providers.bedrock.media import DIALECT
from aigw.providers.bedrock.names import asked
from aigw.providers.bedrock.stream import ConverseDecoder
from aigw.types.events import Answer
from aigw.types.operation import Operation
from aigw.types.request import Request
from aigw.wire import HttpResponse


class BedrockConverse:
    """Writes and reads `/model/{id}/converse` and `/model/{id}/converse-stream`."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Bedrock, or the target's model, cannot express."""
        return bedrock_request.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* in Bedrock's words, with a note for each thing that travels in another form."""
        return bedrock_request.write(request, target)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:
        """Read the complete answer to *request*."""
        return bedrock_answer.read(response, target, asked(request, target))

    def decoder(self, target: Target, request: Request) -> Decoder:
        """Make a decoder for the streamed answer to *request*."""
        return ConverseDecoder(target, asked(request, target))

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider.name)
