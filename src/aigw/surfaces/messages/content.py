"""Read the turns and blocks of Anthropic's Messages into canonical messages, each with the caller's own beside it.

Source: https://docs.claude.com/en/api/messages. A block of a type or source nobody else has is kept as `Opaque`: a
target of the same dialect knows it, and any other names it. `issuer`, `extra_content` and blocks of the type
`provider_block` are our own words, from an answer another dialect gave; they never reach a provider.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Final, cast

from aigw.surfaces.arguments import array_at, object_at, refuse, text_at
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.messages import Issued
from aigw.types.messages import Message as AnsweredMessage
from aigw.types.parts import File, Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from aigw.types.request import Message

DIALECT: Final = "anthropic-messages"
FOREIGN_BLOCK: Final = "provider_block"
OURS: Final = frozenset({"issuer", "extra_content"})

_ROLES: Final = ("user", "assistant", "system")
_TURN: Final = frozenset({"role", "content"})


def read_system(value: object) -> tuple[Message, ...]:
    """Read *value*, the `system` parameter: text, a list of text blocks, or nothing. Raises `BadRequestError`."""
    if value is None:
        return ()
    verbatim: JsonObject = {"role": "system", "content": value}
    return (Message("system", _content(value, "system"), verbatim=verbatim),)


def read_turns(value: object) -> tuple[Message, ...]:
    """Read *value*, a list of plain dicts. Raises `BadRequestError` naming the place (`messages[2].role`)."""
    turns = array_at(value, "messages", "a list of messages")
    if not turns:
        refuse("messages", "is empty; give at least one message", "empty_array")
    return tuple(_turn(turn, f"messages[{index}]") for index, turn in enumerate(turns))


def _turn(value: object, path: str) -> Message:
    body = object_at(value, path, 'an object with "role" and "content"')
    role = text_at(body, "role", path)
    if role not in _ROLES:
        refuse(f"{path}.role", f"must be one of {', '.join(_ROLES)}")
    if body.get("content") is None:
        refuse(f"{path}.content", "is missing; give text or a list of blocks", "missing_required_parameter")
    parts = _content(body["content"], f"{path}.content")
    extra = without(body, _TURN)
    if role == "user":
        return Message("user", parts, extra=extra, verbatim=_without_ours(body))
    return Message("assistant" if role == "assistant" else "system", parts, extra=extra, verbatim=_without_ours(body))


def _content(value: object, path: str) -> tuple[Part, ...]:
    if isinstance(value, str):
        return (Text(value),)
    blocks = array_at(value, path, "text or a list of blocks")
    return tuple(part for index, block in enumerate(blocks) for part in _block(block, f"{path}[{index}]"))


def _block(value: object, path: str) -> tuple[Part, ...]:
    body = object_at(value, path, 'an object like {"type": "text", "text": …}')
    kind = text_at(body, "type", path)
    if kind == "tool_result":
        return _tool_result(body, path)
    read = _READERS.get(kind)
    return (Opaque(DIALECT, body) if read is None else read(body, path),)


def _text(body: JsonObject, path: str) -> Text:
    return Text(text_at(body, "text", path), without(body, frozenset({"type", "text"})))


def _image(body: JsonObject, path: str) -> Part:
    source = object_at(body.get("source"), f"{path}.source", "an object")
    extra = without(body, frozenset({"type", "source"}))
    match source.get("type"):
        case "base64":
            data = text_at(source, "data", f"{path}.source")
            return Image(data=data, media_type=as_text(source.get("media_type")), extra=extra)
        case "url":
            return Image(url=text_at(source, "url", f"{path}.source"), extra=extra)
        case _:
            return Opaque(DIALECT, body)


def _document(body: JsonObject, path: str) -> Part:
    source = object_at(body.get("source"), f"{path}.source", "an object")
    extra = without(body, frozenset({"type", "source", "title"}))
    title = as_text(body.get("title"))
    match source.get("type"):
        case "base64":
            data = text_at(source, "data", f"{path}.source")
            return File(data=data, media_type=as_text(source.get("media_type")), filename=title, extra=extra)
        case "text":
            data = base64.b64encode(text_at(source, "data", f"{path}.source").encode()).decode("ascii")
            return File(data=data, media_type="text/plain", filename=title, extra=extra)
        case "url":
            return File(url=text_at(source, "url", f"{path}.source"), filename=title, extra=extra)
        case "file":
            return File(file_id=text_at(source, "file_id", f"{path}.source"), filename=title, extra=extra)
        case _:
            return Opaque(DIALECT, body)


def _tool_use(body: JsonObject, path: str) -> ToolCall:
    given = body.get("input")
    if not isinstance(given, Mapping):
        refuse(f"{path}.input", f"must be an object, not {type(given).__name__}", "invalid_type")
    arguments = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    extra = without(body, frozenset({"type", "id", "name", "input"}))
    return ToolCall(_filled(body, "id", path), _filled(body, "name", path), arguments, extra=extra)


def _tool_result(body: JsonObject, path: str) -> tuple[Part, ...]:
    """Read a tool's result; what cannot be within a canonical one stands behind it."""
    content = body.get("content")
    pieces = () if content is None else _content(content, f"{path}.content")
    within = tuple(piece for piece in pieces if isinstance(piece, Text | Image | File))
    behind = tuple(piece for piece in pieces if not isinstance(piece, Text | Image | File))
    extra = without(body, frozenset({"type", "tool_use_id", "content", "is_error"}))
    return (ToolResult(_filled(body, "tool_use_id", path), within, body.get("is_error") is True, extra), *behind)


