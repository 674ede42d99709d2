"""Sockets that ask the attempt's `Patience` before every wait, instead of carrying one fixed timeout.

httpcore hands the timeouts it was given down to its network backend untouched. Ours are `Patience` objects, so one
attempt's connect, first-token, idle, total and deadline limits hold at every single read, in both faces.

What is written is sent when an answer is waited for: httpcore writes a request in three pieces (head, body, end), and
one packet in place of three saves a tenth of a call on loopback.
"""

import os
import socket
import ssl
import threading
import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias, cast

import httpcore

from aigw.call import Patience

SLICE = 64 * 1024
"""Bytes written at once: a slow reader on the other side must not outlast the attempt's limit."""

Limit: TypeAlias = "float | Patience | None"


def _connecting(limit: Limit) -> float | None:
    if not isinstance(limit, Patience):
        return limit
    seconds = limit.connect()[0]
    if seconds == 0:
        raise httpcore.ConnectTimeout
    return seconds


def _reading(limit: Limit) -> float | None:
    if not isinstance(limit, Patience):
        return limit
    seconds = limit.left()[0]
    if seconds == 0:
        raise httpcore.ReadTimeout
    return seconds


class PatientStream(httpcore.NetworkStream):
    """A blocking stream whose waits are limited by a `Patience`."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._pid = os.getpid()
        self._unsent: list[bytes] = []

    def read(self, max_bytes: int, timeout: Limit = None) -> bytes:
        """Send what was written, and wait for bytes."""
        if self._unsent:
            unsent, self._unsent = memoryview(b"".join(self._unsent)), []
            # A server may refuse and close before it has read everything: its answer is still there to be read.
            with suppress(httpcore.WriteError):
                for start in range(0, len(unsent), SLICE):
                    self._stream.write(bytes(unsent[start : start + SLICE]), _reading(timeout))
        return self._stream.read(max_bytes, _reading(timeout))

    def write(self, buffer: bytes, timeout: Limit = None) -> None:
        """Take bytes to be sent with the next read."""
        del timeout
        if buffer:
            self._unsent.append(buffer)

    def close(self) -> None:
        """Drop the connection, waking a thread that waits for it; in a forked child, only the child's hold on it."""
        if os.getpid() == self._pid:
            with suppress(OSError):
                cast("socket.socket", self._stream.get_extra_info("socket")).shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Limit = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on."""
        self._stream = self._stream.start_tls(ssl_context, server_hostname, _connecting(timeout))
        return self

    def get_extra_info(self, info: str) -> object:
        """Tell about the socket."""
        return cast("object", self._stream.get_extra_info(info))


class PatientBackend(httpcore.NetworkBackend):
    """Opens blocking connections, and can end them all in the middle of whatever they are used for."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()
        self._lock = threading.Lock()
        self._opened: weakref.WeakSet[PatientStream] = weakref.WeakSet()
        self._aborted = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Limit = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect."""
        limit = _connecting(timeout)
        stream = PatientStream(self._backend.connect_tcp(host, port, limit, local_address, socket_options))
        with self._lock:
            self._opened.add(stream)
            aborted = self._aborted
        if aborted:
            stream.close()
            raise httpcore.ConnectError
        return stream

    def abort(self) -> None:
        """End all connections, so that whoever waits for one in another thread stops waiting; open no more."""
        with self._lock:
            self._aborted = True
            opened = list(self._opened)
        for stream in opened:
            connected = stream.get_extra_info("socket")
            if isinstance(connected, socket.socket):
                with suppress(OSError):
                    # A TLS socket's own method would take its keys away from the thread that is reading.
                    socket.socket.shutdown(connected, socket.SHUT_RDWR)


class AsyncPatientStream(httpcore.AsyncNetworkStream):
    """A stream of the event loop whose waits are limited by a `Patience`."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._unsent: list[bytes] = []

    async def read(self, max_bytes: int, timeout: Limit = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Send what was written, and wait for bytes."""
        if self._unsent:
            unsent, self._unsent = b"".join(self._unsent), []
            with suppress(httpcore.WriteError):
                await self._stream.write(unsent, _reading(timeout))
        return await self._stream.read(max_bytes, _reading(timeout))

    async def write(self, buffer: bytes, timeout: Limit = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Take bytes to be sent with the next read."""
        del timeout
        if buffer:
            self._unsent.append(buffer)

    async def aclose(self) -> None:
        """Drop the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: Limit = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """Speak TLS from here on."""
        return AsyncPatientStream(await self._stream.start_tls(ssl_context, server_hostname, _connecting(timeout)))

    def get_extra_info(self, info: str) -> object:
        """Tell about the socket."""
        return cast("object", self._stream.get_extra_info(info))


class AsyncPatientBackend(httpcore.AsyncNetworkBackend):
    """Opens connections of the event loop."""

    def __init__(self) -> None:
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Limit = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect."""
        limit = _connecting(timeout)
        return AsyncPatientStream(await self._backend.connect_tcp(host, port, limit, local_address, socket_options))
