"""Write a request in OpenAI's Chat Completions dialect: what the caller wrote, except what a policy or a quirk changes.

Sources: https://platform.openai.com/docs/api-reference/chat/create, and the references of the hosts in `kinds`.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import PLAIN, kinds_of, tools_beyond
from aigw.providers.openai.adapted import adapted
from aigw.providers.openai.messages import DIALECT, beyond, plain, translated, translated_tool, written
from aigw.providers.openai.schemas import fit_chat
from aigw.providers.openai.tools import beyond_limits, keep, take_out
from aigw.providers.wordings import Wordings
from aigw.providers.writing import address, encoded, headers, once, refuse
from aigw.types.json import JsonObject, as_array, as_object
from aigw.types.kind import NO_TOOL_LIMITS, Quirks, not_written
from aigw.types.parts import Audio, File, Image, Part, ToolResult
from aigw.types.request import Message, Params, Request
from aigw.wire import HttpRequest

_LIMITS: Final = ("max_completion_tokens", "max_tokens")
_KINDS: Final[Mapping[type, str]] = {Image: "image", Audio: "audio", File: "file"}

_BEYOND: Final = frozenset({"top_k", "reasoning_budget"})
"""Canonical parameters that the dialect has no word for."""

_NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "store": (False,),
    "parallel_tool_calls": (True,),
    "modalities": (["text"],),
    "stream_options": ({}, {"include_usage": True}, {"include_usage": False}),
}
"""Values that change nothing: leaving them out loses nothing, so they are never refused."""

_HARMLESS: Final = frozenset({"n"})
"""Hosts that refuse another value take the one that changes nothing: it is sent as the caller wrote it."""


def _beyond(params: Params, other: JsonObject, target: Target) -> list[str]:
    """Name the parameters of another dialect that this one has no word for."""
    names = sorted((_BEYOND & params.keys()) - target.provider.kind.quirks.takes)
    names += other
    names += (name for name in tools_beyond(params) if name != "tools.custom")
    return names


def _written(params: Params, other: JsonObject, target: Target, _: frozenset[str], notes: list[str]) -> JsonObject:
    """Give the body with the manifest laid over it; what is left out is taken from it at last."""
    body = _with_manifest(_translated(params, other, target), target, notes)
    fit_chat(body, target, notes)
    return body


_PARAMS: Final = Wordings(_beyond, _written)


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* the target's provider does not take, as its kind says."""
    parameters, fields = _refused(target.provider.kind.quirks.refused)
    names: list[str] = []
    if parameters:
        body = _with_manifest(_body(request, target), target, [])
        names += (name for name in parameters if _says(body, *name.partition(".")[::2]))
    if "name" in fields:
        names += (f"messages[{i}].name" for i, each in enumerate(request.messages) if each.name and each.role != "tool")
    limits = target.provider.kind.quirks.tool_limits
    if limits is not NO_TOOL_LIMITS and "tools" in request.params:
        names += beyond_limits(request.params, limits)
    lacks = target.provider.kind.quirks.lacks
    if lacks:
        for index, message in enumerate(request.messages):
            names += (f"messages[{index}].{kind}" for kind in _in(message, lacks))
    own = request.dialect == DIALECT
    if not own:
        names += _PARAMS.beyond(request, target)
    if kinds_of(request.messages) <= PLAIN:
        return tuple(names)
    for index, message in enumerate(request.messages):
        if message.verbatim is None or not own:
            names += beyond(message, f"messages[{index}]")
    return tuple(names)


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    left_out = refuse(unsupported(request, target), target, notes)
    if any(name.startswith("messages[") for name in left_out):
        request = _without(request, target.provider.kind.quirks.lacks)
    if request.dialect == DIALECT:
        body = _with_manifest(_body(request, target), target, notes)
    else:
        body = dict(_PARAMS.written(request, target, left_out, notes))
    body["messages"] = _messages(request, target, notes)
    _apply_quirks(body, target, left_out)
    _set_streaming(body, request, target)
    outgoing = HttpRequest(
        "POST",
        address(target, "/chat/completions"),
        headers(target, stream=request.stream),
        encoded(body, target.provider.name),
    )
    return Outgoing(outgoing, tuple(notes))


def _in(message: Message, lacks: frozenset[str]) -> list[str]:
    """Name the kinds of part in *message*, or in a tool's result in it, that a host *lacks*."""
    inside = (piece for part in message.parts if isinstance(part, ToolResult) for piece in part.content)
    return [kind for part in (*message.parts, *inside) if (kind := _KINDS.get(type(part))) in lacks] if lacks else []


def _without(request: Request, lacks: frozenset[str]) -> Request:
    """Give *request* without the parts that a host *lacks*; messages that have none stay as they are."""
    messages = tuple(
        message.edit(tuple(_rest(part, lacks) for part in message.parts if _KINDS.get(type(part)) not in lacks))
        if _in(message, lacks)
        else message
        for message in request.messages
    )
    return request.edit(messages=messages)


def _rest(part: Part, lacks: frozenset[str]) -> Part:
    if not isinstance(part, ToolResult):
        return part
    return replace(part, content=tuple(piece for piece in part.content if _KINDS.get(type(piece)) not in lacks))


def _body(request: Request, target: Target) -> dict[str, object]:
    """Give the body before quirks: verbatim where the caller spoke this dialect, else from the canonical form."""
    if request.dialect != DIALECT:
        return _translated(request.params, request.other, target)
    body: dict[str, object] = {**request.verbatim, "model": target.model}
    params: JsonObject = {**request.params}
    for name in request.edited & params.keys():
        if name == "max_tokens":
            _set_limit(body, params[name], target)
        else:
            body[name] = params[name]
    for name, value in request.other.items():
        body.setdefault(name, value)
    return body


