"""Read a streamed answer in Anthropic's Messages dialect.

Source: https://docs.claude.com/en/api/messages-streaming. Events, blocks and deltas nobody knows yet are ignored or
carried through, as Anthropic's versioning policy asks of clients.
"""

import json
from dataclasses import dataclass, field
from functools import partial

from aigw.manifest.snapshot import Target
from aigw.providers.anthropic.answer import annotation, finish, read, usage_of
from aigw.providers.anthropic.blocks import DIALECT
from aigw.providers.failures import mid_answer
from aigw.providers.framing.decoding import SseDecoder
from aigw.providers.reading import call_id, compact, frame
from aigw.types.events import (
    ChoiceEnded,
    Ended,
    Event,
    Native,
    OtherDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_int, as_object, as_text, without

_STARTED = frozenset(
    {"id", "type", "role", "model", "content", "usage", "stop_reason", "stop_sequence", "stop_details"}
)
_CALL = frozenset({"type", "id", "name", "input"})
_TOLD = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})
"""Kinds of block that have events of their own; others are collected and handed on whole."""


_KNOWN = frozenset(
    {
        *("message_start", "message_delta", "message_stop"),
        *("content_block_start", "content_block_delta", "content_block_stop", "ping"),
    }
)
_SILENT = frozenset({"ping", "vertex_event"})
"""Events that say nothing of the answer: Vertex AI sends one of its own, for its books."""


@dataclass(slots=True)
class _Block:
    """A content block under way. `call` is its dense place among the tool calls; `pieces` is JSON that has come."""

    kind: str
    body: JsonObject = EMPTY
    call: int | None = None
    pieces: list[str] = field(default_factory=list[str])
    start: int = 0


