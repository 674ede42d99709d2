"""Write a request in Anthropic's Messages dialect.

Source: https://docs.claude.com/en/api/messages. The version is pinned: 2023-06-01 keeps sampling parameters for the
models that take them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.anthropic import blocks as anthropic_blocks
from aigw.providers.anthropic import native as anthropic_native
from aigw.providers.anthropic import params as anthropic_params
from aigw.providers.anthropic.messages import turns_of
from aigw.providers.anthropic.models import takes_late_system
from aigw.providers.anthropic.native import DIALECTS
from aigw.providers.canonical import PLAIN, kinds_of, laid_over, parameters, speakers
from aigw.providers.wordings import Wordings
from aigw.providers.writing import encoded, endpoint, headers, once, refuse
from aigw.types.json import JsonObject, as_array, as_text
from aigw.types.parts import Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request
from aigw.wire import HttpRequest

VERSION: Final = "2023-06-01"
BETA: Final = "anthropic-beta"
_OWN: Final = (("anthropic-version", VERSION),)


def _beyond(said: Params, beside: JsonObject, target: Target) -> list[str]:
    return anthropic_params.beyond(said, beside, target.model)


def _written(
    said: Params, beside: JsonObject, target: Target, left_out: frozenset[str], notes: list[str]
) -> JsonObject:
    return anthropic_params.written(*laid_over(said, beside, target, []), target.model, left_out, notes)


_PARAMS: Final = Wordings(_beyond, _written)


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Anthropic, or the target's model, cannot express."""
    if request.dialect in DIALECTS:
        return tuple(anthropic_native.beyond(request))
    names = [*_PARAMS.beyond(request, target)]
    if not kinds_of(request.messages) <= PLAIN:
        for index, message in enumerate(request.messages):
            names += anthropic_blocks.beyond(message, f"messages[{index}]")
    return (*names, *speakers(request.messages))


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    body = body_of(request, target, notes)
    set_stream(body, stream=request.stream)
    return Outgoing(sent(request, target, body, "/messages"), tuple(notes))


def body_of(request: Request, target: Target, notes: list[str]) -> dict[str, object]:
    """Give the body for *target*, with a *note* for each thing that is not as the caller said. Raises as `write`."""
    left_out = refuse(unsupported(request, target), target, notes)
    if request.dialect in DIALECTS:
        return anthropic_native.body_of(request, target, notes)
    params, other = parameters(request, target, notes)
    late = takes_late_system(target.model)
    conversation = turns_of(_allowed(request.messages, left_out), late_system=late)
    notes.extend(conversation.notes)
    body: dict[str, object] = {"model": target.model, "messages": conversation.messages}
    if conversation.system:
        body["system"] = conversation.system
    body.update(_PARAMS.written(request, target, left_out, notes))
    if target.unsupported == "pass":
        unknown = anthropic_params.beyond(params, other, target.model)
        body.update({name: value for name, value in {**other, **params}.items() if name in unknown})
    _resend_tools(body, request.messages, notes)
    return body


def sent(request: Request, target: Target, body: JsonObject, path: str) -> HttpRequest:
    """Address *body* to *path*, with the headers that the caller and the manifest ask for, and no others."""
    provider = target.provider
    own: tuple[tuple[str, str], ...] = _OWN
    for name, header in anthropic_params.HEADERS.items() if request.other else ():
        said = as_text(request.other.get(name))
        if said is not None:
            own += ((header, said),)
    written = headers(target, stream=request.stream, own=own)
    declared = [value for name, value in written if name == BETA]
    betas = ",".join(betas_of(request, target, declared)) if declared or target.params or request.other else ""
    if betas:
        written = (*(pair for pair in written if pair[0] != BETA), (BETA, betas))
    return HttpRequest("POST", _url(provider.base_url, path), written, encoded(body, provider.name))


def betas_of(request: Request, target: Target, declared: Sequence[str]) -> list[str]:
    """Give the beta flags *declared* in the provider's headers, then the target's and the caller's, each once."""
    said = [flag.strip() for line in declared for flag in line.split(",")]
    for source in (target.params, request.other):
        if source:
            names = sorted(anthropic_params.BETAS & source.keys())
            said += (str(beta) for name in names for beta in as_array(source[name]))
    return list(dict.fromkeys(flag for flag in said if flag))


@lru_cache(maxsize=64)
def _url(base_url: str, path: str) -> str:
    base, _, _ = base_url.partition("?")
    versioned = base.rstrip("/").endswith("/v1")
    return endpoint(base_url, path if versioned else f"/v1{path}")


def _allowed(messages: tuple[Message, ...], left_out: frozenset[str]) -> tuple[Message, ...]:
    """Give *messages* without the parts that are to be dropped."""
    if not any(name.startswith("messages[") for name in left_out):
        return messages
    kept: list[Message] = []
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        lone = (
            part
            for part in message.parts
            if not left_out.intersection(anthropic_blocks.beyond(Message(message.role, (part,)), place))
            or isinstance(part, ToolResult)
        )
        kept.append(
            message.edit(
                tuple(_without_refused(part, place) if isinstance(part, ToolResult) else part for part in lone)
            )
        )
    return tuple(kept)


def _without_refused(result: ToolResult, place: str) -> ToolResult:
    pieces = tuple(
        piece for piece in result.content if not any(anthropic_blocks.beyond(Message("user", (piece,)), place))
    )
    return ToolResult(result.call_id, pieces or (Text("(left out)"),), result.is_error, result.extra)


def _resend_tools(body: dict[str, object], messages: tuple[Message, ...], notes: list[str]) -> None:
    """Declare the tools of the history where the caller no longer offers any: Anthropic wants them declared."""
    if "tools" in body:
        return
    names = dict.fromkeys(part.name for message in messages for part in message.parts if isinstance(part, ToolCall))
    if names:
        body["tools"] = [{"name": name, "input_schema": {"type": "object"}} for name in names]
        body["tool_choice"] = {"type": "none"}
        notes.append("added: tools of the history (anthropic wants them declared; tool_choice is none)")


def set_stream(body: dict[str, object], *, stream: bool) -> None:
    """Have *body* ask for a stream, or for none; what nobody said is left unsaid."""
    if stream:
        body["stream"] = True
    elif body.get("stream"):
        del body["stream"]
