"""A fetch that another thread may end, and that works again afterwards, unless it was closed."""

import threading
from collections.abc import Iterator

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
