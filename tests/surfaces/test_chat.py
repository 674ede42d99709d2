import inspect
import warnings
from typing import Any

import pytest
from openai.resources.chat import completions as their_module
from pydantic import BaseModel
from tests.surfaces.fakes import NOW, Face, FakeEngine, ok_response

from aigw.call import Outcome
from aigw.errors import (
    APIResponseValidationError,
    BadRequestError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    StreamInterrupted,
    UnexpectedArgumentError,
)
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.chat.completions import AsyncChat, AsyncCompletions, Chat, Completions
from aigw.types.chat import ChatCompletion
from aigw.types.chat_parsed import ParsedChatCompletion
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
from aigw.types.parts import Refusal, Text, ToolCall
from aigw.types.usage import Usage

SAID: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
WHOLE = Answer((AnswerChoice((Text("hello"),), FinishReason.STOP),), Usage(input=3, output=2))
STREAMED: list[Event | Exception] = [
    Started("chatcmpl-A1", "m-1", 5),
    TextDelta("hel"),
    TextDelta("lo"),
    ChoiceEnded(FinishReason.STOP),
    UsageReported(Usage(input=3, output=2)),
    Ended(),
]

NOT_OURS: set[str] = set()
"""Parameters of openai's methods that ours do not take: none."""


@pytest.mark.parametrize("method", ["create", "parse", "stream"])
@pytest.mark.parametrize("ours", [Completions, AsyncCompletions])
def test_every_parameter_of_openais_client_is_taken(ours: type, method: str) -> None:
    theirs = inspect.signature(getattr(their_module.Completions, method)).parameters.keys()
    mine = inspect.signature(getattr(ours, method)).parameters

    assert NOT_OURS == theirs - mine.keys()
    assert {"tags", "max_retries", "unsupported"} == mine.keys() - theirs
    assert not [p for p in mine.values() if p.kind is inspect.Parameter.VAR_KEYWORD]


@pytest.mark.parametrize("method", ["create", "parse", "stream"])
def test_both_faces_have_the_same_signatures(method: str) -> None:
    sync, asynchronous = (inspect.signature(getattr(face, method)) for face in (Completions, AsyncCompletions))

    assert sync.parameters == asynchronous.parameters


def test_namespaces_lead_to_completions() -> None:
    engine = FakeEngine([WHOLE])

    assert isinstance(Chat(engine).completions, Completions)
    assert isinstance(AsyncChat(engine).completions, AsyncCompletions)


def test_create_gives_a_completion_with_its_record(face: Face) -> None:
    engine = FakeEngine([WHOLE], attempts=2)
    completion = face.done(face.completions(engine).create(**SAID, temperature=0, tags={"feature": "x"}))

    assert isinstance(completion, ChatCompletion)
    assert "hello" == completion.choices[0].message.content
    assert ("chatcmpl-call_1", int(NOW), "m") == (completion.id, completion.created, completion.model)
    assert 5 == completion.usage.total_tokens  # type: ignore[union-attr]
    assert ("call_1", "acme/m-1", Outcome.OK) == (
        completion.aigw.call_id,
        completion.aigw.target,
        completion.aigw.outcome,
    )
    assert {"feature": "x"} == completion.aigw.tags
    assert "req-2" == completion._request_id
    assert [Outcome.OK] == engine.ends
    assert {"temperature": 0} == engine.requests[0].params


def test_dumps_make_no_warnings(face: Face) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        completion = face.done(face.completions(FakeEngine([WHOLE])).create(**SAID))
        completion.model_dump()
        completion.model_dump_json()
        for event in face.entered(face.completions(FakeEngine(STREAMED)).stream(**SAID), "iter"):
            event.model_dump()


def test_create_adds_up_a_reply_that_a_stage_streamed(face: Face) -> None:
    completion = face.done(face.completions(FakeEngine(STREAMED)).create(**SAID))

    assert ("chatcmpl-A1", "hello", "stop", 5) == (
        completion.id,
        completion.choices[0].message.content,
        completion.choices[0].finish_reason,
        completion.usage.total_tokens,
    )


