"""A watched stream of `messages`: events are added up to a message, and each change is told. Nothing here waits.

What is told, and in which order, is as in https://github.com/anthropics/anthropic-sdk-python/blob/main/helpers.md.
"""

from typing import TYPE_CHECKING, Final

from aigw.surfaces.chat.response import validated
from aigw.surfaces.messages.response import tool_input
from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.types.messages import Issued, Message, TextCitation
from aigw.types.messages_events import (
    CitationEvent,
    CitationsDelta,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    InputJSONDelta,
    InputJsonEvent,
    MessageDeltaEvent,
    MessageStartEvent,
    MessageStopEvent,
    MessageStreamEvent,
    ParsedContentBlockStopEvent,
    ParsedMessageStopEvent,
    RawMessageStreamEvent,
    SignatureDelta,
    SignatureEvent,
    TextDelta,
    TextEvent,
    ThinkingDelta,
    ThinkingEvent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_CALLS: Final = frozenset({"tool_use", "server_tool_use"})


class MessageState:
    """A message so far."""

    def __init__(self, issuer: str | None = None) -> None:
        self._issuer = issuer
        self._body: dict[str, object] | None = None
        self._blocks: dict[int, dict[str, object]] = {}
        self._inputs: dict[int, list[str]] = {}
        self._usage: dict[str, object] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come yet."""
        return self._body is None

    def body(self) -> dict[str, object]:
        """Give the message so far as a dict. Raises `RuntimeError` before its beginning."""
        if self._body is None:
            message = "nothing has arrived yet, so there is no message to look at"
            raise RuntimeError(message)
        for index, pieces in self._inputs.items():
            self._blocks[index]["input"] = tool_input("".join(pieces))
        content = [self._blocks[index] for index in sorted(self._blocks)]
        return {**self._body, "content": content, "usage": self._usage}

    def message(self) -> Message:
        """Give the message so far. Raises as `body`."""
        return made(self.body(), self._issuer)

    def add(self, event: RawMessageStreamEvent) -> None:
        """Add *event*; what stands before the beginning, or belongs to no block, is passed over."""
        match event:
            case ContentBlockDeltaEvent():
                self._delta(event)
            case ContentBlockStartEvent():
                self._blocks[event.index] = event.content_block.to_dict()
            case MessageStartEvent():
                self._body = event.message.to_dict()
                self._usage = dict(as_object(self._body.get("usage")))
            case MessageDeltaEvent() if self._body is not None:
                self._body.update(event.delta.to_dict())
                self._usage.update(event.usage.to_dict(exclude_none=True))
            case _:
                pass

    def _delta(self, event: ContentBlockDeltaEvent) -> None:
        block = self._blocks.get(event.index)
        if block is None:
            return
        match event.delta:
            case TextDelta(text=text):
                block["text"] = f"{block.get('text') or ''}{text}"
                block.update(event.delta.model_extra or {})
            case InputJSONDelta(partial_json=piece):
                if piece:
                    self._inputs.setdefault(event.index, []).append(piece)
            case ThinkingDelta(thinking=thinking):
                block["thinking"] = f"{block.get('thinking') or ''}{thinking}"
            case SignatureDelta(signature=signature):
                block["signature"] = signature
            case CitationsDelta(citation=citation):
                block["citations"] = [*as_array(block.get("citations")), citation.to_dict()]
            case _:
                _grow(block, event.delta.to_dict())

    def handle(self, event: RawMessageStreamEvent) -> "list[MessageStreamEvent]":
        """Add *event*, and give it with the events that tell of what it changed."""
        self.add(event)
        match event:
            case ContentBlockDeltaEvent():
                return [event, *self._told(event)]
            case ContentBlockStopEvent() if event.index in self._blocks:
                self.body()
                said = {**event.to_dict(), "content_block": self._blocks[event.index]}
                return [validated(ParsedContentBlockStopEvent, said)]
            case MessageStopEvent() if not self.is_empty:
                return [ParsedMessageStopEvent(message=self.message())]
            case _:
                return [event]

    def _told(self, event: ContentBlockDeltaEvent) -> "Sequence[MessageStreamEvent]":
        block = self._blocks.get(event.index, {})
        kind = block.get("type")
        match event.delta:
            case TextDelta(text=text) if kind == "text":
                return (TextEvent(text=text, snapshot=as_text(block.get("text")) or ""),)
            case InputJSONDelta(partial_json=piece) if kind in _CALLS:
                snapshot = tool_input("".join(self._inputs.get(event.index, ())))
                return (InputJsonEvent(partial_json=piece, snapshot=snapshot),)
            case ThinkingDelta(thinking=thinking) if kind == "thinking":
                return (ThinkingEvent(thinking=thinking, snapshot=as_text(block.get("thinking")) or ""),)
            case SignatureDelta(signature=signature) if kind == "thinking":
                return (SignatureEvent(signature=signature),)
            case CitationsDelta(citation=citation) if kind == "text":
                cited = [validated(TextCitation, dict(as_object(each))) for each in as_array(block.get("citations"))]
                return (CitationEvent(citation=citation, snapshot=cited),)
            case _:
                return ()


def made(body: JsonObject, issuer: str | None) -> Message:
    """Make the public message of *body*; thinking in it remembers *issuer*, unless it names its own."""
    message = validated(Message, dict(body))
    for block in message.content:
        if isinstance(block, Issued):
            block.issued(issuer)
    return message


def _grow(block: dict[str, object], delta: JsonObject) -> None:
    """Add a delta nobody knows: texts grow, anything else is replaced."""
    for name, value in delta.items():
        if name == "type":
            continue
        before = block.get(name)
        block[name] = before + value if isinstance(before, str) and isinstance(value, str) else value
