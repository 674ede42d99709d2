"""A single background thread, started on first use, that calls one function again and again."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

_AFTER_ERROR_S: Final = 60.0

_log = logging.getLogger("aigw.runtime")


def give_way() -> None:
    """Let another thread run now, if one is waiting: called between bites of work that would hold up an event loop."""
    time.sleep(0)


class Background:
    """Calls `tick` in a daemon thread, each time after the delay in seconds it gave; a negative one ends the thread.

    There is at most one thread, and none before `start`. All methods may be called from any thread and again.
    """

    def __init__(self, tick: Callable[[], float], name: str) -> None:
        self._tick = tick
        self._name = name
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        # A queue, as it may be put to by a finalizer that the garbage collector runs in the middle of our own wait.
        self._wakeup: SimpleQueue[None] = SimpleQueue()

    @property
    def is_running(self) -> bool:
        """Whether the thread is there."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, after_s: float = 0.0) -> bool:
        """Start the thread, which first waits *after_s*; False if it runs already, was stopped, or cannot start."""
        with self._lock:
            if self._thread is not None or self._stopped:
                return False
            thread = threading.Thread(target=self._run, args=(after_s, self._wakeup), name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is shutting down, or the system has no more threads
                return False
            self._thread = thread
            return True

    def wake(self) -> None:
        """End the delay that is running, or skip the next one. May be called by a finalizer."""
        self._wakeup.put(None)

    def stop(self, timeout_s: float = 1.0) -> None:
        """Stop for good. Waits at most *timeout_s* for a tick that is running; it ends by itself and none follows."""
        self._stopped = True
        self._wakeup.put(None)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    def after_fork(self) -> None:
        """Forget, in a forked child, the parent's thread and whatever lock it held. `start` starts the child's own."""
        self._lock = threading.Lock()
        self._wakeup = SimpleQueue()
        self._thread = None

    def _run(self, after_s: float, wakeup: "SimpleQueue[None]") -> None:
        delay_s = after_s
        while delay_s >= 0:
            with suppress(Empty):
                wakeup.get(timeout=min(delay_s, threading.TIMEOUT_MAX))
                while True:
                    wakeup.get_nowait()
            if self._stopped:
                return
            delay_s = self._ticked()

    def _ticked(self) -> float:
        try:
            return self._tick()
        except Exception:  # noqa: BLE001 - the thread must outlive whatever a tick did not foresee
            _log.exception("%s: an unexpected error; trying again in %.0f s", self._name, _AFTER_ERROR_S)
            return _AFTER_ERROR_S
