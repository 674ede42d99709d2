"""Both runtimes read the same answers and tell the same failures, in our words."""

import gzip
import socket
import ssl
import struct
import subprocess
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runtime.http_kit import RUNTIMES, answering, got, request_of, response, saying

from aigw.call import Timeouts
from aigw.errors import APIConnectionError, APITimeoutError, ConfigurationError
from aigw.runtime import ways

BRIEF_S = 0.05
BODY = b'{"answer": "' + b"yes " * 1000 + b'"}'


@pytest.fixture(params=RUNTIMES)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(autouse=True)
def _fresh_tls() -> Iterator[None]:
    ways.tls.cache_clear()
    yield
    ways.tls.cache_clear()


def gzipped() -> bytes:
    return response(gzip.compress(BODY), "content-encoding: gzip")


class TestAnswers:
    def test_status_headers_and_body_come_as_they_are(self, name: str) -> None:
        with answering(saying(response(BODY, "X-Note: caf\xe9", "x-note: b", status="418 Teapot"))) as port:
            status, headers, body, cut = got(name, f"http://127.0.0.1:{port}/v1?x=1")
        assert (418, BODY, False) == (status, body, cut)
        assert "b" in headers["x-note"]

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize(
        ("encoding", "packed"),
        [
            ("gzip", gzip.compress(BODY)),
            ("GZip", gzip.compress(BODY)),
            ("x-gzip", gzip.compress(BODY)),
            ("deflate", zlib.compress(BODY)),
            ("identity", BODY),
            ("", BODY),
        ],
        ids=["gzip", "GZip", "x-gzip", "deflate", "identity", "none"],
    )
    def test_a_packed_body_is_unpacked_though_nobody_asked_for_it(
        self, name: str, encoding: str, packed: bytes, streamed: bool
    ) -> None:
        with answering(saying(response(packed, f"content-encoding: {encoding}"))) as port:
            assert BODY == got(name, f"http://127.0.0.1:{port}/", streamed=streamed)[2]

    def test_several_members_of_gzip_are_one_body(self, name: str) -> None:
        packed = gzip.compress(BODY[:10]) + gzip.compress(BODY[10:])
        with answering(saying(response(packed, "content-encoding: gzip"))) as port:
            assert BODY == got(name, f"http://127.0.0.1:{port}/")[2]

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_a_body_that_is_not_packed_as_it_says_is_an_error_of_ours(self, name: str, streamed: bool) -> None:
        with (
            answering(saying(response(b"not gzip at all", "content-encoding: gzip"))) as port,
            pytest.raises(APIConnectionError),
        ):
            got(name, f"http://127.0.0.1:{port}/", streamed=streamed)

    def test_a_body_beyond_the_limit_is_cut_and_said_to_be(self, name: str) -> None:
        with answering(saying(response(b"x" * 3_000_000))) as port:
            _, _, body, cut = got(name, f"http://127.0.0.1:{port}/")
        assert (1_000_000, True) == (len(body), cut)

    def test_a_packed_bomb_is_cut_too(self, name: str) -> None:
        bomb = gzip.compress(b"\0" * 50_000_000)
        with answering(saying(response(bomb, "content-encoding: gzip"))) as port:
            _, _, body, cut = got(name, f"http://127.0.0.1:{port}/")
        assert (1_000_000, True) == (len(body), cut)

    def test_a_packed_bomb_never_stands_in_memory_whole(self, name: str) -> None:
        bomb = gzip.compress(b"\0" * 200_000_000)
        with answering(saying(response(bomb, "content-encoding: gzip", status="500 No"))) as port:
            tracemalloc.start()
            try:
                got(name, f"http://127.0.0.1:{port}/")
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        assert peak < 50_000_000

    def test_the_request_is_sent_whole_with_host_and_length(self, name: str) -> None:
        seen: list[bytes] = []

        def handle(connection: socket.socket) -> None:
            seen.append(request_of(connection))
            connection.sendall(response())

        sent = b'{"a": "' + b"x" * 1_000_000 + b'"}'
        with answering(handle) as port:
            got(name, f"http://127.0.0.1:{port}/v1/chat?x=1&y=%20", body=sent)
        head, _, body = seen[0].partition(b"\r\n\r\n")
        assert sent == body
        assert head.startswith(b"POST /v1/chat?x=1&y=%20 HTTP/1.1\r\n")
        lower = head.lower()
        assert b"host: 127.0.0.1:%d" % port in lower
        assert b"content-length: %d" % len(sent) in lower
        assert b"content-type: application/json" in lower
        assert 1 == lower.count(b"host:") == lower.count(b"content-length:")

    def test_an_answer_before_the_whole_request_was_read_is_seen(self, name: str) -> None:
        """A provider that refuses a large request closes early; its reason must not become a broken pipe."""

        def handle(connection: socket.socket) -> None:
            connection.recv(1000)
            connection.sendall(response(b"too large", status="413 Payload Too Large"))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

        with answering(handle) as port:
            status, _, body, _ = got(name, f"http://127.0.0.1:{port}/", body=b"x" * 500_000)
        assert (413, b"too large") == (status, body)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_an_answer(self, name: str, status: int) -> None:
        with answering(saying(response(b"", "location: http://127.0.0.1:9/", status=f"{status} Go"))) as port:
            assert status == got(name, f"http://127.0.0.1:{port}/")[0]


