"""The runtime of the sync face: every wait blocks the caller's thread, so no method ever suspends."""

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from aigw.call import Patience
from aigw.latch import is_inside
from aigw.protocols import Clock, Exchange
from aigw.runtime import http
from aigw.runtime.clock import SystemClock
from aigw.runtime.connections import Connections
from aigw.runtime.drive import run
from aigw.runtime.programs import output_of
from aigw.runtime.sockets import Dialer, SocketLink
from aigw.runtime.ways import way_to
from aigw.wire import HttpRequest

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


class _Pool(NamedTuple):
    """Connections to one host, and what opens them."""

    connections: Connections[SocketLink]
    dialer: Dialer


Pools: TypeAlias = dict[str, _Pool]


class BlockingRuntime:
    """Blocks. Safe for threads; after a fork the child starts with no connections."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.monotonic = self._clock.monotonic
        self.time = self._clock.time
        self._lock = threading.Lock()
        self._closed = False
        self.aborted = False
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
        found = self._pools.get(pool) or self._opened(pool, request.url, patience)
        return await found.connections.send(request, patience)

    async def wait(self, future: "Future[T]", timeout_s: float) -> T:
        """Block until *future* is done. Raises `TimeoutError`."""
        return future.result(timeout_s)

    async def offload(self, work: Callable[[], T]) -> T:
        """Do *work*, which blocks, here."""
        return work()

    async def output_of(
        self, command: Sequence[str] | str, environ: Mapping[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        """Run a program here."""
        return output_of(command, environ, timeout_s)

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
            pool.connections.close()

    def after_fork(self) -> None:
        """Forget all connections: they belong to the parent."""
        self._lock = threading.Lock()
        self._left.detach()
        self._pools = {}
        self._left = weakref.finalize(self, _close_all, self._pools)

    def abort(self) -> None:
        """End all connections, also those that other threads are waiting for; no more are opened."""
        with self._lock:
            self.aborted = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.dialer.abort()

    async def aclose(self) -> None:
        """Close all connections."""
        self._closed = True
        self._close_pending()
        with self._lock:
            pools = dict(self._pools)
            self._pools.clear()
        _close_all(pools)

    def _opened(self, name: str, url: str, patience: Patience) -> _Pool:
        try:
            way = way_to(url)
        except http.FOREIGN as error:
            http.fail(error, patience, url)
        dialer = Dialer(way)
        with self._lock:
            made = self._pools.setdefault(name, _Pool(Connections(dialer, way.forward), dialer))
            aborted = self.aborted
        if aborted:
            made.dialer.abort()
        if self._closed:
            made.connections.close()  # whatever a late call opens is closed when it is given back
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
        pool.connections.close()
