"""How options of these commands are written: shares and faults. Imports no command."""

import argparse
import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from aigw.cli.manifest.durations import duration

FaultKind: TypeAlias = Literal["status", "slow", "truncate", "stale-etag", "html", "old"]

_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)(%?)")
_STATUS: Final = re.compile(r"[1-5]\d\d")
_WHOLE: Final = 100.0
_FAULTS: Final = "500, slow:3s, truncate, stale-etag, html or old:SERIAL, each with :PROBABILITY after it or not"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is to go wrong with this probability. `value` is the status, the seconds or the serial."""

    kind: FaultKind
    value: float = 0.0
    probability: float = 1.0

    def __str__(self) -> str:
        return self.kind if self.kind in _PLAIN else f"{self.kind} {self.value:g}"


_PLAIN: Final[tuple[FaultKind, ...]] = ("truncate", "stale-etag", "html")


def share(text: str) -> float:
    """Give the part of one that `99%` or `0.99` is."""
    read = _SHARE.fullmatch(text)
    value = float("inf") if read is None else float(read[1]) / (_WHOLE if read[2] else 1.0)
    if value > 1:
        message = f"a share such as 99% or 0.99 is wanted, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return value


def fault(text: str) -> Fault:
    """Read `500:0.2`, `slow:3s`, `truncate`, `stale-etag`, `html` or `old:7`; a probability may end each."""
    kind, *rest = text.split(":")
    if _STATUS.fullmatch(kind):
        return Fault("status", float(kind), _probability(rest, text))
    if kind == "slow" and rest:
        return Fault("slow", duration(rest[0]), _probability(rest[1:], text))
    if kind == "old" and rest and rest[0].isascii() and rest[0].isdecimal():
        return Fault("old", float(rest[0]), _probability(rest[1:], text))
    if kind in _PLAIN:
        return Fault(kind, probability=_probability(rest, text))
    return _refuse(text)


def _probability(rest: list[str], text: str) -> float:
    if not rest:
        return 1.0
    return share(rest[0]) if len(rest) == 1 else _refuse(text).probability


def _refuse(text: str) -> Fault:
    message = f"a fault is {_FAULTS}, not {text!r}"
    raise argparse.ArgumentTypeError(message)
