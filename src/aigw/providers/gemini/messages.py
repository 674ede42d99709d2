"""Write canonical messages as Google's contents: system text apart, roles alternating, results in the calls' order.

Sources: https://ai.google.dev/api/caching#Content, https://ai.google.dev/gemini-api/docs/function-calling and
https://ai.google.dev/gemini-api/docs/thought-signatures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypedDict

from aigw.errors import BadRequestError
from aigw.manifest.snapshot import Target
from aigw.providers.canonical import PLAIN, call_arguments, kinds_of, speakers
from aigw.providers.gemini import media as gemini_media
from aigw.providers.gemini.models import DIALECT, is_third
from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

UNSIGNED: Final = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""The documented placeholder `skip_thought_signature_validator`, in base64 as the field holds bytes."""

_BY_RESULT: Final = "functionResponse"
_SYSTEM: Final = frozenset({"system", "developer"})


class _Turn(TypedDict):
    role: str
    parts: list[JsonObject]


@dataclass(slots=True)
class Contents:
    """A conversation in Google's form, and what had to be said about it. `names` has its calls' functions, by id."""

    target: Target
    names: dict[str, str]
    system: list[JsonObject]
    contents: list[_Turn]
    notes: list[str]

    def note(self, text: str) -> None:
        """Take a note, once."""
        if text not in self.notes:
            self.notes.append(text)


def lacks(part: Part) -> str | None:
    """Name the kind of *part* if Google has no form for it."""
    match part:
        case Image() | Audio() | File():
            return gemini_media.lacks(part)
        case Opaque(dialect=dialect, body=body) if dialect != DIALECT and gemini_media.video(part) is None:
            return str(body.get("type", "block"))
        case _:
            return None


def beyond(messages: Sequence[Message]) -> list[str]:
    """Name the parts of *messages* that Google cannot take (`messages[2].file_id`), and names of who speaks."""
    names = speakers(messages)
    if kinds_of(messages) <= PLAIN:
        return names
    for index, message in enumerate(messages):
        for part in message.parts:
            pieces: Sequence[Part] = part.content if isinstance(part, ToolResult) else (part,)
            names += (f"messages[{index}].{kind}" for piece in pieces if (kind := lacks(piece)) is not None)
    return names


def allowed(messages: tuple[Message, ...], left_out: frozenset[str]) -> tuple[Message, ...]:
    """Give *messages* without the parts that are to be dropped."""
    if not left_out or not any(name.startswith("messages[") for name in left_out):
        return messages
    return tuple(message.edit(tuple(_kept(message.parts))) for message in messages)


def contents_of(messages: tuple[Message, ...], target: Target) -> Contents:
    """Write *messages*. Neighbours of one role become one turn. Raises `BadRequestError` if nothing is left to send."""
    conversation = Contents(target, {}, [], [], [])
    start = 0
    while start < len(messages) and messages[start].role in _SYSTEM:
        conversation.system += _texts(messages[start])
        start += 1
    for place, message in enumerate(messages[start:], start):
        if message.role == "assistant":
            _append(conversation.contents, "model", _model_parts(conversation, message, f"messages[{place}]"))
        elif message.role in _SYSTEM:
            _append(conversation.contents, "user", _late_system(conversation, message, f"messages[{place}]"))
        else:
            _append(conversation.contents, "user", _user_parts(conversation, message))
    if _pair(conversation):
        conversation.contents = [turn for turn in conversation.contents if turn["parts"]]
    if not conversation.contents:
        problem = "messages: nothing but empty or system text; give at least one message with content"
        raise BadRequestError(problem, param="messages", code="empty_messages", type="invalid_request_error")
    return conversation


def _kept(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, ToolResult):
            pieces = tuple(piece for piece in part.content if lacks(piece) is None)
            yield replace(part, content=pieces or (Text("(left out)"),)) if pieces != part.content else part
        elif lacks(part) is None:
            yield part


def _late_system(conversation: Contents, message: Message, place: str) -> list[JsonObject]:
    texts = _texts(message)
    if texts:
        conversation.note(f"moved: {place} (a later system message travels as a marked part of a user turn)")
    return [{"text": f"<system>\n{part['text']}\n</system>"} for part in texts]


def _append(turns: list[_Turn], role: str, parts: list[JsonObject]) -> None:
    """Add *parts* to the last turn if it has the same *role*, else begin a turn; no turn for nothing."""
    if parts and turns and turns[-1]["role"] == role:
        turns[-1]["parts"] += parts
    elif parts:
        turns.append({"role": role, "parts": parts})


def _texts(message: Message) -> list[JsonObject]:
    return [{"text": part.text} for part in message.parts if isinstance(part, Text) and part.text.strip()]


