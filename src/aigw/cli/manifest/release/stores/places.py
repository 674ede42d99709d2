"""Tell which store a place names: a path, `file://`, `https://`, `s3://bucket/prefix` or `gs://bucket/prefix`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aigw.cli.manifest.release.secret import secret_of
from aigw.manifest.publishing.releases import Store, StoreError
from aigw.types.headers import is_name, is_value


def store_of(place: str, *, endpoint: str | None = None, headers: Sequence[str] = ()) -> Store:
    """Give the store at *place*. *headers* are `name=env:NAME` or `name=file:PATH`, for servers that take PUT.

    *endpoint* is where a bucket is, if not at AWS or Google. Raises `StoreError`, `SecretError`.
    """
    scheme = place.partition("://")[0].lower() if "://" in place else ""
    _check_url(place)
    _check_url(endpoint or "")
    sent = _headers(headers)
    if scheme in ("http", "https"):
        from aigw.cli.manifest.release.stores.http_put import HttpStore  # noqa: PLC0415 - one store is enough

        return HttpStore(place, sent)
    if sent:
        message = "--header is for stores at http:// and https:// URLs; buckets take the credentials of their clouds."
        raise StoreError(message)
    if scheme in ("", "file"):
        from aigw.cli.manifest.release.stores.folder import FolderStore  # noqa: PLC0415 - one store is enough

        return FolderStore(Path(unquote(urlsplit(place).path) if scheme else place).expanduser())
    return _bucket(scheme, place, endpoint)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        whole = not parts.scheme.startswith("http") or (bool(parts.hostname) and parts.port != 0)
    except ValueError:
        whole = False
    if not whole:
        message = "The URL of a store has no host, or a port that is none."
        raise StoreError(message)


def _bucket(scheme: str, place: str, endpoint: str | None) -> Store:
    parts = urlsplit(place)
    prefix = parts.path.strip("/")
    if scheme not in ("s3", "gs") or not parts.netloc:
        message = f"{scheme}:// is no store: name a folder, or a https://, s3://bucket/… or gs://bucket/… URL."
        raise StoreError(message)
    if scheme == "s3":
        from aigw.cli.manifest.release.stores.s3 import S3Store  # noqa: PLC0415 - one store is enough

        return S3Store(parts.netloc, prefix, endpoint)
    from aigw.cli.manifest.release.stores.gcs import GcsStore  # noqa: PLC0415 - one store is enough

    return GcsStore(parts.netloc, prefix, endpoint)


def _headers(written: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in written:
        name, equals, reference = one.partition("=")
        if not equals or not is_name(name):
            message = "A --header is name=env:NAME or name=file:PATH; its value is never written there itself."
            raise StoreError(message)
        value = secret_of(reference, f"--header {name}").strip()
        if not is_value(value):
            message = f"The value for --header {name} has characters that a header cannot carry."
            raise StoreError(message)
        found[name] = value
    return found
