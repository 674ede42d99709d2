"""Releases in a folder, from which a web server, a volume or a process itself takes them."""

import hashlib
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from aigw.manifest.delivery.files import Folder, write_whole
from aigw.manifest.publishing.releases import StoreConflictError, Stored, StoreError

_LIMIT: Final = 2 * 1024 * 1024
_FOR_ALL: Final = 0o644
_LOCK: Final = ".lock"
_HALF_WRITTEN: Final = re.compile(r"\.(?:current\.json|\d+\.serial|\d+-[0-9a-f]+\.json)\.[^.]+\.tmp")
_STALE_S: Final = 3600.0


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
            with Folder(target.parent).locked(_LOCK):
                there = self.get(key)
                if (None if there is None else there.tag) != replacing:
                    message = (
                        f"{self.label}: {key} was written by somebody else meanwhile; look at it, and run it again."
                    )
                    raise StoreConflictError(message)
                _tidy(target.parent)
                write_whole(target, content, mode=_FOR_ALL)
        except OSError as error:
            raise self._trouble(key, "written", error) from None
        return _tag(content)

    def _trouble(self, key: str, did: str, error: OSError) -> StoreError:
        message = f"{self.label}: {key} cannot be {did}: {error.strerror or type(error).__name__}."
        return StoreError(message)


def _tidy(folder: Path) -> None:
    """Take away what publishers that were killed left half written in *folder*."""
    stale = time.time() - _STALE_S
    for path in folder.iterdir():
        if _HALF_WRITTEN.fullmatch(path.name):
            with suppress(OSError):  # another user's
                if path.lstat().st_mtime < stale:
                    path.unlink()


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
