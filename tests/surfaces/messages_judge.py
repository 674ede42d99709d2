"""The real anthropic package as the judge of what `messages` hands out."""

from collections.abc import Iterable, Sequence
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message as TheirMessage
from anthropic.types import RawMessageStreamEvent as TheirEvent
from pydantic import TypeAdapter

from aigw.surfaces.messages_state import MessageState
from aigw.surfaces.messages_writer import EventWriter
from aigw.types.events import Event
from aigw.types.messages_events import RawMessageStreamEvent

_THEIRS: TypeAdapter[Any] = TypeAdapter(TheirEvent)


def events_of(events: Iterable[Event], issuer: str | None = "acme/m-1") -> list[RawMessageStreamEvent]:
    """Write canonical events as Anthropic's."""
    write = EventWriter(id="msg_fallback", model="hint", issuer=issuer)
    return [written for event in events for written in write(event)]


def theirs(events: Sequence[Any]) -> dict[str, Any]:
    """Let anthropic's own accumulator add up *events*; its strict validation accepts each of them first."""
    snapshot: Any = None
    for event in events:
        snapshot = accumulate_event(event=_THEIRS.validate_python(event.to_dict()), current_snapshot=snapshot)
    body: dict[str, Any] = snapshot.to_dict()
    return bare(body)


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
