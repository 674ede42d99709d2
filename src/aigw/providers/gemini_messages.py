"""Write canonical messages as Google's contents: system text apart, roles alternating, results in the calls' order.

Sources: https://ai.google.dev/api/caching#Content, https://ai.google.dev/gemini-api/docs/function-calling and
https://ai.google.dev/gemini-api/docs/thought-signatures.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from aigw.errors import BadRequestError
from aigw.manifest.snapshot import Target
from aigw.providers import gemini_media
from aigw.providers.canonical import call_names
from aigw.providers.gemini_models import DIALECT, is_third
from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

UNSIGNED: Final = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""The documented placeholder `skip_thought_signature_validator`, in base64 as the field holds bytes."""

_BY_RESULT: Final = "functionResponse"


@dataclass(slots=True)
class _Turn:
    role: str
    parts: list[JsonObject]


@dataclass(slots=True)
class Contents:
    """A conversation in Google's form, and what had to be said about it."""

    target: Target
    names: Mapping[str, str]
    system: list[JsonObject] = field(default_factory=list[JsonObject])
    turns: list[_Turn] = field(default_factory=list[_Turn])
    notes: list[str] = field(default_factory=list[str])

    @property
    def contents(self) -> list[JsonObject]:
        """The turns as Google's `contents`."""
        return [{"role": turn.role, "parts": turn.parts} for turn in self.turns]

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


def beyond(messages: Sequence[Message]) -> Iterator[str]:
    """Name the parts of *messages* that Google cannot take (`messages[2].file_id`)."""
    for index, message in enumerate(messages):
        for part in message.parts:
            pieces: Sequence[Part] = part.content if isinstance(part, ToolResult) else (part,)
            yield from (f"messages[{index}].{kind}" for piece in pieces if (kind := lacks(piece)) is not None)


def allowed(messages: tuple[Message, ...], left_out: frozenset[str]) -> tuple[Message, ...]:
    """Give *messages* without the parts that are to be dropped."""
    if not any(name.startswith("messages[") for name in left_out):
        return messages
    return tuple(message.edit(tuple(_kept(message.parts))) for message in messages)


def contents_of(messages: tuple[Message, ...], target: Target) -> Contents:
    """Write *messages*; what another target signed is left out, with a note.

    Neighbours of one role become one turn. Raises `BadRequestError` if nothing is left to send.
    """
    conversation = Contents(target, call_names(messages))
    start = 0
    while start < len(messages) and messages[start].role in {"system", "developer"}:
        conversation.system += _texts(messages[start])
        start += 1
    for place, message in enumerate(messages[start:], start):
        _add(conversation, message, f"messages[{place}]")
    _pair(conversation)
    conversation.turns = [turn for turn in conversation.turns if turn.parts]
    if not conversation.turns:
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


def _add(conversation: Contents, message: Message, place: str) -> None:
    if message.role == "assistant":
        _append(conversation.turns, "model", _model_parts(conversation, message, place))
    elif message.role in {"system", "developer"}:
        texts = _texts(message)
        if texts:
            conversation.note(f"moved: {place} (a later system message travels as a marked part of a user turn)")
        _append(conversation.turns, "user", [{"text": f"<system>\n{part['text']}\n</system>"} for part in texts])
    else:
        parts = [written for part in message.parts for written in _user_parts(conversation, part, message.name)]
        _append(conversation.turns, "user", parts)


def _append(turns: list[_Turn], role: str, parts: list[JsonObject]) -> None:
    """Add *parts* to the last turn if it has the same *role*, else begin a turn; no turn for nothing."""
    if parts and turns and turns[-1].role == role:
        turns[-1].parts += parts
    elif parts:
        turns.append(_Turn(role, parts))


def _texts(message: Message) -> list[JsonObject]:
    return [{"text": part.text} for part in message.parts if isinstance(part, Text) and part.text.strip()]


def _model_parts(conversation: Contents, message: Message, place: str) -> list[JsonObject]:
    parts = [part for item in message.parts for part in _model_part(conversation, item, place)]
    _sign_text(parts, _signature(conversation, message.extra, place))
    calls = [index for index, part in enumerate(parts) if "functionCall" in part]
    if calls and is_third(conversation.target.model) and not any("thoughtSignature" in parts[at] for at in calls):
        parts[calls[0]] = {**parts[calls[0]], "thoughtSignature": UNSIGNED}
        conversation.note("added: a placeholder for the thought signature of earlier calls (they have none from here)")
    return parts


