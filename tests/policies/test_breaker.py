"""Breakers: which calls get through, what closes and opens them, and that no thread gets past the one probe."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.policies.breaker import (
    AT_ONCE_S,
    LONGEST_OPEN_S,
    MOST,
    PROBE_LEASE_S,
    RESET_S,
    THRESHOLD,
    Admission,
    BreakerHealth,
    Breakers,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(clock)


def admitted(breakers: Breakers, *, last_resort: bool = False) -> Admission:
    admission = breakers.admit("t", last_resort=last_resort)
    assert admission is not None
    return admission


def fail(breakers: Breakers, times: int = 1, retry_after: float | None = None) -> None:
    for _ in range(times):
        breakers.failed(admitted(breakers), reason="OverloadedError", retry_after=retry_after)


def test_it_opens_after_failures_in_a_row(breakers: Breakers) -> None:
    fail(breakers, THRESHOLD - 1)
    assert not breakers.is_open("t")

    fail(breakers)

    assert breakers.is_open("t")
    assert breakers.admit("t") is None


def test_a_success_between_failures_starts_the_count_anew(breakers: Breakers) -> None:
    fail(breakers, THRESHOLD - 1)
    breakers.succeeded(admitted(breakers))
    fail(breakers, THRESHOLD - 1)

    assert not breakers.is_open("t")


def test_client_faults_and_cancellations_count_neither_way(breakers: Breakers) -> None:
    fail(breakers, THRESHOLD - 1)
    for _ in range(10):
        breakers.released(admitted(breakers))
    assert not breakers.is_open("t")

    fail(breakers)

    assert breakers.is_open("t")


def test_after_its_time_one_probe_is_admitted_and_its_success_closes(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, THRESHOLD)
    clock.now += RESET_S

    probe = admitted(breakers)
    assert probe.probe
    assert breakers.admit("t") is None
    assert breakers.is_open("t")
    assert breakers.is_probed("t")

    breakers.succeeded(probe)
    assert not admitted(breakers).probe


def test_a_failing_probe_opens_it_again(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, THRESHOLD)
    clock.now += RESET_S

    fail(breakers)

    assert breakers.admit("t") is None
    clock.now += RESET_S
    assert admitted(breakers).probe


def test_a_cancelled_probe_makes_room_for_the_next(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, THRESHOLD)
    clock.now += RESET_S

    breakers.released(admitted(breakers))

    assert admitted(breakers).probe


def test_a_probe_that_never_reports_does_not_close_the_target_for_ever(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, THRESHOLD)
    clock.now += RESET_S
    lost = admitted(breakers)

    clock.now += PROBE_LEASE_S
    second = admitted(breakers)
    breakers.released(lost)

    assert second.probe
    assert breakers.admit("t") is None


def test_a_long_stream_that_probes_may_report_after_its_lease(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, THRESHOLD)
    clock.now += RESET_S
    slow = admitted(breakers)
    clock.now += PROBE_LEASE_S
    admitted(breakers)

    breakers.succeeded(slow)

    assert not breakers.is_open("t")


def test_what_was_learnt_before_it_opened_is_no_longer_news(breakers: Breakers, clock: Clock) -> None:
    early = admitted(breakers)
    fail(breakers, THRESHOLD)
    breakers.succeeded(early)
    assert breakers.is_open("t")

    clock.now += RESET_S
    probe = admitted(breakers)
    breakers.failed(early, reason="x")

    assert breakers.is_probed("t")
    breakers.succeeded(probe)
    assert not breakers.is_open("t")


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [(None, RESET_S), (2.0, 2.0), (0.0, RESET_S), (45.0, 45.0), (1e6, LONGEST_OPEN_S)],
)
def test_it_opens_for_as_long_as_retry_after_says(
    breakers: Breakers, clock: Clock, retry_after: float | None, expected: float
) -> None:
    fail(breakers, THRESHOLD - 1)
    fail(breakers, 1, retry_after)

    clock.now += expected - 0.01
    assert breakers.is_open("t")
    clock.now += 0.02
    assert not breakers.is_open("t")


def test_a_provider_that_asks_for_a_long_rest_is_believed_at_once(breakers: Breakers) -> None:
    fail(breakers, 1, AT_ONCE_S)
    assert not breakers.is_open("t")

    fail(breakers, 1, AT_ONCE_S + 1)

    assert breakers.is_open("t")
    assert breakers.is_open("t", in_s=AT_ONCE_S)
    assert not breakers.is_open("t", in_s=AT_ONCE_S + 1)


def test_when_every_target_is_open_a_last_resort_probe_comes_early(breakers: Breakers) -> None:
    fail(breakers, THRESHOLD)

    probe = admitted(breakers, last_resort=True)

    assert probe.probe
    assert breakers.admit("t", last_resort=True) is None
    breakers.succeeded(probe)
    assert not breakers.is_open("t")


def test_targets_do_not_open_each_other(breakers: Breakers) -> None:
    fail(breakers, THRESHOLD)

    assert breakers.admit("other") is not None


def test_health_shows_state_failures_time_left_and_reason(breakers: Breakers, clock: Clock) -> None:
    assert {} == breakers.snapshot()
    fail(breakers, 2)
    assert {"t": BreakerHealth("closed", 2, None, "OverloadedError")} == breakers.snapshot()
    fail(breakers, THRESHOLD - 2)
    clock.now += 10
    assert {"t": BreakerHealth("open", THRESHOLD, RESET_S - 10, "OverloadedError")} == breakers.snapshot()
    clock.now += RESET_S
    admitted(breakers)
    assert "half-open" == breakers.snapshot()["t"].state


def test_invented_targets_do_not_pile_up(clock: Clock) -> None:
    breakers = Breakers(clock)
    for number in range(3000):
        admission = breakers.admit(f"p/{number}")
        assert admission is not None
        breakers.failed(admission, reason="x")
        breakers.succeeded(admission)

    assert len(breakers.snapshot()) <= 1024


def test_a_healthy_target_needs_no_state_machine(breakers: Breakers) -> None:
    breakers.succeeded(admitted(breakers))

    assert {} == breakers.snapshot()


def test_threads_never_get_more_than_one_probe(clock: Clock) -> None:
    breakers = Breakers(clock)
    fail(breakers, THRESHOLD)
    clock.now += RESET_S
    gate = Barrier(8)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def ask(_: int) -> list[Admission | None]:
        gate.wait()
        return [breakers.admit("t", last_resort=True) for _ in range(50)]

    try:
        with ThreadPoolExecutor(8) as pool:
            answers = [answer for answers in pool.map(ask, range(8)) for answer in answers]
    finally:
        sys.setswitchinterval(interval)

    assert 1 == sum(answer is not None for answer in answers)


class TestAnyHistory:
    """Whatever is asked and reported in whatever order, closed follows open only through half-open."""

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("admit"), st.booleans()),
                st.tuples(st.sampled_from(["succeeded", "failed", "released"]), st.integers(0, 5)),
                st.tuples(st.just("wait"), st.sampled_from([1.0, 10.0, 31.0, 61.0])),
            ),
            max_size=80,
        )
    )
    def test_half_open_is_never_skipped_and_probes_are_one_at_a_time(self, steps: list[tuple[str, float]]) -> None:
        clock = Clock()
        breakers = Breakers(clock, threshold=2)
        out: list[Admission] = []
        state = "closed"

        for what, argument in steps:
            if what == "wait":
                clock.now += argument
            elif what == "admit":
                probed = breakers.is_probed("t")
                admission = breakers.admit("t", last_resort=bool(argument))
                if admission is not None:
                    assert not (admission.probe and probed)
                    out.append(admission)
            elif out:
                self.report(breakers, what, out.pop(int(argument) % len(out)))
            health = breakers.snapshot().get("t")
            following = "closed" if health is None else health.state
            assert (state, following) not in {("open", "closed"), ("closed", "half-open")}
            state = following

    @staticmethod
    def report(breakers: Breakers, what: str, admission: Admission) -> None:
        if what == "failed":
            breakers.failed(admission, reason="x")
        elif what == "succeeded":
            breakers.succeeded(admission)
        else:
            breakers.released(admission)


def test_targets_that_only_ever_fail_do_not_pile_up(breakers: Breakers, clock: Clock) -> None:
    """Each new one past the limit must not cost a look at all the others, either."""
    fail(breakers, THRESHOLD)
    for number in range(3 * MOST):
        admission = breakers.admit(f"p/{number}")
        assert admission is not None
        breakers.failed(admission, reason="x")

    assert MOST == len(breakers.snapshot())
    assert breakers.is_open("t")


def test_more_open_breakers_than_are_kept_do_not_pile_up(breakers: Breakers) -> None:
    for number in range(MOST + 100):
        admission = breakers.admit(f"p/{number}")
        assert admission is not None
        breakers.failed(admission, reason="x", retry_after=AT_ONCE_S + 1)

    assert MOST == len(breakers.snapshot())
    assert breakers.is_open(f"p/{MOST + 99}")


def test_failures_long_apart_are_not_in_a_row(breakers: Breakers, clock: Clock) -> None:
    for _ in range(2 * THRESHOLD):
        fail(breakers)
        clock.now += RESET_S

    assert not breakers.is_open("t")
    assert 0 == breakers.snapshot()["t"].failures


class TestInAForkedChild:
    def test_a_lock_held_at_the_fork_does_not_hang_it(self, breakers: Breakers) -> None:
        fail(breakers)
        with breakers._lock, breakers._breakers["t"].machine._lock:
            breakers.after_fork()
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(fail, breakers, THRESHOLD - 1).result(10)

        assert breakers.is_open("t")

    def test_what_was_known_stays_known(self, breakers: Breakers, clock: Clock) -> None:
        fail(breakers, THRESHOLD)
        before = breakers.snapshot()

        breakers.after_fork()

        assert before == breakers.snapshot()
        assert breakers.admit("t") is None

    def test_the_parents_probe_does_not_keep_the_child_out(self, breakers: Breakers, clock: Clock) -> None:
        fail(breakers, THRESHOLD)
        clock.now += RESET_S
        admitted(breakers)

        breakers.after_fork()

        assert admitted(breakers).probe
