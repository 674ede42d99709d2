"""Read OpenAI chat messages into canonical ones, each with the caller's own object beside it.

Source: https://platform.openai.com/docs/api-reference/chat/create (messages); `reasoning_content` and
`reasoning_details` are what DeepSeek and OpenRouter made customary. Roles, names and call ids are checked here because
every target needs them; what only some need is left to them.
"""

from collections.abc import Mapping
from typing import Final, TypeGuard

from aigw.surfaces.arguments import array_at, object_at, refuse, text_at
from aigw.surfaces.chat.parts import DIALECT, read_content
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Role

_ROLES: Final = ("system", "developer", "user", "assistant", "tool")
_WITHIN: Final = (Text, Image, File)
"""What a tool's result may be made of."""

_OF_CALLS: Final = {own: frozenset({"id", "type", own}) for own in ("function", "custom")}
_IN_CALLS: Final = {written: frozenset({"name", written}) for written in ("arguments", "input")}
_KNOWN: Final = frozenset({"role", "content", "name"})
_REASONING: Final = frozenset({"reasoning", "reasoning_content", "reasoning_details"})
_KNOWN_OF_TOOLS: Final = _KNOWN | {"tool_call_id"}
_KNOWN_OF_ASSISTANTS: Final = _KNOWN | {
    "tool_calls",
    "function_call",
    "refusal",
    "audio",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "provider_blocks",
}


def read_messages(value: object) -> tuple[Message, ...]:
    """Read *value*, a list of plain dicts. Raises `BadRequestError` naming the place (`messages[2].role`)."""
    messages = array_at(value, "messages", "a list of messages")
    if not messages:
        refuse("messages", "is empty; give at least one message", "empty_array")
    calls_by_function: dict[str, str] = {}
    return tuple(_read(message, f"messages[{index}]", calls_by_function) for index, message in enumerate(messages))


def _read(value: object, path: str, calls_by_function: dict[str, str]) -> Message:
    body = object_at(value, path, 'an object with "role" and "content"')
    role = text_at(body, "role", path)
    name = None if body.get("name") is None else text_at(body, "name", path)
    if role == "function":
        return _function_message(body, name, path, calls_by_function)
    if not _is_role(role):
        refuse(f"{path}.role", f"must be one of {', '.join(_ROLES)}")
    if role == "assistant":
        parts = _assistant_parts(body, path, calls_by_function)
        return Message(role, parts, name, without(body, _KNOWN_OF_ASSISTANTS), _without_ours(body))
    if body.get("content") is None:
        refuse(
            f"{path}.content",
            f"is missing; a {role} message needs text or a list of parts",
            "missing_required_parameter",
        )
    parts = read_content(body["content"], f"{path}.content")
    if role == "tool":
        parts = _tool_parts(_filled(body, "tool_call_id", path), parts)
        return Message(role, parts, name, without(body, _KNOWN_OF_TOOLS), body)
    return Message(role, parts, name, without(body, _KNOWN), body)


def _is_role(role: str) -> TypeGuard[Role]:
    return role in _ROLES


def _filled(body: JsonObject, name: str, path: str) -> str:
    value = text_at(body, name, path)
    if not value:
        refuse(f"{path}.{name}", "is empty", "empty_string")
    return value


