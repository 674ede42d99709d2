"""Google's refusals: which error they are, and how long to wait."""

from typing import Any

import pytest
from tests.providers.provider_kit import response, speaker, target

from aigw import errors as e

AT = target("gemini", "gemini-3.5-flash")
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "46.5s"}


def quota(id_: str, value: str = "10") -> dict[str, Any]:
    violation = {"quotaMetric": "generate_requests", "quotaId": id_, "quotaValue": value}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


def reason(word: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": word, "domain": "googleapis.com"}


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def mapped(body: object, status: int) -> e.APIStatusError:
    found = speaker(AT).error(response(body, status), AT)
    assert isinstance(found, e.APIStatusError)
    return found


SPENT = "You exceeded your current quota, please check your plan and billing details."


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (error(429, "RESOURCE_EXHAUSTED", SPENT, quota("PerMinutePerModel"), RETRY), e.RateLimitError, None),
        (error(429, "RESOURCE_EXHAUSTED", SPENT, quota("RequestsPerDayPerModel"), RETRY), e.QuotaExceededError, None),
        (error(429, "RESOURCE_EXHAUSTED", f"{SPENT} limit: 0", RETRY), e.QuotaExceededError, None),
        (error(429, "RESOURCE_EXHAUSTED", SPENT), e.QuotaExceededError, None),
        (error(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."), e.RateLimitError, None),
        (error(429, "RESOURCE_EXHAUSTED", "Your prepay balance is used up."), e.QuotaExceededError, None),
        (error(402, "RESOURCE_EXHAUSTED", "prepaid balance used up"), e.QuotaExceededError, None),
        (error(400, "INVALID_ARGUMENT", "no", reason("API_KEY_INVALID")), e.AuthenticationError, "API_KEY_INVALID"),
        (error(400, "INVALID_ARGUMENT", "API key not valid."), e.AuthenticationError, None),
        (
            error(
                400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."
            ),
            e.ContextLengthExceededError,
            None,
        ),
        (error(400, "INVALID_ARGUMENT", "Invalid value"), e.BadRequestError, None),
        (
            error(401, "UNAUTHENTICATED", "expired", reason("ACCESS_TOKEN_EXPIRED")),
            e.AuthenticationError,
            "ACCESS_TOKEN_EXPIRED",
        ),
        (error(403, "PERMISSION_DENIED", "no"), e.PermissionDeniedError, None),
        (error(404, "NOT_FOUND", "no such model"), e.NotFoundError, None),
        (error(500, "INTERNAL", "oops"), e.InternalServerError, None),
        (error(503, "UNAVAILABLE", "busy"), e.OverloadedError, None),
        (error(504, "DEADLINE_EXCEEDED", "slow"), e.InternalServerError, None),
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_refusals_are_told_apart_by_their_details(
    body: dict[str, Any], kind: type[e.APIStatusError], code: str | None, *, listed: bool
) -> None:
    status = body["error"]["code"]
    found = mapped([body] if listed else body, status)
    assert kind is type(found)
    assert (code or body["error"]["status"], body["error"]["status"]) == (found.code, found.type)
    assert status == found.status_code


def test_the_wait_is_read_from_the_details_or_the_words() -> None:
    assert 46.5 == mapped(error(429, "RESOURCE_EXHAUSTED", SPENT, RETRY), 429).retry_after
    spoken = mapped(error(429, "RESOURCE_EXHAUSTED", f"{SPENT} Please retry in 12.25s."), 429)
    assert (e.RateLimitError, 12.25) == (type(spoken), spoken.retry_after)
    assert 46.5 == mapped(error(503, "UNAVAILABLE", "busy", RETRY), 503).retry_after
    assert mapped(error(429, "RESOURCE_EXHAUSTED", "x", {"retryDelay": "soon"}), 429).retry_after is None


def test_a_header_comes_before_the_body() -> None:
    headers = {"content-type": "application/json", "retry-after": "3"}
    body = error(429, "RESOURCE_EXHAUSTED", "x", RETRY)
    found = speaker(AT).error(response(body, 429, headers), AT)
    assert 3 == getattr(found, "retry_after", None)


def test_the_field_that_is_wrong_is_named() -> None:
    violations = {"fieldViolations": [{"field": "contents[0]", "description": "is empty"}]}
    assert "contents[0]" == mapped(error(400, "INVALID_ARGUMENT", "bad", violations), 400).param


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"error":"text"}'])
def test_a_body_that_says_nothing_leaves_the_status_to_decide(body: bytes) -> None:
    assert e.InternalServerError is type(mapped(body, 500))
