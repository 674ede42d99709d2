"""An adapter that needs no provider: it answers with what was said last, and the same request with the same answer."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.samples import sample
from aigw.types.events import (
    Answer,
    AnswerChoice,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, as_object, as_text
from aigw.types.operation import Operation
from aigw.types.parts import Part, Text, ToolCall, ToolResult
from aigw.types.request import Request
from aigw.types.usage import Usage

_KEPT: Final = ("previous_response_id", "conversation", "prompt", "background")
"""Parameters that name what a provider keeps, or ask it to."""

_WORDS: Final = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+$")


class Echo:
    """Answers offline with the last user's text; forced tools are called, and JSON schemas get a small instance.

    Usage counts words. `max_tokens` and `stop` cut the answer as they would elsewhere.
    """

    dialect = "echo"
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:  # noqa: ARG002 - every target echoes
        """Name what an echo cannot do: it has no probabilities, no voice, and keeps nothing."""
        names = [name for name in ("logprobs", "audio") if request.params.get(name)]
        return (*names, *(name for name in _KEPT if request.other.get(name)))

    def play(self, request: Request, target: Target) -> Sequence[Event]:
        """Give the events of the answer: one `Answer`, or a stream ending in `Ended` if *request* asks for one."""
        part, reason = _spoken(request)
        written = len(_text_of(part).split())
        usage = Usage(input=sum(_count(message.parts) for message in request.messages), output=written)
        identity = _identity(request, target)
        choices = range(request.params.get("n", 1))
        if not request.stream:
            answers = tuple(AnswerChoice((part,), reason, index) for index in choices)
            return (Answer(answers, usage, identity, target.model),)
        events: list[Event] = [Started(identity, target.model)]
        for index in choices:
            events += _deltas(part, index)
            events.append(ChoiceEnded(reason, index))
        return (*events, UsageReported(usage), Ended())


def _spoken(request: Request) -> tuple[Text | ToolCall, FinishReason]:
    forced = _forced(request)
    if forced is not None:
        return ToolCall(f"call_echo_{forced}", forced, "{}"), FinishReason.TOOL_CALLS
    words = _WORDS.findall(_shortened(_reply(request), request))
    limit = request.params.get("max_tokens")
    if limit is not None and limit < len(words):
        return Text("".join(words[:limit])), FinishReason.LENGTH
    return Text("".join(words)), FinishReason.STOP


def _forced(request: Request) -> str | None:
    """Name the tool that `tool_choice` forces, if it does."""
    choice = request.params.get("tool_choice")
    if choice == "required":
        first = next(iter(request.params.get("tools", ())), EMPTY)
        return as_text(as_object(first.get("function")).get("name"))
    return as_text(as_object(as_object(choice).get("function")).get("name"))


def _reply(request: Request) -> str:
    text = next((_joined(message.parts) for message in reversed(request.messages) if message.role == "user"), "")
    form = as_object(request.params.get("response_format"))
    if form.get("type") == "json_object":
        return json.dumps({"echo": text}, ensure_ascii=False)
    if form.get("type") == "json_schema":
        schema = as_object(as_object(form.get("json_schema")).get("schema"))
        return json.dumps(sample(schema), ensure_ascii=False)
    return text


def _shortened(text: str, request: Request) -> str:
    places = [text.find(stop) for stop in request.params.get("stop", ()) if stop and stop in text]
    return text[: min(places)] if places else text


def _joined(parts: Sequence[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Text))


def _count(parts: Sequence[Part]) -> int:
    results = (part for part in parts if isinstance(part, ToolResult))
    return len(_joined(parts).split()) + sum(len(_joined(result.content).split()) for result in results)


def _text_of(part: Text | ToolCall) -> str:
    return part.text if isinstance(part, Text) else f"{part.name} {part.arguments}"


def _deltas(part: Text | ToolCall, index: int) -> Iterator[Event]:
    if isinstance(part, ToolCall):
        yield ToolCallDelta(0, index, part.id, part.name, part.arguments)
        return
    for word in _WORDS.findall(part.text):
        yield TextDelta(word, index)


def _identity(request: Request, target: Target) -> str:
    said = repr((target.id, [(message.role, _joined(message.parts)) for message in request.messages]))
    return f"echo-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:24]}"
