"""Releases in a bucket of S3 or of what speaks like it: MinIO, R2, Ceph.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from aigw.cli.manifest.release.stores.door import (
    CONFLICTS,
    CONTENT_TYPE,
    FORBIDDEN,
    NOT_FOUND,
    Door,
    as_store_error,
    cache_control,
    check_private,
)
from aigw.credentials.aws import DEFAULT, AwsSource
from aigw.errors import AigwError
from aigw.manifest.publishing.releases import Stored, StoreError
from aigw.manifest.snapshot import Provider
from aigw.policies.sigv4 import signed
from aigw.types.credential import AwsKeys
from aigw.types.kind import Kind
from aigw.wire import HttpRequest, HttpResponse

_REGION: Final = "us-east-1"
_KIND: Final = Kind(name="s3", dialect="s3", title="S3")
_SAFE: Final = "/-_.~"
_MOVED: Final = frozenset({301, 307, 400})


class S3Store:
    """Objects in *bucket* below *prefix*. *endpoint* is None for AWS's own."""

    def __init__(self, bucket: str, prefix: str, endpoint: str | None, environ: Mapping[str, str] = os.environ) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._endpoint = endpoint or environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None
        if self._endpoint is not None:
            check_private(self._endpoint)
        self._door = Door(f"s3://{bucket}" + (f"/{prefix}" if prefix else ""))
        self._source = AwsSource(environ)
        self._region: str | None = None

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
            absent = "or it is absent, and only those who may list the bucket are told so (s3:ListBucket)"
            advice = f"these credentials may not, {absent}" if response.status_code in FORBIDDEN else ""
            self._door.refuse("read", key, response, advice)
        return Stored(response.content, response.headers.get("etag") or "")

    def put(self, key: str, content: bytes, *, replacing: str | None) -> str:
        """Write the object *key* under the condition. Raises `StoreConflictError`, `StoreError`."""
        response = self._send(
            "PUT",
            key,
            content,
            ("content-type", CONTENT_TYPE),
            ("cache-control", cache_control(key)),
            ("if-none-match", "*") if replacing is None else ("if-match", replacing),
        )
        gone = response.status_code == NOT_FOUND and b"NoSuchKey" in response.content
        if response.status_code in CONFLICTS or gone:
            self._door.conflict(key)
        if not response.is_success:
            self._door.refuse("written", key, response)
        return response.headers.get("etag") or ""

    def _send(self, method: str, key: str, body: bytes = b"", *headers: tuple[str, str]) -> HttpResponse:
        keys = self._keys()
        region = self._region or keys.region or _REGION
        response = self._door.send(self._signed(method, key, body, headers, keys, region))
        lives_in = response.headers.get("x-amz-bucket-region")
        if response.status_code in _MOVED and lives_in not in {None, region}:
            self._region = lives_in
            response = self._door.send(self._signed(method, key, body, headers, keys, lives_in or region))
        return response

    def _signed(  # noqa: PLR0913, PLR0917 - what a request is made of
        self, method: str, key: str, body: bytes, headers: tuple[tuple[str, str], ...], keys: AwsKeys, region: str
    ) -> HttpRequest:
        url = f"{self._origin(region)}/{quote('/'.join(filter(None, (self._prefix, key))), safe=_SAFE)}"
        digest = ("x-amz-content-sha256", sha256(body).hexdigest())
        request = HttpRequest(method, url, (*headers, digest), body)
        return signed(request, keys, region, "s3", self._door.runtime.time())

    def _origin(self, region: str) -> str:
        """Give where the bucket is: at its own host, unless its name cannot be one under AWS's certificate."""
        if self._endpoint is not None:
            return f"{self._endpoint.rstrip('/')}/{self._bucket}"
        if "." in self._bucket:
            return f"https://s3.{region}.amazonaws.com/{self._bucket}"
        return f"https://{self._bucket}.s3.{region}.amazonaws.com"

    def _keys(self) -> AwsKeys:
        provider = Provider("s3", _KIND, self._endpoint or "https://s3.amazonaws.com")
        try:
            obtained = self._door.wait(
                self._source.obtain(DEFAULT, provider, self._door.runtime, self._door.deadline())
            )
        except AigwError as error:
            raise as_store_error(self.label, error) from error
        if not isinstance(obtained, AwsKeys):
            message = f"{self.label}: a key pair of AWS is needed."
            raise StoreError(message)
        return obtained
