"""`messages` of both faces, over a provider that is a list of events."""

import inspect
from typing import Any

import anthropic
import pytest
from tests.surfaces.fakes import Face, FakeEngine, ok_response

from aigw.errors import APIResponseValidationError, BadRequestError, StreamInterrupted, UnexpectedArgumentError
from aigw.surfaces.messages.surface import AsyncMessages, Messages
from aigw.types.events import (
    Answer,
    AnswerChoice,
    ChoiceEnded,
    Counted,
    Ended,
    Event,
    FinishReason,
    Native,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.parts import Text
from aigw.types.usage import Usage

HELLO: dict[str, Any] = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
ANSWER = Answer((AnswerChoice((Text("Hello"),), FinishReason.STOP),), Usage(input=1, output=2), "id-1", "m-2")
STREAM: list[Event | Exception] = [
    Started("id-1", "m-2"),
    ReasoningDelta("Hm."),
    ReasoningDelta("", signature="sig"),
    TextDelta("Hel"),
    TextDelta("lo"),
    ToolCallDelta(0, id="t", name="f"),
    ToolCallDelta(0, arguments='{"a":'),
    ToolCallDelta(0, arguments=" 1}"),
    ChoiceEnded(FinishReason.TOOL_CALLS),
    UsageReported(Usage(input=1, output=2)),
    Ended(),
]
NATIVE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "thinking", "thinking": "h", "signature": "s"}, {"type": "of_tomorrow", "a": [1]}],
    "stop_reason": "pause_turn",
    "usage": {"input_tokens": 1, "output_tokens": 2, "cache_creation": {"ephemeral_1h_input_tokens": 3}},
    "of_tomorrow": None,
}


def of(face: Face, engine: FakeEngine) -> Any:
    return Messages(engine) if face.name == "sync" else AsyncMessages(engine)


def test_a_call_gives_a_message_with_its_record(face: Face) -> None:
    engine = FakeEngine([ANSWER], ok_response(), attempts=2)
    message = face.done(of(face, engine).create(**HELLO))

    assert ("id-1", "m-2", "end_turn") == (message.id, message.model, message.stop_reason)
    assert "Hello" == message.content[0].text
    assert (1, 2) == (message.usage.input_tokens, message.usage.output_tokens)
    assert ("req-2", "call_1") == (message._request_id, message.aigw.call_id)
    assert "messages" == engine.requests[0].surface


def test_an_answer_in_the_dialect_itself_comes_out_as_it_came_in(face: Face) -> None:
    answer = Answer(ANSWER.choices, ANSWER.usage, "other", dialect="anthropic-messages", native=NATIVE)
    message = face.done(of(face, FakeEngine([answer])).create(**HELLO))

    assert NATIVE == message.to_dict()
    assert "acme/m-1" == message.content[0].issuer_known()
    assert [1] == message.content[1].a


def test_a_stream_gives_raw_events_and_adds_up_where_a_whole_answer_was_asked_for(face: Face) -> None:
    events = face.listed(of(face, FakeEngine(STREAM)).create(**HELLO, stream=True))
    message = face.done(of(face, FakeEngine(STREAM)).create(**HELLO))

    assert ["message_start", "content_block_start"] == [event.type for event in events[:2]]
    assert ["message_delta", "message_stop"] == [event.type for event in events[-2:]]
    assert ["thinking", "text", "tool_use"] == [block.type for block in message.content]
    assert ("tool_use", {"a": 1}) == (message.stop_reason, message.content[2].input)


def test_a_watched_stream_tells_what_each_event_changed(face: Face) -> None:
    events = face.entered(of(face, FakeEngine(STREAM)).stream(**HELLO), "iter")
    told = [event for event in events if event.type in {"text", "thinking", "signature", "input_json"}]

    assert [
        {"type": "thinking", "thinking": "Hm.", "snapshot": "Hm."},
        {"type": "signature", "signature": "sig"},
        {"type": "text", "text": "Hel", "snapshot": "Hel"},
        {"type": "text", "text": "lo", "snapshot": "Hello"},
        {"type": "input_json", "partial_json": '{"a":', "snapshot": {}},
        {"type": "input_json", "partial_json": " 1}", "snapshot": {"a": 1}},
    ] == [event.model_dump() for event in told]
    stops = [event for event in events if event.type == "content_block_stop"]
    assert ["Hm.", "Hello"] == [stops[0].content_block.thinking, stops[1].content_block.text]
    assert "tool_use" == events[-1].message.stop_reason


