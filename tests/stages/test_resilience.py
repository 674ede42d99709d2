"""Retries, fallbacks, breakers and deadlines around plain calls, under both faces."""

import sys

import pytest
from tests.stages.resilience_kit import ANSWER, FACES, A, B, Bench, C, bench_for, shape

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
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    SecretError,
)
from aigw.policies.retry_budget import FLOOR
from aigw.wire import Headers, HttpResponse


@pytest.fixture(params=FACES)
def bench(request: pytest.FixtureRequest) -> Bench:
    return bench_for(request.param)


def overloaded(retry_after: float | None = None) -> OverloadedError:
    return OverloadedError("x", retry_after=retry_after)


def failing(bench: Bench) -> APIError:
    with pytest.raises(APIError) as caught:
        bench.send(bench.call())
    return caught.value


def test_an_answer_at_once_is_one_attempt_of_the_first_target(bench: Bench) -> None:
    bench.play = {"a/m": [ANSWER]}
    call = bench.call()

    bench.send(call)

    (attempt,) = call.trail.attempts
    assert ("a/m", 1, None, 200, "req", 1.0) == (
        attempt.target,
        attempt.number,
        attempt.error,
        attempt.status,
        attempt.request_id,
        attempt.latency_s,
    )
    assert A is call.trail.target
    assert [] == bench.time.slept


def test_a_passing_failure_is_retried_with_growing_delays_then_moves(bench: Bench) -> None:
    bench.play = {"a/m": [overloaded(), InternalServerError("x"), APIConnectionError("x")], "b/m": [ANSWER]}
    call = bench.call()

    bench.send(call)

    assert [
        ("a/m", 1, "OverloadedError"),
        ("a/m", 2, "InternalServerError"),
        ("a/m", 3, "APIConnectionError"),
        ("b/m", 1, None),
    ] == shape(call.trail.attempts)
    assert [0.25, 0.5] == bench.time.slept
    assert [0.0, 0.25, 0.5, 0.0] == [attempt.waited_s for attempt in call.trail.attempts]
    assert B is call.trail.target


def test_retries_do_not_multiply_the_caller_sets_their_number(bench: Bench) -> None:
    bench.play = {"a/m": [overloaded() for _ in range(9)], "b/m": [ANSWER]}

    bench.send(bench.call(max_retries=1))

    assert ["a/m", "a/m", "b/m"] == bench.sent


def test_the_final_error_is_the_last_kind_and_carries_every_attempt(bench: Bench) -> None:
    bench.play = {"a/m": [APIConnectionError("x")] * 3, "b/m": [RateLimitError("x", code="tpm") for _ in range(3)]}
    call = bench.call()

    with pytest.raises(RateLimitError) as caught:
        bench.send(call)

    assert tuple(call.trail.attempts) == caught.value.attempts
    assert 6 == len(caught.value.attempts)
    assert ("tpm", 429) == (call.trail.attempts[-1].code, call.trail.attempts[-1].status)


def test_a_short_retry_after_is_waited(bench: Bench) -> None:
    bench.play = {"a/m": [RateLimitError("x", retry_after=3.0), ANSWER]}

    bench.send(bench.call())

    assert [3.0] == bench.time.slept
    assert ["a/m", "a/m"] == bench.sent


def test_a_long_retry_after_goes_to_the_next_target_and_rests_this_one(bench: Bench) -> None:
    bench.play = {"a/m": [RateLimitError("x", retry_after=45.0)], "b/m": [ANSWER, ANSWER]}

    bench.send(bench.call())
    bench.send(bench.call())

    assert ["a/m", "b/m", "b/m"] == bench.sent
    assert [] == bench.time.slept


def test_a_long_retry_after_is_waited_where_nobody_else_is_left(bench: Bench) -> None:
    bench.targets = (A,)
    bench.play = {"a/m": [RateLimitError("x", retry_after=45.0), ANSWER]}

    bench.send(bench.call())

    assert [45.0] == bench.time.slept