def _tool_parts(call_id: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Make a tool's result of *parts*; what cannot be within a result stands behind it."""
    within = tuple([part for part in parts if isinstance(part, _WITHIN)])
    if len(within) == len(parts):
        return (ToolResult(call_id, within),)
    return (ToolResult(call_id, within), *[part for part in parts if not isinstance(part, _WITHIN)])


def _function_message(body: JsonObject, name: str | None, path: str, calls_by_function: dict[str, str]) -> Message:
    """Read a result of the old kind, which says the function's name instead of a call's id."""
    if not name:
        refuse(f"{path}.name", "is missing; a function message names its function", "missing_required_parameter")
    parts = _tool_parts(
        calls_by_function.get(name, f"call_{name}"), read_content(body.get("content"), f"{path}.content")
    )
    return Message("tool", parts, name, without(body, _KNOWN), body)


def _assistant_parts(body: JsonObject, path: str, calls_by_function: dict[str, str]) -> tuple[Part, ...]:
    parts = [*_reasoning(body), *_provider_blocks(body), *read_content(body.get("content"), f"{path}.content")]
    refusal = as_text(body.get("refusal"))
    if refusal:
        parts.append(Refusal(refusal))
    audio = as_object(body.get("audio"))
    if audio:
        parts.append(Audio(id=text_at(audio, "id", f"{path}.audio"), extra=without(audio, frozenset({"id"}))))
    if body.get("tool_calls") is not None:
        calls = array_at(body["tool_calls"], f"{path}.tool_calls", "a list")
        parts += (_tool_call(call, f"{path}.tool_calls[{index}]") for index, call in enumerate(calls))
    function = as_object(body.get("function_call"))
    if function:
        legacy = _legacy_call(function, path)
        calls_by_function[legacy.name] = legacy.id
        parts.append(legacy)
    return tuple(parts)


def _tool_call(value: object, path: str) -> Part:
    body = object_at(value, path, 'an object with "id", "type" and "function"')
    kind = as_text(body.get("type")) or "function"
    if kind == "custom":
        call = object_at(body.get("custom"), f"{path}.custom", "an object")
        name, written = _filled(call, "name", f"{path}.custom"), text_at(call, "input", f"{path}.custom")
        return ToolCall(_filled(body, "id", path), name, written, "custom", _beyond(body, "custom", "input"))
    if kind != "function":
        return Opaque(DIALECT, body)
    call = object_at(body.get("function"), f"{path}.function", "an object")
    name, arguments = _filled(call, "name", f"{path}.function"), _arguments(call, f"{path}.function")
    return ToolCall(_filled(body, "id", path), name, arguments, "function", _beyond(body, "function", "arguments"))


def _beyond(body: JsonObject, own: str, written: str) -> JsonObject:
    beside = without(body, _OF_CALLS[own])
    inside = without(as_object(body[own]), _IN_CALLS[written])
    return {**beside, own: inside} if inside else beside


def _arguments(call: JsonObject, path: str) -> str:
    """Give a call's arguments; some providers write nothing where they mean an empty object."""
    arguments = call.get("arguments")
    if isinstance(arguments, str):
        return arguments if arguments.strip() else "{}"
    if isinstance(arguments, Mapping):
        refuse(f"{path}.arguments", "must be JSON text, not an object; use json.dumps", "invalid_type")
    return "{}"


def _legacy_call(function: JsonObject, path: str) -> ToolCall:
    """Read a call of the old kind. It has no id, so it gets one by its place: the same each time it is read."""
    name = _filled(function, "name", f"{path}.function_call")
    place = "".join(letter for letter in path if letter.isdigit())
    return ToolCall(f"call_{place}_{name}", name, _arguments(function, f"{path}.function_call"))


def _reasoning(body: JsonObject) -> list[Reasoning]:
    """Read what a message tells of its thinking; details that have text repeat what `reasoning_content` says."""
    if _REASONING.isdisjoint(body):
        return []
    details = [as_object(value) for value in as_array(body.get("reasoning_details"))]
    parts = [_reasoning_detail(detail) for detail in details if detail]
    told = as_text(body.get("reasoning_content")) or as_text(body.get("reasoning"))
    if told and not any(part.text for part in parts):
        parts.insert(0, Reasoning(told))
    return parts


def _reasoning_detail(detail: JsonObject) -> Reasoning:
    known = frozenset({"type", "index", "text", "summary", "signature", "data", "issuer"})
    return Reasoning(
        text=as_text(detail.get("text")) or as_text(detail.get("summary")) or "",
        signature=as_text(detail.get("signature")),
        encrypted=as_text(detail.get("data")),
        issuer=as_text(detail.get("issuer")),
        extra=without(detail, known),
    )


def _provider_blocks(body: JsonObject) -> list[Opaque]:
    """Read back what an answer of ours said of blocks that only its provider has."""
    if "provider_blocks" not in body:
        return []
    blocks = (as_object(block) for block in as_array(body.get("provider_blocks")))
    return [Opaque(as_text(block.get("dialect")) or DIALECT, as_object(block.get("body"))) for block in blocks if block]


def _without_ours(body: JsonObject) -> JsonObject:
    """Leave out of the caller's object what aigw itself put into the answer it came from: no provider knows it."""
    body = _unnamed(body)
    details = as_array(body.get("reasoning_details"))
    theirs = [detail for detail in details if "issuer" not in as_object(detail)]
    if len(theirs) == len(details):
        return without(body, frozenset({"provider_blocks"})) if "provider_blocks" in body else body
    kept = dict(without(body, frozenset({"provider_blocks", "reasoning_details"})))
    return {**kept, "reasoning_details": theirs} if theirs else kept


def _unnamed(body: JsonObject) -> JsonObject:
    """Give *body* without our word for who issued its thought signatures, the very same object where there is none."""
    bare = _without_issuer(body)
    calls = as_array(body.get("tool_calls"))
    changed = [_without_issuer(as_object(call)) or call for call in calls]
    if all(new is old for new, old in zip(changed, calls, strict=True)):
        return bare
    return {**bare, "tool_calls": changed}


def _without_issuer(beside: JsonObject) -> JsonObject:
    if "extra_content" not in beside:
        return beside
    content = as_object(beside.get("extra_content"))
    google = as_object(content.get("google"))
    if "issuer" not in google:
        return beside
    return {**beside, "extra_content": {**content, "google": without(google, frozenset({"issuer"}))}}
