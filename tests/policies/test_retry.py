"""Delays grow within bounds, obey the provider, and never outlast the deadline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.call import UNLIMITED, Deadline
from aigw.policies.retry import (
    BASE_S,
    CAP_S,
    LONGEST_WAIT_S,
    SHORT_WAIT_S,
    USEFUL_S,
    backoff,
    can_finish,
    delay_before,
    is_too_long,
)

chances = st.floats(0.0, 1.0)
retries = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("retry", "expected"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (9999, 8.0)]
)
def test_backoff_doubles_up_to_its_cap(retry: int, expected: float) -> None:
    assert expected == backoff(retry, 1.0)


@given(retries, chances)
def test_backoff_stays_in_bounds(retry: int, random: float) -> None:
    assert BASE_S / 2 <= backoff(retry, random) <= CAP_S


@given(retries, st.floats(0.001, 1e6), chances)
def test_a_retry_never_comes_sooner_than_the_provider_asked(retry: int, asked: float, random: float) -> None:
    assert asked <= delay_before(retry, asked, random) <= asked * 1.1 + 1e-9


@given(retries, st.sampled_from([None, 0.0, -1.0]), chances)
def test_a_wait_of_nothing_is_no_reason_to_hammer(retry: int, asked: float | None, random: float) -> None:
    assert backoff(retry, random) == delay_before(retry, asked, random)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_a_retry_that_cannot_finish_in_time_is_not_started(delay: float, left: float, now: float) -> None:
    deadline = Deadline(now + left)

    if can_finish(delay, deadline, now):
        assert now + delay < now + left
    if delay + USEFUL_S < left - 1e-6:
        assert can_finish(delay, deadline, now)


def test_without_a_deadline_every_retry_can_finish() -> None:
    assert can_finish(1e9, UNLIMITED, 0.0)


def test_a_short_wait_is_waited_and_a_long_one_is_not_while_others_are_left() -> None:
    assert not is_too_long(SHORT_WAIT_S, others_left=True)
    assert is_too_long(SHORT_WAIT_S + 1, others_left=True)
    assert not is_too_long(SHORT_WAIT_S + 1, others_left=False)
    assert is_too_long(LONGEST_WAIT_S + 1, others_left=False)
    assert not is_too_long(None, others_left=True)
