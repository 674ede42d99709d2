"""Connections of both faces over real sockets: kept, dropped, and never mixed up."""

import asyncio
import gc
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.http_kit import RUNTIMES, answering, request_of, runtime_of

from aigw.call import UNLIMITED, Patience, Timeouts
from aigw.errors import APIConnectionError, APITimeoutError
from aigw.protocols import Exchange
from aigw.runtime import ways
from aigw.runtime.drive import run
from aigw.runtime.loops import MOST_HELD
from aigw.wire import HttpRequest

BRIEF_S = 0.1
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(params=RUNTIMES)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


class Face:
    """One runtime, and how its coroutines are run to their end."""

    def __init__(self, name: str) -> None:
        self.runtime: Any = runtime_of(name)
        self._runner = asyncio.Runner() if name == "asyncio" else None
        self._ended = False

    def do(self, work: Any) -> Any:
        return run(work) if self._runner is None else self._runner.run(work)

    async def send(
        self, port: int, *, body: bytes = b"{}", limits: Timeouts | None = None, tls: bool = False
    ) -> Exchange:
        patience = Patience(self.runtime.monotonic, limits or Timeouts(total=10.0), UNLIMITED)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
        sent: Exchange = await self.runtime.send("pool", HttpRequest("POST", url, (), body), patience)
        return sent

    async def ask(self, port: int, **how: Any) -> bytes:
        exchange = await self.send(port, **how)
        try:
            return (await exchange.read(1_000_000))[0]
        finally:
            await exchange.aclose()

    def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self.do(self.runtime.aclose())
        if self._runner is not None:
            self._runner.close()


@pytest.fixture
def face(name: str) -> Iterator[Face]:
    made = Face(name)
    yield made
    made.end()


class Server:
    """Counts its connections, and answers each request with the next of *answers*, the last one over and over."""

    def __init__(self, *answers: bytes | Callable[[socket.socket], object]) -> None:
        self.answers = list(answers)
        self.accepted = 0
        self.ended = threading.Semaphore(0)

    def __call__(self, connection: socket.socket) -> None:
        self.accepted += 1
        try:
            while request_of(connection):
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(answer):
                    if answer(connection) is False:
                        return
                else:
                    connection.sendall(answer)
        finally:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            self.ended.release()


