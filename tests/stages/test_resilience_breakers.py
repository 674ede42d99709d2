"""Breakers around calls: who is passed over, who is tested, who waits, and what a cancellation leaves behind."""

import asyncio

import pytest
from tests.stages.resilience_kit import ANSWER, FACES, A, B, Bench, C, bench_for, shape

from aigw.errors import APIError, BadRequestError, OverloadedError, RateLimitError
from aigw.policies.breaker import AT_ONCE_S
from aigw.stages.resilience import STAND_BY_S


@pytest.fixture(params=FACES)
def bench(request: pytest.FixtureRequest) -> Bench:
    return bench_for(request.param)


def overloaded(retry_after: float | None = None) -> OverloadedError:
    return OverloadedError("x", retry_after=retry_after)


def failing(bench: Bench) -> APIError:
    with pytest.raises(APIError) as caught:
        bench.send(bench.call())
    return caught.value


def open_breaker(bench: Bench, target_id: str, times: int = 5) -> None:
    for _ in range(times):
        admission = bench.breakers.admit(target_id)
        assert admission is not None
        bench.breakers.failed(admission, reason="OverloadedError")


def test_a_resting_target_is_passed_over(bench: Bench) -> None:
    open_breaker(bench, "a/m")
    bench.play = {"b/m": [ANSWER]}

    bench.send(bench.call())

    assert ["b/m"] == bench.sent


def test_a_breaker_that_opens_during_a_call_ends_its_retries(bench: Bench) -> None:
    open_breaker(bench, "a/m", times=4)
    bench.play = {"a/m": [overloaded()], "b/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "b/m"] == bench.sent
    assert [] == bench.time.slept


def test_a_resting_next_target_is_no_reason_to_give_up_a_wait(bench: Bench) -> None:
    open_breaker(bench, "b/m")
    bench.play = {"a/m": [RateLimitError("x", retry_after=AT_ONCE_S + 5), ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "a/m"] == bench.sent


def test_when_every_target_is_cold_a_last_resort_is_tried_instead_of_failing_at_once(bench: Bench) -> None:
    open_breaker(bench, "a/m")
    open_breaker(bench, "b/m")
    bench.play = {"a/m": [overloaded()], "b/m": [ANSWER]}

    bench.send(bench.call())

    assert ["a/m", "b/m"] == bench.sent
    assert "closed" == bench.breakers.snapshot()["b/m"].state


def test_a_last_resort_that_asks_for_a_short_wait_is_given_it(bench: Bench) -> None:
    bench.targets = (A,)
    open_breaker(bench, "a/m")
    bench.play = {"a/m": [overloaded(3.0), ANSWER]}

    bench.send(bench.call())

    assert [3.0] == bench.time.slept


def test_a_target_passed_over_is_not_come_back_to(bench: Bench) -> None:
    bench.targets = (A, B, C)
    open_breaker(bench, "a/m")
    bench.play = {"b/m": [overloaded() for _ in range(3)], "c/m": [ANSWER]}

    bench.send(bench.call())

    assert ["b/m"] * 3 + ["c/m"] == bench.sent


def test_a_breaker_opened_by_others_meanwhile_ends_a_retry_without_leaving_the_route(bench: Bench) -> None:
    bench.fallback_on = frozenset()
    passed = bench.time.pass_by

    def opened_meanwhile(seconds: float) -> None:
        passed(seconds)
        open_breaker(bench, "a/m", times=4)

    bench.time.pass_by = opened_meanwhile  # type: ignore[method-assign]
    bench.play = {"a/m": [overloaded()]}

    assert OverloadedError is type(failing(bench))
    assert ["a/m"] == bench.sent
    assert [0.25] == bench.time.slept


def test_a_failing_last_resort_is_not_retried(bench: Bench) -> None:
    open_breaker(bench, "a/m")
    open_breaker(bench, "b/m")
    bench.play = {"a/m": [overloaded()], "b/m": [RateLimitError("x")]}

    assert RateLimitError is type(failing(bench))
    assert ["a/m", "b/m"] == bench.sent


def test_a_call_waits_for_another_calls_probe_instead_of_failing(bench: Bench) -> None:
    bench.targets = (A,)
    open_breaker(bench, "a/m")
    probe = bench.breakers.admit("a/m", last_resort=True)
    assert probe is not None
    passed = bench.time.pass_by

    def answered_meanwhile(seconds: float) -> None:
        passed(seconds)
        if len(bench.time.slept) == 3:
            bench.breakers.succeeded(probe)

    bench.time.pass_by = answered_meanwhile  # type: ignore[method-assign]
    bench.play = {"a/m": [ANSWER]}
    call = bench.call()

    bench.send(call)

    assert 0.75 == call.trail.attempts[0].waited_s


def test_a_probe_that_takes_too_long_is_not_waited_for(bench: Bench) -> None:
    bench.targets = (A,)
    open_breaker(bench, "a/m")
    bench.breakers.admit("a/m", last_resort=True)

    error = failing(bench)

    assert "breaker_open" == error.code
    assert STAND_BY_S <= sum(bench.time.slept) < STAND_BY_S + 1
    assert 503 == error.status_code
    assert [] == bench.sent


def test_callers_mistakes_never_open_it(bench: Bench) -> None:
    for _ in range(20):
        bench.play = {"a/m": [BadRequestError("x")]}
        failing(bench)

    assert not bench.breakers.is_open("a/m")


@pytest.mark.parametrize("stop", [asyncio.CancelledError, KeyboardInterrupt])
def test_cancellation_is_recorded_counts_neither_way_and_stops_everything(
    bench: Bench, stop: type[BaseException]
) -> None:
    open_breaker(bench, "a/m", times=4)
    bench.play = {"a/m": [stop()]}
    call = bench.call()

    async def stopped() -> str:
        try:
            await bench.stage(call, bench.proceed)
        except stop as error:
            return type(error).__name__
        return "went on"

    assert stop.__name__ == bench.run(stopped())
    assert [("a/m", 1, stop.__name__)] == shape(call.trail.attempts)
    assert not bench.breakers.is_open("a/m")


def test_cancellation_of_a_retry_passes_through_the_loop(bench: Bench) -> None:
    bench.play = {"a/m": [overloaded(), asyncio.CancelledError()]}
    call = bench.call()

    async def stopped() -> bool:
        try:
            await bench.stage(call, bench.proceed)
        except asyncio.CancelledError:
            return True
        return False

    assert bench.run(stopped())
    assert ["a/m", "a/m"] == bench.sent


def test_a_cancelled_probe_does_not_leave_the_target_locked(bench: Bench) -> None:
    bench.targets = (A,)
    open_breaker(bench, "a/m")
    bench.play = {"a/m": [BadRequestError("x"), ANSWER]}
    failing(bench)

    bench.send(bench.call())

    assert ["a/m", "a/m"] == bench.sent
