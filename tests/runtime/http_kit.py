"""Servers and a sender for the runtimes: bytes on a socket, in plain or through TLS or a proxy."""

import asyncio
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aigw.call import UNLIMITED, Patience, Timeouts
from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.wire import HttpRequest

if TYPE_CHECKING:
    from aigw.protocols import Runtime

RUNTIMES = ["blocking", "asyncio"]

Answer = Callable[[socket.socket], None]


@contextmanager
def answering(handle: Answer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen on loopback and hand each connection to *handle*. Gives the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            try:
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                handle(connection)
            except (OSError, ssl.SSLError):
                pass
            finally:
                connection.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def request_of(connection: socket.socket) -> bytes:
    """Read one request, head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def response(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Write a response that closes its connection."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def saying(data: bytes) -> Answer:
    """Answer every request with *data*."""

    def handle(connection: socket.socket) -> None:
        if request_of(connection):
            connection.sendall(data)

    return handle


def runtime_of(name: str) -> Any:
    """Make the runtime called *name*."""
    return AsyncioRuntime() if name == "asyncio" else BlockingRuntime()


def got(
    name: str, url: str, *, limits: Timeouts | None = None, streamed: bool = False, body: bytes = b"{}"
) -> tuple[int, dict[str, str], bytes, bool]:
    """Send one request over the runtime called *name*, and give status, headers, body, and whether that was cut."""
    runtime: Runtime = runtime_of(name)

    async def once() -> tuple[int, dict[str, str], bytes, bool]:
        try:
            patience = Patience(runtime.monotonic, limits or Timeouts(total=10.0), UNLIMITED, streamed=streamed)
            request = HttpRequest("POST", url, (("Content-Type", "application/json"),), body)
            exchange = await runtime.send("pool", request, patience)
            try:
                content, cut = await exchange.read(1_000_000)
            finally:
                await exchange.aclose()
            return exchange.status, dict(exchange.headers), content, cut
        finally:
            await runtime.aclose()

    return asyncio.run(once()) if "asyncio" in name else run(once())
