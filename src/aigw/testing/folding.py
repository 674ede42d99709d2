"""What an answer says, whole or streamed, in plain words that can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from aigw.types.events import (
    Answer,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.parts import Reasoning, Text, ToolCall
from aigw.types.usage import Usage


@dataclass(frozen=True, slots=True)
class Said:
    """The first choice of an answer: text, thinking, calls (name and arguments), finish reason, and usage as totals."""

    text: str
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: FinishReason | None = None
    usage: tuple[int, int] | None = None


def of_answer(answer: Answer) -> Said:
    """Sum up a whole answer."""
    choice = answer.choices[0]
    return Said(
        "".join(part.text for part in choice.parts if isinstance(part, Text)),
        "".join(part.text for part in choice.parts if isinstance(part, Reasoning)),
        tuple((part.name, part.arguments) for part in choice.parts if isinstance(part, ToolCall)),
        choice.reason,
        _totals(answer.usage),
    )


def of_events(events: Sequence[Event]) -> Said:
    """Sum up a stream, asserting on the way what every stream owes: order, one beginning, one end, dense indexes."""
    if len(events) == 1 and isinstance(events[0], Answer):
        return of_answer(events[0])
    started = [index for index, event in enumerate(events) if isinstance(event, Started)]
    ended = [index for index, event in enumerate(events) if isinstance(event, Ended)]
    assert started == [0], "a stream begins with Started, once"
    assert ended == [len(events) - 1], "a stream ends with Ended, once"
    ends = [event for event in events if isinstance(event, ChoiceEnded) and event.choice == 0]
    assert len(ends) == 1, "a choice ends once"
    usages = [event.usage for event in events if isinstance(event, UsageReported)]
    return Said(
        "".join(event.text for event in events if isinstance(event, TextDelta)),
        "".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        _calls([event for event in events if isinstance(event, ToolCallDelta)]),
        ends[0].reason,
        _totals(usages[-1] if usages else None),
    )


def _calls(deltas: Sequence[ToolCallDelta]) -> tuple[tuple[str, str], ...]:
    names: list[str] = []
    arguments: list[str] = []
    for delta in deltas:
        if delta.name is not None:
            assert delta.index == len(names), "tool calls are counted densely, from 0"
            assert delta.id, "a tool call begins with its id"
            names.append(delta.name)
            arguments.append("")
        arguments[delta.index] += delta.arguments
    return tuple(zip(names, arguments, strict=True))


def _totals(usage: Usage | None) -> tuple[int, int] | None:
    return None if usage is None else (usage.prompt_tokens, usage.completion_tokens)
