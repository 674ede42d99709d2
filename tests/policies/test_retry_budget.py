"""Retries stay a share of requests, in every window, whatever order they come in."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from aigw.policies.retry_budget import FLOOR, MOST, SHARE, WINDOW_S, RetryBudgets

steps = st.lists(st.tuples(st.sampled_from(["request", "retry", "wait"]), st.integers(1, 40)), max_size=60)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(steps)
def test_the_budget_is_never_exceeded_in_any_window(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    budgets = RetryBudgets(clock)
    seen: list[tuple[int, str]] = []

    for what, count in steps:
        if what == "wait":
            clock.now += count / 4
            continue
        for _ in range(count):
            if what == "request":
                budgets.requested("t")
                seen.append((int(clock.now), "request"))
            elif budgets.grants("t"):
                seen.append((int(clock.now), "retry"))
                recent = [kind for second, kind in seen if second > int(clock.now) - WINDOW_S]
                assert recent.count("retry") <= FLOOR + SHARE * recent.count("request")


def test_a_quiet_service_may_still_retry() -> None:
    budgets = RetryBudgets(Clock())

    assert [True] * FLOOR + [False] == [budgets.grants("t") for _ in range(FLOOR + 1)]


def test_requests_earn_retries() -> None:
    budgets = RetryBudgets(Clock())
    for _ in range(50):
        budgets.requested("t")

    granted = [budgets.grants("t") for _ in range(100)]

    assert FLOOR + 10 == granted.count(True)


def test_a_spent_budget_comes_back_with_time() -> None:
    clock = Clock()
    budgets = RetryBudgets(clock)
    while budgets.grants("t"):
        pass

    clock.now += WINDOW_S

    assert budgets.grants("t")


def test_targets_do_not_spend_each_others_budget() -> None:
    budgets = RetryBudgets(Clock())
    while budgets.grants("a"):
        pass

    assert budgets.grants("b")


def test_threads_together_get_no_more_than_the_budget() -> None:
    budgets = RetryBudgets(Clock())

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: budgets.grants("t"), range(400)))

    assert FLOOR == granted.count(True)


def test_invented_targets_do_not_pile_up() -> None:
    clock = Clock()
    budgets = RetryBudgets(clock)
    for number in range(5000):
        clock.now += 0.1
        budgets.requested(f"p/{number}")

    assert len(budgets._windows) <= 1024


def test_targets_invented_within_one_window_do_not_pile_up_nor_push_out_one_in_use() -> None:
    budgets = RetryBudgets(Clock())
    while budgets.grants("t"):
        pass
    for number in range(3 * MOST):
        budgets.requested(f"p/{number}")
        assert not budgets.grants("t")

    assert MOST == len(budgets._windows)


def test_a_lock_held_at_a_fork_does_not_hang_the_child() -> None:
    budgets = RetryBudgets(Clock())
    with budgets._lock:
        budgets.after_fork()
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(budgets.grants, "t").result(10)
