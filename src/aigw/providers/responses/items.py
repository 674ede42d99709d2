"""Write canonical messages as input items of OpenAI's Responses dialect.

Source: https://platform.openai.com/docs/api-reference/responses/create (input). System and developer messages become
message items where they stand, not `instructions`: those are one text without a place in the conversation, so a second
system message, or one in the middle, would move.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text
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

DIALECT: Final = "openai-responses"

_LONGEST_ID: Final = 64
_BARE: Final = ("type", "text")
_PART_EXTRAS: Final = ("prompt_cache_breakpoint",)
_MESSAGE_EXTRAS: Final = ("phase",)
_CALL_EXTRAS: Final = ("namespace", "caller")
"""Fields of a call that its provider wants back."""


def items_of(messages: Sequence[Message], target: Target, notes: list[str], *, own: bool) -> list[JsonObject]:
    """Write *messages*; *own* says that the caller wrote them in this dialect, so what nobody edited stays as it is.

    Reasoning that *target* cannot be given back is left out, with a note.
    """
    writer = _Writer(target, notes, own=own, custom=_custom_calls(messages))
    items: list[JsonObject] = []
    for index, message in enumerate(messages):
        plain = None if own else writer.plain(message)
        if plain is None:
            items += writer.items(message, f"messages[{index}]")
        else:
            items.append(plain)
    return items


def beyond(message: Message, place: str) -> Iterator[str]:
    """Name the parts of *message* that this dialect cannot express (`messages[2].audio`)."""
    for part in message.parts:
        kind = None if isinstance(part, Text) else _inexpressible(part, assistant=message.role == "assistant")
        if kind is not None:
            yield f"{place}.{kind}"


def legal_id(call_id: str) -> str:
    """Give *call_id* in the length OpenAI allows: the same id always becomes the same one."""
    if len(call_id) <= _LONGEST_ID:
        return call_id
    return f"{call_id[:40]}_{hashlib.sha256(call_id.encode('utf-8', 'replace')).hexdigest()[:20]}"


def _custom_calls(messages: Iterable[Message]) -> frozenset[str]:
    return frozenset(
        part.id
        for message in messages
        for part in message.parts
        if isinstance(part, ToolCall) and part.kind == "custom"
    )


def _inexpressible(part: Part, *, assistant: bool) -> str | None:
    match part:
        case Opaque(dialect=dialect) if dialect != DIALECT:
            return as_text(part.body.get("type")) or "block"
        case Audio(data=None):
            return "audio"
        case Image() | Audio() | File() if assistant:
            return type(part).__name__.lower()
        case _:
            return None


@dataclass(slots=True)
class _Writer:
    """What must be known of a conversation to write a message of it. `custom` has the ids of calls of custom tools."""

    target: Target
    notes: list[str]
    own: bool
    custom: frozenset[str]

    def items(self, message: Message, place: str) -> list[JsonObject]:
        """Give the items that *message*, at *place*, becomes: none, one or several.

        Its verbatim form is the piece of the body it was read from (`{"input": [item, …]}`): a turn may be many items.
        """
        if self.own and message.verbatim is not None:
            return [as_object(item) for item in as_array(message.verbatim.get("input"))]
        beside = _kept(message.extra, _MESSAGE_EXTRAS) if self.own else EMPTY
        plain = self.plain(message)
        if plain is not None:
            return [{**plain, **beside}]
        if message.role == "assistant":
            return self._assistant(message, beside, place)
        return self._asked(message, place)

    def plain(self, message: Message) -> JsonObject | None:
        """Write a message that is one text and nothing else, or give None for any other."""
        first = message.parts[0] if len(message.parts) == 1 else None
        if isinstance(first, Text) and not first.extra:
            return {"role": self._role(message), "content": first.text}
        return None

    def _asked(self, message: Message, place: str) -> list[JsonObject]:
        """Write what does not come from the model: tool results are items of their own, where they stand."""
        role = self._role(message)
        items: list[JsonObject] = []
        content: list[JsonObject] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                items += _flushed(role, content)
                items.append(self._output(part, place))
            elif isinstance(part, Opaque) and part.dialect == DIALECT and not _is_content(part.body):
                items += _flushed(role, content)
                items.append(part.body)
            else:
                content += _piece(part)
        return [*items, *_flushed(role, content)]

    def _role(self, message: Message) -> str:
        if message.role == "tool":
            return "user"
        if message.role != "developer":
            return message.role
        return "developer" if self.target.provider.kind.quirks.developer_role else "system"

    def _assistant(self, message: Message, beside: JsonObject, place: str) -> list[JsonObject]:
        """Write a turn of the model, in its own order: reasoning stands right before what it led to."""
        items: list[JsonObject] = []
        content: list[JsonObject] = []
        for part in message.parts:
            match part:
                case Text(text=text) if text:
                    content.append({"type": "output_text", "text": text, "annotations": []})
                case Refusal(text=text):
                    content.append({"type": "refusal", "refusal": text})
                case ToolCall():
                    items += _flushed("assistant", content, beside)
                    items.append(self._call(part))
                case Reasoning():
                    items += _flushed("assistant", content, beside)
                    items += self._reasoning(part, place)
                case Opaque(dialect=dialect, body=body) if dialect == DIALECT:
                    items += _flushed("assistant", content, beside)
                    items.append(body)
                case _:
                    pass
        return [*items, *_flushed("assistant", content, beside)]

    def _call(self, part: ToolCall) -> JsonObject:
        kind, written = ("custom_tool_call", "input") if part.kind == "custom" else ("function_call", "arguments")
        item = {"type": kind, "call_id": legal_id(part.id), "name": part.name, written: part.arguments}
        return {**item, **_kept(part.extra, _CALL_EXTRAS)} if part.extra else item

    def _output(self, part: ToolResult, place: str) -> JsonObject:
        if part.is_error:
            self.notes.append(f"dropped: is_error of {place} (a tool's output says so in its text only)")
        kind = "custom_tool_call_output" if part.call_id in self.custom else "function_call_output"
        pieces = [piece for content in part.content for piece in _piece(content)]
        plain = not pieces or (len(pieces) == 1 and "text" in pieces[0] and len(pieces[0]) == len(_BARE))
        output = (pieces[0]["text"] if pieces else "") if plain else pieces
        return {"type": kind, "call_id": legal_id(part.call_id), "output": output}

    def _reasoning(self, part: Reasoning, place: str) -> list[JsonObject]:
        said = as_text(part.extra.get("id"))
        known: JsonObject = {"type": "reasoning"} if said is None else {"type": "reasoning", "id": said}
        if part.encrypted is not None:
            summary = [{"type": "summary_text", "text": part.text}] if part.text else []
            return [{**known, "summary": summary, "encrypted_content": part.encrypted}]
        if "message.reasoning_content" in self.target.provider.kind.quirks.refused:
            if part.text:
                self.notes.append(f"stripped: reasoning of {place} (it is not encrypted, so it cannot be sent back)")
        elif part.text:
            name = said or f"rs_{hashlib.sha256(part.text.encode('utf-8', 'replace')).hexdigest()[:24]}"
            content = [{"type": "reasoning_text", "text": part.text}]
            return [{"type": "reasoning", "id": name, "summary": [], "content": content}]
        return []


def _flushed(role: str, content: list[JsonObject], beside: JsonObject = EMPTY) -> list[JsonObject]:
    """Give *content* as a message of *role*, if there is any, and empty it. One plain text needs no list."""
    if not content:
        return []
    pieces = content[:]
    content.clear()
    first = pieces[0]
    bare = len(pieces) == 1 and "text" in first and first.keys() <= {"type", "text", "annotations"}
    return [{"role": role, "content": first["text"] if bare else pieces, **beside}]


def _piece(part: Part) -> list[JsonObject]:
    match part:
        case Text(text=text, extra=extra):
            return [{"type": "input_text", "text": text, **_kept(extra, _PART_EXTRAS)}]
        case Image():
            url = part.url if part.data is None else f"data:{part.media_type or 'image/png'};base64,{part.data}"
            image = {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
            return [{**image, **_kept(part.extra, _PART_EXTRAS)}]
        case Audio(data=str(data)):
            return [{"type": "input_audio", "input_audio": {"data": data, "format": part.format or "wav"}}]
        case File():
            return [{"type": "input_file", **_file(part), **_kept(part.extra, _PART_EXTRAS)}]
        case Opaque(dialect=dialect, body=body) if dialect == DIALECT:
            return [body]
        case _:
            return []


def _file(part: File) -> JsonObject:
    if part.file_id is not None:
        return {"file_id": part.file_id}
    if part.data is None:
        return {"file_url": part.url}
    data = f"data:{part.media_type or 'application/pdf'};base64,{part.data}"
    return {"filename": part.filename or "file", "file_data": data}


def _is_content(body: JsonObject) -> bool:
    """Whether *body* is a part of a message and not an item beside it."""
    return (as_text(body.get("type")) or "").startswith("input_")


def _kept(extra: JsonObject, names: Sequence[str]) -> JsonObject:
    """Give the fields of *extra* that this dialect knows: others are a caller's or another provider's."""
    return {name: extra[name] for name in names if name in extra} if extra else EMPTY
