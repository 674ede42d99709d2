"""Reading OpenAI's dialect, whole and streamed, from OpenAI and from those that deviate."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw import errors as e
from aigw.types.events import ChoiceEnded, Ended, Event, OtherDelta, Started, TextDelta, ToolCallDelta, UsageReported
from aigw.types.parts import Audio, Opaque, Reasoning, Refusal, Text, ToolCall
from aigw.wire import HttpResponse
from tests.providers.provider_kit import decoded, delta, folded, of, response, speaker, sse, summary, target, texts

AT = target()


def whole(message: dict[str, Any], finish: str | None = "stop", **more: object) -> dict[str, Any]:
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        **more,
    }


def parts(message: dict[str, Any], finish: str = "stop") -> tuple[object, ...]:
    return speaker(AT).read(response(whole({"role": "assistant", **message}, finish)), AT).choices[0].parts


def test_an_answer_keeps_all_that_was_said_beyond_our_words() -> None:
    body = whole({"role": "assistant", "content": "hi", "annotations": [1], "refusal": None}, system_fingerprint="fp")
    body["choices"][0].update(logprobs={"content": [{"token": "hi"}]}, stop_reason=9)
    answer = speaker(AT).read(response(body), AT)
    choice = answer.choices[0]

    assert {"system_fingerprint": "fp"} == answer.extra
    assert {"stop_reason": 9} == choice.extra
    assert {"annotations": [1]} == choice.message_extra
    assert {"content": [{"token": "hi"}]} == choice.logprobs


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "hi"}, (Text("hi"),)),
        ({"content": None}, ()),
        ({}, ()),
        ({"content": None, "refusal": "no"}, (Refusal("no"),)),
        ({"content": "a", "reasoning_content": "r"}, (Reasoning("r", issuer=AT.id), Text("a"))),
        ({"content": "a", "reasoning": "r", "reasoning_content": "r"}, (Reasoning("r", issuer=AT.id), Text("a"))),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}, {"type": "text", "text": "a"}]},
            (Reasoning("r", issuer=AT.id), Text("a")),
        ),
        ({"content": ["a", {"type": "reference", "ids": [1]}]}, (Text("a"), Opaque("openai-chat", {"type": "reference", "ids": [1]}))),
        ({"audio": {"id": "au", "data": "QUJD", "transcript": "t"}}, (Audio("QUJD", None, "au", {"transcript": "t"}),)),
    ],
)
def test_content_of_any_shape_is_read(message: dict[str, Any], expected: tuple[object, ...]) -> None:
    assert expected == parts(message)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}, ToolCall("a", "f", '{"x":1}')),
        ({"id": "a", "function": {"name": "f", "arguments": ""}, "index": 0}, ToolCall("a", "f", "{}")),
        ({"id": "a", "function": {"name": "f", "arguments": {"x": "é"}}}, ToolCall("a", "f", '{"x":"é"}')),
        ({"id": "a", "function": {"name": "f"}}, ToolCall("a", "f", "{}")),
        ({"id": "a", "type": "custom", "custom": {"name": "f", "input": ""}}, ToolCall("a", "f", "", "custom")),
        (
            {"id": "a", "function": {"name": "f", "arguments": "{}"}, "extra_content": {"thought_signature": "s"}},
            ToolCall("a", "f", "{}", extra={"extra_content": {"thought_signature": "s"}}),
        ),
    ],
)
def test_tool_calls_of_any_shape_are_read_and_arguments_are_never_empty(call: dict[str, Any], expected: ToolCall) -> None:
    assert (expected,) == parts({"content": None, "tool_calls": [call]})


def test_a_missing_call_id_is_made_up_the_same_way_each_time() -> None:
    message = {"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}, {"id": "null", "function": {"name": "f"}}]}
    first, second = parts(message), parts(message)
    ids = [part.id for part in first if isinstance(part, ToolCall)]

    assert first == second
    assert 2 == len({*ids})
    assert all(part.startswith("call_") for part in ids)


@pytest.mark.parametrize(
    ("said", "calls", "expected"),
    [
        ("stop", False, ("stop", None)),
        ("length", False, ("length", None)),
        ("stop", True, ("tool_calls", "stop")),
        ("", True, ("tool_calls", None)),
        (None, False, ("stop", None)),
        ("eos", False, ("stop", "eos")),
        ("STOP", False, ("stop", "STOP")),
        ("function_call", True, ("tool_calls", "function_call")),
        ("length", True, ("length", None)),
        ("content_filter", False, ("content_filter", None)),
        ("something_new", False, ("stop", "something_new")),
    ],
)
def test_finish_reasons_are_mapped_and_the_providers_word_is_kept(said: str | None, calls: bool, expected: tuple[str, str | None]) -> None:
    message: dict[str, Any] = {"content": "x"}
    if calls:
        message["tool_calls"] = [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]
    choice = speaker(AT).read(response(whole(message, said)), AT).choices[0]

    assert expected == (choice.reason.value, choice.provider_reason)


@pytest.mark.parametrize(
    ("kind", "usage", "expected"),
    [
        ("openai", {"prompt_tokens": 9, "completion_tokens": 73, "total_tokens": 82, "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 64}}, (9, 73, 4, 64)),
        ("deepseek", {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29, "prompt_cache_hit_tokens": 16, "prompt_cache_miss_tokens": 4}, (20, 9, 16, 0)),
        ("mistral", {"prompt_tokens": 64, "completion_tokens": 6, "total_tokens": 70, "num_cached_tokens": 32}, (64, 6, 32, 0)),
        ("xai", {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 17, "completion_tokens_details": {"reasoning_tokens": 10}}, (5, 12, 0, 10)),
        ("xai", {"prompt_tokens": 5, "completion_tokens": 12, "total_tokens": 17, "completion_tokens_details": {"reasoning_tokens": 10}}, (5, 12, 0, 10)),
        ("xai", {"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 10}}, (5, 12, 0, 10)),
        ("openai-compatible", {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": None, "completion_tokens_details": {"reasoning_tokens": 10}}, (5, 2, 0, 2)),
        ("openai-compatible", {"prompt_tokens": None, "completion_tokens": "x"}, (0, 0, 0, 0)),
    ],
)
def test_usage_is_counted_by_each_providers_own_rules(kind: str, usage: dict[str, Any], expected: tuple[int, ...]) -> None:
    at = target(kind)

    assert expected == summary(speaker(at).read(response(whole({"content": "x"}, usage=usage)), at))["usage"]


def test_usage_keeps_what_the_provider_counts_beyond_the_buckets() -> None:
    books = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.5, "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 3}}
    usage = speaker(AT).read(response(whole({"content": "x"}, usage=books)), AT).usage

    assert usage is not None
    assert {"cost": 0.5, "completion_tokens_details": {"image_tokens": 3}} == usage.extra


def test_missing_usage_is_unknown_and_not_zero() -> None:
    assert speaker(AT).read(response(whole({"content": "x"})), AT).usage is None


@pytest.mark.parametrize(
    ("content", "headers", "says"),
    [
        (b"", {}, "an empty body"),
        (b"<html><body>secret</body></html>", {"content-type": "text/html"}, "an HTML page"),
        (b'{"choices": [{"message": {"content": "secr', {"content-type": "application/json"}, "breaks off"),
        (b"secret \xff", {}, "not UTF-8"),
        (b"secret", {"content-type": "text/plain; charset=x"}, "text/plain"),
        (b"[" * 100_000, {}, "breaks off or is malformed"),
    ],
)
def test_what_is_no_json_is_a_named_error_that_quotes_nothing(content: bytes, headers: dict[str, str], says: str) -> None:
    with pytest.raises(e.UnreadableAnswerError, match=says) as caught:
        speaker(AT).read(response(content, 200, headers), AT)
    assert "secr" not in str(caught.value)
    assert 200 == caught.value.status_code


def test_an_answer_that_was_cut_at_the_limit_says_so() -> None:
    with pytest.raises(e.UnreadableAnswerError, match="more than the"):
        speaker(AT).read(HttpResponse(200, response({}).headers, b'{"a": ', truncated=True), AT)


@pytest.mark.parametrize("body", [{}, [], 3, {"choices": None}, {"choices": [{"text": "x"}]}, {"detail": "x"}])
def test_json_of_another_shape_is_a_validation_error(body: object) -> None:
    with pytest.raises(e.APIResponseValidationError) as caught:
        speaker(AT).read(response(body), AT)
    assert not isinstance(caught.value, e.UnreadableAnswerError)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"code": 429, "message": "slow"}}, e.RateLimitError),
        ({"error": {"code": 402, "message": "pay", "metadata": {"error_type": "payment_required"}}}, e.QuotaExceededError),
        ({"object": "error", "message": "boom"}, e.InternalServerError),
        (whole({"content": ""}, "error"), e.InternalServerError),
        (whole({"content": ""}, "insufficient_system_resource"), e.OverloadedError),
    ],
)
def test_an_error_inside_a_200_is_raised(body: object, expected: type[e.APIError]) -> None:
    with pytest.raises(e.APIStatusError) as caught:
        speaker(AT).read(response(body), AT)
    assert expected is type(caught.value)


def test_leading_blank_lines_before_the_json_are_tolerated() -> None:
    content = b"\n\n\n" + json.dumps(whole({"content": "x"})).encode()

    assert "x" == summary(speaker(AT).read(response(content), AT))["choices"][0]["text"]


STREAM = sse(
    delta({"role": "assistant", "content": "", "refusal": None}, system_fingerprint="fp", usage=None),
    delta({"content": "Hé"}, system_fingerprint="fp", usage=None, obfuscation="zz"),
    delta({"content": "llo\u2028"}, system_fingerprint="fp", usage=None),
    delta({}, "stop", system_fingerprint="fp", usage=None),
    {"id": "c-1", "object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
)


def test_a_stream_becomes_events_in_order() -> None:
    chunk = {"chunk": {"system_fingerprint": "fp"}}
    events = decoded(STREAM, AT)

    assert [Started, TextDelta, TextDelta, ChoiceEnded, UsageReported, Ended] == [type(event) for event in events]
    assert Started("c-1", "m-1", 7, chunk) == events[0]
    assert TextDelta("Hé", extra=chunk) == events[1]


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_any_split_of_a_stream_gives_the_same_events(cuts: list[int]) -> None:
    decoder, events = speaker(AT).decoder(AT), list[Event]()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(STREAM)], strict=True):
        events += decoder.feed(STREAM[start:end])

    assert decoded(STREAM, AT) == [*events, *decoder.end()]


def test_a_role_alone_is_no_content() -> None:
    assert [Started] == [type(event) for event in speaker(AT).decoder(AT).feed(sse(delta({"role": "assistant", "content": ""}), done=False))]


def call(index: int | None, id_: str | None = None, name: str | None = None, arguments: object = None) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    said = {"index": index, "id": id_, "function": function}
    return {key: value for key, value in said.items() if value is not None}


CALLS: list[tuple[str, list[list[dict[str, Any]]], list[list[Any]]]] = [
    ("by index", [[call(0, "a", "f", "")], [call(0, None, None, '{"x"')], [call(0, None, None, ":1}")]], [["a", "f", '{"x":1}']]),
    ("parallel", [[call(0, "a", "f", "{}")], [call(1, "b", "g", "{}")]], [["a", "f", "{}"], ["b", "g", "{}"]]),
    ("index reused, other ids", [[call(0, "a", "f", "{}")], [call(0, "b", "g", "{")], [call(0, None, None, "}")]], [["a", "f", "{}"], ["b", "g", "{}"]]),
    ("index begins at 1", [[call(1, "a", "f", "{}")], [call(2, "b", "g", "{}")]], [["a", "f", "{}"], ["b", "g", "{}"]]),
    ("id and name repeated", [[call(0, "a", "f", "{")], [call(0, "a", "f", "}")]], [["a", "f", "{}"]]),
    ("no index, by id", [[call(None, "a", "f", "{}"), call(None, "b", "f", "{}")]], [["a", "f", "{}"], ["b", "f", "{}"]]),
    ("empty arguments", [[call(0, "a", "f", "")]], [["a", "f", "{}"]]),
    ("no arguments", [[call(0, "a", "f")]], [["a", "f", "{}"]]),
    ("an object", [[call(0, "a", "f", {"x": 1})]], [["a", "f", '{"x":1}']]),
    ("the name comes late", [[call(0, "a", None, '{"x"')], [call(0, None, "f", ":1}")]], [["a", "f", '{"x":1}']]),
    ("interleaved by id", [[call(0, "a", "f", "{")], [call(0, "b", "g", "{")], [call(0, "a", None, "}")], [call(0, "b", None, "}")]], [["a", "f", "{}"], ["b", "g", "{}"]]),
]


@pytest.mark.parametrize(("fragments", "expected"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_tool_call_fragments_are_put_together(fragments: list[list[dict[str, Any]]], expected: list[list[Any]]) -> None:
    chunks = [delta({"tool_calls": fragment}) for fragment in fragments]
    story = folded(decoded(sse(*chunks, delta({}, "tool_calls")), AT))

    assert expected == story["choices"][0]["calls"]
    assert "tool_calls" == story["choices"][0]["finish"]


def test_calls_without_index_and_id_are_told_apart_by_their_names() -> None:
    chunks = [delta({"tool_calls": [call(None, None, name, "{}")]}) for name in ("f", "g")]
    calls = folded(decoded(sse(*chunks, delta({}, "stop")), AT))["choices"][0]["calls"]

    assert [("f", "{}"), ("g", "{}")] == [(name, arguments) for _, name, arguments in calls]
    assert 2 == len({id_ for id_, _, _ in calls})


def test_a_custom_tool_may_have_empty_input() -> None:
    chunk = delta({"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": ""}}]})

    assert [ToolCallDelta(0, id="a", name="f", kind="custom")] == of(ToolCallDelta, decoded(sse(chunk, delta({}, "tool_calls")), AT))


def test_choices_interleave_and_each_ends_once() -> None:
    events = decoded(
        sse(delta({"content": "a"}), delta({"content": "b"}, index=1), delta({}, "stop"), delta({}, "length", 1), delta({}, "stop")), AT
    )

    assert ["a", "b"] == [texts(events, 0), texts(events, 1)]
    assert [(0, "stop"), (1, "length")] == [(end.choice, end.reason.value) for end in of(ChoiceEnded, events)]


@pytest.mark.parametrize("place", ["last with choices", "separate", "every chunk", "x_groq", "never"])
def test_usage_is_found_wherever_it_comes(place: str) -> None:
    early, usage = {"prompt_tokens": 3, "completion_tokens": 1}, {"prompt_tokens": 3, "completion_tokens": 2}
    stream = {
        "last with choices": sse(delta({"content": "a"}), delta({}, "stop", usage=usage)),
        "separate": sse(delta({"content": "a"}), delta({}, "stop"), {"object": "chat.completion.chunk", "choices": [], "usage": usage}),
        "every chunk": sse(delta({"content": "a"}, usage=early), delta({}, "stop", usage=usage)),
        "x_groq": sse(delta({"content": "a"}), delta({}, "stop", x_groq={"id": "r", "usage": usage})),
        "never": sse(delta({"content": "a"}), delta({}, "stop", usage=None)),
    }[place]
    expected = None if place == "never" else (3, 2, 0, 0)

    assert expected == folded(decoded(stream, AT))["usage"]


def test_a_stream_whose_choices_finished_needs_no_done_marker() -> None:
    events = decoded(sse(delta({"content": "a"}), delta({}, "stop"), done=False), AT)

    assert Ended() == events[-1]


@pytest.mark.parametrize("cut", ["before the finish", "inside a frame", "at once"])
def test_a_cut_stream_never_ends_well(cut: str) -> None:
    stream = {
        "before the finish": sse(delta({"content": "a"}), done=False),
        "inside a frame": sse(delta({"content": "a"}), delta({}, "stop"), done=False)[:-20],
        "at once": b"",
    }[cut]

    assert [] == of(Ended, decoded(stream, AT))
    assert [] == of(ChoiceEnded, decoded(stream, AT))


def test_done_ends_choices_that_never_said_why() -> None:
    story = folded(decoded(sse(delta({"tool_calls": [call(0, "a", "f", "{}")]}, "")), AT))

    assert "tool_calls" == story["choices"][0]["finish"]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b'data: {"error": {"message": "boom", "type": "server_error"}}\n\n', e.InternalServerError),
        (b'event: error\ndata: {"error": {"message": "x", "code": "rate_limit_exceeded"}}\n\n', e.RateLimitError),
        (b'event: error\ndata: {"message": "too long", "code": "context_length_exceeded"}\n\n', e.ContextLengthExceededError),
        (b'data: {"error": "boom", "error_type": "overloaded"}\n\n', e.OverloadedError),
        (b'data: {"id": "g", "error": {"code": 502, "message": "gone"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}\n\n', e.InternalServerError),
        (b'data: {"object": "chat.completion.chunk", "choices": [], "x_groq": {"error": "over"}}\n\n', e.InternalServerError),
        (b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}\n\n', e.InternalServerError),
        (b"data: {broken\n\n", e.UnreadableAnswerError),
        (b"data: [1]\n\n", e.APIResponseValidationError),
        (b"data: " + b"[" * 100_000 + b"\n\n", e.UnreadableAnswerError),
    ],
)
@pytest.mark.parametrize("before", [0, 3])
def test_an_error_inside_a_stream_is_raised(frame: bytes, expected: type[e.APIError], before: int) -> None:
    decoder = speaker(AT).decoder(AT)
    decoder.feed(sse(*[delta({"content": "a"})] * before, done=False))

    with pytest.raises(e.APIError) as caught:
        decoder.feed(frame)
    assert expected is type(caught.value)


def test_an_html_page_instead_of_a_stream_is_a_named_error() -> None:
    with pytest.raises(e.UnreadableAnswerError, match="HTML page"):
        decoded(b"<html>\n<body>\n\n</body></html>\n", AT)


def test_a_whole_answer_instead_of_a_stream_is_played_as_one() -> None:
    body = whole({"role": "assistant", "content": "hi"}, usage={"prompt_tokens": 1, "completion_tokens": 1})
    story = folded(decoded(json.dumps(body, indent=1).encode(), AT))

    assert ("hi", "stop") == (story["choices"][0]["text"], story["choices"][0]["finish"])
    assert (1, 1, 0, 0) == story["usage"]


def test_an_error_body_instead_of_a_stream_is_raised() -> None:
    with pytest.raises(e.RateLimitError):
        decoded(b'{"error": {"message": "slow", "code": 429}}', AT)


def test_thinking_is_its_own_channel_whatever_its_field_is_called() -> None:
    stream = sse(
        delta({"role": "assistant", "content": None, "reasoning_content": "a"}),
        delta({"content": None, "reasoning": "b"}),
        delta({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "c"}]}]}),
        delta({"content": [{"type": "text", "text": "d"}]}),
        delta({}, "stop"),
    )
    story = folded(decoded(stream, AT))["choices"][0]

    assert ("abc", "d") == (story["reasoning"], story["text"])


def test_unknown_fields_are_handed_on_by_level_and_empty_ones_are_no_content() -> None:
    chunk = delta({"role": "assistant", "content": "", "reasoning_details": [], "audio": None}, provider="Acme")
    detail = delta({"content": "", "reasoning_details": [{"type": "reasoning.text", "signature": "s"}]}, provider="Acme")
    events = decoded(sse(chunk, detail, detail, delta({}, "stop"), done=False), AT)

    assert {"provider": "Acme"} == events[0].extra["chunk"]  # type: ignore[union-attr]
    assert [0, 1] == [event.extra["delta"]["reasoning_details"][0]["index"] for event in of(OtherDelta, events)]


def test_a_cumulative_message_beside_the_delta_is_ignored() -> None:
    chunks = [delta({"content": text}) for text in ("a", "b")]
    for chunk, so_far in zip(chunks, ("a", "ab"), strict=True):
        chunk["choices"][0]["message"] = {"role": "assistant", "content": so_far}  # type: ignore[index]

    assert "ab" == texts(decoded(sse(*chunks, delta({}, "stop")), AT))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "choices", "index", "delta", "message", "content", "tool_calls", "function", "name", "arguments", "finish_reason", "usage", "prompt_tokens", "type", "text", "x_groq", "reasoning", "logprobs", "audio", "refusal"]),
        inner,
        max_size=6,
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_whatever_crashes_the_reader(body: object) -> None:
    for kind in ("openai", "xai"):
        at = target(kind)
        try:
            speaker(at).read(response(body), at)
        except e.APIError:
            pass


@given(st.lists(json_values, max_size=4))
def test_no_json_whatever_crashes_the_decoder(chunks: list[object]) -> None:
    try:
        decoded(sse(*chunks), AT)
    except e.APIError:
        pass
