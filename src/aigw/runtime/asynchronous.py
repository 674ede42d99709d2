"""The runtime of the async face: every wait belongs to the caller's event loop. Connections never cross loops."""

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from aigw.call import Patience
from aigw.protocols import Clock, Exchange
from aigw.runtime import http
from aigw.runtime.clock import SystemClock
from aigw.runtime.connections import Connections
from aigw.runtime.drive import run
from aigw.runtime.loops import LoopDialer, LoopLink
from aigw.runtime.programs import output_of
from aigw.runtime.ways import way_to
from aigw.wire import HttpRequest

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

Close: TypeAlias = Callable[[], Coroutine[object, None, None]]
Pools: TypeAlias = dict[str, Connections[LoopLink]]


class _Home:
    """What belongs to one event loop: its connections, and replies that were dropped and are still to be closed.

    `keeper` closes all of it when the loop shuts down its generators, as `asyncio.run` has it do: no other end of a
    loop is announced.
    """

    __slots__ = ("dropped", "keeper", "left", "outlived", "pools", "retained", "tasks")

    def __init__(self, owner: "AsyncioRuntime", loop: asyncio.AbstractEventLoop) -> None:
        self.pools: Pools = {}
        self.retained = owner.retained
        # Held from outside, so that it is not garbage together with an owner that was never closed.
        self.left = weakref.finalize(owner, _leave, weakref.ref(loop), self)
        self.left.atexit = False
        self.outlived = False
        """Whether the loop goes on without the gateway."""
        self.dropped: deque[Close] = deque()
        self.tasks: set[asyncio.Task[None]] = set()
        self.keeper = _until_shutdown(self)

    def close_dropped(self) -> None:
        """Close in a task what was dropped."""
        self._start(self.closed())

    def leave(self) -> None:
        """Close everything in a task."""
        self._start(self.emptied())

    async def emptied(self) -> None:
        """Close everything but streams that are being read."""
        self.outlived = True
        await self.keeper.aclose()

    def _start(self, work: Coroutine[object, None, None]) -> None:
        """Make a task, and keep it: a loop alone keeps only a weak reference."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def closed(self) -> None:
        """Close what was dropped. One whose closing is cancelled half-way is closed again: that does no harm."""
        while self.dropped:
            close = self.dropped[0]
            await close()
            if self.dropped and self.dropped[0] is close:
                self.dropped.popleft()


async def _until_shutdown(home: _Home) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        under_way = home.tasks - {asyncio.current_task()}
        if under_way:
            await asyncio.gather(*under_way, return_exceptions=True)
        await home.closed()
        for pool in home.pools.values():
            # With the loop goes what its streams wait on; where only the gateway is closed, they are read to their end.
            pool.close() if home.outlived else pool.drop()
        home.pools.clear()


def _leave(loop: "weakref.ref[asyncio.AbstractEventLoop]", home: _Home) -> None:
    """Close, in its loop, the home of an owner that was dropped without being closed."""
    alive = loop()
    if alive is not None:
        with suppress(RuntimeError):
            alive.call_soon_threadsafe(home.leave)


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
        self.retained: frozenset[str] | None = None

    async def sleep(self, seconds: float) -> None:
        """Suspend for *seconds*, unless the clock is one that moves by itself."""
        await asyncio.sleep(0 if self._clock.skip(seconds) else seconds)

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over a connection of *pool* in the running loop."""
        return await self._pool(pool, request.url, patience).send(request, patience)

    async def wait(self, future: "Future[T]", timeout_s: float) -> T:
        """Suspend until *future*, which nobody else waits for, is done; giving up cancels it. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(future)

    async def offload(self, work: Callable[[], T]) -> T:
        """Do *work*, which blocks, in a thread of the loop's."""
        return await asyncio.to_thread(work)

    async def output_of(
        self, command: Sequence[str] | str, environ: Mapping[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        """Run a program, watched from a thread of the loop's."""
        return await asyncio.to_thread(output_of, command, environ, timeout_s)

    def custodian(self) -> Callable[[Close], None]:
        """Give a function that closes, in the loop running now, what its owner dropped."""
        loop, home = asyncio.get_running_loop(), self._home()

        def close_later(close: Close) -> None:
            home.dropped.append(close)
            if loop.is_closed():
                # The sockets died with the loop; what is left is the record, and that needs no loop.
                with suppress(Exception):
                    run(home.closed())
            else:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(home.close_dropped)

        return close_later

    def retain(self, pools: frozenset[str]) -> None:
        """Close the pools that no provider of the manifest uses any more: at the next send of each loop, once idle."""
        self.retained = pools

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
            home.left.detach()
            await home.emptied()

    def _pool(self, name: str, url: str, patience: Patience) -> Connections[LoopLink]:
        home = self._home()
        if home.retained is not self.retained:
            home.retained = self.retained
            _close_unused(home.pools, self.retained or frozenset())
        found = home.pools.get(name)
        if found is None:
            try:
                way = way_to(url)
            except http.FOREIGN as error:
                http.fail(error, patience, url)
            found = home.pools[name] = Connections(LoopDialer(way), way.forward)
        return found

    def _home(self) -> _Home:
        """Give the running loop's home; a new one takes the place of those of loops that were closed without a word."""
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        if found is not None:
            return found
        home = _Home(self, loop)
        # The first step of a generator makes its loop know of it; this one waits for nothing on the way.
        run(anext(home.keeper))
        with self._lock:
            for closed in [one for one in self._loops if one.is_closed()]:
                self._loops.pop(closed).left.detach()
            self._loops[loop] = home
        return home


def _close_unused(pools: Pools, retained: frozenset[str]) -> None:
    for name in pools.keys() - retained:
        pools.pop(name).close()
