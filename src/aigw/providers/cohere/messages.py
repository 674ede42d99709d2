"""Write canonical messages as Cohere's: a plan before tool calls, documents among tool results.

Source: https://docs.cohere.com/reference/chat (messages)
"""

import json
from collections.abc import Sequence
from typing import Final

from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.types.parts import File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

DIALECT: Final = "cohere-chat"

_PLAN: Final = "tool_plan"
_SAID: Final = (Text, Refusal, Opaque)
_MEDIA: Final = (Image, File)


def lacking(part: Part) -> str | None:
    """Name the kind of *part* if Cohere has no block for it."""
    match part:
        case Text() | Image() | ToolCall() | ToolResult() | Reasoning() | Refusal():
            return None
        case Opaque(dialect=dialect, body=body):
            return None if dialect == DIALECT or _is_document(body) else str(body.get("type", "block"))
        case _:
            return type(part).__name__.lower()


def written(messages: tuple[Message, ...], notes: list[str]) -> list[JsonObject]:
    """Write *messages*. An assistant's turn that says nothing is left out: Cohere refuses it."""
    bodies: list[JsonObject] = []
    for index, message in enumerate(messages):
        if message.role == "assistant":
            body = _assistant(message)
            if len(body) > 1:
                bodies.append(body)
            continue
        if len(message.parts) == 1 and isinstance(message.parts[0], ToolResult):
            bodies.append(_result(message.parts[0], (), index, notes))
            continue
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        rest = [part for part in message.parts if not isinstance(part, ToolResult)] if results else message.parts
        behind = rest if message.role == "tool" else ()
        bodies += [_result(result, behind, index, notes) for result in results]
        if not results or (rest and not behind):
            role = "system" if message.role == "developer" else message.role
            bodies.append({"role": "user" if role == "tool" else role, "content": _content(rest)})
    return bodies


def _is_document(body: JsonObject) -> bool:
    return body.get("type") == "document" and bool(as_object(body.get("document")))


def _content(parts: Sequence[Part]) -> object:
    """Give a plain string where one text is all there is, else the list of blocks."""
    first = parts[0] if len(parts) == 1 else None
    if isinstance(first, Text):
        return first.text
    blocks = [block for block in map(_block, parts) if block]
    if not blocks:
        return ""
    return blocks[0]["text"] if len(blocks) == 1 and _is_text(blocks[0]) else blocks


def _is_text(block: JsonObject) -> bool:
    return block.get("type") == "text" and isinstance(block.get("text"), str)


def _block(part: Part) -> JsonObject:
    match part:
        case Text(text=text) | Refusal(text=text):
            return {"type": "text", "text": text} if text else {}
        case Image():
            return _image(part)
        case Opaque(body=body):
            return body
        case _:
            return {}


def _image(part: Image) -> JsonObject:
    url = part.url if part.data is None else f"data:{part.media_type or 'image/png'};base64,{part.data}"
    image = {"url": url} if part.detail is None else {"url": url, "detail": part.detail}
    return {"type": "image_url", "image_url": image}


def _assistant(message: Message) -> JsonObject:
    """Write an assistant's turn. What it said before its calls is its plan, as is what came as one."""
    body: dict[str, object] = {"role": "assistant"}
    first = message.parts[0] if len(message.parts) == 1 and not message.extra else None
    if isinstance(first, Text) and first.text:
        return {**body, "content": first.text}
    plan = as_text(message.extra.get(_PLAN)) or ""
    blocks = _thoughts(message, plan)
    said = [block for part in message.parts if isinstance(part, _SAID) and (block := _block(part))]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCall)]
    if calls and not plan and all(map(_is_text, said)):
        plan, said = "".join(str(block["text"]) for block in said), []
    if plan:
        body[_PLAN] = plan
    if calls:
        body["tool_calls"] = calls
    if len(said) == 1 and not blocks and _is_text(said[0]):
        body["content"] = said[0]["text"]
    elif blocks or said:
        body["content"] = [*blocks, *said]
    citations = as_array(message.extra.get("citations"))
    if citations and said:
        body["citations"] = [
            {name: value for name, value in as_object(cited).items() if name != "index"} for cited in citations
        ]
    return body


def _thoughts(message: Message, plan: str) -> list[JsonObject]:
    """Write thinking, but for a plan: that is handed out as thinking, too, and comes back as both."""
    text = "".join([part.text for part in message.parts if isinstance(part, Reasoning)])
    if not text:
        return []
    text = text.removesuffix(plan) if text.endswith(plan) else text.removeprefix(plan)
    return [{"type": "thinking", "thinking": text}] if text else []


def _call(part: ToolCall) -> JsonObject:
    arguments = part.arguments if part.kind == "function" else json.dumps({"input": part.arguments})
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments}}


def _result(result: ToolResult, behind: Sequence[Part], index: int, notes: list[str]) -> JsonObject:
    """Write a tool's result. Documents stay documents, which Cohere can cite; an error is told in the text."""
    parts: list[Part] = [piece for piece in result.content if not isinstance(piece, _MEDIA)]
    if len(parts) == 1 and isinstance(parts[0], Text) and not (behind or result.is_error):
        return {"role": "tool", "tool_call_id": result.call_id, "content": parts[0].text}
    if result.is_error:
        parts.insert(0, Text("Error: "))
        place = f"messages[{index}]"
        notes.append(f"changed: {place} (its text now says that the tool failed, for which cohere has no field)")
    return {"role": "tool", "tool_call_id": result.call_id, "content": _content((*_joined(parts), *behind))}


def _joined(parts: Sequence[Part]) -> Sequence[Part]:
    texts = [part.text for part in parts if isinstance(part, Text)]
    return (Text("".join(texts)),) if len(texts) > 1 and len(texts) == len(parts) else parts
