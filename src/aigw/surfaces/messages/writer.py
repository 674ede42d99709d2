"""Turn the events of one reply into those of Anthropic's streams, keeping their promises.

Source: https://docs.claude.com/en/api/messages-streaming. Blocks are numbered densely and come one after the other: a
call that begins while another one is still being written waits for it. Usage and the reason stand in the one
`message_delta` before `message_stop`. A stream in Anthropic's own dialect is handed out as it came instead.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from aigw.surfaces.chat.response import validated
from aigw.surfaces.messages.content import DIALECT
from aigw.surfaces.messages.response import (
    annotations_of,
    level,
    message_body,
    opaque_body,
    redacted_body,
    stop_of,
    text_body,
    thinking_body,
    tool_body,
    usage_body,
)
from aigw.types.events import (
    Answer,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    Native,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text
from aigw.types.messages_events import (
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    MessageDeltaEvent,
    MessageStartEvent,
    MessageStopEvent,
    OtherEvent,
    RawMessageStreamEvent,
)

_MODELS: Final[Mapping[str, type[RawMessageStreamEvent]]] = {
    "message_start": MessageStartEvent,
    "content_block_start": ContentBlockStartEvent,
    "content_block_delta": ContentBlockDeltaEvent,
    "content_block_stop": ContentBlockStopEvent,
    "message_delta": MessageDeltaEvent,
    "message_stop": MessageStopEvent,
}

_AT_THE_END: Final = ("stop_reason", "stop_sequence", "stop_details", "container", "annotations")


class _Block:
    """A block that is being written, or waits to be. `pieces` is a call's input as far as it has come."""

    __slots__ = ("body", "call", "deltas", "index", "kind", "pieces", "signed")

    def __init__(self, body: dict[str, object], call: int | None = None) -> None:
        self.kind = body["type"]
        self.body = body
        self.call = call
        self.index: int | None = None
        self.deltas: list[JsonObject] = []
        self.pieces: list[str] = []
        self.signed = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing more can belong to it, now that another block has begun."""
        if self.call is None:
            return True
        try:
            return isinstance(json.loads("".join(self.pieces)), dict)
        except (ValueError, RecursionError):
            return False


class EventWriter:
    """Writes one reply. *id* and *model* stand in for what the provider does not say; *issuer* is who answers."""

    def __init__(self, *, id: str, model: str, issuer: str | None = None) -> None:  # noqa: A002 - the field's name
        self._message: dict[str, object] = {"id": id, "type": "message", "role": "assistant", "model": model}
        self._issuer = issuer
        self._begun = False
        self._native = False
        self._refused = False
        self._next = 0
        self._open: deque[_Block] = deque()
        self._calls: dict[int, _Block] = {}
        self._usage: dict[str, object] = {"input_tokens": 0, "output_tokens": 0}
        self._stop = stop_of(FinishReason.STOP, None, {}, refused=False)
        self._cited: list[object] = []
        self._writers: Mapping[type, Callable[..., None]] = {
            Started: self._start,
            TextDelta: self._text,
            RefusalDelta: self._refusal,
            ReasoningDelta: self._reasoning,
            ToolCallDelta: self._tool_call,
            OtherDelta: self._other,
            ChoiceEnded: self._choice_ended,
            UsageReported: self._report,
        }

    def __call__(self, event: Event) -> Sequence[RawMessageStreamEvent]:
        """Give the events that *event* makes: none, one, or (for a complete answer) all of them."""
        if isinstance(event, Native):
            self._native = True
            return (native(event.event),)
        if isinstance(event, Answer):
            return self._played(event)
        if self._native:
            return ()
        if isinstance(event, Ended):
            return self._ended()
        if getattr(event, "choice", 0) != 0:
            return ()
        self._writers[type(event)](event)
        return self._flow() if self._open else ()

    def _start(self, event: Started) -> None:
        said = {"id": event.id, "model": event.model}
        self._message.update({name: value for name, value in said.items() if value})

    def _text(self, event: TextDelta) -> None:
        beside = level(event.extra, "delta") if event.extra else event.extra
        if beside:
            self._cited += annotations_of(beside)
        if event.text or "extra_content" in beside:
            delta = {"type": "text_delta", "text": event.text}
            self._say(delta if "extra_content" not in beside else {**delta, "extra_content": beside["extra_content"]})

    def _refusal(self, event: RefusalDelta) -> None:
        self._refused = True
        if event.text:
            self._say({"type": "text_delta", "text": event.text})

    def _say(self, delta: JsonObject) -> None:
        block = self._tail("text") or self._begin(text_body(""))
        block.deltas.append(delta)

    def _reasoning(self, event: ReasoningDelta) -> None:
        beside = level(event.extra, "reasoning")
        if event.text or event.signature:
            block = self._tail("thinking")
            if block is None or block.signed:
                block = self._begin(thinking_body("", None, self._issuer, EMPTY if event.encrypted else beside))
            if event.text:
                block.deltas.append({"type": "thinking_delta", "thinking": event.text})
            if event.signature:
                block.signed = True
                block.deltas.append({"type": "signature_delta", "signature": event.signature})
        if event.encrypted:
            self._begin(redacted_body(event.encrypted, self._issuer, beside))

    def _tool_call(self, event: ToolCallDelta) -> None:
        block = self._calls.get(event.index)
        if block is None:
            extra = level(event.extra, "tool_call")
            body = tool_body(event.id or f"toolu_{event.index}", event.name or "", {}, extra)
            block = self._calls[event.index] = self._begin(body, event.index)
        if event.arguments:
            block.pieces.append(event.arguments)
            block.deltas.append({"type": "input_json_delta", "partial_json": event.arguments})

    def _other(self, event: OtherDelta) -> None:
        delta = level(event.extra, "delta")
        self._cited += annotations_of(delta)
        for said in as_array(delta.get("provider_blocks")):
            block = as_object(said)
            self._begin(opaque_body(as_text(block.get("dialect")) or DIALECT, as_object(block.get("body"))))

    def _choice_ended(self, event: ChoiceEnded) -> None:
        extra = level(event.extra, "choice")
        self._stop = stop_of(event.reason, event.provider_reason, extra, refused=self._refused)

    def _report(self, event: UsageReported) -> None:
        self._usage = usage_body(event.usage)

    def _tail(self, kind: str) -> _Block | None:
        """Give the last block if it is of *kind*, so that it goes on."""
        return self._open[-1] if self._open and self._open[-1].kind == kind else None

    def _begin(self, body: dict[str, object], call: int | None = None) -> _Block:
        block = _Block(body, call)
        self._open.append(block)
        return block

    def _flow(self, *, last: bool = False) -> list[RawMessageStreamEvent]:
        """Write what can be written: the first block as far as it has come, and further ones once it is complete."""
        events: list[RawMessageStreamEvent] = [] if self._begun else [self._message_start()]
        while self._open:
            block = self._open[0]
            if block.index is None:
                block.index = self._next
                self._next += 1
                said: dict[str, object] = {
                    "type": "content_block_start",
                    "index": block.index,
                    "content_block": block.body,
                }
                events.append(validated(ContentBlockStartEvent, said))
            for delta in block.deltas:
                said = {"type": "content_block_delta", "index": block.index, "delta": delta}
                events.append(validated(ContentBlockDeltaEvent, said))
            block.deltas.clear()
            if not (last or (len(self._open) > 1 and block.is_complete)):
                break
            events.append(validated(ContentBlockStopEvent, {"type": "content_block_stop", "index": block.index}))
            self._open.popleft()
        return events

    def _message_start(self) -> MessageStartEvent:
        self._begun = True
        usage = {**self._usage, "output_tokens": 0}
        usage.pop("output_tokens_details", None)
        message: JsonObject = {
            **self._message,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }
        return validated(MessageStartEvent, {"type": "message_start", "message": message})

    def _ended(self) -> Sequence[RawMessageStreamEvent]:
        delta = {**self._stop, "annotations": self._cited} if self._cited else self._stop
        return (
            *self._flow(last=True),
            validated(MessageDeltaEvent, {"type": "message_delta", "delta": delta, "usage": self._usage}),
            validated(MessageStopEvent, {"type": "message_stop"}),
        )

    def _played(self, answer: Answer) -> Sequence[RawMessageStreamEvent]:
        """Play a complete answer as the stream it might have been."""
        body = native_body(answer)
        if body is None:
            said = self._message
            body = message_body(answer, id=str(said["id"]), model=str(said["model"]), issuer=self._issuer)
        return played(body)


def native(event: JsonObject) -> RawMessageStreamEvent:
    """Give one event of the provider's as it came."""
    return validated(_MODELS.get(as_text(event.get("type")) or "", OtherEvent), dict(event))