def test_a_reply_without_an_answer_is_a_named_error(face: Face) -> None:
    with pytest.raises(APIResponseValidationError, match="without an answer"):
        face.done(face.completions(FakeEngine([])).create(**SAID))


def test_an_answer_of_another_shape_is_a_named_error_that_quotes_nothing(face: Face) -> None:
    answer = Answer((AnswerChoice((Text("secret"),), FinishReason.STOP, message_extra={"annotations": "secret"}),))

    with pytest.raises(APIResponseValidationError, match=r"choices\.0\.message\.annotations") as caught:
        face.done(face.completions(FakeEngine([answer])).create(**SAID))
    assert "secret" not in str(caught.value)


def test_stream_gives_chunks_and_ends_the_call(face: Face) -> None:
    engine = FakeEngine(STREAMED)
    chunks = face.listed(face.completions(engine).create(**SAID, stream=True))

    assert ["hel", "lo", None] == [chunk.choices[0].delta.content for chunk in chunks]
    assert engine.requests[0].stream
    assert [Outcome.OK] == engine.ends


def test_stream_reports_usage_if_asked(face: Face) -> None:
    options = {"include_usage": True}
    chunks = face.listed(face.completions(FakeEngine(STREAMED)).create(**SAID, stream=True, stream_options=options))

    assert 5 == chunks[-1].usage.total_tokens


def test_stream_is_of_its_faces_kind_and_knows_its_record(face: Face) -> None:
    engine = FakeEngine(STREAMED, response=ok_response())
    stream = face.done(face.completions(engine).create(**SAID, stream=True)) if face.name == "sync" else None
    expected = Stream if face.name == "sync" else AsyncStream

    if stream is not None:
        assert isinstance(stream, expected)
        assert "call_1" == stream.aigw.call_id
        assert "1" == stream.response.headers["x-extra"]
        stream.close()
        assert [Outcome.CLOSED] == engine.ends


def test_an_interrupted_stream_is_never_a_clean_end(face: Face) -> None:
    engine = FakeEngine([*STREAMED[:2], StreamInterrupted("cut", partial_text="hel")])

    with pytest.raises(StreamInterrupted):
        face.listed(face.completions(engine).create(**SAID, stream=True))
    assert [Outcome.INTERRUPTED] == engine.ends
    with pytest.raises(StreamInterrupted):
        face.done(face.completions(FakeEngine(engine.events)).create(**SAID))


@pytest.mark.parametrize("method", ["create", "parse", "stream"])
def test_unknown_keywords_name_the_method_and_the_near_name(face: Face, method: str) -> None:
    engine = FakeEngine([WHOLE])

    with pytest.raises(UnexpectedArgumentError, match=rf"{method}\(\).*did you mean 'temperature'"):
        face.done(getattr(face.completions(engine), method)(**SAID, temperatur=1))
    assert [] == engine.requests


def test_create_refuses_a_type_as_response_format(face: Face) -> None:
    with pytest.raises(BadRequestError, match=r"use parse\(\)"):
        face.done(face.completions(FakeEngine([WHOLE])).create(**SAID, response_format=City))


class City(BaseModel):
    """A city."""

    name: str
    people: int = 0


def answered(text: str, reason: FinishReason = FinishReason.STOP) -> FakeEngine:
    return FakeEngine([Answer((AnswerChoice((Text(text),), reason),))])


def test_parse_sends_the_schema_and_gives_the_model_back(face: Face) -> None:
    engine = answered('{"name": "Oslo", "people": 7}')
    completion = face.done(face.completions(engine).parse(**SAID, response_format=City))

    assert isinstance(completion, ParsedChatCompletion)
    assert City(name="Oslo", people=7) == completion.choices[0].message.parsed
    assert {"name": "Oslo", "people": 7} == completion.model_dump()["choices"][0]["message"]["parsed"]
    assert "call_1" == completion.aigw.call_id
    sent = engine.requests[0].params["response_format"]
    assert "json_schema" == sent["type"]
    assert {"name": "City", "strict": True} == {k: v for k, v in sent["json_schema"].items() if k != "schema"}  # type: ignore[attr-defined]


