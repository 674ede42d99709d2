"""Turn a complete answer into the events of a stream, for callers who asked for one and got the other."""

from collections.abc import Iterator

from aigw.types.events import (
    Answer,
    AnswerChoice,
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
from aigw.types.json import EMPTY, JsonObject
from aigw.types.parts import Reasoning, Refusal, Text, ToolCall


def as_stream(answer: Answer) -> tuple[Event, ...]:
    """Give the events of *answer*, one delta a part, ending in `Ended`."""
    events: list[Event] = [Started(answer.id, answer.model, answer.created, _level("chunk", answer.extra))]
    for choice in answer.choices:
        events.extend(_deltas(choice))
        events.append(ChoiceEnded(choice.reason, choice.index, choice.provider_reason, _level("choice", choice.extra)))
    if answer.usage is not None:
        events.append(UsageReported(answer.usage))
    events.append(Ended())
    return tuple(events)


def _deltas(choice: AnswerChoice) -> Iterator[Event]:
    index, calls, logprobs = choice.index, 0, choice.logprobs
    if choice.message_extra:
        yield OtherDelta(index, _level("delta", choice.message_extra))
    for part in choice.parts:
        match part:
            case Text(text=text) if text:
                yield TextDelta(text, index, logprobs)
                logprobs = None
            case Reasoning(text=text, signature=signature, encrypted=encrypted):
                yield ReasoningDelta(text, index, signature, encrypted)
            case Refusal(text=text):
                yield RefusalDelta(text, index, logprobs)
                logprobs = None
            case ToolCall(id=id_, name=name, arguments=arguments, kind=kind, extra=extra):
                yield ToolCallDelta(calls, index, id_, name, arguments, kind, _level("tool_call", extra))
                calls += 1
            case _:
                pass


def _level(name: str, extra: JsonObject) -> JsonObject:
    return {name: extra} if extra else EMPTY
