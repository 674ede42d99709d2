"""What both runtimes share of HTTP: requests for httpcore, TLS and proxies, decompression, and foreign errors mapped.

Both runtimes go under `httpx.Client`, to the transport library it stands on, because a gateway needs two things of a
transport that a client hides: a limit asked anew before each read, and a connection dropped the moment a reply is.
"""

import os
import ssl
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import NoReturn
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpcore

from aigw.call import Patience
from aigw.errors import APIConnectionError, APIError, APITimeoutError, ConfigurationError
from aigw.wire import Headers, HttpRequest

KEEPALIVE_S = 30.0
MAX_IDLE = 100

FOREIGN = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
    zlib.error,
)
"""What the transport raises: `fail` maps each."""

_GZIP = b"\x1f\x8b"
_ANY = zlib.MAX_WBITS | 32  # zlib.decompressobj: gzip or deflate, whichever it is
_PROXY_PORTS: Mapping[str, int] = {"http": 80, "https": 443}

PHASES: Mapping[str, str] = {
    "connect": "connecting took longer than its limit",
    "first_token": "no first token came within its limit",
    "read": "nothing arrived within the read limit",
    "idle": "the stream was idle for longer than its limit",
    "attempt": "the attempt took longer than its limit",
    "deadline": "the call's deadline passed",
}


def has_own_certificates() -> bool:
    """Whether the environment says with `SSL_CERT_FILE` or `SSL_CERT_DIR` which certificates to trust."""
    named = ssl.get_default_verify_paths()
    return not {named.openssl_cafile_env, named.openssl_capath_env}.isdisjoint(os.environ)


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Make the one TLS context, which trusts what the environment says, or else certifi's certificates."""
    context = ssl.create_default_context(cafile=None if has_own_certificates() else certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def proxy_for(url: str) -> httpcore.Proxy | None:
    """Give the proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`, …) names for *url*, or None.

    Raises `ConfigurationError` for one that cannot be used.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    address = proxies.get(name)
    if not address or proxy_bypass(parts.hostname or ""):
        return None
    found = _proxy(address if "://" in address else f"http://{address}")
    if isinstance(found, httpcore.Proxy):
        return found
    message = (
        f"The proxy that {name.upper()}_PROXY names for {parts.scheme} URLs cannot be used: {found}. Name one as "
        "http://host:port or https://host:port, or list the hosts to reach without it in NO_PROXY."
    )
    raise ConfigurationError(message)


def _proxy(address: str) -> httpcore.Proxy | str:
    """Read the *address* of a proxy, or say what is wrong with it, without its user and password."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its address cannot be read (special characters of a password must be percent-encoded)"
    if parts.scheme not in _PROXY_PORTS:
        return f"it speaks {parts.scheme}, and only http and https proxies are spoken to"
    if not host:
        return "its address has no host"
    user, password = unquote_to_bytes(parts.username or ""), unquote_to_bytes(parts.password or "")
    bare = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or _PROXY_PORTS[parts.scheme]}"
    return httpcore.Proxy(bare, auth=(user, password) if user else None)


@lru_cache(maxsize=1024)
def _split(url: str) -> tuple[httpcore.URL, bytes]:
    parsed = httpcore.URL(url)
    host = b"[%s]" % parsed.host if b":" in parsed.host else parsed.host
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
        self._inflate = zlib.decompressobj(wbits=_ANY) if encoding in {"gzip", "x-gzip", "deflate"} else None

    def __call__(self, data: bytes) -> bytes:
        """Give the plain bytes of *data*. Raises `zlib.error` when it is not what the header says."""
        if self._inflate is None:
            return data
        plain = self._inflate.decompress(data)
        while self._inflate.unused_data.startswith(_GZIP):
            # RFC 1952 2.2: a body may be several compressed ones, one after the other.
            rest = self._inflate.unused_data
            self._inflate = zlib.decompressobj(wbits=_ANY)
            plain += self._inflate.decompress(rest)
        return plain


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
        ours = APIConnectionError(f"Cannot connect to {host}: {_refusal(error)}. Is it up, and reachable from here?")
    elif isinstance(error, httpcore.RemoteProtocolError):
        ours = APIConnectionError(f"{host} broke the connection before its answer was complete ({plain(error)}).")
    elif isinstance(error, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError):
        # The words of these errors quote what could not be sent, which may be a key: they are not kept as a cause.
        message = f"The request to {host} could not be sent: it is not valid HTTP."
        raise APIConnectionError(message) from None
    else:
        ours = APIConnectionError(f"The connection to {host} failed: {plain(error)}.")
    raise ours from error


def _refusal(error: BaseException) -> str:
    """Give the system's words where the other side refuses: the asyncio runtime's own do not say so."""
    beneath = error
    while beneath.__cause__ is not None:
        beneath = beneath.__cause__
    if isinstance(beneath, ConnectionRefusedError) and beneath.errno is not None:
        return os.strerror(beneath.errno)
    return plain(error)


def plain(error: BaseException) -> str:
    """Give the words of *error*, or its kind where it has none."""
    return str(error).rstrip(".") or type(error).__name__