def test_parse_gives_arguments_as_the_tools_model(face: Face) -> None:
    calls = (ToolCall("a", "City", '{"name": "Rome", "people": 1}'), ToolCall("b", "other", "{}"))
    engine = FakeEngine([Answer((AnswerChoice(calls, FinishReason.TOOL_CALLS),))])
    completion = face.done(face.completions(engine).parse(**SAID, tools=[City]))
    found = completion.choices[0].message.tool_calls

    assert [City(name="Rome", people=1), None] == [call.function.parsed_arguments for call in found]
    tool = engine.requests[0].params["tools"][0]["function"]
    assert ("City", "A city.", True) == (tool["name"], tool["description"], tool["strict"])  # type: ignore[index]


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (FinishReason.LENGTH, LengthFinishReasonError),
        (FinishReason.CONTENT_FILTER, ContentFilterFinishReasonError),
    ],
)
def test_parse_refuses_what_is_not_whole(face: Face, reason: FinishReason, error: type[Exception]) -> None:
    with pytest.raises(error):
        face.done(face.completions(answered('{"name": "Os', reason)).parse(**SAID, response_format=City))


def test_parse_gives_nothing_for_a_refusal(face: Face) -> None:
    engine = FakeEngine([Answer((AnswerChoice((Refusal("no"),), FinishReason.STOP),))])
    message = face.done(face.completions(engine).parse(**SAID, response_format=City)).choices[0].message

    assert (None, "no") == (message.parsed, message.refusal)


def test_a_parsed_message_can_be_sent_back(face: Face) -> None:
    engine = answered('{"name": "Oslo"}')
    message = face.done(face.completions(engine).parse(**SAID, response_format=City)).choices[0].message
    face.done(face.completions(engine).create(model="m", messages=[message]))

    assert {"role": "assistant", "content": '{"name": "Oslo"}'} == engine.requests[1].messages[0].verbatim


JSON_EVENTS: list[Event | Exception] = [
    TextDelta('{"name": "Os'),
    TextDelta('lo", "people": 1}'),
    ToolCallDelta(0, id="a", name="City"),
    ToolCallDelta(0, arguments='{"name": "Rome"'),
    ToolCallDelta(0, arguments="}"),
    ToolCallDelta(1, id="b", name="other"),
    ChoiceEnded(FinishReason.TOOL_CALLS),
    Ended(),
]


def test_watched_stream_tells_each_change_in_openais_words(face: Face) -> None:
    manager = face.completions(FakeEngine(JSON_EVENTS)).stream(**SAID, response_format=City, tools=[City])
    events = [event for event in face.entered(manager, "iter") if event.type != "chunk"]

    arguments = "tool_calls.function.arguments"
    expected = [
        "content.delta",
        "content.delta",
        f"{arguments}.delta",
        "content.done",
        f"{arguments}.delta",
        f"{arguments}.delta",
        f"{arguments}.delta",
        f"{arguments}.done",
        f"{arguments}.delta",
        f"{arguments}.done",
    ]
    assert expected == [event.type for event in events if event.type]
    assert {} == events[0].parsed
    assert City(name="Oslo", people=1) == events[3].parsed
    assert City(name="Rome") == events[7].parsed_arguments
    assert "{}" == events[9].arguments


def test_watched_stream_gives_the_final_completion_with_its_record(face: Face) -> None:
    engine = FakeEngine(JSON_EVENTS)
    manager = face.completions(engine).stream(**SAID, response_format=City, tools=[City])
    completion = face.entered(manager, "get_final_completion")

    assert City(name="Oslo", people=1) == completion.choices[0].message.parsed
    assert ("call_1", "req-1") == (completion.aigw.call_id, completion._request_id)
    assert [Outcome.OK] == engine.ends