def test_a_long_retry_after_is_waited_where_the_route_does_not_fall_back(bench: Bench) -> None:
    bench.fallback_on = frozenset()
    bench.play = {"a/m": [RateLimitError("x", retry_after=45.0), ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "a/m"] == bench.sent


def test_an_endless_retry_after_is_not_waited(bench: Bench) -> None:
    bench.targets = (A,)
    bench.play = {"a/m": [RateLimitError("x", retry_after=3600.0)]}

    assert 3600.0 == failing(bench).retry_after  # type: ignore[attr-defined]
    assert [] == bench.time.slept


def test_exhausted_quota_moves_at_once(bench: Bench) -> None:
    bench.play = {"a/m": [QuotaExceededError("x")], "b/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "b/m"] == bench.sent
    assert [] == bench.time.slept


def test_a_provider_that_forbids_retries_is_asked_once(bench: Bench) -> None:
    response = HttpResponse(500, Headers({"x-should-retry": "false"}))
    bench.play = {"a/m": [InternalServerError("x", response=response)], "b/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "b/m"] == bench.sent


@pytest.mark.parametrize("kind", [AuthenticationError, PermissionDeniedError, BadRequestError])
def test_what_waiting_cannot_mend_fails_fast(bench: Bench, kind: type[APIError]) -> None:
    bench.play = {"a/m": [kind("x")]}

    assert kind is type(failing(bench))
    assert ["a/m"] == bench.sent


def test_a_refused_key_moves_only_if_the_route_says_so(bench: Bench) -> None:
    bench.fallback_on = frozenset({Failure.AUTH})
    bench.play = {"a/m": [AuthenticationError("x")], "b/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "b/m"] == bench.sent


def test_a_missing_secret_moves_only_if_the_route_says_so(bench: Bench) -> None:
    bench.play = {"a/m": [SecretError("x")]}
    with pytest.raises(SecretError):
        bench.send(bench.call())

    bench.fallback_on = frozenset({Failure.AUTH})
    bench.play = {"a/m": [SecretError("x")], "b/m": [ANSWER]}
    bench.send(bench.call())

    assert ["a/m", "a/m", "b/m"] == bench.sent


def test_a_route_that_does_not_fall_back_on_a_failure_stays(bench: Bench) -> None:
    bench.fallback_on = frozenset()
    bench.play = {"a/m": [overloaded() for _ in range(3)]}

    assert OverloadedError is type(failing(bench))
    assert ["a/m"] * 3 == bench.sent


def test_a_bug_is_neither_retried_nor_moved_nor_counted(bench: Bench) -> None:
    bench.play = {"a/m": [TypeError("x")]}
    call = bench.call()

    with pytest.raises(TypeError):
        bench.send(call)

    assert [("a/m", 1, "TypeError")] == shape(call.trail.attempts)
    assert {} == bench.breakers.snapshot()


@pytest.mark.parametrize(
    ("error", "alternates"),
    [(ContextLengthExceededError("x"), "on_context_length"), (ContentPolicyError("x"), "on_content_policy")],
)
def test_a_prompt_a_target_cannot_take_goes_to_the_routes_own_alternates(
    bench: Bench, error: APIError, alternates: str
) -> None:
    setattr(bench, alternates, (C,))
    bench.play = {"a/m": [error], "c/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "c/m"] == bench.sent


def test_alternates_are_walked_in_order_and_entered_once(bench: Bench) -> None:
    bench.on_context_length = (B, C, A)
    too_long = [ContextLengthExceededError(name) for name in "abc"]
    bench.play = {"a/m": [too_long[0]], "b/m": [too_long[1]], "c/m": [too_long[2]]}

    assert too_long[2] is failing(bench)
    assert ["a/m", "b/m", "c/m"] == bench.sent


def test_a_prompt_that_is_too_long_fails_fast_without_alternates(bench: Bench) -> None:
    bench.play = {"a/m": [ContextLengthExceededError("x")]}

    assert ContextLengthExceededError is type(failing(bench))
    assert ["a/m"] == bench.sent


class TestDeadline:
    def test_a_retry_that_cannot_finish_in_time_moves_to_a_target_that_may(self, bench: Bench) -> None:
        bench.play = {"a/m": [overloaded(retry_after=5.0)], "b/m": [ANSWER]}
        call = bench.call(timeout=4.0)

        bench.send(call)

        assert ["a/m", "b/m"] == bench.sent
        assert ["not retried, no time left: a/m"] == call.trail.notes

    def test_with_nobody_left_the_failure_is_told_at_once_instead_of_a_timeout_later(self, bench: Bench) -> None:
        bench.targets = (A,)
        bench.play = {"a/m": [overloaded(retry_after=5.0)]}
        call = bench.call(timeout=4.0)

        with pytest.raises(OverloadedError):
            bench.send(call)

        assert [] == bench.time.slept

    def test_one_deadline_covers_retries_and_fallbacks(self, bench: Bench) -> None:
        bench.play = {"a/m": [overloaded()], "b/m": [ANSWER]}
        call = bench.call(timeout=1.0)

        with pytest.raises(APITimeoutError) as caught:
            bench.send(call)

        assert "deadline" == caught.value.phase
        assert ["a/m"] == bench.sent
        assert [("a/m", 1, "OverloadedError")] == shape(call.trail.attempts)
        assert tuple(call.trail.attempts) == caught.value.attempts
        assert isinstance(caught.value.__cause__, OverloadedError)

    def test_a_call_that_comes_too_late_is_not_sent(self, bench: Bench) -> None:
        call = bench.call(timeout=0.0)

        with pytest.raises(APITimeoutError):
            bench.send(call)

        assert [] == bench.sent

    def test_when_it_runs_out_during_an_attempt_nothing_else_is_tried_and_nobody_blamed(self, bench: Bench) -> None:
        bench.play = {"a/m": [APITimeoutError(phase="deadline")]}

        assert APITimeoutError is type(failing(bench))
        assert ["a/m"] == bench.sent
        assert {} == bench.breakers.snapshot()


class TestBudget:
    def test_an_outage_is_not_made_worse_retries_end_with_their_budget(self, bench: Bench) -> None:
        bench.threshold = 10**6
        bench.__post_init__()
        bench.seconds_an_attempt = 0.0
        bench.time.pass_by = lambda _: None  # type: ignore[method-assign] - all in one window
        calls = 40
        bench.play = {"a/m": [overloaded() for _ in range(200)], "b/m": [ANSWER for _ in range(calls)]}

        last = None
        for _ in range(calls):
            last = bench.call()
            bench.send(last)

        assert calls + FLOOR + calls // 5 == bench.sent.count("a/m")
        assert last is not None
        assert ["not retried, retry budget spent: a/m"] == last.trail.notes


def test_a_call_that_succeeds_at_once_never_starts_the_retry_loop(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tenacity", None)
    bench.play = {"a/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m"] == bench.sent


def test_both_faces_leave_the_same_trail() -> None:
    trails = []
    for face in FACES:
        bench = bench_for(face)
        bench.play = {
            "a/m": [overloaded(2.0), InternalServerError("x"), RateLimitError("x", retry_after=50.0)],
            "b/m": [APIConnectionError("x"), ANSWER],
        }
        call = bench.call(timeout=60)
        bench.send(call)
        trails.append((call.trail.attempts, call.trail.notes, bench.time.slept, bench.breakers.snapshot()))

    assert trails[0] == trails[1]
