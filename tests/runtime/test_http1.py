"""The reader and the writer of HTTP/1.1, judged by h11, which reads the same bytes in pure Python."""

from itertools import pairwise

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw.runtime.http1 import (
    HEAD_LIMIT,
    MOST_HEADERS,
    BrokenError,
    GarbledError,
    Reader,
    UnsendableError,
    address_of,
    written,
)
from aigw.wire import HttpRequest

URL = "http://llm.example:8000/v1/chat?x=1"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A machine that does other things too is no reason to fail."""

Read = tuple[int, dict[str, str], bytes]


def read(*pieces: bytes, ended: bool = False) -> Reader:
    """Read *pieces*, one after the other, and the end of the connection if it has *ended*."""
    reader = Reader()
    for piece in pieces:
        reader.feed(piece)
    if ended:
        reader.end()
    return reader


def judged(data: bytes, *, ended: bool = False) -> Read:
    """Give what h11 reads in *data*. Raises its errors, and `EOFError` for an answer that goes on."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    if ended:
        connection.receive_data(b"")
    head, body = None, b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers: dict[str, str] = {}
            for name, value in head.headers:
                text, key = value.decode("latin-1"), name.decode()
                headers[key] = f"{headers[key]}, {text}" if key in headers else text
            return head.status_code, headers, body
        elif event is h11.NEED_DATA or event is h11.PAUSED:
            raise EOFError


