"""Write a request in Anthropic's Messages dialect.

Source: https://docs.claude.com/en/api/messages. The version is pinned: 2023-06-01 keeps sampling parameters for the
models that take them.
"""

from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers import anthropic_messages, anthropic_params
from aigw.providers.anthropic_messages import DIALECT, turns_of
from aigw.providers.writing import encoded, endpoint, headers, refuse
from aigw.types.json import JsonObject, as_array
from aigw.types.parts import Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request
from aigw.wire import HttpRequest

VERSION: Final = "2023-06-01"

_CANONICAL: Final = frozenset(Params.__annotations__)


def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Anthropic, or the target's model, cannot express."""
    if request.dialect == DIALECT:
        return ()
    names = anthropic_params.beyond(request.params, request.other, target.model)
    for index, message in enumerate(request.messages):
        names += anthropic_messages.beyond(message, f"messages[{index}]")
    return tuple(names)


def write(request: Request, target: Target, secret: str | None) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    left_out = refuse(unsupported(request, target), target, notes)
    body, betas = _body(request, target, left_out, notes)
    provider = target.provider
    own: tuple[tuple[str, str], ...] = (("anthropic-version", VERSION),)
    if betas:
        own += (("anthropic-beta", ",".join(betas)),)
    outgoing = HttpRequest(
        "POST",
        _url(provider.base_url),
        headers(target, secret, stream=request.stream, own=own),
        encoded(body, provider.name),
    )
    return Outgoing(outgoing, tuple(notes))


def _url(base_url: str) -> str:
    base, _, _ = base_url.partition("?")
    versioned = base.rstrip("/").endswith("/v1")
    return endpoint(base_url, "/messages" if versioned else "/v1/messages")


def _body(
    request: Request, target: Target, left_out: frozenset[str], notes: list[str]
) -> tuple[dict[str, object], tuple[str, ...]]:
    if request.dialect == DIALECT and not request.edited:
        body: dict[str, object] = {**request.verbatim, **target.params, "model": target.model}
        _set_stream(body, stream=request.stream)
        return body, ()
    params, other = _with_manifest(request, target, notes)
    conversation = turns_of(_allowed(request.messages, left_out), target.id)
    notes.extend(conversation.notes)
    body = {"model": target.model, "messages": conversation.messages}
    if conversation.system:
        body["system"] = conversation.system
    body.update(anthropic_params.written(params, other, target.model, left_out, notes))
    if target.provider.unsupported == "pass":
        unknown = anthropic_params.beyond(params, other, target.model)
        body.update({name: value for name, value in {**other, **params}.items() if name in unknown})
    _resend_tools(body, request.messages, notes)
    _set_stream(body, stream=request.stream)
    betas = tuple(str(beta) for name in sorted(anthropic_params.BETAS & other.keys()) for beta in as_array(other[name]))
    return body, betas


def _with_manifest(request: Request, target: Target, notes: list[str]) -> tuple[Params, JsonObject]:
    """Lay the target's own parameters over the caller's: the manifest wins, with a note where it overrides."""
    params: dict[str, object] = {**request.params}
    other: dict[str, object] = {**request.other}
    for name, value in target.params.items():
        canonical = "max_tokens" if name == "max_completion_tokens" else name
        said = params if canonical in _CANONICAL else other
        if canonical in said and said[canonical] != value:
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
        said[canonical] = value
    return cast("Params", params), other


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
            if not left_out.intersection(anthropic_messages.beyond(Message(message.role, (part,)), place))
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
        piece for piece in result.content if not any(anthropic_messages.beyond(Message("user", (piece,)), place))
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


def _set_stream(body: dict[str, object], *, stream: bool) -> None:
    if stream:
        body["stream"] = True
    else:
        body.pop("stream", None)
