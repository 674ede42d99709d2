"""Write canonical messages as Ollama's: plain text, images beside it, arguments as objects.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from typing import Final

from aigw.providers.canonical import call_arguments, call_names
from aigw.types.json import JsonObject
from aigw.types.parts import Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

DIALECT: Final = "ollama-chat"

_TEXTS: Final = (Text, Refusal)


def lacking(part: Part) -> str | None:
    """Name the kind of *part* if Ollama has no place for it; images must come with their content."""
    match part:
        case Image(data=None):
            return "image.url"
        case Text() | Image() | ToolCall() | ToolResult() | Reasoning() | Refusal():
            return None
        case Opaque(body=body):
            return str(body.get("type", "block"))
        case _:
            return type(part).__name__.lower()


def written(messages: tuple[Message, ...], notes: list[str]) -> list[JsonObject]:
    """Write *messages*. Raises `BadRequestError` for a call whose arguments are no object."""
    names = call_names(messages)
    bodies: list[JsonObject] = []
    for index, message in enumerate(messages):
        parts = message.parts
        if message.role == "assistant":
            bodies.append(_assistant(parts, index))
            continue
        if len(parts) == 1 and isinstance(parts[0], ToolResult):
            bodies.append(_result(parts[0], names.get(parts[0].call_id, message.name), index, notes))
            continue
        results = [part for part in parts if isinstance(part, ToolResult)]
        bodies += [_result(result, names.get(result.call_id, message.name), index, notes) for result in results]
        if not results or len(results) < len(parts):
            role = "system" if message.role == "developer" else message.role
            bodies.append(_spoken("user" if results else role, parts))
    return bodies


def _spoken(role: str, parts: tuple[Part, ...]) -> dict[str, object]:
    """Give the text, which Ollama takes as one, and the images beside it; white space of the parts stays."""
    if len(parts) == 1 and isinstance(parts[0], _TEXTS):
        return {"role": role, "content": parts[0].text}
    body: dict[str, object] = {"role": role, "content": "".join([p.text for p in parts if isinstance(p, _TEXTS)])}
    images = [part.data or part.url for part in parts if isinstance(part, Image)]
    if images:
        body["images"] = images
    return body


def _assistant(parts: tuple[Part, ...], index: int) -> JsonObject:
    body = _spoken("assistant", parts)
    if len(parts) == 1 and isinstance(parts[0], _TEXTS):
        return body
    thinking = "".join([part.text for part in parts if isinstance(part, Reasoning)])
    if thinking:
        body["thinking"] = thinking
    calls = [_call(part, f"messages[{index}]") for part in parts if isinstance(part, ToolCall)]
    if calls:
        body["tool_calls"] = calls
    return body


def _call(part: ToolCall, place: str) -> JsonObject:
    return {"id": part.id, "function": {"name": part.name, "arguments": call_arguments(part, place, "Ollama")}}


def _result(result: ToolResult, name: str | None, index: int, notes: list[str]) -> JsonObject:
    """Write a tool's result. Older servers match it to its call by name, newer ones by id: it gets both."""
    text = "".join([piece.text for piece in result.content if isinstance(piece, Text)])
    if result.is_error:
        text = f"Error: {text}"
        place = f"messages[{index}]"
        notes.append(f"changed: {place} (its text now says that the tool failed, for which ollama has no field)")
    body: dict[str, object] = {"role": "tool", "content": text, "tool_call_id": result.call_id}
    if name is not None:
        body["tool_name"] = name
    return body
