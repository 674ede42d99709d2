"""Connections of the blocking face: sockets that ask how long they may wait before every wait.

One fixed timeout would let a slow sender hold a call for ever; asking anew lets an attempt's connect, first-token,
idle, total and deadline limits hold at every single read.
"""

import os
import socket
import ssl
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from aigw.call import Patience
from aigw.runtime.connections import Limit, is_readable
from aigw.runtime.http import LateError, UnreachableError, plain
from aigw.runtime.http1 import BrokenError, GarbledError, Reader
from aigw.runtime.ways import Way, check_granted

SLICE = 64 * 1024
"""Bytes sent or received at once: a slow reader on the other side must not outlast the attempt's limit."""

T = TypeVar("T")


class SocketLink:
    """One connection. Its coroutines block and never suspend."""

    __slots__ = ("_is_sent", "_pid", "_socket", "reader")

    def __init__(self, connected: "socket.socket | InnerTls", reader: Reader) -> None:
        self.reader = reader
        self._socket = connected
        self._is_sent = True
        self._pid = os.getpid()

    async def send(self, data: bytes, limit: Limit) -> None:
        """Send *data*, as much of it as the other side takes. Raises `LateError`.

        A server may refuse and close before it has read everything: its answer is still there to be read.
        """
        whole = memoryview(data)
        try:
            for start in range(0, len(data), SLICE):
                self._socket.settimeout(_seconds(limit))
                self._socket.sendall(whole[start : start + SLICE])
        except OSError as error:
            self._is_sent = False
            _raise_if_late(error)

    async def receive(self, limit: Limit) -> None:
        """Wait for bytes, and have them read. Raises what the reader does, `LateError` and `OSError`."""
        self._socket.settimeout(_seconds(limit))
        try:
            data = self._socket.recv(SLICE)
        except OSError as error:
            _raise_if_late(error)
            raise
        if data:
            self.reader.feed(data)
        else:
            self.reader.end()

    def is_reusable(self) -> bool:
        """Whether another request may follow."""
        return self._is_sent and self.reader.whole and self.reader.reusable

    def is_stale(self) -> bool:
        """Whether the other side has closed, or said something unasked, while nobody waited for it."""
        return is_readable(self._socket.fileno())

    def close(self) -> None:
        """Drop the connection, waking a thread that waits for it; in a forked child, only the child's hold on it."""
        if os.getpid() == self._pid:
            _shut(self._socket)
        self._socket.close()


