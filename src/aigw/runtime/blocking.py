"""The runtime of the sync face: every wait blocks the caller's thread, so no method ever suspends."""

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import httpcore

from aigw.call import Patience
from aigw.latch import is_inside
from aigw.protocols import Clock, Exchange
from aigw.runtime import http
from aigw.runtime.clock import SystemClock
from aigw.runtime.connections import Close, Connections, ProxiedConnections, connections_to
from aigw.runtime.drive import run
from aigw.wire import HttpRequest

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

Pools: TypeAlias = dict[str, Connections | ProxiedConnections]


class BlockingExchange(http.Readable):
    """One exchange over a blocking connection."""

    __slots__ = ("_body", "_close", "_inflate", "_patience", "_url", "headers", "status")

    def __init__(self, response: httpcore.Response, close: Close, patience: Patience, url: str) -> None:
        self.status = response.status
        self.headers = http.incoming(response.headers)
        self._close: Close | None = close
        self._body: Iterator[bytes] = response.iter_stream()
        self._patience = patience
        self._url = url
        self._inflate = http.Inflater(self.headers)

    async def chunk(self) -> bytes:
        """Wait for more of the body; empty at its end."""
        try:
            for data in self._body:
                if plain := self._inflate(data):
                    return plain
        except http.FOREIGN as error:
            http.fail(error, self._patience, self._url)
        return b""

    async def aclose(self) -> None:
        """Give the connection back, or drop it if the body was not read to its end."""
        close, self._close = self._close, None
        if close is not None:
            close()


class BlockingRuntime:
    """Blocks. Safe for threads; after a fork the child starts with no connections."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.monotonic = self._clock.monotonic
        self.time = self._clock.time
        self._lock = threading.Lock()
        self._closed = False
        self._dropped: deque[Callable[[], Coroutine[object, None, None]]] = deque()
        self._pools: Pools = {}
        self._left = weakref.finalize(self, _close_all, self._pools)

    async def sleep(self, seconds: float) -> None:
        """Block the thread for *seconds*, unless the clock is one that moves by itself."""
        if not self._clock.skip(seconds):
            time.sleep(seconds)

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over a connection of *pool*."""
        if self._dropped:
            self._close_pending()
        try:
            response, close = self._pool(pool, request.url).send(http.outgoing(request, patience))
        except http.FOREIGN as error:
            http.fail(error, patience, request.url)
        return BlockingExchange(response, close, patience, request.url)

    async def wait(self, future: "Future[T]", timeout_s: float) -> T:
        """Block until *future* is done. Raises `TimeoutError`."""
        return future.result(timeout_s)

    async def offload(self, work: Callable[[], T]) -> T:
        """Do *work*, which blocks, here."""
        return work()

    def custodian(self) -> Callable[[Callable[[], Coroutine[object, None, None]]], None]:
        """Give a function that closes what its owner dropped: at once, in the thread that noticed.

        Where that thread is inside a lock that the closing may need, it is done at the next send, or by `aclose`.
        """
        return self._close_dropped

    def retain(self, pools: frozenset[str]) -> None:
        """Close the pools that no provider of the manifest uses any more, once they are idle."""
        with self._lock:
            gone = [self._pools.pop(name) for name in self._pools.keys() - pools]
        for pool in gone:
            pool.retire()

    def after_fork(self) -> None:
        """Forget all connections: they belong to the parent."""
        self._lock = threading.Lock()
        self._left.detach()
        self._pools = {}
        self._left = weakref.finalize(self, _close_all, self._pools)

    def abort(self) -> None:
        """End all connections, also those that other threads are waiting for."""
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.abort()

    async def aclose(self) -> None:
        """Close all connections."""
        self._closed = True
        self._close_pending()
        with self._lock:
            pools = dict(self._pools)
            self._pools.clear()
        _close_all(pools)

    def _pool(self, name: str, url: str) -> Connections | ProxiedConnections:
        found = self._pools.get(name)
        if found is not None:
            return found
        with self._lock:
            made = self._pools.setdefault(name, connections_to(url))
        if self._closed:
            made.close()  # whatever a late call opens is closed when it is given back
        return made

    def _close_dropped(self, close: Callable[[], Coroutine[object, None, None]]) -> None:
        if is_inside():
            self._dropped.append(close)
        else:
            run(close())

    def _close_pending(self) -> None:
        while self._dropped:
            run(self._dropped.popleft()())


def _close_all(pools: Pools) -> None:
    """Close what an owner that was never closed has left."""
    for pool in pools.values():
        pool.close()
