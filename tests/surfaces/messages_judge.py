"""The real anthropic package as the judge of what `messages` hands out."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message as TheirMessage
from anthropic.types import RawMessageStreamEvent as TheirEvent
from pydantic import TypeAdapter

from aigw.surfaces.messages.state import MessageState
from aigw.surfaces.messages.writer import EventWriter
from aigw.types.events import Event
from aigw.types.messages_events import RawMessageStreamEvent

_THEIRS: TypeAdapter[Any] = TypeAdapter(TheirEvent)
_IS_TOLD_INPUTS = "json_bufs" in inspect.signature(accumulate_event).parameters
"""Since its second version their accumulator is handed the memory it keeps the inputs of tools in."""


def events_of(events: Iterable[Event], issuer: str | None = "acme/m-1") -> list[RawMessageStreamEvent]:
    """Write canonical events as Anthropic's."""
    write = EventWriter(id="msg_fallback", model="hint", issuer=issuer)
    return [written for event in events for written in write(event)]


def theirs(events: Sequence[Any]) -> dict[str, Any]:
    """Let anthropic's own accumulator add up *events*; its strict validation accepts each of them first."""
    body: dict[str, Any] = added_up(_THEIRS.validate_python(event.to_dict()) for event in events).to_dict()
    return bare(body)


def added_up(pieces: Iterable[Any]) -> Any:
    """Let anthropic's own accumulator add up *pieces*, which are its own models, and give its message."""
    snapshot: Any = None
    memory: dict[str, Any] = {"json_bufs": {}} if _IS_TOLD_INPUTS else {}
    for piece in pieces:
        snapshot = accumulate_event(event=piece, current_snapshot=snapshot, **memory)
    return snapshot


def ours(events: Sequence[Any]) -> dict[str, Any]:
    """Add up *events* ourselves."""
    state = MessageState("acme/m-1")
    for event in events:
        state.add(event)
    return bare(state.message().to_dict())


def accepted(body: dict[str, Any]) -> dict[str, Any]:
    """Validate *body* as anthropic's message, strictly, and give it back."""
    TheirMessage.model_validate(body)
    return bare(body)


def bare(value: Any) -> Any:
    """Leave out what says nothing."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: bare(item) for name, item in value.items() if item is not None and item != []}


def in_order(events: Sequence[Any]) -> bool:
    """Whether *events* keep the promises of a stream: one start, dense blocks one after the other, one end."""
    kinds = [event.type for event in events]
    if kinds[:1] != ["message_start"] or kinds[-2:] != ["message_delta", "message_stop"]:
        return False
    current, following = None, 0
    for event in events[1:-2]:
        if event.type == "content_block_start":
            if current is not None or event.index != following:
                return False
            current, following = event.index, following + 1
        elif event.index != current:
            return False
        elif event.type == "content_block_stop":
            current = None
    return current is None
