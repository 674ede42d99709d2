"""What the adapter tests share: targets, requests written by hand, and answers folded back from events."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aigw.manifest.snapshot import Provider, Target, Unsupported
from aigw.protocols import Adapter, Decoder
from aigw.providers.registry import adapter, kinds
from aigw.types.events import (
    Answer,
    Broken,
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
from aigw.types.parts import Part, Reasoning, Refusal, Text, ToolCall
from aigw.types.request import Message, Params, Request, Role
from aigw.wire import Headers, HttpResponse

JSON = {"content-type": "application/json"}


def target(kind: str = "openai", model: str = "m-1", unsupported: Unsupported = "error", **params: object) -> Target:
    """A target of *kind* whose provider has the kind's name."""
    row = kinds()[kind]
    provider = Provider(kind, row, row.base_url or "http://llm.internal/v1", unsupported=unsupported)
    return Target(provider, model, params=params)


def speaker(at: Target) -> Adapter:
    """The adapter of a target."""
    found = adapter(at.provider.kind.dialect)
    assert hasattr(found, "read")
    return found


def response(body: object, status: int = 200, headers: Mapping[str, str] = JSON) -> HttpResponse:
    """A whole response; what is not bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, Headers(dict(headers)), content)


def said(role: Role, *parts: Part | str, verbatim: Mapping[str, object] | None = None) -> Message:
    """A canonical message; strings are text parts."""
    return Message(role, tuple(Text(part) if isinstance(part, str) else part for part in parts), verbatim=verbatim)


def asked(*messages: Message, stream: bool = False, params: Params | None = None, **other: object) -> Request:
    """A request of another dialect than any target's, so that all of it is written from its canonical form."""
    return Request("test", "m", messages or (said("user", "hi"),), params or {}, stream, {}, other)


ANY = asked()
"""For reading what does not depend on what was asked."""


def chat(body: Mapping[str, Any]) -> Request:
    """A request in OpenAI's dialect, as a surface would make it, with just enough of it in canonical form."""
    messages = tuple(
        Message(
            "user" if message["role"] == "function" else message["role"],
            (Text(message["content"]),) if isinstance(message.get("content"), str) else (),
            name=message.get("name"),
            verbatim=message,
        )
        for message in body["messages"]
    )
    params: Any = {name: value for name, value in body.items() if name in Params.__annotations__ and value is not None}
    return Request("openai-chat", body["model"], messages, params, bool(body.get("stream")), body)


def wrote(request: Request, at: Target) -> dict[str, Any]:
    """The body that goes to *at*."""
    body = json.loads(speaker(at).write(request, at).request.body)
    assert isinstance(body, dict)
    return body


def sse(*chunks: object, done: bool = True) -> bytes:
    """Chunks as a stream of OpenAI's dialect."""
    frames = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return ("".join(frames) + ("data: [DONE]\n\n" if done else "")).encode()


def delta(body: Mapping[str, object], finish: str | None = None, index: int = 0, **chunk: object) -> dict[str, object]:
    """A chunk with one choice."""
    return {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "created": 7,
        "model": "m-1",
        "choices": [{"index": index, "delta": body, "logprobs": None, "finish_reason": finish}],
        **chunk,
    }


def named(*events: Mapping[str, Any]) -> bytes:
    """Events as a stream of Anthropic's dialect."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def sound(events: Sequence[Event]) -> Sequence[Event]:
    """Give *events* if no error is among them, else raise it."""
    for event in events:
        if isinstance(event, Broken):
            raise event.error
    return events


def fed(decoder: Decoder, data: bytes) -> Sequence[Event]:
    """Feed *data*, raising the error that comes in it."""
    return sound(decoder.feed(data))


def decoded(data: bytes, at: Target, size: int | None = None) -> list[Event]:
    """All events of a stream, fed whole or in pieces of *size* bytes."""
    decoder = speaker(at).decoder(at, ANY)
    step = size or max(1, len(data))
    events: list[Event] = []
    for start in range(0, len(data), step):
        events.extend(fed(decoder, data[start : start + step]))
    events.extend(sound(decoder.end()))
    return events


def texts(events: Iterable[Event], choice: int = 0) -> str:
    """The text of one choice."""
    return "".join(event.text for event in events if isinstance(event, TextDelta) and event.choice == choice)


def of(kind: type, events: Sequence[Event]) -> list[Any]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def folded(events: Sequence[Event]) -> dict[str, Any]:
    """What a stream says, in the shape of `summary`, with the promises of a stream checked on the way."""
    if len(events) == 1 and isinstance(events[0], Answer):
        return summary(events[0])
    assert len(of(Started, events)) == 1
    assert isinstance(events[0], Started)
    assert len(of(Ended, events)) == 1
    assert isinstance(events[-1], Ended)
    choices: dict[int, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, Started | Ended | UsageReported | Answer):
            continue
        so_far = choices.setdefault(
            event.choice, {"text": "", "reasoning": "", "refusal": "", "calls": [], "finish": None, "signed": []}
        )
        assert so_far["finish"] is None, "a delta came after the end of its choice"
        _fold(so_far, event)
    reports = of(UsageReported, events)
    usage = reports[-1].usage if reports else None
    return {
        "id": events[0].id,
        "model": events[0].model,
        "choices": choices,
        "usage": usage and (usage.prompt_tokens, usage.completion_tokens, usage.cache_read, usage.reasoning),
    }


def _fold(so_far: dict[str, Any], event: Event) -> None:
    match event:
        case TextDelta(text=text):
            so_far["text"] += text
        case ReasoningDelta(text=text, signature=signature, encrypted=encrypted):
            so_far["reasoning"] += text
            so_far["signed"] += [opaque for opaque in (signature, encrypted) if opaque]
        case RefusalDelta(text=text):
            so_far["refusal"] += text
        case ToolCallDelta(index=index, id=id_, name=name, arguments=arguments):
            if id_ is not None or name is not None:
                assert index == len(so_far["calls"]), "tool calls are not counted densely"
                so_far["calls"].append([id_, name, ""])
            so_far["calls"][index][2] += arguments
        case ChoiceEnded(reason=reason):
            so_far["finish"] = reason.value
        case _:
            assert isinstance(event, OtherDelta)


def summary(answer: Answer) -> dict[str, Any]:
    """What a whole answer says, in plain words."""
    usage = answer.usage
    return {
        "id": answer.id,
        "model": answer.model,
        "choices": {
            choice.index: {
                "text": "".join(part.text for part in choice.parts if isinstance(part, Text)),
                "reasoning": "".join(part.text for part in choice.parts if isinstance(part, Reasoning)),
                "refusal": "".join(part.text for part in choice.parts if isinstance(part, Refusal)),
                "calls": [[part.id, part.name, part.arguments] for part in choice.parts if isinstance(part, ToolCall)],
                "finish": choice.reason.value,
                "signed": [
                    opaque
                    for part in choice.parts
                    if isinstance(part, Reasoning)
                    for opaque in (part.signature, part.encrypted)
                    if opaque
                ],
            }
            for choice in answer.choices
        },
        "usage": usage and (usage.prompt_tokens, usage.completion_tokens, usage.cache_read, usage.reasoning),
    }
