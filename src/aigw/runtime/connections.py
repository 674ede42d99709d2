"""Connections kept for the next request: httpcore's own connections, most recently used first.

httpcore's pool looks at every connection for every request, which at 64 calls in flight is two thirds of an async call.
Calls need less of a pool: one host each, and the newest connection that is still good. Where the environment names a
proxy, httpcore's pool is used as it is, for its connections through proxies are not to be had without it.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeAlias, TypeVar

import httpcore

from aigw.runtime import http
from aigw.runtime.sockets import AsyncPatientBackend, PatientBackend

C = TypeVar("C", httpcore.HTTPConnection, httpcore.AsyncHTTPConnection)

Close: TypeAlias = Callable[[], None]
AsyncClose: TypeAlias = Callable[[], Awaitable[None]]


class Shelf(Generic[C]):
    """Idle connections to one host, by when they were put here. It closes nothing: it says what is to be closed."""

    __slots__ = ("_kept", "closed")

    def __init__(self) -> None:
        self._kept: deque[tuple[float, C]] = deque()
        self.closed = False

    def take(self) -> C | None:
        """Give the connection used last, or None."""
        # One step, so that two threads never get the same one.
        try:
            return self._kept.pop()[1]
        except IndexError:
            return None

    def put(self, connection: C) -> None:
        """Keep *connection* for later."""
        self._kept.append((monotonic(), connection))

    def outdated(self) -> C | None:
        """Give a connection that has been idle for too long or is one too many, or None."""
        try:
            since, connection = self._kept[0]
            if not self.closed and len(self._kept) <= http.MAX_IDLE and monotonic() - since < http.KEEPALIVE_S:
                return None
            self._kept.remove((since, connection))
        except (IndexError, ValueError):
            return None  # another thread took it
        return connection


class Connections:
    """Blocking connections to one host."""

    def __init__(self, url: str) -> None:
        self._origin = httpcore.URL(url).origin
        self._tls = http.tls() if url.startswith("https") else None
        self._shelf: Shelf[httpcore.HTTPConnection] = Shelf()
        self._busy: set[httpcore.HTTPConnection] = set()
        """Held on to, so that a reply in a reference cycle is not collected together with its open socket."""
        self._backend = PatientBackend()

    def send(self, request: httpcore.Request) -> tuple[httpcore.Response, Close]:
        """Give the response to *request*, and what gives its connection back. Raises httpcore's errors."""
        connection = self._connection()
        self._busy.add(connection)
        try:
            response = connection.handle_request(request)
        except BaseException:
            self._busy.discard(connection)
            connection.close()
            raise

        def close() -> None:
            self._busy.discard(connection)
            response.close()
            self._keep(connection)

        return response, close

    def close(self) -> None:
        """Close what is idle now; what is in use closes when it is given back. May be called again."""
        self._shelf.closed = True
        self._tidy()

    retire = close

    def abort(self) -> None:
        """End all connections, also those that other threads are waiting for. None is opened any more."""
        self._backend.abort()

    def _connection(self) -> httpcore.HTTPConnection:
        while (kept := self._shelf.take()) is not None:
            if not kept.has_expired():
                return kept
            kept.close()
        return httpcore.HTTPConnection(self._origin, ssl_context=self._tls, network_backend=self._backend)

    def _keep(self, connection: httpcore.HTTPConnection) -> None:
        if connection.is_idle():
            self._shelf.put(connection)
        self._tidy()

    def _tidy(self) -> None:
        while (outdated := self._shelf.outdated()) is not None:
            outdated.close()


