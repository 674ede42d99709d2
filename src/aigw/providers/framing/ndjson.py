"""JSON values on lines of their own, parsed as their bytes arrive.

Source: https://github.com/ndjson/ndjson-spec. Lines end with LF; a CR before it is white space of JSON. Any split of
the bytes, inside a character too, gives the same lines.
"""

from typing import Final

from aigw.errors import UnreadableAnswerError
from aigw.providers.framing.sse import LIMIT

_BOM: Final = b"\xef\xbb\xbf"


class NdjsonParser:
    """Reads one stream, and gives its lines without blank ones."""

    __slots__ = ("_limit", "_pending", "_provider", "_size", "_started")

    def __init__(self, provider: str, limit: int = LIMIT) -> None:
        self._provider = provider
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0
        self._started = False

    def feed(self, data: bytes) -> list[bytes]:
        """Give the lines that *data* completes. Raises `UnreadableAnswerError` for an endless one."""
        end = data.rfind(b"\n") + 1
        if end == 0:
            self._hold(data)
            return []
        complete = b"".join((*self._pending, data[:end]))
        self._pending, self._size = [], 0
        self._hold(data[end:])
        return self._lines(complete)

    def end(self) -> list[bytes]:
        """Give the last line, where it came without its line feed."""
        rest, self._pending, self._size = b"".join(self._pending), [], 0
        return self._lines(rest)

    def _lines(self, data: bytes) -> list[bytes]:
        if not self._started:
            data = data.removeprefix(_BOM)
            self._started = True
        return [line for line in data.split(b"\n") if line.strip()]

    def _hold(self, data: bytes) -> None:
        if not data:
            return
        self._pending.append(data)
        self._size += len(data)
        if self._size > self._limit:
            message = (
                f"{self._provider} sent a line of more than {self._limit} bytes in its stream. "
                "Check that base_url leads to a model endpoint."
            )
            raise UnreadableAnswerError(message, provider=self._provider)
