"""What a document says of itself, as far as it is judged before all else: for whom, which and when."""

import json
from dataclasses import dataclass
from datetime import datetime

from aigw.manifest.snapshot import Snapshot
from aigw.types.json import JsonObject, as_int, as_object


@dataclass(frozen=True, slots=True)
class Header:
    """For whom a document is, its place in the order, and when it holds, in seconds since the epoch."""

    audience: str | None
    channel: str | None
    epoch: int
    serial: int
    issued_at: float | None
    expires_at: float | None

    @property
    def order(self) -> tuple[int, int]:
        """What documents are ordered by."""
        return self.epoch, self.serial


def read_header(payload: bytes) -> Header | None:
    """Give the header of a JSON document at little cost; None where it has to be compiled to tell."""
    if payload.lstrip()[:1] != b"{":
        return None
    try:
        said = as_object(json.loads(payload))
        serial, epoch = as_int(said.get("serial")), as_int(said.get("epoch", 0))
        if serial is None or epoch is None:
            return None
        return Header(
            _text(said, "audience"),
            _text(said, "channel"),
            epoch,
            serial,
            _time(said, "issued_at"),
            _time(said, "expires_at"),
        )
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def header_of(snapshot: Snapshot) -> Header:
    """Give the header of what has been compiled."""
    return Header(
        snapshot.audience,
        snapshot.channel,
        snapshot.epoch,
        snapshot.serial,
        snapshot.issued_at,
        snapshot.expires_at,
    )


def _text(said: JsonObject, name: str) -> str | None:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _time(said: JsonObject, name: str) -> float | None:
    value = _text(said, name)
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.timestamp()
