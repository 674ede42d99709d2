"""The runtime of the async face: every wait belongs to the caller's event loop. Connections never cross loops."""

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import httpcore

from aigw.call import Patience
from aigw.protocols import Clock, Exchange
from aigw.runtime import http
from aigw.runtime.blocking import FOREIGN
from aigw.runtime.clock import SystemClock
from aigw.runtime.connections import AsyncClose, AsyncConnections, AsyncProxiedConnections, async_connections_to
from aigw.runtime.drive import run
from aigw.wire import HttpRequest

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

Pools: TypeAlias = dict[str, AsyncConnections | AsyncProxiedConnections]


class AsyncExchange(http.Readable):
    """One exchange over a connection of the event loop."""

    __slots__ = ("_body", "_close", "_inflate", "_patience", "_url", "headers", "status")

    def __init__(self, response: httpcore.Response, close: AsyncClose, patience: Patience, url: str) -> None:
        self.status = response.status
        self.headers = http.incoming(response.headers)
        self._close: AsyncClose | None = close
        self._body: AsyncIterator[bytes] = response.aiter_stream()
        self._patience = patience
        self._url = url
        self._inflate = http.Inflater(self.headers)

    async def chunk(self) -> bytes:
        """Wait for more of the body; empty at its end."""
        try:
            async for data in self._body:
                if plain := self._inflate(data):
                    return plain
        except FOREIGN as error:
            http.fail(error, self._patience, self._url)
        return b""

    async def aclose(self) -> None:
        """Give the connection back, or drop it if the body was not read to its end."""
        close, self._close = self._close, None
        if close is not None:
            await close()


class _Home:
    """The connections of one event loop, and the generator that closes them when the loop is about to end."""

    __slots__ = ("keeper", "pools", "retained")

    def __init__(self, retained: frozenset[str] | None) -> None:
        self.pools: Pools = {}
        self.retained = retained
        self.keeper = _until_shutdown(self.pools)


async def _until_shutdown(pools: Pools) -> AsyncGenerator[None, None]:
    """Close *pools* when the loop shuts down its generators, as `asyncio.run` has it do: no other end is announced."""
    try:
        yield
    finally:
        for pool in pools.values():
            await pool.close()
        pools.clear()


class AsyncioRuntime:
    """Awaits. One set of connections for each event loop, closed with the loop."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.monotonic = self._clock.monotonic
        self.time = self._clock.time
        self._lock = threading.Lock()
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Home]
        self._loops = weakref.WeakKeyDictionary()
        self._parents: object = None
        self._retained: frozenset[str] | None = None

    async def sleep(self, seconds: float) -> None:
        """Suspend for *seconds*, unless the clock is one that moves by itself."""
        await asyncio.sleep(0 if self._clock.skip(seconds) else seconds)

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over a connection of *pool* in the running loop."""
        connections = await self._pool(pool, request.url)
        try:
            response, close = await connections.send(http.outgoing(request, patience))
        except FOREIGN as error:
            http.fail(error, patience, request.url)
        return AsyncExchange(response, close, patience, request.url)

    async def wait(self, future: "Future[T]", timeout_s: float) -> T:
        """Suspend until *future* is done; giving up does not cancel it. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(asyncio.wrap_future(future))

    async def offload(self, work: Callable[[], T]) -> T:
        """Do *work*, which blocks, in a thread of the loop's."""
        return await asyncio.to_thread(work)

    def custodian(self) -> Callable[[Callable[[], Coroutine[object, None, None]]], None]:
        """Give a function that closes, in the loop running now, what its owner dropped."""
        loop = asyncio.get_running_loop()

        def close_later(close: Callable[[], Coroutine[object, None, None]]) -> None:
            if loop.is_closed():
                # The sockets died with the loop; what is left is the record, and that needs no loop.
                with suppress(Exception):
                    run(close())
            else:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(_keep, loop, close)

        return close_later

    def retain(self, pools: frozenset[str]) -> None:
        """Close the pools that no provider of the manifest uses any more: at the next send of each loop, once idle."""
        self._retained = pools

    def after_fork(self) -> None:
        """Forget all connections: they belong to the parent, whose loop must not even hear that they are gone."""
        self._lock = threading.Lock()
        self._parents = self._loops
        self._loops = weakref.WeakKeyDictionary()

    async def aclose(self) -> None:
        """Close the running loop's connections; those of other loops go with their loops."""
        with self._lock:
            home = self._loops.pop(asyncio.get_running_loop(), None)
        if home is not None:
            await home.keeper.aclose()

    async def _pool(self, name: str, url: str) -> AsyncConnections | AsyncProxiedConnections:
        home = self._loops.get(asyncio.get_running_loop()) or await self._settle()
        if home.retained is not self._retained:
            home.retained = self._retained
            await _close_unused(home.pools, self._retained or frozenset())
        found = home.pools.get(name)
        return found if found is not None else home.pools.setdefault(name, async_connections_to(url))

    async def _settle(self) -> _Home:
        """Make a home in the running loop, and give up those of loops that were closed without a word."""
        home = _Home(self._retained)
        await anext(home.keeper)
        with self._lock:
            for loop in [loop for loop in self._loops if loop.is_closed()]:
                del self._loops[loop]
            self._loops[asyncio.get_running_loop()] = home
        return home


_closing: set["asyncio.Task[None]"] = set()


def _keep(loop: asyncio.AbstractEventLoop, close: Callable[[], Coroutine[object, None, None]]) -> None:
    """Run *close* as a task, and keep the task until it is done: a loop alone keeps only a weak reference."""
    task = loop.create_task(close())
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _close_unused(pools: Pools, retained: frozenset[str]) -> None:
    for name in pools.keys() - retained:
        await pools.pop(name).retire()