def _model_part(conversation: Contents, part: Part, place: str) -> Iterator[JsonObject]:
    match part:
        case Reasoning():
            yield from _thought(conversation, part, place)
        case Text(text=text, extra=extra):
            signature = _signature(conversation, extra, place)
            if signature is not None or text.strip():
                yield _signed({"text": text}, signature)
        case Refusal(text=text) if text.strip():
            yield {"text": text}
        case ToolCall():
            yield _signed(_call(part, place), _signature(conversation, part.extra, place))
        case Audio(data=None):
            pass
        case _:
            yield from _medium(conversation, part)


def _thought(conversation: Contents, part: Reasoning, place: str) -> Iterator[JsonObject]:
    """Write thinking of this target's own: any other model's would be taken for what this one thought."""
    if part.issuer != conversation.target.id:
        whose = "another target issued it" if part.issuer else "nobody says who issued it"
        conversation.note(f"stripped: reasoning of {place} ({whose})")
    elif part.text or part.signature:
        yield _signed({"text": part.text, "thought": True}, part.signature)


def _signature(conversation: Contents, extra: JsonObject, place: str) -> str | None:
    """Give the thought signature in the `extra` of a part or message, unless another target issued it."""
    if "extra_content" not in extra:
        return None
    google = as_object(as_object(extra["extra_content"]).get("google"))
    signature = as_text(google.get("thought_signature")) or None
    if signature is None or google.get("issuer") in {None, conversation.target.id}:
        return signature
    conversation.note(f"stripped: thought signature of {place} (another target issued it)")
    return None


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


def _call(part: ToolCall, place: str) -> JsonObject:
    arguments: object = {"input": part.arguments}
    if part.kind == "function":
        try:
            arguments = json.loads(part.arguments)
        except (ValueError, RecursionError):
            arguments = None
    if not isinstance(arguments, Mapping):
        problem = (
            f"{place}.tool_calls: the arguments of {part.name!r} are not a JSON object, which Gemini needs. "
            "Leave out a call that was cut off, or mend its arguments."
        )
        raise BadRequestError(problem, param=f"{place}.tool_calls", code="invalid_value", type="invalid_request_error")
    return {"functionCall": {"id": part.id, "name": part.name, "args": as_object(cast("object", arguments))}}


def _user_parts(conversation: Contents, part: Part, name: str | None) -> Iterator[JsonObject]:
    match part:
        case Text(text=text) if text.strip():
            yield {"text": text}
        case ToolResult():
            yield from _result(conversation, part, name)
        case _:
            yield from _medium(conversation, part)


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


def _result(conversation: Contents, part: ToolResult, name: str | None) -> Iterator[JsonObject]:
    """Write a tool's result; what is no text stands within it since the third generation, and behind it before."""
    function = conversation.names.get(part.call_id) or name or ""
    text = "\n".join(piece.text for piece in part.content if isinstance(piece, Text))
    response: dict[str, object] = {
        "id": part.call_id,
        "name": function,
        "response": {"error" if part.is_error else "output": text},
    }
    media = [medium for piece in part.content if not isinstance(piece, Text) for medium in _medium(conversation, piece)]
    if media and is_third(conversation.target.model):
        response["parts"] = media
        media = []
    yield {_BY_RESULT: response}
    yield from media


def _pair(conversation: Contents) -> None:
    """Put each tool result where its call stands in the turn before, in the calls' order; others would be refused."""
    calls: list[object] = []
    for turn in conversation.turns:
        if turn.role == "model":
            calls = [as_object(part["functionCall"]).get("id") for part in turn.parts if "functionCall" in part]
            continue
        results = [part for part in turn.parts if _BY_RESULT in part]
        if results:
            answered = {as_object(part[_BY_RESULT]).get("id"): part for part in reversed(results)}
            paired = [answered[call] for call in dict.fromkeys(calls) if call in answered]
            if len(paired) < len(results):
                conversation.note("dropped: a tool result without its call in the turn before")
            turn.parts = [*paired, *(part for part in turn.parts if _BY_RESULT not in part)]
        calls = []
