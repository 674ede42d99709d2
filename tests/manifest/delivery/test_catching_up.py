"""A process that was frozen looks at its manifest when it is used again, and waits a fifth of a second at most."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import following, serial
from tests.manifest.manifest_kit import Origin, StillClock, document, fetch, follower, holder, intake

from aigw.errors import APIConnectionError
from aigw.manifest.delivery.holder import Holder
from aigw.runtime.background import Background
from aigw.wire import HttpResponse


class TornClock(StillClock):
    """A clock whose two sides move apart, as they do on a machine that sleeps."""

    asleep_s = 0.0

    def time(self) -> float:
        return self.at + self.asleep_s


class Sleeper:
    """A background thread that does nothing until it is woken, and counts that."""

    def __init__(self) -> None:
        self.woken = 0
        self._runs = False

    def start(self, after_s: float = 0.0) -> bool:
        was, self._runs = self._runs, True
        return not was

    def wake(self) -> None:
        self.woken += 1

    def stop(self, timeout_s: float = 1.0) -> None:
        pass

    def after_fork(self) -> None:
        self._runs = False


@pytest.fixture
def clock() -> TornClock:
    return TornClock()


def asleep(origin: Origin, clock: StillClock) -> tuple[Holder, Sleeper]:
    """A holder that has looked once, and its thread, which will not look by itself."""
    sleeper = Sleeper()
    held = holder(origin.url, clock=clock, background=lambda tick, name: sleeper)
    held.ready()
    held.tick()
    return held, sleeper


def test_it_is_late_once_a_look_is_an_interval_overdue(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    clock.at += 20.0
    assert not held.is_late
    clock.at += 0.1
    assert held.is_late


def test_it_is_late_after_a_sleep_that_only_the_wall_clock_has_seen(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    clock.asleep_s = 3600.0
    assert held.is_late


def test_a_look_ends_it(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    clock.at += 3600.0
    held.tick()
    assert not held.is_late


def test_a_long_patience_is_not_being_late(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    origin.status, origin.headers = 503, {"Retry-After": "300"}
    held.tick()
    clock.at += 310.0
    assert not held.is_late


def test_nothing_is_late_before_the_first_look(origin: Origin, clock: TornClock) -> None:
    held = holder(origin.url, clock=clock)
    clock.at += 3600.0
    assert not held.is_late


def test_a_forked_child_is_not_late_for_its_parent(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    held.after_fork()
    clock.at += 3600.0
    assert not held.is_late


def test_a_manifest_in_place_is_never_late(clock: TornClock) -> None:
    held = holder(document().decode(), clock=clock)
    clock.at += 3600.0
    assert not held.is_late


def test_only_the_first_call_waits_and_the_thread_is_woken_once(origin: Origin, clock: TornClock) -> None:
    held, sleeper = asleep(origin, clock)
    clock.at += 3600.0
    looked = held.catch_up()
    assert (False, 1, False) == (held.is_late, sleeper.woken, looked.done())


def test_the_future_ends_with_the_look(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    origin.content = document(8)
    looked = held.catch_up()
    held.tick()
    assert looked.done()
    assert looked.result(0) is None
    assert 8 == serial(held)


@pytest.mark.parametrize("status", [503, 200])
def test_it_ends_with_a_look_that_fails_too(origin: Origin, clock: TornClock, status: int) -> None:
    held, _ = asleep(origin, clock)
    origin.status, origin.content = status, b"schema: ["
    looked = held.catch_up()
    held.tick()
    assert looked.result(0) is None
    assert 7 == serial(held)


def test_who_gave_up_disturbs_nobody(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    gone, other = held.catch_up(), held.catch_up()
    gone.cancel()
    held.tick()
    assert other.result(0) is None


def test_closing_ends_it(origin: Origin, clock: TornClock) -> None:
    held, _ = asleep(origin, clock)
    looked = held.catch_up()
    held.close()
    assert looked.result(0) is None


def test_it_asks_the_source_though_another_process_does(origin: Origin, clock: TornClock, tmp_path: Path) -> None:
    leader, sibling = following(origin, clock, tmp_path), following(origin, clock, tmp_path)
    leader.tick()
    sibling.tick()
    origin.content = document(8)
    sibling.catch_up()
    sibling.tick()
    assert 8 == serial(sibling)
    sibling.close()


def test_a_fetch_that_hangs_holds_up_nobody(origin: Origin, clock: TornClock) -> None:
    """As one does whose host's name is being looked up: nothing can end that."""
    hangs, go = threading.Event(), threading.Event()

    def stuck(url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
        if len(origin.asked) == 0:
            return fetch(url, headers, timeout_s)
        hangs.set()
        go.wait(10)
        message = "no such host"
        raise APIConnectionError(message)

    held = Holder(
        follower(origin.url, clock=clock, fetch=stuck),
        intake=intake(origin.url),
        background=Background,
        clock=clock,
    )
    held.ready().result(10)
    clock.at += 3600.0
    looked = held.catch_up()
    assert hangs.wait(10)
    with pytest.raises(TimeoutError):
        looked.result(0.01)
    assert (7, False) == (serial(held), held.is_late)
    go.set()
    assert looked.result(10) is None
    held.close()
