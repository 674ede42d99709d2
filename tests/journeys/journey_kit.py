"""What journeys are told with: a gateway in either face over scripted providers, a still clock, and its records."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

import aigw
from aigw.record import Record
from aigw.testing import AnthropicServer, FrozenClock, ProviderServer, RecordCapture

MESSAGES = [{"role": "user", "content": "Say hello."}]
NAMES = ("first", "second", "third", "fourth")
NOBODY = "http://127.0.0.1:9/v1"
"""The discard port, where nobody listens: connections are refused at once."""


def provider(server: ProviderServer | str, **more: object) -> dict[str, object]:
    """Describe a provider: a scripted server, or an address in the OpenAI dialect."""
    if isinstance(server, str):
        return {"kind": "openai-compatible", "base_url": server, "api_key": "none", **more}
    kind = "anthropic" if isinstance(server, AnthropicServer) else "openai-compatible"
    return {"kind": kind, "base_url": server.url, "api_key": "none", **more}


def manifest(
    *servers: ProviderServer | str,
    serial: int = 1,
    route: dict[str, object] | None = None,
    defaults: dict[str, object] | None = None,
    kind: str | None = None,
    **target: object,
) -> dict[str, object]:
    """Write a manifest whose route `chat` falls back along *servers*; *target* goes into every target.

    The first server is taken for one of *kind*, where that is given.
    """
    named = dict(zip(NAMES, servers, strict=False))
    first = {} if kind is None else {NAMES[0]: {"kind": kind}}
    targets = [{"provider": name, "model": "m", **target} for name in named]
    return {
        "schema": "aigw/v1",
        "serial": serial,
        "providers": {name: provider(server, **first.get(name, {})) for name, server in named.items()},
        "routes": [{"name": "chat", "strategy": "fallback", "targets": targets, **(route or {})}],
        **({} if defaults is None else {"defaults": defaults}),
    }


class Journey:
    """One face, one clock, one capture of records, and the gateway that was started last."""

    def __init__(self, face: Any) -> None:
        self.face = face
        self.clock = FrozenClock()
        self.records = RecordCapture()
        self.gw: Any = None

    def start(self, document: object, **settings: object) -> Any:
        """Make the gateway; waits between attempts are skipped, those on sockets are not."""
        usual: dict[str, object] = {"clock": self.clock, "sinks": [self.records]}
        self.gw = self.face.gateway(manifest=document, **{**usual, **settings})
        return self.gw

    def ask(self, **params: object) -> Any:
        """Make a call."""
        return self.face.do(self.gw.chat.completions.create(**{"model": "chat", "messages": MESSAGES, **params}))

    def stream(self, **params: object) -> Any:
        """Make a call whose answer is a stream."""
        return self.ask(stream=True, **params)

    def fail(self, **params: object) -> Any:
        """Make a call that fails, and give its error, which belongs to the record just written."""
        with pytest.raises(aigw.AigwError) as caught:
            self.ask(**params)
        error = caught.value
        assert error.call_id == self.record.call_id
        assert type(error).__name__ == self.record.error
        return error

    def read(self, stream: Any) -> tuple[str, BaseException | None]:
        """Read *stream* to its end, and give the text that came and what ended it."""
        pieces: list[str] = []
        try:
            while True:
                pieces += texts(self.face.take(stream, 1))
        except (StopIteration, StopAsyncIteration):
            return "".join(pieces), None
        except RuntimeError as error:  # a StopIteration that left a helper's generator or comprehension
            if isinstance(error.__cause__, StopIteration | StopAsyncIteration):
                return "".join(pieces), None
            raise
        except Exception as error:  # noqa: BLE001 - what ends a stream is what the test is about
            return "".join(pieces), error

    def close(self, stream: Any) -> None:
        """Close *stream*."""
        self.face.do(stream.close())

    def settle(self) -> None:
        """Let the loop, if there is one, do what it was asked to do."""
        if self.face.name == "async":
            self.face.do(asyncio.sleep(0.001))

    @property
    def record(self) -> Record:
        """The newest record."""
        return self.records.last


def was_left(server: ProviderServer) -> bool:
    """Whether the client of the first request to *server* has left it before its answer was complete."""
    return server.wait_for(lambda: bool(server.requests)) and server.requests[0].disconnected.wait(5)


def texts(chunks: Iterable[Any]) -> list[str]:
    """Give the text of *chunks*."""
    return [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]


def steps(attempts: Iterable[Any]) -> list[tuple[str, int, int | None, str | None]]:
    """Give what attempts tell of the way a call took: target, number, status and error."""
    return [(each.target, each.number, each.status, each.error) for each in attempts]
