"""The extra `fast`: plain calls over pyreqwest (Rust's reqwest), in both faces. Streams stay on httpcore.

A plain call has one limit, its total, which pyreqwest can keep; a stream has several, which only a transport that asks
before every read can (see `sockets`). pyreqwest cannot be told to stop: while the sync face waits in it, Ctrl-C is
noticed only when the answer or the limit comes; and a cancelled call of the async face is free at once, but its
connection stays open until then. Nor do its threads survive a fork: a forked child goes back to httpcore.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Generic, NoReturn, TypeVar
from urllib.parse import urlsplit

from pyreqwest.bytes import Bytes
from pyreqwest.client import Client, ClientBuilder, SyncClient, SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError
from pyreqwest.http import HeaderMap
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
MOST_CLIENTS = 16
PIECE = 16 * 1024
"""Bytes of a body that are inflated at a time. They become a thousand times as many at most."""


class WholeExchange(http.Readable):
    """An exchange whose body is already here, as it came: it is inflated as it is read."""

    __slots__ = ("_body", "_inflate", "_patience", "_read", "_url", "headers", "status")

    def __init__(self, response: BaseResponse, body: Bytes, patience: Patience, url: str) -> None:
        self.status = response.status
        self.headers = _headers(response.headers)
        self._body = memoryview(body)
        self._read = 0
        self._patience = patience
        self._url = url
        self._inflate = http.Inflater(self.headers)

    async def chunk(self) -> bytes:
        """Give more of the body; empty at its end."""
        try:
            while self._read < len(self._body):
                piece = self._body[self._read : self._read + PIECE]
                self._read += PIECE
                if plain := self._inflate(bytes(piece)):
                    return plain
        except http.FOREIGN as error:
            http.fail(error, self._patience, self._url)
        return b""

    async def aclose(self) -> None:
        """Do nothing: the connection has gone back already."""


class FastBlockingRuntime(BlockingRuntime):
    """The blocking runtime, with plain calls sent by pyreqwest."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._clients: _Clients[SyncClient] = _Clients(lambda wait: _settled(SyncClientBuilder(), wait).build())

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over pyreqwest, or over httpcore what pyreqwest is not for."""
        client = self._clients.get(pool, request.url, patience)
        filled = None if client is None else _filled(client.request, request, patience)
        if filled is None:
            return await super().send(pool, request, patience)
        try:
            response = filled.build().send()
            return WholeExchange(response, response.bytes(), patience, request.url)
        except PyreqwestError as error:
            _fail(error, patience, request.url)

    def retain(self, pools: frozenset[str]) -> None:
        """Forget, too, what was found out about other pools."""
        super().retain(pools)
        self._clients.retain(pools)

    def after_fork(self) -> None:
        """Go back to httpcore: pyreqwest cannot live on in a forked child."""
        super().after_fork()
        self._clients.give_up()

    async def aclose(self) -> None:
        """Close all connections of both transports."""
        for client in self._clients.give_up():
            client.close()
        await super().aclose()


class FastAsyncioRuntime(AsyncioRuntime):
    """The asyncio runtime, with plain calls sent by pyreqwest. A cancelled one keeps its connection until its limit."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._clients: _Clients[Client] = _Clients(lambda wait: _settled(ClientBuilder(), wait).build())

    async def send(self, pool: str, request: HttpRequest, patience: Patience) -> Exchange:
        """Send over pyreqwest, or over httpcore what pyreqwest is not for."""
        client = self._clients.get(pool, request.url, patience)
        filled = None if client is None else _filled(client.request, request, patience)
        if filled is None:
            return await super().send(pool, request, patience)
        try:
            response = await filled.build().send()
            return WholeExchange(response, await response.bytes(), patience, request.url)
        except PyreqwestError as error:
            _fail(error, patience, request.url)

    def retain(self, pools: frozenset[str]) -> None:
        """Forget, too, what was found out about other pools."""
        super().retain(pools)
        self._clients.retain(pools)

    def after_fork(self) -> None:
        """Go back to httpcore: pyreqwest cannot live on in a forked child."""
        super().after_fork()
        self._clients.give_up()

    async def aclose(self) -> None:
        """Close all connections of both transports."""
        for client in self._clients.give_up():
            await client.close()
        await super().aclose()


