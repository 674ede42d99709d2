"""The recorded exchanges with real providers, and a server on loopback that answers with one of them.

They lie beside the repository and not in it (`../shared/recordings`); without them the tests that need them skip.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from tests.journeys.extractors.bedrock import frames_of

from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "recordings"
CHAT = "/chat/completions"
RESPONSES = "/responses"
MESSAGES = "/messages"
COUNT = "/messages/count_tokens"
GEMINI = (":generateContent", ":streamGenerateContent")
BEDROCK = ("/converse", "/converse-stream")
ANSWERS = (CHAT, RESPONSES, MESSAGES, *GEMINI, *BEDROCK, "/v2/chat", "/api/chat")
"""Where models answer, in whatever dialect: every surface that is like chat reaches each of them."""
BESIDE = ("/responses/input_tokens", "/responses/compact")
"""What is asked about a conversation beside its answer."""

VECTORS = ("/embeddings", ":embedContent", ":batchEmbedContents", ":predict", "/v2/embed", "/invoke")
SPEAKING_BOTH = {"openai", "azure", "groq", "deepseek", "openrouter", "bedrock-openai", "xai"}
"""Kinds of OpenAI's chat dialect that would be asked for a response in the dialect of responses."""

# What belongs to the recorded connection and not to the answer: the body is no longer compressed, for one.
_OF_THE_CONNECTION = {"content-length", "content-encoding", "transfer-encoding", "connection", "date", "content-type"}
_STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream", "application/x-ndjson")
_AT_ROOT = ("/v1/messages/count_tokens", "/v1/messages", "/v2/chat", "/v2/embed", "/api/chat")
_BEFORE_THE_MODEL = ("/model/", "/publishers/google/models/", "/models/")
_MODEL = re.compile(r"/models/([^/]+):\w+$|/model/([^/]+)/[\w-]+$")