class Dialer:
    """Opens blocking connections, and can end them all in the middle of whatever they are used for."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._lock = threading.Lock()
        self._opened: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._aborted = False

    async def __call__(self, patience: Patience) -> SocketLink:
        """Connect. Raises `UnreachableError` or `LateError`."""
        try:
            return await self._open(patience.connect)
        except LateError:
            raise LateError(connecting=True) from None
        # ValueError: a name that no lookup and no certificate can have.
        except (OSError, BrokenError, GarbledError, ValueError) as error:
            raise UnreachableError(plain(error)) from error

    def abort(self) -> None:
        """End all connections, so that whoever waits for one in another thread stops waiting; open no more."""
        with self._lock:
            self._aborted = True
            opened = list(self._opened)
        for each in opened:
            _shut(each)

    async def _open(self, limit: Limit) -> SocketLink:
        way = self._way
        connected: socket.socket | InnerTls = _connected(way.host, way.port, limit, self._known)
        try:
            if way.outer is not None:
                connected = self._secured(connected, way.outer, way.host, limit)
            if way.tunnel:
                await _tunnelled(connected, way.tunnel, limit)
            if way.inner is not None:
                connected = self._secured(connected, way.inner, way.name, limit)
        except BaseException:
            connected.close()
            raise
        return SocketLink(connected, Reader())

    def _secured(
        self, connected: "socket.socket | InnerTls", context: ssl.SSLContext, name: str, limit: Limit
    ) -> "socket.socket | InnerTls":
        """Speak TLS over *connected*, which is closed if that fails."""
        secured: ssl.SSLSocket | InnerTls
        if isinstance(connected, socket.socket) and not isinstance(connected, ssl.SSLSocket):
            secured = context.wrap_socket(connected, server_hostname=name, do_handshake_on_connect=False)
            self._known(secured)
        else:
            secured = InnerTls(connected, context, name)
        try:
            secured.settimeout(_seconds(limit))
            secured.do_handshake()
        except BaseException as error:
            secured.close()
            _raise_if_late(error)
            raise
        return secured

    def _known(self, connected: socket.socket) -> socket.socket:
        """Note *connected*, for `abort` to end."""
        with self._lock:
            self._opened.add(connected)
            aborted = self._aborted
        if aborted:
            connected.close()
            message = "connections are not opened any more"
            raise OSError(message)
        return connected


class InnerTls:
    """TLS inside the TLS of a connection to a proxy, which a socket alone cannot do."""

    __slots__ = ("_incoming", "_outer", "_outgoing", "_tls")

    def __init__(self, outer: "socket.socket | InnerTls", context: ssl.SSLContext, name: str) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    def do_handshake(self) -> None:
        """Agree on keys."""
        self._done(self._tls.do_handshake)

    def sendall(self, data: memoryview | bytes) -> None:
        """Send *data*."""
        while data:
            sent = self._done(lambda: self._tls.write(data))  # noqa: B023 - called at once
            data = data[sent:]

    def recv(self, size: int) -> bytes:
        """Wait for at most *size* bytes; empty at the end."""
        try:
            return self._done(lambda: self._tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def settimeout(self, seconds: float | None) -> None:
        """Wait at most *seconds* from now on."""
        self._outer.settimeout(seconds)

    def fileno(self) -> int:
        """Give the number of the socket beneath."""
        return self._outer.fileno()

    def shut(self) -> None:
        """End the connection beneath."""
        _shut(self._outer)

    def close(self) -> None:
        """Let go of the socket beneath."""
        self._outer.close()

    def _done(self, work: Callable[[], T]) -> T:
        """Do *work*, carrying bytes to and fro as often as it needs some."""
        while True:
            try:
                result = work()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._outer.recv(SLICE):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._outer.sendall(self._outgoing.read())


def _connected(host: str, port: int, limit: Limit, known: Callable[[socket.socket], socket.socket]) -> socket.socket:
    """Connect to the first address of *host* that answers; each may take its share of the time that is left.

    *known* is told of each socket before and after it connects, and raises `OSError` if no more are to be opened.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for left in range(len(found), 0, -1):
        family, kind, protocol, _, address = found[-left]
        connected = socket.socket(family, kind, protocol)
        try:
            seconds = _seconds(limit)
            connected.settimeout(None if seconds is None else seconds / left)
            known(connected).connect(address)
            known(connected)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException as error:
            connected.close()
            if left == 1 or not isinstance(error, OSError):
                _raise_if_late(error)
                raise
        else:
            return connected
    message = f"no address is known for {host}"
    raise OSError(message)


async def _tunnelled(connected: "socket.socket | InnerTls", request: bytes, limit: Limit) -> None:
    """Have a proxy connect us through. Raises `OSError` where it does not."""
    link = SocketLink(connected, Reader(is_tunnel=True))
    await link.send(request, limit)
    while not link.reader.headed:
        await link.receive(limit)
    check_granted(link.reader)


def _shut(connected: "socket.socket | InnerTls") -> None:
    """End *connected* for both sides, and wake whoever waits for it."""
    if isinstance(connected, InnerTls):
        connected.shut()
        return
    with suppress(OSError):
        # A TLS socket's own method would take its keys away from the thread that is reading.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _seconds(limit: Limit) -> float | None:
    seconds = limit()[0]
    if seconds == 0:
        raise LateError(connecting=False)
    return seconds


def _raise_if_late(error: BaseException) -> None:
    """Raise `LateError` if *error* is that of a socket's own limit; the system's, of a dead network, has a number."""
    if isinstance(error, TimeoutError) and error.errno is None:
        raise LateError(connecting=False) from error
