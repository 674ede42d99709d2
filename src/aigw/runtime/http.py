"""What the transport's failures are called in our words, and bodies that came packed."""

import os
import zlib
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlsplit

from aigw.call import Patience
from aigw.errors import APIConnectionError, APIError, APITimeoutError
from aigw.runtime.http1 import BrokenError, GarbledError, UnsendableError
from aigw.wire import Headers


class LateError(Exception):
    """A limit passed. `connecting` is whether it was while the connection was being made."""

    def __init__(self, *, connecting: bool) -> None:
        super().__init__("timed out")
        self.connecting = connecting


class UnreachableError(Exception):
    """No connection could be made; the cause says why."""


FOREIGN = (LateError, UnreachableError, BrokenError, GarbledError, UnsendableError, OSError, zlib.error)
"""What an exchange raises: `fail` maps each."""

_GZIP = b"\x1f\x8b"
_ANY = zlib.MAX_WBITS | 32  # zlib.decompressobj: gzip or deflate, whichever it is

PHASES: Mapping[str, str] = {
    "connect": "connecting took longer than its limit",
    "first_token": "no first token came within its limit",
    "read": "nothing arrived within the read limit",
    "idle": "the stream was idle for longer than its limit",
    "attempt": "the attempt took longer than its limit",
    "deadline": "the call's deadline passed",
}


class Inflater:
    """Undoes `Content-Encoding: gzip` or `deflate`, which some servers send although `identity` was asked for."""

    __slots__ = ("_inflate",)

    def __init__(self, headers: Headers) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        self._inflate = zlib.decompressobj(wbits=_ANY) if encoding in {"gzip", "x-gzip", "deflate"} else None

    @property
    def is_needed(self) -> bool:
        """Whether the body is packed at all."""
        return self._inflate is not None

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


def fail(error: Exception, patience: Patience, url: str) -> NoReturn:
    """Raise ours for an error of the transport; the foreign one is its cause. The text names the host, nothing else."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    ours: APIError
    if isinstance(error, LateError):
        phase = (patience.connect() if error.connecting else patience.left())[1]
        ours = APITimeoutError(f"Timed out waiting for {host}: {PHASES[phase]}.", phase=phase)
    elif isinstance(error, UnreachableError):
        ours = APIConnectionError(f"Cannot connect to {host}: {_refusal(error)}. Is it up, and reachable from here?")
    elif isinstance(error, BrokenError):
        ours = APIConnectionError(f"{host} broke the connection before its answer was complete ({plain(error)}).")
    elif isinstance(error, GarbledError):
        ours = APIConnectionError(f"{host} sent an answer that is not valid HTTP/1.1: {plain(error)}.")
    elif isinstance(error, UnsendableError):
        message = f"The request to {host} could not be sent: it is not valid HTTP."
        raise APIConnectionError(message) from None
    else:
        ours = APIConnectionError(f"The connection to {host} failed: {plain(error)}.")
    raise ours from error


def _refusal(error: BaseException) -> str:
    """Give the system's words where the other side refuses: the asyncio runtime's own do not say so."""
    beneath = error.__cause__ or error
    if isinstance(beneath, ConnectionRefusedError) and beneath.errno is not None:
        return os.strerror(beneath.errno)
    return plain(beneath)


def plain(error: BaseException) -> str:
    """Give the words of *error*, or its kind where it has none."""
    return str(error).rstrip(".") or type(error).__name__
