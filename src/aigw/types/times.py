"""Moments as people and other programs read them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def written_time(at: float) -> str:
    """Write *at*, in seconds since the epoch, as RFC 3339 in UTC, to the second."""
    return (_EPOCH + timedelta(seconds=int(at))).isoformat().replace("+00:00", "Z")
