"""Connections kept for the next request, the one used last first; and one exchange over one of them.

Nothing here waits by itself, so both faces share it: what sends and receives is a `Link`, made by a `Dial`.
"""

import select
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, Protocol, TypeAlias, TypeVar

from aigw.call import Patience
from aigw.runtime import http
from aigw.runtime.http1 import Reader, written
from aigw.wire import HttpRequest

KEEPALIVE_S = 30.0
MAX_IDLE = 100
PIECE = 16 * 1024
"""Bytes of a packed body that are unpacked at a time. They become a thousand times as many at most."""

Limit: TypeAlias = Callable[[], tuple[float | None, str]]
"""Asked before every wait: the seconds it may last (0.0: none are left), and the name of the limit that is nearest."""


class Link(Protocol):
    """One connection. What it receives, its `reader` reads; the reader is another for each request."""

    reader: Reader

    async def send(self, data: bytes, limit: Limit) -> None:
        """Send *data*, as much of it as the other side takes. Raises `LateError`."""
        ...

    async def receive(self, limit: Limit) -> None:
        """Wait until the reader has read more. Raises what it does, `LateError` and `OSError`."""
        ...

    def is_reusable(self) -> bool:
        """Whether another request may follow: this one went out whole, and its answer ended as one that may."""
        ...

    def is_stale(self) -> bool:
        """Whether the other side has closed, or said something unasked, while nobody waited for it."""
        ...

    def close(self) -> None:
        """Drop the connection at once. May be called again."""
        ...


L = TypeVar("L", bound=Link)

Dial: TypeAlias = Callable[[Patience], Awaitable[L]]
"""Connects. Raises `UnreachableError` or `LateError`."""


class Shelf(Generic[L]):
    """Idle connections to one host, by when they were put here. It closes nothing: it says what is to be closed."""

    __slots__ = ("_kept", "closed")

    def __init__(self) -> None:
        self._kept: deque[tuple[float, L]] = deque()
        self.closed = False

    def take(self) -> L | None:
        """Give the connection used last, or None."""
        # One step, so that two threads never get the same one.
        try:
            return self._kept.pop()[1]
        except IndexError:
            return None

    def put(self, connection: L) -> None:
        """Keep *connection* for later."""
        self._kept.append((monotonic(), connection))

    def outdated(self) -> L | None:
        """Give a connection that has been idle for too long or is one too many, or None."""
        try:
            since, connection = self._kept[0]
            if not self.closed and len(self._kept) <= MAX_IDLE and monotonic() - since < KEEPALIVE_S:
                return None
            self._kept.remove((since, connection))
        except (IndexError, ValueError):
            return None  # another thread took it
        return connection


class Connections(Generic[L]):
    """Connections to one host, or to the proxy before it. `forward` is what such a proxy is told in each request."""

    def __init__(self, dial: Dial[L], forward: str | None) -> None:
        self._dial = dial
        self._forward = forward
        self._shelf: Shelf[L] = Shelf()
        self._busy: set[L] = set()
        """Held on to, so that a reply in a reference cycle is not collected together with its open socket."""

    async def send(self, request: HttpRequest, patience: Patience) -> "Exchange":
        """Send *request*, and wait for the head of the answer. Raises `APIConnectionError` or `APITimeoutError`."""
        try:
            data = written(request, forward=self._forward)
            link = self._kept() or await self._dial(patience)
            self._busy.add(link)
            try:
                reader = link.reader = Reader()
                await link.send(data, patience.left)
                while not reader.headed:
                    await link.receive(patience.left)
            except BaseException:
                self._busy.discard(link)
                link.close()
                raise
        except http.FOREIGN as error:
            http.fail(error, patience, request.url)
        return Exchange(link, lambda: self._back(link), patience, request.url)

    def close(self) -> None:
        """Close what is idle now; what is in use closes when it is given back. May be called again."""
        self._shelf.closed = True
        self._tidy()

    def drop(self) -> None:
        """Close everything, also what is in use: nobody can wait for it any more."""
        self.close()
        while self._busy:
            self._busy.pop().close()

    def _kept(self) -> L | None:
        while (kept := self._shelf.take()) is not None:
            if not kept.is_stale():
                return kept
            kept.close()
        return None

    def _back(self, link: L) -> None:
        self._busy.discard(link)
        if link.is_reusable():
            self._shelf.put(link)
        else:
            link.close()
        self._tidy()

    def _tidy(self) -> None:
        while (outdated := self._shelf.outdated()) is not None:
            outdated.close()


class Exchange:
    """One exchange: the head of its answer is here, the body comes in chunks."""

    __slots__ = ("_give_back", "_inflate", "_link", "_packed", "_patience", "_reader", "_url", "headers", "status")

    def __init__(self, link: Link, give_back: Callable[[], None], patience: Patience, url: str) -> None:
        self._link = link
        self._reader = link.reader
        self._give_back: Callable[[], None] | None = give_back
        self._patience = patience
        self._url = url
        self.status = self._reader.status
        self.headers = self._reader.headers
        self._inflate = http.Inflater(self.headers)
        self._packed = b""

    async def chunk(self) -> bytes:
        """Wait for more of the body; empty at its end."""
        reader = self._reader
        try:
            while self._give_back is not None:
                if data := self._taken():
                    if plain := self._inflate(data):
                        return plain
                elif reader.whole:
                    break
                else:
                    await self._link.receive(self._patience.left)
        except http.FOREIGN as error:
            http.fail(error, self._patience, self._url)
        return b""

    def _taken(self) -> bytes:
        if not self._inflate.is_needed:
            return self._reader.take()
        packed = self._packed or self._reader.take()
        self._packed = packed[PIECE:]
        return packed[:PIECE]

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """Read the body to its end or to *limit*, and say whether it was cut."""
        pieces: list[bytes] = []
        size = 0
        while size <= limit and (data := await self.chunk()):
            pieces.append(data)
            size += len(data)
        return b"".join(pieces)[:limit], size > limit

    async def aclose(self) -> None:
        """Give the connection back, or drop it if the body was not read to its end."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


def is_readable(descriptor: int) -> bool:
    """Whether there is something to be read, the end of it too, or the socket has been closed."""
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], 0)[0])
    asked = select.poll()
    asked.register(descriptor, select.POLLIN)
    return bool(asked.poll(0))
