"""Write canonical messages as Bedrock's turns: system blocks apart, roles alternating, tool results first.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from aigw.errors import BadRequestError
from aigw.providers.bedrock import media as bedrock_media
from aigw.providers.bedrock.models import is_claude, parts_results
from aigw.providers.bedrock.names import legal_id, legal_name
from aigw.providers.canonical import call_arguments
from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

_SYSTEM: Final = frozenset({"system", "developer"})
_MEDIA: Final = (Image, File, Audio, Opaque)
_BARE: Final = (Refusal, Opaque)
_OF_SYSTEM: Final = frozenset({"text", "guardContent", "cachePoint"})

PLACEHOLDER: Final[JsonObject] = {"text": "."}
"""What stands where Bedrock demands a turn and the caller wrote none: it refuses empty text."""


class _Turn(TypedDict):
    role: str
    content: list[JsonObject]


@dataclass(slots=True)
class Turns:
    """A conversation in Bedrock's form, and what had to be said about it."""

    model: str
    system: list[JsonObject]
    messages: list[_Turn]
    notes: list[str]
    names: set[str]


def beyond(message: Message, place: str) -> Iterator[str]:
    """Name the parts of *message* that Bedrock cannot take (`messages[2].image.url`)."""
    for part in message.parts:
        for piece in part.content if isinstance(part, ToolResult) else (part,):
            if not isinstance(piece, _MEDIA):
                continue
            kind = _inexpressible(piece)
            if kind is None and message.role in _SYSTEM and not isinstance(piece, Opaque):
                kind = type(piece).__name__.lower()
            if kind is not None:
                yield f"{place}.{kind}"


def turns_of(messages: tuple[Message, ...], model: str) -> Turns:
    """Write *messages* for *model*; thinking that it cannot take back is left out, with a note.

    Neighbours of one role become one turn. Tool results move to the front of the turn that follows their calls,
    wherever the caller put them. Raises `BadRequestError` if nothing is left to send.
    """
    conversation = Turns(model, [], [], [], set())
    index = 0
    while index < len(messages) and messages[index].role in _SYSTEM:
        said = _said(messages[index].parts, conversation)
        conversation.system += [block for block in said if not _OF_SYSTEM.isdisjoint(block)]
        index += 1
    for place, message in enumerate(messages[index:], index):
        if message.role == "assistant" or message.role in _SYSTEM:
            _add(conversation, message, f"messages[{place}]")
        else:
            _append(conversation.messages, "user", _said(message.parts, conversation))
    if _pair(conversation):
        conversation.messages = _closed_up(conversation.messages)
    if parts_results(model):
        _part_results(conversation)
    _trim_prefill(conversation.messages)
    _begin_with_user(conversation)
    return conversation


def _begin_with_user(conversation: Turns) -> None:
    turns = conversation.messages
    if not turns and not conversation.system:
        problem = "messages: nothing but empty text; give at least one message with content"
        raise BadRequestError(problem, param="messages", code="empty_messages", type="invalid_request_error")
    if not turns or turns[0]["role"] != "user":
        turns.insert(0, {"role": "user", "content": [PLACEHOLDER]})
        conversation.notes.append("added: a user turn at the beginning, which bedrock demands")


def _add(conversation: Turns, message: Message, place: str) -> None:
    if message.role == "assistant":
        _append(conversation.messages, "assistant", _assistant(message, place, conversation))
        return
    conversation.notes.append(f"moved: {place} (a later system message travels as a marked part of a user turn)")
    blocks = _said(message.parts, conversation)
    blocks = [{"text": f"<system>\n{block['text']}\n</system>"} if "text" in block else block for block in blocks]
    _append(conversation.messages, "user", blocks)


def _append(turns: list[_Turn], role: str, blocks: list[JsonObject]) -> None:
    """Add *blocks* to the last turn if it has the same *role*, else begin a turn; no turn for nothing."""
    if not blocks:
        return
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    else:
        turns.append({"role": role, "content": blocks})


def _closed_up(turns: list[_Turn]) -> list[_Turn]:
    """Give *turns* without those that lost all they had, so that the roles of the rest still alternate."""
    kept: list[_Turn] = []
    for turn in turns:
        _append(kept, turn["role"], turn["content"])
    return kept


def _pair(conversation: Turns) -> bool:
    """Put tool results first, and leave each only where its call stands in the turn before, once: Bedrock demands it.

    Says whether any were left out.
    """
    before = len(conversation.notes)
    calls: set[object] = set()
    for turn in conversation.messages:
        if turn["role"] == "assistant":
            calls = {as_object(block["toolUse"]).get("toolUseId") for block in turn["content"] if "toolUse" in block}
            continue
        results = [block for block in turn["content"] if "toolResult" in block]
        if results and len(results) < len(turn["content"]):
            turn["content"].sort(key=lambda block: "toolResult" not in block)
        for block in results:
            call = as_object(block["toolResult"]).get("toolUseId")
            if call in calls:
                calls.remove(call)
            elif call is not None:
                conversation.notes.append("dropped: a tool result without its call in the turn before")
                turn["content"] = [kept for kept in turn["content"] if kept is not block]
        calls = set()
    return len(conversation.notes) > before


