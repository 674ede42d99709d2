from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from aigw.testing import FrozenClock

if TYPE_CHECKING:
    from aigw.protocols import Clock


def test_time_stands_still():
    clock: Clock = FrozenClock(time=1000.0)

    assert (clock.time(), clock.monotonic()) == (1000.0, 0.0)
    assert (clock.time(), clock.monotonic()) == (1000.0, 0.0)


def test_a_wait_is_skipped_and_written_down():
    clock = FrozenClock(time=1000.0)

    assert clock.skip(2.5) is True
    assert (clock.time(), clock.monotonic(), clock.skipped) == (1002.5, 2.5, [2.5])


def test_advancing_is_no_wait():
    clock = FrozenClock(time=1000.0)
    clock.advance(60)

    assert (clock.time(), clock.monotonic(), clock.skipped) == (1060.0, 60.0, [])


def test_time_never_goes_back():
    clock = FrozenClock()

    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(-1)
    clock.skip(-1)
    assert clock.monotonic() == 0.0


def test_no_skip_is_lost_between_threads():
    clock = FrozenClock()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clock.skip, [1.0] * 800))

    assert clock.monotonic() == 800.0
