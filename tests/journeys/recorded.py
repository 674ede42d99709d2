"""The recorded exchanges with real providers, and a server on loopback that answers with one of them.

They lie beside the repository and not in it (`../shared/recordings`); without them the tests that need them skip.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "recordings"
CHAT = "/chat/completions"
MESSAGES = "/messages"
COUNT = "/messages/count_tokens"

# What belongs to the recorded connection and not to the answer: the body is no longer compressed, for one.
_OF_THE_CONNECTION = {"content-length", "content-encoding", "transfer-encoding", "connection", "date", "content-type"}


@dataclass(frozen=True, slots=True)
class Recording:
    """One exchange. The file it is in is named as the provider's kind is."""

    kind: str
    number: int
    cassette: str
    place: int
    url: str
    request: dict[str, Any] | None = field(repr=False)
    status: int
    headers: dict[str, str] = field(repr=False)
    text: str = field(repr=False)

    @property
    def name(self) -> str:
        """A name for the test that replays it."""
        return f"{self.kind}-{self.number}-{self.cassette.rpartition('/')[2]}-{self.place}"

    @property
    def path(self) -> str:
        """The path of its URL."""
        return urlsplit(self.url).path

    @property
    def is_stream(self) -> bool:
        """Whether its answer is a stream of events."""
        return self.headers.get("content-type", "").startswith("text/event-stream")


def recordings(*endings: str, status: int | None = None) -> list[Any]:
    """Give the exchanges with such a path and *status* as parameters of a test, or one that skips and says why."""
    if not FOLDER.is_dir():
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(f"no recorded exchanges at {FOLDER}"))]
    found = [
        recording for recording in _all() if recording.path.endswith(endings) and status in {None, recording.status}
    ]
    return [pytest.param(recording, id=recording.name) for recording in found]


def recorded_streams(*endings: str) -> list[Any]:
    """Give those of `recordings` that are streams, once each: several scenarios recorded the very same bytes."""
    found = recordings(*endings)
    if found[0].values[0] is None:
        return found
    distinct = {param.values[0].text: param for param in reversed(found) if param.values[0].is_stream}
    return list(reversed(distinct.values()))


@cache
def _all() -> tuple[Recording, ...]:
    return tuple(recording for file in sorted(FOLDER.glob("*.jsonl")) for recording in _read(file))


def _read(file: Path) -> Iterator[Recording]:
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n")):
        said = json.loads(line) if line else {}
        if "text" in said:
            yield Recording(
                kind=file.stem,
                number=number,
                cassette=said["cassette"],
                place=said["i"],
                url=said["url"],
                request=said.get("request"),
                status=said["status"],
                headers=said["headers"],
                text=said["text"],
            )


class ReplayServer(Server):
    """Answers every request with *recording*: a stream in pieces of *size* bytes, or event by event."""

    def __init__(self, recording: Recording, size: int | None = None) -> None:
        told = tuple((name, value) for name, value in recording.headers.items() if name not in _OF_THE_CONNECTION)
        self._recording = recording
        self._transmission = Transmission(
            status=recording.status,
            headers=(("content-type", recording.headers.get("content-type", "application/json")), *told),
            steps=tuple(Frame(piece) for piece in _pieces(recording, size)),
            streamed=recording.is_stream,
        )
        super().__init__(self._answer)

    def base_url(self, ending: str) -> str:
        """Give the recorded base URL, moved here: what stands before *ending* in its path."""
        return self.origin + self._recording.path.removesuffix(ending)

    def _answer(self, request: Received) -> Transmission:
        if (request.method, request.path) != ("POST", self._recording.path.removesuffix("/count_tokens")):
            return Transmission(status=418, steps=(Frame(f"{request.method} {request.path} is wrong".encode()),))
        return self._transmission


def manifest(kind: str, base_url: str) -> dict[str, object]:
    """Give a manifest with one provider, `upstream`, whose models callers may name as they are."""
    provider = {"kind": kind, "base_url": base_url, "api_key": "env:UPSTREAM_KEY"}
    return {"schema": "aigw/v1", "serial": 1, "providers": {"upstream": provider}, "allow_direct": True}


def _pieces(recording: Recording, size: int | None) -> list[bytes]:
    body = recording.text.encode()
    if not recording.is_stream:
        return [body]
    if size is None:
        return [event + b"\n\n" for event in body.split(b"\n\n") if event]
    return [body[start : start + size] for start in range(0, len(body), size)]
