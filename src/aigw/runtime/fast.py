"""The extra `fast`: plain calls over pyreqwest (Rust's reqwest), in both faces. Streams stay on httpcore.

A plain call has one limit, its total, which pyreqwest can keep; a stream has several, which only a transport that asks
before every read can (see `sockets`). pyreqwest's threads do not survive a fork, and it says so: a forked child goes
back to httpcore. While the sync face waits in pyreqwest, Ctrl-C is noticed only when the answer or the limit comes.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Generic, NoReturn, TypeVar
from urllib.parse import urlsplit

from pyreqwest.client import Client, ClientBuilder, SyncClient, SyncClientBuilder
from pyreqwest.exceptions import ConnectError, PyreqwestError, RequestTimeoutError
from pyreqwest.request import BaseRequestBuilder
from pyreqwest.response import BaseResponse

from aigw.call import Patience
from aigw.errors import APIConnectionError, APITimeoutError
from aigw.protocols import Clock, Exchange
from aigw.runtime import http
from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.types.json import as_array, as_object, as_text
from aigw.wire import Headers, HttpRequest

B = TypeVar("B", ClientBuilder, SyncClientBuilder)
R = TypeVar("R", bound=BaseRequestBuilder)
C = TypeVar("C", Client, SyncClient)

NO_LIMIT_S = 86_400.0


class WholeExchange:
    """An exchange whose body is already here."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, response: BaseResponse, body: bytes) -> None:
        self.status = response.status
        self.headers = Headers(list(response.headers.items()))
        self._body = http.Inflater(self.headers)(body)

    async def chunk(self) -> bytes:
        """Give the body, once."""
        body, self._body = self._body, b""
        return body

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """Give the body, cut at *limit*, and say whether it was."""
        return self._body[:limit], len(self._body) > limit

    async def aclose(self) -> None:
        """Do nothing: the connection has gone back already."""


class FastBlockingRuntime(BlockingRuntime):
    """The blocking runtime, with plain calls sent by pyreqwest."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._clients: _Clients[SyncClient] = _Clients(lambda wait: _settled(SyncClientBuilder(), wait).build())

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over pyreqwest, or over httpcore where the answer will be a stream."""
        client = None if patience.streamed else self._clients.get(pool, request.url, patience)
        if client is None:
            return await super().send(pool, request, patience)
        try:
            response = _filled(client.request(request.method, request.url), request, patience).build().send()
            return WholeExchange(response, bytes(response.bytes()))
        except PyreqwestError as error:
            _fail(error, patience, request.url)

    def after_fork(self) -> None:
        """Go back to httpcore: pyreqwest cannot live on in a forked child."""
        super().after_fork()
        self._clients.give_up()

    async def aclose(self) -> None:
        """Close all connections of both transports."""
        for client in self._clients.drain():
            client.close()
        await super().aclose()


class FastAsyncioRuntime(AsyncioRuntime):
    """The asyncio runtime, with plain calls sent by pyreqwest."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._clients: _Clients[Client] = _Clients(lambda wait: _settled(ClientBuilder(), wait).build())

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over pyreqwest, or over httpcore where the answer will be a stream."""
        client = None if patience.streamed else self._clients.get(pool, request.url, patience)
        if client is None:
            return await super().send(pool, request, patience)
        try:
            response = await _filled(client.request(request.method, request.url), request, patience).build().send()
            return WholeExchange(response, bytes(await response.bytes()))
        except PyreqwestError as error:
            _fail(error, patience, request.url)

    def after_fork(self) -> None:
        """Go back to httpcore: pyreqwest cannot live on in a forked child."""
        super().after_fork()
        self._clients.give_up()

    async def aclose(self) -> None:
        """Close all connections of both transports."""
        for client in self._clients.drain():
            await client.close()
        await super().aclose()


class _Clients(Generic[C]):
    """One client for each connect limit in use: pyreqwest sets that limit on the client, not on the request."""

    def __init__(self, make: Callable[[float], C]) -> None:
        self._make: Callable[[float], C] = make
        self._made: dict[float, C] = {}
        self._proxied: dict[str, bool] = {}
        self._usable = True

    def get(self, pool: str, url: str, patience: Patience) -> C | None:
        """Give a client, or None where *url* is behind a proxy or pyreqwest cannot be used in this process.

        Proxies are httpcore's: the two libraries read `NO_PROXY` differently, and one rule must hold for both.
        """
        if pool not in self._proxied:
            self._proxied[pool] = http.proxy_for(url) is not None
        if self._proxied[pool]:
            return None
        limit = patience.connect_limit
        wait = NO_LIMIT_S if limit is None else limit
        found = self._made.get(wait)
        if found is None and self._usable:
            try:
                found = self._made[wait] = self._make(wait)
            except RuntimeError:
                # Another part of the program used pyreqwest before this process was forked.
                self._usable = False
        return found

    def give_up(self) -> None:
        """Use no client in this process any more."""
        self._made = {}
        self._usable = False

    def drain(self) -> list[C]:
        """Give up all clients, to be closed."""
        made, self._made = self._made, {}
        return list(made.values())


def _settled(builder: B, connect_s: float) -> B:
    builder = builder.follow_redirects(enable=False).connect_timeout(timedelta(seconds=connect_s))
    builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
    builder = builder.no_proxy().pool_idle_timeout(timedelta(seconds=http.KEEPALIVE_S))
    if own := os.environ.get("SSL_CERT_FILE"):
        builder = builder.add_root_certificate_pem(Path(own).read_bytes())
    return builder


def _filled(builder: R, request: HttpRequest, patience: Patience) -> R:
    left = patience.left()[0]
    builder = builder.headers(request.headers).body_bytes(request.body)
    return builder if left is None else builder.timeout(timedelta(seconds=max(left, 0.001)))


def _fail(error: PyreqwestError, patience: Patience, url: str) -> NoReturn:
    """Raise ours for pyreqwest's; the text names the host, nothing else."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    causes = _causes(error)
    if isinstance(error, RequestTimeoutError):
        # pyreqwest calls whatever takes too long before the answer a connect timeout; only reqwest beneath knows.
        connecting = any("(Connect)" in cause for cause in causes)
        phase = (patience.connect() if connecting else patience.left())[1]
        message = f"Timed out waiting for {host}: {http.PHASES[phase]}."
        raise APITimeoutError(message, phase=phase) from error
    if isinstance(error, ConnectError):
        message = f"Cannot connect to {host}: {causes[-1]}. Is it up, and reachable from here?"
    else:
        message = f"{host} broke the connection before its answer was complete ({causes[-1]})."
    raise APIConnectionError(message) from error


def _causes(error: PyreqwestError) -> list[str]:
    """Give the words of *error*'s causes, outermost first; its own where it has none."""
    details: object = error.args[1] if len(error.args) > 1 else None
    causes = as_array(as_object(details).get("causes"))
    return [as_text(as_object(cause).get("message")) or "" for cause in causes] or [http.plain(error)]
