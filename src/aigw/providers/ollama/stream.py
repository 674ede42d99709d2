"""Read a streamed answer in Ollama's native dialect: one JSON object a line, the last of which is `done`.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from collections.abc import Sequence
from typing import Final

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.providers.failures import mid_answer
from aigw.providers.framing.ndjson import NdjsonParser
from aigw.providers.ollama.answer import ANSWER, MESSAGE, epoch, finish, logprobs_of, read, tool_calls, usage_of
from aigw.providers.reading import foreign, frame
from aigw.types.events import (
    Broken,
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
from aigw.types.json import EMPTY, JsonObject, as_object, as_text, without
from aigw.wire import Headers, HttpResponse, decoded

_KEPT: Final = 1024 * 1024
"""How many bytes are kept of what came instead of a stream."""


class LinesDecoder:
    """Lines to events. `Ended` comes with the line that is `done`, and with nothing else."""

    __slots__ = (
        "_blank",
        "_calls",
        "_done",
        "_foreign",
        "_lines",
        "_provider",
        "_seed",
        "_spoken",
        "_started",
        "_target",
    )

    def __init__(self, target: Target) -> None:
        self._target = target
        self._provider = target.provider.name
        self._lines = NdjsonParser(self._provider)
        self._foreign = b""
        self._seed: object = None
        self._calls = 0
        self._started = False
        self._blank = False
        self._spoken = False
        self._done = False

    def feed(self, data: bytes) -> Sequence[Event]:
        """Give the events that *data* completes. An error inside the stream comes in its place, as `Broken`."""
        events: list[Event] = []
        try:
            for line in self._lines.feed(data):
                self._line(line, events)
        except APIError as error:
            self._done = True
            events.append(Broken(error))
        return events

    def end(self) -> Sequence[Event]:
        """Give what is left. A server that does not stream answers with one document, which is the one event then."""
        events: list[Event] = []
        try:
            for line in self._lines.end():
                if _is_object(line) or not self._started:
                    self._line(line, events)
            self._give_whole(events)
        except APIError as error:
            events.append(Broken(error))
        return events

    def _give_whole(self, events: list[Event]) -> None:
        """Read what is no stream of lines; a document that breaks off is a cut, and so nothing."""
        text = self._foreign.strip()
        if text[:1] not in {b"", b"{"}:
            raise foreign(text[:_KEPT].decode("utf-8", "replace"), self._provider)
        if text and _is_object(text):
            events.append(read(HttpResponse(200, Headers(), text), self._target))

    def _line(self, line: bytes, events: list[Event]) -> None:
        if self._done:
            return
        if not self._started and (self._foreign or not _is_object(line)):
            self._foreign = b"%s%s\n" % (self._foreign, line) if len(self._foreign) < _KEPT else self._foreign
            return
        body = frame(line, self._provider)
        if body.get("error"):
            raise mid_answer(body, self._target.provider)
        if not self._started:
            self._start(body, events)
        self._message(as_object(body.get("message")), body, events)
        if body.get("done") is True:
            self._finish(body, events)

    def _start(self, body: JsonObject, events: list[Event]) -> None:
        self._started = True
        self._seed = body.get("created_at")
        events.append(Started(None, as_text(body.get("model")) or None, epoch(self._seed)))

    def _message(self, message: JsonObject, body: JsonObject, events: list[Event]) -> None:
        before = len(events)
        thinking = as_text(message.get("thinking"))
        if thinking:
            events.append(ReasoningDelta(thinking))
        content = as_text(message.get("content"))
        logprobs = logprobs_of(body) if "logprobs" in body else None
        if content or logprobs:
            events.append(TextDelta(content or "", 0, logprobs))
        elif content is not None:
            self._blank = True
        if message.get("tool_calls"):
            self._tool_calls(message, events)
        beyond = without(message, MESSAGE)
        if beyond:
            events.append(OtherDelta(extra={"delta": beyond}))
        self._spoken = self._spoken or len(events) > before

    def _tool_calls(self, message: JsonObject, events: list[Event]) -> None:
        for call, number in tool_calls(message, self._seed, self._calls):
            extra: JsonObject = {"tool_call": call.extra} if call.extra else EMPTY
            events.append(ToolCallDelta(number, 0, call.id, call.name, call.arguments, extra=extra))
            self._calls = number + 1

    def _finish(self, body: JsonObject, events: list[Event]) -> None:
        self._done = True
        if self._blank and not self._spoken:
            events.append(TextDelta(""))
        reason, word = finish(body.get("done_reason"), calls=self._calls > 0)
        beyond = without(body, ANSWER)
        events.append(ChoiceEnded(reason, 0, word, {"chunk": beyond} if beyond else EMPTY))
        usage = usage_of(body)
        if usage is not None:
            events.append(UsageReported(usage))
        events.append(Ended())


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(decoded(line), dict)
    except ValueError:
        return False
