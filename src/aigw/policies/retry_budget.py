"""Retry budgets: retries stay a small share of a target's requests, so that an outage is not made worse by us.

Each target has a sliding window of one-second slots, counting requests and retries. A retry is granted while the
retries in the window stay within a floor plus a share of the requests in it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

SHARE: Final = 0.2
WINDOW_S: Final = 10
FLOOR: Final = 10
"""Retries a window always grants. A share alone would refuse every retry of a service that makes a call a second."""
MOST: Final = 1024
"""Windows kept. Callers may invent target ids where a manifest allows direct names, and they must not pile up."""


class _Window:
    """Requests and retries of the last seconds, one slot a second, reused in a ring."""

    __slots__ = ("requests", "retries", "stamps")

    def __init__(self) -> None:
        self.stamps = [-1] * WINDOW_S
        self.requests = [0] * WINDOW_S
        self.retries = [0] * WINDOW_S

    def slot(self, second: int) -> int:
        """Find the slot of *second*, emptied if it held an older one."""
        index = second % WINDOW_S
        if self.stamps[index] != second:
            self.stamps[index] = second
            self.requests[index] = self.retries[index] = 0
        return index

    def totals(self, second: int) -> tuple[int, int]:
        """Count the requests and retries of the window that ends with *second*."""
        recent = [index for index, stamp in enumerate(self.stamps) if second - WINDOW_S < stamp <= second]
        return sum(self.requests[index] for index in recent), sum(self.retries[index] for index in recent)


class RetryBudgets:
    """The retry budgets of all targets, by target id, so that they survive a change of manifest. Thread-safe.

    *clock* gives seconds that never go back.
    """

    __slots__ = ("_clock", "_floor", "_lock", "_share", "_windows")

    def __init__(self, clock: Callable[[], float], *, share: float = SHARE, floor: int = FLOOR) -> None:
        self._clock = clock
        self._share = share
        self._floor = floor
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def requested(self, target_id: str) -> None:
        """Count a request that is not a retry: it earns its share of one."""
        second = int(self._clock())
        with self._lock:
            window = self._window(target_id)
            window.requests[window.slot(second)] += 1

    def grants(self, target_id: str) -> bool:
        """Spend one retry, if the budget has one left; say whether it had."""
        second = int(self._clock())
        with self._lock:
            window = self._window(target_id)
            requests, retries = window.totals(second)
            if retries + 1 > self._floor + self._share * requests:
                return False
            window.retries[window.slot(second)] += 1
            return True

    def after_fork(self) -> None:
        """Take a new lock in a forked child: a thread of the parent may have held this one."""
        self._lock = threading.Lock()

    def _window(self, target_id: str) -> _Window:
        """Find the window of a target, or open one in place of that which was used longest ago."""
        found = self._windows.get(target_id)
        if found is None:
            if len(self._windows) >= MOST:
                self._windows.popitem(last=False)
            found = self._windows[target_id] = _Window()
        else:
            self._windows.move_to_end(target_id)
        return found
