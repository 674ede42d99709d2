"""Get a manifest for a command that looks at it, without taking it into service: nothing is cached or followed."""

import os
import sys
import time
from pathlib import Path
from typing import Final

from aigw.errors import ConfigurationError, ManifestUnavailableError
from aigw.manifest.delivery.intake import Content
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
from aigw.manifest.signing.envelope import Envelope, is_envelope, read_envelope
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.runtime.fetch import Fetcher
from aigw.secrets import Schemes

STANDARD_INPUT: Final = "-"

_PATIENCE_S: Final = 10.0


def load(named: str | None) -> Snapshot:
    """Compile the manifest *named*: a URL, a path, or `-`; None is `AIGW_MANIFEST`, else the embedded default.

    Of an envelope, the manifest in it is compiled, and no signature is judged. Raises `ManifestInvalidError` with all
    its problems, `ManifestUntrustedError` for an envelope that is none, `ManifestUnavailableError`.
    """
    found = looked_at(named)
    return default_snapshot(os.environ, kinds()) if found is None else found[0]


def looked_at(named: str | None) -> tuple[Snapshot, Envelope | None] | None:
    """Compile as `load` does, and give the envelope beside, if there is one; None where there is no manifest."""
    named = os.environ.get("AIGW_MANIFEST") or None if named is None else named
    if named is None:
        return None
    if named == STANDARD_INPUT:
        return _opened(*_standard_input())
    source = source_of(named)
    return _opened(source.content if isinstance(source, StaticSource) else _content_of(source), source.label)


def compiled(content: Content, source: str, previous: Snapshot | None = None, reader: str | None = None) -> Snapshot:
    """Compile *content* as a gateway does that serves *previous* and is of version *reader*, else of this one.

    Raises `ManifestInvalidError` with all its problems.
    """
    return compile_manifest(content, source=source, kinds=kinds(), schemes=Schemes(), previous=previous, reader=reader)


def read_source(named: str) -> tuple[bytes, str, bool]:
    """Give the bytes of the file or URL *named*, or of standard input; its label; and whether it came from afar.

    Raises `ManifestUnavailableError`, `ConfigurationError`.
    """
    if named == STANDARD_INPUT:
        return *_standard_input(), False
    source = source_of(named if "://" in named else Path(named))
    if isinstance(source, StaticSource):
        message = f"{named[:60]!r} is neither a file nor a URL. Name one, or `-` for standard input."
        raise ConfigurationError(message)
    return _content_of(source), source.label, isinstance(source, UrlSource)


def beginning(path: str) -> str:
    """Say how a manifest that people write is begun, if *path* names one that is not there; else nothing."""
    is_written = path.endswith((".yaml", ".yml")) and not path.endswith((".tests.yaml", ".tests.yml"))
    return " `aigw manifest init` writes one to begin with." if is_written and not Path(path).exists() else ""


def _standard_input() -> tuple[bytes, str]:
    return sys.stdin.buffer.read(), "standard input"


def _opened(content: Content, label: str) -> tuple[Snapshot, Envelope | None]:
    envelope = read_envelope(content) if isinstance(content, bytes) and is_envelope(content) else None
    return compiled(content if envelope is None else envelope.payload, label), envelope


def _content_of(source: FileSource | UrlSource) -> bytes:
    try:
        fetched = read_file(source, now=None) if isinstance(source, FileSource) else _fetched(source)
    except FetchRefusedError as error:
        advice = beginning(source.path) if isinstance(source, FileSource) else ""
        message = f"The manifest {source.label} cannot be had: {error}.{advice}"
        raise ManifestUnavailableError(message) from error
    return fetched.content or b""


def _fetched(source: UrlSource) -> Fetched:
    fetcher = Fetcher()
    try:
        return fetch_url(source, fetcher, etag=None, timeout_s=_PATIENCE_S, now=time.time())
    finally:
        fetcher.close()
