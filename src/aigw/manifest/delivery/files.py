"""Small files in a folder of our own: written whole or not at all, read only if nobody else may have written them."""

import contextlib
import errno
import os
import stat
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows has no advisory locks of this kind; there, renaming alone keeps a copy whole.
    fcntl = None  # type: ignore[assignment]

_TRIES: Final = 40
_BETWEEN_TRIES_S: Final = 0.05
_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class UntrustedError(Exception):
    """Somebody else may have written what lies on disk."""


class Folder:
    """A folder for its owner only. All methods raise `OSError`, and `UntrustedError` where others may write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_there(self) -> bool:
        """Whether there is such a folder, and it is fit to be used."""
        if not self.path.exists():
            return False
        self.check()
        return True

    def make(self) -> None:
        """Make the folder, unless it is there."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.check()

    def check(self) -> None:
        """Refuse a folder that is a link, another user's, or open to others' writing."""
        status = self.path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            message = f"{self.path} is not a directory"
            raise UntrustedError(message)
        _check_owner(status, str(self.path))

    def read(self, name: str, limit: int) -> bytes:
        """Give the content of the file *name*, *limit* bytes at most."""
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_LINKS
        with os.fdopen(os.open(self.path / name, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                message = f"{name} is not a regular file of at most {limit} bytes"
                raise UntrustedError(message)
            _check_owner(status, name)
            return file.read(limit)

    def write(self, name: str, content: bytes) -> None:
        """Write *content* to the file *name*, whole or not at all, for its owner only."""
        write_whole(self.path / name, content, mode=0o600)

    def remove(self, name: str) -> None:
        """Remove the file *name*, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def names(self, beginning: str, end: str) -> list[str]:
        """Give the names of files by their *beginning* and *end*; patterns would pile up in caches, one a document."""
        return [
            each.name for each in self.path.iterdir() if each.name.startswith(beginning) and each.name.endswith(end)
        ]

    @contextlib.contextmanager
    def locked(self, name: str) -> Generator[None]:
        """Hold the lock *name*, waiting for it a little: who has it may have been stopped in the middle of its work."""
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
        try:
            _take(descriptor)
            yield
        finally:
            let_go(descriptor)

    def hold(self, name: str, *, create: bool = False) -> int | None:
        """Take the lock *name* without waiting: give its descriptor, or None if somebody has it.

        Raises `OSError` where there are no such locks.
        """
        if fcntl is None:
            message = "there are no locks of this kind"
            raise OSError(message)
        descriptor = os.open(self.path / name, os.O_RDWR | (os.O_CREAT if create else 0) | _NO_LINKS, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return None
            raise
        return descriptor


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write *content* beside the file *path*, onto the disk, and rename it into place. Raises `OSError`."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def let_go(descriptor: int) -> None:
    """Let go of a lock and close its *descriptor*. Never raises.

    Closing alone would leave the lock to a child that was forked meanwhile and has a copy of the descriptor.
    """
    with contextlib.suppress(OSError):
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    with contextlib.suppress(OSError):
        os.close(descriptor)


def _take(descriptor: int) -> None:
    if fcntl is None:
        return
    pause = threading.Event()
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        pause.wait(_BETWEEN_TRIES_S)
    raise BlockingIOError(errno.EWOULDBLOCK, "another process holds its lock, and does not let go of it")


def _sync(folder: Path) -> None:
    """Make a rename last through a power failure. Some file systems and Windows cannot; files are whole anyway."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_owner(status: os.stat_result, name: str) -> None:
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (os.geteuid(), 0):
        message = f"{name} belongs to another user"
        raise UntrustedError(message)
    if status.st_mode & _OTHERS_MAY_WRITE:
        message = f"others may write to {name}; use a directory of mode 0700"
        raise UntrustedError(message)