NAMES = st.text("abcdefgXYZ-0129!~", min_size=1, max_size=12).map(lambda name: f"x{name}")
VALUES = st.one_of(
    st.just(""),
    st.text('abc \t,;="\xe9\xff~!', min_size=1, max_size=30)
    .map(str.strip)
    .filter(lambda value: value == value.strip(" \t")),
)
BODIES = st.lists(st.binary(min_size=1, max_size=200), max_size=6)
INTERIM = st.lists(
    st.sampled_from([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nlink: </a>\r\n\r\n"]), max_size=2
)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bool]:
    """Draw a valid answer, and whether the connection has to end for it to."""
    status = draw(st.sampled_from([200, 201, 204, 304, 400, 404, 429, 500, 529, 999]))
    framing = "none" if status in {204, 304} else draw(st.sampled_from(["length", "chunked", "closed"]))
    pieces = draw(BODIES) if framing != "none" else []
    lines = [f"HTTP/1.1 {status} {draw(st.sampled_from(['OK', '', 'Too Many']))}"]
    lines += [f"{name}: {value}" for name, value in draw(st.lists(st.tuples(NAMES, VALUES), max_size=6))]
    body = b"".join(pieces)
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        extension = draw(st.sampled_from(["", ";a=b", ';a="b;c"']))
        body = b"".join(f"{len(piece):x}{extension}\r\n".encode() + piece + b"\r\n" for piece in pieces)
        body += b"0\r\n" + draw(st.sampled_from([b"", b"x-trailer: a\r\n"])) + b"\r\n"
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return b"".join(draw(INTERIM)) + head + body, framing == "closed"


class TestReading:
    @unhurried
    @given(answers(), st.lists(st.integers(0, 2000), max_size=8))
    def test_any_split_of_a_valid_answer_reads_as_h11_reads_the_whole(
        self, answer: tuple[bytes, bool], cuts: list[int]
    ) -> None:
        data, closed = answer
        places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        pieces = [data[start:end] for start, end in pairwise(places) if start < end]

        reader = read(*pieces, ended=closed)

        assert judged(data, ended=closed) == (reader.status, dict(reader.headers), reader.take())
        assert reader.whole
        assert reader.reusable is not closed

    @unhurried
    @given(answers(), st.integers(0, 2000))
    def test_an_answer_that_is_cut_is_never_taken_for_a_whole_one(self, answer: tuple[bytes, bool], cut: int) -> None:
        data, closed = answer
        if closed:
            data = data[: data.rindex(b"\r\n\r\n") + 3]
        with pytest.raises(BrokenError):
            read(data[: cut % len(data)], ended=True)

    @unhurried
    @given(st.binary(max_size=300))
    def test_what_is_not_http_raises_our_errors_only(self, data: bytes) -> None:
        with pytest.raises((GarbledError, BrokenError)):
            read(data, ended=True)

    @pytest.mark.parametrize(
        "data",
        [
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            b"<html>\r\n\r\n",
            b"ICY 200 OK\r\n\r\n",
            b"HTTP/1.1 20 OK\r\n\r\n",
            b"HTTP/1.1 99999 OK\r\n\r\n",
            b"HTTP/1.1 099 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1  200 OK\r\n\r\n",
            b"HTTP/1.1 101 Go\r\n\r\n",
            b"HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
            OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok",
            OK + b"content-length: +2\r\n\r\nok",
            OK + b"content-length: -2\r\n\r\nok",
            OK + b"content-length: 0x2\r\n\r\nok",
            OK + b"content-length: \r\n\r\nok",
            OK + b"content-length: 99999999999999999999999\r\n\r\nok",
            OK + b"transfer-encoding: gzip\r\n\r\nok",
            OK + b"transfer-encoding: identity\r\n\r\nok",
            OK + b"transfer-encoding: xchunked\r\n\r\nok",
            OK + b"transfer-encoding: chunked, gzip\r\n\r\nok",
            OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
            CHUNKED + b"zz\r\n",
            CHUNKED + b"-2\r\nok\r\n0\r\n\r\n",
            CHUNKED + b"2\r\nokX\r\n0\r\n\r\n",
            CHUNKED + b"0\r\nbad trailer\r\n\r\n",
            OK + b"a : b\r\n\r\n",
            OK + b" a: b\r\n\r\n",
            OK + b"a\r\n\r\n",
            OK + b": b\r\n\r\n",
            OK + b"a\xe9: b\r\n\r\n",
            OK + b"a: b\x00c\r\n\r\n",
            OK + b"a: b\rc\r\n\r\n",
        ],
    )  # fmt: skip
    def test_a_malformed_answer_is_refused_by_us_as_by_h11(self, data: bytes) -> None:
        with pytest.raises(h11.RemoteProtocolError):
            judged(data)
        with pytest.raises(GarbledError):
            read(data)
        with pytest.raises(GarbledError):
            read(*[data[place : place + 1] for place in range(len(data))])

    @pytest.mark.parametrize(
        "data",
        [
            OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            OK + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\nok",
            OK + b"content-length: 2, 2\r\n\r\nok",
            OK + b"a: b\r\n c\r\ncontent-length: 0\r\n\r\n",
            OK + b"content-length:\r\n 2\r\n\r\nok",
            OK + b"a: b\ncontent-length: 0\n\n",
            CHUNKED + b"2\nok\n0\n\n",
            CHUNKED + b"fffffffffffffffff\r\nok",
            b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"RTSP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        ],
    )
    def test_what_two_readers_could_read_as_two_things_is_refused_though_h11_takes_it(self, data: bytes) -> None:
        """An answer that ends in another place for a proxy on the way is how answers are smuggled."""
        with pytest.raises(GarbledError):
            read(data)

    @pytest.mark.parametrize(
        "surplus", [b"x", b"HTTP/1.1 200 OK\r\n", OK + b"content-length: 3\r\n\r\nbad", b"0\r\n\r\n"]
    )
    @pytest.mark.parametrize("apart", [False, True], ids=["at-once", "later"])
    @pytest.mark.parametrize(
        "data",
        [OK + b"content-length: 2\r\n\r\nok", CHUNKED + b"2\r\nok\r\n0\r\n\r\n"],
        ids=["length", "chunked"],
    )
    def test_what_follows_an_answer_is_no_part_of_it_and_costs_the_connection(
        self, data: bytes, apart: bool, surplus: bytes
    ) -> None:
        reader = read(data, surplus) if apart else read(data + surplus)

        assert (200, b"ok", True, False) == (reader.status, reader.take(), reader.whole, reader.reusable)

    @pytest.mark.parametrize(
        ("head", "expected"),
        [
            (b"HTTP/1.1 200 OK\r\n", True),
            (b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n", True),
            (b"HTTP/1.1 200 OK\r\nconnection: close\r\n", False),
            (b"HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\n", False),
            (b"HTTP/1.0 200 OK\r\n", False),
            (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n", False),
        ],
    )
    def test_a_connection_is_kept_only_where_the_answer_lets_it(self, head: bytes, expected: bool) -> None:
        assert expected is read(head + b"content-length: 2\r\n\r\nok").reusable

    def test_a_huge_head_is_refused_while_it_comes(self) -> None:
        line = b"x: " + b"y" * 1000 + b"\r\n"
        with pytest.raises(GarbledError, match="headers"):
            read(OK, *[line] * (HEAD_LIMIT // 1000 + 2))

    def test_a_single_endless_header_is_refused_while_it_comes(self) -> None:
        with pytest.raises(GarbledError, match="headers"):
            read(OK + b"x: ", *[b"y" * 1000] * (HEAD_LIMIT // 1000 + 2))

    def test_too_many_headers_are_refused(self) -> None:
        with pytest.raises(GarbledError, match=str(MOST_HEADERS)):
            read(OK + b"a: b\r\n" * (MOST_HEADERS + 1) + b"content-length: 0\r\n\r\n")

    def test_endless_trailers_are_refused(self) -> None:
        with pytest.raises(GarbledError, match="headers"):
            read(CHUNKED + b"2\r\nok\r\n0\r\n", *[b"x: " + b"y" * 1000 + b"\r\n"] * (HEAD_LIMIT // 1000 + 2))

    def test_answers_that_are_always_still_to_come_are_refused(self) -> None:
        with pytest.raises(GarbledError):
            read(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * HEAD_LIMIT)

    def test_a_long_body_is_not_a_long_head(self) -> None:
        reader = read(OK + b"content-length: 1000000\r\n\r\n", *[b"x" * 1000] * 1000)
        assert (1_000_000, True) == (len(reader.take()), reader.whole)

    def test_the_answer_to_a_request_for_a_tunnel_ends_with_its_head(self) -> None:
        reader = Reader(is_tunnel=True)
        reader.feed(b"HTTP/1.1 200 Connected\r\ncontent-length: 5\r\nconnection: close\r\n\r\n")
        assert (200, True, True) == (reader.status, reader.whole, reader.reusable)

    def test_words_of_an_error_quote_nothing_of_the_answer(self) -> None:
        with pytest.raises(GarbledError) as caught:
            read(OK + b"x-key sk-canary\r\n\r\n")
        assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r}"


class TestWriting:
    @unhurried
    @given(
        st.lists(st.tuples(st.text("abcXYZ-!09", min_size=1, max_size=10), VALUES), max_size=5),
        st.binary(max_size=100),
    )
    def test_h11_reads_what_was_meant(self, headers: list[tuple[str, str]], body: bytes) -> None:
        headers = [(f"x{name}", value) for name, value in headers]
        server = h11.Connection(h11.SERVER)
        server.receive_data(written(HttpRequest("POST", URL, tuple(headers), body)))

        request = server.next_event()
        assert isinstance(request, h11.Request)
        assert (b"POST", b"/v1/chat?x=1") == (request.method, request.target)
        expected = [("host", "llm.example:8000"), ("content-length", str(len(body))), *headers]
        assert [(name.lower().encode(), value.encode("latin-1")) for name, value in expected] == list(request.headers)
        data = b""
        while isinstance(event := server.next_event(), h11.Data):
            data += bytes(event.data)
        assert (body, h11.EndOfMessage) == (data, type(event))

    @pytest.mark.parametrize(
        "header",
        [
            ("x", "a\r\nevil: b"),
            ("x", "a\nevil: b"),
            ("x", "a\rb"),
            ("x", "a\x00b"),
            ("x", "a\x7fb"),
            ("x", " a"),
            ("x", "a "),
            ("x", "a\t"),
            ("x", "sk-\u20ac"),
            ("x\r\nevil", "a"),
            ("x:", "a"),
            ("x y", "a"),
            ("", "a"),
            ("caf\xe9", "a"),
            ("Host", "elsewhere"),
            ("Content-Length", "0"),
            ("transfer-Encoding", "chunked"),
        ],
    )
    def test_a_header_that_would_say_something_else_is_not_sent(self, header: tuple[str, str]) -> None:
        with pytest.raises(UnsendableError) as caught:
            written(HttpRequest("POST", URL, (header,)))
        assert ("", None, None) == (str(caught.value), caught.value.__cause__, caught.value.__context__)

    @pytest.mark.parametrize(
        "url",
        [
            "http://host/a b",
            "http://host/a\r\nevil: b",
            "http://ho\nst/",
            "http://host/\tx",
            "http://host/caf\xe9",
            "http://h\xf6st/",
            "http://host:port/",
            "http://host:99999/",
            "http://[::1/",
            "http://ho<st>/",
            "http:///path",
            "ftp://host/",
            "/path",
            "",
        ],
    )
    def test_a_url_that_would_say_something_else_is_not_sent(self, url: str) -> None:
        with pytest.raises(UnsendableError):
            written(HttpRequest("POST", url, ()))

    @pytest.mark.parametrize("method", ["", "PO ST", "GET\r\n", "get / HTTP/1.1\r\nx:"])
    def test_a_method_that_would_say_something_else_is_not_sent(self, method: str) -> None:
        with pytest.raises(UnsendableError):
            written(HttpRequest(method, URL, ()))

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("http://a", ("http", "a", 80, "a", "/")),
            ("https://A.example?q=1", ("https", "a.example", 443, "a.example", "/?q=1")),
            ("https://u:p@a:8443/x#frag", ("https", "a", 8443, "a:8443", "/x")),
            ("http://[::1]:80/x", ("http", "::1", 80, "[::1]:80", "/x")),
        ],
    )
    def test_a_url_leads_where_it_says(self, url: str, expected: tuple[object, ...]) -> None:
        assert expected == tuple(address_of(url))

    def test_a_proxy_is_told_the_whole_url_and_who_asks(self) -> None:
        told = written(HttpRequest("GET", URL, ()), forward="Proxy-Authorization: Basic eA==\r\n")
        assert told.startswith(b"GET http://llm.example:8000/v1/chat?x=1 HTTP/1.1\r\nHost: llm.example:8000\r\n")
        assert b"\r\nProxy-Authorization: Basic eA==\r\n" in told
