"""What Ollama answers, whole and streamed. Bodies are written after https://github.com/ollama/ollama/blob/main/docs/api.md."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import ANY, decoded, fed, folded, of, response, speaker, summary, target, texts

from aigw.errors import (
    APIError,
    APIResponseValidationError,
    BadRequestError,
    ContextLengthExceededError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    UnreadableAnswerError,
)
from aigw.types.events import Answer, Broken, ChoiceEnded, Ended, OtherDelta, Started, TextDelta, ToolCallDelta

AT = target("ollama", "qwen3")


def line(message: Mapping[str, object] | None = None, **fields: object) -> dict[str, Any]:
    """One line of a stream."""
    said = {"role": "assistant", "content": "", **(message or {})}
    return {"model": "qwen3", "created_at": "2026-11-20T12:00:00.123456789Z", "message": said, "done": False, **fields}


def last(**fields: object) -> dict[str, Any]:
    """The line that ends a stream."""
    return line(done=True, done_reason="stop", total_duration=5, prompt_eval_count=26, eval_count=9) | fields


def ndjson(*bodies: object) -> bytes:
    """Lines as they are sent."""
    return b"".join(json.dumps(body, ensure_ascii=False).encode() + b"\n" for body in bodies)


def call(name: str, arguments: object, **fields: object) -> dict[str, object]:
    """A tool call in Ollama's form."""
    return {**fields, "function": {"name": name, "arguments": arguments}}


def read(body: object) -> Answer:
    """Read a whole answer."""
    answer = speaker(AT).read(response(body), AT, ANY)
    assert isinstance(answer, Answer)
    return answer


STREAM = ndjson(
    line({"thinking": "Let me "}),
    line({"thinking": "see"}),
    line({"content": "2"}),
    line({"content": "1 °C\u2028"}),
    line({"tool_calls": [call("weather", {"city": "Rome"}, id="call_x1")]}),
    line({"tool_calls": [call("weather", {"city": "Oslo"}, id="call_x2"), call("now", {}, id="call_x3")]}),
    last(),
)
WHOLE = last(
    message={
        "role": "assistant",
        "thinking": "Let me see",
        "content": "21 °C\u2028",
        "tool_calls": [
            call("weather", {"city": "Rome"}, id="call_x1"),
            call("weather", {"city": "Oslo"}, id="call_x2"),
            call("now", {}, id="call_x3"),
        ],
    }
)


def test_a_whole_answer_says_all_it_says() -> None:
    answer = read(WHOLE)

    assert {
        "id": None,
        "model": "qwen3",
        "choices": {
            0: {
                "text": "21 °C\u2028",
                "reasoning": "Let me see",
                "refusal": "",
                "calls": [
                    ["call_x1", "weather", '{"city":"Rome"}'],
                    ["call_x2", "weather", '{"city":"Oslo"}'],
                    ["call_x3", "now", "{}"],
                ],
                "finish": "tool_calls",
                "signed": [],
            }
        },
        "usage": (26, 9, 0, 0),
    } == summary(answer)
    assert (1795176000, "ollama-chat", {"total_duration": 5}) == (answer.created, answer.dialect, answer.extra)


def test_a_stream_says_the_same_as_the_whole_answer() -> None:
    assert summary(read(WHOLE)) == folded(decoded(STREAM, AT))


@given(st.integers(1, len(STREAM)))
def test_pieces_of_any_size_give_the_same_events(size: int) -> None:
    assert decoded(STREAM, AT) == decoded(STREAM, AT, size)


def test_a_stream_cut_anywhere_never_ends_well() -> None:
    for cut in range(len(STREAM) - 1):
        assert [] == of(Ended, decoded(STREAM[:cut], AT)), cut


def test_the_last_line_counts_without_its_line_feed() -> None:
    assert decoded(STREAM, AT) == decoded(STREAM.rstrip(b"\n"), AT)


