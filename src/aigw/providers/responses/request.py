"""Write a request in OpenAI's Responses dialect: what the caller wrote, or all of it from the canonical form.

Source: https://platform.openai.com/docs/api-reference/responses/create. A call from another dialect leaves nothing at
the provider unless its caller says `store`: that is what those dialects promise.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers import canonical
from aigw.providers.openai.schemas import fit_responses, responses_tools
from aigw.providers.responses.items import DIALECT, beyond, items_of
from aigw.providers.responses.params import EXPRESSED, NATIVE, keep_nothing, leave_out, put, said, tools_beyond
from aigw.providers.wordings import Wordings
from aigw.providers.writing import address, encoded, headers, once, refuse
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text
from aigw.types.parts import Audio, File, Image
from aigw.types.request import Message, Params, Request
from aigw.wire import HttpRequest

_STOP: Final = frozenset({"stop"})
_KINDS: Final[Mapping[type, str]] = {Image: "image", Audio: "audio", File: "file"}
_NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "store": (False,),
    "parallel_tool_calls": (True,),
    "truncation": ("disabled",),
    "background": (False,),
    "include": ([],),
}
"""Values that change nothing: a provider without the parameter loses nothing by not getting them."""


def _beyond(given: Params, beside: JsonObject, target: Target) -> list[str]:
    params, other = canonical.laid_over(given, beside, target, [])
    takes = target.provider.kind.quirks.takes
    kept = canonical.kept(params, frozenset() if params.get("stop") else _STOP)
    names = canonical.beyond(kept, other, EXPRESSED | takes if takes else EXPRESSED, NATIVE)
    names += tools_beyond(params)
    names += _refused(params, other, target)
    return names


def _written(
    given: Params, beside: JsonObject, target: Target, left_out: frozenset[str], notes: list[str]
) -> JsonObject:
    """Give the parameters as the canonical form has them; those *left_out* are taken from the body at last."""
    known = EXPRESSED | NATIVE | target.provider.kind.quirks.takes
    names = known | (frozenset(_beyond(given, beside, target)) - left_out) if target.unsupported == "pass" else known
    body: dict[str, object] = {}
    tools = None if "tools" in target.params or "tools" not in names else given.get("tools")
    for name, value in (*given.items(), *beside.items()):
        if name in names and value is not tools:
            put(body, name, value)
    _lay_over(body, target, notes)
    fit_responses(body, target, notes)
    if tools is not None:
        body["tools"], changes = _tools(tools, target.provider.kind.quirks.schemas)
        notes += changes
    keep_nothing(body, target.model, target.provider.kind.quirks.refused)
    return body


_PARAMS: Final = Wordings(_beyond, _written)


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* the dialect, or the target's provider, cannot express."""
    own = request.dialect == DIALECT
    names: list[str] = []
    if own:
        params, other = canonical.parameters(request, target, [])
        names += _refused(params, {**request.verbatim, **other}, target)
    else:
        names += _PARAMS.beyond(request, target)
        names += canonical.speakers(request.messages)
    lacks = target.provider.kind.quirks.lacks
    if canonical.kinds_of(request.messages) <= canonical.PLAIN:
        return tuple(dict.fromkeys(names)) if names else ()
    for index, message in enumerate(request.messages):
        names += (
            f"messages[{index}].{_KINDS[type(part)]}" for part in message.parts if _KINDS.get(type(part)) in lacks
        )
        if not own or (message.verbatim is None and "messages" in request.edited):
            names += beyond(message, f"messages[{index}]")
    return tuple(dict.fromkeys(names))


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    body = body_of(request, target, notes)
    return Outgoing(sent(body, request, target, "/responses"), tuple(notes))


def body_of(request: Request, target: Target, notes: list[str]) -> dict[str, object]:
    """Give the body of *request*, with a note for each thing that is not as the caller said it. Raises as `write`."""
    left_out = refuse(unsupported(request, target), target, notes)
    if any(name.startswith("messages[") for name in left_out):
        request = _without(request, target.provider.kind.quirks.lacks)
    if request.dialect == DIALECT:
        body = _own(request, target, notes)
    else:
        items = items_of(request.messages, target, notes, own=False)
        body = {"model": target.model, "input": items, **_PARAMS.written(request, target, left_out, notes)}
    for name in left_out:
        leave_out(body, name)
    _apply_quirks(body, target)
    _set_streaming(body, request)
    return body


