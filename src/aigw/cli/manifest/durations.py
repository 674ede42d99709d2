"""Durations as options say them: `500ms`, `30m`, `2h`, and, unlike those in a manifest, `90d`."""

import argparse
import re
from typing import Final

from aigw.errors import ConfigurationError
from aigw.types.times import SECONDS

_UNITS: Final = {**SECONDS, "d": 86_400.0}
_WRITTEN: Final = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,6}})?)\s*({'|'.join(_UNITS)}|)", re.ASCII)
_LONGEST_S: Final = 1e6 * _UNITS["d"]
"""Beyond it, the end would fall outside the calendar."""


def duration(text: str) -> float:
    """Give the seconds that *text* says; a number alone is seconds. A type for argparse."""
    seconds = _seconds(text)
    if seconds is None:
        message = f"a duration such as 500ms, 3s, 10m or 2h is wanted, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return seconds


def seconds_of(text: str, option: str) -> float:
    """Give the seconds *text* says, one at least, with their unit: whoever writes 90 may mean days.

    Raises `ConfigurationError`, naming the *option*.
    """
    seconds = _seconds(text)
    if seconds is None or not 1 <= seconds < _LONGEST_S or text.strip()[-1].isdecimal():
        message = f"{option} is a duration such as 30m, 2h or 90d, not {text[:40]!r}."
        raise ConfigurationError(message)
    return seconds


def _seconds(text: str) -> float | None:
    match = _WRITTEN.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _UNITS.get(match[2], 1.0)
