"""How long to wait between two looks at a manifest's source. No failure is terminal; every delay is jittered."""

from collections.abc import Callable
from typing import Final

_LONGEST_FRESH_S: Final = 60.0
_LONGEST_S: Final = 60.0
_PATIENT_FIRST_S: Final = 30.0
_PATIENT_LONGEST_S: Final = 600.0
_DOUBLINGS: Final = 16


class Pace:
    """The delay after each outcome, in seconds. `random` gives numbers from 0 to 1.

    Delays are spread over 0.8 to 1.2 of their length, so that a fleet that was started at once does not ask at once.
    """

    def __init__(self, interval_s: float, random: Callable[[], float]) -> None:
        self._interval_s = interval_s
        self._random = random
        self._failures = 0

    def after_success(self, fresh_s: float | None = None) -> float:
        """Give the delay after a look that went well. A server may ask for a longer one, up to a minute."""
        self._failures = 0
        longest = max(self._interval_s, _LONGEST_FRESH_S)
        return self.every(min(max(fresh_s or 0.0, self._interval_s), longest))

    def after_failure(self, *, patient: bool, retry_s: float | None = None) -> float:
        """Give the delay after a look that failed.

        It doubles from the interval up to a minute; for *patient* failures, which somebody has to repair, from 30 s up
        to 10 min. *retry_s* is what the server asked for; it is kept to, within 10 min.
        """
        first, longest = (
            (max(self._interval_s, _PATIENT_FIRST_S), _PATIENT_LONGEST_S)
            if patient
            else (self._interval_s, max(self._interval_s, _LONGEST_S))
        )
        delay = self.every(min(first * 2 ** min(self._failures, _DOUBLINGS), longest))
        self._failures += 1
        return delay if retry_s is None else max(delay, min(retry_s, _PATIENT_LONGEST_S))

    def every(self, seconds: float) -> float:
        """Give a delay of about *seconds*."""
        return seconds * (0.8 + 0.4 * self._random())
