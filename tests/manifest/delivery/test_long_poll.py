"""A server that can wait tells of a new manifest at once; one that cannot, or says so in vain, is polled as before."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import WaitingOrigin, following, serial
from tests.manifest.manifest_kit import Origin, StillClock, document, holder

from aigw.errors import APIConnectionError
from aigw.runtime.fetch import Fetcher


@pytest.fixture
def waiting() -> Iterator[WaitingOrigin]:
    origin = WaitingOrigin()
    yield origin
    origin.publish(document(99))
    origin.close()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher()
    yield made
    made.close()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def beside(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_what_is_published_while_it_waits_is_in_force_with_that_look(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher
) -> None:
    held = following(waiting, clock, wait=fetcher)
    assert 0.1 == held.tick()

    look = beside(held.tick)
    assert waiting.holding.wait(10)
    assert 7 == serial(held)
    waiting.publish(document(8))
    look.join(10)

    assert (8, 0.1) == (serial(held), held._follower.next_s)


def test_a_server_that_does_not_say_it_waits_is_polled(origin: Origin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(origin, clock, wait=fetcher)
    assert [10.0, 10.0, 10.0] == [held.tick() for _ in range(3)]
    assert ["wait=0"] * 3 == [asked["prefer"] for asked in origin.asked]


@pytest.mark.parametrize("said", ["wait", "wait=30", "respond-async, Wait=10"])
def test_a_server_says_in_several_ways_that_it_waits(origin: Origin, clock: StillClock, said: str) -> None:
    origin.headers = {"Preference-Applied": said}
    held = following(origin, clock, wait=Fetcher())
    assert 0.1 == held.tick()


@pytest.mark.parametrize("said", ["", "respond-async", "waiting=3"])
def test_another_preference_is_not_taken_for_it(origin: Origin, clock: StillClock, said: str) -> None:
    origin.headers = {"Preference-Applied": said}
    held = following(origin, clock, wait=Fetcher())
    assert 10.0 == held.tick()


def test_one_that_says_so_in_vain_is_polled_for_a_minute(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher
) -> None:
    waiting.holds = False
    held = following(waiting, clock, wait=fetcher)
    assert [0.1, 10.0, 10.0] == [held.tick() for _ in range(3)]
    assert 1 == len(waiting.waited)
    clock.at += 60.0
    assert [10.0, 10.0] == [held.tick() for _ in range(2)]
    assert 2 == len(waiting.waited)


def test_a_document_that_is_refused_does_not_make_it_ask_without_end(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher
) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.tick()
    waiting.publish(b"schema: [")
    assert [10.0, 10.0] == [held.tick() for _ in range(2)]
    assert 1 == len(waiting.waited)


def test_one_that_refuses_to_wait_is_polled(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.tick()

    def refuse(url: str, headers: object, timeout_s: float) -> None:
        message = "the proxy closed the connection"
        raise APIConnectionError(message)

    fetcher._fetched = refuse  # type: ignore[method-assign, assignment]
    assert 10.0 == held.tick()
    assert "current" == held.status().state


def test_one_that_goes_down_is_told_by_the_look(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.tick()
    waiting.holds, waiting.status = False, 503
    assert [10.0, 20.0] == [held.tick() for _ in range(2)]
    assert "backoff" == held.status().sync


def test_without_an_etag_there_is_nothing_to_wait_for(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher
) -> None:
    waiting.etags = False
    held = following(waiting, clock, wait=fetcher)
    held.tick()
    held.tick()
    assert [] == waiting.waited


def test_without_a_way_to_end_the_waiting_there_is_none(waiting: WaitingOrigin) -> None:
    held = holder(waiting.url)
    assert [10.0, 10.0] == [held.tick() for _ in range(2)]


def test_a_poke_ends_the_waiting(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.ready().result(10)
    assert waiting.holding.wait(10)
    waiting.content = document(8)  # nobody tells the one who waits

    held.poke()

    assert waiting_for(lambda: serial(held) == 8)
    assert waiting.holding.wait(10)
    assert held._follower.lingers
    held.close()


def test_a_poke_before_the_waiting_ends_the_next(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.tick()
    held._follower.hurry()
    assert 0.1 == held.tick()
    assert [] == waiting.waited


def test_a_look_of_somebody_else_does_not_wait_for_it(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher
) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.ready().result(10)
    assert waiting.holding.wait(10)
    waiting.content = document(8)
    assert held.check()
    assert (8, True) == (serial(held), waiting.holding.is_set())
    fetcher.close()
    held.close()


def test_closing_ends_it(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.ready().result(10)
    assert waiting.holding.wait(10)
    fetcher.close()
    held.close()
    assert held._worker is not None
    assert not held._worker.is_running  # type: ignore[attr-defined]


def test_only_the_one_that_asks_waits(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher, tmp_path: Path
) -> None:
    leader = following(waiting, clock, tmp_path)
    leader.tick()
    sibling = following(waiting, clock, tmp_path, wait=fetcher)
    sibling.check()
    assert [1.0, 1.0] == [sibling.tick() for _ in range(2)]
    assert [] == waiting.waited
    fetcher.close()
    sibling.close()


def test_nobody_takes_its_waiting_for_silence(
    waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher, tmp_path: Path
) -> None:
    leader, sibling = following(waiting, clock, tmp_path, wait=fetcher), following(waiting, clock, tmp_path)
    leader.tick()
    look = beside(leader.tick)
    assert waiting.holding.wait(10)
    asks = []
    for _ in range(3):
        sibling.tick()
        asks.append(sibling.status().asks)
        clock.at += 35.0
    waiting.publish(document(8))
    look.join(10)

    assert [False, False, False] == asks
    sibling.tick()
    assert (8, False) == (serial(sibling), sibling.status().asks)


def test_who_waits_is_not_late(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.tick()
    look = beside(held.tick)
    assert waiting.holding.wait(10)
    late = []
    for _ in range(2):
        clock.at += 50.0
        late.append(held.is_late)
        clock.at += 0.1
    waiting.publish(document(8))
    look.join(10)
    assert [False, True] == late


def test_a_forked_child_does_not_begin_by_waiting(waiting: WaitingOrigin, clock: StillClock, fetcher: Fetcher) -> None:
    held = following(waiting, clock, wait=fetcher)
    held.tick()
    held.after_fork()
    assert 0.1 == held.tick()
    assert [] == waiting.waited


def waiting_for(holds: Callable[[], bool]) -> bool:
    ended = threading.Event()
    return any(holds() or ended.wait(0.01) for _ in range(1000))