def _part_results(conversation: Turns) -> None:
    """Put words that stand behind tool results into a turn of their own, for models that take no mixture."""
    parted: list[_Turn] = []
    for turn in conversation.messages:
        results = [block for block in turn["content"] if "toolResult" in block]
        if not results or len(results) == len(turn["content"]):
            parted.append(turn)
            continue
        rest = [block for block in turn["content"] if "toolResult" not in block]
        parted.append({"role": "user", "content": results})
        parted.append({"role": "assistant", "content": [PLACEHOLDER]})
        parted.append({"role": "user", "content": rest})
        conversation.notes.append("added: an assistant turn between tool results and words (the model takes no mix)")
    conversation.messages = parted


def _trim_prefill(turns: list[_Turn]) -> None:
    """Trim the end of a last assistant turn: Claude refuses white space there."""
    if turns and turns[-1]["role"] == "assistant" and "text" in turns[-1]["content"][-1]:
        turns[-1]["content"][-1] = {"text": str(turns[-1]["content"][-1]["text"]).rstrip()}


def _said(parts: Sequence[Part], conversation: Turns) -> list[JsonObject]:
    blocks: list[JsonObject] = []
    for part in parts:
        if isinstance(part, Text) and not part.extra:
            if part.text.strip():
                blocks.append({"text": part.text})
        else:
            _add_blocks(blocks, part, conversation)
    return blocks


def _add_blocks(blocks: list[JsonObject], part: Part, conversation: Turns) -> None:
    """Write *part*, followed by a cache point where the caller marked it with Anthropic's `cache_control`."""
    block = _result(part, conversation) if isinstance(part, ToolResult) else _block(part, conversation.names)
    if block is None:
        return
    blocks.append(block)
    if not isinstance(part, _BARE) and part.extra and as_object(part.extra.get("cache_control")):
        blocks.append(cache_point(as_object(part.extra["cache_control"])))


def cache_point(control: JsonObject) -> JsonObject:
    """Write Anthropic's `cache_control` as a block of its own."""
    ttl = as_text(control.get("ttl"))
    return {"cachePoint": {"type": "default"} if ttl is None else {"type": "default", "ttl": ttl}}


def _block(part: Part, names: set[str]) -> JsonObject | None:
    """Write *part* where it is the same in every turn, or give None where there is no block for it."""
    match part:
        case Text() | Refusal():
            return {"text": part.text} if part.text.strip() else None
        case Image():
            return bedrock_media.image(part)
        case File():
            return bedrock_media.document(part, names)
        case Audio():
            return bedrock_media.audio(part)
        case Opaque():
            return bedrock_media.carried(part)
        case _:
            return None


def _inexpressible(part: Image | File | Audio | Opaque) -> str | None:
    """Name the kind of *part* if Bedrock has no block for it."""
    if _block(part, set()) is not None:
        return None
    match part:
        case Image(url=url):
            return "image" if url is None else "image.url"
        case File(file_id=str()):
            return "file_id"
        case File(url=url):
            return "file" if url is None else "file.url"
        case Opaque(body=body):
            return str(body.get("type", "block"))
        case _:
            return "audio"


def _result(part: ToolResult, conversation: Turns) -> JsonObject:
    content = _said(part.content, conversation)
    if len(content) > 1:
        content = [block for block in content if "cachePoint" not in block]
    result: dict[str, object] = {"toolUseId": legal_id(part.call_id), "content": content}
    if part.is_error:
        result["status"] = "error"
    return {"toolResult": result}


def _assistant(message: Message, place: str, conversation: Turns) -> list[JsonObject]:
    """Write an assistant's turn: thinking first, calls last."""
    thinking: list[JsonObject] = []
    said: list[JsonObject] = []
    calls: list[JsonObject] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            calls.append(_tool_use(part, place))
        elif isinstance(part, Text) and not part.extra:
            if part.text.strip():
                said.append({"text": part.text})
        elif isinstance(part, Reasoning):
            thinking += _thinking(part, place, conversation)
        elif not isinstance(part, ToolResult):
            said += _said((part,), conversation)
    return [*thinking, *said, *calls]


def _thinking(part: Reasoning, place: str, conversation: Turns) -> list[JsonObject]:
    if part.signature is not None:
        return [{"reasoningContent": {"reasoningText": {"text": part.text, "signature": part.signature}}}]
    if part.encrypted is not None:
        return [{"reasoningContent": {"redactedContent": part.encrypted}}]
    if part.text and part.issuer is not None and not is_claude(conversation.model):
        return [{"reasoningContent": {"reasoningText": {"text": part.text}}}]
    if part.text:
        conversation.notes.append(f"stripped: reasoning of {place} (it has no signature, so it cannot be sent back)")
    return []


def _tool_use(part: ToolCall, place: str) -> JsonObject:
    said = call_arguments(part, place, "Bedrock")
    return {"toolUse": {"toolUseId": legal_id(part.id), "name": legal_name(part.name), "input": said}}