class AsyncConnections:
    """Connections of one event loop to one host."""

    def __init__(self, url: str) -> None:
        self._origin = httpcore.URL(url).origin
        self._tls = http.tls() if url.startswith("https") else None
        self._shelf: Shelf[httpcore.AsyncHTTPConnection] = Shelf()
        self._busy: set[httpcore.AsyncHTTPConnection] = set()

    async def send(self, request: httpcore.Request) -> tuple[httpcore.Response, AsyncClose]:
        """Give the response to *request*, and what gives its connection back. Raises httpcore's errors."""
        connection = await self._connection()
        self._busy.add(connection)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            self._busy.discard(connection)
            await connection.aclose()
            raise

        async def close() -> None:
            self._busy.discard(connection)
            await response.aclose()
            await self._keep(connection)

        return response, close

    async def close(self) -> None:
        """Close what is idle now; what is in use closes when it is given back. May be called again."""
        self._shelf.closed = True
        await self._tidy()

    retire = close

    async def _connection(self) -> httpcore.AsyncHTTPConnection:
        while (kept := self._shelf.take()) is not None:
            if not kept.has_expired():
                return kept
            await kept.aclose()
        return httpcore.AsyncHTTPConnection(self._origin, ssl_context=self._tls, network_backend=AsyncPatientBackend())

    async def _keep(self, connection: httpcore.AsyncHTTPConnection) -> None:
        if connection.is_idle():
            self._shelf.put(connection)
        await self._tidy()

    async def _tidy(self) -> None:
        while (outdated := self._shelf.outdated()) is not None:
            await outdated.aclose()


class ProxiedConnections:
    """Blocking connections to one host through a proxy."""

    def __init__(self, url: str, proxy: httpcore.Proxy) -> None:
        self._backend = PatientBackend()
        self._pool = httpcore.ConnectionPool(
            ssl_context=http.tls() if url.startswith("https") else None,
            proxy=proxy,
            max_connections=None,
            max_keepalive_connections=http.MAX_IDLE,
            keepalive_expiry=http.KEEPALIVE_S,
            network_backend=self._backend,
        )

    def retire(self) -> None:
        """Close all connections if no request is under way; else they go when the last reply to one has gone."""
        if all(connection.is_idle() or connection.is_closed() for connection in self._pool.connections):
            self.close()

    def send(self, request: httpcore.Request) -> tuple[httpcore.Response, Close]:
        """Give the response to *request*, and what gives its connection back. Raises httpcore's errors."""
        response = self._pool.handle_request(request)
        return response, response.close

    def close(self) -> None:
        """Close all connections. May be called again."""
        self._pool.close()

    def abort(self) -> None:
        """End all connections, also those that other threads are waiting for. None is opened any more."""
        self._backend.abort()


class AsyncProxiedConnections:
    """Connections of one event loop to one host through a proxy."""

    def __init__(self, url: str, proxy: httpcore.Proxy) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=http.tls() if url.startswith("https") else None,
            proxy=proxy,
            max_connections=None,
            max_keepalive_connections=http.MAX_IDLE,
            keepalive_expiry=http.KEEPALIVE_S,
            network_backend=AsyncPatientBackend(),
        )

    async def retire(self) -> None:
        """Close all connections if no request is under way; else they go when the last reply to one has gone."""
        if all(connection.is_idle() or connection.is_closed() for connection in self._pool.connections):
            await self.close()

    async def send(self, request: httpcore.Request) -> tuple[httpcore.Response, AsyncClose]:
        """Give the response to *request*, and what gives its connection back. Raises httpcore's errors."""
        response = await self._pool.handle_async_request(request)
        return response, response.aclose

    async def close(self) -> None:
        """Close all connections. May be called again."""
        await self._pool.aclose()


def connections_to(url: str) -> Connections | ProxiedConnections:
    """Make connections to the host of *url*, through the proxy that the environment names for it, if it does."""
    proxy = http.proxy_for(url)
    return Connections(url) if proxy is None else ProxiedConnections(url, proxy)


def async_connections_to(url: str) -> AsyncConnections | AsyncProxiedConnections:
    """Make connections to the host of *url*, through the proxy that the environment names for it, if it does."""
    proxy = http.proxy_for(url)
    return AsyncConnections(url) if proxy is None else AsyncProxiedConnections(url, proxy)
