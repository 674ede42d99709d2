"""One process of a host asks the network for all of them; the others look at the copy it keeps, once a second.

Who asks holds an advisory lock, which vanishes with its process. It notes each good look in the lock's time stamp, so
the others know how old their knowledge is, and ask the network themselves once it has fallen silent. Nobody believes
anybody: each process judges the copy as it would judge what it fetched, and asks for itself once it has refused it.
"""

import contextlib
import os
import weakref
from typing import Final

from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.files import UntrustedError, let_go
from aigw.manifest.delivery.sources import Fetched

GLANCE_S: Final = 1.0
"""How often those who do not ask the network look at the copy."""

_SILENT: Final = 3
"""After how many intervals without a good look the others ask for themselves."""

_LONGEST_AHEAD_S: Final = 60.0
"""A time stamp further in the future than any promise says nothing: the clock was set back."""


class Shared:
    """The copy of one source that the processes of a host share. Never raises; without a fit folder, all ask."""

    def __init__(self, disk: DiskCopy, interval_s: float) -> None:
        self._disk = disk
        self._silent_s = _SILENT * interval_s
        self._lease: _Lease | None = None
        self._mark: tuple[int, ...] | None = None
        self._seen: tuple[int, ...] | None = None
        self._refused: tuple[int, ...] | None = None

    def is_mine_to_ask(self, now: float) -> bool:
        """Whether this process is to ask the network, *now* in seconds since the epoch."""
        if self._lease is None:
            try:
                descriptor = self._disk.lease()
            except (OSError, UntrustedError):
                return True
            self._lease = None if descriptor is None else _Lease(descriptor)
        return self._lease is not None or self._is_silent(now) or self._disk.mark() in (None, self._refused)

    def glance(self, now: float) -> Fetched:
        """Give the copy, unless it is the one that was `taken` last.

        One that cannot be read, or is not what a process wrote there, is refused: it gives nothing.
        """
        age_s = max(0.0, now - (self._disk.noted() or now))
        mark = self._disk.mark()
        if mark is None or mark == self._seen:
            return Fetched(None, age_s=age_s)
        stored = self._disk.load()
        self._mark = mark
        if stored is None or not stored.is_as_written:
            self.refused()
            return Fetched(None, age_s=age_s)
        return Fetched(stored.content, stored.etag, age_s=age_s)

    def taken(self) -> None:
        """Note that the copy of the last glance is what serves here."""
        self._seen = self._mark

    def refused(self) -> None:
        """Note that the copy of the last glance is not good enough for this process."""
        self._refused = self._mark

    def note(self, now: float, ahead_s: float = 0.0) -> None:
        """Note that this process's look at the network went well, and that the next may take *ahead_s* longer.

        Where the copy could not be written, nothing is noted: the others must not wait for what they will not see.
        """
        if self._lease is not None and self._disk.note is None:
            self._lease.touch(now + ahead_s)

    def release(self) -> None:
        """Let another process ask. In a forked child, this leaves the lock to the parent."""
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.end()

    def _is_silent(self, now: float) -> bool:
        noted = self._disk.noted()
        return noted is None or not -_LONGEST_AHEAD_S <= now - noted <= self._silent_s


class _Lease:
    """The lock, while this process holds it; it ends with whoever has forgotten it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ended = weakref.finalize(self, _end, descriptor, os.getpid())

    def touch(self, at: float) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._descriptor, (at, at))

    def end(self) -> None:
        self._ended()


def _end(descriptor: int, pid: int) -> None:
    if os.getpid() == pid:
        let_go(descriptor)
    else:
        with contextlib.suppress(OSError):
            os.close(descriptor)
