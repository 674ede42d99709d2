"""The adapters for Anthropic's dialects as Bedrock hosts them, behind `invoke` and `count-tokens`.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html. The body
is Anthropic's, but for the model and whether to stream, which the address says; beta flags stand in the body. A stream
has Anthropic's events in base64, one a frame.
"""

import base64
import binascii
from typing import Final

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder, Outgoing
from aigw.providers.anthropic import hosted
from aigw.providers.anthropic.adapter import AnthropicMessages
from aigw.providers.anthropic.answer import read
from aigw.providers.anthropic.blocks import DIALECT as MESSAGES
from aigw.providers.anthropic.request import BETA, betas_of
from aigw.providers.anthropic.stream import MessagesDecoder
from aigw.providers.bedrock.count import BedrockCounting, asking
from aigw.providers.bedrock.failures import refusal
from aigw.providers.bedrock.framed import FramedDecoder
from aigw.providers.bedrock.request import url
from aigw.providers.reading import frame, unreadable
from aigw.providers.writing import encoded, headers
from aigw.types.events import Answer, Ended, Event
from aigw.types.json import JsonObject, as_text
from aigw.types.request import Request
from aigw.wire import HttpRequest, HttpResponse

VERSION: Final = "bedrock-2023-05-31"
DIALECT: Final = "bedrock-anthropic"
COUNT_DIALECT: Final = "bedrock-anthropic-count-tokens"

_STREAM: Final = (("accept", "application/vnd.amazon.eventstream"), ("x-amzn-bedrock-accept", "application/json"))
_NO_LINES: Final = bytes.maketrans(b"\r\n", b"  ")


class BedrockAnthropic(AnthropicMessages):
    """Writes and reads `/model/{id}/invoke` and `/model/{id}/invoke-with-response-stream` of Anthropic's models."""

    dialect = DIALECT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, Bedrock, or the target's model cannot express."""
        return hosted.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
        notes: list[str] = []
        written = headers(target, stream=request.stream, own=_STREAM if request.stream else ())
        outgoing = HttpRequest(
            "POST",
            url(target, "invoke-with-response-stream" if request.stream else "invoke"),
            tuple(pair for pair in written if pair[0] != BETA),
            encoded(_body(request, target, notes), target.provider.name),
        )
        return Outgoing(outgoing, tuple(notes))

    def decoder(self, target: Target, request: Request) -> Decoder:
        """Make a decoder for one streamed answer."""
        return InvokeDecoder(target, native=request.dialect == MESSAGES)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider.name)


class BedrockAnthropicCountTokens(BedrockCounting):
    """Writes and reads `/model/{id}/count-tokens` of what `invoke` would be sent."""

    dialect = COUNT_DIALECT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, Bedrock, or the target's model cannot express."""
        return hosted.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as it would be sent for an answer: Bedrock wants it whole, with a `max_tokens`."""
        notes: list[str] = []
        body = hosted.counted(_body(request, target, notes), request, limited=True)
        whole = base64.b64encode(encoded(body, target.provider.name)).decode("ascii")
        return asking({"invokeModel": {"body": whole}}, target, notes)


class InvokeDecoder(FramedDecoder):
    """Frames of Bedrock's to Anthropic's events, and those to ours."""

    __slots__ = ("_messages", "_native")

    def __init__(self, target: Target, *, native: bool) -> None:
        super().__init__(target)
        self._native = native
        self._messages = MessagesDecoder(target, native=native)

    def _event(self, name: str, payload: bytes, events: list[Event]) -> None:
        if name != "chunk":
            return
        held = as_text(frame(payload, self._provider).get("bytes")) or ""
        try:
            text = base64.b64decode(held, validate=True)
        except (binascii.Error, ValueError):
            what = "a chunk that is not base64 in its stream"
            raise unreadable(what, self._provider) from None
        # As the server-sent event that Anthropic would send itself; a line feed in JSON is white space.
        said = self._messages.feed(b"data: %b\n\n" % text.translate(_NO_LINES))
        events.extend(said)
        self._done = any(isinstance(event, Ended) for event in said)

    def _whole(self, response: HttpResponse) -> Answer:
        return read(response, self._target, native=self._native)


def _body(request: Request, target: Target, notes: list[str]) -> JsonObject:
    """Give the body, with the beta flags of the provider's headers, the manifest and the caller in it."""
    body = hosted.body_of(request, target, VERSION, notes)
    body.pop("stream", None)
    declared = [value for name, value in headers(target, stream=False) if name == BETA]
    betas = betas_of(request, target, declared)
    if betas:
        body["anthropic_beta"] = betas
    return body
