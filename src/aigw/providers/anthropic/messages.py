"""Write canonical messages as Anthropic's turns: system blocks apart, roles alternating, tool results first.

Source: https://docs.claude.com/en/api/messages
"""

from dataclasses import dataclass, field

from aigw.errors import BadRequestError
from aigw.providers.anthropic.blocks import blocks_of, texts
from aigw.types.json import JsonObject
from aigw.types.parts import ToolResult
from aigw.types.request import Message


@dataclass(slots=True)
class _Turn:
    role: str
    blocks: list[JsonObject]


@dataclass(slots=True)
class Turns:
    """A conversation in Anthropic's form, and what had to be said about it."""

    system: list[JsonObject] = field(default_factory=list[JsonObject])
    turns: list[_Turn] = field(default_factory=list[_Turn])
    notes: list[str] = field(default_factory=list[str])

    @property
    def messages(self) -> list[JsonObject]:
        """The turns as Anthropic's `messages`."""
        return [{"role": turn.role, "content": turn.blocks} for turn in self.turns]


def turns_of(messages: tuple[Message, ...], *, late_system: bool = False) -> Turns:
    """Write *messages*; thinking that nobody signed is left out, with a note.

    Neighbours of one role become one turn. With *late_system*, a system message behind a user's turn stays one. Tool
    results move to the front of the turn that follows their calls, wherever the caller put them.
    Raises `BadRequestError` if nothing is left to send.
    """
    conversation = Turns()
    index = 0
    while index < len(messages) and messages[index].role in {"system", "developer"}:
        conversation.system += texts(messages[index])
        index += 1
    for place, message in enumerate(messages[index:], index):
        if late_system and _may_stay(conversation.turns, message, messages[place + 1 : place + 2]):
            _append(conversation.turns, "system", texts(message))
        else:
            _add(conversation, message, f"messages[{place}]")
    for turn in conversation.turns:
        if turn.role == "user" and len(turn.blocks) > 1:
            turn.blocks.sort(key=_is_no_result)
    _pair(conversation)
    conversation.turns = [turn for turn in conversation.turns if turn.blocks]
    _trim_prefill(conversation.turns)
    if not conversation.turns:
        problem = "messages: nothing but empty or system text; give at least one message with content"
        raise BadRequestError(problem, param="messages", code="empty_messages", type="invalid_request_error")
    return conversation


def _may_stay(turns: list[_Turn], message: Message, following: tuple[Message, ...]) -> bool:
    """Whether a late system message may stand here: behind a user's turn, and not between a call and its result."""
    if message.role not in {"system", "developer"} or not turns or turns[-1].role not in {"user", "system"}:
        return False
    return not any(isinstance(part, ToolResult) for each in following for part in each.parts)


def _add(conversation: Turns, message: Message, place: str) -> None:
    if message.role == "assistant":
        _append(conversation.turns, "assistant", blocks_of(message, place, conversation.notes))
        return
    if message.role in {"system", "developer"}:
        conversation.notes.append(f"moved: {place} (a later system message travels as a marked part of a user turn)")
        marked: list[JsonObject] = [
            {**block, "text": f"<system>\n{block['text']}\n</system>"} for block in texts(message)
        ]
        _append(conversation.turns, "user", marked)
        return
    _append(conversation.turns, "user", blocks_of(message, place, conversation.notes))


def _append(turns: list[_Turn], role: str, blocks: list[JsonObject]) -> None:
    """Add *blocks* to the last turn if it has the same *role*, else begin a turn; no turn for nothing."""
    if not blocks:
        return
    if turns and turns[-1].role == role:
        turns[-1].blocks += blocks
    else:
        turns.append(_Turn(role, blocks))


def _pair(conversation: Turns) -> None:
    """Leave each tool result only where its call stands in the turn before, once; others would be refused."""
    calls: set[object] = set()
    for turn in conversation.turns:
        if turn.role == "assistant":
            calls = {block["id"] for block in turn.blocks if block["type"] == "tool_use"}
            continue
        for block in [block for block in turn.blocks if block["type"] == "tool_result"]:
            if block["tool_use_id"] in calls:
                calls.remove(block["tool_use_id"])
            else:
                conversation.notes.append("dropped: a tool result without its call in the turn before")
                turn.blocks = [kept for kept in turn.blocks if kept is not block]
        calls = set()


def _is_no_result(block: JsonObject) -> bool:
    return block.get("type") != "tool_result"


def _trim_prefill(turns: list[_Turn]) -> None:
    """Trim the end of a last assistant turn: Anthropic refuses white space there."""
    if not turns or turns[-1].role != "assistant":
        return
    last = turns[-1].blocks[-1]
    if last.get("type") == "text":
        turns[-1].blocks[-1] = {**last, "text": str(last.get("text")).rstrip()}
