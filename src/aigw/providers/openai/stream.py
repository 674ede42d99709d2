"""Read a streamed answer in OpenAI's Chat Completions dialect, as OpenAI and its many imitators send it.

Sources: https://platform.openai.com/docs/api-reference/chat/streaming, and the hosts' references for what deviates.
This runs for every token: one dictionary look-up less is worth an uglier line.
"""

from dataclasses import dataclass
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.canonical import choices_asked
from aigw.providers.failures import mid_answer
from aigw.providers.framing.decoding import SseDecoder
from aigw.providers.openai.answer import beyond_call, check_for_error, finish, known_id, pieces, read, thought
from aigw.providers.openai.layout import layout
from aigw.providers.openai.messages import DIALECT
from aigw.providers.openai.usage import usage_of
from aigw.providers.reading import arguments_text, call_id, frame
from aigw.types.events import (
    ChoiceEnded,
    Ended,
    Event,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text
from aigw.types.kind import read_from
from aigw.types.request import Request

_CHOICE: Final = frozenset({"index", "delta", "message", "finish_reason", "logprobs"})
_DELTA: Final = frozenset({"role", "content", "refusal", "tool_calls", "function_call", "reasoning_content"})


@dataclass(slots=True)
class _Call:
    """A tool call under way. `id` is what the provider said, if anything; `held` waits for the name."""

    index: int
    slot: int | None
    id: str | None
    kind: str = "function"
    held: str = ""
    named: bool = False
    empty: bool = True


class _Choice:
    """What is known of one choice so far."""

    __slots__ = ("_counts", "blank", "calls", "ended", "spoken")

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self.ended = False
        self.blank = False
        """Whether an empty text was sent: where nothing follows, the answer is that text, and not nothing."""
        self.spoken = False
        self._counts: dict[str, int] = {}

    def counted(self, name: str, value: object) -> object:
        """Give *value* with the objects of a list numbered: clients that add deltas up need an `index` in each."""
        items = as_array(value)
        if not items or not all(isinstance(item, dict) and "index" not in item for item in items):
            return value
        start = self._counts.get(name, 0)
        self._counts[name] = start + len(items)
        return [{"index": start + place, **as_object(item)} for place, item in enumerate(items)]

    def call(self, said: JsonObject, position: int) -> _Call:
        """Find the tool call that *said* goes on with, or begin one.

        The same index goes on with the same call unless another id says otherwise; without an index the id decides,
        and without either the position. A new name where the last call had arguments already begins a call, too.
        """
        slot, told = as_int(said.get("index")), known_id(said)
        found = next((call for call in self.calls if told is not None and call.id == told), None)
        if found is None and slot is not None:
            found = next((call for call in reversed(self.calls) if call.slot == slot), None)
        elif found is None and told is None:
            found = self._unmarked(said, position)
        if found is not None and (told is None or found.id in {None, told}):
            found.id = told or found.id
            return found
        call = _Call(len(self.calls), slot, told, "custom" if said.get("custom") else "function")
        self.calls.append(call)
        return call

    def _unmarked(self, said: JsonObject, position: int) -> _Call | None:
        named = bool(as_object(said.get("function")).get("name"))
        if named:
            fresh = [call for call in self.calls if call.slot is None and call.empty and call.index == position]
            return fresh[0] if fresh and not fresh[0].named else None
        return self.calls[-1] if self.calls else None


class ChatDecoder(SseDecoder):
    """Chunks to events. `Ended` comes with `[DONE]`, or at the end of a stream whose choices have all finished.

    All are as many as were asked for. Where the host always sends `[DONE]`, nothing else will do.
    """

    __slots__ = (
        *("_asked", "_before", "_beyond", "_choices", "_done", "_extra", "_quirks", "_reasoning", "_seed", "_started"),
        "_values",
    )

    def __init__(self, target: Target, request: Request) -> None:
        super().__init__(target, read)
        self._asked = choices_asked(request, target)
        self._quirks = target.provider.kind.quirks
        self._reasoning = read_from(self._quirks.reasoning)
        self._choices: dict[int, _Choice] = {}
        self._before: JsonObject = EMPTY
        self._extra: JsonObject = EMPTY
        self._beyond: tuple[str, ...] = ()
        self._values: object = None
        self._seed: object = None
        self._started = False
        self._done = False

    def _at_end(self, events: list[Event]) -> None:
        # Several servers close without `[DONE]`, and without the usage they were asked for.
        if self._done or self._quirks.always_done or len(self._choices) < self._asked:
            return
        if all(choice.ended for choice in self._choices.values()):
            self._finish(events)

    def _event(self, name: str, text: str, events: list[Event]) -> None:
        if self._done:
            return
        if text[0] == "[" and text.strip() == "[DONE]":
            self._finish(events)
            return
        chunk = frame(text, self._provider)
        beyond, values_of, is_usual = layout(tuple(chunk))
        if not is_usual or name == "error" or chunk["object"] == "error":
            if chunk.get("error") or name == "error":
                raise mid_answer(chunk, self._target.provider)
            check_for_error(chunk, self._target.provider)
        values = values_of(chunk)
        if beyond is not self._beyond or values != self._values:
            # The object is shared while they stay the same.
            self._beyond, self._values = beyond, values
            self._extra = {"chunk": {name: chunk[name] for name in beyond}} if beyond else EMPTY
        self._chunk(chunk, self._extra, events)

    def _chunk(self, chunk: JsonObject, extra: JsonObject, events: list[Event]) -> None:
        if not self._started:
            self._start(chunk, extra, events)
        for place, said in enumerate(as_array(chunk.get("choices"))):
            self._choice(as_object(said), place, extra, events)
        said = chunk.get("usage") or ("x_groq" in chunk and as_object(chunk["x_groq"]).get("usage"))
        if said:
            usage = usage_of(said, self._quirks)
            if usage is not None:
                events.append(UsageReported(usage, extra))

    def _start(self, chunk: JsonObject, extra: JsonObject, events: list[Event]) -> None:
        """Begin with the first chunk that has a name or content: Azure puts what its filters found before that one."""
        if not chunk.get("id") and not chunk.get("choices"):
            self._before = extra or self._before
            return
        self._started = True
        self._seed = chunk.get("id") or chunk.get("created")
        model, created = as_text(chunk.get("model")), as_int(chunk.get("created"))
        if self._before:
            extra = {"chunk": {**as_object(self._before["chunk"]), **as_object(extra.get("chunk"))}}
        events.append(Started(as_text(chunk.get("id")) or None, model or None, created, extra))

    def _choice(self, choice: JsonObject, place: int, extra: JsonObject, events: list[Event]) -> None:
        number = choice.get("index")
        index = number if type(number) is int else place
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = _Choice()
        if not choice.keys() <= _CHOICE:
            extra = {**extra, "choice": {key: value for key, value in choice.items() if key not in _CHOICE}}
        delta = choice.get("delta")
        delta = as_object(choice.get("message") if delta is None else delta)
        content = delta.get("content")
        if content and type(content) is str and len(delta) == 1 and not choice.get("logprobs"):
            # Most deltas are more text and nothing else.
            state.spoken = True
            events.append(TextDelta(content, index, None, extra))
        elif delta:
            logprobs = as_object(choice["logprobs"]) if choice.get("logprobs") else None
            self._delta(delta, index, state, logprobs, extra, events)
            if delta.get("tool_calls") or delta.get("function_call"):
                self._tool_calls(delta, index, state, extra, events)
        reason = choice.get("finish_reason")
        if reason and not state.ended:
            self._end_choice(index, state, reason, extra, events)

    def _delta(  # noqa: PLR0913, PLR0917 - called for every token; an object for these would cost more than the rest
        self,
        delta: JsonObject,
        index: int,
        state: _Choice,
        logprobs: JsonObject | None,
        extra: JsonObject,
        events: list[Event],
    ) -> None:
        before, plain = len(events), extra
        if not delta.keys() <= _DELTA:
            more = {key: value for key, value in delta.items() if key not in _DELTA and value not in (None, "", [], {})}
            if more:
                extra = {**extra, "delta": {key: state.counted(key, value) for key, value in more.items()}}
        content = delta.get("content")
        thinking = thought(delta, self._reasoning)
        if thinking:
            events.append(ReasoningDelta(thinking, index, None, None, extra))
            extra = plain
        if type(content) is str:
            if content or logprobs is not None:
                state.spoken = True
                events.append(TextDelta(content, index, logprobs, extra))
            else:
                state.blank = True
        elif content:
            state.spoken = True
            self._pieces(content, index, state, extra, events)
        refusal = delta.get("refusal")
        if refusal:
            state.spoken = True
            events.append(RefusalDelta(str(refusal), index, logprobs, extra))
        if extra is not plain and len(events) == before:
            events.append(OtherDelta(index, extra))

    def _pieces(self, content: object, index: int, state: _Choice, extra: JsonObject, events: list[Event]) -> None:
        for kind, piece in pieces(content):
            if not isinstance(piece, str):
                blocks = state.counted("provider_blocks", [{"dialect": DIALECT, "body": piece}])
                events.append(OtherDelta(index, {**extra, "delta": {"provider_blocks": blocks}}))
            elif kind == "text" and piece:
                events.append(TextDelta(piece, index, None, extra))
            elif piece:
                events.append(ReasoningDelta(piece, index, None, None, extra))

    def _tool_calls(
        self, delta: JsonObject, index: int, state: _Choice, extra: JsonObject, events: list[Event]
    ) -> None:
        said = as_array(delta.get("tool_calls")) or ({"index": 0, "function": delta.get("function_call")},)
        for position, item in enumerate(said):
            fragment = as_object(item)
            call = state.call(fragment, position)
            beyond = beyond_call(fragment)
            event = self._tool_call(call, fragment, index, {**extra, "tool_call": beyond} if beyond else extra)
            if event is not None:
                events.append(event)

    def _tool_call(self, call: _Call, said: JsonObject, choice: int, extra: JsonObject) -> ToolCallDelta | None:
        """Go on with *call*. Its first event has id and name; what comes before the name is held back for it."""
        body = as_object(said.get("custom") or said.get("function"))
        value = body.get("input" if call.kind == "custom" else "arguments")
        text = value if isinstance(value, str) else "" if value is None else arguments_text(value)
        call.empty = call.empty and not text.strip()
        if call.named:
            return ToolCallDelta(call.index, choice, None, None, text, call.kind, extra) if text else None
        name = as_text(body.get("name"))
        if not name:
            call.held += text
            return None
        return self._opening(call, name, call.held + text, choice, extra)

    def _opening(self, call: _Call, name: str, text: str, choice: int, extra: JsonObject) -> ToolCallDelta:
        call.named = True
        call.id = call.id or call_id(self._seed, choice, call.index, name)
        return ToolCallDelta(call.index, choice, call.id, name, text, call.kind, extra)

    def _end_choice(self, index: int, state: _Choice, said: object, extra: JsonObject, events: list[Event]) -> None:
        reason, word = finish(said, calls=bool(state.calls), quirks=self._quirks, provider=self._provider)
        state.ended = True
        if state.blank and not state.spoken and not state.calls:
            events.append(TextDelta("", index))
        for call in state.calls:
            if not call.named:
                events.append(self._opening(call, "", call.held, index, EMPTY))
            if call.empty and call.kind == "function":
                events.append(ToolCallDelta(call.index, index, None, None, "{}", call.kind))
        events.append(ChoiceEnded(reason, index, word, extra))

    def _finish(self, events: list[Event]) -> None:
        self._done = True
        for index, state in self._choices.items():
            if not state.ended:
                self._end_choice(index, state, None, EMPTY, events)
        events.append(Ended())
