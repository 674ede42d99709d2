"""A watched stream: chunks are added up to an answer, and each change is told as an event. Nothing here waits.

Event names and their order are those of https://github.com/openai/openai-python/blob/main/helpers.md.
"""

from typing import Final, Generic, TypeVar, cast

from aigw.surfaces.chat.structured import Parser, check_finish, parse_completion
from aigw.types.chat_chunk import ChatCompletionChunk, ChunkChoice
from aigw.types.chat_events import (
    ChatCompletionStreamEvent,
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
)
from aigw.types.chat_parsed import ParsedChatCompletion, ParsedChatCompletionSnapshot
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text
from aigw.wire import decoded

T = TypeVar("T")

_REPLACED: Final = frozenset({"index", "type", "role", "id", "issuer"})


def merge(so_far: dict[str, object], delta: JsonObject) -> None:
    """Add *delta* to *so_far*: texts and lists grow, entries of lists are known by their `index`, others replaced."""
    for name, value in delta.items():
        known = so_far.get(name)
        if known is None:
            so_far[name] = value
        elif value is None:
            continue
        elif name not in _REPLACED and isinstance(known, str) and isinstance(value, str):
            so_far[name] = known + value
        elif isinstance(known, dict) and isinstance(value, dict):
            merge(cast("dict[str, object]", known), as_object(cast("object", value)))
        elif isinstance(known, list) and isinstance(value, list):
            _merge_lists(cast("list[object]", known), cast("list[object]", value))
        else:
            so_far[name] = value


def _merge_lists(known: list[object], added: list[object]) -> None:
    for value in added:
        index = as_int(as_object(value).get("index"))
        entry = None if index is None else next((e for e in known if as_object(e).get("index") == index), None)
        if entry is None:
            known.append(value)
        else:
            merge(cast("dict[str, object]", entry), as_object(value))


class _ChoiceState:
    """One choice so far, and which of its `done` events were told."""

    __slots__ = ("body", "call", "message", "parsed", "told")

    def __init__(self, index: int) -> None:
        self.message: dict[str, object] = {}
        self.body: dict[str, object] = {"index": index, "finish_reason": None, "message": self.message}
        self.call: int | None = None
        self.parsed: object = None
        self.told: set[str | int] = set()

    def add(self, choice: JsonObject) -> None:
        """Add a chunk's choice."""
        merge(self.message, as_object(choice.get("delta")))
        merge(self.body, {name: value for name, value in choice.items() if name != "delta"})

    def calls(self) -> list[dict[str, object]]:
        """Give the tool calls so far."""
        return cast("list[dict[str, object]]", self.message.get("tool_calls") or [])

    def logprobs(self, kind: str) -> list[object]:
        """Give the log probabilities of *kind* (`content`, `refusal`) so far."""
        return list(as_array(as_object(self.body.get("logprobs")).get(kind)))


