"""The last good document on disk, so that a process can start while its URL is down.

What lies there is not trusted: owner, mode and links are checked, and the holder compiles it like any other document.
The exact bytes are kept, with a small file beside them for ETag and serial, which counts only while its digest is
that of the bytes.
"""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aigw.manifest.language.document import MAX_BYTES
from aigw.types.json import JsonObject, as_int, as_object, as_text

try:
    import fcntl
except ImportError:  # Windows has no advisory locks of this kind; there, renaming alone keeps a copy whole.
    fcntl = None  # type: ignore[assignment]

_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_META_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class Stored:
    """A document found on disk, and the ETag it was delivered with, if that is known."""

    content: bytes
    digest: str
    etag: str | None
    serial: int | None


class DiskCopy:
    """Keeps the last good document of one URL in a directory. Never raises: what goes wrong is a note."""

    def __init__(self, directory: str | os.PathLike[str], url: str) -> None:
        self._directory = Path(directory)
        name = hashlib.sha256(url.encode()).hexdigest()
        self._path = self._directory / f"{name}.manifest"
        self._meta = self._directory / f"{name}.json"
        self._lock = self._directory / f"{name}.lock"
        self._refused: str | None = None
        self.note: str | None = None

    @property
    def path(self) -> str:
        """Where the document is kept."""
        return str(self._path)

    def load(self) -> Stored | None:
        """Give what is stored, or None. A note says why what is there cannot be used."""
        try:
            if not self._directory.exists():
                return None
            self._check_directory()
            return self._stored()
        except FileNotFoundError:
            return None
        except _UntrustedError as error:
            self.note = f"the copy on disk is ignored: {error}"
        except OSError as error:
            self.note = f"the copy on disk cannot be read: {error.strerror or type(error).__name__}"
        return None

    def refuse(self, digest: str) -> None:
        """Note that the stored document with *digest* does not compile, so that any good one may replace it."""
        self._refused = digest

    def store(self, content: bytes, *, digest: str, serial: int, etag: str | None) -> None:
        """Keep *content*, unless something newer is stored. Whoever reads meanwhile sees the old or the new, whole."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_directory()
            with self._locked():
                stored = self._stored_or_none()
                if stored is not None and stored.digest not in (digest, self._refused) and _is_newer(stored, serial):
                    return
                if stored is None or stored.digest != digest:
                    _replace(self._path, content)
                if stored is None or (stored.digest, stored.etag, stored.serial) != (digest, etag, serial):
                    meta = {"digest": digest, "serial": serial, "etag": etag}
                    _replace(self._meta, json.dumps(meta).encode())
        except _UntrustedError as error:
            self.note = f"no copy is kept on disk: {error}"
        except OSError as error:
            self.note = f"no copy is kept on disk: {error.strerror or type(error).__name__}"
        else:
            self.note = None

    def _check_directory(self) -> None:
        status = self._directory.lstat()
        if not stat.S_ISDIR(status.st_mode):
            message = f"{self._directory} is not a directory"
            raise _UntrustedError(message)
        _check_owner(status, str(self._directory))

    def _stored(self) -> Stored:
        content = _read(self._path, MAX_BYTES)
        digest = hashlib.sha256(content).hexdigest()
        meta = self._read_meta()
        if meta.get("digest") != digest:
            return Stored(content, digest, None, None)
        return Stored(content, digest, as_text(meta.get("etag")), as_int(meta.get("serial")))

    def _stored_or_none(self) -> Stored | None:
        with contextlib.suppress(OSError, _UntrustedError):
            return self._stored()
        return None

    def _read_meta(self) -> JsonObject:
        with contextlib.suppress(OSError, ValueError, RecursionError, _UntrustedError):
            return as_object(json.loads(_read(self._meta, _META_BYTES)))
        return {}

    @contextlib.contextmanager
    def _locked(self) -> Generator[None, None, None]:
        """Keep other processes from storing between our look at what is there and our own writing."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class _UntrustedError(Exception):
    """Somebody else may have written what lies on disk."""


def _is_newer(stored: Stored, serial: int) -> bool:
    return stored.serial is not None and stored.serial >= serial


def _check_owner(status: os.stat_result, name: str) -> None:
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (os.geteuid(), 0):
        message = f"{name} belongs to another user"
        raise _UntrustedError(message)
    if status.st_mode & _OTHERS_MAY_WRITE:
        message = f"others may write to {name}; use a directory of mode 0700"
        raise _UntrustedError(message)


def _read(path: Path, limit: int) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            message = f"{path.name} is not a regular file of at most {limit} bytes"
            raise _UntrustedError(message)
        _check_owner(status, path.name)
        return file.read(limit)


def _replace(path: Path, content: bytes) -> None:
    """Write *content* (mode 0600) beside *path*, onto the disk, and rename it into place."""
    descriptor, temporary = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Make the rename last through a power failure. Some file systems and Windows cannot; the copy is whole anyway."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
