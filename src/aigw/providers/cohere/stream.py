"""Read a streamed answer in Cohere's chat dialect (v2).

Source: https://docs.cohere.com/v2/docs/streaming. Events nobody knows yet are ignored; `debug` holds the prompt, and is
handed to nobody.
"""

from aigw.manifest.snapshot import Target
from aigw.providers.cohere.answer import (
    annotations,
    call_extra,
    check_for_error,
    finish,
    logprobs_of,
    read,
    usage_of,
)
from aigw.providers.cohere.messages import DIALECT
from aigw.providers.failures import mid_answer
from aigw.providers.framing.decoding import SseDecoder
from aigw.providers.reading import arguments_text, call_id, frame
from aigw.types.events import (
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
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text, without

_STARTED = frozenset({"id", "type", "delta"})
_ENDING = frozenset({"finish_reason", "usage", "error"})


class EventsDecoder(SseDecoder):
    """Events of Cohere's to ours. `Ended` comes with `message-end` and with nothing else."""

    __slots__ = (
        "_blank",
        "_calls",
        "_citations",
        "_done",
        "_empty",
        "_opaque",
        "_seed",
        "_started",
        "_starts",
        "_text",
        "_thought",
    )

    def __init__(self, target: Target) -> None:
        super().__init__(target, read)
        self._calls: dict[int, int] = {}
        self._empty: set[int] = set()
        self._starts: dict[int, int] = {}
        self._seed: object = None
        self._citations = 0
        self._opaque = 0
        self._text = 0
        self._thought = False
        self._blank = False
        self._started = False
        self._done = False

    def _at_end(self, events: list[Event]) -> None:
        """Without `message-end` the answer was cut, and nothing follows."""

    def _event(self, name: str, text: str, events: list[Event]) -> None:
        if self._done or text.strip() == "[DONE]":
            return
        body = frame(text, self._provider)
        kind = as_text(body.get("type")) or name
        if kind == "error" or name == "error":
            raise mid_answer(body, self._target.provider)
        check_for_error(body, self._target.provider)
        delta = as_object(body.get("delta"))
        index = as_int(body.get("index")) or 0
        if kind.startswith("content-"):
            self._content(kind, index, _first(delta, "content"), body, events)
        elif kind.startswith("tool-"):
            self._tool(kind, index, delta, events)
        elif kind == "citation-start":
            self._cite(_first(delta, "citations"), events)
        elif kind == "message-start":
            self._start(body, events)
        elif kind == "message-end":
            self._end(delta, events)

    def _start(self, body: JsonObject, events: list[Event]) -> None:
        if self._started:
            return
        self._started = True
        self._seed = body.get("id")
        extra = without(body, _STARTED)
        events.append(Started(as_text(body.get("id")) or None, None, None, {"chunk": extra} if extra else EMPTY))

    def _content(self, kind: str, index: int, said: JsonObject, body: JsonObject, events: list[Event]) -> None:
        if kind == "content-start":
            self._starts[index] = self._text
            if (as_text(said.get("type")) or "text") not in {"text", "thinking"}:
                block = {"index": self._opaque, "dialect": DIALECT, "body": said}
                self._opaque += 1
                events.append(OtherDelta(extra={"delta": {"provider_blocks": [block]}}))
                return
        thinking, text = as_text(said.get("thinking")), as_text(said.get("text"))
        if thinking:
            self._thought = True
            events.append(ReasoningDelta(thinking))
        self._blank = self._blank or text is not None
        logprobs = as_object(body.get("logprobs")) if "logprobs" in body else EMPTY
        if text or logprobs:
            self._text += len(text or "")
            events.append(TextDelta(text or "", 0, logprobs_of((logprobs,)) if logprobs else None))

    def _tool(self, kind: str, index: int, delta: JsonObject, events: list[Event]) -> None:
        if kind == "tool-plan-delta":
            plan = as_text(as_object(delta.get("message")).get("tool_plan"))
            if plan:
                self._thought = True
                events.append(ReasoningDelta(plan, extra={"delta": {"tool_plan": plan}}))
        elif kind == "tool-call-start":
            self._call(index, _first(delta, "tool_calls"), events)
        elif kind == "tool-call-delta":
            piece = as_object(_first(delta, "tool_calls").get("function")).get("arguments")
            call = self._calls.get(index)
            if call is not None and isinstance(piece, str) and piece:
                self._grow(call, piece, events)
        elif kind == "tool-call-end" and self._calls.get(index) in self._empty:
            self._grow(self._calls[index], "{}", events)

    def _call(self, index: int, said: JsonObject, events: list[Event]) -> None:
        """Begin a tool call. Some of their servers give its arguments at once."""
        number = len(self._calls) if index not in self._calls else max(self._calls.values()) + 1
        self._calls[index] = number
        self._empty.add(number)
        function = as_object(said.get("function"))
        name = as_text(function.get("name")) or ""
        beyond = call_extra(said)
        extra: JsonObject = {"tool_call": beyond} if beyond else EMPTY
        identity = as_text(said.get("id")) or call_id(self._seed, number, name)
        events.append(ToolCallDelta(number, 0, identity, name, extra=extra))
        arguments = function.get("arguments")
        if arguments:
            self._grow(number, arguments_text(arguments), events)

    def _grow(self, call: int, piece: str, events: list[Event]) -> None:
        if piece.strip():
            self._empty.discard(call)
        events.append(ToolCallDelta(call, arguments=piece))

    def _cite(self, citation: JsonObject, events: list[Event]) -> None:
        if not citation:
            return
        said: dict[str, object] = {"citations": [{"index": self._citations, **citation}]}
        start = self._starts.get(as_int(citation.get("content_index")) or 0, 0)
        pages = [{"index": self._citations, **page} for page in annotations(citation, start)]
        if pages:
            said["annotations"] = pages
        self._citations += 1
        events.append(OtherDelta(extra={"delta": said}))

    def _end(self, delta: JsonObject, events: list[Event]) -> None:
        self._done = True
        reason, word = finish(delta, calls=bool(self._calls), provider=self._provider)
        events.extend(ToolCallDelta(call, arguments="{}") for call in sorted(self._empty))
        if self._blank and not (self._text or self._thought or self._calls or self._opaque):
            events.append(TextDelta(""))
        extra = without(delta, _ENDING)
        events.append(ChoiceEnded(reason, 0, word, {"choice": extra} if extra else EMPTY))
        usage = usage_of(as_object(delta.get("usage")))
        if usage is not None:
            events.append(UsageReported(usage))
        events.append(Ended())


def _first(delta: JsonObject, name: str) -> JsonObject:
    """Give an object of a delta's message; where whole answers have a list, deltas have one object, and may not."""
    said = as_object(delta.get("message")).get(name)
    items = as_array(said)
    return as_object(items[0] if items else said)
