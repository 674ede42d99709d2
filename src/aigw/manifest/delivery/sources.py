"""Where a manifest comes from: a URL, a file, or the caller's own hands."""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Final, Protocol, TypeAlias
from urllib.parse import unquote, urlsplit

from aigw.errors import ConfigurationError
from aigw.manifest.language.document import MAX_BYTES
from aigw.waits import retry_after
from aigw.wire import Headers, HttpResponse

Fetch: TypeAlias = Callable[[str, Mapping[str, str], float], HttpResponse]
"""Gets (url, headers, total seconds). Follows redirects on the same host only; raises `APIConnectionError`."""

_NORMAL: Final = frozenset({408, 429})
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_SETTLES_S: Final = 0.5
_LONGEST_ETAG: Final = 1024
"""A longer one is not kept, with the document or on disk: the source is then asked without any."""


@dataclass(frozen=True, slots=True)
class StaticSource:
    """A manifest given in place: a mapping, or the document itself."""

    content: str | Mapping[str, object] = field(repr=False)
    label: str = "manifest"


@dataclass(frozen=True, slots=True)
class FileSource:
    """A manifest in a file, opened anew by its own name at each look, so that a swapped symlink is followed."""

    path: str

    @property
    def label(self) -> str:
        """How messages name it."""
        return self.path


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A manifest at an http or https URL."""

    url: str = field(repr=False)

    @property
    def label(self) -> str:
        """How messages name it: without user, password and query, which may be credentials."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can change what is fetched: TLS, or this machine."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


Source: TypeAlias = StaticSource | FileSource | UrlSource


def source_of(value: "str | PathLike[str] | Mapping[str, object]") -> Source:
    """Tell what *value* is: a URL, a path, a mapping, or the text of a manifest.

    A string with a line break or `: ` in it, or one that begins with `{`, is text. Raises `ConfigurationError`.
    """
    if isinstance(value, Mapping):
        return StaticSource(value)
    if isinstance(value, PathLike):
        return FileSource(os.fspath(value))
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        message = f"the manifest is a {type(value).__name__}; give a URL, a path, a mapping or the text of a manifest"
        raise ConfigurationError(message)
    if not value.strip():
        message = "the manifest is an empty string; give a URL, a path, a mapping or the text of a manifest"
        raise ConfigurationError(message)
    if "\n" in value or value.lstrip().startswith("{") or ": " in value:
        return StaticSource(value)
    scheme = value.partition("://")[0].lower()
    if "://" not in value or scheme == "file":
        path = value if scheme != "file" else unquote(urlsplit(value).path)
        return FileSource(os.path.expanduser(path))  # noqa: PTH111 - the path is kept as it was written, a string
    if scheme not in ("http", "https") or not _host(value):
        message = "the manifest's URL must begin with https://, http:// or file:// and name a host"
        raise ConfigurationError(message)
    return UrlSource(value)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a look at a source gave. `content` None: nothing has changed. `fresh_s` is how long it stays so, if told.

    `waits`: the server can hold an answer back until there is something new. `age_s`: how long ago this was found out.
    """

    content: bytes | None
    etag: str | None = None
    fresh_s: float | None = None
    waits: bool = False
    age_s: float = 0.0


class Waiter(Protocol):
    """A fetch that may take long, and that another thread can end."""

    def __call__(self, url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
        """Fetch, as `Fetch` does."""
        ...

    def interrupt(self) -> None:
        """End the fetch under way, or else the next, with `APIConnectionError`."""
        ...


class FetchRefusedError(Exception):
    """A source gave no document. `patient` is for refusals that somebody has to repair; `retry_s` is what it asked."""

    def __init__(self, what: str, *, patient: bool = False, retry_s: float | None = None) -> None:
        super().__init__(what)
        self.patient = patient
        self.retry_s = retry_s


class NotSettledError(Exception):
    """A file is being written; it is worth another look in `retry_s` seconds."""

    retry_s = _SETTLES_S


def fetch_url(  # noqa: PLR0913 - what a conditional request is made of, all by name
    source: UrlSource, fetch: Fetch, *, etag: str | None, timeout_s: float, now: float, wait_s: int = 0
) -> Fetched:
    """Get *source* unless it is still what *etag* names. *now* is in seconds since the epoch.

    A server that can is asked to answer only once there is something new, or *wait_s* have passed (RFC 7240); with 0 it
    is asked whether it could. Raises `FetchRefusedError` for every status but 200 and 304, and what *fetch* raises.
    """
    accepted = "application/yaml, application/json, text/plain;q=0.9, */*;q=0.5"
    headers = {"Accept": accepted, "Prefer": f"wait={wait_s}"}
    if etag is not None:
        headers["If-None-Match"] = etag
    response = fetch(source.url, headers, timeout_s + wait_s)
    fresh_s = _max_age(response.headers)
    waits = _waits(response.headers)
    if response.status_code == _NOT_MODIFIED and etag is not None:
        return Fetched(None, etag, fresh_s, waits)
    if response.status_code != _OK:
        patient = response.status_code < 500 and response.status_code not in _NORMAL  # noqa: PLR2004 - server errors
        what = f"HTTP status {response.status_code}"
        raise FetchRefusedError(what, patient=patient, retry_s=retry_after(response.headers, now=now))
    if response.truncated or len(response.content) > MAX_BYTES:
        message = f"the answer is larger than {MAX_BYTES // 1024} KiB"
        raise FetchRefusedError(message, patient=True)
    tag = response.headers.get("etag")
    return Fetched(response.content, None if tag is None or len(tag) > _LONGEST_ETAG else tag, fresh_s, waits)


def read_file(source: FileSource, *, now: float | None) -> Fetched:
    """Read the whole file, by its own name at each call. *now* is in seconds since the epoch.

    It is read at every look rather than when its times change: they need not (a swap within a clock tick). A file
    changed less than half a second before *now*, or while it is read, may be half written: raises `NotSettledError`,
    which None for *now* leaves out. Raises `FetchRefusedError`.
    """
    try:
        # Opening a named pipe would wait for a writer, hence non-blocking.
        descriptor = os.open(source.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as file:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                message = "it is not a regular file"
                raise FetchRefusedError(message)
            content = file.read(MAX_BYTES + 1)
            after = os.fstat(descriptor)
    except OSError as error:
        message = f"it cannot be read: {error.strerror or type(error).__name__}"
        raise FetchRefusedError(message) from None
    if now is not None and (
        (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)
        or 0 <= now - after.st_mtime < _SETTLES_S
    ):
        raise NotSettledError
    return Fetched(content)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _waits(headers: Headers) -> bool:
    applied = headers.get("preference-applied", "").lower().split(",")
    return any(preference.strip().partition("=")[0].strip() == "wait" for preference in applied)


def _max_age(headers: Headers) -> float | None:
    for directive in headers.get("cache-control", "").split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() == "max-age" and value.strip('"').isdecimal():
            return float(value.strip('"')[:9])
    return None
