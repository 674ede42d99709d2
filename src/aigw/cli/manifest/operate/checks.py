"""What the doctor finds: one line each, with what to do about it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and what to do where it is not good."""

    level: Level
    name: str
    said: str
    todo: str = ""


def ok(name: str, said: str) -> Check:
    """Give a check that found nothing."""
    return Check("ok", name, said)


def warn(name: str, said: str, todo: str) -> Check:
    """Give a check that found what may go wrong."""
    return Check("warn", name, said, todo)


def fail(name: str, said: str, todo: str) -> Check:
    """Give a check that found what is wrong."""
    return Check("fail", name, said, todo)