def test_an_empty_stream_is_no_answer() -> None:
    assert [] == decoded(b"", AT)
    assert [] == decoded(b"\n\n", AT)


def test_nothing_that_follows_the_end_is_read() -> None:
    assert decoded(STREAM, AT) == decoded(STREAM + ndjson(line({"content": "more"}), {"error": "late"}), AT)


def test_a_text_that_stays_empty_is_a_text() -> None:
    assert summary(read(last())) == folded(decoded(ndjson(line(), last()), AT))
    assert [TextDelta("")] == of(TextDelta, decoded(ndjson(line(), last()), AT))
    assert [] == of(TextDelta, decoded(ndjson(line({"tool_calls": [call("f", {})]}), last()), AT))


def test_ids_that_old_servers_leave_out_are_made_the_same_each_time() -> None:
    body = last(message={"role": "assistant", "content": "", "tool_calls": [call("f", {"a": 1}), call("f", {"a": 1})]})
    ids = [found[0] for found in summary(read(body))["choices"][0]["calls"]]

    assert 2 == len(set(ids))
    assert all(found.startswith("call_") for found in ids)
    assert ids == [found[0] for found in summary(read(body))["choices"][0]["calls"]]
    assert ids == [found[0] for found in folded(decoded(ndjson(body), AT))["choices"][0]["calls"]]


def test_calls_are_counted_densely_whatever_the_server_counts() -> None:
    first = {"function": {"index": 4, "name": "f", "arguments": {}}, "id": "a"}
    second = {"function": {"index": 0, "name": "g", "arguments": None}, "id": "b"}
    events = decoded(ndjson(line({"tool_calls": [first]}), line({"tool_calls": [second]}), last()), AT)

    assert [(0, "a", "{}"), (1, "b", "{}")] == [
        (event.index, event.id, event.arguments) for event in of(ToolCallDelta, events)
    ]


@pytest.mark.parametrize(
    ("word", "reason", "kept"),
    [
        ("stop", "stop", None),
        ("length", "length", None),
        ("load", "stop", "load"),
        ("unload", "stop", "unload"),
        ("new", "stop", "new"),
        (None, "stop", None),
        (7, "stop", None),
    ],
)
def test_every_done_reason_is_mapped_and_kept_where_it_says_more(word: object, reason: str, kept: str | None) -> None:
    choice = read(last(done_reason=word)).choices[0]
    ended = of(ChoiceEnded, decoded(ndjson(last(done_reason=word)), AT))[0]

    assert (reason, kept) == (choice.reason.value, choice.provider_reason)
    assert (reason, kept) == (ended.reason.value, ended.provider_reason)


def test_a_prompt_that_was_not_counted_is_marked_and_not_guessed() -> None:
    body = last()
    del body["prompt_eval_count"]
    usage = read(body).usage

    assert usage is not None
    assert (0, 9, True) == (usage.prompt_tokens, usage.completion_tokens, usage.estimated)


def test_where_nothing_is_counted_there_is_no_usage() -> None:
    assert read({"message": {"content": ""}, "done": True, "done_reason": "load"}).usage is None


def test_log_probabilities_take_openais_form() -> None:
    token = {"token": "2", "logprob": -0.5, "top_logprobs": [{"token": "3", "logprob": -1.0}]}
    written = {
        "content": [
            {
                "token": "2",
                "logprob": -0.5,
                "bytes": None,
                "top_logprobs": [{"token": "3", "logprob": -1.0, "bytes": None}],
            }
        ],
        "refusal": None,
    }

    assert written == read(last(logprobs=[token])).choices[0].logprobs
    assert written == of(TextDelta, decoded(ndjson(line({"content": "2"}, logprobs=[token]), last()), AT))[0].logprobs


def test_fields_nobody_knows_are_handed_on() -> None:
    events = decoded(ndjson(line({"images": ["aGk="]}), last()), AT)

    assert {"delta": {"images": ["aGk="]}} == of(OtherDelta, events)[0].extra
    assert {"images": ["aGk="]} == read(last(message={"content": "", "images": ["aGk="]})).choices[0].message_extra


