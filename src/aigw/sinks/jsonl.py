"""Records as JSON lines in a file, one object a line, safe for several threads and processes."""

import json
import os
from pathlib import Path

from aigw.latch import Latch
from aigw.record import Record


class JsonLinesSink:
    """Appends each record to a file in one write, so lines of several processes never mix.

    The file is created readable for its owner only. Rotation by rename is noticed at the next record.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = Latch()
        self._file: int | None = None

    def write(self, record: Record) -> None:
        """Append *record*. Raises `OSError` when the file cannot be written."""
        line = json.dumps(record.as_dict(), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        with self._lock:
            os.write(self._open(), line)

    def after_fork(self) -> None:
        """Give up, in a forked child, a lock that a thread of the parent may have held. The file may be shared."""
        self._lock = Latch()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._shut()

    def _open(self) -> int:
        if self._file is not None and self._moved(self._file):
            self._shut()
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self._file

    def _moved(self, file: int) -> bool:
        try:
            return os.fstat(file).st_ino != self._path.stat().st_ino
        except FileNotFoundError:
            return True

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