class MessagesDecoder(SseDecoder):
    """Events of Anthropic's to ours, each with itself ahead if *native*.

    `Ended` comes with `message_stop` and with nothing else.
    """

    __slots__ = (
        "_blocks",
        "_calls",
        "_citations",
        "_done",
        "_native",
        "_opaque",
        "_reason",
        "_seed",
        "_started",
        "_text",
        "_usage",
    )

    def __init__(self, target: Target, *, native: bool = False) -> None:
        super().__init__(target, partial(read, native=native))
        self._native = native
        self._blocks: dict[int, _Block] = {}
        self._usage: dict[str, object] = {}
        self._seed: object = None
        self._calls = 0
        self._opaque = 0
        self._citations = 0
        self._text = 0
        self._started = False
        self._reason = False
        self._done = False

    def _at_end(self, events: list[Event]) -> None:
        """Without `message_stop` the answer was cut, and nothing follows."""

    def _event(self, name: str, text: str, events: list[Event]) -> None:
        if self._done or text == "[DONE]":
            return
        body = frame(text, self._provider)
        kind = as_text(body.get("type")) or name
        if kind == "error" or name == "error" or (body.get("error") and kind not in _KNOWN):
            raise mid_answer(body, self._target.provider)
        if self._native and kind not in _SILENT:
            events.append(Native(DIALECT, body))
        match kind:
            case "content_block_delta":
                self._delta(self._block(body), as_object(body.get("delta")), events)
            case "content_block_start":
                self._open(as_int(body.get("index")) or 0, as_object(body.get("content_block")), events)
            case "content_block_stop":
                self._close(self._block(body), events)
            case "message_start":
                self._begin(as_object(body.get("message")), events)
            case "message_delta":
                self._message_delta(body, events)
            case "message_stop":
                self._stop(events)
            case _:
                pass

    def _block(self, body: JsonObject) -> _Block:
        index = as_int(body.get("index")) or 0
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = _Block("text", start=self._text)
        return block

    def _begin(self, message: JsonObject, events: list[Event]) -> None:
        if self._started:
            return
        self._started = True
        self._seed = message.get("id")
        extra = without(message, _STARTED)
        events.append(
            Started(
                as_text(message.get("id")), as_text(message.get("model")), None, {"chunk": extra} if extra else EMPTY
            )
        )
        self._report(as_object(message.get("usage")), events)

    def _report(self, books: JsonObject, events: list[Event]) -> None:
        """Overwrite what was counted so far: later reports are cumulative, and leave out what did not change."""
        if not books:
            return
        self._usage.update({name: value for name, value in books.items() if value is not None})
        usage = usage_of(self._usage)
        if usage is not None:
            events.append(UsageReported(usage))

    def _open(self, index: int, body: JsonObject, events: list[Event]) -> None:
        block = self._blocks[index] = _Block(as_text(body.get("type")) or "", body, start=self._text)
        match block.kind:
            case "text":
                self._say(as_text(body.get("text")) or "", events)
            case "thinking":
                signature = as_text(body.get("signature")) or None
                if body.get("thinking") or signature:
                    events.append(ReasoningDelta(as_text(body.get("thinking")) or "", signature=signature))
            case "redacted_thinking":
                events.append(ReasoningDelta("", encrypted=as_text(body.get("data"))))
            case "tool_use":
                block.call = self._calls
                self._calls += 1
                name = as_text(body.get("name")) or ""
                call = as_text(body.get("id")) or call_id(self._seed, index, name)
                beyond = without(body, _CALL)
                extra: JsonObject = {"tool_call": beyond} if beyond else EMPTY
                events.append(ToolCallDelta(block.call, id=call, name=name, extra=extra))
            case _:
                pass

    def _delta(self, block: _Block, delta: JsonObject, events: list[Event]) -> None:
        match delta.get("type"):
            case "text_delta":
                self._say(as_text(delta.get("text")) or "", events)
            case "input_json_delta":
                piece = as_text(delta.get("partial_json")) or ""
                if block.call is not None and piece:
                    events.append(ToolCallDelta(block.call, arguments=piece))
                block.pieces.append(piece)
            case "thinking_delta":
                if text := as_text(delta.get("thinking")):
                    events.append(ReasoningDelta(text))
            case "signature_delta":
                if signature := as_text(delta.get("signature")):
                    events.append(ReasoningDelta("", signature=signature))
            case "citations_delta":
                self._cite(block, as_object(delta.get("citation")), events)
            case _ if block.kind not in _TOLD:
                block.body = _grown(block.body, delta)
            case _:
                pass

    def _say(self, text: str, events: list[Event]) -> None:
        if text:
            self._text += len(text)
            events.append(TextDelta(text))

    def _cite(self, block: _Block, citation: JsonObject, events: list[Event]) -> None:
        said: dict[str, object] = {"citations": [{"index": self._citations, **citation}]}
        written = annotation(citation, block.start, self._text)
        if written is not None:
            said["annotations"] = [{"index": self._citations, **written}]
        self._citations += 1
        events.append(OtherDelta(extra={"delta": said}))

    def _close(self, block: _Block, events: list[Event]) -> None:
        """End a block: a call without arguments gets its `{}`, and a block nobody knows is handed on whole."""
        arguments = "".join(block.pieces)
        if block.call is not None:
            if not arguments.strip():
                whole = compact(as_object(block.body.get("input")) or {})
                events.append(ToolCallDelta(block.call, arguments=whole))
        elif block.kind not in _TOLD and block.body:
            body = {**block.body, "input": _decoded(arguments)} if arguments else block.body
            said = {"index": self._opaque, "dialect": DIALECT, "body": body}
            self._opaque += 1
            events.append(OtherDelta(extra={"delta": {"provider_blocks": [said]}}))

    def _message_delta(self, body: JsonObject, events: list[Event]) -> None:
        delta = as_object(body.get("delta"))
        if delta.get("stop_reason") and not self._reason:
            self._end_choice(delta, events)
        self._report(as_object(body.get("usage")), events)

    def _end_choice(self, delta: JsonObject, events: list[Event]) -> None:
        self._reason = True
        reason, word = finish(delta.get("stop_reason"), calls=self._calls > 0)
        ending = {name: value for name, value in delta.items() if name != "stop_reason" and value is not None}
        events.append(ChoiceEnded(reason, 0, word, {"choice": ending} if ending else EMPTY))

    def _stop(self, events: list[Event]) -> None:
        self._done = True
        if not self._reason:
            self._end_choice(EMPTY, events)
        events.append(Ended())


def _grown(body: JsonObject, delta: JsonObject) -> JsonObject:
    """Give *body* after a delta nobody knows: texts grow, anything else is replaced."""
    grown = dict(body)
    for name, value in without(delta, frozenset({"type"})).items():
        before = grown.get(name)
        grown[name] = before + value if isinstance(before, str) and isinstance(value, str) else value
    return grown


def _decoded(text: str) -> object:
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return decoded
