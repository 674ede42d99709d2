"""The adapters for Anthropic's dialects as Vertex AI hosts them: the model in the address, otherwise as at home.

Source: https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude and its page on counting.
Errors are Anthropic's own or Google's, as whoever refused says it.
"""

from typing import Final
from urllib.parse import quote

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.anthropic import hosted
from aigw.providers.anthropic.adapter import AnthropicCountTokens, AnthropicMessages
from aigw.providers.anthropic.request import BETA, betas_of, set_stream
from aigw.providers.gemini.failures import google_refusal
from aigw.providers.writing import encoded, endpoint, headers
from aigw.types.json import JsonObject
from aigw.types.request import Request
from aigw.wire import HttpRequest, HttpResponse

VERSION: Final = "vertex-2023-10-16"
DIALECT: Final = "vertex-anthropic"
COUNT_DIALECT: Final = "vertex-anthropic-count-tokens"

_COUNTER: Final = "count-tokens"
"""What stands in the place of a model where tokens are counted; the model is in the body then."""


class VertexAnthropic(AnthropicMessages):
    """Writes and reads `:rawPredict` and `:streamRawPredict` of Anthropic's models."""

    dialect = DIALECT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, Vertex AI, or the target's model cannot express."""
        return hosted.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
        notes: list[str] = []
        body = hosted.body_of(request, target, VERSION, notes)
        set_stream(body, stream=request.stream)
        method = "streamRawPredict" if request.stream else "rawPredict"
        return Outgoing(_sent(request, target, body, target.model, method), tuple(notes))

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return google_refusal(response, target.provider)


class VertexAnthropicCountTokens(AnthropicCountTokens):
    """Writes and reads `count-tokens:rawPredict`."""

    dialect = COUNT_DIALECT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:
        """Name what of *request* Anthropic, Vertex AI, or the target's model cannot express."""
        return hosted.unsupported(request, target)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request* as it would be sent for an answer, without what only an answer is about."""
        notes: list[str] = []
        body = hosted.counted(hosted.body_of(request, target, VERSION, notes), request, limited=False)
        body = {**body, "model": target.model}
        return Outgoing(_sent(request, target, body, _COUNTER, "rawPredict"), tuple(notes))

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return google_refusal(response, target.provider)


def _sent(request: Request, target: Target, body: JsonObject, model: str, method: str) -> HttpRequest:
    """Address *body* to *method* of *model*, with the beta flags that the caller and the manifest ask for."""
    provider = target.provider
    written = headers(target, stream=request.stream)
    betas = betas_of(request, target, [value for name, value in written if name == BETA])
    if betas:
        written = (*(pair for pair in written if pair[0] != BETA), (BETA, ",".join(betas)))
    url = endpoint(provider.base_url, f"/publishers/anthropic/models/{quote(model, safe='@')}:{method}", "/v1")
    return HttpRequest("POST", url, written, encoded(body, provider.name))
