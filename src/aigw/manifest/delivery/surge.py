"""When to look more often than usual: the change that matters is published while providers are failing."""

from typing import Final

SURGE_INTERVAL_S: Final = 2.0
"""The delay between looks meanwhile."""

SURGE_S: Final = 180.0
"""How long it lasts."""

_REST_S: Final = 600.0


class Surge:
    """A bounded time of frequent looks, entered at most once in ten minutes. Times are on the monotonic clock."""

    __slots__ = ("_next", "_until")

    def __init__(self) -> None:
        self._until = float("-inf")
        self._next = float("-inf")

    def enter(self, now: float) -> bool:
        """Begin one, unless one began within ten minutes; True if it begins now."""
        if now < self._next:
            return False
        self._until = now + SURGE_S
        self._next = now + _REST_S
        return True

    def is_on(self, now: float) -> bool:
        """Whether looks are to be frequent at *now*."""
        return now < self._until