def closing(data: bytes) -> Callable[[socket.socket], bool]:
    """Answer with *data*, and close."""

    def answer(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return answer


def held(connection: socket.socket) -> bool:
    """Begin an answer, and say no more until the other side has gone."""
    connection.sendall(HEAD + b"content-length: 100\r\n\r\nhalf")
    connection.recv(1)
    return False


class TestAKeptConnection:
    @pytest.mark.parametrize(
        "answer",
        [
            OK,
            HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\nx-trailer: 1\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
            b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK,
        ],
        ids=["length", "chunked", "continue", "hints"],
    )
    def test_serves_the_next_request(self, face: Face, answer: bytes) -> None:
        server = Server(answer)
        with answering(server) as port:
            assert [b"ok"] * 3 == [face.do(face.ask(port)) for _ in range(3)]
            face.end()
        assert 1 == server.accepted

    @pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
    def test_serves_the_next_request_after_an_answer_without_a_body(self, face: Face, status: bytes) -> None:
        server = Server(b"HTTP/1.1 %s\r\n\r\n" % status)
        with answering(server) as port:
            assert [b""] * 2 == [face.do(face.ask(port)) for _ in range(2)]
            face.end()
        assert 1 == server.accepted

    @pytest.mark.parametrize(
        "answer",
        [
            HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\nok",
            b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
            OK + b"surplus",
            OK + OK,
        ],
        ids=["close", "1.0", "surplus", "a-second-answer"],
    )
    def test_is_not_one_that_may_not_be_kept(self, face: Face, answer: bytes) -> None:
        server = Server(answer)
        with answering(server) as port:
            assert [b"ok"] * 2 == [face.do(face.ask(port)) for _ in range(2)]
            face.end()
        assert 2 == server.accepted

    def test_is_not_one_that_the_server_has_closed_since(self, face: Face) -> None:
        server = Server(closing(OK))
        with answering(server) as port:
            for _ in range(3):
                assert b"ok" == face.do(face.ask(port))
                assert server.ended.acquire(timeout=5)
            face.end()
        assert 3 == server.accepted

    def test_is_not_one_on_which_something_was_said_unasked(self, face: Face) -> None:
        said = threading.Event()

        def answer(connection: socket.socket) -> None:
            connection.sendall(OK)
            threading.Timer(0, lambda: (connection.sendall(OK.replace(b"ok", b"no")), said.set())).start()

        server = Server(answer)
        with answering(server) as port:
            assert b"ok" == face.do(face.ask(port))
            assert said.wait(5)
            said.clear()
            assert b"ok" == face.do(face.ask(port))
            assert said.wait(5)
            face.end()
        assert 2 == server.accepted

    def test_is_not_one_whose_answer_was_not_read_to_its_end(self, face: Face) -> None:
        server = Server(held, OK)
        with answering(server) as port:

            async def glance() -> None:
                exchange = await face.send(port)
                assert b"half" == await exchange.chunk()
                await exchange.aclose()
                assert b"" == await exchange.chunk()

            face.do(glance())
            assert b"ok" == face.do(face.ask(port))
            face.end()
        assert 2 == server.accepted


class TestABodyThatEndsWithItsConnection:
    def test_is_whole_when_it_does(self, face: Face) -> None:
        with answering(Server(closing(HEAD + b"\r\n" + b"x" * 100_000))) as port:
            assert 100_000 == len(face.do(face.ask(port)))
            face.end()

    def test_is_not_whole_where_the_connection_was_reset(self, face: Face) -> None:
        seen = threading.Event()

        def answer(connection: socket.socket) -> bool:
            connection.sendall(HEAD + b"\r\nhalf")
            seen.wait(5)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            return False

        with answering(Server(answer)) as port:

            async def read() -> None:
                exchange = await face.send(port)
                assert b"half" == await exchange.chunk()
                seen.set()
                try:
                    await exchange.chunk()
                finally:
                    await exchange.aclose()

            with pytest.raises(APIConnectionError):
                face.do(read())
            face.end()


class TestAnEarlyAnswer:
    def test_is_seen_although_the_connection_is_reset_after_it(self, face: Face) -> None:
        """A provider that refuses a large request without reading it resets the connection."""
        refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 9\r\n\r\ntoo large"

        def handle(connection: socket.socket) -> None:
            connection.recv(1000)
            connection.sendall(refusal)

        with answering(handle) as port:
            assert b"too large" == face.do(face.ask(port, body=b"x" * 20_000_000))
            face.end()

    def test_costs_the_connection_where_the_request_is_still_going_out(self, face: Face) -> None:
        accepted: list[socket.socket] = []
        over = threading.Event()

        def handle(connection: socket.socket) -> None:
            accepted.append(connection)
            asked = connection.recv(1000)
            connection.sendall(OK)
            if b"Content-Length: 30000000" not in asked:
                return
            connection.shutdown(socket.SHUT_WR)
            over.wait(5)

        with answering(handle) as port:
            with suppress(APITimeoutError):
                face.do(face.ask(port, body=b"x" * 30_000_000, limits=Timeouts(total=1.0)))
            over.set()
            assert b"ok" == face.do(face.ask(port))
            face.end()
        assert 2 == len(accepted)


class TestLimits:
    def test_of_connecting_hold_while_a_server_says_nothing_to_a_handshake(self, face: Face) -> None:
        with answering(lambda connection: connection.recv(100_000) and connection.recv(1)) as port:
            with pytest.raises(APITimeoutError) as caught:
                face.do(face.ask(port, tls=True, limits=Timeouts(connect=BRIEF_S)))
            face.end()
        assert "connect" == caught.value.phase

    def test_of_connecting_hold_while_a_proxy_says_nothing(self, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
        with answering(lambda connection: connection.recv(100_000) and connection.recv(1)) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            with pytest.raises(APITimeoutError) as caught:
                face.do(face.ask(9, tls=True, limits=Timeouts(connect=BRIEF_S)))
            face.end()
        assert "connect" == caught.value.phase

    def test_of_reading_hold_in_the_middle_of_a_body(self, face: Face) -> None:
        server = Server(held)
        with answering(server) as port:
            with pytest.raises(APITimeoutError) as caught:
                face.do(face.ask(port, limits=Timeouts(read=BRIEF_S)))
            assert server.ended.acquire(timeout=5)
            face.end()
        assert "read" == caught.value.phase

    def test_of_one_request_are_not_those_of_the_next_on_its_connection(self, face: Face) -> None:
        server = Server(OK, OK, held)
        with answering(server) as port:
            face.do(face.ask(port, limits=Timeouts(total=5.0)))
            face.do(face.ask(port, limits=Timeouts(total=None)))
            with pytest.raises(APITimeoutError):
                face.do(face.ask(port, limits=Timeouts(total=BRIEF_S)))
            face.end()
        assert 1 == server.accepted


class TestAHeadThatDoesNotEnd:
    def test_is_an_error_long_before_memory_is(self, face: Face) -> None:
        def endless(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(HEAD)
            while True:
                connection.sendall(b"x: " + b"y" * 60_000 + b"\r\n")

        with answering(endless) as port:
            with pytest.raises(APIConnectionError, match="64 KiB"):
                face.do(face.ask(port))
            face.end()


class TestClosing:
    def test_in_the_middle_of_an_answer_ends_the_connection_at_once(self, face: Face) -> None:
        server = Server(held)
        with answering(server) as port:

            async def drop() -> None:
                exchange = await face.send(port)
                await exchange.chunk()
                await exchange.aclose()
                await face.runtime.sleep(0)
                await face.runtime.sleep(0)
                assert server.ended.acquire(timeout=5)

            face.do(drop())
            face.end()

    def test_the_runtime_lets_go_of_idle_connections_and_of_others_when_they_are_done(self, face: Face) -> None:
        gate = threading.Event()

        def slow(connection: socket.socket) -> None:
            connection.sendall(HEAD + b"content-length: 8\r\n\r\nhalf")
            gate.wait(5)
            connection.sendall(b"more")

        server = Server(slow)
        with answering(server) as port:

            async def finish() -> None:
                exchange = await face.send(port)
                assert b"half" == await exchange.chunk()
                await face.runtime.aclose()
                gate.set()
                assert b"more" == await exchange.chunk()
                await exchange.aclose()

            face.do(finish())
            assert server.ended.acquire(timeout=5)
            face.end()

    def test_a_blocking_connection_from_another_thread_wakes_its_reader(self) -> None:
        face = Face("blocking")
        woken: list[BaseException] = []
        with answering(Server(held)) as port:
            exchange: Any = face.do(face.send(port))
            face.do(exchange.chunk())

            def read() -> None:
                try:
                    face.do(exchange.chunk())
                except APIConnectionError as error:
                    woken.append(error)

            reader = threading.Thread(target=read)
            reader.start()
            while reader.is_alive():
                face.do(exchange.aclose())
                reader.join(0.05)
            face.end()
        assert len(woken) <= 1


class TestACancelledWait:
    def test_ends_the_connection_at_once(self) -> None:
        server = Server(held)

        async def journey(port: int) -> None:
            face = Face("blocking")
            face.runtime = runtime_of("asyncio")
            exchange = await face.send(port)
            await exchange.chunk()
            waiting = asyncio.ensure_future(exchange.chunk())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await exchange.aclose()
            await asyncio.sleep(0)
            assert await asyncio.to_thread(server.ended.acquire, timeout=5)
            await face.runtime.aclose()

        with answering(server) as port:
            asyncio.run(journey(port))

    @pytest.mark.parametrize("turns", range(12))
    def test_leaves_no_socket_behind_at_any_point(self, turns: int) -> None:
        """asyncio's own race between addresses loses the socket of a caller that gives up in the wrong moment."""

        async def journey(port: int) -> None:
            face = Face("blocking")
            face.runtime = runtime_of("asyncio")
            asking = asyncio.ensure_future(face.ask(port))
            for _ in range(turns + 1):
                await asyncio.sleep(0)
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
            await face.runtime.aclose()

        with answering(Server(OK)) as port:
            asyncio.run(journey(port))
            gc.collect()  # an unclosed socket warns here, and the warning fails the test


class TestAStreamNobodyReads:
    def test_does_not_fill_the_memory(self) -> None:
        sent = 0
        stalled = threading.Event()

        def flood(connection: socket.socket) -> None:
            nonlocal sent
            request_of(connection)
            connection.sendall(HEAD + b"\r\n")
            connection.settimeout(0.3)
            try:
                while sent < 200_000_000:
                    sent += connection.send(b"x" * 65536)
            except TimeoutError:
                stalled.set()

        async def journey(port: int) -> None:
            face = Face("blocking")
            face.runtime = runtime_of("asyncio")
            exchange: Any = await face.send(port)
            assert await asyncio.to_thread(stalled.wait, 10)
            assert exchange._reader.held <= 2 * MOST_HELD
            size = 0
            while data := await exchange.chunk():
                size += len(data)
            assert sent == size
            await exchange.aclose()
            await face.runtime.aclose()

        with answering(flood) as port:
            asyncio.run(journey(port))
        assert stalled.is_set()


class TestThreads:
    def test_get_the_answers_to_their_own_questions(self) -> None:
        def echo(connection: socket.socket) -> None:
            while data := request_of(connection):
                body = data.partition(b"\r\n\r\n")[2]
                connection.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)

        face = Face("blocking")
        wrong: list[bytes] = []

        def work(name: int) -> None:
            for turn in range(50):
                asked = b"%d-%d" % (name, turn) * (turn + 1)
                if (got := face.do(face.ask(port, body=asked))) != asked:
                    wrong.append(got)

        with answering(echo) as port:
            threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            face.end()
        assert [] == wrong


class TestProxiesOverTls:
    @pytest.fixture
    def certificate(self, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "cert.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
        ways.tls.cache_clear()
        yield context
        ways.tls.cache_clear()

    @staticmethod
    def through(asked: list[bytes], status: bytes = b"200 Connected") -> Callable[[socket.socket], None]:
        def handle(connection: socket.socket) -> None:
            request = request_of(connection)
            asked.append(request)
            if not request.startswith(b"CONNECT"):
                connection.sendall(HEAD + b"connection: close\r\ncontent-length: 8\r\n\r\nby proxy")
                return
            connection.sendall(b"HTTP/1.1 %s\r\nx: y\r\n\r\n" % status)
            host, _, port = request.split()[1].rpartition(b":")
            with socket.create_connection((host.decode(), int(port)), 5) as target:

                def back() -> None:
                    with suppress(OSError):
                        while data := target.recv(65536):
                            connection.sendall(data)

                thread = threading.Thread(target=back)
                thread.start()
                with suppress(OSError):
                    while data := connection.recv(65536):
                        target.sendall(data)
                    target.shutdown(socket.SHUT_RDWR)
                thread.join(5)

        return handle

    @pytest.mark.parametrize("outer", [False, True], ids=["http-proxy", "https-proxy"])
    @pytest.mark.parametrize("inner", [False, True], ids=["http", "https"])
    def test_carry_large_bodies_both_ways(
        self, face: Face, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, outer: bool, inner: bool
    ) -> None:
        asked: list[bytes] = []
        body = b"z" * 900_000
        server = Server(HEAD + b"content-length: 900000\r\n\r\n" + body)
        with (
            answering(self.through(asked), certificate if outer else None) as proxy,
            answering(server, certificate if inner else None) as port,
        ):
            address = f"{'https' if outer else 'http'}://user:pass@127.0.0.1:{proxy}"
            monkeypatch.setenv("HTTPS_PROXY", address)
            monkeypatch.setenv("HTTP_PROXY", address)
            got = [face.do(face.ask(port, body=b"y" * 500_000, tls=inner)) for _ in range(2)]
            face.end()
        assert [body if inner else b"by proxy"] * 2 == got
        assert b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in asked[0]
        if inner:
            assert (1, 1) == (len(asked), server.accepted)
            assert b"yyy" not in asked[0]

    def test_that_refuse_are_told_of(self, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 3\r\n\r\nwho")

        with answering(refuse) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            with pytest.raises(APIConnectionError, match="proxy answered with status 407"):
                face.do(face.ask(9, tls=True))
            face.end()


class TestUvloop:
    def test_serves_as_well(self) -> None:
        uvloop = pytest.importorskip("uvloop")
        server = Server(OK)

        async def journey(port: int) -> None:
            face = Face("blocking")
            face.runtime = runtime_of("asyncio")
            assert b"ok" == await face.ask(port)
            assert b"ok" == await face.ask(port)
            await face.runtime.aclose()

        with answering(server) as port, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(journey(port))
        assert 1 == server.accepted
