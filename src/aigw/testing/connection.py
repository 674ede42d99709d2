"""One connection of a scripted server: requests are read from it, and transmissions carried out step by step."""

import contextlib
import http
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from typing import Final, NoReturn, Protocol

from aigw.testing.transmission import Drop, Frame, Hold, Pause, Received, Transmission
from aigw.wire import Headers

_READ: Final = 65536
_GLANCE_S: Final = 0.005
_LINGER_NONE: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_NO_BODY: Final = frozenset({204, 304})


class Host(Protocol):
    """What a connection needs of its server."""

    @property
    def closing(self) -> threading.Event:
        """Set once the server closes."""
        ...

    def respond(self, request: Received) -> Transmission:
        """Decide what to answer. Does not raise."""
        ...

    def left(self, request: Received) -> None:
        """Note that the client of *request* left before its answer was complete."""
        ...


class _Gone(Exception):  # noqa: N818 - it says what happened
    """The other side has closed the connection."""


class _Over(Exception):  # noqa: N818 - it says what happened
    """The script has closed the connection."""


class Connection:
    """A connection with a client, from `serve` to its end. Never raises what a client may cause."""

    def __init__(self, accepted: socket.socket, host: Host) -> None:
        self._socket = accepted
        self._host = host
        self._buffer = bytearray()

    def stop(self) -> None:
        """Wake the thread that serves this connection, which then ends; callable from any other thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Answer one request after another until either side closes."""
        with self._socket, contextlib.suppress(_Gone, _Over, OSError, ValueError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._host.closing.is_set():
                request, keep = self._read_request()
                try:
                    self._answer(request, self._host.respond(request), keep=keep)
                except (_Gone, OSError):
                    if not self._host.closing.is_set():
                        self._host.left(request)
                    return
                if not keep:
                    return

    def _read_request(self) -> tuple[Received, bool]:
        """Read one request, and say whether the client wants to keep the connection.

        Raises `ValueError` for what is not HTTP, which ends the connection.
        """
        head = self._take_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, version = head[0].split(" ")
        headers = Headers(
            [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:])]
        )
        if headers.get("expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = b"".join(self._take_chunks())
        else:
            body = self._take(int(headers.get("content-length", "0")))
        path, _, query = target.partition("?")
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Received(method, path, query, headers, body), keep

    def _take_chunks(self) -> Iterator[bytes]:
        while size := int(self._take_until(b"\r\n").partition(b";")[0], 16):
            yield self._take(size)
            self._take(2)
        while self._take_until(b"\r\n"):
            pass

    def _take_until(self, mark: bytes) -> bytes:
        start = 0
        while (end := self._buffer.find(mark, start)) < 0:
            start = max(0, len(self._buffer) - len(mark) + 1)
            self._fill()
        found = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return found

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        found = bytes(self._buffer[:count])
        del self._buffer[:count]
        return found

    def _fill(self) -> None:
        data = self._socket.recv(_READ)
        if not data:
            raise _Gone
        self._buffer += data

    def _answer(self, request: Received, what: Transmission, *, keep: bool) -> None:
        for step in what.before:
            self._perform(step, what, chunked=False)
        chunked = what.streamed and keep and not any(name.lower() == "content-length" for name, _ in what.headers)
        head = _head(what, chunked=chunked, keep=keep and not what.close)
        bodiless = request.method == "HEAD" or what.status in _NO_BODY
        if bodiless:
            self._socket.sendall(head)
        elif not what.streamed and not what.write_size and all(isinstance(step, Frame) for step in what.steps):
            self._socket.sendall(head + b"".join(step.data for step in what.steps if isinstance(step, Frame)))
        else:
            self._socket.sendall(head)
            for step in what.steps:
                self._perform(step, what, chunked=chunked)
            if chunked:
                self._socket.sendall(b"0\r\n\r\n")
        if what.close:
            self._end(reset=False)

    def _perform(self, step: Frame | Pause | Hold | Drop, what: Transmission, *, chunked: bool) -> None:
        match step:
            case Frame():
                self._look(0)
                self._write(step.data, what.write_size, chunked=chunked)
            case Pause():
                self._look(step.seconds)
            case Hold(None):
                while True:
                    self._look(None)
            case Hold(until):
                while until is not None and not until.is_set():
                    self._look(_GLANCE_S)
            case Drop():
                self._end(reset=step.reset)

    def _end(self, *, reset: bool) -> NoReturn:
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        else:
            self.stop()  # a forked child may hold this socket too, and closing ours alone would end nothing
        raise _Over

    def _write(self, data: bytes, size: int | None, *, chunked: bool) -> None:
        for start in range(0, len(data), size or len(data) or 1):
            piece = data[start : start + size] if size else data
            self._socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)

    def _look(self, seconds: float | None) -> None:
        """Watch the client for *seconds* (None: as long as it takes). Raises `_Gone` as soon as it has left."""
        try:
            self._socket.settimeout(seconds)
            early = self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, TimeoutError):
            return
        finally:
            self._socket.settimeout(None)
        if not early or self._host.closing.is_set():
            raise _Gone
        # A pipelined request hides the end of the connection: all that is left to watch is the server itself.
        if seconds != 0 and self._host.closing.wait(seconds):
            raise _Gone


def _head(what: Transmission, *, chunked: bool, keep: bool) -> bytes:
    try:
        phrase = http.HTTPStatus(what.status).phrase
    except ValueError:
        phrase = "Unassigned"
    lines = [f"HTTP/1.1 {what.status} {phrase}", *(f"{name}: {value}" for name, value in what.headers)]
    told = {name.lower() for name, _ in what.headers}
    if chunked and "transfer-encoding" not in told:
        lines.append("transfer-encoding: chunked")
    elif not what.streamed and "content-length" not in told and what.status not in _NO_BODY:
        true = sum(len(step.data) for step in what.steps if isinstance(step, Frame))
        lines.append(f"content-length: {true if what.length is None else what.length}")
    if not keep and "connection" not in told:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
