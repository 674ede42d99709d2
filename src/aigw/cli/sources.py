"""Get a manifest for a command that looks at it, without taking it into service: nothing is cached or followed."""

import os
import sys
import time
from typing import Final

from aigw.errors import ManifestUnavailableError
from aigw.manifest.delivery.sources import (
    Fetched,
    FetchRefusedError,
    FileSource,
    StaticSource,
    UrlSource,
    fetch_url,
    read_file,
    source_of,
)
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.default import default_snapshot
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.runtime.fetch import Fetcher
from aigw.secrets import Schemes

STANDARD_INPUT: Final = "-"

_PATIENCE_S: Final = 10.0


def load(named: str | None) -> Snapshot:
    """Compile the manifest *named*: a URL, a path, or `-`; None is `AIGW_MANIFEST`, else the embedded default.

    Raises `ManifestInvalidError` with all its problems, `ManifestUnavailableError` if it cannot be had.
    """
    if named == STANDARD_INPUT:
        return compile_manifest(sys.stdin.buffer.read(), source="standard input", kinds=kinds(), schemes=Schemes())
    named = os.environ.get("AIGW_MANIFEST") or None if named is None else named
    if named is None:
        return default_snapshot(os.environ, kinds())
    source = source_of(named)
    if isinstance(source, StaticSource):
        return compile_manifest(source.content, source=source.label, kinds=kinds(), schemes=Schemes())
    return compile_manifest(_content(source), source=source.label, kinds=kinds(), schemes=Schemes())


def _content(source: FileSource | UrlSource) -> bytes:
    try:
        fetched = read_file(source, now=None) if isinstance(source, FileSource) else _fetched(source)
    except FetchRefusedError as error:
        message = f"The manifest {source.label} cannot be had: {error}."
        raise ManifestUnavailableError(message) from error
    return fetched.content or b""


def _fetched(source: UrlSource) -> Fetched:
    fetcher = Fetcher()
    try:
        return fetch_url(source, fetcher, etag=None, timeout_s=_PATIENCE_S, now=time.time())
    finally:
        fetcher.close()
