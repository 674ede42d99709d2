"""What is published is in force soon: at a poke, by a long poll, while providers fail, and after a process was frozen.

And of many processes on one host, one asks the network.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys import followed
from tests.journeys.journey_kit import NOBODY, Journey, manifest
from tests.manifest.delivery.following_kit import WaitingOrigin

import aigw
from aigw.testing import ManifestServer, OpenAIServer, Status

SRC = Path(aigw.__file__).parent.parent
FOR_EVER_S = 3600.0
PATIENCE_S = 30.0


@pytest.fixture
def origin(openai: OpenAIServer) -> Iterator[ManifestServer]:
    with ManifestServer(manifest(openai, max_retries=0)) as server:
        yield server


@pytest.fixture
def waiting(openai: OpenAIServer) -> Iterator[WaitingOrigin]:
    server = WaitingOrigin()
    server.content = written(openai, 1)
    yield server
    server.publish(b"")
    server.close()


def written(server: OpenAIServer, serial: int) -> bytes:
    return json.dumps(manifest(server, serial=serial, max_retries=0)).encode()


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up
        threading.Event().wait(0.01)


def serial(journey: Journey) -> int | None:
    found: int | None = journey.gw.manifest.status().serial
    return found


class TestAPoke:
    def test_brings_what_is_new_without_waiting_for_the_interval(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        journey.start(origin.url, refresh_interval=FOR_EVER_S)
        assert 1 == journey.ask().aigw.serial
        origin.publish(manifest(openai, serial=2))
        journey.gw.manifest.poke()
        until(lambda: serial(journey) == 2)
        assert 2 == journey.ask().aigw.serial

    def test_is_heard_by_one_that_has_given_up_for_minutes(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        journey.start(origin.url, refresh_interval=FOR_EVER_S)
        journey.ask()
        origin.fail(503, headers={"Retry-After": "600"})
        journey.gw.manifest.poke()
        until(lambda: journey.gw.manifest.status().sync == "backoff")
        origin.publish(manifest(openai, serial=2))
        journey.gw.manifest.poke()
        until(lambda: serial(journey) == 2)

    def test_before_the_first_call_fetches(self, journey: Journey, origin: ManifestServer) -> None:
        journey.start(origin.url, refresh_interval=FOR_EVER_S)
        journey.gw.manifest.poke()
        until(lambda: serial(journey) == 1)

    def test_does_nothing_once_it_is_closed(self, journey: Journey, origin: ManifestServer) -> None:
        journey.start(origin.url, refresh_interval=FOR_EVER_S)
        journey.ask()
        journey.face.do(journey.gw.close())
        journey.gw.manifest.poke()
        assert 1 == len(origin.requests)


class TestALongPoll:
    def test_brings_what_is_new_at_once(self, journey: Journey, waiting: WaitingOrigin, openai: OpenAIServer) -> None:
        journey.start(waiting.url, refresh_interval=FOR_EVER_S, clock=None)
        assert 1 == journey.ask().aigw.serial
        assert waiting.holding.wait(PATIENCE_S)
        waiting.publish(written(openai, 2))
        until(lambda: serial(journey) == 2)
        assert 2 == journey.ask().aigw.serial

    def test_goes_on_after_a_poke(self, journey: Journey, waiting: WaitingOrigin, openai: OpenAIServer) -> None:
        journey.start(waiting.url, refresh_interval=FOR_EVER_S, clock=None)
        journey.ask()
        assert waiting.holding.wait(PATIENCE_S)
        waiting.content = written(openai, 2)
        journey.gw.manifest.poke()
        until(lambda: serial(journey) == 2)
        until(lambda: len(waiting.waited) >= 2 and waiting.holding.is_set())
        waiting.publish(written(openai, 3))
        until(lambda: serial(journey) == 3)

    def test_does_not_hold_up_a_refresh(self, journey: Journey, waiting: WaitingOrigin, openai: OpenAIServer) -> None:
        journey.start(waiting.url, refresh_interval=FOR_EVER_S, clock=None)
        journey.ask()
        assert waiting.holding.wait(PATIENCE_S)
        waiting.content = written(openai, 2)
        assert journey.face.do(journey.gw.refresh())
        assert (2, True) == (serial(journey), waiting.holding.is_set())

    def test_ends_when_the_gateway_is_closed(self, journey: Journey, waiting: WaitingOrigin) -> None:
        journey.start(waiting.url, refresh_interval=FOR_EVER_S, clock=None)
        journey.ask()
        assert waiting.holding.wait(PATIENCE_S)
        thread = journey.gw._core._holder._worker._thread
        journey.face.do(journey.gw.close())
        assert not thread.is_alive()

    def test_is_not_asked_of_an_origin_that_cannot(self, journey: Journey, origin: ManifestServer) -> None:
        journey.start(origin.url, refresh_interval=0.02, clock=None)
        journey.ask()
        assert origin.wait_for(lambda: len(origin.requests) >= 4)
        assert {"wait=0"} == {request.headers.get("prefer") for request in origin.requests}


class TestAnOutage:
    def test_of_a_provider_makes_it_look_at_once(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        journey.start(origin.url, refresh_interval=FOR_EVER_S)
        openai.always(Status(503))
        for _ in range(4):
            journey.fail()
        origin.publish(manifest(openai, serial=2))
        assert 1 == len(origin.requests)
        journey.fail()
        until(lambda: serial(journey) == 2)
        assert 2 == len(origin.requests)

    def test_is_met_by_a_look_every_two_seconds(self, journey: Journey) -> None:
        with ManifestServer(manifest(NOBODY, max_retries=0)) as origin:
            journey.start(origin.url, refresh_interval=FOR_EVER_S)
            for _ in range(5):
                journey.fail()
            assert origin.wait_for(lambda: len(origin.requests) == 2)
            follower = journey.gw._core._holder._follower
            until(lambda: 1.6 <= follower.next_s <= 2.4)
            assert {"first/m": "open"} == {target: each.state for target, each in journey.gw.health().items()}


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can stop a process")
class TestAProcessThatWasFrozen:
    @pytest.mark.parametrize("face", ["sync", "async"])
    def test_serves_its_first_call_and_then_the_new_manifest(
        self, face: str, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        with ManifestServer(manifest(openai, max_retries=0)) as origin:
            child = started(origin.url, tmp_path, face, interval_s=0.2)
            assert "1" == child.ask()
            os.kill(child.process.pid, signal.SIGSTOP)
            origin.publish(manifest(openai, serial=2))
            threading.Event().wait(0.6)
            os.kill(child.process.pid, signal.SIGCONT)
            assert child.ask() in ("1", "2")
            until(lambda: child.ask() == "2")
            child.end()

    def test_looks_before_its_first_call_where_only_the_clock_has_jumped(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        journey.start(origin.url, refresh_interval=600.0)
        assert 1 == journey.ask().aigw.serial
        until(lambda: journey.gw.manifest.status().sync == "idle")
        origin.publish(manifest(openai, serial=2))
        journey.clock.advance(3600.0)
        assert journey.ask().aigw.serial in (1, 2)
        until(lambda: journey.ask().aigw.serial == 2)
        assert 2 == len(origin.requests)

    def test_serves_what_it_has_while_the_source_hangs(self, journey: Journey, origin: ManifestServer) -> None:
        journey.start(origin.url, refresh_interval=600.0)
        journey.ask()
        until(lambda: journey.gw.manifest.status().sync == "idle")
        origin.hang()
        journey.clock.advance(3600.0)
        assert [1, 1, 1] == [journey.ask().aigw.serial for _ in range(3)]
        assert origin.wait_for(lambda: len(origin.requests) == 2)


class Child:
    """A process with a gateway, which makes a call for each line it is sent and writes the serial that served."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("ask\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def asks(self) -> bool:
        """Whether it is the one that asks the network."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("asks\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() == "True"

    def end(self) -> None:
        self.process.communicate(timeout=PATIENCE_S)
        assert 0 == self.process.returncode


def started(url: str, folder: Path, face: str, interval_s: float) -> Child:
    process = subprocess.Popen(
        [sys.executable, followed.__file__, url, face, str(interval_s)],
        env={"PYTHONPATH": str(SRC), "AIGW_CACHE_DIR": str(folder / "cache"), "HOME": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Child(process)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no locks of this kind")
class TestManyProcessesOfOneHost:
    INTERVAL_S = 1.0

    @pytest.fixture
    def family(self, origin: ManifestServer, tmp_path: Path) -> Iterator[list[Child]]:
        made = [started(origin.url, tmp_path, "sync", self.INTERVAL_S) for _ in range(8)]
        yield made
        for child in made:
            child.process.kill()
            child.process.wait()
            for pipe in (child.process.stdin, child.process.stdout):
                if pipe is not None:
                    pipe.close()

    def test_one_asks_and_all_follow_and_when_it_is_killed_another_takes_over(
        self, family: list[Child], origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        assert ["1"] * 8 == [child.ask() for child in family]
        until(lambda: sum(child.asks() for child in family) == 1)

        asked = len(origin.requests)
        assert origin.wait_for(lambda: len(origin.requests) >= asked + 2, PATIENCE_S)
        opened = origin.connections.accepted
        assert origin.wait_for(lambda: len(origin.requests) >= asked + 8, PATIENCE_S)
        assert opened == origin.connections.accepted  # all of these came over the one connection of the one that asks

        origin.publish(manifest(openai, serial=2))
        until(lambda: [child.ask() for child in family] == ["2"] * 8)

        leader = next(child for child in family if child.asks())
        leader.process.kill()
        leader.process.wait()
        rest: list[Any] = [child for child in family if child is not leader]
        until(lambda: sum(child.asks() for child in rest) == 1)
        origin.publish(manifest(openai, serial=3))
        until(lambda: [child.ask() for child in rest] == ["3"] * 7)