class _Clients(Generic[C]):
    """One client for each connect limit in use: pyreqwest sets that limit on the client, not on the request."""

    def __init__(self, make: Callable[[float], C]) -> None:
        self._make: Callable[[float], C] = make
        self._made: dict[float, C] = {}
        self._direct: dict[str, bool] = {}
        self._usable = True

    def get(self, pool: str, url: str, patience: Patience) -> C | None:
        """Give a client, or None where the request is one for httpcore."""
        if patience.streamed or not self._usable:
            return None
        direct = self._direct.get(pool)
        if direct is None:
            direct = self._direct[pool] = _is_direct(url)
        if not direct:
            return None
        limit = patience.connect_limit
        wait = NO_LIMIT_S if limit is None else limit
        found = self._made.get(wait)
        if found is None and len(self._made) < MOST_CLIENTS:
            try:
                found = self._made[wait] = self._make(wait)
            except RuntimeError:
                # Another part of the program used pyreqwest before this process was forked.
                self._usable = False
        return found

    def retain(self, pools: frozenset[str]) -> None:
        """Forget what was found out about other *pools*: a key that is replaced makes a new pool."""
        self._direct = {pool: direct for pool, direct in self._direct.copy().items() if pool in pools}

    def give_up(self) -> list[C]:
        """Use no client any more, and give those there are, to be closed."""
        self._usable = False
        made, self._made = self._made, {}
        return list(made.values())


def _is_direct(url: str) -> bool:
    """Whether *url* may go over pyreqwest, where it means the same as over httpcore.

    Proxies are httpcore's, as the two libraries read `NO_PROXY` differently; and certificates that the environment
    names are, as pyreqwest would trust the system's beside them.
    """
    return http.proxy_for(url) is None and not (url.startswith("https") and http.has_own_certificates())


def _settled(builder: B, connect_s: float) -> B:
    builder = builder.follow_redirects(enable=False).connect_timeout(timedelta(seconds=connect_s))
    builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
    return builder.no_proxy().pool_idle_timeout(timedelta(seconds=http.KEEPALIVE_S))


def _filled(start: Callable[[str, str], R], request: HttpRequest, patience: Patience) -> R | None:
    """Begin a request and fill it in, or give None where pyreqwest refuses it: httpcore has words for that, or a way.

    The words of pyreqwest's refusal quote the header, which may hold a key.
    """
    left = patience.left()[0]
    try:
        builder = start(request.method, request.url).headers(request.headers).body_bytes(request.body)
    except ValueError:
        return None
    return builder if left is None else builder.timeout(timedelta(seconds=max(left, 0.001)))


def _headers(found: HeaderMap) -> Headers:
    """Read *found*; pyreqwest cannot give a value that is not ASCII, and such a header is left out."""
    pairs: list[tuple[str, str]] = []
    each = iter(found.items())
    for _ in range(len(found)):
        with suppress(ValueError):
            pairs.append(next(each))
    return Headers(pairs)


def _fail(error: PyreqwestError, patience: Patience, url: str) -> NoReturn:
    """Raise ours for pyreqwest's; the text names the host, nothing else."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    causes = _causes(error)
    # pyreqwest takes whatever goes wrong before the answer for a failure to connect; only reqwest beneath knows.
    connecting = any("(Connect)" in cause for cause in causes)
    if isinstance(error, RequestTimeoutError):
        phase = (patience.connect() if connecting else patience.left())[1]
        message = f"Timed out waiting for {host}: {http.PHASES[phase]}."
        raise APITimeoutError(message, phase=phase) from error
    if connecting:
        message = f"Cannot connect to {host}: {causes[-1]}. Is it up, and reachable from here?"
    else:
        message = f"{host} broke the connection before its answer was complete ({causes[-1]})."
    raise APIConnectionError(message) from error


def _causes(error: PyreqwestError) -> list[str]:
    """Give the words of *error*'s causes, outermost first; its own where it has none."""
    details: object = error.args[1] if len(error.args) > 1 else None
    causes = as_array(as_object(details).get("causes"))
    return [as_text(as_object(cause).get("message")) or "" for cause in causes] or [http.plain(error)]
