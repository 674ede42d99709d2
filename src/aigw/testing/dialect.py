"""What a wire dialect owes the scripted servers, and the neutral answer it is given to tell."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, assert_never, cast

from aigw.providers.samples import sample
from aigw.testing.replies import Reasoning, Refusal, Saying, SseStyle, Text, ToolCall, ToolCalls, UsageFault, words
from aigw.types.json import EMPTY, JsonObject, as_object
from aigw.types.usage import Usage
from aigw.wire import Headers

WRONG_KEY: Final = "The API key is missing or not the one this server was given."

CREATED: Final = 1_700_000_000
"""When every scripted answer was made, in seconds since the epoch: the same answer each time."""

INPUT_TOKENS: Final = 12
"""How many tokens every request had, unless the script says otherwise."""

_INFLATION: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, and how the script wants it told. `number` counts the server's requests from 1.

    `schema` is the one that the answer shall keep to, empty where any text will do.
    """

    number: int
    model: str
    stream: bool
    include_usage: bool = True
    style: SseStyle
    usage_fault: UsageFault | None = None
    schema: JsonObject = field(default=EMPTY, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer of the model, as tokens."""

    model: str
    usage: Usage
    finish_reason: str
    text: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()
    thinking: tuple[str, ...] = ()
    signature: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event of a stream; `content` if it carries a token of the answer. `data` is JSON text."""

    data: str
    event: str | None = None
    content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An error to tell in a dialect; None leaves the word to the dialect's custom for the status."""

    status: int
    type: str | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None


class Dialect(Protocol):
    """Tells answers and errors the way one provider does. `overloaded` is its status for too much load."""

    overloaded: int

    def plain(self, said: Said, asked: Asked) -> JsonObject:
        """Give the body of a complete answer."""
        ...

    def events(self, said: Said, asked: Asked) -> Iterator[SseEvent]:
        """Give the events of a stream, terminal marker included."""
        ...

    def ping(self) -> SseEvent | None:
        """Give the event that keeps a stream alive, if the dialect has one."""
        ...

    def error(self, trouble: Trouble, number: int) -> JsonObject:
        """Give the body of an error."""
        ...

    def error_event(self, trouble: Trouble, number: int) -> SseEvent:
        """Give the event that breaks off a stream."""
        ...

    def headers(self, number: int, *, answered: bool) -> tuple[tuple[str, str], ...]:
        """Give the request id and, for what was *answered*, the rate-limit headers."""
        ...

    def admit(self, headers: Headers, api_key: str | None) -> Trouble | None:
        """Refuse headers that lack what the dialect demands, or hold another key than *api_key* (None: any will do)."""
        ...

    def unknown_path(self, what: str) -> Trouble:
        """Give the error for a method and path that lead nowhere."""
        ...

    def listing(self, models: Sequence[str]) -> JsonObject:
        """Give the list of models."""
        ...

    def refuse(self, body: JsonObject) -> Trouble | None:
        """Find what the provider would not accept about a request's body."""
        ...


def say(what: Saying, asked: Asked) -> Said:
    """Turn a reply into tokens, with what the script left open filled in."""
    model = what.model or asked.model
    counted = Said(model=model, usage=what.usage or Usage(), finish_reason="stop")
    match what:
        case Text():
            text = _greeting(model, asked) if what.text is None else what.text
            chunks = words(text) if what.chunks is None else tuple(what.chunks)
            said = replace(counted, text=chunks, finish_reason=what.finish_reason or "stop")
        case ToolCalls():
            named = tuple(
                replace(call, id=call.id or f"call_{asked.number}_{place}") for place, call in enumerate(what.calls)
            )
            reason = what.finish_reason or "tool_calls"
            said = replace(counted, text=words(what.text), calls=named, finish_reason=reason)
        case Refusal():
            said = replace(counted, refusal=words(what.text), finish_reason="refusal")
        case Reasoning():
            said = replace(counted, text=words(what.text), thinking=words(what.thinking), signature=what.signature)
        case _:
            assert_never(what)
    return said if what.usage is not None else replace(said, usage=_count(said))


def _greeting(model: str, asked: Asked) -> str:
    return json.dumps(sample(asked.schema), ensure_ascii=False) if asked.schema else f"Hello from {model}."


def _count(said: Said) -> Usage:
    written = len(said.text) + len(said.refusal) + sum(1 + len(call.pieces) for call in said.calls)
    return Usage(input=INPUT_TOKENS, output=written, reasoning=len(said.thinking))


def spoil(usage: JsonObject, fault: UsageFault | None) -> JsonObject | None:
    """Make *usage* wrong in the way *fault* says; None where it is to be left out."""
    if fault is None:
        return usage
    if fault == "missing":
        return None
    return {name: _spoil(value, fault) for name, value in usage.items()}


def _spoil(value: object, fault: UsageFault) -> object:
    if isinstance(value, Mapping):
        return spoil(as_object(cast("object", value)), fault)
    if not isinstance(value, int):
        return value
    wrong = {"zero": 0, "negative": -value, "text": str(value), "inflated": value * _INFLATION, "null": None}
    return wrong.get(fault)
