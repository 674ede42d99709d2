"""Reading whole answers of OpenAI's dialect, from OpenAI and from those that deviate."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import ANY, decoded, delta, folded, response, speaker, sse, summary, target

from aigw import errors as e
from aigw.types.parts import Audio, Opaque, Reasoning, Refusal, Text, ToolCall
from aigw.wire import HttpResponse

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
    return speaker(AT).read(response(whole({"role": "assistant", **message}, finish)), AT, ANY).choices[0].parts


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("openai-compatible", "theirs"), ("deepseek", "theirs"), ("groq", "own"), ("vllm", "own"), ("mistral", "theirs")],
)
def test_of_two_fields_of_reasoning_the_hosts_own_is_read(kind: str, expected: str) -> None:
    at = target(kind)
    said = {"role": "assistant", "content": "a", "reasoning": "own", "reasoning_content": "theirs"}
    answer = speaker(at).read(response(whole(said)), at, ANY)
    streamed = folded(decoded(sse(delta(said), delta({}, "stop")), at))

    assert Reasoning(expected, issuer=at.id) == answer.choices[0].parts[0]
    assert expected == streamed["choices"][0]["reasoning"]


@pytest.mark.parametrize("kind", ["openai-compatible", "deepseek", "groq", "mistral"])
@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_from_fields_that_a_host_does_not_list(kind: str, name: str) -> None:
    at = target(kind)
    said = {"role": "assistant", "content": "a", name: "hm"}

    assert Reasoning("hm", issuer=at.id) == speaker(at).read(response(whole(said)), at, ANY).choices[0].parts[0]
    assert "hm" == folded(decoded(sse(delta(said), delta({}, "stop")), at))["choices"][0]["reasoning"]


def test_an_answer_keeps_all_that_was_said_beyond_our_words() -> None:
    body = whole({"role": "assistant", "content": "hi", "annotations": [1], "refusal": None}, system_fingerprint="fp")
    body["choices"][0].update(logprobs={"content": [{"token": "hi"}]}, stop_reason=9)
    answer = speaker(AT).read(response(body), AT, ANY)
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
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},
                    {"type": "text", "text": "a"},
                ]
            },
            (Reasoning("r", issuer=AT.id), Text("a")),
        ),
        (
            {"content": ["a", {"type": "reference", "ids": [1]}]},
            (Text("a"), Opaque("openai-chat", {"type": "reference", "ids": [1]})),
        ),
        ({"audio": {"id": "au", "data": "QUJD", "transcript": "t"}}, (Audio("QUJD", None, "au", {"transcript": "t"}),)),
    ],
)
def test_content_of_any_shape_is_read(message: dict[str, Any], expected: tuple[object, ...]) -> None:
    assert expected == parts(message)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
            ToolCall("a", "f", '{"x":1}'),
        ),
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
def test_tool_calls_of_any_shape_are_read_and_arguments_are_never_empty(
    call: dict[str, Any], expected: ToolCall
) -> None:
    assert (expected,) == parts({"content": None, "tool_calls": [call]})


def test_a_missing_call_id_is_made_up_the_same_way_each_time() -> None:
    message = {
        "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}, {"id": "null", "function": {"name": "f"}}]
    }
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
def test_finish_reasons_are_mapped_and_the_providers_word_is_kept(
    said: str | None, calls: bool, expected: tuple[str, str | None]
) -> None:
    message: dict[str, Any] = {"content": "x"}
    if calls:
        message["tool_calls"] = [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]
    choice = speaker(AT).read(response(whole(message, said)), AT, ANY).choices[0]

    assert expected == (choice.reason.value, choice.provider_reason)


@pytest.mark.parametrize(
    ("kind", "usage", "expected"),
    [
        (
            "openai",
            {
                "prompt_tokens": 9,
                "completion_tokens": 73,
                "total_tokens": 82,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 64},
            },
            (9, 73, 4, 64),
        ),
        (
            "deepseek",
            {
                "prompt_tokens": 20,
                "completion_tokens": 9,
                "total_tokens": 29,
                "prompt_cache_hit_tokens": 16,
                "prompt_cache_miss_tokens": 4,
            },
            (20, 9, 16, 0),
        ),
        (
            "mistral",
            {"prompt_tokens": 64, "completion_tokens": 6, "total_tokens": 70, "num_cached_tokens": 32},
            (64, 6, 32, 0),
        ),
        (
            "xai",
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "total_tokens": 17,
                "completion_tokens_details": {"reasoning_tokens": 10},
            },
            (5, 12, 0, 10),
        ),
        (
            "xai",
            {
                "prompt_tokens": 5,
                "completion_tokens": 12,
                "total_tokens": 17,
                "completion_tokens_details": {"reasoning_tokens": 10},
            },
            (5, 12, 0, 10),
        ),
        (
            "xai",
            {"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 10}},
            (5, 12, 0, 10),
        ),
        (
            "openai-compatible",
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "prompt_tokens_details": None,
                "completion_tokens_details": {"reasoning_tokens": 10},
            },
            (5, 2, 0, 2),
        ),
        ("openai-compatible", {"prompt_tokens": None, "completion_tokens": "x"}, (0, 0, 0, 0)),
    ],
)
def test_usage_is_counted_by_each_providers_own_rules(
    kind: str, usage: dict[str, Any], expected: tuple[int, ...]
) -> None:
    at = target(kind)

    assert expected == summary(speaker(at).read(response(whole({"content": "x"}, usage=usage)), at, ANY))["usage"]


def test_usage_keeps_what_the_provider_counts_beyond_the_buckets() -> None:
    books = {
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "total_tokens": 2,
        "cost": 0.5,
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 3},
    }
    usage = speaker(AT).read(response(whole({"content": "x"}, usage=books)), AT, ANY).usage

    assert usage is not None
    assert {"cost": 0.5, "completion_tokens_details": {"image_tokens": 3}} == usage.extra


def test_missing_usage_is_unknown_and_not_zero() -> None:
    assert speaker(AT).read(response(whole({"content": "x"})), AT, ANY).usage is None


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
def test_what_is_no_json_is_a_named_error_that_quotes_nothing(
    content: bytes, headers: dict[str, str], says: str
) -> None:
    with pytest.raises(e.UnreadableAnswerError, match=says) as caught:
        speaker(AT).read(response(content, 200, headers), AT, ANY)
    assert "secr" not in str(caught.value)
    assert 200 == caught.value.status_code


def test_an_answer_that_was_cut_at_the_limit_says_so() -> None:
    with pytest.raises(e.UnreadableAnswerError, match="more than the"):
        speaker(AT).read(HttpResponse(200, response({}).headers, b'{"a": ', truncated=True), AT, ANY)


@pytest.mark.parametrize("body", [{}, [], 3, {"choices": None}, {"choices": [{"text": "x"}]}, {"detail": "x"}])
def test_json_of_another_shape_is_a_validation_error(body: object) -> None:
    with pytest.raises(e.APIResponseValidationError) as caught:
        speaker(AT).read(response(body), AT, ANY)
    assert not isinstance(caught.value, e.UnreadableAnswerError)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"code": 429, "message": "slow"}}, e.RateLimitError),
        (
            {"error": {"code": 402, "message": "pay", "metadata": {"error_type": "payment_required"}}},
            e.QuotaExceededError,
        ),
        ({"object": "error", "message": "boom"}, e.InternalServerError),
        (whole({"content": ""}, "error"), e.InternalServerError),
        (whole({"content": ""}, "insufficient_system_resource"), e.OverloadedError),
    ],
)
def test_an_error_inside_a_200_is_raised(body: object, expected: type[e.APIError]) -> None:
    with pytest.raises(e.APIStatusError) as caught:
        speaker(AT).read(response(body), AT, ANY)
    assert expected is type(caught.value)


def test_leading_blank_lines_before_the_json_are_tolerated() -> None:
    content = b"\n\n\n" + json.dumps(whole({"content": "x"})).encode()

    assert "x" == summary(speaker(AT).read(response(content), AT, ANY))["choices"][0]["text"]
