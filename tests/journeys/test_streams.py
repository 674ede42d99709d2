"""A stream comes whole, from one provider, or says that it broke off; and it ends once, whoever lets go of it."""

import asyncio
import gc
import re
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest, steps, texts, was_left

import aigw
from aigw.call import Outcome
from aigw.testing import (
    AnthropicServer,
    CutAt,
    ErrorEvent,
    Hang,
    MalformedFrame,
    OpenAIServer,
    ProviderServer,
    Reasoning,
    Received,
    RecordCapture,
    ResetAt,
    SseStyle,
    StallAt,
    Status,
    Styled,
    Text,
    ToolCall,
    ToolCalls,
    Truncated,
)

BRIEF_S = 0.05
"""A limit that a silent socket really has to run into."""

ONE_TWO_THREE = Text("One two three.")
OTHER = Text("Another answer.")
PREFIXES = ("", "One ", "One two ", "One two three.")

FAULTS = {
    "cut": lambda token: CutAt(ONE_TWO_THREE, token=token),
    "cut-inside-http": lambda token: CutAt(ONE_TWO_THREE, token=token, clean=False),
    "reset": lambda token: ResetAt(ONE_TWO_THREE, token=token),
    "malformed-frame": lambda token: MalformedFrame(ONE_TWO_THREE, token=token),
    "error-event": lambda token: ErrorEvent(ONE_TWO_THREE, token=token),
    "stall": lambda token: StallAt(ONE_TWO_THREE, token=token),
}


def impatient(first: ProviderServer, second: ProviderServer, limit: str) -> dict[str, object]:
    """Fall back from a target that may be silent for a moment only to one that may take its time."""
    document = manifest(first, second, max_retries=0)
    document["routes"][0]["targets"][0][limit] = BRIEF_S  # type: ignore[index]
    return document


def alone(journey: Journey, server: ProviderServer, **target: object) -> None:
    journey.start(manifest(server, max_retries=0, **target))


def is_left(journey: Journey, server: ProviderServer) -> bool:
    """Whether the client of the last request has left, which the server sees at once; a loop must run to leave."""
    journey.settle()
    return server.requests[-1].disconnected.wait(5)


