"""A sink that keeps what it is given, for tests to look at."""

import threading

from aigw.record import Record


class RecordCapture:
    """An `aigw.protocols.Sink` that keeps every record in memory. Thread-safe; still readable once closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self.closed = False

    def write(self, record: Record) -> None:
        """Keep *record*."""
        with self._lock:
            self._records.append(record)

    def close(self) -> None:
        """Note that the gateway has let go of this sink."""
        self.closed = True

    def clear(self) -> None:
        """Forget the records so far."""
        with self._lock:
            self._records.clear()

    @property
    def records(self) -> list[Record]:
        """The records so far, oldest first."""
        with self._lock:
            return list(self._records)

    @property
    def last(self) -> Record:
        """The newest record. Raises `LookupError` if there is none."""
        with self._lock:
            if not self._records:
                message = "no call has ended yet, so there is no record"
                raise LookupError(message)
            return self._records[-1]
