"""Anthropic's Messages dialect, read whole and streamed."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import (
    ANY,
    decoded,
    fed,
    folded,
    named,
    of,
    response,
    speaker,
    summary,
    target,
)

from aigw import errors as e
from aigw.types.events import (
    ChoiceEnded,
    Ended,
    Event,
    OtherDelta,
    ReasoningDelta,
    Started,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.parts import Opaque, Reasoning, Text, ToolCall

AT = target("anthropic", "claude-sonnet-4-5")
NEW = target("anthropic", "claude-opus-5-5")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 30).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"0" * 30).decode()
PDF = base64.b64encode(b"%PDF-1.4" + b"0" * 30).decode()
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {"properties": {}}, "strict": True},
}


def message(*blocks: dict[str, Any], stop: str | None = "end_turn", **more: object) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": list(blocks),
        "stop_reason": stop,
        "stop_sequence": None,
        **more,
    }


SEARCH = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
CITATION = {"type": "web_search_result_location", "url": "https://x", "title": "T", "cited_text": "…"}


def test_all_blocks_of_an_answer_are_read() -> None:
    answer = speaker(AT).read(
        response(
            message(
                {"type": "thinking", "thinking": "hm", "signature": "sig"},
                {"type": "redacted_thinking", "data": "enc"},
                SEARCH,
                {"type": "text", "text": "see "},
                {"type": "text", "text": "this", "citations": [CITATION]},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"x": "é"}, "caller": {"type": "direct"}},
                {"type": "tool_use", "id": "u", "name": "g", "input": {}},
                {"type": "block_of_the_future", "x": 1},
                stop="tool_use",
                container={"id": "c"},
            )
        ),
        AT,
        ANY,
    )
    choice = answer.choices[0]

    assert (
        Reasoning("hm", "sig", issuer=AT.id),
        Reasoning("", encrypted="enc", issuer=AT.id),
        Opaque("anthropic-messages", SEARCH),
        Text("see "),
        Text("this", {"citations": [CITATION]}),
        ToolCall("t", "f", '{"x":"é"}', extra={"caller": {"type": "direct"}}),
        ToolCall("u", "g", "{}"),
        Opaque("anthropic-messages", {"type": "block_of_the_future", "x": 1}),
    ) == choice.parts
    assert "tool_calls" == choice.reason.value
    assert [
        {"type": "url_citation", "url_citation": {"url": "https://x", "title": "T", "start_index": 4, "end_index": 8}}
    ] == choice.message_extra["annotations"]
    assert {"container": {"id": "c"}} == answer.extra


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("end_turn", ("stop", None)),
        ("max_tokens", ("length", None)),
        ("stop_sequence", ("stop", "stop_sequence")),
        ("pause_turn", ("stop", "pause_turn")),
        ("refusal", ("content_filter", "refusal")),
        ("model_context_window_exceeded", ("length", "model_context_window_exceeded")),
        ("word_of_the_future", ("stop", "word_of_the_future")),
        (None, ("stop", None)),
    ],
)
def test_stop_reasons_are_mapped_and_the_word_kept_where_it_says_more(
    stop: str | None, expected: tuple[str, str | None]
) -> None:
    choice = speaker(AT).read(response(message(stop=stop)), AT, ANY).choices[0]

    assert () == choice.parts
    assert expected == (choice.reason.value, choice.provider_reason)


def test_usage_buckets_are_disjoint_and_thinking_is_inside_the_output() -> None:
    books = {
        "input_tokens": 20,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 1000,
        "output_tokens": 35,
        "output_tokens_details": {"thinking_tokens": 30},
        "service_tier": "standard",
    }
    usage = speaker(AT).read(response(message(usage=books)), AT, ANY).usage

    assert usage is not None
    assert (20, 1000, 3, 5, 30) == (usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning)
    assert (1023, 35) == (usage.prompt_tokens, usage.completion_tokens)
    assert {"service_tier": "standard"} == usage.extra


def test_an_error_or_another_shape_inside_a_200_is_raised() -> None:
    with pytest.raises(e.OverloadedError):
        speaker(AT).read(response({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}), AT, ANY)
    with pytest.raises(e.APIResponseValidationError):
        speaker(AT).read(response({"choices": []}), AT, ANY)
    with pytest.raises(e.UnreadableAnswerError):
        speaker(AT).read(response(b"<html>"), AT, ANY)


def start(index: int, **block: object) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def more(index: int, kind: str, **fields: object) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


BEGIN: dict[str, Any] = {
    "type": "message_start",
    "message": message(stop=None, usage={"input_tokens": 20, "cache_read_input_tokens": 7, "output_tokens": 1}),
}
FINISH: dict[str, Any] = {
    "type": "message_delta",
    "delta": {"stop_reason": "tool_use", "stop_sequence": None},
    "usage": {"output_tokens": 89},
}
OVER: dict[str, Any] = {"type": "message_stop"}
STREAM = named(
    BEGIN,
    start(0, type="thinking", thinking="", signature=""),
    more(0, "thinking_delta", thinking="Need wéather."),
    more(0, "signature_delta", signature="EqQB"),
    stop(0),
    {"type": "ping"},
    start(1, type="redacted_thinking", data="enc"),
    stop(1),
    start(2, type="text", text=""),
    more(2, "text_delta", text="Let me "),
    more(2, "text_delta", text="look."),
    stop(2),
    start(3, type="server_tool_use", id="s", name="web_search", input={}),
    more(3, "input_json_delta", partial_json='{"query"'),
    more(3, "input_json_delta", partial_json=':"x"}'),
    stop(3),
    start(4, type="tool_use", id="t", name="f", input={}),
    more(4, "input_json_delta", partial_json=""),
    more(4, "input_json_delta", partial_json='{"city": "Ro'),
    more(4, "input_json_delta", partial_json='me"}'),
    stop(4),
    start(5, type="tool_use", id="u", name="g", input={}),
    more(5, "input_json_delta", partial_json=""),
    stop(5),
    {"type": "event_of_the_future", "x": 1},
    FINISH,
    OVER,
)


def test_a_stream_is_read_block_by_block_with_its_own_count_of_tool_calls() -> None:
    events = decoded(STREAM, AT)

    assert {
        "id": "msg_1",
        "model": "claude",
        "choices": {
            0: {
                "text": "Let me look.",
                "reasoning": "Need wéather.",
                "refusal": "",
                "calls": [["t", "f", '{"city": "Rome"}'], ["u", "g", "{}"]],
                "finish": "tool_calls",
                "signed": ["EqQB", "enc"],
            }
        },
        "usage": (27, 89, 7, 0),
    } == folded(events)
    assert [
        {
            "provider_blocks": [
                {
                    "index": 0,
                    "dialect": "anthropic-messages",
                    "body": {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
                }
            ]
        }
    ] == [event.extra["delta"] for event in of(OtherDelta, events)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_any_split_of_a_stream_gives_the_same_events(cuts: list[int]) -> None:
    decoder, events = speaker(AT).decoder(AT, ANY), list[Event]()
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(STREAM)], strict=True):
        events += decoder.feed(STREAM[begin:end])

    assert decoded(STREAM, AT) == [*events, *decoder.end()]


def test_line_endings_make_no_difference() -> None:
    assert decoded(STREAM, AT) == decoded(STREAM.replace(b"\n", b"\r\n"), AT, 3)


def test_lifecycle_alone_is_no_content() -> None:
    events = speaker(AT).decoder(AT, ANY).feed(named(BEGIN, start(0, type="text", text=""), {"type": "ping"}))

    assert [Started, UsageReported] == [type(event) for event in events]


def test_a_stream_without_message_stop_never_ends_well() -> None:
    assert [] == of(
        Ended, decoded(named(BEGIN, start(0, type="text", text=""), more(0, "text_delta", text="a"), FINISH), AT)
    )


def test_later_usage_overwrites_and_is_never_added() -> None:
    again = {**FINISH, "usage": {"input_tokens": 20, "output_tokens": 90, "cache_read_input_tokens": None}}
    events = decoded(named(BEGIN, FINISH, again, OVER), AT)

    assert (27, 90, 7, 0) == folded(events)["usage"]
    assert 1 == len(of(ChoiceEnded, events))


def test_thinking_that_is_omitted_still_carries_its_signature() -> None:
    events = decoded(
        named(
            BEGIN,
            start(0, type="thinking", thinking="", signature=""),
            more(0, "signature_delta", signature="s"),
            stop(0),
            FINISH,
            OVER,
        ),
        AT,
    )

    assert [ReasoningDelta("", signature="s")] == of(ReasoningDelta, events)


def test_input_that_comes_whole_in_the_first_event_is_kept() -> None:
    events = decoded(
        named(BEGIN, start(0, type="tool_use", id="t", name="f", input={"x": 1}), stop(0), FINISH, OVER), AT
    )

    assert [["t", "f", '{"x":1}']] == folded(events)["choices"][0]["calls"]
    assert [0, 0] == [event.index for event in of(ToolCallDelta, events)]


def test_deltas_of_the_future_are_kept_in_the_block_they_belong_to() -> None:
    events = decoded(
        named(
            BEGIN,
            start(0, type="compaction", content=""),
            more(0, "compaction_delta", content="a"),
            more(0, "compaction_delta", content="b", x=1),
            stop(0),
            FINISH,
            OVER,
        ),
        AT,
    )

    assert {"type": "compaction", "content": "ab", "x": 1} == of(OtherDelta, events)[0].extra["delta"][
        "provider_blocks"
    ][0]["body"]


def test_citations_are_numbered_and_shown_as_annotations() -> None:
    events = decoded(
        named(
            BEGIN,
            start(0, type="text", text=""),
            more(0, "text_delta", text="abc"),
            more(0, "citations_delta", citation=CITATION),
            stop(0),
            FINISH,
            OVER,
        ),
        AT,
    )
    extra = of(OtherDelta, events)[0].extra["delta"]

    assert [{"index": 0, **CITATION}] == extra["citations"]
    assert (0, 3) == (
        extra["annotations"][0]["url_citation"]["start_index"],
        extra["annotations"][0]["url_citation"]["end_index"],
    )


@pytest.mark.parametrize(
    "before", [b"", named(BEGIN), named(BEGIN, start(0, type="text", text=""), more(0, "text_delta", text="a"))]
)
def test_an_error_event_is_mapped_wherever_it_comes(before: bytes) -> None:
    decoder = speaker(AT).decoder(AT, ANY)
    decoder.feed(before)

    with pytest.raises(e.OverloadedError, match="Overloaded"):
        fed(decoder, named({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}))


def test_a_whole_answer_a_page_or_an_error_instead_of_a_stream() -> None:
    body = message(
        {"type": "text", "text": "hi"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        stop="tool_use",
        usage={"input_tokens": 1, "output_tokens": 2},
    )
    whole = summary(speaker(AT).read(response(body), AT, ANY))

    assert whole == folded(decoded(json.dumps(body).encode(), AT))
    with pytest.raises(e.UnreadableAnswerError, match="HTML page"):
        decoded(b"<!doctype html>\n\n", AT)
    with pytest.raises(e.RateLimitError):
        decoded(b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}', AT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "index",
                    "content",
                    "content_block",
                    "delta",
                    "text",
                    "thinking",
                    "signature",
                    "input",
                    "id",
                    "name",
                    "citations",
                    "usage",
                    "input_tokens",
                    "message",
                    "stop_reason",
                    "citation",
                    "url",
                ]
            ),
            inner
            | st.sampled_from(
                [
                    "content_block_start",
                    "content_block_delta",
                    "text",
                    "tool_use",
                    "thinking",
                    "text_delta",
                    "input_json_delta",
                    "message_start",
                    "message_delta",
                    "message_stop",
                    "citations_delta",
                ]
            ),
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=5))
def test_no_json_whatever_crashes_reader_or_decoder(values: list[object]) -> None:
    for run in (
        lambda: [speaker(AT).read(response(value), AT, ANY) for value in values],
        lambda: decoded("".join(f"data: {json.dumps(value)}\n\n" for value in values).encode(), AT),
    ):
        with contextlib.suppress(e.APIError):
            run()
