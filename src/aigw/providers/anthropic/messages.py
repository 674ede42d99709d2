"""Write canonical messages as Anthropic's turns: system blocks apart, roles alternating, tool results first.

Source: https://docs.claude.com/en/api/messages
"""

from dataclasses import dataclass
from typing import Final, TypedDict

from aigw.errors import BadRequestError
from aigw.providers.anthropic.blocks import assistant_blocks, texts, user_blocks
from aigw.types.json import JsonObject
from aigw.types.parts import ToolResult
from aigw.types.request import Message

_SYSTEM: Final = frozenset({"system", "developer"})


class _Turn(TypedDict):
    role: str
    content: list[JsonObject]


@dataclass(slots=True)
class Turns:
    """A conversation in Anthropic's form, and what had to be said about it."""

    system: list[JsonObject]
    messages: list[_Turn]
    notes: list[str]


def turns_of(messages: tuple[Message, ...], *, late_system: bool = False) -> Turns:
    """Write *messages*; thinking that nobody signed is left out, with a note.

    Neighbours of one role become one turn. With *late_system*, a system message behind a user's turn stays one. Tool
    results move to the front of the turn that follows their calls, wherever the caller put them.
    Raises `BadRequestError` if nothing is left to send.
    """
    conversation = Turns([], [], [])
    index = 0
    while index < len(messages) and messages[index].role in _SYSTEM:
        conversation.system += texts(messages[index])
        index += 1
    for place, message in enumerate(messages[index:], index):
        if late_system and _may_stay(conversation.messages, message, messages[place + 1 : place + 2]):
            _append(conversation.messages, "system", texts(message))
        elif message.role == "assistant" or message.role in _SYSTEM:
            _add(conversation, message, f"messages[{place}]")
        else:
            _append(conversation.messages, "user", user_blocks(message.parts))
    _pair(conversation)
    conversation.messages = [turn for turn in conversation.messages if turn["content"]]
    _trim_prefill(conversation.messages)
    if not conversation.messages:
        problem = "messages: nothing but empty or system text; give at least one message with content"
        raise BadRequestError(problem, param="messages", code="empty_messages", type="invalid_request_error")
    return conversation


def _may_stay(turns: list[_Turn], message: Message, following: tuple[Message, ...]) -> bool:
    """Whether a late system message may stand here: behind a user's turn, and not between a call and its result."""
    if message.role not in _SYSTEM or not turns or turns[-1]["role"] not in {"user", "system"}:
        return False
    return not any(isinstance(part, ToolResult) for each in following for part in each.parts)


def _add(conversation: Turns, message: Message, place: str) -> None:
    if message.role == "assistant":
        _append(conversation.messages, "assistant", assistant_blocks(message, place, conversation.notes))
        return
    conversation.notes.append(f"moved: {place} (a later system message travels as a marked part of a user turn)")
    marked: list[JsonObject] = [{**block, "text": f"<system>\n{block['text']}\n</system>"} for block in texts(message)]
    _append(conversation.messages, "user", marked)


def _append(turns: list[_Turn], role: str, blocks: list[JsonObject]) -> None:
    """Add *blocks* to the last turn if it has the same *role*, else begin a turn; no turn for nothing."""
    if not blocks:
        return
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    else:
        turns.append({"role": role, "content": blocks})


def _pair(conversation: Turns) -> None:
    """Put tool results first, and leave each only where its call stands in the turn before, once; or all is refused."""
    calls: set[object] = set()
    for turn in conversation.messages:
        if turn["role"] == "assistant":
            calls = {block["id"] for block in turn["content"] if block["type"] == "tool_use"}
            continue
        results = [block for block in turn["content"] if block["type"] == "tool_result"]
        if results and len(results) < len(turn["content"]):
            turn["content"].sort(key=_is_no_result)
        for block in results:
            if block["tool_use_id"] in calls:
                calls.remove(block["tool_use_id"])
            else:
                conversation.notes.append("dropped: a tool result without its call in the turn before")
                turn["content"] = [kept for kept in turn["content"] if kept is not block]
        calls = set()


def _is_no_result(block: JsonObject) -> bool:
    return block.get("type") != "tool_result"


def _trim_prefill(turns: list[_Turn]) -> None:
    """Trim the end of a last assistant turn: Anthropic refuses white space there."""
    if not turns or turns[-1]["role"] != "assistant":
        return
    last = turns[-1]["content"][-1]
    if last.get("type") == "text":
        turns[-1]["content"][-1] = {**last, "text": str(last.get("text")).rstrip()}
