"""One daemon thread, on first use, gone when told."""

import logging
import threading

import pytest

from aigw.runtime.background import Background


class Ticks:
    def __init__(self, *delays: float) -> None:
        self.delays = list(delays)
        self.ticked = threading.Semaphore(0)

    def __call__(self) -> float:
        self.ticked.release()
        return self.delays.pop(0) if self.delays else -1.0


def test_nothing_runs_before_it_is_started() -> None:
    ticks = Ticks()
    background = Background(ticks, "t")

    assert not background.is_running
    assert not ticks.ticked.acquire(blocking=False)


def test_one_thread_is_started_however_often_it_is_asked() -> None:
    ticks = Ticks(1000.0)
    background = Background(ticks, "t")

    assert [True, False, False] == [background.start() for _ in range(3)]
    assert ticks.ticked.acquire(timeout=10)
    background.stop()
    assert not background.is_running


def test_waking_ends_the_delay() -> None:
    ticks = Ticks(1000.0, 1000.0)
    background = Background(ticks, "t")
    background.start()
    assert ticks.ticked.acquire(timeout=10)

    background.wake()

    assert ticks.ticked.acquire(timeout=10)
    background.stop()


def test_the_first_tick_may_be_put_off() -> None:
    ticks = Ticks(1000.0)
    background = Background(ticks, "t")
    background.start(1000.0)

    background.stop()

    assert not ticks.ticked.acquire(blocking=False)


def test_a_negative_delay_ends_the_thread() -> None:
    background = Background(Ticks(), "t")
    background.start()
    assert background._thread is not None
    background._thread.join(10)

    assert not background.is_running


def test_stop_does_not_wait_for_a_tick_that_hangs() -> None:
    gate, begun = threading.Event(), threading.Event()
    done: list[int] = []

    def hang() -> float:
        begun.set()
        gate.wait(30)
        done.append(1)
        return 0.0

    background = Background(hang, "t")
    background.start()
    assert begun.wait(10)

    background.stop(0.01)
    background.stop(0.01)
    assert background.is_running
    assert not background.start()

    gate.set()
    assert background._thread is not None
    background._thread.join(10)
    assert [1] == done, "the hanging tick ended and none followed"


def test_a_tick_may_stop_its_own_thread() -> None:
    made: list[Background] = []

    def tick() -> float:
        made[0].stop()
        return 0.0

    made.append(Background(tick, "t"))
    made[0].start()
    assert made[0]._thread is not None
    made[0]._thread.join(10)

    assert not made[0].is_running


def test_a_tick_that_raises_is_logged_and_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    ticked = threading.Semaphore(0)

    def fail() -> float:
        ticked.release()
        raise ZeroDivisionError

    background = Background(fail, "t")
    with caplog.at_level(logging.ERROR, "aigw.runtime"):
        background.start()
        assert ticked.acquire(timeout=10)
        background.wake()
        assert ticked.acquire(timeout=10)
    background.stop()

    assert "trying again in 60 s" in caplog.text


def test_after_a_fork_the_child_starts_a_thread_of_its_own() -> None:
    ticks = Ticks(1000.0, 1000.0)
    background = Background(ticks, "t")
    background.start()
    assert ticks.ticked.acquire(timeout=10)
    parents = background._thread
    wakeup = background._wakeup
    background._lock.acquire()

    background.after_fork()
    assert background.start()

    assert ticks.ticked.acquire(timeout=10)
    assert parents is not background._thread
    background.stop()
    wakeup.put(None)
    assert parents is not None
    parents.join(10)


def test_a_system_without_threads_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        message = "can't create new thread at interpreter shutdown"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert not Background(Ticks(), "t").start()
