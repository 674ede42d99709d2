"""A manifest at a URL: published, revalidated by ETag, republished and broken at will."""

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import Final

from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Hold, Received, Transmission

_PATH: Final = "/manifest.yaml"
_NOT_FOUND: Final = Transmission(
    status=404, headers=(("content-type", "text/plain"),), steps=(Frame(b"no manifest\n"),)
)


class ManifestServer(Server):
    """Serves one document at `url`, with an ETag of its bytes and 304 to who has them already.

    A 404 until something is published. A context manager.
    """

    def __init__(self, document: str | bytes | Mapping[str, object] | None = None, *, port: int = 0) -> None:
        self._document_lock = threading.Lock()
        self._document: Transmission = _NOT_FOUND
        self._trouble: Transmission | None = None
        if document is not None:
            self.publish(document)
        super().__init__(self._decide, port=port)

    @property
    def url(self) -> str:
        """Where the manifest is."""
        return f"{self.origin}{_PATH}"

    def publish(self, document: str | bytes | Mapping[str, object]) -> str:
        """Serve *document* from now on, whatever was wrong before, and give its ETag. A mapping is served as JSON."""
        content = _bytes(document)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        kind = "application/json" if isinstance(document, Mapping) else "application/yaml"
        headers = (("content-type", kind), ("etag", etag), ("cache-control", "no-cache"))
        with self._document_lock:
            self._document = Transmission(headers=headers, steps=(Frame(content),))
            self._trouble = None
        return etag

    def fail(self, status: int = 503, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Answer with *status* until `recover` or the next `publish`."""
        pairs = tuple((headers or {}).items())
        self._break(Transmission(status=status, headers=pairs, steps=(Frame(body),)))

    def hang(self) -> None:
        """Accept requests and answer nothing until `recover` or the next `publish`; hanging requests go on hanging."""
        self._break(Transmission(before=(Hold(),)))

    def recover(self) -> None:
        """Serve the last document published again."""
        self._break(None)

    def _break(self, trouble: Transmission | None) -> None:
        with self._document_lock:
            self._trouble = trouble

    def _decide(self, request: Received) -> Transmission:
        with self._document_lock:
            document, trouble = self._document, self._trouble
        if trouble is not None:
            return trouble
        if request.path != _PATH:
            return _NOT_FOUND
        etag = dict(document.headers).get("etag")
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if etag is not None and known & {etag, "*"}:
            return Transmission(status=304, headers=document.headers)
        return document


def _bytes(document: str | bytes | Mapping[str, object]) -> bytes:
    if isinstance(document, bytes):
        return document
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return text.encode()
