"""Releases on a server that takes PUT and keeps to conditions (RFC 9110, 13): WebDAV, an artifact store, one's own."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from aigw.cli.manifest.release.stores.door import (
    CONFLICT,
    CONTENT_TYPE,
    NOT_FOUND,
    Door,
    cache_control,
    check_private,
)
from aigw.manifest.publishing.releases import Stored, StoreError
from aigw.wire import HttpRequest, HttpResponse

_READ: Final = (("cache-control", "no-cache"), ("accept-encoding", "identity"))


class HttpStore:
    """Objects below *url*, each at its key. *headers* are sent with every request, and shown nowhere."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.query or parts.fragment or parts.username or parts.password:
            message = "The store's URL has a user, a query or a fragment; name only the place, and use --header."
            raise StoreError(message)
        if headers:
            check_private(url)
        self._url = url.rstrip("/")
        self._headers = tuple(headers.items())
        self._door = Door(self._url)

    @property
    def label(self) -> str:
        """The URL."""
        return self._door.label

    def get(self, key: str) -> Stored | None:
        """Give what is at *key*, or None. Raises `StoreError`, also where the server names no ETag."""
        response = self._door.send(HttpRequest("GET", self._at(key), (*_READ, *self._headers)))
        if response.status_code == NOT_FOUND:
            return None
        if not response.is_success:
            self._door.refuse("read", key, response)
        return Stored(response.content, self._tag(key, response))

    def put(self, key: str, content: bytes, *, replacing: str | None) -> str:
        """Put *content* at *key* under the condition. Raises `StoreConflictError`, `StoreError`."""
        headers = (
            ("content-type", CONTENT_TYPE),
            ("cache-control", cache_control(key)),
            ("if-none-match", "*") if replacing is None else ("if-match", replacing),
            *self._headers,
        )
        response = self._door.send(HttpRequest("PUT", self._at(key), headers, content))
        if response.status_code == CONFLICT:
            self._door.conflict(key)
        if not response.is_success:
            self._door.refuse("written", key, response)
        return response.headers.get("etag") or ""

    def _at(self, key: str) -> str:
        return f"{self._url}/{quote(key)}"

    def _tag(self, key: str, response: HttpResponse) -> str:
        tag = response.headers.get("etag") or ""
        if not tag or tag.startswith("W/"):
            message = (
                f"{self.label}: it names no strong ETag for {key}, so nobody can tell whether two publishers meet "
                "there; use a server that does."
            )
            raise StoreError(message)
        return tag
