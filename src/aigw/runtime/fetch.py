"""Fetches documents (the manifest) over the same transport as calls: one set of TLS and proxy rules for both."""

import threading
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from aigw.call import Deadline, Patience, Timeouts
from aigw.errors import APIConnectionError, GatewayClosedError
from aigw.protocols import Clock
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.wire import HttpRequest, HttpResponse

SIZE_LIMIT = 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3


class Fetcher:
    """Gets a URL, blocking. Redirects are followed to the same scheme, host and port only."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self._runtime = BlockingRuntime(clock)
        self._closed = False
        self._lock = threading.Lock()

    def __call__(self, url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
        """Give the response for *url*, its body cut at `SIZE_LIMIT`.

        Raises `APIConnectionError` or `APITimeoutError`, and `GatewayClosedError` once it was closed; any HTTP status
        is an answer.
        """
        try:
            return self._fetched(url, headers, timeout_s)
        except APIConnectionError:
            if self._renewed():
                raise
        message = "the gateway is closed"
        raise GatewayClosedError(message)

    def interrupt(self) -> None:
        """End, with `APIConnectionError`, the fetch that is under way, or else the next one."""
        self._runtime.abort()

    def _fetched(self, url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
        deadline = Deadline(self._runtime.monotonic() + timeout_s)
        for _ in range(MOST_REDIRECTS + 1):
            response = run(self._get(url, headers, deadline))
            if response.status_code not in REDIRECTS or "location" not in response.headers:
                return response
            url = _redirected(url, response.headers["location"])
        message = f"It redirects more than {MOST_REDIRECTS} times."
        raise APIConnectionError(message)

    def after_fork(self) -> None:
        """Forget the parent's connections."""
        self._lock = threading.Lock()
        self._runtime.after_fork()

    def close(self) -> None:
        """Close all connections, also one that another thread is waiting for. May be called again."""
        with self._lock:
            self._closed = True
        self._runtime.abort()
        run(self._runtime.aclose())

    def _renewed(self) -> bool:
        """Take new connections in place of those that were interrupted; False once closed."""
        with self._lock:
            if self._closed:
                return False
            interrupted, fresh = self._runtime, None
            if interrupted.aborted:
                self._runtime = fresh = BlockingRuntime(self._clock)
        if fresh is not None:
            run(interrupted.aclose())
        return True

    async def _get(self, url: str, headers: Mapping[str, str], deadline: Deadline) -> HttpResponse:
        request = HttpRequest("GET", url, (*headers.items(), ("Accept-Encoding", "identity")))
        patience = Patience(self._runtime.monotonic, Timeouts(), deadline)
        exchange = await self._runtime.send("fetch", request, patience)
        try:
            content, truncated = await exchange.read(SIZE_LIMIT)
        finally:
            await exchange.aclose()
        return HttpResponse(exchange.status, exchange.headers, content, truncated)


def _redirected(url: str, location: str) -> str:
    """Give where *location* leads from *url*. Raises `APIConnectionError` unless it is on the same host."""
    try:
        target = urljoin(url, location)
        scheme, netloc = urlsplit(target)[:2]
    except ValueError:
        message = "It redirects to what is no URL."
        raise APIConnectionError(message) from None
    if (scheme, netloc) != urlsplit(url)[:2]:
        message = f"It redirects to another host ({netloc.rpartition('@')[2]}), which is not followed."
        raise APIConnectionError(message)
    return target
