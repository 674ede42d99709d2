"""What the manifest's tests share: kinds, documents, a clock that stands still, a server that does what it is told."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aigw.errors import APIConnectionError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.follower import Follower
from aigw.manifest.delivery.holder import Holder
from aigw.manifest.delivery.intake import Intake
from aigw.manifest.delivery.provenance import Provenance
from aigw.manifest.delivery.sources import UrlSource, source_of
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.snapshot import Snapshot
from aigw.runtime.background import Background
from aigw.types.kind import Kind
from aigw.wire import Headers, HttpResponse

TLS = Trust()

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="openai",
            dialect="openai-chat",
            title="OpenAI",
            base_url="https://api.openai.com/v1",
            key_env=("OPENAI_API_KEY",),
            hosts=frozenset({".api.openai.com"}),
        ),
        Kind(
            name="anthropic",
            dialect="anthropic-messages",
            title="Anthropic",
            base_url="https://api.anthropic.com",
            key_env=("ANTHROPIC_API_KEY",),
            auth="x-api-key",
        ),
        Kind(
            name="perplexity",
            dialect="openai-chat",
            title="Perplexity",
            base_url="https://api.perplexity.ai",
            key_env=("PERPLEXITY_API_KEY", "PPLX_API_KEY"),
        ),
        Kind(name="openai-compatible", dialect="openai-chat", title="compatible"),
        Kind(name="ollama", dialect="openai-chat", title="Ollama", base_url="http://localhost:11434/v1", keyless=True),
        Kind(name="echo", dialect="echo", title="Echo", base_url="echo:", auth="none", keyless=True),
    )
}


def document(serial: int = 7, model: str = "gpt-4o", schema: str = "aigw/v1") -> bytes:
    return (
        f"schema: {schema}\nserial: {serial}\nproviders:\n  openai: {{kind: openai, api_key: env:OPENAI_API_KEY}}\n"
        f"routes:\n  - {{name: main, targets: [openai/{model}]}}\n"
    ).encode()


def compiled(
    content: bytes | str | Mapping[str, object], source: str = "m.yaml", previous: Snapshot | None = None
) -> Snapshot:
    return compile_manifest(content, source=source, kinds=KINDS, previous=previous)


class StillClock:
    """A clock that moves only when told."""

    def __init__(self, at: float = 1_000_000.0) -> None:
        self.at = at

    def monotonic(self) -> float:
        return self.at

    def time(self) -> float:
        return self.at

    def skip(self, seconds: float) -> bool:
        self.at += seconds
        return True


class Origin:
    """A real HTTP server on loopback. Serves `content` with an ETag of its own, or `status` with `headers`."""

    def __init__(self) -> None:
        self.content = document()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.etags = True
        self.before: Callable[[], None] = lambda: None
        self.asked: list[dict[str, str]] = []
        self.answered: list[int] = []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                origin._answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/current.yaml"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(asked)
        self.before()
        etag = f'"{hash(self.content)}"'
        status = self.status
        if status == 200 and self.etags and asked.get("if-none-match") == etag:
            status = 304
        body = self.content if status == 200 else b""
        self.answered.append(status)
        handler.send_response(status)
        if self.etags and status in (200, 304):
            handler.send_header("ETag", etag)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if body:
            handler.wfile.write(body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def fetch(url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
    """Fetch for real, by the standard library."""
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return HttpResponse(answer.status, Headers(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return HttpResponse(error.code, Headers(error.headers.items()), error.read())
    except OSError as error:
        message = f"{url}: {type(error).__name__}"
        raise APIConnectionError(message) from error


def follower(source: Any, **settings: Any) -> Follower:
    """A follower over real HTTP or a real file, with a clock that stands still and no jitter."""
    return Follower(source_of(source), **{"fetch": fetch, "clock": StillClock(), "random": lambda: 0.5, **settings})


def intake(source: Any, trust: Trust = TLS, memory: DiskCopy | None = None, **settings: Any) -> Intake:
    """The checks of *source*'s documents."""
    return Intake(
        trust,
        **{
            "compile": compiled,
            "kinds": KINDS,
            "provenance": Provenance(trust, memory),
            "from_afar": isinstance(source_of(source), UrlSource),
            **settings,
        },
    )


def holder(source: Any, trust: Trust = TLS, **settings: Any) -> Holder:
    """A holder over real HTTP or a real file, with a clock that stands still and no jitter."""
    directory = settings.pop("directory", None)
    disk = None if directory is None else DiskCopy(directory, source)
    clock = settings.pop("clock", None) or StillClock()
    return Holder(
        follower(
            source,
            clock=clock,
            interval_s=settings.pop("interval_s", 10.0),
            fetch=settings.pop("fetch", fetch),
        ),
        **{
            "intake": intake(source, trust, disk),
            "background": Background,
            "clock": clock,
            "disk": disk,
            **settings,
        },
    )
