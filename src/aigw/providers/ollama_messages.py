"""Write canonical messages as Ollama's: plain text, images beside it, arguments as objects.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

import json
from collections.abc import Mapping
from typing import Final, cast

from aigw.errors import BadRequestError
from aigw.providers.canonical import call_names
from aigw.types.json import JsonObject, as_object
from aigw.types.parts import Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

DIALECT: Final = "ollama-chat"


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


def written(messages: tuple[Message, ...], issuer: str, notes: list[str]) -> list[JsonObject]:
    """Write *messages*; thinking that another target than *issuer* showed is left out, with a note.

    Raises `BadRequestError` for a call whose arguments are no object.
    """
    names = call_names(messages)
    bodies: list[JsonObject] = []
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        if message.role == "assistant":
            bodies.append(_assistant(message, place, issuer, notes))
            continue
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        bodies += (_result(result, names.get(result.call_id, message.name), place, notes) for result in results)
        if not results or len(results) < len(message.parts):
            role = "system" if message.role == "developer" else message.role
            bodies.append({"role": "user" if results else role, **_content(message.parts)})
    return bodies


def _content(parts: tuple[Part, ...]) -> JsonObject:
    """Give the text, which Ollama takes as one, and the images beside it; white space of the parts stays."""
    text = "".join(part.text for part in parts if isinstance(part, Text | Refusal))
    images = [part.data or part.url for part in parts if isinstance(part, Image)]
    return {"content": text, "images": images} if images else {"content": text}


def _assistant(message: Message, place: str, issuer: str, notes: list[str]) -> JsonObject:
    body: dict[str, object] = {"role": "assistant", **_content(message.parts)}
    thoughts = [part for part in message.parts if isinstance(part, Reasoning)]
    ours = [part.text for part in thoughts if part.issuer in {None, issuer}]
    if len(ours) < len(thoughts):
        notes.append(f"stripped: reasoning of {place} (another target issued it)")
    if any(ours):
        body["thinking"] = "".join(ours)
    calls = [_call(part, place) for part in message.parts if isinstance(part, ToolCall)]
    if calls:
        body["tool_calls"] = calls
    return body


def _call(part: ToolCall, place: str) -> JsonObject:
    return {"id": part.id, "function": {"name": part.name, "arguments": _arguments(part, place)}}


def _arguments(part: ToolCall, place: str) -> JsonObject:
    if part.kind == "custom":
        return {"input": part.arguments}
    try:
        arguments: object = json.loads(part.arguments)
    except (ValueError, RecursionError):
        arguments = None
    if isinstance(arguments, Mapping):
        return as_object(cast("object", arguments))
    problem = (
        f"{place}.tool_calls: the arguments of {part.name!r} are not a JSON object, which Ollama needs. "
        "Leave out a call that was cut off, or mend its arguments."
    )
    raise BadRequestError(problem, param=f"{place}.tool_calls", code="invalid_value", type="invalid_request_error")


def _result(result: ToolResult, name: str | None, place: str, notes: list[str]) -> JsonObject:
    """Write a tool's result. Older servers match it to its call by name, newer ones by id: it gets both."""
    text = "".join(piece.text for piece in result.content if isinstance(piece, Text))
    if result.is_error:
        text = f"Error: {text}"
        notes.append(f"changed: {place} (its text now says that the tool failed, for which ollama has no field)")
    body: dict[str, object] = {"role": "tool", "content": text, "tool_call_id": result.call_id}
    return body if name is None else {**body, "tool_name": name}
