"""Whether processes die of a manifest: a mark on disk while one is new in a process, and who left such marks behind.

A process that puts a document into force holds the lock of a file until it has lived with it for a minute, or ends in
an orderly way. A file whose lock nobody holds was left by a process that died.
"""

import contextlib
import os
import sys
import weakref
from collections import Counter
from functools import cache
from typing import Final

from aigw.manifest.delivery.files import Folder, UntrustedError

SURVIVED_S: Final = 60.0
"""A process that lives this long with a document does not die of it."""

MANY_DEATHS: Final = 3
"""So many processes, and the document before is taken instead."""

_MOST_MARKS: Final = 8
_SHORT: Final = 16
_START: Final = ".start"


class Starts:
    """The marks of one URL in a folder. Never raises: where none can be left, nobody counts."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._mark: _Mark | None = None

    def deaths(self, digest: str) -> int:
        """Give how many processes died within a minute of putting the document with *digest* into force."""
        return len(self._left(f"{self._name}.{digest[:_SHORT]}."))

    def begin(self, digest: str, on: float) -> None:
        """Note that the document with *digest* is about to serve here, *on* the monotonic clock."""
        self.end()
        if _is_short_lived():
            return
        with contextlib.suppress(OSError, UntrustedError):
            self._folder.make()
            if self.deaths(digest) < _MOST_MARKS:
                name = f"{self._name}.{digest[:_SHORT]}.{_token(os.getpid())}{_START}"
                descriptor = self._folder.hold(name, create=True)
                self._mark = None if descriptor is None else _Mark(self._folder, name, descriptor, on)

    def survive(self, on: float) -> None:
        """Note that this process is alive, *on* the monotonic clock: after a minute, nobody is said to die of it.

        What is left of other documents goes too, but for those that are known to kill: this one may stand in for them.
        """
        if self._mark is None or on - self._mark.since < SURVIVED_S:
            return
        lived = _document(self._mark.name)
        self.end()
        left = self._left(f"{self._name}.")
        died = Counter(map(_document, left))
        for name in left:
            if _document(name) == lived or died[_document(name)] < MANY_DEATHS:
                with contextlib.suppress(OSError):
                    self._folder.remove(name)

    def end(self) -> None:
        """Take the mark away."""
        if self._mark is not None:
            self._mark.end()
            self._mark = None

    def after_fork(self) -> None:
        """Leave the parent's mark to the parent."""
        if self._mark is not None:
            self._mark.leave()
            self._mark = None

    def _left(self, beginning: str) -> list[str]:
        found: list[str] = []
        with contextlib.suppress(OSError, UntrustedError):
            self._folder.check()
            for name in self._folder.names(beginning, _START):
                with contextlib.suppress(FileNotFoundError):
                    descriptor = self._folder.hold(name)
                    if descriptor is not None:
                        os.close(descriptor)
                        found.append(name)
        return found


class _Mark:
    """A file whose lock this process holds. It goes with an orderly end of the process, and stays after any other."""

    def __init__(self, folder: Folder, name: str, descriptor: int, since: float) -> None:
        self.since = since
        self.name = name
        self._descriptor = descriptor
        self._ended = weakref.finalize(self, _end, folder, name, descriptor, os.getpid())

    def end(self) -> None:
        self._ended()

    def leave(self) -> None:
        self._ended.detach()
        os.close(self._descriptor)


def _end(folder: Folder, name: str, descriptor: int, pid: int) -> None:
    if os.getpid() == pid and getattr(sys, "last_value", None) is None:  # an uncaught error is no orderly end
        with contextlib.suppress(OSError):
            folder.remove(name)
    with contextlib.suppress(OSError):
        os.close(descriptor)


def _document(mark: str) -> str:
    """Give what the names of all marks of one document begin with."""
    return mark.removesuffix(_START).rpartition(".")[0]


@cache
def _token(_pid: int) -> str:
    """Give this process a name that no other has: in containers, all may have the same number."""
    return os.urandom(4).hex()


def _is_short_lived() -> bool:
    """Whether this is a worker of `multiprocessing`: it ends without a word even when all went well."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None
