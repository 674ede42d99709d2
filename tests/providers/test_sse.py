"""Server-sent events: the rules of WHATWG HTML 9.2, and what providers do beside them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import UnreadableAnswerError
from aigw.providers.framing.sse import SseParser

GOLDEN = (
    "\ufeffdata: first\n\n"
    ": keep-alive\n\n"
    'event: delta\r\ndata: {"text": "naïve \u2028 \u0085 \x0b \x0c 😀"}\r\n\r\n'
    "data:no space\r\r"
    "id: 7\nretry: 10\nunknown: x\ndata: one\ndata: two\ndata\ndata:  four\n\n\n\n"
    ": OPENROUTER PROCESSING\n: again\ndata: after a comment\n\n"
    "event: nothing\n\n"
    "data:\n\n"
    "data: [DONE] \n\n"
).encode()
EVENTS = [
    ("", "first"),
    ("delta", '{"text": "naïve \u2028 \u0085 \x0b \x0c 😀"}'),
    ("", "no space"),
    ("", "one\ntwo\n\n four"),
    ("", "after a comment"),
    ("", "[DONE] "),
]


def parsed(*pieces: bytes) -> list[tuple[str, str]]:
    parser = SseParser("p")
    return [event for piece in pieces for event in parser.feed(piece)] + parser.end()


@pytest.mark.parametrize("size", range(1, 40))
def test_the_golden_stream_gives_the_same_events_in_pieces_of_any_size(size: int) -> None:
    assert EVENTS == parsed(*(GOLDEN[start : start + size] for start in range(0, len(GOLDEN), size)))


@given(st.lists(st.integers(0, len(GOLDEN)), max_size=12))
def test_any_split_gives_the_same_events(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(GOLDEN)]

    assert EVENTS == parsed(*(GOLDEN[start:end] for start, end in pairwise(places)))


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n\ufeff", exclude_categories=("Cs",)), min_size=1), max_size=6
    ),
    st.sampled_from(["\n", "\r", "\r\n"]),
    st.integers(1, 9),
)
def test_line_endings_make_no_difference(data: list[str], newline: str, size: int) -> None:
    stream = "".join(f"data: {text}{newline}{newline}" for text in data).encode()

    assert [("", text) for text in data] == parsed(*(stream[i : i + size] for i in range(0, len(stream), size)))


@pytest.mark.parametrize("rest", ['data: {"a": 1}', 'data: {"a": 1}\n', "data: [DONE]", "event: x\r\ndata: 1\r"])
def test_a_last_event_without_its_blank_line_counts_if_it_is_whole(rest: str) -> None:
    assert len(parsed(rest.encode())) == 1


@pytest.mark.parametrize("rest", [b'data: {"a": ', b"data: half a wor", 'data: "é'.encode()[:-1], b"event: x\n"])
def test_a_last_event_that_was_cut_is_dropped(rest: bytes) -> None:
    assert parsed(rest) == []


def test_bytes_that_are_not_utf_8_are_a_named_error() -> None:
    with pytest.raises(UnreadableAnswerError, match="p sent a stream that is not UTF-8"):
        SseParser("p").feed(b'data: {"text": "\xff"}\n\n')


def test_an_endless_event_is_a_named_error_and_not_endless_memory() -> None:
    parser = SseParser("p", limit=1000)
    for _ in range(10):
        parser.feed(b"x" * 100)

    with pytest.raises(UnreadableAnswerError, match="more than 1000 bytes"):
        parser.feed(b"x")


def test_what_is_no_event_stream_is_kept_for_the_error() -> None:
    parser = SseParser("p")
    parser.feed(b"<html>\n<title>Bad gateway</title>\n\n")

    assert not parser.seen
    assert parser.foreign.startswith("<html>")


def test_a_megabyte_in_small_pieces_is_not_searched_again_and_again() -> None:
    parser = SseParser("p")
    piece = b"x" * 64
    events = parser.feed(b"data: ")
    for _ in range(16 * 1024):
        events += parser.feed(piece)
    events += parser.feed(b"\n\n")

    assert [1024 * 1024] == [len(data) for _, data in events]


@given(
    st.sampled_from(["", "event: delta", "event:", "event: "]),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["data: ", "data:", "id: "]),
)
def test_an_event_that_fills_a_read_is_the_same_as_one_that_comes_in_bits(
    name: str, data: str, newline: str, field: str
) -> None:
    lines = [name, f"{field}{data}"] if name else [f"{field}{data}"]
    whole = "".join(f"{line}{newline}" for line in [*lines, ""]).encode()
    parser, bits = SseParser("acme"), SseParser("acme")

    expected = [event for byte in whole for event in bits.feed(bytes([byte]))] + bits.end()
    assert expected == parser.feed(whole) + parser.end()
    assert (bits.seen, bits.foreign) == (parser.seen, parser.foreign)
