"""Frames of `application/vnd.amazon.eventstream`, parsed as their bytes arrive.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (the encoding is that of every AWS
event stream). A frame is its length, the length of its headers, a CRC-32 of these two, headers, payload, and a CRC-32
of all before it; integers are big-endian. Any split of the bytes gives the same frames.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from aigw.errors import UnreadableAnswerError

Value: TypeAlias = bool | int | str | bytes
"""A header's value. A timestamp is in milliseconds since the epoch, a UUID its 16 bytes."""

HEADERS_LIMIT: Final = 128 * 1024
PAYLOAD_LIMIT: Final = 24 * 1024 * 1024
"""How many bytes the headers and the payload of one frame may have, as AWS's own clients say."""

_PRELUDE: Final = struct.Struct(">III")
_CRC: Final = struct.Struct(">I")
_LENGTH: Final = struct.Struct(">H")
_AROUND: Final = _PRELUDE.size + _CRC.size
_KEPT_BLOCKS: Final = 64

_TRUE: Final = 0
_FALSE: Final = 1
_BYTES: Final = 6
_STRING: Final = 7
_UUID: Final = 9
_SIZES: Final[Mapping[int, int]] = {2: 1, 3: 2, 4: 4, 5: 8, 8: 8, _UUID: 16}
"""Types of header values whose size is fixed, in bytes: signed integers, a timestamp (8) and a UUID."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of an event stream: its headers by name, and its payload."""

    headers: Mapping[str, Value]
    payload: bytes = field(repr=False)


class EventStreamParser:
    """Reads one stream. After a broken frame nothing more is read: `broken` says what was wrong with it."""

    __slots__ = ("_blocks", "_buffer", "_provider", "broken", "seen")

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._buffer = bytearray()
        # The same few blocks of headers come with nearly all frames of a stream.
        self._blocks: dict[bytes, Mapping[str, Value]] = {}
        self.seen = False
        self.broken: UnreadableAnswerError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Give the frames that *data* completes. Those before a broken one are good; that one's error is `broken`."""
        frames: list[Frame] = []
        if self.broken is not None:
            return frames
        self._buffer += data
        start = 0
        try:
            while (frame := self._frame(start)) is not None:
                frames.append(frame[0])
                start = frame[1]
        except UnreadableAnswerError as error:
            self.broken = error
        if start:
            del self._buffer[:start]
        self.seen = self.seen or bool(frames)
        return frames

    def end(self) -> None:
        """Take the connection's end. `broken` says so if it came within a frame."""
        if self._buffer and self.broken is None:
            self.broken = self._error(f"ends within a frame ({len(self._buffer)} bytes of it came)")

    @property
    def pending(self) -> bytes:
        """What has come of a frame that is not complete, or of something that is no frame at all."""
        return bytes(self._buffer)

    def _frame(self, start: int) -> tuple[Frame, int] | None:
        """Read the frame at *start* and give it with the place of the next, or None if more has to come first."""
        buffer = self._buffer
        if len(buffer) - start < _PRELUDE.size:
            return None
        total, head, crc = _PRELUDE.unpack_from(buffer, start)
        if zlib.crc32(buffer[start : start + 8]) != crc:
            what = "has a frame whose lengths do not match their checksum"
            raise self._error(what)
        payload = total - head - _AROUND
        if head > HEADERS_LIMIT or not 0 <= payload <= PAYLOAD_LIMIT:
            what = f"has a frame of impossible size ({total} bytes, {head} of them headers)"
            raise self._error(what)
        end = start + total
        if len(buffer) < end:
            return None
        body = bytes(buffer[start : end - _CRC.size])
        if zlib.crc32(body) != _CRC.unpack_from(buffer, end - _CRC.size)[0]:
            what = "has a frame that does not match its checksum"
            raise self._error(what)
        border = _PRELUDE.size + head
        return Frame(self._headers(body[_PRELUDE.size : border]), body[border:]), end

    def _headers(self, block: bytes) -> Mapping[str, Value]:
        known = self._blocks.get(block)
        if known is not None:
            return known
        try:
            headers = _read_headers(block)
        except (LookupError, struct.error, UnicodeDecodeError, ValueError):
            what = "has a frame whose headers cannot be read"
            raise self._error(what) from None
        if len(self._blocks) < _KEPT_BLOCKS:
            self._blocks[block] = headers
        return headers

    def _error(self, what: str) -> UnreadableAnswerError:
        message = f"The event stream of {self._provider} {what}. Check what stands between aigw and the provider."
        return UnreadableAnswerError(message, provider=self._provider)


def _read_headers(block: bytes) -> Mapping[str, Value]:
    """Read a block of headers. Raises `LookupError`, `ValueError` or `struct.error` for one that is none."""
    headers: dict[str, Value] = {}
    place = 0
    while place < len(block):
        name, place = _slice(block, place + 1, block[place])
        key = name.decode()
        if key in headers:
            message = "a header comes twice"
            raise ValueError(message)
        headers[key], place = _read_value(block, place)
    return MappingProxyType(headers)


def _read_value(block: bytes, place: int) -> tuple[Value, int]:
    kind = block[place]
    place += 1
    if kind in {_TRUE, _FALSE}:
        return kind == _TRUE, place
    if kind in {_BYTES, _STRING}:
        size = cast("int", _LENGTH.unpack_from(block, place)[0])
        raw, place = _slice(block, place + _LENGTH.size, size)
        return raw.decode() if kind == _STRING else raw, place
    raw, place = _slice(block, place, _SIZES[kind])
    return raw if kind == _UUID else int.from_bytes(raw, "big", signed=True), place


def _slice(block: bytes, start: int, size: int) -> tuple[bytes, int]:
    end = start + size
    if end > len(block):
        message = "a header reaches beyond its block"
        raise ValueError(message)
    return block[start:end], end
