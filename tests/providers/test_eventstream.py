"""Frames of AWS's event streams: known bytes, botocore's kinds of cases with botocore as the judge, and broken ones."""

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.eventstreams import framed, header

from aigw.providers.framing.eventstream import HEADERS_LIMIT, PAYLOAD_LIMIT, EventStreamParser, Frame, Value

EVENT = bytes.fromhex(
    "0000009e00000057fe1b824f0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970"
    "650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070005"
    "6576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d2c2270223a22616263"
    "227d9343f010"
)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=30),
    st.text(max_size=30),
)
HEADERS = st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=6)
FRAMES = st.lists(st.tuples(HEADERS, st.binary(max_size=100)), min_size=1, max_size=5)


def parsed(data: bytes, size: int | None = None) -> tuple[list[Frame], str | None]:
    """All frames of *data*, fed whole or in pieces of *size* bytes, and what was wrong."""
    parser = EventStreamParser("bedrock")
    step = size or max(1, len(data))
    frames = [frame for at in range(0, len(data), step) for frame in parser.feed(data[at : at + step])]
    parser.end()
    return frames, None if parser.broken is None else str(parser.broken)


def judged(data: bytes) -> list[tuple[dict[str, Value], bytes]]:
    botocore: Any = pytest.importorskip("botocore.eventstream", reason="botocore, the judge, is not installed")
    buffer = botocore.EventStreamBuffer()
    buffer.add_data(data)
    return [(event.headers, event.payload) for event in buffer]


def test_a_known_frame_is_read() -> None:
    frames, problem = parsed(EVENT)

    assert problem is None
    assert frames == [
        Frame(
            {
                ":event-type": "contentBlockDelta",
                ":content-type": "application/json",
                ":message-type": "event",
            },
            b'{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}',
        )
    ]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\x00", True),
        (b"\x01", False),
        (b"\x02\xff", -1),
        (b"\x03\xff\xfe", -2),
        (b"\x04\xff\xff\xff\xfd", -3),
        (b"\x05\xff\xff\xff\xff\xff\xff\xff\xfc", -4),
        (b"\x06\x00\x03\x01\x02\x03", b"\x01\x02\x03"),
        (b"\x06\x00\x00", b""),
        (b"\x07\x00\x05utf\xc3\xa9", "utf\xe9"),
        (b"\x08\x00\x00\x00\x00\x00\x7b\x00\x00", 8060928),
        (b"\x09" + bytes(range(16)), bytes(range(16))),
    ],
)
def test_each_type_of_header_is_read_as_botocore_reads_it(raw: bytes, value: Value) -> None:
    data = framed(b"\x05event" + raw, b"payload")

    frames, problem = parsed(data)

    assert problem is None
    assert judged(data) == [(dict(frames[0].headers), frames[0].payload)]
    assert frames[0].headers == {"event": value}
    assert type(value) is type(frames[0].headers["event"])


@pytest.mark.parametrize("payload", [b"", b"{'foo':'bar'}", b"\x00" * 100])
def test_frames_without_headers_or_payload_are_frames(payload: bytes) -> None:
    data = framed(b"", payload) + framed(header("a", "b"), b"")

    frames, problem = parsed(data)

    assert problem is None
    assert judged(data) == [(dict(frame.headers), frame.payload) for frame in frames]


@settings(max_examples=200, deadline=None)
@given(FRAMES, st.one_of(st.none(), st.integers(1, 50)))
def test_any_split_gives_the_frames_that_botocore_gives(
    written: list[tuple[Mapping[str, Value], bytes]], size: int | None
) -> None:
    data = b"".join(
        framed(b"".join(header(name, value) for name, value in headers.items()), payload)
        for headers, payload in written
    )

    frames, problem = parsed(data, size)

    assert problem is None
    assert judged(data) == [(dict(frame.headers), frame.payload) for frame in frames]


@pytest.mark.parametrize("place", range(len(EVENT)))
def test_a_flipped_bit_anywhere_is_noticed(place: int) -> None:
    broken = bytearray(EVENT)
    broken[place] ^= 1

    frames, problem = parsed(EVENT + bytes(broken) + EVENT)

    assert len(frames) == 1
    assert problem is not None
    assert "checksum" in problem


@pytest.mark.parametrize("length", range(1, len(EVENT)))
def test_a_stream_that_ends_within_a_frame_says_so(length: int) -> None:
    frames, problem = parsed(EVENT + EVENT[:length])

    assert len(frames) == 1
    assert problem is not None
    assert f"ends within a frame ({length} bytes of it came)" in problem


def prelude(total: int, headers: int) -> bytes:
    lengths = struct.pack(">II", total, headers)
    return lengths + struct.pack(">I", zlib.crc32(lengths))


@pytest.mark.parametrize(
    ("total", "headers"),
    [
        (HEADERS_LIMIT + 17, HEADERS_LIMIT + 1),
        (PAYLOAD_LIMIT + 17, 0),
        (15, 0),
        (0, 0),
        (20, 5),
        (2**32 - 1, 0),
    ],
)
def test_a_frame_of_impossible_size_is_refused_before_it_is_waited_for(total: int, headers: int) -> None:
    frames, problem = parsed(EVENT + prelude(total, headers))

    assert len(frames) == 1
    assert problem is not None
    assert f"impossible size ({total} bytes" in problem


@pytest.mark.parametrize(
    "block",
    [
        header("a", "b") + header("a", "c"),
        b"\x05event\x0a",
        b"\x05event\xff",
        b"\x05eve",
        b"\x05event",
        b"\x05event\x07\x00\x09short",
        b"\x05event\x07\x00",
        b"\x05event\x04\x00",
        b"\x05event\x07\x00\x01\xff",
        b"\x01\xff\x00",
    ],
    ids=["twice", "type", "type-255", "name", "no-type", "string", "length", "integer", "utf-8", "utf-8-name"],
)
def test_headers_that_cannot_be_read_are_a_named_error(block: bytes) -> None:
    frames, problem = parsed(framed(block, b"{}"))

    assert not frames
    assert problem is not None
    assert "headers cannot be read" in problem


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60), st.booleans())
def test_noise_never_raises(noise: bytes, block: bytes, whole: bool) -> None:
    frames, problem = parsed(framed(block, noise) if whole else noise, 7)

    assert frames or problem is not None or not noise
