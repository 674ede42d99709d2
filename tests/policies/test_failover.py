"""What failures mean: one table, total, and the exceptions to it that only an error itself can say."""

import pytest

from aigw.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ContentPolicyError,
    ContextLengthExceededError,
    Failure,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    SecretError,
    StreamInterrupted,
    UnreadableAnswerError,
)
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON
from aigw.policies.failover import (
    MEANINGS,
    Meaning,
    failure_of,
    forbids_retry,
    may_move,
    may_repeat,
    meaning_of,
    wait_asked_for,
)
from aigw.types.operation import Operation
from aigw.types.relay import RelayRequest
from aigw.types.request import AnyRequest, Request
from aigw.wire import Headers, HttpResponse

PASSING = [
    RateLimitError("x"),
    OverloadedError("x"),
    APIConnectionError("x"),
    APITimeoutError("x", phase="first_token"),
    StreamInterrupted("x"),
    UnreadableAnswerError("x"),
]
CALLERS = [BadRequestError("x"), ContextLengthExceededError("x"), ContentPolicyError("x")]
KEYS = [AuthenticationError("x"), PermissionDeniedError("x"), NotFoundError("x")]


def named(error: Exception) -> str:
    return type(error).__name__


def test_every_failure_has_a_meaning() -> None:
    assert set(Failure) == set(MEANINGS)


@pytest.mark.parametrize("error", PASSING, ids=named)
def test_what_passes_is_retried_then_moved_and_counts(error: APIError) -> None:
    assert Meaning(retry=True, move=True, counts=True) == meaning_of(error)
    assert may_move(error, DEFAULT_FALLBACK_ON)


@pytest.mark.parametrize("error", CALLERS + KEYS, ids=named)
def test_what_the_caller_or_the_key_did_fails_fast_and_never_opens_a_breaker(error: APIError) -> None:
    assert not meaning_of(error).retry
    assert not meaning_of(error).counts
    assert not may_move(error, DEFAULT_FALLBACK_ON)


@pytest.mark.parametrize("error", KEYS, ids=named)
def test_a_refused_key_goes_to_the_next_target_only_if_the_route_says_so(error: APIError) -> None:
    assert may_move(error, {error.failure})


def test_quota_is_not_a_rate_limit_waiting_does_not_help() -> None:
    assert Meaning(retry=False, move=True, counts=True) == meaning_of(QuotaExceededError("x"))


def test_the_callers_own_deadline_says_nothing_about_the_target() -> None:
    error = APITimeoutError("x", phase="deadline")

    assert Meaning(retry=False, move=False, counts=False) == meaning_of(error)
    assert not may_move(error, set(Failure))


def test_a_bug_of_ours_is_never_sent_to_another_target() -> None:
    assert Failure.LOCAL == failure_of(TypeError("x"))
    assert not may_move(TypeError("x"), set(Failure))


def test_a_secret_that_cannot_be_had_is_an_auth_failure_of_its_target() -> None:
    assert Failure.AUTH == failure_of(SecretError("x"))


@pytest.mark.parametrize(("said", "expected"), [("false", True), (" False ", True), ("true", False)])
def test_a_provider_that_forbids_retries_is_believed(said: str, expected: bool) -> None:
    response = HttpResponse(500, Headers({"X-Should-Retry": said}))

    assert expected == forbids_retry(OverloadedError("x", response=response))


@pytest.mark.parametrize("error", [OverloadedError("x"), APIConnectionError("x"), TypeError("x")], ids=named)
def test_silence_does_not_forbid_retries(error: Exception) -> None:
    assert not forbids_retry(error)


def test_the_wait_asked_for_is_read_from_refusals_only() -> None:
    assert 7.5 == wait_asked_for(RateLimitError("x", retry_after=7.5))
    assert wait_asked_for(RateLimitError("x")) is None
    assert wait_asked_for(APIConnectionError("x")) is None


def relayed(operation: Operation, path: str, method: str = "POST") -> RelayRequest:
    return RelayRequest("d", operation, operation.value, "m", path, method)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (APIConnectionError("x"), False),
        (APITimeoutError("x"), False),
        (InternalServerError("x"), False),
        (RateLimitError("x"), True),
        (OverloadedError("x"), True),
    ],
    ids=named,
)
def test_a_batch_is_made_again_only_where_it_surely_was_not_made(error: Exception, expected: bool) -> None:
    assert expected == may_repeat(relayed(Operation.BATCHES, "/batches"), error)


@pytest.mark.parametrize(
    "request_",
    [
        relayed(Operation.BATCHES, "/batches/b", "GET"),
        relayed(Operation.BATCHES, "/batches/b/cancel"),
        relayed(Operation.BATCHES, "/files/f", "DELETE"),
        relayed(Operation.RESPONSES, "/responses/r/cancel"),
        relayed(Operation.IMAGES, "/images/generations"),
        Request("d", "m", (), {}, stream=False, verbatim={}),
    ],
    ids=["looking", "cancelling", "deleting", "cancelling a response", "an image", "a chat"],
)
def test_what_makes_nothing_that_lasts_may_be_asked_again(request_: AnyRequest) -> None:
    assert may_repeat(request_, APITimeoutError("x"))


@pytest.mark.parametrize("other", [{"conversation": "conv_1"}, {"background": True}])
def test_an_answer_that_leaves_something_at_the_provider_is_not_asked_for_twice(other: dict[str, object]) -> None:
    request = Request("openai-responses", "m", (), {}, stream=False, verbatim={}, other=other)

    assert not may_repeat(request, InternalServerError("broken", status_code=500))
    assert may_repeat(request, RateLimitError("slow", status_code=429))