@pytest.mark.parametrize("before", [b"", ndjson(line({"content": "a"}))])
def test_an_error_line_inside_a_stream_is_raised_in_its_place(before: bytes) -> None:
    decoder = speaker(AT).decoder(AT, ANY)
    events = [*decoder.feed(before + ndjson({"error": "the runner has stopped"}, last())), *decoder.end()]

    assert isinstance(events[-1], Broken)
    assert isinstance(events[-1].error, InternalServerError)
    assert "the runner has stopped" in str(events[-1].error)
    assert ("a" if before else "") == texts(events)
    assert [] == list(decoder.feed(ndjson(last())))


def test_an_error_inside_a_200_is_raised() -> None:
    with pytest.raises(InternalServerError, match="out of memory"):
        read({"error": "out of memory"})


@pytest.mark.parametrize("body", [{}, {"done": True}, {"message": "x", "done": True}, {"message": {}, "done": False}])
def test_what_is_no_answer_of_the_dialect_is_named(body: object) -> None:
    with pytest.raises(APIResponseValidationError):
        read(body)


def test_a_page_instead_of_a_stream_is_named() -> None:
    for size in (None, 3):
        with pytest.raises(UnreadableAnswerError, match="an HTML page"):
            decoded(b"<html>\n<body>busy</body>\n</html>\n", AT, size)


def test_another_dialects_stream_is_named() -> None:
    with pytest.raises(UnreadableAnswerError, match="no event stream"):
        decoded(b'data: {"choices": []}\n\n', AT)


def test_a_line_that_is_no_json_is_named() -> None:
    with pytest.raises(UnreadableAnswerError, match="malformed"):
        decoded(ndjson(line({"content": "a"})) + b'{"message": \xff}\n', AT)


def test_a_whole_answer_where_a_stream_was_asked_for_says_the_same() -> None:
    assert summary(read(WHOLE)) == folded(decoded(ndjson(WHOLE), AT))
    assert summary(read(WHOLE)) == folded(decoded(json.dumps(WHOLE, indent=2).encode(), AT))


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (404, "model 'foo' not found", NotFoundError),
        (400, '"gemma" does not support thinking', BadRequestError),
        (400, "the input length exceeds the context length", ContextLengthExceededError),
        (500, "llama runner process has terminated", InternalServerError),
        (503, "server busy, please try again. maximum pending requests exceeded", OverloadedError),
    ],
)
def test_a_refusal_is_the_most_specific_error(status: int, words: str, kind: type[APIError]) -> None:
    error = speaker(AT).error(response({"error": words}, status), AT)

    assert kind is type(error)
    assert words in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["model", "created_at", "message", "done", "done_reason", "prompt_eval_count", "eval_count", "logprobs"]
ODD = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(FIELDS, JSON),
        "message": st.fixed_dictionaries({}, optional=dict.fromkeys(["content", "thinking", "tool_calls", "x"], JSON))
        | st.builds(lambda inner: {"tool_calls": [inner, {"function": inner}]}, JSON),
    },
)


@given(st.lists(ODD, max_size=4))
def test_odd_bodies_raise_named_errors_only(bodies: list[dict[str, object]]) -> None:
    for body in bodies:
        try:
            read(body)
        except APIError:
            continue
    decoder = speaker(AT).decoder(AT, ANY)
    events = [*decoder.feed(ndjson(*bodies)), *decoder.end()]
    assert len(of(Ended, events)) <= 1
    assert len(of(Started, events)) <= 1


def test_a_decoder_gives_events_as_lines_come() -> None:
    decoder = speaker(AT).decoder(AT, ANY)

    assert [Started(None, "qwen3", 1795176000), TextDelta("a")] == fed(decoder, ndjson(line({"content": "a"})))
