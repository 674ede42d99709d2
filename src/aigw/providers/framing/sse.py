"""Server-sent events, parsed as their bytes arrive.

Source: WHATWG HTML, section 9.2 (https://html.spec.whatwg.org/multipage/server-sent-events.html). Lines end with CR, LF
or CRLF and with nothing else, so text that holds U+2028 or a form feed stays whole. Any split of the bytes, inside a
character or inside a CRLF, gives the same events.
"""

import json
from typing import Final, TypeAlias

from aigw.errors import UnreadableAnswerError

SseEvent: TypeAlias = tuple[str, str]
"""An event's name (empty where the stream gives none) and its data."""

LIMIT: Final = 16 * 1024 * 1024
"""How many bytes one event may have."""

_KEPT_HEAD: Final = 64 * 1024


class SseParser:
    """Reads one stream. `foreign` is the beginning of what is no event stream at all: another answer, a bare error.

    Events with empty data are dropped, as are `id` and `retry`: nothing here reconnects.
    """

    __slots__ = ("_after_cr", "_limit", "_pending", "_provider", "_size", "_started", "broken", "foreign", "seen")

    def __init__(self, provider: str, limit: int = LIMIT) -> None:
        self._provider = provider
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._started = False
        self.seen = False
        self.foreign = ""
        self.broken: UnreadableAnswerError | None = None

    def feed(self, data: bytes) -> list[SseEvent]:
        """Give the events that *data* completes.

        Raises `UnreadableAnswerError` for bad UTF-8 or an endless event; where good events come before bad UTF-8 in
        *data*, they are given, and the error is left in `broken`.
        """
        if not self._pending and not self._after_cr:
            alone = _alone(data)
            if alone is not None:
                self._started = self.seen = True
                return [alone]
        if self._after_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        if not data:
            return []
        pending = self._pending
        end = data.rfind(b"\n\n") + 2
        if end == 1:
            if not (pending and data[0] == 10 and pending[-1][-1] == 10):  # noqa: PLR2004 - a line feed
                self._hold(data)
                return []
            end = 1
        complete = data[:end] if not pending else b"".join((*pending, data[:end]))
        self._pending, self._size = [], 0
        if end < len(data):
            self._hold(data[end:])
        return self._events(self._decoded(complete))

    def end(self) -> list[SseEvent]:
        """Give the last event where a provider closes without the blank line, provided that it is whole.

        The standard discards it; several providers rely on the contrary. Whole means JSON, or the `[DONE]` marker.
        """
        rest, self._pending, self._size = b"".join(self._pending), [], 0
        try:
            text = rest.decode()
        except UnicodeDecodeError:
            return []
        return [event for event in self._events(text) if _is_whole(event[1])]

    def _with_line_feeds(self, data: bytes) -> bytes:
        """Turn CRLF and CR into LF; a CR at the end of one read may be half of a CRLF."""
        if self._after_cr and data[:1] == b"\n":
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data[-1:] == b"\r"
        data = data.replace(b"\r\n", b"\n")
        return data.replace(b"\r", b"\n") if b"\r" in data else data

    def _hold(self, data: bytes) -> None:
        self._pending.append(data)
        self._size += len(data)
        if self._size > self._limit:
            message = (
                f"{self._provider} sent an event of more than {self._limit} bytes in its stream. "
                "Check that base_url leads to a model endpoint."
            )
            raise UnreadableAnswerError(message, provider=self._provider)

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            message = (
                f"{self._provider} sent a stream that is not UTF-8 (byte {error.start} of an event). "
                "Check what stands between aigw and the provider."
            )
            self.broken = UnreadableAnswerError(message, provider=self._provider)
            good = data[: data.rfind(b"\n\n", 0, error.start) + 2]
            if len(good) == 1:
                raise self.broken from None
            return good.decode()

    def _events(self, text: str) -> list[SseEvent]:
        if not self._started:
            text = text.removeprefix("\ufeff")
            self._started = True
        events: list[SseEvent] = []
        for block in text.split("\n\n"):
            name, data = "", block
            if block.startswith("event: "):
                name, _, data = block.partition("\n")
            if data.startswith("data: ") and "\n" not in data:
                if len(data) > 6:  # noqa: PLR2004 - the length of "data: "
                    events.append((name[7:], data[6:]))
            elif block:
                self._block(block, events)
        if events:
            self.seen = True
        return events

    def _block(self, block: str, events: list[SseEvent]) -> None:
        name = ""
        data: list[str] = []
        for line in block.split("\n"):
            field, colon, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
            elif field and not (colon and field in {"id", "retry"}):
                self.foreign = f"{self.foreign}{line}\n"[:_KEPT_HEAD]
        joined = "\n".join(data)
        if joined:
            events.append((name, joined))


def _alone(data: bytes) -> SseEvent | None:
    """Give the one event that *data* is from its first byte to its last: what a read holds while tokens come singly."""
    begin, end = 6, data.find(b"\n")
    name = b""
    if data.startswith(b"event: "):
        name, begin = data[7:end], end + 7
        end = data.find(b"\n", begin)
    if not data.startswith(b"data: ", begin - 6):
        return None
    tail = len(data) - end
    if tail == 3 and data.endswith(b"\r\n\r\n"):  # noqa: PLR2004 - the line feeds and the CR between them
        end -= 1
    elif tail != 2 or data[-1] != 10:  # noqa: PLR2004 - two line feeds
        return None
    if end <= begin or data.find(b"\r", 0, end) >= 0:
        return None
    try:
        return name.decode(), data[begin:end].decode()
    except UnicodeDecodeError:
        return None


def _is_whole(data: str) -> bool:
    if data.strip() == "[DONE]":
        return True
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
