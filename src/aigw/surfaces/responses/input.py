"""Read the input items of OpenAI's Responses dialect into canonical messages.

Source: https://platform.openai.com/docs/api-reference/responses/create (input). A turn of the model may be many items
(thinking, messages, calls): they become one message, because every other dialect has them in one. `Message.verbatim` is
the piece of the body a message was read from: `{"instructions": …}`, or `{"input": [item, …]}`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeGuard

from aigw.surfaces.arguments import array_at, object_at, refuse, text_at
from aigw.surfaces.responses.parts import DIALECT, read_content
from aigw.surfaces.responses.seal import unsealed
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text, without
from aigw.types.parts import File, Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from aigw.types.request import Message, Role

_ROLES: Final = ("user", "assistant", "system", "developer")
_OF_MESSAGES: Final = frozenset({"type", "role", "content", "id", "status", "name"})
_OF_CALLS: Final = frozenset(
    {"type", "id", "status", "call_id", "name", "arguments", "input", "parsed_arguments", "caller"}
)
_OF_RESULTS: Final = frozenset({"type", "id", "status", "call_id", "output", "caller"})
_FROM_CALLERS: Final = ("_output", "_response", "_trigger", "additional_tools")
"""How the types of items end that a caller adds, beside those that a model's turn is made of."""


def read_instructions(value: object) -> tuple[Message, ...]:
    """Read *value*, the instructions of a call, as the leading message they are. Raises `BadRequestError`."""
    if value is None:
        return ()
    if not isinstance(value, str):
        refuse("instructions", f"must be text, not {type(value).__name__}", "invalid_type")
    return (Message("system", (Text(value),), verbatim={"instructions": value}),)


def read_input(value: object) -> tuple[Message, ...]:
    """Read *value*: text, or a list of items. Raises `BadRequestError` naming the place (`input[2].role`)."""
    if isinstance(value, str):
        return (Message("user", (Text(value),), verbatim={"input": [{"role": "user", "content": value}]}),)
    items = array_at(value, "input", "text or a list of items")
    messages: list[Message] = []
    for index, item in enumerate(items):
        message = _read(item, f"input[{index}]")
        if message.role == "assistant" and messages and messages[-1].role == "assistant":
            messages[-1] = _joined(messages[-1], message)
        else:
            messages.append(message)
    return tuple(messages)


def _joined(turn: Message, more: Message) -> Message:
    whole = turn.verbatim is not None and more.verbatim is not None
    verbatim = {"input": [*_items(turn), *_items(more)]} if whole else None
    extra = {**turn.extra, **more.extra} if turn.extra or more.extra else EMPTY
    return replace(turn, parts=(*turn.parts, *more.parts), extra=extra, verbatim=verbatim)


def _items(message: Message) -> Iterator[object]:
    yield from as_array(as_object(message.verbatim).get("input"))


def _read(value: object, path: str) -> Message:
    body = object_at(value, path, 'an object with "role" and "content", or with a "type"')
    kind = as_text(body.get("type")) or ("message" if "role" in body else "")
    if kind == "message":
        return _message(body, path)
    if not kind:
        text_at(body, "type", path)
    if kind in _RESULTS:
        return Message("tool", _result(body, path), verbatim={"input": [body]})
    role: Role = "user" if kind.endswith(_FROM_CALLERS) else "assistant"
    read = _ITEMS.get(kind)
    part = Opaque(DIALECT, body) if read is None else read(body, path)
    return Message(role, (part,), verbatim=_their_own(kind, part, body))


def _their_own(kind: str, part: Part, body: JsonObject) -> JsonObject | None:
    """Give the verbatim form of an item, without what aigw itself put into the answer it came from."""
    if kind == "provider_block":
        return {"input": []}
    return None if isinstance(part, Reasoning) and part.issuer is not None else {"input": [body]}


def is_verbatim(messages: tuple[Message, ...]) -> bool:
    """Whether the caller's own items can be sent as they are to a target of this dialect: none is of our making."""
    return all(
        message.verbatim is not None
        and not any(isinstance(part, Opaque) and part.dialect != DIALECT for part in message.parts)
        for message in messages
    )


def _message(body: JsonObject, path: str) -> Message:
    role = text_at(body, "role", path)
    if not _is_role(role):
        refuse(f"{path}.role", f"must be one of {', '.join(_ROLES)}; a tool's result is a function_call_output item")
    if body.get("content") is None:
        refuse(f"{path}.content", "is missing; give text or a list of parts", "missing_required_parameter")
    parts = read_content(body["content"], f"{path}.content")
    name = None if body.get("name") is None else text_at(body, "name", path)
    return Message(role, parts, name, without(body, _OF_MESSAGES), {"input": [body]})


def _is_role(role: str) -> TypeGuard[Role]:
    return role in _ROLES


def _filled(body: JsonObject, name: str, path: str) -> str:
    value = text_at(body, name, path)
    if not value:
        refuse(f"{path}.{name}", "is empty", "empty_string")
    return value


def _function_call(body: JsonObject, path: str) -> Part:
    if isinstance(body.get("arguments"), Mapping):
        refuse(f"{path}.arguments", "must be JSON text, not an object; use json.dumps", "invalid_type")
    arguments = as_text(body.get("arguments")) or ""
    return ToolCall(
        _filled(body, "call_id", path),
        _filled(body, "name", path),
        arguments if arguments.strip() else "{}",
        extra=without(body, _OF_CALLS),
    )


def _custom_call(body: JsonObject, path: str) -> Part:
    call_id, name = _filled(body, "call_id", path), _filled(body, "name", path)
    return ToolCall(call_id, name, text_at(body, "input", path), "custom", without(body, _OF_CALLS))


def _result(body: JsonObject, path: str) -> tuple[Part, ...]:
    """Read a tool's result; what cannot be within a result stands behind it."""
    if body.get("output") is None:
        refuse(f"{path}.output", "is missing; give text or a list of parts", "missing_required_parameter")
    parts = read_content(body["output"], f"{path}.output")
    within = tuple(part for part in parts if isinstance(part, Text | Image | File))
    behind = tuple(part for part in parts if not isinstance(part, Text | Image | File))
    return (ToolResult(_filled(body, "call_id", path), within, extra=without(body, _OF_RESULTS)), *behind)


def _reasoning(body: JsonObject, path: str) -> Part:  # noqa: ARG001 - all readers take the place
    token = as_text(body.get("encrypted_content"))
    ours = unsealed(token)
    if ours is not None:
        return ours
    texts = [as_text(as_object(part).get("text")) or "" for part in as_array(body.get("content"))]
    summary = [as_text(as_object(part).get("text")) or "" for part in as_array(body.get("summary"))]
    said = as_text(body.get("id"))
    extra: JsonObject = EMPTY if said is None else {"id": said}
    return Reasoning("".join(texts) or "\n\n".join(summary), encrypted=token, extra=extra)


def _provider_block(body: JsonObject, path: str) -> Part:
    """Read back what an answer of ours said of a block that only its provider has."""
    return Opaque(text_at(body, "dialect", path), object_at(body.get("body"), f"{path}.body", "an object"))


_RESULTS: Final = ("function_call_output", "custom_tool_call_output")
_ITEMS: Final[Mapping[str, Callable[[JsonObject, str], Part]]] = {
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "reasoning": _reasoning,
    "provider_block": _provider_block,
}
