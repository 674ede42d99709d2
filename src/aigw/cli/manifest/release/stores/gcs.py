"""Releases in a bucket of Google Cloud Storage, by its XML API.

Sources: https://cloud.google.com/storage/docs/xml-api/put-object-upload,
https://cloud.google.com/storage/docs/request-preconditions and
https://cloud.google.com/storage/docs/xml-api/reference-headers.
"""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from aigw.cli.manifest.release.stores.door import (
    CONFLICTS,
    CONTENT_TYPE,
    NOT_FOUND,
    Door,
    as_store_error,
    cache_control,
    check_private,
)
from aigw.credentials.google import GoogleSource
from aigw.errors import AigwError
from aigw.manifest.publishing.releases import Stored
from aigw.manifest.snapshot import Provider
from aigw.types.kind import Kind
from aigw.wire import HttpRequest, HttpResponse

_ORIGIN: Final = "https://storage.googleapis.com"
_KIND: Final = Kind(name="gcs", dialect="gcs", title="Google Cloud Storage")
_NOBODY_YET: Final = "0"
_SAFE: Final = "/-_.~"


class GcsStore:
    """Objects in *bucket* below *prefix*. An object's tag is its generation.

    At an emulator, named by STORAGE_EMULATOR_HOST as for Google's own clients, nobody asks who writes.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str | None, environ: Mapping[str, str] = os.environ) -> None:
        self._place = "/".join(filter(None, (bucket, prefix)))
        emulator = environ.get("STORAGE_EMULATOR_HOST")
        self._is_open = endpoint is None and bool(emulator)
        origin = endpoint or (_with_scheme(emulator) if emulator else _ORIGIN)
        if not self._is_open:
            check_private(origin)
        self._origin = origin.rstrip("/")
        self._door = Door(f"gs://{self._place}")
        self._source = GoogleSource(environ)

    @property
    def label(self) -> str:
        """The bucket."""
        return self._door.label

    def get(self, key: str) -> Stored | None:
        """Give the object *key*, or None. Raises `StoreError`."""
        response = self._send("GET", key)
        if response.status_code == NOT_FOUND and b"NoSuchBucket" not in response.content:
            return None
        if not response.is_success:
            self._door.refuse("read", key, response)
        return Stored(response.content, response.headers.get("x-goog-generation") or "")

    def put(self, key: str, content: bytes, *, replacing: str | None) -> str:
        """Write the object *key* under the condition. Raises `StoreConflictError`, `StoreError`."""
        response = self._send(
            "PUT",
            key,
            content,
            ("content-type", CONTENT_TYPE),
            ("cache-control", cache_control(key)),
            ("x-goog-if-generation-match", replacing or _NOBODY_YET),
        )
        if response.status_code in CONFLICTS:
            self._door.conflict(key)
        if not response.is_success:
            self._door.refuse("written", key, response)
        return response.headers.get("x-goog-generation") or ""

    def _send(self, method: str, key: str, body: bytes = b"", *headers: tuple[str, str]) -> HttpResponse:
        url = f"{self._origin}/{quote(f'{self._place}/{key}', safe=_SAFE)}"
        return self._door.send(HttpRequest(method, url, (*headers, *self._proof()), body))

    def _proof(self) -> tuple[tuple[str, str], ...]:
        if self._is_open:
            return ()
        provider = Provider("gcs", _KIND, self._origin)
        try:
            token = self._door.wait(self._source.obtain("default", provider, self._door.runtime, self._door.deadline()))
        except AigwError as error:
            raise as_store_error(self.label, error) from error
        return (("authorization", f"Bearer {token.value}"),)


def _with_scheme(host: str) -> str:
    return host if "://" in host else f"http://{host}"
