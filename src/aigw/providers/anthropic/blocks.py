"""Write the parts of a canonical message as Anthropic's content blocks, and name those it has no block for.

Source: https://docs.claude.com/en/api/messages
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aigw.errors import BadRequestError
from aigw.providers.canonical import call_arguments
from aigw.types.json import JsonObject
from aigw.types.parts import (
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

DIALECT: Final = "anthropic-messages"

_MAGIC: Final = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
)
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_BARE: Final = frozenset({"type", "text"})
_OF_ALL: Final = frozenset({"cache_control"})
_OF_DOCUMENTS: Final = frozenset({"cache_control", "citations"})
_OF_CALLS: Final = frozenset({"cache_control", "caller"})
_TOOL_ID: Final = re.compile(r"[a-zA-Z0-9_-]+")


def beyond(message: Message, place: str) -> Iterator[str]:
    """Name the parts of *message* that Anthropic cannot take (`messages[2].audio`)."""
    for part in message.parts:
        kind = _inexpressible(part)
        if kind is not None:
            yield f"{place}.{kind}"
        if isinstance(part, ToolResult):
            for piece in part.content:
                inner = _inexpressible(piece)
                if inner is not None:
                    yield f"{place}.{inner}"


def texts(message: Message) -> list[JsonObject]:
    """Write the text of *message*, block by block; blank text would be refused."""
    return [_text(part) for part in message.parts if isinstance(part, Text) and part.text.strip()]


def _text(part: Text) -> JsonObject:
    block: dict[str, object] = {"type": "text", "text": part.text}
    return _with_extra(block, part.extra, _OF_ALL) if part.extra else block


def _with_extra(block: dict[str, object], extra: JsonObject, known: frozenset[str]) -> JsonObject:
    """Add what the caller said of a block beside its content, if it is an object and Anthropic knows its name."""
    return {**block, **{name: extra[name] for name in known & extra.keys() if isinstance(extra[name], Mapping)}}


def assistant_blocks(message: Message, place: str, notes: list[str]) -> list[JsonObject]:
    """Write an assistant's turn, without regard to its neighbours: thinking first, calls last.

    Thinking without a signature is left out, with a note: Anthropic refuses it.
    """
    thinking: list[JsonObject] = []
    said: list[JsonObject] = []
    calls: list[JsonObject] = []
    for part in message.parts:
        match part:
            case Text():
                if part.text.strip():
                    said.append(_text(part))
            case ToolCall():
                calls.append(_tool_use(part, place))
            case Reasoning():
                thinking += _thinking(part, place, notes)
            case Refusal(text=text) if text.strip():
                said.append({"type": "text", "text": text})
            case Opaque(dialect=dialect, body=body) if dialect == DIALECT:
                said.append(body)
            case _:
                pass
    return [*thinking, *said, *calls]


def _thinking(part: Reasoning, place: str, notes: list[str]) -> list[JsonObject]:
    if part.signature is not None:
        return [{"type": "thinking", "thinking": part.text, "signature": part.signature}]
    if part.encrypted is not None:
        return [{"type": "redacted_thinking", "data": part.encrypted}]
    if part.text:
        notes.append(f"stripped: reasoning of {place} (it has no signature, so it cannot be sent back)")
    return []


def _tool_use(part: ToolCall, place: str) -> JsonObject:
    block: dict[str, object] = {
        "type": "tool_use",
        "id": legal_id(part.id),
        "name": part.name,
        "input": call_arguments(part, place, "Anthropic"),
    }
    return _with_extra(block, part.extra, _OF_CALLS) if part.extra else block


def legal_id(call_id: str) -> str:
    """Give *call_id* in the letters Anthropic allows: the same id always becomes the same one."""
    # Most ids are identifiers, and to ask that takes a quarter of what the expression does.
    if (call_id.isascii() and call_id.isidentifier()) or _TOOL_ID.fullmatch(call_id):
        return call_id
    digest = hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{re.sub(r'[^a-zA-Z0-9_-]', '_', call_id)[:48]}_{digest}"


def user_blocks(parts: Sequence[Part]) -> list[JsonObject]:
    """Write what does not come from the model, without regard to its neighbours."""
    blocks: list[JsonObject] = []
    for part in parts:
        if isinstance(part, Text):
            if part.text.strip():
                blocks.append(_text(part))
        elif (block := _user_block(part)) is not None:
            blocks.append(block)
    return blocks


def _user_block(part: Part) -> JsonObject | None:
    match part:
        case ToolResult():
            return _tool_result(part)
        case Image():
            return _image(part)
        case File():
            return _document(part)
        case Opaque(dialect=dialect, body=body) if dialect == DIALECT:
            return body
        case _:
            return None


def _tool_result(part: ToolResult) -> JsonObject:
    block: dict[str, object] = {"type": "tool_result", "tool_use_id": legal_id(part.call_id)}
    content = user_blocks(part.content)
    if len(content) == 1 and frozenset(content[0]) == _BARE:
        block["content"] = content[0]["text"]
    elif content:
        block["content"] = content
    if part.is_error:
        block["is_error"] = True
    return _with_extra(block, part.extra, _OF_ALL) if part.extra else block


def _image(part: Image) -> JsonObject:
    source: JsonObject = (
        {"type": "url", "url": part.url}
        if part.data is None
        else {"type": "base64", "media_type": _media_type(part.data, part.media_type), "data": part.data}
    )
    return _with_extra({"type": "image", "source": source}, part.extra, _OF_ALL)


def _document(part: File) -> JsonObject:
    source: JsonObject
    if part.file_id is not None:
        source = {"type": "file", "file_id": part.file_id}
    elif part.data is None:
        source = {"type": "url", "url": part.url}
    else:
        media_type = _media_type(part.data, part.media_type)
        if media_type.startswith("text/"):
            source = {"type": "text", "media_type": "text/plain", "data": _plain_text(part.data)}
        else:
            source = {"type": "base64", "media_type": media_type, "data": part.data}
    document: dict[str, object] = {"type": "document", "source": source}
    if part.filename is not None:
        document["title"] = part.filename
    return _with_extra(document, part.extra, _OF_DOCUMENTS)


def _plain_text(data: str) -> str:
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except ValueError:
        problem = "messages: the data of a text file is not base64; encode it with base64.b64encode"
        raise BadRequestError(problem, param="messages", code="invalid_value", type="invalid_request_error") from None


def _media_type(data: str, said: str | None) -> str:
    """Give the media type that the content's first bytes show, or else the one that was *said*."""
    try:
        head = base64.b64decode(data[:32], validate=False)
    except ValueError:
        return said or ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), said or "")


def _inexpressible(part: Part) -> str | None:
    """Name the kind of *part* if Anthropic has no block for it."""
    match part:
        case Image(data=str(data), media_type=said) if _media_type(data, said) not in _IMAGES:
            return "image"
        case File(file_id=str()):
            return "file_id"
        case File(data=str(data), media_type=said) if not _takes_file(_media_type(data, said)):
            return "file"
        case Opaque(dialect=dialect, body=body) if dialect != DIALECT:
            return str(body.get("type", "block"))
        case Text() | Image() | File() | ToolCall() | ToolResult() | Reasoning() | Refusal() | Opaque():
            return None
        case _:
            return "audio"


def _takes_file(media_type: str) -> bool:
    return media_type == "application/pdf" or media_type.startswith("text/")
