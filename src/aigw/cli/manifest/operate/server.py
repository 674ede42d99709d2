"""The development server: documents over HTTP as they should be, long polls and PUT among it, and faults on demand.

Sources: RFC 9110 (ETag, If-Match, If-None-Match), RFC 7240 (`Prefer: wait`).
"""

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Final, cast

from aigw.cli.manifest.operate.shelf import Document, Shelf, names
from aigw.cli.manifest.operate.values import Fault, FaultKind
from aigw.manifest.language.document import MAX_BYTES

_WAIT: Final = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})')
_LONGEST_S: Final = 600
_STALE: Final = '"stale"'
_HTML: Final = b"<!doctype html><title>Sign in</title><h1>Sign in to this network</h1>\n"
_MISDIRECTED: Final = b"this server answers to the names of this machine only\n"
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How to serve: what goes wrong, by whose dice, whether PUT is taken, and who is told of each request."""

    faults: Sequence[Fault]
    random: Callable[[], float]
    writable: bool
    log: Callable[[str], None]

    def drawn(self) -> dict[FaultKind, Fault]:
        """Give what goes wrong this time."""
        return {fault.kind: fault for fault in self.faults if self.random() < fault.probability}


class DevelopmentServer(ThreadingHTTPServer):
    """Serves a shelf on *host* and *port* (0: any free one) until `end`. Raises `OSError` where it cannot listen."""

    daemon_threads = True

    def __init__(self, shelf: Shelf, ways: Ways, *, host: str, port: int) -> None:
        self.shelf = shelf
        self.ways = ways
        self.closing = threading.Event()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._host = host
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Where the document is, or the folder."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.server_address[1]}{self.shelf.place}"

    @property
    def is_local(self) -> bool:
        """Whether it listens on this machine only."""
        return is_local(self._host)

    def end(self) -> None:
        """Stop, where nobody is served any more: long polls are answered, and the port is free."""
        self.closing.set()
        self.server_close()

    def server_bind(self) -> None:
        """Bind without asking anybody for a name of this host."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that leaves early is nobody's fault."""


def is_local(host: str) -> bool:
    """Whether *host* can be reached from this machine only."""
    try:
        return host in _LOCAL or ip_address(host).is_loopback
    except ValueError:
        return False


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "aigw-manifest-serve"
    sys_version = ""
    timeout = 60.0

    @property
    def _served(self) -> DevelopmentServer:
        return cast("DevelopmentServer", self.server)  # which makes no handlers for others

    def do_GET(self) -> None:
        """Answer with the document, or that it has not changed."""
        if not self._is_welcome():
            self._refuse(421, _MISDIRECTED)
            return
        faults = self._served.ways.drawn()
        if "slow" in faults:
            self._served.closing.wait(faults["slow"].value)
        if "status" in faults:
            self._answer(int(faults["status"].value), b"a fault that was asked for\n", faults=faults)
        elif "html" in faults:
            self._answer(200, _HTML, {"Content-Type": "text/html"}, faults=faults)
        else:
            self._give(faults)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the document."""
        self.do_GET()

    def do_PUT(self) -> None:
        """Keep a document, if its preconditions hold."""
        length = self.headers.get("Content-Length", "")
        if not self._is_welcome():
            self._refuse(421, _MISDIRECTED)
        elif not self._served.ways.writable:
            self._refuse(405, b"serve with --writable to let documents be put here\n", {"Allow": "GET, HEAD"})
        elif not length.isdecimal():
            self._refuse(411, b"say how long the document is\n")
        elif int(length) > MAX_BYTES:
            self._refuse(413, f"a document has at most {MAX_BYTES} bytes\n".encode())
        else:
            self._keep(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Say nothing here: each request is told once, without its query."""

    def _give(self, faults: dict[FaultKind, Fault]) -> None:
        place, known = self._place(), self.headers.get("If-None-Match")
        found = self._served.shelf.read(place)
        waited = _WAIT.search(self.headers.get("Prefer", ""))
        applied: dict[str, str] = {}
        if waited is not None:
            wait_s = min(int(waited[1]), _LONGEST_S)
            applied = {"Preference-Applied": f"wait={wait_s}"}
            if found is not None and known is not None and names(known, found.etag):
                self._served.shelf.wait(place, found.etag, wait_s, self._served.closing)
                found = self._served.shelf.read(place)
        if found is None and place == "/":
            self._answer(200, "".join(f"{name}\n" for name in self._served.shelf.names()).encode())
        elif found is None:
            self._answer(404, b"there is no such document\n", applied)
        else:
            self._send(_falsified(found, faults, self._served.shelf, place), known, applied, faults)

    def _send(
        self, document: Document, known: str | None, headers: dict[str, str], faults: dict[FaultKind, Fault]
    ) -> None:
        kind = "application/json" if document.content.lstrip()[:1] == b"{" else "application/yaml"
        headers = {"Content-Type": kind, "ETag": document.etag, **headers}
        if known is not None and names(known, document.etag):
            self._answer(304, b"", headers, faults=faults)
        else:
            self._answer(200, document.content, headers, faults=faults)

    def _keep(self, content: bytes) -> None:
        matched, unmatched = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        try:
            kept = self._served.shelf.put(self._place(), content, if_match=matched, if_none_match=unmatched)
        except ValueError:
            self._answer(403, b"no document can be put there\n")
        except OSError as error:
            self._answer(507, f"it cannot be written: {error.strerror}\n".encode())
        else:
            if kept is None:
                self._answer(412, b"something else is there\n")
            else:
                self._answer(204, b"", {"ETag": kept.etag})

    def _place(self) -> str:
        return self.path.partition("?")[0].partition("#")[0]

    def _is_welcome(self) -> bool:
        """Whether the request names this machine: a page in a browser may come by another name, led here by DNS."""
        name = self.headers.get("Host", "localhost").rpartition("@")[2]
        host = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        return not self._served.is_local or is_local(host)

    def _refuse(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        """Answer without having read what was sent."""
        self.close_connection = True
        self._answer(status, content, {"Connection": "close", **(headers or {})})

    def _answer(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        *,
        faults: dict[FaultKind, Fault] | None = None,
    ) -> None:
        told = "".join(f", fault: {fault}" for fault in (faults or {}).values())
        self._served.ways.log(f"{self.command} {self._place()} {status}{told}")
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Cache-Control": "no-cache", **(headers or {})}.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and content:
            cut = faults is not None and "truncate" in faults
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection |= cut


def _falsified(document: Document, faults: dict[FaultKind, Fault], shelf: Shelf, place: str) -> Document:
    """Give *document* as a cache gone wrong would: an earlier one, or under an ETag that never changes."""
    if "old" in faults:
        old = shelf.of_serial(place, int(faults["old"].value))
        document = document if old is None else Document(old, f'"old-{faults["old"].value:g}"')
    return Document(document.content, _STALE) if "stale-etag" in faults else document
