"""A small HTTP/1.1 server on the loopback interface that does exactly what it is told, wrong things included.

One thread accepts and one thread serves each connection; all are daemons and are gone after `close`. What is answered
is a `Transmission`: steps that are carried out one by one while the connection is watched, so that a client that
leaves early is noticed at once.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from aigw.testing.connection import Connection
from aigw.testing.transmission import Frame, Received, Transmission

LOOPBACK: Final = "127.0.0.1"
_JOIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections were accepted so far, and how many of them are open."""

    accepted: int
    open: int


class Server:
    """A server on an ephemeral loopback port (or `port`) that lives until `close` and hands each request to `respond`.

    A context manager. What `respond` raises is answered with a 500 that names it.
    """

    def __init__(self, respond: Callable[[Received], Transmission], *, port: int = 0) -> None:
        self._respond = respond
        self._changed = threading.Condition(threading.RLock())
        self._requests: list[Received] = []
        self._serving: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._accepted = 0
        self._closing = threading.Event()
        self._listener = socket.create_server((LOOPBACK, port), backlog=1024)
        self._port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name=f"aigw-testing-{self._port}", daemon=True)
        self._accepting.start()

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def requests(self) -> list[Received]:
        """The requests received so far, oldest first."""
        with self._changed:
            return list(self._requests)

    @property
    def connections(self) -> Connections:
        """How many connections there were and are."""
        with self._changed:
            return Connections(self._accepted, len(self._serving))

    def wait_for(self, state: Callable[[], bool], timeout_s: float = 5.0) -> bool:
        """Wait until *state* holds, and say whether it does; it is asked again whenever something happens here.

        `server.wait_for(lambda: len(server.requests) == 2)` or `server.wait_for(lambda: not server.connections.open)`.
        """
        with self._changed:
            return self._changed.wait_for(state, timeout_s)

    def close(self) -> None:
        """Drop all connections, stop listening and wait for the threads. May be called again."""
        if self._closing.is_set():
            return
        self._closing.set()
        # Closing a listening socket does not wake the thread that accepts on it; a last visitor does.
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self._port), _JOIN_S):
            pass
        self._accepting.join(_JOIN_S)
        self._listener.close()
        with self._changed:
            for connection in self._serving:
                connection.stop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            if self._closing.is_set():
                accepted.close()
                return
            connection = Connection(accepted, self)
            thread = threading.Thread(target=self._serve, args=(connection,), name="aigw-testing-serve", daemon=True)
            with self._changed:
                self._accepted += 1
                self._serving.add(connection)
                self._threads = [*(one for one in self._threads if one.is_alive()), thread]
                self._changed.notify_all()
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._changed:
                self._serving.discard(connection)
                self._changed.notify_all()

    @property
    def closing(self) -> threading.Event:
        """Set once the server closes."""
        return self._closing

    def respond(self, request: Received) -> Transmission:
        """Write *request* down and decide what to answer."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        try:
            return self._respond(request)
        except Exception as error:  # noqa: BLE001 - a script of the user's may raise anything, and must not end silently
            text = f"the scripted server could not answer: {type(error).__name__}: {error}"
            return Transmission(status=500, headers=(("content-type", "text/plain"),), steps=(Frame(text.encode()),))

    def left(self, request: Received) -> None:
        """Note that the client of *request* left before its answer was complete."""
        request.disconnected.set()
        with self._changed:
            self._changed.notify_all()
