"""Refusals of all shapes become the most specific error, with everything the provider said and no secret."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import response

from aigw import errors as e
from aigw.providers.failures import hear, mid_answer, refusal
from aigw.waits import duration, retry_after
from aigw.wire import Headers, HttpResponse

DATE = "Fri, 20 Nov 2026 12:00:00 GMT"


def openai(message: str, code: object = None, type: str | None = None, param: str | None = None) -> dict[str, Any]:  # noqa: A002 - the field's name
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def anthropic(kind: str, message: str, **more: object) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, **more}, "request_id": "req_1"}


CASES: list[tuple[int, object, type[e.APIStatusError]]] = [
    (400, openai("bad", "unsupported_parameter", "invalid_request_error", "temperature"), e.BadRequestError),
    (400, openai("too long", "context_length_exceeded", "invalid_request_error"), e.ContextLengthExceededError),
    (
        400,
        openai("This model's maximum context length is 8 tokens.", 400, "BadRequestError"),
        e.ContextLengthExceededError,
    ),
    (
        400,
        openai("string too long. Expected a string with maximum length 64", "string_above_max_length"),
        e.BadRequestError,
    ),
    (400, openai("no", "content_policy_violation"), e.ContentPolicyError),
    (400, openai("filtered", "content_filter"), e.ContentPolicyError),
    (401, openai("Incorrect API key provided: sk-proj-abcdefghij.", "invalid_api_key"), e.AuthenticationError),
    (403, openai("no", "unsupported_country_region_territory"), e.PermissionDeniedError),
    (404, openai("no model", "model_not_found"), e.NotFoundError),
    (409, openai("conflict"), e.ConflictError),
    (422, {"detail": [{"loc": ["body", "n"], "msg": "too big", "type": "value_error"}]}, e.UnprocessableEntityError),
    (429, openai("slow", "rate_limit_exceeded", "tokens"), e.RateLimitError),
    (429, openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), e.QuotaExceededError),
    (429, openai("You exceeded your current quota, check billing", None, "insufficient_quota"), e.QuotaExceededError),
    (429, openai("too many tokens a minute"), e.RateLimitError),
    (500, openai("The server had an error", None, "server_error"), e.InternalServerError),
    (503, openai("overloaded", "server_is_overloaded", "service_unavailable_error"), e.OverloadedError),
    (400, anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), e.ContextLengthExceededError),
    (
        400,
        anthropic("invalid_request_error", "You have reached your specified API usage limits."),
        e.QuotaExceededError,
    ),
    (400, anthropic("invalid_request_error", "Your credit balance is too low to access the API"), e.QuotaExceededError),
    (400, anthropic("invalid_request_error", "messages: at least one message is required"), e.BadRequestError),
    (402, anthropic("billing_error", "pay"), e.QuotaExceededError),
    (404, anthropic("not_found_error", "model: claude-x"), e.NotFoundError),
    (413, anthropic("request_too_large", "more than 32 MB"), e.BadRequestError),
    (429, anthropic("rate_limit_error", "slow"), e.RateLimitError),
    (
        429,
        anthropic("rate_limit_error", "no", details={"error_code": "enforced_spend_limit_reached"}),
        e.QuotaExceededError,
    ),
    (429, anthropic("rate_limit_error", "ramp", details={"error_code": "ramp_limit_exceeded"}), e.RateLimitError),
    (504, anthropic("timeout_error", "late"), e.InternalServerError),
    (529, anthropic("overloaded_error", "Overloaded"), e.OverloadedError),
    (400, openai("Failed to call a function.", "tool_use_failed", "invalid_request_error"), e.BadRequestError),
    (
        413,
        openai("Request too large for model `x` on tokens per minute", "rate_limit_exceeded"),
        e.ContextLengthExceededError,
    ),
    (498, openai("no capacity", "capacity_exceeded"), e.OverloadedError),
    (498, {"message": "invalid api token"}, e.AuthenticationError),
    (402, openai("Insufficient Balance", "invalid_request_error"), e.QuotaExceededError),
    (
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***yz"},
        e.AuthenticationError,
    ),
    (429, {"object": "error", "message": "Requests rate limit exceeded", "code": "1300"}, e.RateLimitError),
    (
        400,
        {"object": "error", "message": "Prompt contains 9 tokens, too large for model with 8 maximum context length"},
        e.ContextLengthExceededError,
    ),
    (401, {"detail": "Unauthorized"}, e.AuthenticationError),
    (401, {"error": "Unauthorized"}, e.AuthenticationError),
    (
        402,
        {"error": {"code": 402, "message": "no", "metadata": {"error_type": "in_flight_budget_exhausted"}}},
        e.RateLimitError,
    ),
    (403, {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"]}}}, e.ContentPolicyError),
    (
        422,
        {"error": "`inputs` tokens + `max_new_tokens` must be <= 8", "error_type": "validation"},
        e.ContextLengthExceededError,
    ),
    (
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
            }
        },
        e.ContextLengthExceededError,
    ),
    (501, {"error": {"code": 501, "message": "no", "type": "not_supported_error"}}, e.InternalServerError),
    (408, b"", e.InternalServerError),
    (418, b"teapot", e.BadRequestError),
    (502, b"<html><title>Bad gateway</title></html>", e.InternalServerError),
    (503, b"", e.OverloadedError),
    (302, b"", e.BadRequestError),
]


@pytest.mark.parametrize(("status", "body", "expected"), CASES)
def test_a_refusal_becomes_the_most_specific_error(status: int, body: object, expected: type[e.APIStatusError]) -> None:
    error = refusal(response(body, status), "acme")

    assert expected is type(error)
    assert status == error.status_code
    assert "acme" in str(error)
    assert str(status) in str(error)


def test_all_that_the_provider_said_is_on_the_error() -> None:
    body = openai("too hot", "decimal_above_max_value", "invalid_request_error", "temperature")
    error = refusal(response(body, 400, {"x-request-id": "req-9"}), "acme")

    assert ("decimal_above_max_value", "temperature", "invalid_request_error") == (error.code, error.param, error.type)
    assert body["error"] == error.body
    assert "req-9" == error.request_id
    assert "acme answered 400: too hot" == str(error)


def test_a_numeric_code_is_text_and_anthropics_request_id_comes_from_the_body() -> None:
    assert "400" == refusal(response(openai("x", 400), 400), "p").code
    assert "req_1" == refusal(response(anthropic("api_error", "x"), 500), "p").request_id


def test_classification_never_reads_the_prompt_that_a_body_echoes() -> None:
    body = {"error": {"message": "bad"}, "prompt": "rate limit, insufficient balance, prompt is too long"}

    assert e.BadRequestError is type(refusal(response(body, 400), "p"))


def test_a_routers_upstream_error_is_understood() -> None:
    raw = json.dumps(anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"))
    body = {"error": {"code": 400, "message": "Provider returned error", "metadata": {"raw": raw}}}
    error = refusal(response(body, 400), "openrouter")

    assert e.ContextLengthExceededError is type(error)
    assert "Provider returned error: prompt is too long" in str(error)


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abc123DEF456",
        "sk-ant-api03-xyz_XYZ-123",
        "gsk_abcdef123456",
        "xai-abcdef123456",
        "AIzaSyA1234567890abcdef",
    ],
)
def test_a_key_that_the_provider_echoes_is_masked_everywhere(key: str) -> None:
    error = refusal(response(openai(f"Incorrect API key provided: {key}. Bearer {key}"), 401), "p")

    assert key not in str(error)
    assert key not in repr(error.body)
    assert error.response is not None
    assert key.encode() not in error.response.content


def test_control_characters_and_length_of_a_message_are_tamed() -> None:
    error = refusal(response(openai("a\x1b[31m\nb" + "c" * 5000), 400), "p")

    assert "\x1b" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 600


def test_a_ten_megabyte_body_is_not_kept() -> None:
    error = refusal(HttpResponse(500, Headers(), b"x" * 10_000_000, truncated=True), "p")

    assert error.response is not None
    assert len(error.response.content) <= 64 * 1024
    assert error.response.truncated
    assert len(str(error.body)) <= 64 * 1024


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[" * 100_000, b'{"error": {"message": "cut', b"[]", b"null", b"3"]
)
def test_an_unreadable_body_leaves_the_status_to_decide(content: bytes) -> None:
    assert e.RateLimitError is type(refusal(response(content, 429), "p"))


@given(
    st.integers(300, 599),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["error", "message", "code", "type", "detail", "metadata", "status", "raw"]), inner
            )
        ),
        max_leaves=8,
    ),
)
def test_no_body_whatever_makes_mapping_fail(status: int, body: object) -> None:
    error = refusal(response(body, status), "p")

    assert status == error.status_code
    hear(body)


def test_errors_survive_pickle_and_copy() -> None:
    error = refusal(response(openai("no", "rate_limit_exceeded"), 429, {"retry-after": "3"}), "p")

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (str(error), error.code, error.retry_after) == (str(twin), twin.code, twin.retry_after)


def test_an_error_inside_an_answer_is_mapped_by_what_it_says() -> None:
    assert e.OverloadedError is type(mid_answer(anthropic("overloaded_error", "Overloaded"), "p"))
    assert e.RateLimitError is type(mid_answer({"error": {"code": 429, "message": "slow"}}, "p"))
    assert 502 == mid_answer({"error": {"code": 502, "message": "Provider disconnected"}}, "p").status_code
    assert e.InternalServerError is type(mid_answer({"error": "boom"}, "p"))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, None),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12ms"}, 0.012),
        ({"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "33.5"}, 33.5),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795176030000", "date": DATE}, 30.0),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-20T12:01:00Z",
                "date": DATE,
            },
            60.0,
        ),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_headers(headers: dict[str, str], expected: float | None) -> None:
    wait = retry_after(Headers(headers), limited=True)

    assert expected == (None if wait is None else pytest.approx(wait))


def test_reset_headers_count_only_where_a_limit_was_hit_and_the_message_is_the_last_resort() -> None:
    headers = Headers({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1s"})

    assert retry_after(headers, limited=False) is None
    assert 1.57 == retry_after(Headers(), limited=True, message="Please try again in 1.57s.")


@given(st.text(max_size=20))
def test_reading_a_duration_never_fails(text: str) -> None:
    duration(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_read_as_go_writes_them(hours: int, minutes: int, seconds: int) -> None:
    assert hours * 3600 + minutes * 60 + seconds == duration(f"{hours}h{minutes}m{seconds}s")


def test_a_body_that_was_cut_is_not_called_something_it_is_not() -> None:
    cut = HttpResponse(
        500, Headers({"content-type": "application/json"}), b'{"error": {"message": "' + b"x" * 9000, truncated=True
    )

    assert "no more than 8 KiB was read" in str(refusal(cut, "p"))
