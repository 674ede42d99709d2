"""Canonical answers in Anthropic's words, judged by the anthropic package's own models and accumulator."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.surfaces.messages_judge import accepted, bare, events_of, in_order, ours, theirs

from aigw.errors import APIResponseValidationError
from aigw.surfaces.messages.response import message_body, tool_input, usage_body
from aigw.surfaces.messages.writer import native, played
from aigw.types.events import (
    Answer,
    AnswerChoice,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    Native,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.parts import Opaque, Part, Reasoning, Refusal, Text, ToolCall
from aigw.types.usage import Usage

USAGE = Usage(input=7, cache_read=2, cache_write=1, output=20, reasoning=3)


def body_of(*parts: Part, reason: FinishReason = FinishReason.STOP, usage: Usage | None = USAGE, **choice: Any) -> Any:
    answer = Answer((AnswerChoice(parts, reason, **choice),), usage, "id-1", "m-2")
    return message_body(answer, id="msg_fallback", model="hint", issuer="acme/m-1")


def stream_of(*parts: Part, reason: FinishReason = FinishReason.STOP) -> list[Event]:
    """Tell the parts as an adapter would stream them."""
    events: list[Event] = [Started("id-1", "m-2")]
    calls = 0
    for part in parts:
        match part:
            case Text(text=text, extra=extra):
                events += [TextDelta(text[:3]), TextDelta(text[3:], extra={"delta": extra} if extra else {})]
            case Refusal(text=text):
                events.append(RefusalDelta(text))
            case Reasoning(text=text, signature=signature, encrypted=encrypted):
                events += [ReasoningDelta(text), ReasoningDelta("", signature=signature, encrypted=encrypted)]
            case ToolCall(id=call, name=name, arguments=arguments):
                events.append(ToolCallDelta(calls, id=call, name=name))
                events += [ToolCallDelta(calls, arguments=arguments[i : i + 4]) for i in range(0, len(arguments), 4)]
                calls += 1
            case Opaque(dialect=dialect, body=body):
                events.append(OtherDelta(extra={"delta": {"provider_blocks": [{"dialect": dialect, "body": body}]}}))
            case _:
                raise AssertionError(part)
    return [*events, ChoiceEnded(reason), UsageReported(USAGE), Ended()]


def test_a_plain_answer_is_a_message_of_theirs() -> None:
    body = body_of(
        Reasoning("Hm.", "sig", issuer="acme/m-1"),
        Text("Hello "),
        Text("you"),
        ToolCall("t-1", "f", '{"a": [1]}'),
        reason=FinishReason.TOOL_CALLS,
    )

    assert accepted(body)
    assert {
        "id": "id-1",
        "type": "message",
        "role": "assistant",
        "model": "m-2",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig", "issuer": "acme/m-1"},
            {"type": "text", "text": "Hello you"},
            {"type": "tool_use", "id": "t-1", "name": "f", "input": {"a": [1]}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 7,
            "cache_creation_input_tokens": 1,
            "cache_read_input_tokens": 2,
            "output_tokens": 23,
            "output_tokens_details": {"thinking_tokens": 3},
        },
    } == body


@pytest.mark.parametrize(
    ("reason", "word", "expected"),
    [
        (FinishReason.STOP, None, "end_turn"),
        (FinishReason.LENGTH, None, "max_tokens"),
        (FinishReason.TOOL_CALLS, None, "tool_use"),
        (FinishReason.CONTENT_FILTER, None, "refusal"),
        (FinishReason.CONTENT_FILTER, "SAFETY", "refusal"),
        (FinishReason.STOP, "stop_sequence", "stop_sequence"),
        (FinishReason.LENGTH, "model_context_window_exceeded", "model_context_window_exceeded"),
    ],
)
def test_why_it_ended_is_said_in_anthropics_words(reason: FinishReason, word: str | None, expected: str) -> None:
    assert expected == body_of(Text("x"), reason=reason, provider_reason=word)["stop_reason"]
    ended = events_of([Started(), TextDelta("x"), ChoiceEnded(reason, 0, word), Ended()])[-2]
    assert expected == ended.to_dict()["delta"]["stop_reason"]


def test_a_refusal_of_the_models_own_words_is_a_refusal() -> None:
    assert "refusal" == body_of(Refusal("No."))["stop_reason"]
    assert bare(body_of(Refusal("No."))) == theirs(events_of(stream_of(Refusal("No."))))


def test_usage_keeps_cached_input_apart_and_lifetimes_and_server_tools_visible() -> None:
    usage = Usage(input=1, cache_read=2, cache_write=3, cache_write_1h=4, output=5, server_tools={"web_search": 6})

    assert {
        "input_tokens": 1,
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": 2,
        "output_tokens": 5,
        "server_tool_use": {"web_fetch_requests": 0, "web_search_requests": 6},
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
    } == usage_body(usage)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{}", {}), ("", {}), ('{"a": 1', {"a": 1}), ("[1]", {"INVALID_JSON": "[1]"}), ("oh", {"INVALID_JSON": "oh"})],
)
def test_a_tools_input_is_read_as_far_as_it_can_be(text: str, expected: object) -> None:
    assert expected == tool_input(text)


def test_a_tools_input_may_hold_half_a_character() -> None:
    assert {"a": "\ud800"} == tool_input('{"a": "\ud800"}')
    assert {"INVALID_JSON": '{"a": "\ud800'} == tool_input('{"a": "\ud800')


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
ARGUMENTS = st.dictionaries(WORDS, st.one_of(st.integers(), WORDS, st.lists(WORDS, max_size=2)), max_size=3).map(
    json.dumps
)
CALLS = st.builds(ToolCall, WORDS, WORDS, ARGUMENTS)
FOREIGN = st.builds(Opaque, st.just("gemini"), st.just({"executableCode": {"code": "1"}}))
OWN = st.just(Opaque("anthropic-messages", {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}))
THOUGHTS = st.builds(Reasoning, WORDS, st.none() | WORDS, st.none() | WORDS)
PARTS = st.lists(st.one_of(st.builds(Text, WORDS), THOUGHTS, CALLS, OWN), max_size=6)


@settings(deadline=None)
@given(PARTS)
def test_a_stream_adds_up_to_the_plain_answer_in_their_accumulator_and_in_ours(parts: list[Part]) -> None:
    events = events_of(stream_of(*parts))
    plain = bare(body_of(*parts))

    assert in_order(events)
    assert plain == bare({**theirs(events), "content": theirs(events).get("content", [])})
    assert plain == ours(events)
    assert plain == ours(events_of([Answer((AnswerChoice(tuple(parts), FinishReason.STOP),), USAGE, "id-1", "m-2")]))


@given(st.lists(st.one_of(st.builds(Text, WORDS), FOREIGN, CALLS), max_size=5))
def test_a_block_only_another_dialect_has_travels_in_a_block_of_its_own(parts: list[Part]) -> None:
    assert bare(body_of(*parts)) == ours(events_of(stream_of(*parts)))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=30), st.randoms())
def test_calls_that_are_told_in_turns_come_out_one_after_the_other(turns: list[tuple[int, int]], random: Any) -> None:
    texts = ['{"city": "Rome"}', '{"a": {"b": [1, 2]}}', "{}"]
    left = dict(enumerate(texts))
    events: list[Event] = [Started("id-1", "m-2")]
    begun: list[int] = []
    for call, size in [*turns, *((call, 99) for call in range(3))]:
        if call not in begun:
            begun.append(call)
            events.append(ToolCallDelta(call, id=f"t-{call}", name="f"))
        piece, left[call] = left[call][:size], left[call][size:]
        if piece:
            events.append(ToolCallDelta(call, arguments=piece))
    written = events_of([*events, ChoiceEnded(FinishReason.TOOL_CALLS), Ended()])

    assert in_order(written)
    assert [(f"t-{call}", json.loads(texts[call])) for call in begun] == [
        (block["id"], block["input"]) for block in theirs(written)["content"]
    ]


def test_what_a_provider_wants_back_beside_a_block_is_in_the_block() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    call = ToolCall("t", "f", "{}", extra=signed)
    events = events_of(
        [
            Started("id-1", "m-2"),
            TextDelta("hi", extra={"delta": signed}),
            ToolCallDelta(0, id="t", name="f", arguments="{}", extra={"tool_call": signed}),
            ChoiceEnded(FinishReason.STOP),
            UsageReported(USAGE),
            Ended(),
        ]
    )

    assert bare(body_of(Text("hi", signed), call)) == ours(events)
    assert signed["extra_content"] == ours(events)["content"][1]["extra_content"]
    assert signed["extra_content"] == theirs(events)["content"][1]["extra_content"]


def test_what_an_answer_cites_elsewhere_stands_beside_its_content_and_is_never_sent_back() -> None:
    cited = {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://e.com"}}]}
    events = [Started("id-1", "m-2"), TextDelta("hi"), OtherDelta(extra={"delta": cited})]
    written = events_of([*events, ChoiceEnded(FinishReason.STOP), UsageReported(USAGE), Ended()])

    assert cited["annotations"] == body_of(Text("hi"), message_extra=cited)["annotations"]
    assert bare(body_of(Text("hi"), message_extra=cited)) == ours(written)


def test_only_the_first_of_several_answers_is_told() -> None:
    events = [
        Started("id-1", "m-2"),
        TextDelta("no", 1),
        TextDelta("yes"),
        ChoiceEnded(FinishReason.LENGTH, 1),
        Ended(),
    ]

    assert [{"type": "text", "text": "yes"}] == ours(events_of(events))["content"]
    assert "end_turn" == ours(events_of(events))["stop_reason"]


def test_an_answer_without_content_is_still_a_whole_message() -> None:
    written = events_of([Started("id-1", "m-2"), ChoiceEnded(FinishReason.STOP), Ended()])

    assert ["message_start", "message_delta", "message_stop"] == [event.type for event in written]
    assert {"input_tokens": 0, "output_tokens": 0} == theirs(written)["usage"]


def test_an_unfinished_stream_never_tells_its_end() -> None:
    whole = stream_of(Text("Hello you"), ToolCall("t", "f", '{"a": 1}'))
    for cut in range(len(whole)):
        assert "message_stop" not in [event.type for event in events_of(whole[:cut])]


NATIVE: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-x",
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 3, "output_tokens": 1, "of_tomorrow": {"a": 1}},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "new_block", "x": [1]}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "new_delta", "y": "z"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "event_of_tomorrow", "a": None},
    {"type": "message_delta", "delta": {"stop_reason": "pause_turn", "z": 1}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
]


def test_native_events_are_handed_out_as_they_came_and_what_was_read_of_them_is_not_told_again() -> None:
    events: list[Event] = []
    for event in NATIVE:
        events += [Native("anthropic-messages", event), Started("other", "other"), TextDelta("again")]
    events += [ChoiceEnded(FinishReason.STOP), UsageReported(USAGE), Ended()]

    assert NATIVE == [event.to_dict() for event in events_of(events)]
    assert {"type": "new_block", "x": [1], "y": "z"} == ours(events_of(events))["content"][0]


def test_a_native_event_of_another_shape_is_a_named_error() -> None:
    with pytest.raises(APIResponseValidationError, match="not the dialect's"):
        native({"type": "content_block_start", "index": "first"})


def test_numbers_a_host_leaves_null_are_nothing() -> None:
    start = {**NATIVE[0], "message": {**NATIVE[0]["message"], "usage": {"input_tokens": None, "output_tokens": None}}}

    assert 0 == native(start).message.usage.input_tokens  # type: ignore[union-attr]


def test_a_whole_message_plays_as_the_stream_it_might_have_been() -> None:
    citation = {"type": "char_location", "cited_text": "x", "document_index": 0, "start_char_index": 0}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            {"type": "redacted_thinking", "data": "enc"},
            {"type": "text", "text": "Hi", "citations": [{**citation, "end_char_index": 1, "document_title": None}]},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
        ],
        "stop_reason": "stop_sequence",
        "stop_sequence": "\n",
        "usage": {"input_tokens": 3, "output_tokens": 9},
    }
    events = played(message)

    assert in_order(events)
    assert bare(message) == theirs(events)
    assert bare(message) == ours(events)