def _model_parts(conversation: Contents, message: Message, place: str) -> list[JsonObject]:
    parts: list[JsonObject] = []
    for item in message.parts:
        if isinstance(item, ToolCall):
            conversation.names[item.id] = item.name
            call = {"id": item.id, "name": item.name, "args": call_arguments(item, place, "Gemini")}
            parts.append(_signed({"functionCall": call}, _signature(item.extra) if item.extra else None))
        elif isinstance(item, Text) and not item.extra:
            if item.text.strip():
                parts.append({"text": item.text})
        else:
            _add_model_part(parts, conversation, item)
    if message.extra:
        _sign_text(parts, _signature(message.extra))
    calls = [index for index, part in enumerate(parts) if "functionCall" in part]
    signed = calls and [at for at in calls if "thoughtSignature" in parts[at]]
    if calls and not signed and is_third(conversation.target.model):
        parts[calls[0]] = {**parts[calls[0]], "thoughtSignature": UNSIGNED}
        conversation.note("added: a placeholder for the thought signature of earlier calls (they have none from here)")
    return parts


def _add_model_part(parts: list[JsonObject], conversation: Contents, part: Part) -> None:
    match part:
        case Text():
            signature = _signature(part.extra)
            if signature is not None or part.text.strip():
                parts.append(_signed({"text": part.text}, signature))
        case Reasoning():
            if part.text or part.signature:
                parts.append(_signed({"text": part.text, "thought": True}, part.signature))
        case Refusal(text=text) if text.strip():
            parts.append({"text": text})
        case Audio(data=None):
            pass
        case _:
            parts += _medium(conversation, part)


def _signature(extra: JsonObject) -> str | None:
    """Give the thought signature in the `extra` of a part or message."""
    if "extra_content" not in extra:
        return None
    google = as_object(as_object(extra["extra_content"]).get("google"))
    return as_text(google.get("thought_signature")) or None


def _signed(part: JsonObject, signature: str | None) -> JsonObject:
    return part if signature is None else {**part, "thoughtSignature": signature}


def _sign_text(parts: list[JsonObject], signature: str | None) -> None:
    """Put the signature of a whole message on its last text, where it came from."""
    if signature is None:
        return
    for index in range(len(parts) - 1, -1, -1):
        if "text" in parts[index] and "thought" not in parts[index]:
            parts[index] = {"thoughtSignature": signature, **parts[index]}
            return


def _user_parts(conversation: Contents, message: Message) -> list[JsonObject]:
    parts: list[JsonObject] = []
    for part in message.parts:
        if isinstance(part, Text):
            if part.text.strip():
                parts.append({"text": part.text})
        elif isinstance(part, ToolResult):
            parts += _result(conversation, part, message.name)
        else:
            parts += _medium(conversation, part)
    return parts


def _medium(conversation: Contents, part: Part) -> Iterator[JsonObject]:
    match part:
        case Image():
            yield gemini_media.image(part)
        case Audio():
            yield gemini_media.sound(part)
        case File():
            yield gemini_media.document(part, conversation.target)
        case Opaque(dialect=dialect, body=body) if dialect == DIALECT:
            yield body
        case Opaque():
            written = gemini_media.video(part)
            if written is not None:
                yield written
        case _:
            pass


def _result(conversation: Contents, part: ToolResult, name: str | None) -> list[JsonObject]:
    """Write a tool's result; what is no text stands within it since the third generation, and behind it before."""
    function = conversation.names.get(part.call_id) or name or ""
    text = "".join([piece.text for piece in part.content if isinstance(piece, Text)])
    response: dict[str, object] = {
        "id": part.call_id,
        "name": function,
        "response": {"error" if part.is_error else "output": text},
    }
    others = [piece for piece in part.content if not isinstance(piece, Text)]
    if not others:
        return [{_BY_RESULT: response}]
    media = [medium for piece in others for medium in _medium(conversation, piece)]
    if media and is_third(conversation.target.model):
        response["parts"] = media
        media = []
    return [{_BY_RESULT: response}, *media]


def _pair(conversation: Contents) -> bool:
    """Put each tool result where its call stands in the turn before, in the calls' order; others would be refused.

    Says whether a turn lost all it had.
    """
    lost = False
    calls: list[object] = []
    for turn in conversation.contents:
        if turn["role"] == "model":
            calls = [as_object(part["functionCall"]).get("id") for part in turn["parts"] if "functionCall" in part]
            continue
        results = [part for part in turn["parts"] if _BY_RESULT in part]
        if results:
            answered = {as_object(part[_BY_RESULT]).get("id"): part for part in reversed(results)}
            paired = [answered[call] for call in dict.fromkeys(calls) if call in answered]
            if len(paired) < len(results):
                conversation.note("dropped: a tool result without its call in the turn before")
            if len(results) < len(turn["parts"]):
                paired += [part for part in turn["parts"] if _BY_RESULT not in part]
            turn["parts"] = paired
            lost = lost or not paired
        calls = []
    return lost
