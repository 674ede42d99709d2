"""Read a streamed answer in Bedrock's Converse dialect.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. Frames, blocks and
deltas nobody knows yet are ignored or carried through.
"""

from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.bedrock.answer import annotation, finish, read, usage_of
from aigw.providers.bedrock.blocks import Block, grow, input_of, joined
from aigw.providers.bedrock.framed import FramedDecoder
from aigw.providers.bedrock.media import DIALECT
from aigw.providers.bedrock.names import Asked
from aigw.providers.reading import call_id, frame
from aigw.types.events import (
    Answer,
    ChoiceEnded,
    Ended,
    Event,
    OtherDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_int, as_object, as_text, without
from aigw.wire import HttpResponse

_CALL: Final = frozenset({"toolUseId", "name", "type"})
_METADATA: Final = frozenset({"usage", "p"})
_ENDING: Final = frozenset({"stopReason", "p"})


class ConverseDecoder(FramedDecoder):
    """Frames of Bedrock's to events. `Ended` comes with the metadata that follows `messageStop`, the last frame."""

    __slots__ = ("_asked", "_blocks", "_calls", "_citations", "_opaque", "_reported", "_started", "_stopped", "_text")

    def __init__(self, target: Target, asked: Asked) -> None:
        super().__init__(target)
        self._asked = asked
        self._blocks: dict[int, Block] = {}
        self._calls = 0
        self._opaque = 0
        self._citations = 0
        self._text = 0
        self._stopped = False
        self._reported = False
        self._started = False

    def _event(self, name: str, payload: bytes, events: list[Event]) -> None:
        if not self._started:
            self._started = True
            events.append(Started())
        match name:
            case "contentBlockDelta":
                body = frame(payload, self._provider)
                self._delta(self._block(body), as_object(body.get("delta")), events)
            case "contentBlockStart":
                body = frame(payload, self._provider)
                self._open(self._block(body), body, as_object(body.get("start")), events)
            case "contentBlockStop":
                self._close(self._block(frame(payload, self._provider)), events)
            case "messageStop":
                self._stop(frame(payload, self._provider), events)
            case "metadata":
                self._metadata(frame(payload, self._provider), events)
            case _:
                pass

    def _block(self, body: JsonObject) -> Block:
        index = as_int(body.get("contentBlockIndex")) or 0
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = Block(start=self._text)
        return block

    def _open(self, block: Block, body: JsonObject, start: JsonObject, events: list[Event]) -> None:
        said = as_object(start.get("toolUse"))
        if not said or said.get("type", "tool_use") != "tool_use":
            block.opaque = {name: {**as_object(value)} for name, value in start.items()}
            return
        name = as_text(said.get("name")) or ""
        if name == self._asked.answer_tool:
            block.answer = True
            return
        block.call = self._calls
        self._calls += 1
        known = as_text(said.get("toolUseId")) or call_id(body.get("contentBlockIndex"), name)
        beyond = without(said, _CALL)
        extra: JsonObject = {"tool_call": beyond} if beyond else EMPTY
        events.append(ToolCallDelta(block.call, id=known, name=self._asked.name(name), extra=extra))

    def _delta(self, block: Block, delta: JsonObject, events: list[Event]) -> None:
        text = delta.get("text")
        if isinstance(text, str):
            self._say(text, events)
        elif "toolUse" in delta:
            self._grow_call(block, as_text(as_object(delta["toolUse"]).get("input")) or "", events)
        elif "reasoningContent" in delta:
            self._think(block, as_object(delta["reasoningContent"]), events)
        elif "citation" in delta:
            self._cite(block, as_object(delta["citation"]), events)
        else:
            grow(block.opaque, delta)

    def _say(self, text: str, events: list[Event]) -> None:
        if text:
            self._text += len(text)
            events.append(TextDelta(text))

    def _grow_call(self, block: Block, piece: str, events: list[Event]) -> None:
        block.pieces.append(piece)
        if not piece:
            return
        if block.answer:
            self._say(piece, events)
        elif block.call is not None:
            events.append(ToolCallDelta(block.call, arguments=piece))

    @staticmethod
    def _think(block: Block, said: JsonObject, events: list[Event]) -> None:
        text, signature = as_text(said.get("text")), as_text(said.get("signature"))
        redacted = as_text(said.get("redactedContent"))
        if text:
            events.append(ReasoningDelta(text))
        if signature:
            block.signature.append(signature)
        if redacted:
            block.redacted.append(redacted)

    def _cite(self, block: Block, citation: JsonObject, events: list[Event]) -> None:
        said: dict[str, object] = {"citations": [{"index": self._citations, **citation}]}
        written = annotation(citation, block.start, self._text)
        if written is not None:
            said["annotations"] = [{"index": self._citations, **written}]
        self._citations += 1
        events.append(OtherDelta(extra={"delta": said}))

    def _close(self, block: Block, events: list[Event]) -> None:
        """End a block: a call without arguments gets its `{}`, and a block nobody knows is handed on whole."""
        arguments = "".join(block.pieces)
        if block.signature or block.redacted:
            signature, encrypted = "".join(block.signature) or None, joined(block.redacted)
            events.append(ReasoningDelta("", signature=signature, encrypted=encrypted))
            block.signature, block.redacted = [], []
        if block.call is not None and not arguments.strip():
            events.append(ToolCallDelta(block.call, arguments="{}"))
        elif block.answer and not arguments.strip():
            self._say("{}", events)
        elif block.opaque:
            if arguments:
                block.opaque["toolUse"] = {**as_object(block.opaque.get("toolUse")), "input": input_of(arguments)}
            said = {"index": self._opaque, "dialect": DIALECT, "body": block.opaque}
            self._opaque += 1
            events.append(OtherDelta(extra={"delta": {"provider_blocks": [said]}}))
        block.call, block.answer, block.opaque, block.pieces = None, False, {}, []

    def _stop(self, body: JsonObject, events: list[Event]) -> None:
        if self._stopped:
            return
        for block in self._blocks.values():
            self._close(block, events)
        reason, word = finish(body.get("stopReason"), self._provider, calls=self._calls > 0)
        ending = without(body, _ENDING)
        self._stopped = True
        events.append(ChoiceEnded(reason, 0, word, {"chunk": ending} if ending else EMPTY))
        self._end(events)

    def _metadata(self, body: JsonObject, events: list[Event]) -> None:
        usage = usage_of(as_object(body.get("usage")))
        extra = without(body, _METADATA)
        if usage is not None:
            events.append(UsageReported(usage, {"chunk": extra} if extra else EMPTY))
        self._reported = True
        self._end(events)

    def _whole(self, response: HttpResponse) -> Answer:
        return read(response, self._target, self._asked)

    def _end(self, events: list[Event]) -> None:
        if self._stopped and self._reported:
            self._done = True
            events.append(Ended())