def _thinking(body: JsonObject, path: str) -> Reasoning:
    return Reasoning(
        text_at(body, "thinking", path),
        signature=as_text(body.get("signature")) or None,
        issuer=as_text(body.get("issuer")),
        extra=without(body, frozenset({"type", "thinking", "signature", "issuer"})),
    )


def _redacted(body: JsonObject, path: str) -> Reasoning:
    extra = without(body, frozenset({"type", "data", "issuer"}))
    return Reasoning("", encrypted=text_at(body, "data", path), issuer=as_text(body.get("issuer")), extra=extra)


def _foreign(body: JsonObject, path: str) -> Opaque:
    return Opaque(text_at(body, "dialect", path), as_object(body.get("body")))


def _filled(body: JsonObject, name: str, path: str) -> str:
    value = text_at(body, name, path)
    if not value:
        refuse(f"{path}.{name}", "is empty", "empty_string")
    return value


_READERS: Final[Mapping[str, Callable[[JsonObject, str], Part]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "tool_use": _tool_use,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    FOREIGN_BLOCK: _foreign,
}


def _without_ours(turn: JsonObject) -> JsonObject:
    """Leave out of the caller's turn what aigw itself put into the answer it came from: no provider knows it."""
    blocks = [as_object(block) for block in as_array(turn.get("content"))]
    if not any(OURS & block.keys() or block.get("type") == FOREIGN_BLOCK for block in blocks):
        return turn
    return {**turn, "content": [without(block, OURS) for block in blocks if not _is_only_ours(block)]}


def _is_only_ours(block: JsonObject) -> bool:
    """Whether nothing of *block* is for a provider of this dialect: another's, or empty but for what is ours."""
    if block.get("type") == FOREIGN_BLOCK:
        return True
    return block.get("type") == "text" and not block.get("text") and "extra_content" in block


def provenance(messages: object) -> object:
    """Give *messages* with what is of earlier answers as dicts that name the target their thinking is valid at.

    A whole answer as a turn is its role and its content: providers take no more of it back.
    """
    if not isinstance(messages, list | tuple):
        return messages
    return [_traced(turn) for turn in as_array(cast("object", messages))]


def _traced(turn: object) -> object:
    if isinstance(turn, AnsweredMessage):
        return {"role": turn.role, "content": [_named(block) for block in turn.content]}
    content = as_array(as_object(turn).get("content"))
    if not any(isinstance(block, Issued) for block in content):
        return turn
    return {**as_object(turn), "content": [_named(block) for block in content]}


def _named(block: object) -> object:
    if not isinstance(block, Issued) or block.issuer_known() is None:
        return block
    return {**block.to_dict(mode="json"), "issuer": block.issuer_known()}
