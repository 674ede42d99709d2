"""Reading streams of OpenAI's dialect, from OpenAI and from those that deviate."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import (
    ANY,
    asked,
    decoded,
    delta,
    fed,
    folded,
    of,
    response,
    speaker,
    sse,
    target,
    texts,
)

from aigw import errors as e
from aigw.manifest.snapshot import Target
from aigw.types.events import (
    Broken,
    ChoiceEnded,
    Ended,
    Event,
    OtherDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.request import Request

AT = target()
LOOSE = target("openai-compatible")
"""Whose servers may close without `[DONE]`."""


def whole(message: dict[str, Any], finish: str | None = "stop", **more: object) -> dict[str, Any]:
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        **more,
    }


STREAM = sse(
    delta({"role": "assistant", "content": "", "refusal": None}, system_fingerprint="fp", usage=None),
    delta({"content": "Hé"}, system_fingerprint="fp", usage=None, obfuscation="zz"),
    delta({"content": "llo\u2028"}, system_fingerprint="fp", usage=None),
    delta({}, "stop", system_fingerprint="fp", usage=None),
    {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "choices": [],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    },
)


def test_a_stream_becomes_events_in_order() -> None:
    chunk = {"chunk": {"system_fingerprint": "fp"}}
    events = decoded(STREAM, AT)

    assert [Started, TextDelta, TextDelta, ChoiceEnded, UsageReported, Ended] == [type(event) for event in events]
    assert Started("c-1", "m-1", 7, chunk) == events[0]
    assert TextDelta("Hé", extra=chunk) == events[1]


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_any_split_of_a_stream_gives_the_same_events(cuts: list[int]) -> None:
    decoder, events = speaker(AT).decoder(AT, ANY), list[Event]()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(STREAM)], strict=True):
        events += decoder.feed(STREAM[start:end])

    assert decoded(STREAM, AT) == [*events, *decoder.end()]


def test_a_role_alone_is_no_content() -> None:
    assert [Started] == [
        type(event)
        for event in speaker(AT).decoder(AT, ANY).feed(sse(delta({"role": "assistant", "content": ""}), done=False))
    ]


def call(
    index: int | None, id_: str | None = None, name: str | None = None, arguments: object = None
) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    said = {"index": index, "id": id_, "function": function}
    return {key: value for key, value in said.items() if value is not None}


CALLS: list[tuple[str, list[list[dict[str, Any]]], list[list[Any]]]] = [
    (
        "by index",
        [[call(0, "a", "f", "")], [call(0, None, None, '{"x"')], [call(0, None, None, ":1}")]],
        [["a", "f", '{"x":1}']],
    ),
    ("parallel", [[call(0, "a", "f", "{}")], [call(1, "b", "g", "{}")]], [["a", "f", "{}"], ["b", "g", "{}"]]),
    (
        "index reused, other ids",
        [[call(0, "a", "f", "{}")], [call(0, "b", "g", "{")], [call(0, None, None, "}")]],
        [["a", "f", "{}"], ["b", "g", "{}"]],
    ),
    ("index begins at 1", [[call(1, "a", "f", "{}")], [call(2, "b", "g", "{}")]], [["a", "f", "{}"], ["b", "g", "{}"]]),
    ("id and name repeated", [[call(0, "a", "f", "{")], [call(0, "a", "f", "}")]], [["a", "f", "{}"]]),
    (
        "no index, by id",
        [[call(None, "a", "f", "{}"), call(None, "b", "f", "{}")]],
        [["a", "f", "{}"], ["b", "f", "{}"]],
    ),
    ("empty arguments", [[call(0, "a", "f", "")]], [["a", "f", "{}"]]),
    ("no arguments", [[call(0, "a", "f")]], [["a", "f", "{}"]]),
    ("an object", [[call(0, "a", "f", {"x": 1})]], [["a", "f", '{"x":1}']]),
    ("the name comes late", [[call(0, "a", None, '{"x"')], [call(0, None, "f", ":1}")]], [["a", "f", '{"x":1}']]),
    (
        "interleaved by id",
        [[call(0, "a", "f", "{")], [call(0, "b", "g", "{")], [call(0, "a", None, "}")], [call(0, "b", None, "}")]],
        [["a", "f", "{}"], ["b", "g", "{}"]],
    ),
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

    assert [ToolCallDelta(0, id="a", name="f", kind="custom")] == of(
        ToolCallDelta, decoded(sse(chunk, delta({}, "tool_calls")), AT)
    )


def test_choices_interleave_and_each_ends_once() -> None:
    events = decoded(
        sse(
            delta({"content": "a"}),
            delta({"content": "b"}, index=1),
            delta({}, "stop"),
            delta({}, "length", 1),
            delta({}, "stop"),
        ),
        AT,
    )

    assert ["a", "b"] == [texts(events, 0), texts(events, 1)]
    assert [(0, "stop"), (1, "length")] == [(end.choice, end.reason.value) for end in of(ChoiceEnded, events)]


@pytest.mark.parametrize("place", ["last with choices", "separate", "every chunk", "x_groq", "never"])
def test_usage_is_found_wherever_it_comes(place: str) -> None:
    early, usage = {"prompt_tokens": 3, "completion_tokens": 1}, {"prompt_tokens": 3, "completion_tokens": 2}
    stream = {
        "last with choices": sse(delta({"content": "a"}), delta({}, "stop", usage=usage)),
        "separate": sse(
            delta({"content": "a"}),
            delta({}, "stop"),
            {"object": "chat.completion.chunk", "choices": [], "usage": usage},
        ),
        "every chunk": sse(delta({"content": "a"}, usage=early), delta({}, "stop", usage=usage)),
        "x_groq": sse(delta({"content": "a"}), delta({}, "stop", x_groq={"id": "r", "usage": usage})),
        "never": sse(delta({"content": "a"}), delta({}, "stop", usage=None)),
    }[place]
    expected = None if place == "never" else (3, 2, 0, 0)

    assert expected == folded(decoded(stream, AT))["usage"]


def test_a_stream_whose_choices_finished_needs_no_done_marker() -> None:
    events = decoded(sse(delta({"content": "a"}), delta({}, "stop"), done=False), LOOSE)

    assert Ended() == events[-1]


@pytest.mark.parametrize("kind", ["openai", "azure"])
def test_a_host_that_always_sends_the_done_marker_has_not_ended_without_it(kind: str) -> None:
    at = target(kind)
    usage = {"id": "c-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    chunks = (delta({"content": "a"}), delta({}, "stop"), usage)

    assert [] == of(Ended, decoded(sse(*chunks, done=False), at))
    assert [Ended()] == of(Ended, decoded(sse(*chunks), at))


@pytest.mark.parametrize(
    ("at", "request_", "ends"),
    [
        (LOOSE, asked(params={"n": 2}), False),
        (target("openai-compatible", n=2), ANY, False),
        (LOOSE, asked(params={"n": 1}), True),
        (target("groq", unsupported="drop"), asked(params={"n": 2}), True),
    ],
    ids=["asked for", "asked for by the manifest", "one", "n was left out"],
)
def test_a_stream_without_a_done_marker_ends_well_once_all_choices_asked_for_have(
    at: Target, request_: Request, ends: bool
) -> None:
    chunks = [delta({"content": "a"}), delta({}, "stop")]
    other = [delta({"content": "b"}, index=1), delta({}, "stop", index=1)]

    assert ends == bool(of(Ended, ended(sse(*chunks, done=False), at, request_)))
    assert [Ended()] == of(Ended, ended(sse(*chunks, *other, done=False), at, request_))
    assert [Ended()] == of(Ended, ended(sse(*chunks), at, request_))


def ended(data: bytes, at: Target, request: Request) -> list[Event]:
    decoder = speaker(at).decoder(at, request)
    return [*fed(decoder, data), *decoder.end()]


@pytest.mark.parametrize("cut", ["before the finish", "inside a frame", "at once"])
def test_a_cut_stream_never_ends_well(cut: str) -> None:
    stream = {
        "before the finish": sse(delta({"content": "a"}), done=False),
        "inside a frame": sse(delta({"content": "a"}), delta({}, "stop"), done=False)[:-20],
        "at once": b"",
    }[cut]

    assert [] == of(Ended, decoded(stream, LOOSE))
    assert [] == of(ChoiceEnded, decoded(stream, LOOSE))


def test_done_ends_choices_that_never_said_why() -> None:
    story = folded(decoded(sse(delta({"tool_calls": [call(0, "a", "f", "{}")]}, "")), AT))

    assert "tool_calls" == story["choices"][0]["finish"]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b'data: {"error": {"message": "boom", "type": "server_error"}}\n\n', e.InternalServerError),
        (b'event: error\ndata: {"error": {"message": "x", "code": "rate_limit_exceeded"}}\n\n', e.RateLimitError),
        (
            b'event: error\ndata: {"message": "too long", "code": "context_length_exceeded"}\n\n',
            e.ContextLengthExceededError,
        ),
        (b'data: {"error": "boom", "error_type": "overloaded"}\n\n', e.OverloadedError),
        (
            (
                b'data: {"id": "g", "error": {"code": 502, "message": "gone"}, "choices": ['
                b'{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}\n\n'
            ),
            e.InternalServerError,
        ),
        (
            b'data: {"object": "chat.completion.chunk", "choices": [], "x_groq": {"error": "over"}}\n\n',
            e.InternalServerError,
        ),
        (b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}\n\n', e.InternalServerError),
        (b"data: {broken\n\n", e.UnreadableAnswerError),
        (b"data: [1]\n\n", e.APIResponseValidationError),
        (b"data: " + b"[" * 100_000 + b"\n\n", e.UnreadableAnswerError),
    ],
)
@pytest.mark.parametrize("before", [0, 3])
def test_an_error_inside_a_stream_is_raised(frame: bytes, expected: type[e.APIError], before: int) -> None:
    decoder = speaker(AT).decoder(AT, ANY)
    decoder.feed(sse(*[delta({"content": "a"})] * before, done=False))

    with pytest.raises(e.APIError) as caught:
        fed(decoder, frame)
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
    detail = delta(
        {"content": "", "reasoning_details": [{"type": "reasoning.text", "signature": "s"}]}, provider="Acme"
    )
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
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "choices",
                    "index",
                    "delta",
                    "message",
                    "content",
                    "tool_calls",
                    "function",
                    "name",
                    "arguments",
                    "finish_reason",
                    "usage",
                    "prompt_tokens",
                    "type",
                    "text",
                    "x_groq",
                    "reasoning",
                    "logprobs",
                    "audio",
                    "refusal",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_whatever_crashes_the_reader(body: object) -> None:
    for kind in ("openai", "xai"):
        at = target(kind)
        with contextlib.suppress(e.APIError):
            speaker(at).read(response(body), at, ANY)


@given(st.lists(json_values, max_size=4))
def test_no_json_whatever_crashes_the_decoder(chunks: list[object]) -> None:
    with contextlib.suppress(e.APIError):
        decoded(sse(*chunks), AT)


@pytest.mark.parametrize(
    "broken", [b'data: {"error": {"message": "over"}}\n\n', b"data: {broken\n\n", b'data: {"text": "\xff"}\n\n']
)
def test_what_came_before_an_error_in_the_same_read_is_not_lost_with_it(broken: bytes) -> None:
    events = (
        speaker(AT).decoder(AT, ANY).feed(sse(delta({"content": "a"}), delta({"content": "b"}), done=False) + broken)
    )

    assert ["a", "b"] == [event.text for event in events if isinstance(event, TextDelta)]
    assert isinstance(events[-1], Broken)
