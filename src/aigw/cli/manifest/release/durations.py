"""Durations as publishers write them: `2h`, `90d`."""

import re
from typing import Final

from aigw.errors import ConfigurationError

_WRITTEN: Final = re.compile(r"(\d{1,6})\s*([smhd])")
_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds_of(text: str, option: str) -> float:
    """Give the seconds *text* says, above zero. Raises `ConfigurationError`, naming the *option*."""
    match = _WRITTEN.fullmatch(text.strip())
    seconds = 0.0 if match is None else int(match[1]) * _SECONDS[match[2]]
    if not seconds:
        message = f"{option} is a duration such as 30m, 2h or 90d, not {text[:40]!r}."
        raise ConfigurationError(message)
    return seconds