class TestACutStreamIsNeverACleanEnd:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_before_the_first_token_the_fallback_is_invisible(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, fault: str
    ) -> None:
        first.always(FAULTS[fault](0))
        second.always(OTHER)
        journey.start(impatient(first, second, "first_token_timeout"))
        stream = journey.stream()
        chunks = journey.face.items(stream)
        assert "Another answer." == "".join(texts(chunks))
        assert 1 == len({chunk.id for chunk in chunks})
        assert ["assistant"] == [c.delta.role for chunk in chunks for c in chunk.choices if c.delta.role]
        assert ["stop"] == [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]
        assert ["first/m", "second/m"] == [each.target for each in stream.aigw.attempts]
        assert ("second/m", Outcome.OK) == (journey.record.target, journey.record.outcome)
        assert 1 == len(journey.records.records)

    @pytest.mark.parametrize("token", [1, 2, 3])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_after_it_the_caller_is_told_and_keeps_what_came(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, fault: str, token: int
    ) -> None:
        first.always(FAULTS[fault](token))
        second.always(OTHER)
        # A server that is slow at first must not be left for the other one here.
        journey.start(impatient(first, second, "idle_timeout") if fault == "stall" else manifest(first, second))
        text, error = journey.read(journey.stream())
        assert isinstance(error, aigw.StreamInterrupted)
        assert text == error.partial_text
        assert text in PREFIXES[1 : token + 1]
        assert not second.requests
        assert 1 == len(first.requests)
        assert error.attempts == journey.record.attempts
        (attempt,) = error.attempts
        # An error event says which status it stands for.
        assert "first/m" == attempt.target
        assert attempt.status in ({503, 529} if fault == "error-event" else {200})
        assert attempt.error is not None
        assert (Outcome.INTERRUPTED, "StreamInterrupted") == (journey.record.outcome, journey.record.error)
        assert 1 == len(journey.records.records)

    @pytest.mark.parametrize("token", [1, 2, 3, 99])
    def test_a_cut_hands_over_every_token_before_it_exactly_once(
        self, journey: Journey, first: ProviderServer, token: int
    ) -> None:
        first.always(CutAt(ONE_TWO_THREE, token=token))
        alone(journey, first)
        text, error = journey.read(journey.stream())
        assert PREFIXES[min(token, 3)] == text
        assert isinstance(error, aigw.StreamInterrupted)
        assert "call again" in str(error) or "make the call again" in str(error)

    def test_with_nobody_to_fall_back_on_the_cut_is_told_even_before_the_first_token(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        first.always(CutAt(ONE_TWO_THREE, token=0))
        alone(journey, first)
        error = journey.fail(stream=True)
        assert aigw.StreamInterrupted is type(error)
        assert "" == error.partial_text

    def test_tool_calls_that_break_off_are_interrupted_too(self, journey: Journey, first: ProviderServer) -> None:
        first.always(CutAt(ToolCalls([ToolCall("look_up", {"city": "Paris"})]), token=2))
        alone(journey, first)
        _, error = journey.read(journey.stream())
        assert isinstance(error, aigw.StreamInterrupted)

    def test_reasoning_commits_a_stream(self, journey: Journey, first: ProviderServer, second: ProviderServer) -> None:
        first.always(CutAt(Reasoning("Let me think."), token=1))
        journey.start(manifest(first, second, max_retries=0))
        _, error = journey.read(journey.stream())
        assert isinstance(error, aigw.StreamInterrupted)
        assert not second.requests

    def test_usage_that_was_reported_is_kept(self, journey: Journey) -> None:
        with AnthropicServer() as server:
            server.always(CutAt(ONE_TWO_THREE, token=2))
            alone(journey, server)
            _, error = journey.read(journey.stream())
        assert isinstance(error, aigw.StreamInterrupted)
        assert error.usage is not None
        assert (12, True) == (error.usage.input, error.usage.estimated)
        assert 12 == journey.record.usage.input

    def test_an_interrupted_stream_has_no_final_completion(self, journey: Journey, first: ProviderServer) -> None:
        first.always(CutAt(ONE_TWO_THREE, token=1))
        alone(journey, first)
        manager = journey.gw.chat.completions.stream(model="chat", messages=MESSAGES)
        stream = journey.face.enter(manager)
        with pytest.raises(aigw.StreamInterrupted):
            journey.face.items(stream)
        with pytest.raises(aigw.StreamInterrupted):
            journey.face.do(stream.get_final_completion())
        journey.face.leave(manager)

    @pytest.mark.parametrize("style", [SseStyle(comment="wait"), SseStyle(pings=True, comment="wait")])
    def test_signs_of_life_are_not_content(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, style: SseStyle
    ) -> None:
        first.always(StallAt(Styled(ONE_TWO_THREE, style), token=0))
        journey.start(impatient(first, second, "first_token_timeout"))
        stream = journey.stream()
        assert "second/m" == stream.aigw.target
        journey.close(stream)

    def test_a_stream_cut_in_the_middle_of_its_json_is_interrupted(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        first.always(Truncated(ONE_TWO_THREE))
        alone(journey, first)
        text, error = journey.read(journey.stream())
        assert text in PREFIXES
        assert isinstance(error, aigw.StreamInterrupted)


class TestADroppedStreamClosesItsSocketAtOnce:
    """A stream that is let go of must neither hold its connection nor lose its record, nor write it twice."""

    @pytest.fixture(autouse=True)
    def _stalls(self, journey: Journey, first: ProviderServer) -> None:
        first.always(StallAt(ONE_TWO_THREE, token=3))
        alone(journey, first)

    def ended_once(self, journey: Journey, server: ProviderServer, outcome: Outcome) -> None:
        assert is_left(journey, server)
        assert server.wait_for(lambda: not server.connections.open)
        assert [outcome] == [record.outcome for record in journey.records.records]

    @pytest.mark.parametrize("count", [0, 1, 2, 3])
    def test_when_it_is_dropped(self, journey: Journey, first: ProviderServer, count: int) -> None:
        stream = journey.stream()
        journey.face.take(stream, count)
        del stream
        gc.collect()
        self.ended_once(journey, first, Outcome.CLOSED)

    @pytest.mark.parametrize("count", [0, 1, 2, 3])
    def test_when_it_is_closed(self, journey: Journey, first: ProviderServer, count: int) -> None:
        stream = journey.stream()
        journey.face.take(stream, count)
        journey.close(stream)
        journey.close(stream)
        del stream
        gc.collect()
        self.ended_once(journey, first, Outcome.CLOSED)

    @pytest.mark.parametrize("count", [0, 1])
    def test_when_its_block_is_left(self, journey: Journey, first: ProviderServer, count: int) -> None:
        stream = journey.face.enter(journey.stream())
        journey.face.take(stream, count)
        journey.face.leave(stream)
        self.ended_once(journey, first, Outcome.CLOSED)

    def test_when_the_block_of_its_events_is_left(self, journey: Journey, first: ProviderServer) -> None:
        manager = journey.gw.chat.completions.stream(model="chat", messages=MESSAGES)
        journey.face.take(journey.face.enter(manager), 2)
        journey.face.leave(manager)
        self.ended_once(journey, first, Outcome.CLOSED)

    def test_when_its_events_are_dropped(self, journey: Journey, first: ProviderServer) -> None:
        manager = journey.gw.chat.completions.stream(model="chat", messages=MESSAGES)
        journey.face.take(journey.face.enter(manager), 2)
        del manager
        gc.collect()
        self.ended_once(journey, first, Outcome.CLOSED)

    def test_when_its_raw_response_is_dropped(self, journey: Journey, first: ProviderServer) -> None:
        raw = journey.face.do(
            journey.gw.chat.completions.with_raw_response.create(model="chat", messages=MESSAGES, stream=True)
        )
        assert 200 == raw.status_code
        assert raw.headers["content-type"].startswith("text/event-stream")
        assert [PREFIXES[1]] == texts(journey.face.take(raw.parse(), 1))
        del raw
        gc.collect()
        self.ended_once(journey, first, Outcome.CLOSED)

    def test_when_its_streaming_response_is_left(self, journey: Journey, first: ProviderServer) -> None:
        manager = journey.gw.chat.completions.with_streaming_response.create(
            model="chat", messages=MESSAGES, stream=True
        )
        response = journey.face.enter(manager)
        journey.face.take(response.iter_lines(), 1)
        journey.face.leave(manager)
        self.ended_once(journey, first, Outcome.CLOSED)

    def test_after_which_it_gives_nothing_more(self, journey: Journey, first: ProviderServer) -> None:
        stream = journey.stream()
        journey.face.take(stream, 1)
        journey.close(stream)
        assert ("", None) == journey.read(stream)
        assert Outcome.CLOSED is stream.aigw.outcome
        self.ended_once(journey, first, Outcome.CLOSED)

    def test_after_which_it_has_no_final_completion(self, journey: Journey, first: ProviderServer) -> None:
        manager = journey.gw.chat.completions.stream(model="chat", messages=MESSAGES)
        stream = journey.face.enter(manager)
        journey.face.take(stream, 2)
        journey.face.leave(manager)
        with pytest.raises(aigw.AigwError, match="closed"):
            journey.face.do(stream.get_final_completion())


def interrupted(work: Callable[[], object]) -> None:
    """Do *work*, which waits, until a signal interrupts it as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread only")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, BRIEF_S)
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def cancelled(work: Awaitable[object], server: ProviderServer, requests: int) -> None:
    """Cancel *work* as soon as it waits for what *server* keeps back of its answer to that many requests."""
    task = asyncio.ensure_future(work)
    assert await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == requests)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestACancelledCallLeavesNothingBehind:
    """A cancelled call that leaves a half-read connection behind hangs the next one."""

    def stop(self, journey: Journey, server: ProviderServer, **params: object) -> None:
        """Make a call, and stop waiting for its answer."""

        def work() -> Any:
            return journey.gw.chat.completions.create(model="chat", messages=MESSAGES, **params)

        if journey.face.name == "sync":
            interrupted(work)
        else:
            journey.face.do(self.cancelled(work, server))

    async def cancelled(self, work: Callable[[], Awaitable[object]], server: ProviderServer) -> None:
        await cancelled(work(), server, len(server.requests) + 1)

    def check(self, journey: Journey, server: ProviderServer) -> None:
        assert was_left(server)
        assert [Outcome.CANCELLED] == [record.outcome for record in journey.records.records]
        assert {} == dict(journey.gw.health())
        assert journey.ask().choices[0].message.content

    def test_while_it_waits_for_a_plain_answer(self, journey: Journey, first: ProviderServer) -> None:
        first.queue(Hang())
        alone(journey, first)
        self.stop(journey, first)
        self.check(journey, first)
        assert [("first/m", 1)] == [(each.target, each.number) for each in journey.records.records[0].attempts]

    def test_while_it_waits_for_the_rest_of_a_plain_answer(self, journey: Journey, first: ProviderServer) -> None:
        first.queue(StallAt(ONE_TWO_THREE))
        alone(journey, first)
        self.stop(journey, first)
        self.check(journey, first)

    def test_while_it_waits_for_a_first_token(self, journey: Journey, first: ProviderServer) -> None:
        first.queue(StallAt(ONE_TWO_THREE, token=0))
        alone(journey, first)
        self.stop(journey, first, stream=True)
        self.check(journey, first)

    @pytest.mark.parametrize("token", [1, 2, 3])
    def test_while_it_waits_for_the_next_token(self, journey: Journey, first: ProviderServer, token: int) -> None:
        first.queue(StallAt(ONE_TWO_THREE, token=token))
        alone(journey, first)
        stream = journey.stream()
        journey.face.take(stream, token)
        if journey.face.name == "sync":
            interrupted(stream.__next__)
        else:
            journey.face.do(cancelled(stream.__anext__(), first, 1))
        text, error = journey.read(stream)
        assert "" == text
        assert isinstance(error, aigw.StreamInterrupted)
        del stream, error
        gc.collect()
        journey.settle()
        self.check(journey, first)

    def test_while_it_waits_before_a_retry(self, first: ProviderServer) -> None:
        """A wait of the async face belongs to the loop, so that a task in it can be cancelled."""
        records = RecordCapture()
        first.always(Status(429, retry_after=5))

        async def journey() -> None:
            async with aigw.AsyncGateway(manifest=manifest(first), sinks=[records]) as gw:
                work = gw.chat.completions.create(model="chat", messages=MESSAGES)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(4 * BRIEF_S):
                        await work

        asyncio.run(journey())
        assert [Outcome.CANCELLED] == [record.outcome for record in records.records]
        assert ["RateLimitError"] == [each.error for each in records.last.attempts]


class TestAWholeStream:
    def test_its_connection_serves_the_next_call(self, journey: Journey, first: ProviderServer) -> None:
        alone(journey, first)
        for _ in range(3):
            assert journey.read(journey.stream())[0]
            journey.ask()
        assert 1 == first.connections.accepted

    def test_its_record_is_complete_when_it_ends(self, journey: Journey, first: ProviderServer) -> None:
        first.always(ONE_TWO_THREE)
        alone(journey, first)
        stream = journey.stream()
        assert Outcome.OPEN is stream.aigw.outcome
        assert [] == journey.records.records
        assert ("One two three.", None) == journey.read(stream)
        record = journey.record
        assert record == stream.aigw
        assert (Outcome.OK, "stop", "first/m", True) == (
            record.outcome,
            record.finish_reason,
            record.target,
            record.stream,
        )
        assert (12, 3) == (record.usage.prompt_tokens, record.usage.completion_tokens)
        assert [("first/m", 1, 200, None)] == steps(record.attempts)
        assert record.first_token_s is not None
        assert record.attempts[0].first_token_s is not None

    def test_usage_is_on_record_even_if_the_caller_did_not_ask_for_it(
        self, journey: Journey, openai: OpenAIServer
    ) -> None:
        alone(journey, openai)
        chunks = journey.face.items(journey.stream())
        assert all(chunk.usage is None for chunk in chunks)
        assert all(chunk.choices for chunk in chunks)
        assert 15 == journey.record.usage.total_tokens

    def test_tokens_are_handed_over_as_they_come_not_when_the_stream_ends(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        gate = threading.Event()
        first.always(StallAt(ONE_TWO_THREE, token=1, until=gate))
        alone(journey, first)
        stream = journey.stream()
        assert ["One "] == texts(journey.face.take(stream, 1))
        gate.set()
        assert ("two three.", None) == journey.read(stream)

    def test_a_raw_response_gives_what_the_call_was_answered_with(self, journey: Journey, openai: OpenAIServer) -> None:
        alone(journey, openai)
        raw = journey.face.do(
            journey.gw.chat.completions.with_raw_response.create(model="chat", messages=MESSAGES, stream=True)
        )
        assert ("req_00000001", 0) == (raw.request_id, raw.retries_taken)
        assert ("Hello from m.", None) == journey.read(raw.parse())
        assert Outcome.OK is raw.aigw.outcome

    def test_many_streams_at_once_do_not_mix(self, first: ProviderServer) -> None:
        def answer(request: Received) -> Text:
            asked = re.search(rb"question (\d+)", request.body)
            assert asked is not None
            return Text(f"Answer to {asked[1].decode()}.")

        first.always(answer)

        async def journey() -> None:
            async with aigw.AsyncGateway(manifest=manifest(first), sinks=[]) as gw:

                async def one(number: int) -> str:
                    asked = [{"role": "user", "content": f"question {number}"}]
                    stream = await gw.chat.completions.create(model="chat", messages=asked, stream=True)
                    return "".join(texts([chunk async for chunk in stream]))

                got = await asyncio.gather(*map(one, range(16)))
                assert [f"Answer to {number}." for number in range(16)] == got

        asyncio.run(journey())
