"""What both runtimes share of HTTP: requests for httpcore, TLS and proxies, decompression, and foreign errors mapped.

Both runtimes go under `httpx.Client`, to the transport library it stands on, because a gateway needs two things of a
transport that a client hides: a limit asked anew before each read, and a connection dropped the moment a reply is.
"""

import os
import ssl
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NoReturn
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpcore

from aigw.call import Patience
from aigw.errors import APIConnectionError, APIError, APITimeoutError
from aigw.wire import Headers, HttpRequest

KEEPALIVE_S = 30.0
MAX_IDLE = 100

PHASES: Mapping[str, str] = {
    "connect": "connecting took longer than its limit",
    "first_token": "no first token came within its limit",
    "idle": "the stream was idle for longer than its limit",
    "attempt": "the attempt took longer than its limit",
    "deadline": "the call's deadline passed",
}


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Make the one TLS context: `SSL_CERT_FILE` or `SSL_CERT_DIR` where the environment sets one, else certifi's."""
    named = ssl.get_default_verify_paths()
    overridden = {named.openssl_cafile_env, named.openssl_capath_env} & os.environ.keys()
    context = ssl.create_default_context(cafile=None if overridden else certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def proxy_for(url: str) -> httpcore.Proxy | None:
    """Give the proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`, …) names for *url*, or None."""
    parts = urlsplit(url)
    address = getproxies().get(parts.scheme) or getproxies().get("all")
    if not address or proxy_bypass(parts.hostname or ""):
        return None
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    auth = (proxy.username, proxy.password or "") if proxy.username else None
    bare = f"{proxy.scheme}://{proxy.hostname}:{proxy.port or 80}"
    return httpcore.Proxy(bare, auth=auth)


@lru_cache(maxsize=1024)
def _split(url: str) -> tuple[httpcore.URL, bytes]:
    parsed = httpcore.URL(url)
    host = parsed.host
    if parsed.port is not None:
        host += b":%d" % parsed.port
    return parsed, host


def outgoing(request: HttpRequest, patience: Patience) -> httpcore.Request:
    """Make httpcore's request; `patience` itself is the timeout, and `sockets` asks it before every wait."""
    url, host = _split(request.url)
    headers = [(b"Host", host), (b"Content-Length", b"%d" % len(request.body))]
    headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
    waits = {"connect": patience, "read": patience, "write": patience, "pool": patience.connect()[0]}
    return httpcore.Request(
        request.method.encode("ascii"), url, headers=headers, content=request.body, extensions={"timeout": waits}
    )


def incoming(raw: "list[tuple[bytes, bytes]]") -> Headers:
    """Read httpcore's response headers."""
    return Headers([(name.decode("ascii"), value.decode("latin-1")) for name, value in raw])


class Inflater:
    """Undoes `Content-Encoding: gzip` or `deflate`, which some servers send although `identity` was asked for."""

    __slots__ = ("_inflate",)

    def __init__(self, headers: Headers) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        self._inflate: Callable[[bytes], bytes] | None = None
        if encoding in {"gzip", "x-gzip", "deflate"}:
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress

    def __call__(self, data: bytes) -> bytes:
        """Give the plain bytes of *data*. Raises `zlib.error` when it is not what the header says."""
        return data if self._inflate is None else self._inflate(data)


class Readable(ABC):
    """An exchange whose body comes in chunks."""

    __slots__ = ()

    @abstractmethod
    async def chunk(self) -> bytes:
        """Wait for more of the body; empty at its end."""

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """Read the body to its end or to *limit*, and say whether it was cut."""
        pieces: list[bytes] = []
        size = 0
        while size <= limit and (data := await self.chunk()):
            pieces.append(data)
            size += len(data)
        return b"".join(pieces)[:limit], size > limit


def fail(error: Exception, patience: Patience, url: str) -> NoReturn:
    """Raise ours for an error of the transport; the foreign one is its cause. The text names the host, nothing else."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    ours: APIError
    if isinstance(error, httpcore.TimeoutException):
        connecting = isinstance(error, httpcore.ConnectTimeout | httpcore.PoolTimeout)
        phase = (patience.connect() if connecting else patience.left())[1]
        ours = APITimeoutError(f"Timed out waiting for {host}: {PHASES[phase]}.", phase=phase)
    elif isinstance(error, httpcore.ConnectError):
        ours = APIConnectionError(f"Cannot connect to {host}: {plain(error)}. Is it up, and reachable from here?")
    elif isinstance(error, httpcore.RemoteProtocolError):
        ours = APIConnectionError(f"{host} broke the connection before its answer was complete ({plain(error)}).")
    elif isinstance(error, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError):
        # The words of these errors quote what could not be sent, which may be a key: they are not kept as a cause.
        message = f"The request to {host} could not be sent: it is not valid HTTP."
        raise APIConnectionError(message) from None
    else:
        ours = APIConnectionError(f"The connection to {host} failed: {plain(error)}.")
    raise ours from error


def plain(error: Exception) -> str:
    """Give the words of *error*, or its kind where it has none."""
    return str(error).rstrip(".") or type(error).__name__