@dataclass(frozen=True, slots=True)
class Recording:
    """One exchange. The file it is in is named as the provider's kind is."""

    kind: str
    number: int
    cassette: str
    place: int
    method: str
    url: str
    request: dict[str, Any] | None = field(repr=False)
    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """A name for the test that replays it."""
        return f"{self.kind}-{self.number}-{self.cassette.rpartition('/')[2]}-{self.place}"

    @property
    def path(self) -> str:
        """The path of its URL."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """Its body, where that is text."""
        return self.body.decode()

    @property
    def is_stream(self) -> bool:
        """Whether its answer is a stream of events."""
        return self.headers.get("content-type", "").startswith(_STREAMS)

    @property
    def ending(self) -> str:
        """The end of its path that names the operation and, where the dialect has it there, the model."""
        for before in _BEFORE_THE_MODEL:
            if before in self.path:
                return before + self.path.partition(before)[2]
        at_root = (*_AT_ROOT, *ANSWERS, *VECTORS)
        if RESPONSES + "/" in self.path:
            return RESPONSES + self.path.partition(RESPONSES)[2]
        return next((ending for ending in at_root if self.path.endswith(ending)), self.path)

    @property
    def model(self) -> str:
        """The model that was asked: by the path in the dialects that have it there."""
        in_path = _MODEL.search(self.path)
        asked = unquote(in_path[1] or in_path[2]) if in_path else (self.request or {}).get("model")
        return str(asked or "some-model")

    @property
    def is_unfinished(self) -> bool:
        """Whether it only says that an answer asked for in the background is on its way."""
        return self.path.endswith(RESPONSES) and not self.is_stream and b'"status": "queued"' in self.body


def recordings(*endings: str, status: int | None = None) -> list[Any]:
    """Give the exchanges with such a path and *status* as parameters of a test, or one that skips and says why."""
    if not FOLDER.is_dir():
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(f"no recorded exchanges at {FOLDER}"))]
    found = [
        recording
        for recording in every()
        if recording.path.endswith(endings) and recording.method == "POST" and status in {None, recording.status}
    ]
    return [pytest.param(recording, id=recording.name) for recording in found]


def looks() -> list[Any]:
    """Give the exchanges in which somebody looked at what a provider keeps, as `recordings` does."""
    if not FOLDER.is_dir():
        return recordings()
    return [pytest.param(recording, id=recording.name) for recording in every() if recording.method == "GET"]


def answers() -> list[Any]:
    """Give the exchanges in which a model answered or its provider refused, in whatever dialect."""
    return [param for param in recordings(*ANSWERS) if param.values[0] is None or not param.values[0].is_unfinished]


def recorded_streams(*endings: str) -> list[Any]:
    """Give those of `recordings` that are streams, once each: several scenarios recorded the very same bytes."""
    found = recordings(*endings)
    if found[0].values[0] is None:
        return found
    distinct = {param.values[0].body: param for param in reversed(found) if param.values[0].is_stream}
    return list(reversed(distinct.values()))


@cache
def every() -> tuple[Recording, ...]:
    """Give all recorded exchanges."""
    return tuple(recording for file in sorted(FOLDER.glob("*.jsonl")) for recording in _read(file))


def _read(file: Path) -> Iterator[Recording]:
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n")):
        if line:
            said = json.loads(line)
            yield Recording(
                kind=file.stem,
                number=number,
                cassette=said["cassette"],
                place=said["i"],
                method=said["method"].upper(),
                url=said["url"],
                request=said.get("request"),
                status=said["status"],
                headers=said["headers"],
                body=base64.b64decode(said["b64"]) if "b64" in said else said["text"].encode(),
            )


class ReplayServer(Server):
    """Answers every request with *recording*: a stream in pieces of *size* bytes, or event by event.

    With *until*, it sends so many events of a stream only, and closes.
    """

    def __init__(self, recording: Recording, size: int | None = None, until: int | None = None) -> None:
        told = tuple((name, value) for name, value in recording.headers.items() if name not in _OF_THE_CONNECTION)
        self._recording = recording
        self._transmission = Transmission(
            status=recording.status,
            headers=(("content-type", recording.headers.get("content-type", "application/json")), *told),
            steps=tuple(Frame(piece) for piece in pieces(recording, size)[:until]),
            streamed=recording.is_stream,
        )
        super().__init__(self._answer)

    @property
    def home(self) -> str:
        """The recorded base URL, moved here."""
        return self.base_url(self._recording.ending)

    def base_url(self, ending: str) -> str:
        """Give the recorded base URL, moved here: what stands before *ending* in its path."""
        return self.origin + self._recording.path.removesuffix(ending)

    def _answer(self, request: Received) -> Transmission:
        wanted = self._recording.path.removesuffix("/count_tokens").removeprefix("/v1")
        expected = self._recording.method, unquote(wanted)
        if (request.method, unquote(request.path).removeprefix("/v1")) != expected:
            return Transmission(status=418, steps=(Frame(f"{request.method} {request.path} is wrong".encode()),))
        return self._transmission


def manifest(kind: str, base_url: str) -> dict[str, object]:
    """Give a manifest with one provider, `upstream`, whose models callers may name as they are."""
    provider = {"kind": kind, "base_url": base_url, "api_key": "env:UPSTREAM_KEY"}
    return {"schema": "aigw/v1", "serial": 1, "providers": {"upstream": provider}, "allow_direct": True}


def only_dialect(recording: Recording) -> str:
    """Give the kind that speaks the recorded dialect for chat and no other, so that surfaces have to translate."""
    if recording.path.endswith(RESPONSES):
        return "openai-responses"
    return "sglang" if recording.path.endswith(CHAT) and recording.kind in SPEAKING_BOTH else recording.kind


def pieces(recording: Recording, size: int | None = None) -> list[bytes]:
    """Cut the body of *recording* into pieces of *size* bytes, or into its events."""
    body = recording.body
    if not recording.is_stream:
        return [body]
    if size is not None:
        return [body[start : start + size] for start in range(0, len(body), size)]
    if "amazon" in recording.headers["content-type"]:
        return list(frames_of(body))
    events = body.replace(b"\r\n", b"\n").split(b"\n\n")
    return [event + b"\n\n" for event in events if event.strip()]
