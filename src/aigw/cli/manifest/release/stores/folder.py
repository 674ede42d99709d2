"""Releases in a folder, from which a web server, a volume or a process itself takes them."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Final

from aigw.manifest.publishing.releases import StoreConflictError, Stored, StoreError

try:
    import fcntl
except ImportError:  # Windows has no advisory locks of this kind; there, two publishers at once are not told apart.
    fcntl = None  # type: ignore[assignment]

_LIMIT: Final = 2 * 1024 * 1024
_FOR_ALL: Final = 0o644
_LOCK: Final = ".lock"


class FolderStore:
    """Objects as files below *path*. A file's tag is the digest of its content."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def label(self) -> str:
        """The folder."""
        return str(self._path)

    def get(self, key: str) -> Stored | None:
        """Give the file *key*, or None. Raises `StoreError`."""
        try:
            with (self._path / key).open("rb") as file:
                content = file.read(_LIMIT)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._trouble(key, "read", error) from None
        return Stored(content, _tag(content))

    def put(self, key: str, content: bytes, *, replacing: str | None) -> str:
        """Write the file *key*, whole or not at all. Raises `StoreConflictError`, `StoreError`."""
        target = self._path / key
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _locked(target.parent):
                there = self.get(key)
                if (None if there is None else there.tag) != replacing:
                    message = (
                        f"{self.label}: {key} was written by somebody else meanwhile; look at it, and run it again."
                    )
                    raise StoreConflictError(message)
                _write(target, content)
        except OSError as error:
            raise self._trouble(key, "written", error) from None
        return _tag(content)

    def _trouble(self, key: str, did: str, error: OSError) -> StoreError:
        message = f"{self.label}: {key} cannot be {did}: {error.strerror or type(error).__name__}."
        return StoreError(message)


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, _FOR_ALL)
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(target: Path, content: bytes) -> None:
    """Write *content* beside *target*, onto the disk, and rename it into place."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_FOR_ALL)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
