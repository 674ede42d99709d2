"""The machine's own clock."""

import time


class SystemClock:
    """The machine's clock: it moves by itself, so waiting is up to the caller."""

    __slots__ = ()

    def monotonic(self) -> float:
        """Seconds on the machine's monotonic clock."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def skip(self, seconds: float) -> bool:
        """Say that the caller has to wait *seconds* by itself."""
        return seconds <= 0