class StreamState(Generic[T]):
    """Adds up one stream's chunks and tells what each changed. Nothing here waits."""

    def __init__(self, parser: Parser[T]) -> None:
        self._parser = parser
        self._body: dict[str, object] = {}
        self._choices: dict[int, _ChoiceState] = {}
        self._snapshot: ParsedChatCompletionSnapshot[T] | None = None

    def add(self, chunk: ChatCompletionChunk) -> None:
        """Add *chunk* to the answer so far."""
        body = chunk.to_dict()
        for choice in as_array(body.pop("choices")):
            said = as_object(choice)
            self._choice(as_int(said.get("index")) or 0).add(said)
        body["object"] = "chat.completion"
        self._body.update({name: value for name, value in body.items() if value is not None})
        self._snapshot = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived."""
        return not self._body

    def body(self) -> dict[str, object]:
        """Give the answer so far as JSON."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._body, "choices": [dict(choice.body) for choice in choices]}

    def _choice(self, index: int) -> _ChoiceState:
        if index not in self._choices:
            self._choices[index] = _ChoiceState(index)
        return self._choices[index]

    @property
    def snapshot(self) -> ParsedChatCompletionSnapshot[T]:
        """The answer so far. Raises `RuntimeError` before the first chunk."""
        if self._snapshot is None:
            if self.is_empty:
                message = "nothing has arrived yet, so there is no answer to look at"
                raise RuntimeError(message)
            self._snapshot = cast(
                "ParsedChatCompletionSnapshot[T]", ParsedChatCompletionSnapshot.model_validate(self._so_far())
            )
        return self._snapshot

    def _look(self) -> ParsedChatCompletionSnapshot[object]:
        return cast("ParsedChatCompletionSnapshot[object]", self.snapshot)

    def _so_far(self) -> dict[str, object]:
        choices = [self._choices[index] for index in sorted(self._choices)]
        bodies = [{**choice.body, "message": {**choice.message, "parsed": choice.parsed}} for choice in choices]
        return {**self._body, "choices": bodies}

    def final(self) -> ParsedChatCompletion[T]:
        """Give the complete answer, parsed. Raises as `parse_completion`."""
        if not self._parser.is_needed:
            return cast("ParsedChatCompletion[T]", ParsedChatCompletion.model_validate(self._so_far()))
        return parse_completion(ParsedChatCompletion[object].model_validate(self._so_far()), self._parser)

    def handle(self, chunk: ChatCompletionChunk) -> "list[ChatCompletionStreamEvent[T]]":
        """Add *chunk*, and give the events that tell of it.

        Raises `LengthFinishReasonError` or `ContentFilterFinishReasonError` where contents were to be parsed.
        """
        self.add(chunk)
        events: list[ChatCompletionStreamEvent[T]] = [ChunkEvent.of(chunk, self._look)]
        for choice in chunk.choices:
            state = self._choices[choice.index]
            if choice.finish_reason and self._parser.is_needed:
                check_finish(choice.finish_reason, self.snapshot)
            self._tell_text(choice, state, events)
            self._tell_calls(choice, state, events)
            _tell_logprobs(choice, state, events)
            self._tell_done(choice, state, events)
        return events

    def _tell_text(
        self, choice: ChunkChoice, state: _ChoiceState, events: "list[ChatCompletionStreamEvent[T]]"
    ) -> None:
        delta = choice.delta
        if delta.content is not None:
            text = as_text(state.message.get("content")) or ""
            if self._parser.content is not None and not state.message.get("refusal"):
                state.parsed = _read_so_far(text)
            events.append(ContentDeltaEvent(delta=delta.content, snapshot=text, parsed=state.parsed))
        if delta.refusal is not None:
            refusal = as_text(state.message.get("refusal")) or ""
            events.append(RefusalDeltaEvent(delta=delta.refusal, snapshot=refusal))

    def _tell_calls(
        self, choice: ChunkChoice, state: _ChoiceState, events: "list[ChatCompletionStreamEvent[T]]"
    ) -> None:
        for added in choice.delta.tool_calls or ():
            if added.function is None:
                continue
            function = _function(state, added.index)
            name, text = as_text(function.get("name")) or "", as_text(function.get("arguments")) or ""
            if name in self._parser.tools:
                function["parsed_arguments"] = _read_so_far(text)
            events.append(
                FunctionToolCallArgumentsDeltaEvent(
                    name=name,
                    index=added.index,
                    arguments=text,
                    parsed_arguments=function.get("parsed_arguments"),
                    arguments_delta=added.function.arguments or "",
                )
            )

    def _tell_done(
        self, choice: ChunkChoice, state: _ChoiceState, events: "list[ChatCompletionStreamEvent[T]]"
    ) -> None:
        for added in choice.delta.tool_calls or ():
            if state.call != added.index:
                self._tell_text_done(state, events)
                self._tell_call_done(state, events)
            state.call = added.index
        if choice.finish_reason:
            self._tell_text_done(state, events)
            self._tell_call_done(state, events)

    def _tell_text_done(self, state: _ChoiceState, events: "list[ChatCompletionStreamEvent[T]]") -> None:
        content, refusal = as_text(state.message.get("content")), as_text(state.message.get("refusal"))
        if content and _first_time(state, "content"):
            parsed = self._parser.parsed(content, refusal)
            state.parsed = parsed
            events.append(ContentDoneEvent(content=content, parsed=parsed))
        if refusal is not None and _first_time(state, "refusal"):
            events.append(RefusalDoneEvent(refusal=refusal))
        tokens = state.logprobs("content")
        if tokens and _first_time(state, "logprobs.content"):
            events.append(LogprobsContentDoneEvent.model_validate({"content": tokens}))
        tokens = state.logprobs("refusal")
        if tokens and _first_time(state, "logprobs.refusal"):
            events.append(LogprobsRefusalDoneEvent.model_validate({"refusal": tokens}))

    def _tell_call_done(self, state: _ChoiceState, events: "list[ChatCompletionStreamEvent[T]]") -> None:
        if state.call is None or state.call in state.told:
            return
        function = _function(state, state.call)
        if not function:
            return
        state.told.add(state.call)
        name, text = as_text(function.get("name")) or "", as_text(function.get("arguments")) or "{}"
        parsed = self._parser.arguments(name, text)
        if parsed is not None:
            function["parsed_arguments"] = parsed
        events.append(
            FunctionToolCallArgumentsDoneEvent(name=name, index=state.call, arguments=text, parsed_arguments=parsed)
        )


def _first_time(state: _ChoiceState, what: str) -> bool:
    if what in state.told:
        return False
    state.told.add(what)
    return True


def _function(state: _ChoiceState, index: int) -> dict[str, object]:
    found = [call for call in state.calls() if call.get("index") == index]
    return cast("dict[str, object]", found[0].get("function") or {}) if found else {}


def _read_so_far(text: str) -> object:
    """Read as much of a JSON text as has come; what cannot be read yet is None."""
    try:
        return decoded(text, partial=True)
    except ValueError:
        return None


def _tell_logprobs(choice: ChunkChoice, state: _ChoiceState, events: "list[ChatCompletionStreamEvent[T]]") -> None:
    if choice.logprobs is None:
        return
    if choice.logprobs.content:
        said = {"content": choice.logprobs.content, "snapshot": state.logprobs("content")}
        events.append(LogprobsContentDeltaEvent.model_validate(said))
    if choice.logprobs.refusal:
        said = {"refusal": choice.logprobs.refusal, "snapshot": state.logprobs("refusal")}
        events.append(LogprobsRefusalDeltaEvent.model_validate(said))