def _translated(params: Params, other: JsonObject, target: Target) -> dict[str, object]:
    """Give the body, all but its messages, before quirks and from the canonical form."""
    body: dict[str, object] = {"model": target.model, "messages": []}
    for name, value in params.items():
        if name == "max_tokens":
            _set_limit(body, value, target)
        elif name == "tools":
            body[name] = [translated_tool(tool) for tool in params.get("tools", ())]
        else:
            body[name] = value
    if target.unsupported == "pass":
        for name, value in other.items():
            body.setdefault(name, value)
    return body


def _set_limit(body: dict[str, object], value: object, target: Target) -> None:
    """Set the length limit under the name that is in use: the caller's, the provider's only one, or its preferred."""
    used = [name for name in _LIMITS if name in body]
    quirks = target.provider.kind.quirks
    for name in used:
        del body[name]
    body[used[0] if used else quirks.max_tokens or quirks.limit_name] = value


def _with_manifest(body: dict[str, object], target: Target, notes: list[str]) -> dict[str, object]:
    """Lay the target's own parameters over *body*: the manifest wins, with a note where it overrides the caller."""
    for name, value in target.params.items():
        names = _LIMITS if name in _LIMITS else (name,)
        said = [body[known] for known in names if known in body]
        if said and said[0] != value:
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
        if name in _LIMITS:
            _set_limit(body, value, target)
        else:
            body[name] = value
    return body


def _messages(request: Request, target: Target, notes: list[str]) -> object:
    quirks = target.provider.kind.quirks
    own = request.dialect == DIALECT
    messages: list[JsonObject] = []
    for message in request.messages:
        if own and message.verbatim is not None:
            messages.append(message.verbatim)
        elif (said := plain(message)) is not None:
            messages.append(said)
        else:
            messages += written(message if own else translated(message))
    _, unwanted = _refused(quirks.refused)
    if target.unsupported == "pass":
        unwanted -= {"name"}
    as_it_is = quirks.developer_role and quirks.nulls and not quirks.bare_media and "refusal" not in unwanted
    if as_it_is and all(map((unwanted | not_written(quirks.reasoning)).isdisjoint, messages)):
        return messages
    return [adapted(message, unwanted, index, target, notes) for index, message in enumerate(messages)]


def _apply_quirks(body: dict[str, object], target: Target, left_out: frozenset[str]) -> None:
    quirks = target.provider.kind.quirks
    if left_out:
        take_out(body, left_out, target)
    for name in left_out:
        _leave_out(body, name)
    for name in (quirks.refused & body.keys()) - _HARMLESS:
        if body[name] in _NEUTRAL.get(name, ()):
            del body[name]
    if quirks.max_tokens is not None and any(name in body for name in _LIMITS):
        values = [body.pop(name) for name in _LIMITS if name in body]
        body[quirks.max_tokens] = values[0]
    for name, theirs in quirks.renamed.items():
        if name in body:
            body.setdefault(theirs, body.pop(name))
    if quirks.parameters_required and "tools" in body:
        body["tools"] = [_with_parameters(tool) for tool in as_array(body["tools"])]
    if quirks.stop_list and isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]
    _translate_values(body, quirks)


def _translate_values(body: dict[str, object], quirks: Quirks) -> None:
    """Write values in the provider's words for them, or in other fields that say the same."""
    for name, words in quirks.values.items():
        value = body.get(name)
        if isinstance(value, str) and value in words:
            body[name] = words[value]
    for name, fields in quirks.instead.items():
        value = body.get(name)
        if isinstance(value, str) and value in fields:
            del body[name]
            body.update({key: said for key, said in fields[value].items() if key not in body})


def _with_parameters(tool: object) -> object:
    function = as_object(as_object(tool).get("function"))
    if not function or function.get("parameters") is not None:
        return tool
    return {**as_object(tool), "function": {**function, "parameters": {"type": "object", "properties": {}}}}


def _leave_out(body: dict[str, object], name: str) -> None:
    """Take out what was dropped: a whole parameter, or one type of tool."""
    parameter, _, variant = name.partition(".")
    if parameter == "tools" and variant:
        keep(body, [tool for tool in as_array(body.get("tools")) if as_object(tool).get("type") != variant])
    else:
        body.pop(parameter, None)


def _set_streaming(body: dict[str, object], request: Request, target: Target) -> None:
    """Say whether to stream. Usage is asked for even where the caller did not: the record needs it."""
    if not request.stream:
        body.pop("stream_options", None)
        if body.get("stream"):
            del body["stream"]
        return
    body["stream"] = True
    quirks = target.provider.kind.quirks
    if quirks.usage_in_streams == "ask":
        body["stream_options"] = {**as_object(body.get("stream_options")), "include_usage": True}
    elif "stream_options" in quirks.refused:
        body.pop("stream_options", None)


@lru_cache(maxsize=64)
def _refused(names: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Split what a provider refuses into parameters and fields of messages."""
    fields = {name for name in names if name.startswith("message.")}
    return tuple(sorted(names - fields)), frozenset(name.removeprefix("message.") for name in fields)


def _says(body: JsonObject, name: str, variant: str) -> bool:
    """Whether *body* sets the parameter *name* (to *variant*, if one is given) in a way that means something."""
    if name not in body or body[name] is None:
        return False
    value = body[name]
    if not variant:
        return value not in _NEUTRAL.get(name, ())
    if name == "tools":
        return any(as_object(tool).get("type") == variant for tool in as_array(value))
    return value == variant or as_object(value).get("type") == variant
