"""The extra `fast`: what pyreqwest is kept from, and that nothing piles up around it."""

import gzip
import tracemalloc
from typing import Any

import pytest
from tests.runtime.http_kit import answering, got, response, saying

pytest.importorskip("pyreqwest", reason="needs the extra `fast`")

import aigw
from aigw.call import UNLIMITED, Patience, Timeouts
from aigw.errors import APIConnectionError
from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.runtime.fast import MOST_CLIENTS, FastAsyncioRuntime, FastBlockingRuntime
from aigw.wire import HttpRequest

URL = "http://127.0.0.1:9/"


def patience(*, connect: float | None = 5.0, streamed: bool = False) -> Patience:
    return Patience(lambda: 0.0, Timeouts(connect=connect, total=10.0), UNLIMITED, streamed=streamed)


@pytest.fixture
def clients() -> Any:
    return FastBlockingRuntime()._clients


def test_a_packed_bomb_never_stands_in_memory_whole() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    with answering(saying(response(bomb, "content-encoding: gzip", status="500 No"))) as port:
        tracemalloc.start()
        try:
            _, _, body, cut = got("fast-blocking", f"http://127.0.0.1:{port}/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert (1_000_000, True) == (len(body), cut)
    assert peak < 80_000_000


def test_a_header_that_is_not_ascii_does_not_cost_the_answer() -> None:
    with answering(saying(response(b"paid for", "x-name: Caf\xe9", "x-more: 1"))) as port:
        status, headers, body, _ = got("fast-blocking", f"http://127.0.0.1:{port}/")

    assert (200, "1", b"paid for") == (status, headers["x-more"], body)


def test_a_key_that_cannot_be_sent_is_not_quoted() -> None:
    runtime = FastBlockingRuntime()
    request = HttpRequest("POST", URL, (("Authorization", "Bearer top\nsecret"),), b"{}")

    with pytest.raises(APIConnectionError) as caught:
        run(runtime.send("pool", request, patience()))

    error: BaseException | None = caught.value
    assert "top" not in str(error)
    assert "top" not in str(error.__cause__ if error is not None else "")


def test_it_is_used_only_where_it_was_asked_for_by_name() -> None:
    """A cancelled call would keep its connection: see docs/explanation/decisions.md."""
    assert BlockingRuntime is type(aigw.Gateway._runtime("httpcore", None))
    assert AsyncioRuntime is type(aigw.AsyncGateway._runtime("httpcore", None))
    assert FastBlockingRuntime is type(aigw.Gateway._runtime("pyreqwest", None))
    assert FastAsyncioRuntime is type(aigw.AsyncGateway._runtime("pyreqwest", None))


def test_streams_are_not_for_it(clients: Any) -> None:
    assert clients.get("pool", URL, patience(streamed=True)) is None
    assert clients.get("pool", URL, patience()) is not None


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_trust_does_not_differ_between_transports(clients: Any, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/somewhere")

    assert clients.get("tls", "https://127.0.0.1:9/", patience()) is None
    assert clients.get("plain", URL, patience()) is not None


def test_what_is_behind_a_proxy_is_not_for_it(clients: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert clients.get("pool", "http://llm.example/", patience()) is None


def test_keys_that_were_rotated_away_are_forgotten() -> None:
    runtime = FastBlockingRuntime()
    for number in range(100):
        runtime._clients.get(f"provider|{number}", URL, patience())

    runtime.retain(frozenset({"provider|99"}))

    assert {"provider|99"} == set(runtime._clients._direct)


def test_callers_own_connect_limits_do_not_pile_up_clients(clients: Any) -> None:
    given = [clients.get("pool", URL, patience(connect=1.0 + number)) for number in range(MOST_CLIENTS + 5)]

    assert [None] * 5 == given[MOST_CLIENTS:]
    assert given[0] is clients.get("pool", URL, patience(connect=1.0))


def test_after_closing_no_client_is_made_that_nobody_would_close(clients: Any) -> None:
    assert clients.get("pool", URL, patience()) is not None

    assert 1 == len(clients.give_up())
    assert clients.get("pool", URL, patience()) is None
