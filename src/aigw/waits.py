"""How long a server asks us to wait, read from its headers and its words. Pure: dates count from its own `Date`.

Sources: RFC 9110 10.2.3 (`Retry-After`), draft-ietf-httpapi-ratelimit-headers (`RateLimit`), and the rate limit headers
of providers, which their kinds list.
"""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from aigw.types.kind import Meter
from aigw.wire import Headers

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|s|m|h|d)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TRY_AGAIN: Final = re.compile(r"try again in ((?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)", re.IGNORECASE)
_ITEM: Final = re.compile(r"r=(\d+)\s*;\s*t=(\d+)")
_EPOCH_S: Final = 1e9
_EPOCH_MS: Final = 1e12


def retry_after(
    headers: Headers,
    *,
    limited: bool = False,
    message: str = "",
    now: float | None = None,
    meters: Sequence[Meter] = (),
) -> float | None:
    """Give the seconds the server asks to wait, or None.

    `retry-after-ms` and `retry-after` come first. Where the answer is a rate limit (*limited*), the reset of whatever
    has nothing remaining is next: by the provider's own *meters*, or else by any header of the usual names. The
    provider's message ("try again in 1.5s") is the last resort. Dates count from *now*, in seconds since the epoch, or
    where it is not given from the answer's own `Date`.
    """
    sent = _date(headers.get("date")) if now is None else datetime.fromtimestamp(now, UTC)
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    stated = headers.get("retry-after")
    if stated is not None:
        seconds = _number(stated)
        return _until(_date(stated), sent) if seconds is None else seconds
    if not limited:
        return None
    resets = list(_metered(headers, meters, sent))
    if not resets:
        resets = [reset for name in headers if (reset := _reset(headers, name, sent)) is not None]
    if resets:
        return max(resets)
    spoken = _TRY_AGAIN.search(message)
    return duration(spoken[1]) if spoken else None


def duration(text: str) -> float | None:
    """Read a duration the way Go writes it (`6m0s`, `1.2s`, `12ms`), or plain seconds. Gives None for anything else."""
    text = text.strip()
    plain = _number(text)
    if plain is not None:
        return plain
    pieces = list(_DURATION.finditer(text))
    if not pieces or "".join(piece[0] for piece in pieces) != text:
        return None
    seconds = sum(float(piece[1]) * _SECONDS[piece[2]] for piece in pieces)
    return seconds if math.isfinite(seconds) else None


def _metered(headers: Headers, meters: Sequence[Meter], now: datetime | None) -> Iterator[float]:
    """Give the seconds until each of *meters* that has nothing left is filled up again, where its headers tell."""
    for meter in meters:
        remaining, reset = headers.get(meter.remaining), headers.get(meter.reset)
        if remaining is None or reset is None:
            continue
        if meter.form == "item":
            waits = (_number(seconds) for left, seconds in _ITEM.findall(reset) if _number(left) == 0)
            yield from (wait for wait in waits if wait is not None)
        elif _number(remaining) == 0:
            wait = _wait(reset, meter.form, now)
            if wait is not None:
                yield wait


def _wait(reset: str, form: str, now: datetime | None) -> float | None:
    """Read *reset*, written in *form*, as seconds from *now*."""
    if form == "timestamp":
        return _until(_timestamp(reset), now)
    if form != "epoch_ms":
        return duration(reset)
    moment = _number(reset)
    return None if moment is None or now is None else max(0.0, moment / 1000 - now.timestamp())


def _reset(headers: Headers, name: str, now: datetime | None) -> float | None:
    """Give the seconds until what the header *name* counts is filled up again, if it is a reset and nothing is left."""
    if not name.startswith(("x-ratelimit-", "x-tokenlimit-", "anthropic-ratelimit-")):
        return None
    head, word, tail = name.rpartition("reset")
    if not word or _number(headers.get(f"{head}remaining{tail}")) != 0:
        return None
    value = headers[name]
    if name.startswith("anthropic"):
        return _until(_timestamp(value), now)
    seconds = duration(value)
    if seconds is None or seconds < _EPOCH_S:
        return seconds
    moment = seconds / 1000 if seconds >= _EPOCH_MS else seconds
    return None if now is None else max(0.0, moment - now.timestamp())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _until(moment: datetime | None, now: datetime | None) -> float | None:
    if moment is None or now is None:
        return None
    return max(0.0, (moment - now).total_seconds())


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _timestamp(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