def sent(body: JsonObject, request: Request, target: Target, path: str) -> HttpRequest:
    """Give what is sent to *path* for *body*."""
    return HttpRequest(
        "POST",
        address(target, path),
        headers(target, stream=request.stream),
        encoded(body, target.provider.name),
    )


def _without(request: Request, lacks: frozenset[str]) -> Request:
    """Give *request* without the parts that a host *lacks*; messages that have none stay as they are."""
    kept = [
        tuple(part for part in message.parts if _KINDS.get(type(part)) not in lacks) for message in request.messages
    ]
    if all(parts == message.parts for parts, message in zip(kept, request.messages, strict=True)):
        return request
    return request.edit(
        messages=tuple(
            message if parts == message.parts else message.edit(parts)
            for parts, message in zip(kept, request.messages, strict=True)
        )
    )


def _own(request: Request, target: Target, notes: list[str]) -> dict[str, object]:
    """Give the body as the caller wrote it, but for the model, what a policy edited, and the manifest's parameters."""
    body: dict[str, object] = {**request.verbatim, "model": target.model}
    params: JsonObject = {**request.params}
    for name in request.edited & params.keys():
        put(body, name, params[name], own=True)
    for name, value in request.other.items():
        body.setdefault(name, value)
    _lay_over(body, target, notes)
    if "messages" in request.edited:
        messages = request.messages
        if body.get("instructions") is not None:
            messages = _instructed(body, messages)
        body["input"] = items_of(messages, target, notes, own=True)
    return body


def _instructed(body: dict[str, object], messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Take the first message for the caller's `instructions`, and give the rest."""
    first = messages[0] if messages else None
    if first is None or first.role not in {"system", "developer"} or first.verbatim is not None:
        return messages
    body["instructions"] = "".join(as_text(getattr(part, "text", None)) or "" for part in first.parts)
    return messages[1:]


@canonical.remembering
def _tools(tools: Sequence[JsonObject], schemas: str) -> canonical.ToolsWritten:
    body: dict[str, object] = {}
    notes: list[str] = []
    put(body, "tools", tools)
    return responses_tools(as_array(body["tools"]), schemas, notes), tuple(notes)


def _lay_over(body: dict[str, object], target: Target, notes: list[str]) -> None:
    """Lay the target's own parameters over *body*: the manifest wins, with a note where it overrides the caller."""
    for name, value in target.params.items():
        before = said(body, name)
        put(body, name, value)
        if before is not None and _is_lost(before, said(body, name)):
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")


def _is_lost(before: object, after: object) -> bool:
    """Whether something of *before* is no longer in *after*; what was only added to overrides nothing."""
    if as_object(before) and as_object(after):
        return any(as_object(after).get(name) != value for name, value in as_object(before).items())
    if as_array(before) and as_array(after):
        return any(entry not in as_array(after) for entry in as_array(before))
    return before != after


def _apply_quirks(body: dict[str, object], target: Target) -> None:
    for name in _refusals(target.provider.kind.quirks.refused):
        if name in body and body[name] in _NEUTRAL.get(name, ()):
            del body[name]


def _set_streaming(body: dict[str, object], request: Request) -> None:
    if request.stream:
        body["stream"] = True
        return
    body.pop("stream_options", None)
    if body.get("stream"):
        del body["stream"]


@lru_cache(maxsize=64)
def _refusals(refused: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in refused if not name.startswith("message.")))


def _refused(params: Params, other: JsonObject, target: Target) -> Iterator[str]:
    """Name what the target's provider does not take, as its kind says: parameters, values, types of tool."""
    refusals = _refusals(target.provider.kind.quirks.refused)
    values: JsonObject = {**other, **params} if refusals else EMPTY
    for refused in refusals:
        name, _, variant = refused.partition(".")
        value = values.get(name)
        if value is None or (not variant and value in _NEUTRAL.get(name, ())):
            continue
        types = [as_object(item).get("type") for item in as_array(value)] or [value, as_object(value).get("type")]
        if not variant or variant in types:
            yield refused
