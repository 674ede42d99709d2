"""A clock that stands still: time passes only when somebody says so, and then at once."""

import threading


class FrozenClock:
    """An `aigw.protocols.Clock` whose waits are over at once: `skip` moves it ahead instead. Thread-safe.

    `time` is where it starts, in seconds since the epoch; the monotonic side starts at 0. `skipped` are the waits it
    spared, in order: what a retry would have slept.
    """

    def __init__(self, time: float = 1_700_000_000.0) -> None:
        self._lock = threading.Lock()
        self._start = time
        self._elapsed = 0.0
        self._skipped: list[float] = []

    def monotonic(self) -> float:
        """Seconds since this clock was made, by its own count."""
        with self._lock:
            return self._elapsed

    def time(self) -> float:
        """Seconds since the epoch, by its own count."""
        with self._lock:
            return self._start + self._elapsed

    def skip(self, seconds: float) -> bool:
        """Move ahead by *seconds*, write the wait down, and say that nobody has to wait."""
        with self._lock:
            self._elapsed += max(0.0, seconds)
            self._skipped.append(seconds)
        return True

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass. Raises `ValueError` for a step back."""
        if seconds < 0:
            message = f"time cannot go back: advance({seconds!r})"
            raise ValueError(message)
        with self._lock:
            self._elapsed += seconds

    @property
    def skipped(self) -> list[float]:
        """The waits that were skipped so far, in seconds, oldest first."""
        with self._lock:
            return list(self._skipped)
