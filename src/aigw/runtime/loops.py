"""Connections of the async face: asyncio's own transports feed the reader, and one timer a connection keeps the limits.

Bytes are read as they arrive, up to `MOST_HELD` of a body that nobody has taken yet: beyond that the kernel holds them
back, and so the sender.
"""

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from aigw.call import Patience
from aigw.runtime import addresses
from aigw.runtime.connections import Limit, is_readable
from aigw.runtime.http import LateError, UnreachableError, plain
from aigw.runtime.http1 import BrokenError, GarbledError, Reader
from aigw.runtime.ways import Way, check_granted

if TYPE_CHECKING:
    import ssl

MOST_HELD = 256 * 1024


class LoopLink(asyncio.Protocol):
    """One connection of an event loop."""

    __slots__ = (
        "_fault",
        "_is_paused",
        "_loop",
        "_timer",
        "_transport",
        "_until",
        "_waiter",
        "reader",
    )

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._fault: Exception | None = None
        self._is_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._until: float | None = None

    async def send(self, data: bytes, limit: Limit) -> None:
        """Begin to send *data*: what the other side does not take at once goes while the answer is waited for."""
        if limit()[0] == 0:
            raise LateError(connecting=False)
        if self._transport is not None:
            self._transport.write(data)

    async def receive(self, limit: Limit) -> None:
        """Wait until the reader has read more. Raises what it does, `LateError` and `OSError`."""
        if self._fault is not None:
            raise self._fault
        seconds = limit()[0]
        if seconds == 0:
            raise LateError(connecting=False)
        self._expect(None if seconds is None else self._loop.time() + seconds)
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = self._until = None

    def is_reusable(self) -> bool:
        """Whether another request may follow."""
        transport = self._transport
        return (
            self.reader.whole
            and self.reader.reusable
            and transport is not None
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        )

    def is_stale(self) -> bool:
        """Whether the other side has closed, or said something unasked, also if the loop has not heard of it yet."""
        transport = self._transport
        if transport is None or transport.is_closing() or not self.reader.reusable:
            return True
        return is_readable(transport.get_extra_info("socket").fileno())

    async def secure(self, inner: "LoopLink", context: "ssl.SSLContext", name: str) -> None:
        """Have *inner* speak TLS with *name* over this connection."""
        transport = cast("asyncio.Transport", self._transport)
        secured = await self._loop.start_tls(transport, inner, context, server_hostname=name)
        inner.connection_made(cast("asyncio.Transport", secured))

    def close(self) -> None:
        """Drop the connection at once; what was not sent is not sent any more."""
        self._stop_timer()
        transport, self._transport = self._transport, None
        if transport is not None:
            if self._loop.is_closed():
                # Nothing can be done through the transport any more; the other side hears of it all the same.
                with suppress(OSError):
                    transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                return
            self._end(BrokenError("it was closed"))
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the *transport*; TLS over this one comes with another."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read *data*, and hold the sender back where nobody takes the body."""
        reader = self.reader
        try:
            reader.feed(data)
        except GarbledError as error:
            self._end(error)
            return
        self._wake()
        if reader.whole and not reader.reusable:
            self.close()
        elif reader.held > MOST_HELD and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> None:
        """Take note of the end, and close this side too."""
        try:
            self.reader.end()
        except BrokenError as error:
            self._end(error)
        else:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end, also of one that came without a word."""
        self._transport = None
        self._stop_timer()
        if exc is None:
            self.eof_received()
        else:
            self.reader.reusable = False
            self._end(exc)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self, error: Exception) -> None:
        """Let the one who waits, and whoever will, know of *error*."""
        if self._fault is None:
            self._fault = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._fault)

    def _expect(self, until: float | None) -> None:
        """Have `_late` called at *until*, on the loop's clock.

        A timer that is set for earlier is left alone: it looks again when it ends. Limits rarely come nearer, so that
        most requests set none.
        """
        self._until = until
        if until is not None and (self._timer is None or self._timer.when() > until):
            self._stop_timer()
            self._timer = self._loop.call_at(until, self._late)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _late(self) -> None:
        self._timer = None
        if self._until is None or self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._until:
            self._expect(self._until)
        else:
            self._waiter.set_exception(LateError(connecting=False))


class LoopDialer:
    """Opens connections of the running loop."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def __call__(self, patience: Patience) -> LoopLink:
        """Connect. Raises `UnreachableError` or `LateError`."""
        seconds = patience.connect()[0]
        if seconds == 0:
            raise LateError(connecting=True)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await self._open()
        # ValueError: a name that no lookup and no certificate can have.
        except (OSError, BrokenError, GarbledError, ValueError) as error:
            if limit.expired():
                raise LateError(connecting=True) from None
            raise UnreachableError(plain(error)) from error

    async def _open(self) -> LoopLink:
        way = self._way
        context, name = (way.outer, way.host) if way.outer is not None or way.tunnel else (way.inner, way.name)
        connected = await addresses.connected(way.host, way.port)
        _, link = await asyncio.get_running_loop().create_connection(
            lambda: LoopLink(Reader(is_tunnel=bool(way.tunnel))),
            ssl=context,
            server_hostname=None if context is None else name,
            sock=connected,
        )
        return await _tunnelled(link, way) if way.tunnel else link


async def _tunnelled(link: LoopLink, way: Way) -> LoopLink:
    """Have the proxy at the other end of *link* connect us through, and speak TLS with the host from there on."""
    try:
        await link.send(way.tunnel, _unlimited)
        while not link.reader.headed:
            await link.receive(_unlimited)
        check_granted(link.reader)
        inner = LoopLink(Reader())
        await link.secure(inner, cast("ssl.SSLContext", way.inner), way.name)
    except BaseException:
        link.close()
        raise
    return inner


def _unlimited() -> tuple[float | None, str]:
    """Give no limit: one timeout is around all that it takes to connect."""
    return None, "connect"