def reset(connection: socket.socket) -> None:
    request_of(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class TestFailures:
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "broke the connection"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", ""),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "broke the connection"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "broke the connection"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", ""),
            (b"HTTP/1.1 999999 What\r\n\r\n", ""),
        ],
        ids=["closed", "no-http", "half", "half-chunk", "bad-chunk", "bad-status"],
    )
    def test_what_is_no_whole_answer_is_a_connection_error_that_names_the_host(
        self, name: str, data: bytes, words: str, streamed: bool
    ) -> None:
        with answering(saying(data)) as port, pytest.raises(APIConnectionError) as caught:
            got(name, f"http://user:secret@127.0.0.1:{port}/path?key=secret", streamed=streamed)
        assert f"127.0.0.1:{port}" in str(caught.value)
        assert words in str(caught.value)
        assert "secret" not in str(caught.value)
        assert not isinstance(caught.value, APITimeoutError)

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_a_reset_is_a_connection_error(self, name: str, streamed: bool) -> None:
        with answering(reset) as port, pytest.raises(APIConnectionError) as caught:
            got(name, f"http://127.0.0.1:{port}/", streamed=streamed)
        assert caught.value.__cause__ is not None

    def test_a_refused_connection_says_what_to_look_at(self, name: str) -> None:
        with pytest.raises(APIConnectionError, match=r"Cannot connect to 127\.0\.0\.1:9: \w.*\. Is it up, and"):
            got(name, "http://127.0.0.1:9/")

    def test_a_name_nobody_knows_is_a_connection_error(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(APIConnectionError, match=r"Cannot connect to no-such-host\.invalid"):
            got(name, "http://no-such-host.invalid/")

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_an_answer_that_does_not_come_is_a_timeout_with_its_limit(self, name: str, streamed: bool) -> None:
        def handle(connection: socket.socket) -> None:
            request_of(connection)
            connection.recv(1)

        limits = Timeouts(first_token=BRIEF_S) if streamed else Timeouts(total=BRIEF_S)
        with answering(handle) as port, pytest.raises(APITimeoutError) as caught:
            got(name, f"http://127.0.0.1:{port}/", limits=limits, streamed=streamed)
        assert ("first_token" if streamed else "attempt") == caught.value.phase

    def test_a_drip_of_bytes_does_not_outlast_the_attempts_limit(self, name: str) -> None:
        """A timeout for each read alone lets a slow sender hold a call for ever."""

        def handle(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            connection.settimeout(BRIEF_S / 5)
            for _ in range(100):
                connection.sendall(b"x")
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    continue

        with answering(handle) as port, pytest.raises(APITimeoutError):
            got(name, f"http://127.0.0.1:{port}/", limits=Timeouts(total=BRIEF_S * 2))

    def test_a_server_that_never_reads_does_not_outlast_the_attempts_limit(self, name: str) -> None:
        def handle(connection: socket.socket) -> None:
            connection.recv(1)
            connection.settimeout(20 * BRIEF_S)
            connection.recv(1, socket.MSG_PEEK)
            while connection.recv(65536, socket.MSG_PEEK):
                if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    return

        limits = Timeouts(total=BRIEF_S * 2)
        with answering(handle) as port, pytest.raises(APITimeoutError):
            got(name, f"http://127.0.0.1:{port}/", limits=limits, body=b"x" * 30_000_000)


class TestTls:
    """TLS settings that one face honours and the other ignores."""

    @pytest.fixture
    def server(self, certificates: Path) -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
        with answering(saying(response(BODY)), context) as port:
            yield port

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_a_certificate_nobody_vouches_for_is_refused(self, name: str, server: int, streamed: bool) -> None:
        with pytest.raises(APIConnectionError, match=r"(?i)certificate"):
            got(name, f"https://127.0.0.1:{server}/", streamed=streamed)

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize("bundle", [False, True], ids=["alone", "in-a-bundle"])
    def test_ssl_cert_file_vouches_for_it(
        self,
        name: str,
        server: int,
        certificates: Path,
        monkeypatch: pytest.MonkeyPatch,
        streamed: bool,
        bundle: bool,
    ) -> None:
        file = certificates / "cert.pem"
        if bundle:
            import certifi

            file = certificates / "bundle.pem"
            file.write_text(Path(certifi.where()).read_text() + (certificates / "cert.pem").read_text())
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert BODY == got(name, f"https://127.0.0.1:{server}/", streamed=streamed)[2]

    def test_ssl_cert_dir_vouches_for_it(
        self, name: str, server: int, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in", certificates / "cert.pem"], capture_output=True, check=True
        )
        (tmp_path / f"{hashed.stdout.decode().strip()}.0").write_text((certificates / "cert.pem").read_text())
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        assert BODY == got(name, f"https://127.0.0.1:{server}/")[2]

    def test_a_name_that_is_not_the_servers_is_refused(
        self, name: str, server: int, certificates: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "cert.pem"))
        with pytest.raises(APIConnectionError):
            got(name, f"https://127.0.0.2:{server}/")

    def test_a_certificate_file_that_is_not_there_is_told(
        self, name: str, server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
        with pytest.raises(APIConnectionError):
            got(name, f"https://127.0.0.1:{server}/")


class TestProxies:
    """Proxy settings that one face honours and the other ignores."""

    @pytest.fixture
    def proxied(self) -> list[bytes]:
        return []

    @pytest.fixture
    def proxy(self, proxied: list[bytes]) -> Iterator[int]:
        def handle(connection: socket.socket) -> None:
            asked = request_of(connection)
            proxied.append(asked)
            if asked.startswith(b"CONNECT"):
                host, _, port = asked.split()[1].partition(b":")
                with socket.create_connection((host.decode(), int(port)), 5) as target:
                    connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    self.pump(connection, target)
            else:
                connection.sendall(response(b"by proxy"))

        with answering(handle) as port:
            yield port

    @staticmethod
    def pump(one: socket.socket, two: socket.socket) -> None:
        import threading

        def copy(source: socket.socket, sink: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        back = threading.Thread(target=copy, args=(two, one))
        back.start()
        copy(one, two)
        back.join(5)

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_the_environments_is_used(
        self,
        name: str,
        proxy: int,
        proxied: list[bytes],
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
        streamed: bool,
    ) -> None:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy}")
        assert b"by proxy" == got(name, "http://llm.example/v1", streamed=streamed)[2]
        assert proxied[0].startswith(b"POST http://llm.example/v1 HTTP/1.1")

    def test_its_password_is_sent_to_it_as_it_is(
        self, name: str, proxy: int, proxied: list[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import base64

        monkeypatch.setenv("HTTP_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy}")
        got(name, "http://llm.example/v1")
        assert base64.b64encode(b"user:p@ss") in proxied[0]

    @pytest.mark.parametrize("excepted", ["127.0.0.1", "*", "localhost,127.0.0.1"])
    def test_no_proxy_is_obeyed(
        self, name: str, proxy: int, proxied: list[bytes], monkeypatch: pytest.MonkeyPatch, excepted: str
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("NO_PROXY", excepted)
        with answering(saying(response(b"direct"))) as port:
            assert b"direct" == got(name, f"http://127.0.0.1:{port}/")[2]
        assert [] == proxied

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_tls_goes_through_it(
        self,
        name: str,
        proxy: int,
        proxied: list[bytes],
        certificates: Path,
        monkeypatch: pytest.MonkeyPatch,
        streamed: bool,
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "cert.pem"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
        with answering(saying(response(b"inside")), context) as port:
            assert b"inside" == got(name, f"https://127.0.0.1:{port}/", streamed=streamed)[2]
        assert proxied[0].startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1" % port)
        assert b"inside" not in proxied[0]

    def test_one_that_is_down_is_a_connection_error(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with pytest.raises(APIConnectionError):
            got(name, "http://llm.example/v1")

    def test_one_of_a_kind_we_do_not_speak_is_an_error_of_ours(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
        with pytest.raises(ConfigurationError, match=r"ALL_PROXY.*socks5"):
            got(name, "http://llm.example/v1")
