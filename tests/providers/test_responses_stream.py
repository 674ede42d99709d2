"""Reading streams of OpenAI's Responses dialect, from OpenAI and from those that deviate."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import ANY, decoded, folded, of, response, summary, texts
from tests.providers.responses_kit import (
    AT,
    CALL,
    CUSTOM,
    MESSAGE,
    REFUSAL,
    SEARCH,
    SECOND,
    SPEAKER,
    THOUGHT,
    USAGE,
    answer,
    own,
    streamed,
    told,
)

from aigw import errors as e
from aigw.types.events import (
    Answer,
    Broken,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    Native,
    OtherDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)

EVERYTHING = (THOUGHT, SEARCH, MESSAGE, CALL, SECOND, CUSTOM)
STREAM = streamed(*told(*EVERYTHING))


def whole(body: dict[str, Any]) -> Answer:
    return SPEAKER.read(response(body), AT, ANY)


def calls(events: list[Event]) -> list[list[str]]:
    return folded(events)["choices"][0]["calls"]


def fed_raw(data: bytes) -> list[Event]:
    decoder = SPEAKER.decoder(AT, ANY)
    return [*decoder.feed(data), *decoder.end()]


def test_a_stream_becomes_events_in_order() -> None:
    events = decoded(streamed(*told(MESSAGE)), AT)

    assert [Started, TextDelta, TextDelta, ChoiceEnded, UsageReported, Ended] == [type(event) for event in events]
    assert Started("resp_1", "m-1-2026", 7) == events[0]
    assert ChoiceEnded(FinishReason.STOP) == events[3]


@pytest.mark.parametrize(
    "output", [EVERYTHING, (MESSAGE,), (REFUSAL,), (THOUGHT, MESSAGE), (CALL,), (CUSTOM,), (MESSAGE, MESSAGE), ()]
)
def test_a_stream_says_what_the_whole_answer_says(output: tuple[dict[str, Any], ...]) -> None:
    assert summary(whole(answer(*output))) == folded(decoded(streamed(*told(*output)), AT))


def test_tool_calls_are_counted_densely_whatever_the_output_index_counts() -> None:
    begun = [event for event in decoded(STREAM, AT) if isinstance(event, ToolCallDelta) and event.id]

    assert [(0, "call_a"), (1, "call_b"), (2, "call_c")] == [(event.index, event.id) for event in begun]
    assert ["function", "function", "custom"] == [event.kind for event in begun]


def test_encrypted_reasoning_comes_once_with_the_id_of_its_item() -> None:
    sealed = [event for event in of(ReasoningDelta, decoded(STREAM, AT)) if event.encrypted]

    assert [ReasoningDelta("", encrypted="gAAAA-sealed", extra={"reasoning": {"id": "rs_1"}})] == sealed


def test_an_item_of_a_server_tool_is_handed_on_whole_and_once() -> None:
    block = {"index": 0, "dialect": "openai-responses", "body": SEARCH}

    assert [OtherDelta(extra={"delta": {"provider_blocks": [block]}})] == of(OtherDelta, decoded(STREAM, AT))


def test_a_caller_of_this_dialect_gets_each_event_as_it_came_ahead_of_what_it_means() -> None:
    sent = told(MESSAGE)
    decoder = SPEAKER.decoder(AT, own({"stream": True}))
    events = [*decoder.feed(streamed(*sent)), *decoder.end()]

    native = [event.event for event in events if isinstance(event, Native)]
    assert [{**event, "sequence_number": number} for number, event in enumerate(sent)] == native
    assert isinstance(events[0], Native)
    assert decoded(streamed(*sent), AT) == [event for event in events if not isinstance(event, Native)]


def test_without_deltas_everything_still_comes_whole_and_once() -> None:
    bare = [event for event in told(*EVERYTHING) if not event["type"].endswith((".delta", ".added"))]

    assert summary(whole(answer(*EVERYTHING))) == folded(decoded(streamed(*bare), AT))


@pytest.mark.parametrize("ending", [".done", ".delta", ".added", "item.done", "text.done", "arguments.done"])
def test_events_that_never_came_are_made_up_for_by_later_ones(ending: str) -> None:
    left = [event for event in told(*EVERYTHING) if not event["type"].endswith(ending)]

    assert summary(whole(answer(*EVERYTHING))) == folded(decoded(streamed(*left), AT))


def test_the_terminal_event_alone_is_enough() -> None:
    first, *_, last = told(*EVERYTHING)

    assert summary(whole(answer(*EVERYTHING))) == folded(decoded(streamed(first, last), AT))


def test_a_terminal_event_without_output_takes_nothing_back() -> None:
    *before, last = told(*EVERYTHING)
    last = {**last, "response": {**last["response"], "output": []}}

    assert summary(whole(answer(*EVERYTHING))) == folded(decoded(streamed(*before, last), AT))


def test_item_ids_that_change_on_the_way_make_no_second_item() -> None:
    sent = told(*EVERYTHING)
    for number, event in enumerate(sent):
        if "item_id" in event:
            event["item_id"] = f"other_{number}"
        if "item" in event:
            event["item"] = {**event["item"], "id": f"item_{number}"}

    assert summary(whole(answer(*EVERYTHING)))["choices"] == folded(decoded(streamed(*sent), AT))["choices"]


def test_an_output_index_that_is_always_0_mixes_up_no_calls() -> None:
    sent = [{**event, "output_index": 0} if "output_index" in event else event for event in told(CALL, SECOND)]

    assert [["call_a", "get_weather", '{"city":"Rome"}'], ["call_b", "now", "{}"]] == calls(
        decoded(streamed(*sent), AT)
    )


def test_without_ids_and_places_nothing_comes_twice() -> None:
    anonymous = [
        {name: value for name, value in item.items() if name != "id"} for item in (THOUGHT, MESSAGE, CALL, SECOND)
    ]
    sent = [
        {name: value for name, value in event.items() if name not in {"output_index", "item_id"}}
        for event in told(*anonymous)
    ]

    assert summary(whole(answer(*anonymous))) == folded(decoded(streamed(*sent), AT))


def test_a_call_whose_name_comes_late_is_held_back_until_then() -> None:
    sent = told(CALL)
    sent[2] = {**sent[2], "item": {"type": "function_call", "id": "fc_1"}}

    assert [["call_a", "get_weather", '{"city":"Rome"}']] == calls(decoded(streamed(*sent), AT))


def test_parallel_calls_whose_deltas_are_interleaved_keep_their_arguments() -> None:
    first, second = told(CALL), told(SECOND, CALL)
    started, ended = first[:2], told(CALL, SECOND)[-1]
    mine, theirs = first[2:-1], [{**event, "output_index": 1} for event in second[2:7]]
    mixed = [event for pair in zip(mine, theirs, strict=True) for event in pair]

    assert [["call_a", "get_weather", '{"city":"Rome"}'], ["call_b", "now", "{}"]] == calls(
        decoded(streamed(*started, *mixed, ended), AT)
    )


def test_annotations_come_once_with_their_places_in_the_whole_text() -> None:
    cited = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
    part = {"type": "output_text", "text": "56", "annotations": [cited]}
    output = (MESSAGE, {**MESSAGE, "id": "msg_2", "content": [part]})

    events = of(OtherDelta, decoded(streamed(*told(*output)), AT))

    (written,) = [event.extra["delta"]["annotations"] for event in events]
    expected = whole(answer(*output)).choices[0].message_extra["annotations"]
    assert [{"index": 0, **note} for note in expected] == written  # type: ignore[attr-defined]


def test_log_probabilities_come_with_their_text() -> None:
    token = {"token": "H", "logprob": -0.5, "top_logprobs": []}
    sent = told(MESSAGE)
    sent[4] = {**sent[4], "logprobs": [token]}

    assert {"content": [token], "refusal": None} == of(TextDelta, decoded(streamed(*sent), AT))[0].logprobs


def test_an_answer_cut_by_its_limit_is_whole_as_a_stream() -> None:
    cut = told(MESSAGE, status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    events = decoded(streamed(*cut), AT)

    assert [ChoiceEnded(FinishReason.LENGTH)] == of(ChoiceEnded, events)
    assert Ended() == events[-1]


def test_an_answer_withheld_by_a_filter_says_so() -> None:
    cut = told(status="incomplete", incomplete_details={"reason": "content_filter"})

    assert [ChoiceEnded(FinishReason.CONTENT_FILTER)] == of(ChoiceEnded, decoded(streamed(*cut), AT))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"type": "response.failed", "response": answer(status="failed", error={"code": "server_error"})},
            e.InternalServerError,
        ),
        (
            {
                "type": "response.failed",
                "response": answer(status="failed", error={"code": "rate_limit_exceeded", "message": "slow"}),
            },
            e.RateLimitError,
        ),
        ({"type": "response.failed", "response": {}}, e.InternalServerError),
        ({"type": "response.failed"}, e.InternalServerError),
        ({"type": "error", "code": "server_error", "message": "no", "param": None}, e.InternalServerError),
        (
            {"type": "error", "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "no"}},
            e.RateLimitError,
        ),
        ({"type": "error", "code": "context_length_exceeded", "message": "no"}, e.ContextLengthExceededError),
        ({"type": "", "error": {"message": "no", "code": 503}}, e.OverloadedError),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 6])
def test_an_error_inside_a_stream_is_the_mapped_one_and_what_came_before_it_is_kept(
    event: dict[str, Any], expected: type[e.APIError], place: int
) -> None:
    before = told(MESSAGE)[:place]
    *good, broken = fed_raw(streamed(*before, event))

    assert isinstance(broken, Broken)
    assert type(broken.error) is expected
    assert texts(good) == ("Hé\u2028llo" if place == 6 else "")


def test_usage_of_a_failed_answer_is_reported_before_its_error() -> None:
    failed = answer(status="failed", error={"code": "server_error", "message": "no"}, usage=USAGE)

    events = fed_raw(streamed({"type": "response.failed", "response": failed}))

    assert [Started, UsageReported, Broken] == [type(event) for event in events]


@given(st.integers(0, len(STREAM) - 1))
def test_a_cut_anywhere_is_never_a_clean_end(cut: int) -> None:
    ended = [event for event in fed_raw(STREAM[:cut]) if isinstance(event, Ended)]

    assert ended == [] or STREAM[cut:].strip() == b""


def test_a_cut_at_every_event_is_never_a_clean_end() -> None:
    sent = told(*EVERYTHING)
    for count in range(len(sent)):
        assert [] == of(Ended, fed_raw(streamed(*sent[:count]) + b"data: [DONE]\n\n"))


def test_a_marker_of_chat_completions_is_tolerated_and_means_nothing() -> None:
    assert decoded(STREAM, AT) == decoded(STREAM + b"data: [DONE]\n\n", AT)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_events(cuts: list[int]) -> None:
    decoder = SPEAKER.decoder(AT, ANY)
    events: list[Event] = []
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(edges):
        events += decoder.feed(STREAM[start:end])
    events += decoder.end()

    assert decoded(STREAM, AT) == events


def test_names_of_events_are_enough_where_the_data_has_no_type() -> None:
    lines = STREAM.decode().split("\n")
    bare = "\n".join(line.replace('{"type": "response', '{"kind": "response', 1) for line in lines).encode()

    assert folded(decoded(STREAM, AT)) == folded(decoded(bare, AT))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "keepalive"},
        {"type": "response.queued", "response": {}},
        {"type": "response.web_search_call.completed", "output_index": 9},
        {"type": "response.image_generation_call.partial_image", "partial_image_b64": "AA=="},
        {"type": "response.mcp_call.failed", "error": "no"},
        {"type": "response.audio.delta", "delta": "AA=="},
        {"type": "response.of_the_future", "delta": "x", "output_index": 0},
    ],
)
def test_events_nobody_knows_are_ignored_and_what_follows_the_end_is(event: dict[str, Any]) -> None:
    first, *rest = told(MESSAGE)

    assert decoded(streamed(first, *rest), AT) == decoded(streamed(first, event, *rest, event), AT)


def test_a_whole_document_where_a_stream_was_asked_for_is_the_answer() -> None:
    body = response(answer(*EVERYTHING)).content

    assert [whole(answer(*EVERYTHING))] == decoded(body, AT)


KINDS = sorted({event["type"] for event in told(*EVERYTHING, REFUSAL)} - {"response.completed"})
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "id"]), inner),
    max_leaves=6,
)
FIELDS = (
    "item",
    "part",
    "response",
    "delta",
    "text",
    "refusal",
    "output_index",
    "item_id",
    "content_index",
    "annotation",
)
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "custom_tool_call", "x"])},
    optional=dict.fromkeys(("id", "content", "summary", "name", "call_id", "arguments", "input"), ODD),
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from([*KINDS, "error", "response.failed"])},
    optional={**dict.fromkeys(FIELDS, ODD), "item": ITEMS, "arguments": ODD, "name": ODD, "summary_index": ODD},
)


@given(st.lists(EVENTS, max_size=8), st.booleans())
def test_odd_events_are_read_or_refused_by_name_and_are_never_an_end(sent: list[dict[str, Any]], native: bool) -> None:
    decoder = SPEAKER.decoder(AT, own({}) if native else ANY)

    events = [*decoder.feed(streamed(*sent)), *decoder.end()]

    assert [] == of(Ended, events)


@given(st.lists(ITEMS, max_size=5), st.lists(ITEMS, max_size=5))
def test_odd_items_never_break_the_promises_of_a_stream(came: list[dict[str, Any]], said: list[dict[str, Any]]) -> None:
    items = [
        {"type": f"response.output_item.{word}", "output_index": place, "item": item}
        for place, item in enumerate(came)
        for word in ("added", "done")
    ]
    folded(decoded(streamed(*items, {"type": "response.completed", "response": answer(*said)}), AT))
