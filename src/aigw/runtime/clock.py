"""The machine's own clock."""

import time


class SystemClock:
    """The machine's clock: it moves by itself, so waiting is up to the caller."""

    __slots__ = ()

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)

    def skip(self, seconds: float) -> bool:
        """Say that the caller has to wait *seconds* by itself."""
        return seconds <= 0
