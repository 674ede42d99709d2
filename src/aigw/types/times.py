"""How moments and durations are written, for people and other programs."""

from datetime import UTC, datetime, timedelta
from typing import Final

SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
"""The units of a duration."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def written_time(at: float) -> str:
    """Write *at*, in seconds since the epoch, as RFC 3339 in UTC, to the second."""
    return (_EPOCH + timedelta(seconds=int(at))).isoformat().replace("+00:00", "Z")
