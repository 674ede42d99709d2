"""A lock that knows when the running thread is inside it.

The garbage collector may end a dropped stream at any moment, in whatever thread allocates next, and the end of a call
takes locks: its breaker's, its sink's. Where that thread is inside one of them already, the end has to wait.
"""

import threading
from types import TracebackType


class _Depth(threading.local):
    """How many latches the running thread is in, or about to be."""

    value = 0


_depth = _Depth()


def is_inside() -> bool:
    """Whether the running thread is inside any latch, so that it must not end anything that takes one."""
    return _depth.value > 0


class Latch:
    """A lock for state in memory, held without waiting inside. `is_inside` is true while it is held, or asked for."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        _depth.value += 1
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        _depth.value -= 1
