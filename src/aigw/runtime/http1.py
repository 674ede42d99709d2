"""HTTP/1.1 without a socket: a request as bytes, and the answer to it read from bytes. Both faces use it.

The parser is llhttp, through httptools. It is strict where two readers of one answer could come to differ about where
it ends: a length beside chunks, two lengths, a chunk size that is none, a bare line feed. What it leaves to its user is
done here: which answers end with their connection, which come before the real one, and how much of a head is too much.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

from aigw.wire import Headers, HttpRequest

HEAD_LIMIT = 64 * 1024
"""Bytes an answer may go on for without a byte of body: its head, what comes before it, and trailers. A read more."""
MOST_HEADERS = 256

_INFORMATIONAL = range(100, 200)
_SWITCHED = 101
_NO_HEADERS = Headers()
_BODILESS = frozenset({204, 304})

_PORTS = {"http": 80, "https": 443}
_METHOD = re.compile(r"[A-Z]+")
_URL = re.compile(r"[!-~]+")
_HOST = re.compile(r"[0-9A-Za-z._~%:-]+")
_LINE = re.compile(
    r"(?!(?i:host|content-length|transfer-encoding):)"  # where the request ends, and for whom it is, is said here
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: "
    r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?"
)
"""A header as RFC 9110 5.5 and 5.6.2 have it: nothing in it ends the line, and nothing is trimmed from its value."""


class UnsendableError(Exception):
    """The request is not valid HTTP. Says nothing more: what is wrong with it may be a secret."""


class BrokenError(Exception):
    """The connection ended before the answer did."""


class GarbledError(Exception):
    """What came is not valid HTTP."""


class Address(NamedTuple):
    """Where a URL leads: whom to connect to, and what to ask for there. `authority` is what a Host header says."""

    scheme: str
    host: str
    port: int
    authority: str
    target: str


@lru_cache(maxsize=1024)
def address_of(url: str) -> Address:
    """Take *url* apart. Raises `UnsendableError`."""
    found = _taken_apart(url)
    # The whole is looked at, since taking apart drops tabs and line feeds in silence.
    if found is None or _URL.fullmatch(url) is None or _HOST.fullmatch(found.host) is None:
        raise UnsendableError
    return found


def _taken_apart(url: str) -> Address | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # its words quote the URL
        return None
    if parts.scheme not in _PORTS:
        return None
    authority = f"[{host}]" if ":" in host else host
    if port is not None:
        authority += f":{port}"
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Address(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, authority, target)


def written(request: HttpRequest, *, forward: str | None = None) -> bytes:
    """Write *request*, head and body. Raises `UnsendableError` rather than let anything in it begin another line.

    `forward` is for a proxy that passes requests on: it is told the whole URL, and what `forward` holds, whole lines.
    """
    lines = [_start(request.method, request.url, absolute=forward is not None), f"{len(request.body)}\r\n"]
    if forward:
        lines.append(forward)
    for name, value in request.headers:
        line = f"{name}: {value}"
        if _LINE.fullmatch(line) is None:
            raise UnsendableError
        lines += (line, "\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1") + request.body


@lru_cache(maxsize=1024)
def _start(method: str, url: str, *, absolute: bool) -> str:
    """Give a request's head up to the number that is its body's length."""
    _, _, _, authority, target = address = address_of(url)
    if _METHOD.fullmatch(method) is None:
        raise UnsendableError
    if absolute:
        target = f"{address.scheme}://{authority}{target}"
    return f"{method} {target} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: "


class Reader:
    """Reads the answer to one request, whatever the pieces it comes in.

    `status` and `headers` are there once `headed`; `whole` says that its end was seen, and `reusable` that another
    answer may follow on the same connection. `held` is how many bytes of body wait to be taken. The answer to a request
    for a tunnel (CONNECT) has no body, and what follows it is not for this reader.
    """

    __slots__ = (
        "_barren",
        "_fault",
        "_is_tunnel",
        "_pairs",
        "_parser",
        "_pieces",
        "_until_closed",
        "headed",
        "headers",
        "held",
        "reusable",
        "status",
        "whole",
    )

    def __init__(self, *, is_tunnel: bool = False) -> None:
        self.status = 0
        self.headers = _NO_HEADERS
        self.headed = False
        self.whole = False
        self.reusable = False
        self.held = 0
        self._is_tunnel = is_tunnel
        self._until_closed = False
        self._barren = 0
        self._fault = ""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Read *data*. Raises `GarbledError`; what comes after the end only makes the connection useless."""
        parser = self._parser
        if parser is None:
            self.reusable = False
            return
        self._barren += len(data)
        try:
            parser.feed_data(data)
        except HttpParserError as error:
            self._parser = None
            if not self.whole:
                raise GarbledError(self._fault or str(error)) from None
            self.reusable = False
        if self.whole:
            self._parser = None  # it holds on to this reader, and only the garbage collector would part them
        elif self._barren > HEAD_LIMIT:
            self._parser = None
            message = f"its headers go on for more than {HEAD_LIMIT // 1024} KiB"
            raise GarbledError(message)

    def end(self) -> None:
        """Take note that the connection has ended. Raises `BrokenError` where the answer has not ended with it."""
        self.reusable = False
        self._parser = None
        if not self.whole:
            if not self._until_closed:
                message = "it closed the connection"
                raise BrokenError(message)
            self.whole = True

    def take(self) -> bytes:
        """Give what there is of the body and was not given yet; empty where nothing is."""
        pieces = self._pieces
        if not pieces:
            return b""
        self._pieces = []
        self.held = 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def on_message_begin(self) -> None:
        """Stop at whatever follows the answer."""
        if self.whole:
            raise GarbledError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header. Trailers are read and left."""
        if not self.headed:
            self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head: what kind of answer it begins, and where that ends."""
        parser = self._parser
        status = 0 if parser is None else parser.get_status_code()
        if parser is None or status < _INFORMATIONAL.start or status == _SWITCHED:
            self._refuse("it switches to another protocol" if status == _SWITCHED else "there is no such status")
        elif len(self._pairs) > MOST_HEADERS:
            self._refuse(f"it has more than {MOST_HEADERS} headers")
        elif status not in _INFORMATIONAL:
            self.status = status
            self._judge(parser)
            self.headed = True

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        self._barren = 0
        if self.whole:
            self.reusable = False
            return
        self._pieces.append(data)
        self.held += len(data)

    def on_message_complete(self) -> None:
        """Note the end of the answer, or of one that says that it is still to come (RFC 9110 15.2)."""
        if self.headed:
            self.whole = True
        self._pairs = []

    def _judge(self, parser: HttpResponseParser) -> None:
        version = parser.get_http_version()
        headers = self.headers = Headers(
            [(name.decode("ascii"), value.decode("latin-1").strip()) for name, value in self._pairs]
        )
        coding = headers.get("transfer-encoding")
        if version not in {"1.1", "1.0"}:
            self._refuse(f"it speaks version {version}")
        if coding is not None and coding.lower() != "chunked":
            # Twice `chunked`, or what only the end of the connection would end, is where readers come to differ.
            self._refuse("it has a transfer coding other than chunked")
        self.reusable = version == "1.1" and parser.should_keep_alive()
        if self._is_tunnel:
            self.whole = self.reusable = True  # whatever it says: from here on the connection is another's
        elif coding is None and "content-length" not in headers and self.status not in _BODILESS:
            self._until_closed = True

    def _refuse(self, words: str) -> None:
        """Stop the parser: it wraps the error, so that the words are kept here."""
        self._fault = words
        raise GarbledError(words)