def native_body(answer: Answer) -> JsonObject | None:
    """Give the body of *answer* as it came, if it came in Anthropic's dialect and nobody has changed it."""
    return answer.native if answer.dialect == DIALECT else None


def played(message: JsonObject) -> list[RawMessageStreamEvent]:
    """Play a whole *message* as the stream it might have been."""
    start: JsonObject = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    events: list[JsonObject] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(as_array(message.get("content"))):
        body, deltas = _begun(as_object(block))
        events.append({"type": "content_block_start", "index": index, "content_block": body})
        events += ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        events.append({"type": "content_block_stop", "index": index})
    ending = {name: message[name] for name in _AT_THE_END if name in message}
    output = as_object(message.get("usage")).get("output_tokens")
    events.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": output}})
    events.append({"type": "message_stop"})
    return [native(event) for event in events]


def _begun(block: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """Split a whole *block* into its beginning and what is to come of it."""
    match block.get("type"):
        case "text":
            cited = [{"type": "citations_delta", "citation": each} for each in as_array(block.get("citations"))]
            body = {**block, "text": "", "citations": None} if cited else {**block, "text": ""}
            return body, [{"type": "text_delta", "text": block.get("text")}, *cited]
        case "thinking":
            shown = {"type": "thinking_delta", "thinking": block.get("thinking")}
            signed = {"type": "signature_delta", "signature": block.get("signature")}
            return {**block, "thinking": "", "signature": ""}, [shown, signed]
        case "tool_use" | "server_tool_use" if block.get("input"):
            text = json.dumps(block["input"], ensure_ascii=False, separators=(",", ":"))
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": text}]
        case _:
            return block, []