@pytest.mark.parametrize(("method", "expected"), [("get_final_text", "Hello"), ("get_final_message", "id-1")])
def test_a_watched_stream_gives_its_end(face: Face, method: str, expected: str) -> None:
    found = face.entered(of(face, FakeEngine(STREAM)).stream(**HELLO), method)

    assert expected == (found if isinstance(found, str) else found.id)
    assert isinstance(found, str) or found.aigw.call_id == "call_1"


def test_the_text_of_a_watched_stream_comes_by_itself(face: Face) -> None:
    manager = of(face, FakeEngine(STREAM)).stream(**HELLO)
    if face.name == "sync":
        with manager as stream:
            pieces = list(stream.text_stream)
            snapshot = stream.current_message_snapshot
    else:

        async def read() -> Any:
            async with manager as stream:
                return [piece async for piece in stream.text_stream], stream.current_message_snapshot

        pieces, snapshot = face.done(read())
    assert ["Hel", "lo"] == pieces
    assert "m-2" == snapshot.model


def test_a_message_without_text_has_no_final_text(face: Face) -> None:
    quiet = [Started(), ReasoningDelta("Hm."), ChoiceEnded(FinishReason.STOP), Ended()]
    with pytest.raises(RuntimeError, match="whose blocks are: thinking"):
        face.entered(of(face, FakeEngine(quiet)).stream(**HELLO), "get_final_text")


@pytest.mark.parametrize("method", ["iter", "get_final_message", "until_done"])
def test_a_stream_that_breaks_off_never_ends_cleanly(face: Face, method: str) -> None:
    for cut in range(2, len(STREAM) - 1):
        engine = FakeEngine([*STREAM[:cut], StreamInterrupted("cut")])
        with pytest.raises(StreamInterrupted):
            face.entered(of(face, engine).stream(**HELLO), method)


def test_tokens_are_counted(face: Face) -> None:
    engine = FakeEngine([Counted(42, {"of_tomorrow": 1})])
    count = face.done(of(face, engine).count_tokens(model="m", messages=HELLO["messages"]))

    assert {"input_tokens": 42, "of_tomorrow": 1} == count.to_dict()
    assert "call_1" == count.aigw.call_id
    assert "anthropic-count-tokens" == engine.requests[0].dialect


def test_raw_answers_have_the_exchange_with_what_was_parsed(face: Face) -> None:
    messages = of(face, FakeEngine([ANSWER], ok_response()))
    raw = face.done(messages.with_raw_response.create(**HELLO))
    counted = of(face, FakeEngine([Counted(3)], ok_response())).with_raw_response
    streamed = of(face, FakeEngine(STREAM, ok_response())).with_raw_response

    assert (200, "id-1", {"raw": True}) == (raw.status_code, raw.parse().id, raw.json())
    assert 3 == face.done(counted.count_tokens(model="m", messages=HELLO["messages"])).parse().input_tokens
    assert "message_stop" == face.listed(face.done(streamed.create(**HELLO, stream=True)).parse())[-1].type


@pytest.mark.parametrize("events", [[], [Started()], [Native("anthropic-messages", {"type": "message_start"})]])
def test_a_reply_without_an_answer_is_a_named_error(face: Face, events: list[Event]) -> None:
    with pytest.raises(APIResponseValidationError):
        face.done(of(face, FakeEngine(events)).create(**HELLO))
    with pytest.raises(APIResponseValidationError):
        face.done(of(face, FakeEngine(events[:1])).count_tokens(model="m", messages=HELLO["messages"]))


def test_refused_arguments_are_on_record(face: Face) -> None:
    engine = FakeEngine([ANSWER])
    with pytest.raises(BadRequestError):
        face.done(of(face, engine).create(model="m", max_tokens=5, messages=[]))
    with pytest.raises(UnexpectedArgumentError, match="stop_sequences"):
        face.done(of(face, engine).create(**HELLO, stop_sequence="x"))

    assert ["m", "m"] == [model for model, _, _ in engine.refusals]
    assert [] == engine.requests


@pytest.mark.parametrize("method", ["create", "stream", "count_tokens"])
def test_everything_the_real_client_takes_is_taken_here(face: Face, method: str) -> None:
    client = anthropic.Anthropic(api_key="k")
    mine = inspect.signature(getattr(of(face, FakeEngine([])), method)).parameters.keys()
    theirs = {
        *inspect.signature(getattr(client.messages, method)).parameters,
        *inspect.signature(getattr(client.beta.messages, method)).parameters,
    }

    assert set() == theirs - mine
