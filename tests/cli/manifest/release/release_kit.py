"""What tests of releasing share: a manifest, real servers that keep objects, and commands with their usual options."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.cli.kit import Ran, Run

MANIFEST = """\
schema: aigw/v1
providers:
  one: {kind: echo}
  two: {kind: echo}
routes:
  - {name: chat, targets: [one/echo-1, two/echo-2]}
"""


@dataclass
class Kept:
    content: bytes
    tag: str
    headers: dict[str, str]


class Keeper:
    """A real HTTP server on loopback that keeps what is PUT, and keeps to conditions under a lock."""

    def __init__(self) -> None:
        self.objects: dict[str, Kept] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self.before_put: list[Any] = []
        self.tags = True
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                keeper.answer(self)

            def do_PUT(self) -> None:
                keeper.answer(self)

            def do_POST(self) -> None:
                keeper.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        path = unquote(handler.path)
        with self.lock:
            self.asked.append((handler.command, path, headers))
            if handler.command == "PUT" and self.before_put:
                self.before_put.pop()()
            status, said, content = self.decide(handler.command, path, headers, body)
        handler.send_response(status)
        for name, value in said.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def decide(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        there = self.objects.get(path)
        if method == "GET":
            if there is None:
                return 404, {}, b""
            return 200, {"etag": there.tag} if self.tags else {}, there.content
        if headers.get("if-none-match") == "*" and there is not None:
            return 412, {}, b""
        if "if-match" in headers and (there is None or there.tag != headers["if-match"]):
            return 412, {}, b""
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        self.objects[path] = Kept(body, tag, headers)
        return 201, {"etag": tag}, b""


class Generations(Keeper):
    """Speaks the part of Google's XML API that is documented for objects and preconditions, and grants tokens."""

    TOKEN = "made-up-token"

    def __init__(self, *, is_open: bool = False) -> None:
        super().__init__()
        self.is_open = is_open
        self.count = 1_700_000_000_000_000

    def decide(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if path == "/token":
            return 200, {}, json.dumps({"access_token": self.TOKEN, "expires_in": 3600}).encode()
        if not self.is_open and headers.get("authorization") != f"Bearer {self.TOKEN}":
            return 401, {}, b"<Error><Code>AuthenticationRequired</Code></Error>"
        there = self.objects.get(path)
        if method == "GET":
            if there is None:
                return 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
            return 200, {"x-goog-generation": there.tag}, there.content
        wanted = headers.get("x-goog-if-generation-match")
        if wanted is not None and wanted != ("0" if there is None else there.tag):
            return 412, {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        self.count += 1
        self.objects[path] = Kept(body, str(self.count), headers)
        return 200, {"x-goog-generation": str(self.count)}, b""


@dataclass
class Publisher:
    """Someone with keys in a folder, who runs commands there."""

    run: Run
    folder: Path
    store: str
    options: tuple[str, ...] = ()
    signs: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        keys = self.folder / "keys"
        self.signs = (
            *("--key", str(keys / "manifest.key"), "--key", str(keys / "freshness.key")),
            *("--trust-chain", str(self.folder / "trust")),
        )
        self.manifest = self.folder / "manifest.yaml"
        self.manifest.write_text(MANIFEST)
        self.pin = self("keys", "init", str(self.folder)).json["pin"]

    def __call__(self, *arguments: str) -> Ran:
        """Run `aigw manifest` and have it tell machines."""
        ran = self.run("manifest", *arguments, "--json")
        assert 0 == ran.code, ran.err + ran.out
        return ran

    def fails(self, *arguments: str) -> str:
        """Run what is to fail, and give the one line that says why."""
        ran = self.run("manifest", *arguments)
        assert (1, "") == (ran.code, ran.out), ran.err
        assert 1 == ran.err.count("\n")
        return ran.err

    def publish(self, *options: str) -> Any:
        return self("publish", str(self.manifest), "--to", self.store, *self.signs, *self.options, *options).json

    def released(self, command: str, *arguments: str) -> Any:
        return self(command, *arguments, "--store", self.store, *self.signs, *self.options).json

    def route(self, *targets: str) -> None:
        """Write another manifest."""
        self.manifest.write_text(MANIFEST.replace("one/echo-1, two/echo-2", ", ".join(targets)))


def serving(keeper: Keeper) -> Iterator[Any]:
    yield keeper
    keeper.close()
