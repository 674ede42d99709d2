"""Lines of JSON, from bytes that arrive in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import UnreadableAnswerError
from aigw.providers.framing.ndjson import NdjsonParser


def lines(data: bytes, *cuts: int) -> list[bytes]:
    """All lines of *data*, fed in the pieces that *cuts* make of it."""
    parser = NdjsonParser("p")
    found: list[bytes] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        found += parser.feed(data[start:end])
    return found + parser.end()


def test_a_line_is_given_as_soon_as_its_line_feed_has_come() -> None:
    parser = NdjsonParser("p")

    assert [] == list(parser.feed(b'{"a"'))
    assert [b'{"a":1}'] == parser.feed(b':1}\n{"b"')
    assert [b'{"b":2}'] == parser.feed(b":2}\n")


def test_the_last_line_needs_no_line_feed() -> None:
    assert [b"1", b"2"] == lines(b"1\n2")


def test_separators_of_unicode_are_part_of_a_line() -> None:
    text = '{"a":"x\u2028y\u0085z\x0c"}'.encode()

    assert [text] == lines(text + b"\n")


def test_blank_lines_and_a_byte_order_mark_say_nothing() -> None:
    assert [b"1", b"2"] == lines(b"\xef\xbb\xbf1\n\n  \n2\n\n")


def test_an_endless_line_is_named() -> None:
    with pytest.raises(UnreadableAnswerError, match="more than 8 bytes"):
        NdjsonParser("p", limit=8).feed(b"123456789")


@given(st.binary(max_size=60) | st.text(max_size=20).map(str.encode), st.data())
def test_any_split_gives_the_same_lines(data: bytes, draw: st.DataObject) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))

    assert lines(data) == lines(data, *cuts)