def test_snapshot_is_the_answer_so_far() -> None:
    with Completions(FakeEngine(STREAMED)).stream(**SAID) as stream:
        with pytest.raises(RuntimeError, match="nothing has arrived"):
            _ = stream.current_completion_snapshot
        first = next(stream)
        assert "chunk" == first.type
        assert "hel" == first.snapshot.choices[0].message.content
        assert stream.current_completion_snapshot.choices[0].finish_reason is None
        stream.until_done()
        assert "stop" == stream.current_completion_snapshot.choices[0].finish_reason


def test_leaving_a_watched_stream_early_ends_the_call(face: Face) -> None:
    engine = FakeEngine(STREAMED)
    face.entered(face.completions(engine).stream(**SAID), "close")

    assert [Outcome.CLOSED] == engine.ends
    assert engine.sources[0].closed


def test_watched_stream_refuses_a_cut_answer_only_if_it_is_to_be_parsed(face: Face) -> None:
    events: list[Event | Exception] = [TextDelta("{"), ChoiceEnded(FinishReason.LENGTH), Ended()]

    with pytest.raises(LengthFinishReasonError):
        face.entered(face.completions(FakeEngine(events)).stream(**SAID, response_format=City), "iter")
    final = face.entered(face.completions(FakeEngine(events)).stream(**SAID), "get_final_completion")
    assert "length" == final.choices[0].finish_reason


def test_raw_response_has_the_exchange(face: Face) -> None:
    engine = FakeEngine([WHOLE], response=ok_response(), attempts=3)
    raw = face.done(face.completions(engine).with_raw_response.create(**SAID))

    assert (200, "1", '{"raw": true}', b'{"raw": true}') == (
        raw.status_code,
        raw.headers["X-Extra"],
        raw.text,
        raw.content,
    )
    assert ("req-3", 2, 2.0) == (raw.request_id, raw.retries_taken, raw.elapsed.total_seconds())
    assert "hello" == raw.parse().choices[0].message.content
    assert not hasattr(raw, "http_request")


def test_raw_response_without_a_wire_is_openais_body(face: Face) -> None:
    raw = face.done(face.completions(FakeEngine([WHOLE])).with_raw_response.create(**SAID))

    assert (200, "chatcmpl-call_1") == (raw.status_code, raw.json()["id"])


def test_raw_stream_and_raw_parse_give_what_the_plain_call_does(face: Face) -> None:
    raw = face.done(face.completions(answered('{"name": "a"}')).with_raw_response.parse(**SAID, response_format=City))
    assert City(name="a") == raw.parse().choices[0].message.parsed

    if face.name == "sync":
        streamed = face.completions(FakeEngine(STREAMED)).with_raw_response.create(**SAID, stream=True)
        assert 3 == len(list(streamed.parse()))


def test_streaming_response_gives_the_body_as_server_sent_events(face: Face) -> None:
    manager = face.completions(FakeEngine(STREAMED)).with_streaming_response.create(**SAID, stream=True)
    text = face.entered(manager, "text")

    assert text.startswith('data: {"id":"chatcmpl-A1"')
    assert text.endswith("data: [DONE]\n\n")
    assert 4 == text.count("data: ")


def test_streaming_response_of_a_whole_answer_is_its_body(face: Face) -> None:
    engine = FakeEngine([WHOLE], response=ok_response())

    assert {"raw": True} == face.entered(face.completions(engine).with_streaming_response.create(**SAID), "json")


def test_arguments_are_refused_before_anything_is_sent(face: Face) -> None:
    engine = FakeEngine([WHOLE])

    with pytest.raises(BadRequestError):
        face.done(face.completions(engine).create(model="m", messages=[]))
    assert [] == engine.requests
