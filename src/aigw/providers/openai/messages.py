"""Write canonical messages in OpenAI's Chat Completions dialect.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aigw.types.json import EMPTY, JsonObject, as_object
from aigw.types.parts import (
    Audio,
    File,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from aigw.types.request import Message

DIALECT = "openai-chat"

_WITHOUT_EXTRA: Final = (Refusal, Opaque)
_SAID: Final = (Text, Opaque)


def plain(message: Message) -> JsonObject | None:
    """Write a message that is one text and nothing else, as most are, or give None for any other."""
    first = message.parts[0] if len(message.parts) == 1 and not message.extra and message.name is None else None
    if isinstance(first, Text) and not first.extra:
        return {"role": message.role, "content": first.text}
    return None


def written(message: Message) -> list[JsonObject]:
    """Write *message*: tool results first, each as a message of its own, then the rest as one."""
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    if not results:
        return [_spoken(message, message.parts)]
    rest = tuple([part for part in message.parts if not isinstance(part, ToolResult)])
    behind = rest if message.role == "tool" else ()
    messages = [_tool_message(result, behind, message) for result in results]
    if message.role == "assistant" or (rest and not behind):
        messages.append(_spoken(message, rest))
    return messages


def translated(message: Message) -> Message:
    """Give a message of another dialect without what only that dialect says beside its parts.

    What a provider wants back with a part (`extra_content`) is no dialect's: it stays.
    """
    if not message.extra and not any(map(_says_more, message.parts)):
        return message
    return replace(message, parts=tuple(map(_bare, message.parts)), extra=EMPTY, verbatim=None)


def _says_more(part: Part) -> bool:
    """Whether *part* has fields beside its own, or a piece of it has."""
    if isinstance(part, ToolResult):
        return bool(part.extra) or any(piece.extra for piece in part.content)
    return not isinstance(part, _WITHOUT_EXTRA) and bool(part.extra)


def _bare(part: Part) -> Part:
    if isinstance(part, _WITHOUT_EXTRA):
        return part
    if isinstance(part, ToolResult):
        content = tuple(replace(piece, extra=EMPTY) if piece.extra else piece for piece in part.content)
        return replace(part, content=content, extra=EMPTY)
    if not part.extra:
        return part
    kept = {"extra_content": part.extra["extra_content"]} if "extra_content" in part.extra else EMPTY
    return replace(part, extra=kept)


def translated_tool(tool: JsonObject) -> JsonObject:
    """Give a function of another dialect without what only that dialect says beside it."""
    return {"type": "function", "function": tool["function"]} if tool.get("type") == "function" else tool


def beyond(message: Message, place: str) -> list[str]:
    """Name the parts of *message* that this dialect cannot express."""
    return [f"{place}.{kind}" for part in message.parts if (kind := _inexpressible(part)) is not None]


def _inexpressible(part: Part) -> str | None:
    match part:
        case Opaque(dialect=dialect) if dialect != DIALECT:
            return str(part.body.get("type", "block"))
        case File(url=str(), data=None, file_id=None):
            return "file.url"
        case ToolResult(content=content) if any(not isinstance(piece, Text) for piece in content):
            return "tool_result.image"
        case _:
            return None


def _spoken(message: Message, parts: tuple[Part, ...]) -> JsonObject:
    """Write what somebody said, with no tool's result among it."""
    body = _assistant(parts) if message.role == "assistant" else {"role": message.role, "content": _content(parts)}
    return body if message.name is None and not message.extra else {**body, **_named(message)}


def _assistant(parts: tuple[Part, ...]) -> dict[str, object]:
    if len(parts) == 1 and isinstance(parts[0], Text):
        return {"role": "assistant", "content": _content(parts)}
    said = [part for part in parts if isinstance(part, _SAID)]
    calls = [_call(part) for part in parts if isinstance(part, ToolCall)]
    body: dict[str, object] = {"role": "assistant", "content": _content(said) if said else None}
    if calls:
        body["tool_calls"] = calls
    if len(said) + len(calls) < len(parts):
        body.update(_beside(parts))
    return body


def _beside(parts: tuple[Part, ...]) -> JsonObject:
    """Write what an assistant's message has fields of their own for, beside its content and its calls."""
    refusals = [part.text for part in parts if isinstance(part, Refusal)]
    thoughts = "".join(part.text for part in parts if isinstance(part, Reasoning))
    audio = next((part.id for part in parts if isinstance(part, Audio) and part.id), None)
    body: dict[str, object] = {}
    if refusals:
        body["refusal"] = "".join(refusals)
    if thoughts:
        body["reasoning_content"] = thoughts
    if audio:
        body["audio"] = {"id": audio}
    return body


def _named(message: Message) -> JsonObject:
    return dict(message.extra) if message.name is None else {"name": message.name, **message.extra}


def _content(parts: Sequence[Part]) -> object:
    """Give a plain string where one text is all there is, else the list of parts."""
    if not parts:
        return ""
    first = parts[0]
    if len(parts) == 1 and isinstance(first, Text) and not first.extra:
        return first.text
    return [piece for piece in map(_piece, parts) if piece]


def _piece(part: Part) -> JsonObject:
    match part:
        case Text(text=text, extra=extra):
            return {"type": "text", "text": text, **extra}
        case Image():
            return _image(part)
        case Audio():
            return _typed("input_audio", {"data": part.data, "format": part.format or "wav"}, part.extra)
        case File():
            return _file(part)
        case Opaque(dialect=dialect, body=body) if dialect == DIALECT:
            return body
        case _:
            return {}


def _image(part: Image) -> JsonObject:
    url = part.url if part.data is None else f"data:{part.media_type or 'image/png'};base64,{part.data}"
    image: dict[str, object] = {"url": url}
    if part.detail is not None:
        image["detail"] = part.detail
    return _typed("image_url", image, part.extra)


def _file(part: File) -> JsonObject:
    file: dict[str, object] = {}
    if part.file_id is not None:
        file["file_id"] = part.file_id
    elif part.data is not None:
        file["file_data"] = f"data:{part.media_type or 'application/pdf'};base64,{part.data}"
        file["filename"] = part.filename or "file"
    return _typed("file", file, part.extra)


def _typed(kind: str, inner: JsonObject, extra: JsonObject) -> JsonObject:
    """Write an object that says its *kind* and has its own fields under that name; *extra* may add to both levels."""
    return {**extra, "type": kind, kind: {**as_object(extra.get(kind)), **inner}}


def _call(part: ToolCall) -> JsonObject:
    written = "input" if part.kind == "custom" else "arguments"
    if not part.extra:
        return {"id": part.id, "type": part.kind, part.kind: {"name": part.name, written: part.arguments}}
    return {"id": part.id, **_typed(part.kind, {"name": part.name, written: part.arguments}, part.extra)}


def _tool_message(result: ToolResult, behind: tuple[Part, ...], message: Message) -> JsonObject:
    content = _content((*result.content, *behind))
    body = {"role": "tool", "tool_call_id": result.call_id, "content": content, **result.extra}
    return {**body, **_named(message)} if message.role == "tool" and (message.name or message.extra) else body
