"""A fetch that another thread may end, and that works again afterwards, unless it was closed."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import WaitingOrigin

from aigw.errors import APIConnectionError, GatewayClosedError
from aigw.runtime.fetch import Fetcher

WAIT = {"Prefer": "wait=30"}


@pytest.fixture
def origin() -> Iterator[WaitingOrigin]:
    server = WaitingOrigin()
    yield server
    server.publish(b"")
    server.close()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher()
    yield made
    made.close()


class Waiting:
    """A fetch in a thread of its own, for what the origin has not got yet."""

    def __init__(self, fetcher: Fetcher, origin: WaitingOrigin) -> None:
        self.ended: object = None
        self._fetcher = fetcher
        self._origin = origin
        self.thread = threading.Thread(target=self._fetch, daemon=True)
        self.thread.start()

    def _fetch(self) -> None:
        known = f'"{hash(self._origin.content)}"'
        try:
            self.ended = self._fetcher(self._origin.url, {**WAIT, "If-None-Match": known}, 30.0)
        except (APIConnectionError, GatewayClosedError) as error:
            self.ended = error


def test_one_that_is_interrupted_ends_and_the_next_works(origin: WaitingOrigin, fetcher: Fetcher) -> None:
    waiting = Waiting(fetcher, origin)
    assert origin.holding.wait(10)
    fetcher.interrupt()
    waiting.thread.join(10)

    assert isinstance(waiting.ended, APIConnectionError)
    assert 200 == fetcher(origin.url, {}, 10.0).status_code


def test_an_interruption_before_it_begins_is_not_lost(origin: WaitingOrigin, fetcher: Fetcher) -> None:
    fetcher.interrupt()
    with pytest.raises(APIConnectionError):
        fetcher(origin.url, WAIT, 30.0)
    assert 200 == fetcher(origin.url, {}, 10.0).status_code


def test_one_that_is_closed_stays_so(origin: WaitingOrigin, fetcher: Fetcher) -> None:
    waiting = Waiting(fetcher, origin)
    assert origin.holding.wait(10)
    fetcher.close()
    waiting.thread.join(10)

    assert isinstance(waiting.ended, GatewayClosedError)
    fetcher.interrupt()
    with pytest.raises(GatewayClosedError):
        fetcher(origin.url, {}, 10.0)


@pytest.mark.parametrize("location", ["//[nowhere/", "http://[::1"])
def test_a_redirect_to_what_is_no_url_is_a_failed_fetch(origin: WaitingOrigin, fetcher: Fetcher, location: str) -> None:
    origin.status, origin.headers = 302, {"Location": location}

    with pytest.raises(APIConnectionError, match="redirects to what is no URL"):
        fetcher(origin.url, {}, 10.0)


def unanswered(listener: socket.socket) -> int:
    """Count the connections to *listener* that are being opened."""
    return Path("/proc/net/tcp").read_text().count(f":{listener.getsockname()[1]:04X} 02 ")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux says which connections are being opened")
def test_one_that_nobody_has_accepted_yet_ends_when_it_is_closed() -> None:
    with socket.socket() as deaf, contextlib.ExitStack() as callers:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # a full queue: whoever comes now is not answered
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        queued, fetcher, ended = unanswered(deaf), Fetcher(), list[object]()

        def fetch() -> None:
            try:
                fetcher(f"http://127.0.0.1:{deaf.getsockname()[1]}/", {}, 60.0)
            except GatewayClosedError as error:
                ended.append(error)

        thread = threading.Thread(target=fetch, daemon=True)
        thread.start()
        while unanswered(deaf) == queued:
            thread.join(0.001)
        fetcher.close()

        assert queued == unanswered(deaf)
        thread.join(10)
        assert [GatewayClosedError] == [type(each) for each in ended]
