"""One process of a host asks the network for all of them; the others look at the copy it keeps, once a second.

Who asks holds an advisory lock, which vanishes with its process. It notes each good look in the lock's time stamp, so
the others know how old their knowledge is, and ask the network themselves once it has fallen silent. Nobody believes
anybody: each process judges the copy as it would judge what it fetched.
"""

import contextlib
import os
from typing import Final

from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.files import UntrustedError
from aigw.manifest.delivery.sources import Fetched

GLANCE_S: Final = 1.0
"""How often those who do not ask the network look at the copy."""

_SILENT: Final = 3
"""After how many intervals without a good look the others ask for themselves."""


class Shared:
    """The copy of one source that the processes of a host share. Never raises; without a fit folder, all ask."""

    def __init__(self, disk: DiskCopy, interval_s: float) -> None:
        self._disk = disk
        self._silent_s = _SILENT * interval_s
        self._lease: int | None = None
        self._seen: tuple[int, ...] | None = None

    def is_mine_to_ask(self, now: float) -> bool:
        """Whether this process is to ask the network, *now* in seconds since the epoch."""
        if self._lease is None:
            try:
                self._lease = self._disk.lease()
            except (OSError, UntrustedError):
                return True
        noted = None if self._lease is not None else self._disk.noted()
        return noted is None or not 0 <= now - noted <= self._silent_s

    def glance(self) -> Fetched:
        """Give the copy, if it is another one than at the last glance. A file that cannot be read is no change."""
        mark = self._disk.mark()
        if mark is None or mark == self._seen:
            return Fetched(None)
        stored = self._disk.load()
        self._seen = mark
        return Fetched(None) if stored is None else Fetched(stored.content, stored.etag)

    def note(self, now: float) -> None:
        """Note that this process's look at the network went well."""
        if self._lease is not None:
            with contextlib.suppress(OSError):
                os.utime(self._lease, (now, now))

    def release(self) -> None:
        """Let another process ask. In a forked child, this leaves the lock to the parent."""
        lease, self._lease = self._lease, None
        if lease is not None:
            with contextlib.suppress(OSError):
                os.close(lease)
