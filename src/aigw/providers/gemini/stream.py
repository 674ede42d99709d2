"""Read a streamed answer in Google's dialect: each event is a whole response with only its new parts.

Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent. Nothing but the connection's
end ends a stream, so it is whole where as many candidates as were asked for have a finish reason by then. Early models
gave one with every event: the last one counts.
"""

from dataclasses import dataclass, field
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.canonical import choices_asked
from aigw.providers.framing.decoding import SseDecoder
from aigw.providers.gemini.answer import (
    KNOWN_OF_ANSWER,
    KNOWN_OF_CANDIDATE,
    block_reason,
    created,
    finish,
    log_probabilities,
    read,
    seed_of,
    signed,
    tool_call,
)
from aigw.providers.gemini.citations import annotations, searches
from aigw.providers.gemini.failures import error_of, google_mid_answer
from aigw.providers.gemini.models import DIALECT
from aigw.providers.gemini.partial import PartialCall
from aigw.providers.gemini.usage import usage_of
from aigw.providers.reading import frame
from aigw.types.events import (
    Answer,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    OtherDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.request import Request
from aigw.wire import decoded

_REPORTED_EACH: Final = 16
"""In how many chunks usage is read once on the way: each has it, and reading it costs as much as all the rest."""


@dataclass(slots=True)
class _Candidate:
    """An alternative under way. `beyond` is what was said of it beside its parts, the latest of each."""

    index: int
    calls: int = 0
    blocks: int = 0
    said: bool = False
    texts: list[str] = field(default_factory=list[str])
    beyond: dict[str, object] = field(default_factory=dict[str, object])
    partial: PartialCall | None = None


class GeminiDecoder(SseDecoder):
    """Events of Google's to ours. `Ended` comes with the connection's end, if all asked for and begun has finished."""

    __slots__ = ("_asked", "_blocked", "_books", "_candidates", "_counted", "_first", "_issuer", "_reported")

    def __init__(self, target: Target, request: Request) -> None:
        super().__init__(target, read)
        self._asked = choices_asked(request, target)
        self._issuer = target.id
        self._first: JsonObject | None = None
        self._candidates: dict[int, _Candidate] = {}
        self._books: JsonObject = EMPTY
        self._reported: JsonObject = EMPTY
        self._counted = 0
        self._blocked: str | None = None

    def _event(self, name: str, text: str, events: list[Event]) -> None:
        if text == "[DONE]":
            return
        body = frame(text, self._provider)
        if name == "error" or "error" in body:
            raise google_mid_answer(body, self._target.provider)
        if self._first is None:
            self._first = body
            extra = without(body, KNOWN_OF_ANSWER)
            model = as_text(body.get("modelVersion"))
            events.append(
                Started(as_text(body.get("responseId")), model, created(body), {"chunk": extra} if extra else EMPTY)
            )
        for place, said in enumerate(as_array(body.get("candidates"))):
            self._candidate(as_object(said), place, events)
        if "promptFeedback" in body:
            self._blocked = block_reason(body) or self._blocked
        books = as_object(body.get("usageMetadata"))
        if books:
            self._books = books
            if self._counted % _REPORTED_EACH == 0:
                self._report(events, 0)
            self._counted += 1

    def _at_end(self, events: list[Event]) -> None:
        self._report(events, 0)
        if not self._candidates and self._blocked is not None:
            events += (ChoiceEnded(FinishReason.CONTENT_FILTER, 0, self._blocked), Ended())
            return
        candidates = self._candidates.values()
        if len(candidates) < self._asked or not all(candidate.beyond.get("finishReason") for candidate in candidates):
            self._late_error()
            return
        for candidate in candidates:
            self._end_choice(candidate, events)
        searched = sum(searches(candidate.beyond) for candidate in candidates)
        if searched:
            self._report(events, searched)
        events.append(Ended())

    def _whole(self, text: str) -> Answer:
        self._raise_foreign(text)
        return super()._whole(text)

    def _late_error(self) -> None:
        """Raise the error that came as bare JSON within the stream, if that is what ended it."""
        self._raise_foreign(self._sse.foreign)

    def _raise_foreign(self, text: str) -> None:
        if text.lstrip()[:1] not in {"{", "["}:
            return
        try:
            body = decoded(text)
        except ValueError:
            return
        if error_of(body):
            raise google_mid_answer(body, self._target.provider)

    def _report(self, events: list[Event], searched: int) -> None:
        if self._books is self._reported and not searched:
            return
        self._reported = self._books
        usage = usage_of(self._books, searched)
        if usage is not None:
            events.append(UsageReported(usage))

    def _candidate(self, said: JsonObject, place: int, events: list[Event]) -> None:
        number = said.get("index", place)
        number = number if type(number) is int else as_int(number)
        index = place if number is None else number
        candidate = self._candidates.get(index)
        if candidate is None:
            candidate = self._candidates[index] = _Candidate(index)
        logprobs = log_probabilities(said) if "logprobsResult" in said else None
        for item in as_array(as_object(said.get("content")).get("parts")):
            part = as_object(item)
            text = part.get("text")
            if text and type(text) is str and len(part) == 1:
                # Most parts are more text and nothing else.
                candidate.texts.append(text)
                candidate.said = True
                events.append(TextDelta(text, index, logprobs))
                logprobs = None
            else:
                logprobs = self._part(candidate, part, logprobs, events)
        if logprobs is not None:
            events.append(TextDelta("", index, logprobs))
        if not said.keys() <= KNOWN_OF_CANDIDATE:
            candidate.beyond.update(without(said, KNOWN_OF_CANDIDATE))
        if said.get("finishReason"):
            candidate.beyond["finishReason"] = said["finishReason"]

    def _part(
        self, candidate: _Candidate, part: JsonObject, logprobs: JsonObject | None, events: list[Event]
    ) -> JsonObject | None:
        """Add what *part* says, and give the log probabilities that are still to be told."""
        text = part.get("text")
        if "functionCall" in part:
            self._call(candidate, part, events)
        elif not isinstance(text, str):
            if part:
                self._block(candidate, part, events)
        elif part.get("thought") is True:
            signature = as_text(part.get("thoughtSignature")) or None
            if text or signature:
                events.append(ReasoningDelta(text, candidate.index, signature))
        elif text or part.get("thoughtSignature"):
            extra = signed(part, self._issuer) if "thoughtSignature" in part else EMPTY
            candidate.texts.append(text)
            candidate.said = True
            events.append(TextDelta(text, candidate.index, logprobs, {"delta": extra} if extra else EMPTY))
            return None
        return logprobs

    def _block(self, candidate: _Candidate, part: JsonObject, events: list[Event]) -> None:
        block = {"index": candidate.blocks, "dialect": DIALECT, "body": part}
        candidate.blocks += 1
        candidate.said = True
        events.append(OtherDelta(candidate.index, {"delta": {"provider_blocks": [block]}}))

    def _call(self, candidate: _Candidate, part: JsonObject, events: list[Event]) -> None:
        said = as_object(part.get("functionCall"))
        under_way = candidate.partial
        if under_way is not None and not said.get("name"):
            under_way.add(said)
            if said.get("willContinue") is not True:
                self._close(candidate, events)
            return
        self._close(candidate, events)
        call = tool_call(part, self._issuer, seed_of(self._first or EMPTY, candidate.index, candidate.calls))
        arguments = call.arguments
        if said.get("willContinue") is True or "partialArgs" in said:
            candidate.partial = PartialCall(candidate.calls)
            candidate.partial.add(said)
            arguments = ""
        extra: JsonObject = {"tool_call": call.extra} if call.extra else EMPTY
        events.append(ToolCallDelta(candidate.calls, candidate.index, call.id, call.name, arguments, "function", extra))
        candidate.calls += 1
        candidate.said = True
        if said.get("willContinue") is not True:
            self._close(candidate, events)

    def _close(self, candidate: _Candidate, events: list[Event]) -> None:
        if candidate.partial is not None:
            index, arguments = candidate.partial.index, candidate.partial.arguments
            events.append(ToolCallDelta(index, candidate.index, arguments=arguments))
            candidate.partial = None

    def _end_choice(self, candidate: _Candidate, events: list[Event]) -> None:
        self._close(candidate, events)
        found = annotations(candidate.beyond, ["".join(candidate.texts)])
        if found:
            numbered = [{"index": index, **annotation} for index, annotation in enumerate(found)]
            events.append(OtherDelta(candidate.index, {"delta": {"annotations": numbered}}))
        reason, word = finish(candidate.beyond, calls=candidate.calls > 0, said=candidate.said, provider=self._provider)
        extra = without(candidate.beyond, KNOWN_OF_CANDIDATE)
        events.append(ChoiceEnded(reason, candidate.index, word, {"choice": extra} if extra else EMPTY))
