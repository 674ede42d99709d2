"""What every test stands on: both faces from one fixture, loopback only, and a clean environment."""

import asyncio
import socket
from collections.abc import AsyncIterable, Awaitable, Iterable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from hypothesis import settings

import aigw

T = TypeVar("T")

settings.register_profile("unhurried", deadline=None)  # how long an example takes is up to the machine
settings.load_profile("unhurried")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


class SyncFace:
    """Runs a journey through `Gateway`."""

    name = "sync"

    def __init__(self) -> None:
        self._made: list[aigw.Gateway] = []

    def gateway(self, **settings: Any) -> Any:
        """Make a gateway that is closed when the test ends."""
        made = aigw.Gateway(**settings)
        self._made.append(made)
        return made

    def do(self, result: Any) -> Any:
        """Give what a method of the gateway answered."""
        return result

    def items(self, stream: Iterable[T]) -> list[T]:
        """Read a stream to its end."""
        return list(stream)

    def take(self, stream: Iterator[T], count: int) -> list[T]:
        """Read *count* items of a stream and leave it open."""
        return [next(stream) for _ in range(count)]

    def enter(self, manager: Any) -> Any:
        """Enter a context manager."""
        return manager.__enter__()

    def leave(self, manager: Any) -> None:
        """Leave a context manager."""
        manager.__exit__(None, None, None)

    def close(self) -> None:
        """Close all gateways."""
        for made in self._made:
            made.close()


class AsyncFace:
    """Runs the same journey through `AsyncGateway`, in one event loop of its own."""

    name = "async"

    def __init__(self) -> None:
        self._made: list[aigw.AsyncGateway] = []
        self.runner = asyncio.Runner()

    def gateway(self, **settings: Any) -> Any:
        """Make a gateway that is closed when the test ends."""
        made = aigw.AsyncGateway(**settings)
        self._made.append(made)
        return made

    def do(self, result: Any) -> Any:
        """Give what a method of the gateway answered, awaiting it where it must be."""
        if not hasattr(result, "__await__"):
            return result
        # The runner would go on with the context variables of the day it was made.
        return self.runner.run(_awaited(result), context=copy_context())

    def items(self, stream: AsyncIterable[T]) -> list[T]:
        """Read a stream to its end."""
        return self.runner.run(_collected(stream))

    def take(self, stream: Any, count: int) -> list[Any]:
        """Read *count* items of a stream and leave it open."""
        return self.runner.run(_taken(stream, count))

    def enter(self, manager: Any) -> Any:
        """Enter a context manager."""
        return self.runner.run(manager.__aenter__())

    def leave(self, manager: Any) -> None:
        """Leave a context manager."""
        self.runner.run(manager.__aexit__(None, None, None))

    def close(self) -> None:
        """Close all gateways, then the loop."""
        for made in self._made:
            self.runner.run(made.close())
        self.runner.close()


async def _awaited(result: Awaitable[T]) -> T:
    return await result


async def _collected(stream: AsyncIterable[T]) -> list[T]:
    return [item async for item in stream]


async def _taken(stream: Any, count: int) -> list[Any]:
    return [await stream.__anext__() for _ in range(count)]


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[SyncFace | AsyncFace]:
    """Both faces: a test that takes this runs once under each."""
    made = SyncFace() if request.param == "sync" else AsyncFace()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's keys, proxies or cached manifests."""
    import os

    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_PROXY", "_proxy")) or name.startswith("AIGW_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AIGW_CACHE_DIR", str(tmp_path / "aigw-cache"))


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that would leave the machine fails the test that tries it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = cast("str", address[0]) if isinstance(address, tuple) else ""
        if host and not host.startswith(LOOPBACK):
            pytest.fail(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
