"""The fastest canned server at hand: nginx if it is installed, else a bare asyncio protocol, in a process of its own.

Three addresses: `/plain/v1/chat/completions` answers whole, `/stream/v1/chat/completions` streams, `/manifest.yaml` is
a file that may be replaced while it is served.
"""

import asyncio
import contextlib
import hashlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from canned import completion, event_stream

START_WAIT_S = 10.0

NGINX_CONF = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_buffer_size 1m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ }}
  server {{
    listen 127.0.0.1:{port};
    root {folder};
    location = /plain/v1/chat/completions {{ default_type application/json; return 200 '{plain}'; }}
    location = /stream/v1/chat/completions {{ error_page 405 =200 /stream.sse; return 405; }}
    location = /stream.sse {{ default_type text/event-stream; }}
    location = /manifest.yaml {{ default_type application/yaml; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server that is up. `folder` is where `manifest.yaml` is served from."""

    kind: str
    origin: str
    folder: Path

    @property
    def plain_url(self) -> str:
        return f"{self.origin}/plain/v1"

    @property
    def stream_url(self) -> str:
        return f"{self.origin}/stream/v1"

    @property
    def manifest_url(self) -> str:
        return f"{self.origin}/manifest.yaml"

    def publish(self, manifest: str) -> None:
        """Replace the served manifest in one step."""
        fresh = self.folder / "manifest.new"
        fresh.write_text(manifest, "utf-8")
        fresh.replace(self.folder / "manifest.yaml")


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Upstream]:
    """Run the upstream out of *folder* until the block ends."""
    port = _free_port()
    (folder / "stream.sse").write_bytes(event_stream())
    (folder / "manifest.yaml").write_text("", "utf-8")
    kind, command = _command(folder, port)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield Upstream(kind, f"http://127.0.0.1:{port}", folder)
        finally:
            process.terminate()


def _command(folder: Path, port: int) -> tuple[str, list[str]]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        return "asyncio", [sys.executable, __file__, str(folder), str(port)]
    conf = folder / "nginx.conf"
    conf.write_text(NGINX_CONF.format(folder=folder, port=port, plain=completion().decode()), "utf-8")
    return "nginx", [nginx, "-c", str(conf), "-e", str(folder / "error.log")]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_WAIT_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    message = f"the upstream did not start: {process.args!r}"
    raise RuntimeError(message)


class CannedProtocol(asyncio.Protocol):
    """Answers requests one after the other; reads no more of them than where each ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers = {
            b"/plain/v1/chat/completions": _response(completion(), b"application/json"),
            b"/stream/v1/chat/completions": _response(event_stream(), b"text/event-stream"),
        }
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._left += data
        while (head_end := self._left.find(b"\r\n\r\n")) >= 0:
            head = self._left[:head_end].lower()
            _, found, length = head.partition(b"content-length:")
            end = head_end + 4 + (int(length.split(b"\r\n", 1)[0]) if found else 0)
            if len(self._left) < end:
                return
            path = self._left.split(b" ", 2)[1]
            self._left = self._left[end:]
            self._transport.write(self._answers.get(path) or self._manifest(head))

    def _manifest(self, head: bytes) -> bytes:
        body = (self._folder / "manifest.yaml").read_bytes()
        etag = b'"%s"' % hashlib.sha256(body).hexdigest().encode()
        if etag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag
        return _response(body, b"application/yaml\r\nETag: " + etag)


def _response(body: bytes, content_type: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (content_type, len(body), body)


async def _serve(folder: Path, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: CannedProtocol(folder), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
