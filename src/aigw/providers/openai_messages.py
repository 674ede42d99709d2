"""Write canonical messages in OpenAI's Chat Completions dialect.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Iterable
from dataclasses import replace

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


def written(message: Message, target_id: str, notes: list[str], place: str) -> list[JsonObject]:
    """Write *message*: tool results first, each as a message of its own, then the rest as one.

    Reasoning that another target issued is left out, with a note that names *place*.
    """
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    rest = tuple(part for part in message.parts if not isinstance(part, ToolResult))
    behind = rest if message.role == "tool" else ()
    messages = [_tool_message(result, behind, message) for result in results]
    if message.role == "assistant":
        messages.append(_assistant(message, rest, target_id, notes, place))
    elif not results or (rest and not behind):
        messages.append({"role": message.role, "content": _content(rest), **_named(message)})
    return messages


def translated(message: Message) -> Message:
    """Give a message of another dialect without what only that dialect says beside its parts.

    What a provider wants back with a part (`extra_content`) is no dialect's: it stays.
    """
    return replace(message, parts=tuple(_bare(part) for part in message.parts), extra=EMPTY, verbatim=None)


def _bare(part: Part) -> Part:
    if isinstance(part, Refusal | Opaque):
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


def _assistant(message: Message, parts: tuple[Part, ...], target_id: str, notes: list[str], place: str) -> JsonObject:
    said = tuple(part for part in parts if isinstance(part, Text | Opaque))
    refusals = [part.text for part in parts if isinstance(part, Refusal)]
    audio = next((part.id for part in parts if isinstance(part, Audio) and part.id), None)
    calls = [_call(part) for part in parts if isinstance(part, ToolCall)]
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    ours = [part.text for part in thoughts if part.issuer in {None, target_id}]
    if len(ours) < len(thoughts):
        notes.append(f"stripped: reasoning of {place} (another target issued it)")
    body: dict[str, object] = {"role": "assistant", "content": _content(said) if said else None}
    if refusals:
        body["refusal"] = "".join(refusals)
    if any(ours):
        body["reasoning_content"] = "".join(ours)
    if audio:
        body["audio"] = {"id": audio}
    if calls:
        body["tool_calls"] = calls
    return {**body, **_named(message)}


def _named(message: Message) -> JsonObject:
    return dict(message.extra) if message.name is None else {"name": message.name, **message.extra}


def _content(parts: Iterable[Part]) -> object:
    """Give a plain string where one text is all there is, else the list of parts."""
    pieces = tuple(parts)
    if not pieces:
        return ""
    if len(pieces) == 1 and isinstance(pieces[0], Text) and not pieces[0].extra:
        return pieces[0].text
    return [piece for piece in map(_piece, pieces) if piece]


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
    return {"id": part.id, **_typed(part.kind, {"name": part.name, written: part.arguments}, part.extra)}


def _tool_message(result: ToolResult, behind: tuple[Part, ...], message: Message) -> JsonObject:
    content = _content((*result.content, *behind))
    body = {"role": "tool", "tool_call_id": result.call_id, "content": content, **result.extra}
    return {**body, **_named(message)} if message.role == "tool" else body
