"""Write a request in Google's dialect, for the Gemini API and for Vertex AI.

Source: https://ai.google.dev/api/generate-content and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference. The two differ in addresses, labels and
tiers; streams come as server-sent events where the address asks for them (`alt=sse`).
"""

from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import laid_over, parameters
from aigw.providers.gemini import messages as gemini_messages
from aigw.providers.gemini import params as gemini_params
from aigw.providers.gemini.models import DIALECT, url
from aigw.providers.wordings import Wordings
from aigw.providers.writing import ReadyObject, encoded, followed, headers, once, refuse
from aigw.types.json import JsonObject, without
from aigw.types.request import Params, Request
from aigw.wire import HttpRequest

_IN_THE_ADDRESS: Final = frozenset({"model", "stream"})


def _written(
    said: Params, beside: JsonObject, target: Target, left_out: frozenset[str], notes: list[str]
) -> JsonObject:
    return ReadyObject(gemini_params.written(*laid_over(said, beside, target, []), target, left_out, notes))


_PARAMS: Final = Wordings(gemini_params.beyond, _written)


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Google, or the target's model, cannot express."""
    if request.dialect == DIALECT:
        return ()
    return (*_PARAMS.beyond(request, target), *gemini_messages.beyond(request.messages))


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the target says."""
    notes: list[str] = []
    left_out = refuse(unsupported(request, target), target, notes)
    content = _content(request, target, left_out, notes)
    method, query = ("streamGenerateContent", "alt=sse") if request.stream else ("generateContent", "")
    sent = HttpRequest("POST", url(target, method, query), headers(target, stream=request.stream), content)
    return Outgoing(sent, tuple(notes))


def outgoing(body: JsonObject, target: Target, address: str, notes: list[str]) -> Outgoing:
    """Make the request that carries *body* to *address*, and is not for a stream."""
    content = encoded(body, target.provider.name)
    return Outgoing(HttpRequest("POST", address, headers(target, stream=False), content), tuple(notes))


def conversation(request: Request, target: Target, left_out: frozenset[str], notes: list[str]) -> dict[str, object]:
    """Write what was said: `contents`, and `systemInstruction` where there is any."""
    said = gemini_messages.contents_of(gemini_messages.allowed(request.messages, left_out), target)
    notes += said.notes
    body: dict[str, object] = {"contents": said.contents}
    if said.system:
        body["systemInstruction"] = {"parts": said.system}
    return body


def _content(request: Request, target: Target, left_out: frozenset[str], notes: list[str]) -> bytes:
    provider = target.provider.name
    if request.dialect == DIALECT and not request.edited:
        return encoded(without({**request.verbatim, **target.params}, _IN_THE_ADDRESS), provider)
    params, other = parameters(request, target, notes)
    body = conversation(request, target, left_out, notes)
    fields = _PARAMS.written(request, target, left_out, notes)
    if target.unsupported == "pass":
        said: JsonObject = {**other, **params}
        unknown = {name: said[name] for name in gemini_params.unknown(params, other)}
        return encoded({**body, **fields, **unknown}, provider)
    return followed(body, fields, provider)
