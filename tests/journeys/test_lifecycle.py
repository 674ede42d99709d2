"""A gateway lives as long as it is used: in threads, loops and forked children, and leaves nothing behind."""

import asyncio
import contextlib
import gc
import json
import os
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys import forking
from tests.journeys.journey_kit import MESSAGES, NOBODY, Journey, manifest, texts

import aigw
from aigw.call import Outcome
from aigw.sinks.jsonl import JsonLinesSink
from aigw.testing import (
    CutAt,
    FrozenClock,
    Hang,
    ManifestServer,
    OpenAIServer,
    ProviderServer,
    Received,
    RecordCapture,
    Reply,
    ResetAt,
    StallAt,
    Status,
    Text,
)

SRC = Path(aigw.__file__).parent.parent
ASK: dict[str, Any] = {"model": "chat", "messages": MESSAGES}


FILES = Path("/proc/self/fd")


def open_files() -> list[str]:
    names = []
    for link in FILES.iterdir():
        with contextlib.suppress(OSError):
            names.append(str(link.readlink()))
    return names


def followers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "aigw-manifest"]


@pytest.fixture
def origin(openai: OpenAIServer) -> Iterator[ManifestServer]:
    with ManifestServer(manifest(openai, max_retries=0)) as server:
        yield server


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
class TestAForkedChild:
    def fork(self, origin: ManifestServer, case: str, tmp_path: Path) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", forking.__file__, origin.url, case],
            env={"PYTHONPATH": str(SRC), "AIGW_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert 0 == done.returncode, done.stderr.decode()
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def test_works_if_it_was_forked_before_the_first_call(self, origin: ManifestServer, tmp_path: Path) -> None:
        told = self.fork(origin, "before_use", tmp_path)
        assert {"child": "Hello from m.", "parent": "Hello from m."} == told

    def test_works_with_connections_of_its_own(
        self, origin: ManifestServer, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        told = self.fork(origin, "after_use", tmp_path)
        assert {"first": "Hello from m.", "child": ["Hello from m."] * 2, "parent": "Hello from m."} == told
        assert 2 == openai.connections.accepted

    def test_leaves_the_streams_of_its_parent_alone(
        self, origin: ManifestServer, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        openai.always(Text("One two three."))
        told = self.fork(origin, "during_stream", tmp_path)
        assert {"child": "One two three.", "parent": "One two three."} == told

    def test_follows_the_manifest_by_itself(self, origin: ManifestServer, tmp_path: Path) -> None:
        told = self.fork(origin, "following", tmp_path)
        assert ["Hello from m.", ["MainThread", "aigw-manifest"]] == told["child"]
        assert ["MainThread", "aigw-manifest"] == told["parent"]

    def test_is_not_stopped_by_a_lock_that_a_thread_of_its_parent_held(
        self, origin: ManifestServer, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        document = manifest(NOBODY, openai, serial=2, max_retries=1)
        origin.publish(document)
        told = self.fork(origin, "with_locks_held", tmp_path)
        assert ("Hello from m.", "Hello from m.") == (told["child"], told["parent"])
        assert told["locks"] >= 5

    def test_works_in_a_loop_of_its_own(self, origin: ManifestServer, tmp_path: Path) -> None:
        told = self.fork(origin, "awaited", tmp_path)
        assert {"first": "Hello from m.", "child": ["Hello from m."] * 2, "parent": "Hello from m."} == told


class TestThreads:
    def test_share_one_gateway(self, openai: OpenAIServer) -> None:
        def answer(request: Received) -> Text:
            return Text(f"{request.json['messages'][0]['content']}!")  # type: ignore[index, call-overload]

        openai.always(answer)
        records = RecordCapture()
        wrong: list[object] = []
        with aigw.Gateway(manifest=manifest(openai), sinks=[records]) as gw:

            def work(name: int) -> None:
                for turn in range(10):
                    asked = {"model": "chat", "messages": [{"role": "user", "content": f"{name}-{turn}"}]}
                    with aigw.tags(worker=str(name)):
                        if turn % 2:
                            got = "".join(texts(gw.chat.completions.create(**asked, stream=True)))
                        else:
                            got = gw.chat.completions.create(**asked).choices[0].message.content
                    if got != f"{name}-{turn}!":
                        wrong.append((name, turn, got))

            threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert [] == wrong
        assert 60 == len({record.call_id for record in records.records})
        assert {str(name): 10 for name in range(6)} == {
            worker: sum(record.tags["worker"] == worker for record in records.records) for worker in map(str, range(6))
        }
        assert openai.connections.accepted < 30

    def test_a_sync_gateway_works_inside_a_running_loop(self, openai: OpenAIServer) -> None:
        async def journey() -> str | None:
            with aigw.Gateway(manifest=manifest(openai), sinks=[]) as gw:
                own = gw.chat.completions.create(**ASK).choices[0].message.content
                other = await asyncio.to_thread(lambda: gw.chat.completions.create(**ASK))
                assert own == other.choices[0].message.content
                return own

        assert "Hello from m." == asyncio.run(journey())

    def test_there_is_one_more_at_most_and_none_before_the_first_call(
        self, journey: Journey, origin: ManifestServer
    ) -> None:
        before = len(threading.enumerate()) - self.serving()
        gw = journey.start(origin.url)
        assert before == len(threading.enumerate()) - self.serving()
        for _ in range(3):
            journey.ask()
        assert before + 1 == len(threading.enumerate()) - self.serving()
        assert [True] == [thread.daemon for thread in followers()]
        journey.face.do(gw.close())
        assert [] == followers()

    def test_a_manifest_in_place_needs_none(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai))
        journey.ask()
        assert [] == followers()

    @staticmethod
    def serving() -> int:
        return sum(thread.name.startswith("aigw-testing") for thread in threading.enumerate())


class TestEventLoops:
    def test_one_gateway_serves_one_loop_after_the_other(self, openai: OpenAIServer) -> None:
        gw = aigw.AsyncGateway(manifest=manifest(openai), sinks=[])

        async def ask() -> str | None:
            stream = await gw.chat.completions.create(**ASK, stream=True)
            assert "Hello from m." == "".join(texts([chunk async for chunk in stream]))
            return (await gw.chat.completions.create(**ASK)).choices[0].message.content

        for _ in range(3):
            assert "Hello from m." == asyncio.run(ask())
        asyncio.run(gw.close())

    def test_connections_are_closed_with_their_loop(self, openai: OpenAIServer) -> None:
        """Pools kept by a loop that has gone grow for ever, and fail with 'Event loop is closed'."""
        gw = aigw.AsyncGateway(manifest=manifest(openai), sinks=[])
        for turn in range(1, 6):
            asyncio.run(self.ask(gw))
            assert openai.wait_for(lambda: not openai.connections.open)
            assert turn == openai.connections.accepted
        gc.collect()
        assert len(gw._core._runtime._loops) <= 1  # type: ignore[attr-defined]

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_a_loop_that_was_closed_without_a_word_is_given_up(self, openai: OpenAIServer) -> None:
        gw = aigw.AsyncGateway(manifest=manifest(openai), sinks=[])
        loops = []
        for _ in range(4):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(self.ask(gw))
            loop.close()
            loops.append(weakref.ref(loop))
        del loop
        asyncio.run(self.ask(gw))
        gc.collect()
        assert [None] * 4 == [each() for each in loops]
        assert openai.wait_for(lambda: not openai.connections.open)

    def test_one_gateway_serves_two_loops_at_once(self, openai: OpenAIServer) -> None:
        gw = aigw.AsyncGateway(manifest=manifest(openai), sinks=[])
        got: list[object] = []

        async def work() -> None:
            for _ in range(10):
                answer = await gw.chat.completions.create(**ASK)
                got.append(answer.choices[0].message.content)

        threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ["Hello from m."] * 20 == got
        asyncio.run(gw.close())

    def test_a_stream_that_outlives_its_loop_still_ends_its_record(self, openai: OpenAIServer) -> None:
        records = RecordCapture()
        openai.always(StallAt(Text("One two."), token=1))
        gw = aigw.AsyncGateway(manifest=manifest(openai), sinks=[records])

        async def begin() -> Any:
            stream = await gw.chat.completions.create(**ASK, stream=True)
            await anext(stream)
            return stream

        stream = asyncio.run(begin())
        with contextlib.suppress(ResourceWarning):
            del stream
            gc.collect()
        assert [Outcome.CLOSED] == [record.outcome for record in records.records]

    async def ask(self, gw: aigw.AsyncGateway) -> None:
        assert (await gw.chat.completions.create(**ASK)).choices[0].message.content


class TestClosing:
    def test_it_may_be_closed_again(self, journey: Journey, origin: ManifestServer) -> None:
        gw = journey.start(origin.url)
        journey.ask()
        journey.face.do(gw.close())
        journey.face.do(gw.close())
        assert journey.records.closed

    @pytest.mark.parametrize("what", ["create", "stream", "models", "explain", "twin"])
    @pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
    def test_what_is_asked_of_it_afterwards_says_so(
        self, journey: Journey, origin: ManifestServer, what: str, used: bool
    ) -> None:
        gw = journey.start(origin.url)
        twin = gw.with_tags(feature="x")
        if used:
            journey.ask()
        journey.face.do(gw.close())
        asks: dict[str, Any] = {
            "create": lambda: gw.chat.completions.create(**ASK),
            "stream": lambda: gw.chat.completions.create(**ASK, stream=True),
            "models": gw.models.list,
            "explain": lambda: gw.explain(**ASK),
            "twin": lambda: twin.chat.completions.create(**ASK),
        }
        with pytest.raises(aigw.GatewayClosedError, match="closed"):
            journey.face.do(asks[what]())
        assert [] == followers()

    def test_refreshing_it_afterwards_says_so(self, journey: Journey, origin: ManifestServer) -> None:
        gw = journey.start(origin.url)
        journey.face.do(gw.close())
        with pytest.raises(aigw.GatewayClosedError):
            journey.face.do(gw.refresh())

    def test_leaving_its_block_closes_it(self, journey: Journey, origin: ManifestServer) -> None:
        gw = journey.face.enter(journey.start(origin.url))
        journey.ask()
        journey.face.leave(gw)
        assert [] == followers()
        with pytest.raises(aigw.GatewayClosedError):
            journey.ask()

    def test_its_connections_are_closed(self, journey: Journey, openai: OpenAIServer) -> None:
        gw = journey.start(manifest(openai))
        journey.ask()
        journey.read(journey.stream())
        journey.face.do(gw.close())
        assert openai.wait_for(lambda: not openai.connections.open)

    @pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
    def test_a_url_that_hangs_does_not_hold_it_up(self, journey: Journey, origin: ManifestServer, used: bool) -> None:
        gw = journey.start(origin.url, refresh_interval=0.01, clock=None)
        if used:
            journey.ask()
        origin.hang()
        if used:
            asked = len(origin.requests)
            assert origin.wait_for(lambda: len(origin.requests) > asked)
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("aigw.core.START_LIMIT_S", 0.02)
                journey.fail()
        journey.face.do(gw.close())
        assert [] == followers()
        assert origin.wait_for(lambda: not origin.connections.open)

    def test_a_stream_under_way_may_be_read_to_its_end(self, journey: Journey, openai: OpenAIServer) -> None:
        gate = threading.Event()
        openai.always(StallAt(Text("One two."), token=1, until=gate))
        gw = journey.start(manifest(openai))
        stream = journey.stream()
        journey.face.take(stream, 1)
        journey.face.do(gw.close())
        gate.set()
        assert ("two.", None) == journey.read(stream)
        assert openai.wait_for(lambda: not openai.connections.open)
        assert [Outcome.OK] == [record.outcome for record in journey.records.records]

    def test_its_sinks_let_go_of_their_files(self, journey: Journey, openai: OpenAIServer, tmp_path: Path) -> None:
        path = tmp_path / "records.jsonl"
        gw = journey.start(manifest(openai), sinks=[JsonLinesSink(path)])
        journey.ask()
        journey.face.do(gw.close())
        assert str(path) not in open_files()
        with pytest.raises(aigw.GatewayClosedError):
            journey.ask()
        assert 1 == len(path.read_text().splitlines())


class TestAnUnclosedGateway:
    def test_leaves_no_thread_when_it_is_dropped(self, origin: ManifestServer, openai: OpenAIServer) -> None:
        gw = aigw.Gateway(manifest=origin.url, sinks=[])
        gw.chat.completions.create(**ASK)
        (follower,) = followers()
        del gw
        gc.collect()
        follower.join(5)
        assert not follower.is_alive()
        assert openai.wait_for(lambda: not openai.connections.open)
        assert origin.wait_for(lambda: not origin.connections.open)

    def test_leaves_no_connection_when_it_is_dropped_in_its_loop(self, openai: OpenAIServer) -> None:
        async def journey() -> None:
            gw = aigw.AsyncGateway(manifest=manifest(openai), sinks=[])
            await gw.chat.completions.create(**ASK)
            del gw
            gc.collect()
            for _ in range(5):
                await asyncio.sleep(0)
            assert await asyncio.to_thread(openai.wait_for, lambda: not openai.connections.open)

        asyncio.run(journey())

    def test_does_not_keep_the_interpreter_from_ending(self, origin: ManifestServer, tmp_path: Path) -> None:
        script = (
            "import aigw, sys; gw = aigw.Gateway(manifest=sys.argv[1]);"
            "s = gw.chat.completions.create(model='chat', messages=[{'role': 'user', 'content': 'x'}], stream=True);"
            "next(s); print('done')"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, origin.url],
            env={"PYTHONPATH": str(SRC), "AIGW_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (0, b"done\n", b"") == (done.returncode, done.stdout, done.stderr)


MIX: list[tuple[Reply, bool]] = [  # replies, and whether they are streamed
    (Text("One two three."), False),
    (Text("One two three."), True),
    (Status(500), False),
    (Status(429), True),
    (CutAt(Text("One two three."), token=1), True),
    (ResetAt(Text("One two three."), token=2), True),
    (CutAt(Text("One two three.")), False),
    (StallAt(Text("One two three."), token=1), True),
    (Hang(), False),
    (StallAt(Text("One two three."), token=2), True),
]


def sockets() -> int:
    return sum(name.startswith("socket:") for name in open_files())


def asking(place: int) -> dict[str, Any]:
    """Ask for the reply at *place* of the mix: a call that gives up early must not leave its reply to the next."""
    return {"model": "chat", "messages": [{"role": "user", "content": f"reply {place}"}]}


def scripted(request: Received) -> Reply:
    place = re.search(rb"reply (\d+)", request.body)
    assert place is not None
    return MIX[int(place[1])][0]


@pytest.mark.skipif(not FILES.is_dir(), reason="needs /proc to count sockets")
class TestASoak:
    """Unclosed sessions, half-closed connections and forgotten tasks add up."""

    ROUNDS = 30

    @staticmethod
    def settings(server: ProviderServer, records: RecordCapture) -> dict[str, Any]:
        document = manifest(server, max_retries=0)
        return {"manifest": document, "sinks": [records], "clock": FrozenClock()}

    def test_of_blocking_calls_leaves_nothing_behind(self, openai: OpenAIServer) -> None:
        records = RecordCapture()
        gc.collect()
        before = sockets(), len(threading.enumerate())
        openai.always(scripted)
        with aigw.Gateway(**self.settings(openai, records)) as gw:
            for turn in range(self.ROUNDS):
                for place, (reply, streamed) in enumerate(MIX):
                    with contextlib.suppress(aigw.APIError):
                        limits = aigw.Timeouts(total=0.005) if isinstance(reply, Hang) else None
                        answer: Any = gw.chat.completions.create(**asking(place), stream=streamed, timeout=limits)
                        if isinstance(reply, StallAt):
                            next(answer)
                            if turn % 2:
                                answer.close()
                            del answer
                        elif streamed:
                            list(answer)
            assert openai.wait_for(lambda: openai.connections.open <= 1)
        assert openai.wait_for(lambda: not openai.connections.open)
        gc.collect()
        assert before == (sockets(), len(threading.enumerate()) - self.late(openai))
        assert self.ROUNDS * len(MIX) == len(records.records)

    def test_of_awaited_calls_leaves_nothing_behind(self, openai: OpenAIServer) -> None:
        records = RecordCapture()
        gc.collect()
        before = sockets(), len(threading.enumerate())

        async def one(gw: aigw.AsyncGateway, turn: int, place: int) -> None:
            reply, streamed = MIX[place]
            with contextlib.suppress(aigw.APIError, TimeoutError):
                async with asyncio.timeout(0.005 if isinstance(reply, Hang) else None):
                    answer: Any = await gw.chat.completions.create(**asking(place), stream=streamed)
                    if isinstance(reply, StallAt):
                        await anext(answer)
                        if turn % 2:
                            await answer.close()
                        del answer
                    elif streamed:
                        [chunk async for chunk in answer]

        async def soak() -> int:
            async with aigw.AsyncGateway(**self.settings(openai, records)) as gw:
                for turn in range(self.ROUNDS):
                    await asyncio.gather(*(one(gw, turn, place) for place in range(len(MIX))))
                gc.collect()
                for _ in range(10):
                    await asyncio.sleep(0)
            return len(asyncio.all_tasks())

        openai.always(scripted)
        assert 1 == asyncio.run(soak())
        assert openai.wait_for(lambda: not openai.connections.open)
        gc.collect()
        assert before == (sockets(), len(threading.enumerate()) - self.late(openai))
        assert self.ROUNDS * len(MIX) == len(records.records)

    @staticmethod
    def late(server: ProviderServer) -> int:
        """Count threads of the server that are about to end."""
        return sum(thread.name == "aigw-testing-serve" for thread in threading.enumerate())
