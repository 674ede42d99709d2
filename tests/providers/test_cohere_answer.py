"""What Cohere answers, whole and streamed. Bodies are written after https://docs.cohere.com/reference/chat."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import ANY, decoded, folded, named, of, response, speaker, summary, target, texts

from aigw.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ContextLengthExceededError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
    UnprocessableEntityError,
    UnreadableAnswerError,
)
from aigw.types.events import Answer, Broken, ChoiceEnded, Ended, OtherDelta, Started, TextDelta, ToolCallDelta
from aigw.types.parts import Opaque

AT = target("cohere", "command-a-03-2025")
USAGE = {
    "billed_units": {"input_tokens": 20, "output_tokens": 8},
    "tokens": {"input_tokens": 310.0, "output_tokens": 40.0},
    "cached_tokens": 300,
}
PAGE = {"type": "document", "id": "d1", "document": {"id": "d1", "url": "https://x.example/a", "title": "A"}}
CITED = {"start": 0, "end": 2, "text": "21", "sources": [PAGE], "content_index": 1, "type": "TEXT_CONTENT"}
PLANNED = {"start": 0, "end": 1, "text": "I", "sources": [PAGE], "type": "PLAN"}


def call(name: str, arguments: str, id_: str) -> dict[str, Any]:
    """A tool call."""
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def body(finish: object = "COMPLETE", **message: object) -> dict[str, Any]:
    """A whole answer."""
    return {"id": "c14c", "finish_reason": finish, "message": {"role": "assistant", **message}, "usage": USAGE}


def read(said: object) -> Answer:
    """Read a whole answer."""
    answer = speaker(AT).read(response(said), AT, ANY)
    assert isinstance(answer, Answer)
    return answer


def event(kind: str, index: int | None = None, **message: object) -> dict[str, Any]:
    """One event of a stream."""
    place = {} if index is None else {"index": index}
    return {"type": kind, **place, "delta": {"message": message}}


def ending(finish: str = "COMPLETE", **delta: object) -> dict[str, Any]:
    """The last event."""
    return {"type": "message-end", "id": "c14c", "delta": {"finish_reason": finish, "usage": USAGE, **delta}}


START = {
    "id": "c14c",
    "type": "message-start",
    "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
}
ANSWERED = named(
    START,
    event("content-start", 0, content={"type": "thinking", "thinking": ""}),
    event("content-delta", 0, content={"thinking": "Hm"}),
    event("content-end", 0),
    event("content-start", 1, content={"type": "text", "text": ""}),
    event("content-delta", 1, content={"text": "21"}),
    event("citation-start", 0, citations=CITED),
    {"type": "citation-end", "index": 0},
    {"type": "debug", "prompt": "<the prompt>"},
    event("content-delta", 1, content={"text": " °C"}),
    event("content-end", 1),
    ending(),
)
CALLED = named(
    START,
    event("tool-plan-delta", tool_plan="I will "),
    event("tool-plan-delta", tool_plan="look."),
    event("tool-call-start", 0, tool_calls=call("weather", "", "w1")),
    event("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"city": '}}),
    event("tool-call-delta", 0, tool_calls={"function": {"arguments": '"Rome"}'}}),
    {"type": "tool-call-end", "index": 0},
    event("tool-call-start", 1, tool_calls=call("now", "", "n1")),
    {"type": "tool-call-end", "index": 1},
    ending("TOOL_CALL"),
)
ANSWER = body(
    content=[{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "21 °C"}], citations=[CITED, PLANNED]
)
CALLS = body(
    "TOOL_CALL",
    tool_plan="I will look.",
    tool_calls=[call("weather", '{"city": "Rome"}', "w1"), call("now", "", "n1")],
)


def test_a_whole_answer_says_all_it_says() -> None:
    answer = read(ANSWER)

    assert {
        "id": "c14c",
        "model": None,
        "choices": {
            0: {"text": "21 °C", "reasoning": "Hm", "refusal": "", "calls": [], "finish": "stop", "signed": []}
        },
        "usage": (310, 40, 300, 0),
    } == summary(answer)
    assert "cohere-chat" == answer.dialect


def test_calls_come_with_their_plan_as_thinking_and_under_its_own_name() -> None:
    answer = read(CALLS)
    story = summary(answer)["choices"][0]

    assert [["w1", "weather", '{"city": "Rome"}'], ["n1", "now", "{}"]] == story["calls"]
    assert ("", "I will look.", "tool_calls") == (story["text"], story["reasoning"], story["finish"])
    assert {"tool_plan": "I will look."} == answer.choices[0].message_extra


@pytest.mark.parametrize(("whole", "stream"), [(ANSWER, ANSWERED), (CALLS, CALLED)])
def test_a_stream_says_the_same_as_the_whole_answer(whole: object, stream: bytes) -> None:
    assert summary(read(whole)) == folded(decoded(stream, AT))


@pytest.mark.parametrize("stream", [ANSWERED, CALLED])
@given(data=st.data())
def test_pieces_of_any_size_give_the_same_events(stream: bytes, data: st.DataObject) -> None:
    assert decoded(stream, AT) == decoded(stream, AT, data.draw(st.integers(1, len(stream))))


@pytest.mark.parametrize("stream", [ANSWERED, CALLED])
def test_a_stream_cut_before_its_last_event_never_ends_well(stream: bytes) -> None:
    for cut in range(len(stream.rstrip(b"\n"))):
        decoder = speaker(AT).decoder(AT, ANY)
        assert [] == of(Ended, [*decoder.feed(stream[:cut]), *decoder.end()]), cut


def test_the_marker_of_other_dialects_is_no_end_and_no_error() -> None:
    assert decoded(ANSWERED, AT) == decoded(ANSWERED + b"data: [DONE]\n\n", AT)
    assert [] == of(Ended, decoded(named(START) + b"data: [DONE]\n\n", AT))


def test_nothing_that_follows_the_end_is_read() -> None:
    assert decoded(ANSWERED, AT) == decoded(ANSWERED + named(event("content-delta", 1, content={"text": "x"})), AT)


def test_an_event_without_a_name_is_known_by_its_type() -> None:
    bare = b"".join(line + b"\n" for line in ANSWERED.split(b"\n") if not line.startswith(b"event:"))

    assert decoded(ANSWERED, AT) == decoded(bare, AT)


def test_citations_are_handed_on_raw_and_pages_also_as_annotations() -> None:
    page = {
        "type": "url_citation",
        "url_citation": {"url": "https://x.example/a", "title": "A", "start_index": 0, "end_index": 2},
    }

    assert {"citations": [CITED, PLANNED], "annotations": [page]} == read(ANSWER).choices[0].message_extra
    assert [{"delta": {"citations": [{"index": 0, **CITED}], "annotations": [{"index": 0, **page}]}}] == [
        found.extra for found in of(OtherDelta, decoded(ANSWERED, AT))
    ]


def test_a_citation_is_placed_in_the_whole_text() -> None:
    second = {**CITED, "content_index": 1}
    content = [{"type": "text", "text": "first "}, {"type": "text", "text": "21"}]
    cited: Any = read(body(content=content, citations=[second])).choices[0].message_extra["annotations"]

    assert (6, 8) == (cited[0]["url_citation"]["start_index"], cited[0]["url_citation"]["end_index"])


def test_the_prompt_of_a_debug_event_is_handed_to_nobody() -> None:
    assert "<the prompt>" not in repr(decoded(ANSWERED, AT))


def test_calls_are_counted_densely_whatever_cohere_counts() -> None:
    stream = named(
        START,
        event("tool-call-start", 3, tool_calls=call("f", '{"a":1}', "x")),
        event("tool-call-start", 3, tool_calls=[call("g", "", "y")]),
        event("tool-call-delta", 3, tool_calls={"function": {"arguments": "{}"}}),
        ending("COMPLETE"),
    )

    assert [["x", "f", '{"a":1}'], ["y", "g", "{}"]] == folded(decoded(stream, AT))["choices"][0]["calls"]
    assert "tool_calls" == of(ChoiceEnded, decoded(stream, AT))[0].reason.value


def test_a_call_without_arguments_has_an_empty_object_once() -> None:
    events = of(ToolCallDelta, decoded(CALLED, AT))

    assert ["", "{}"] == [found.arguments for found in events if found.index == 1]


def test_ids_that_are_missing_are_made_the_same_each_time() -> None:
    anonymous = body("TOOL_CALL", tool_calls=[{"function": {"name": "f", "arguments": "{}"}}])
    ids = [summary(read(anonymous))["choices"][0]["calls"][0][0] for _ in range(2)]
    stream = named(START, event("tool-call-start", 0, tool_calls={"function": {"name": "f"}}), ending("TOOL_CALL"))

    assert ids[0] == ids[1] == folded(decoded(stream, AT))["choices"][0]["calls"][0][0]


@pytest.mark.parametrize(
    ("word", "reason", "kept"),
    [
        ("COMPLETE", "stop", None),
        ("STOP_SEQUENCE", "stop", "STOP_SEQUENCE"),
        ("MAX_TOKENS", "length", None),
        ("TOOL_CALL", "tool_calls", None),
        ("ERROR_TOXIC", "content_filter", "ERROR_TOXIC"),
        ("NEW", "stop", "NEW"),
        (None, "stop", None),
    ],
)
def test_every_finish_reason_is_mapped_and_kept_where_it_says_more(word: str, reason: str, kept: str | None) -> None:
    choice = read(body(word, content=[{"type": "text", "text": "a"}])).choices[0]
    ended = of(ChoiceEnded, decoded(named(START, ending(word)), AT))[0]

    assert (reason, kept) == (choice.reason.value, choice.provider_reason)
    assert (reason, kept) == (ended.reason.value, ended.provider_reason)


@pytest.mark.parametrize("word", ["ERROR", "TIMEOUT", "ERROR_LIMIT"])
def test_an_answer_that_failed_is_raised(word: str) -> None:
    with pytest.raises(InternalServerError, match=word):
        read(body(word, content=[{"type": "text", "text": "a"}]))
    decoder = speaker(AT).decoder(AT, ANY)
    events = decoder.feed(
        named(START, event("content-delta", 0, content={"text": "a"}), ending(word, error="the model broke"))
    )

    assert isinstance(events[-1], Broken)
    assert "the model broke" in str(events[-1].error)
    assert "a" == texts(events)


def test_an_error_event_maps_like_its_http_form() -> None:
    stream = b'event: error\ndata: {"message":"too many tokens: 9","id":"x"}\n\n'
    events = speaker(AT).decoder(AT, ANY).feed(named(START) + stream)

    assert isinstance(events[-1], Broken)
    assert isinstance(events[-1].error, ContextLengthExceededError)


def test_an_error_inside_a_200_is_raised() -> None:
    with pytest.raises(InternalServerError, match="internal"):
        read({"id": "x", "message": "internal server error"})


def test_what_is_billed_stays_beside_what_was_counted() -> None:
    usage = read(ANSWER).usage

    assert usage is not None
    assert {"billed_units": USAGE["billed_units"]} == usage.extra
    assert (10, 300, 40) == (usage.input, usage.cache_read, usage.output)


def test_what_is_billed_counts_where_nothing_else_does() -> None:
    usage = read({**ANSWER, "usage": {"billed_units": {"input_tokens": 20, "output_tokens": 8}}}).usage

    assert usage is not None
    assert (20, 8) == (usage.prompt_tokens, usage.completion_tokens)
    assert read({**ANSWER, "usage": None}).usage is None


def test_log_probabilities_take_openais_form() -> None:
    item = {"text": "21", "token_ids": [5, 6], "logprobs": [-0.5, -0.25]}
    written = [{"token": "21", "logprob": -0.75, "bytes": None, "top_logprobs": [], "token_ids": [5, 6]}]
    whole = read({**ANSWER, "logprobs": [item]}).choices[0].logprobs
    delta = {**event("content-delta", 0, content={"text": "21"}), "logprobs": item}
    streamed = of(TextDelta, decoded(named(START, delta, ending()), AT))[0].logprobs

    assert {"content": written, "refusal": None} == whole == streamed


def test_content_may_be_a_string_absent_or_of_unknown_blocks() -> None:
    assert "a" == summary(read(body(content="a")))["choices"][0]["text"]
    assert () == read(body()).choices[0].parts
    assert (Opaque("cohere-chat", {"type": "new", "x": 1}),) == read(body(content=[{"type": "new", "x": 1}])).choices[
        0
    ].parts
    blocks = of(OtherDelta, decoded(named(START, event("content-start", 0, content={"type": "new"}), ending()), AT))
    assert [{"index": 0, "dialect": "cohere-chat", "body": {"type": "new"}}] == blocks[0].extra["delta"][
        "provider_blocks"
    ]


def test_a_text_that_stays_empty_is_a_text() -> None:
    empty = body(content=[{"type": "text", "text": ""}])
    stream = named(START, event("content-start", 0, content={"type": "text", "text": ""}), ending())

    assert summary(read(empty)) == folded(decoded(stream, AT))
    assert [TextDelta("")] == of(TextDelta, decoded(stream, AT))


@pytest.mark.parametrize("said", [{}, {"message": None}, {"message": []}])
def test_what_is_no_answer_of_the_dialect_is_named(said: object) -> None:
    with pytest.raises(APIResponseValidationError):
        read(said)


def test_a_page_instead_of_a_stream_is_named() -> None:
    with pytest.raises(UnreadableAnswerError, match="an HTML page"):
        decoded(b"<html>\n<body>busy</body>\n</html>\n", AT)


def test_a_whole_answer_where_a_stream_was_asked_for_says_the_same() -> None:
    assert summary(read(ANSWER)) == folded(decoded(json.dumps(ANSWER).encode(), AT))


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "invalid request: p must be between 0.01 and 0.99", BadRequestError),
        (400, "too many tokens: size limit exceeded by 12 tokens", ContextLengthExceededError),
        (401, "no api key supplied", AuthenticationError),
        (402, "Please add or update your payment method", QuotaExceededError),
        (404, "model 'x' not found", NotFoundError),
        (422, "message content is unsafe", UnprocessableEntityError),
        (429, "Please wait and try again later", RateLimitError),
        (429, "You are using a Trial key, which is limited to 1000 API calls / month", QuotaExceededError),
        (498, "invalid api token", AuthenticationError),
        (499, "request cancelled", InternalServerError),
        (500, "internal server error", InternalServerError),
        (501, "not implemented", InternalServerError),
        (503, "unavailable", OverloadedError),
        (504, "timeout", InternalServerError),
    ],
)
def test_a_refusal_is_the_most_specific_error(status: int, words: str, kind: type[APIError]) -> None:
    error = speaker(AT).error(response({"message": words, "id": "req-1"}, status), AT)

    assert kind is type(error)
    assert isinstance(error, APIStatusError)
    assert words in str(error)
    assert "req-1" == error.request_id


def test_a_refusal_that_speaks_in_data_is_heard() -> None:
    assert "blocked" in str(speaker(AT).error(response({"data": "blocked"}, 403), AT))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["content", "tool_plan", "tool_calls", "citations", "role"], JSON),
        "content": JSON
        | st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["text", "thinking"])}, optional={"text": JSON, "thinking": JSON}
            ),
            max_size=2,
        ),
        "citations": JSON
        | st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(["start", "sources", "type"], JSON)), max_size=2),
    },
)
KINDS = [
    "message-start",
    "content-start",
    "content-delta",
    "tool-plan-delta",
    "tool-call-start",
    "tool-call-delta",
    "tool-call-end",
    "citation-start",
    "message-end",
    "new",
]
EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS) | JSON},
    optional={
        "index": JSON,
        "logprobs": JSON,
        "id": JSON,
        "delta": JSON
        | st.fixed_dictionaries(
            {}, optional={"message": MESSAGE | JSON, "finish_reason": JSON, "usage": JSON, "error": JSON}
        ),
    },
)


@given(
    st.fixed_dictionaries(
        {"message": MESSAGE}, optional=dict.fromkeys(["id", "usage", "logprobs", "finish_reason"], JSON)
    )
)
def test_odd_answers_raise_named_errors_only(said: dict[str, object]) -> None:
    try:
        read(said)
    except APIError:
        return


@given(st.lists(EVENT, max_size=6))
def test_odd_events_raise_named_errors_only(said: list[dict[str, object]]) -> None:
    decoder = speaker(AT).decoder(AT, ANY)
    data = "".join(f"data: {json.dumps(one)}\n\n" for one in said).encode()
    events = [*decoder.feed(data), *decoder.end()]

    assert len(of(Ended, events)) <= 1
    assert len(of(Started, events)) <= 1
