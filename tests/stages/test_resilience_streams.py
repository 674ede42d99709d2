"""Streams: failures before the first content are invisible, failures after it are never a clean end."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.stages.resilience_kit import ANSWER, FACES, A, B, Bench, bench_for, is_whole, shape, text_of

from aigw.call import Outcome
from aigw.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    OverloadedError,
    RateLimitError,
    StreamInterrupted,
)
from aigw.stages.committed import HELD_MOST
from aigw.types.events import (
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.usage import Usage

USAGE = Usage(input=3, output=1)
FIRST_CONTENT = 3
STREAM: tuple[Event, ...] = (
    Started("id"),
    UsageReported(USAGE),
    TextDelta(""),
    TextDelta("Hel"),
    TextDelta("lo", choice=0),
    TextDelta("other", choice=1),
    ChoiceEnded(FinishReason.STOP),
    UsageReported(Usage(input=3, output=2)),
    Ended(),
)
OTHER: tuple[Event, ...] = (Started("other"), TextDelta("Bonjour"), ChoiceEnded(FinishReason.STOP), Ended())
CUTS = range(len(STREAM))


@pytest.fixture(params=FACES)
def bench(request: pytest.FixtureRequest) -> Bench:
    return bench_for(request.param)


def cut(at: int, *with_error: BaseException) -> Sequence[Event | BaseException]:
    return (*STREAM[:at], *with_error)


def test_a_whole_stream_passes_unchanged_and_in_order(bench: Bench) -> None:
    bench.play = {"a/m": [STREAM]}
    call = bench.call(stream=True)

    events, error = bench.read(call)

    assert (list(STREAM), None) == (events, error)
    (attempt,) = call.trail.attempts
    assert (1.0 + 0.125 * (FIRST_CONTENT + 1), 1.0 + 0.125 * len(STREAM)) == (attempt.first_token_s, attempt.latency_s)
    assert A is call.trail.target


@pytest.mark.parametrize("with_error", [True, False], ids=["error", "silence"])
@pytest.mark.parametrize("at", CUTS)
def test_a_cut_anywhere_is_an_invisible_fallback_or_an_interruption_never_a_clean_end(
    bench: Bench, at: int, *, with_error: bool
) -> None:
    broken = cut(at, *([APIConnectionError("x")] if with_error else []))
    bench.play = {"a/m": [broken, broken, broken], "b/m": [OTHER]}
    call = bench.call(stream=True)

    events, error = bench.read(call)

    if at <= FIRST_CONTENT:
        assert (list(OTHER), None) == (events, error)
        assert ["a/m"] * 3 + ["b/m"] == bench.sent
        assert B is call.trail.target
    else:
        assert isinstance(error, StreamInterrupted)
        assert list(STREAM[:at]) == events
        assert not is_whole(events)
        assert text_of([event for event in events if getattr(event, "choice", 0) == 0]) == error.partial_text
        assert ["a/m"] == bench.sent
    assert all(script.is_closed for script in bench.scripts)


@pytest.mark.parametrize("at", CUTS)
def test_no_token_is_handed_over_twice_by_a_retry(bench: Bench, at: int) -> None:
    bench.play = {"a/m": [cut(at, OverloadedError("x")), STREAM]}

    events, _ = bench.read(bench.call(stream=True))

    assert 1 == events.count(Started("id"))
    assert events.count(TextDelta("Hel")) <= 1


def test_an_interruption_tells_what_came_what_it_cost_and_why(bench: Bench) -> None:
    cause = APITimeoutError(phase="idle")
    bench.play = {"a/m": [cut(5, cause)]}
    call = bench.call(stream=True)

    _, error = bench.read(call)

    assert isinstance(error, StreamInterrupted)
    assert "Hello" == error.partial_text
    assert Usage(input=3, output=1, estimated=True) == error.usage
    assert cause is error.__cause__
    assert "a" == error.provider
    assert tuple(call.trail.attempts) == error.attempts
    assert [("a/m", 1, "APITimeoutError")] == shape(call.trail.attempts)
    assert "Hello" not in str(error)


def test_an_error_that_names_no_retry_before_content_is_the_callers_to_see(bench: Bench) -> None:
    bench.targets = (A,)
    bench.play = {"a/m": [cut(1, RateLimitError("x")) for _ in range(3)]}

    events, error = bench.read(bench.call(stream=True))

    assert [] == events
    assert isinstance(error, RateLimitError)
    assert 3 == len(error.attempts)


def test_an_attempt_without_an_answer_does_not_wear_the_status_of_the_one_before(bench: Bench) -> None:
    bench.play = {"a/m": [cut(1, APIConnectionError("x")), APIConnectionError("x"), STREAM]}
    call = bench.call(stream=True)

    bench.read(call)

    assert [200, None, 200] == [attempt.status for attempt in call.trail.attempts]
    assert ["req", None, "req"] == [attempt.request_id for attempt in call.trail.attempts]


def test_a_stream_that_never_begins_anywhere_is_an_interruption_without_text(bench: Bench) -> None:
    bench.targets = (A,)
    bench.play = {"a/m": [cut(2) for _ in range(3)]}

    events, error = bench.read(bench.call(stream=True))

    assert [] == events
    assert isinstance(error, StreamInterrupted)
    assert ("", 3) == (error.partial_text, len(error.attempts))


def test_a_stream_that_cannot_be_opened_falls_over_as_a_plain_call_does(bench: Bench) -> None:
    bench.play = {"a/m": [OverloadedError("x") for _ in range(3)], "b/m": [OTHER]}

    assert (list(OTHER), None) == bench.read(bench.call(stream=True))


def test_an_empty_answer_that_ends_is_whole(bench: Bench) -> None:
    empty = [Started(), ChoiceEnded(FinishReason.CONTENT_FILTER), Ended()]
    bench.play = {"a/m": [empty]}
    call = bench.call(stream=True)

    assert (empty, None) == bench.read(call)
    assert [("a/m", 1, None)] == shape(call.trail.attempts)


def test_a_complete_answer_in_place_of_a_stream_is_whole(bench: Bench) -> None:
    bench.play = {"a/m": [ANSWER]}

    assert ([ANSWER], None) == bench.read(bench.call(stream=True))


@pytest.mark.parametrize(
    "first",
    [
        ReasoningDelta("hm"),
        ReasoningDelta("", signature="s"),
        RefusalDelta("no"),
        ToolCallDelta(0, id="1", name="f"),
        OtherDelta(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_every_kind_of_content_commits(bench: Bench, first: Event) -> None:
    bench.play = {"a/m": [[Started(), first, APIConnectionError("x")]]}

    events, error = bench.read(bench.call(stream=True))

    assert [Started(), first] == events
    assert isinstance(error, StreamInterrupted)


@pytest.mark.parametrize("first", [TextDelta(""), ReasoningDelta(""), RefusalDelta("")])
def test_empty_deltas_do_not_commit(bench: Bench, first: Event) -> None:
    bench.play = {"a/m": [[Started(), first, APIConnectionError("x")], OTHER]}

    assert (list(OTHER), None) == bench.read(bench.call(stream=True))


def test_an_upstream_that_never_comes_to_the_point_does_not_fill_the_memory(bench: Bench) -> None:
    bench.play = {"a/m": [[TextDelta("")] * (HELD_MOST * 2)]}
    call = bench.call(stream=True)

    async def opened() -> int:
        await bench.stage(call, bench.proceed)
        return len(bench.scripts[0].items)

    assert HELD_MOST == bench.run(opened())


def test_a_bug_after_the_commit_is_no_clean_end_either(bench: Bench) -> None:
    bug = ValueError("x")
    bench.play = {"a/m": [cut(5, bug)]}

    _, error = bench.read(bench.call(stream=True))

    assert isinstance(error, StreamInterrupted)
    assert bug is error.__cause__
    assert {} == bench.breakers.snapshot()


def test_a_connection_that_breaks_after_the_end_spoils_nothing(bench: Bench) -> None:
    bench.play = {"a/m": [(*STREAM, APIConnectionError("x"))]}
    call = bench.call(stream=True)

    assert (list(STREAM), None) == bench.read(call)
    assert [("a/m", 1, None)] == shape(call.trail.attempts)


class TestSettling:
    """What a stream means for the breaker and the trail is known at its end, and told once."""

    @staticmethod
    def failed_before(bench: Bench) -> None:
        admission = bench.breakers.admit("a/m")
        assert admission is not None
        bench.breakers.failed(admission, reason="OverloadedError")

    @staticmethod
    def failures(bench: Bench) -> int:
        return bench.breakers.snapshot()["a/m"].failures

    def test_a_success_is_recorded_when_the_stream_ends_not_when_it_opens(self, bench: Bench) -> None:
        self.failed_before(bench)
        bench.play = {"a/m": [STREAM]}
        call = bench.call(stream=True)

        async def counts() -> tuple[int, int]:
            reply = await bench.stage(call, bench.proceed)
            opened = self.failures(bench)
            async for _ in reply:
                pass
            return opened, self.failures(bench)

        assert (1, 0) == bench.run(counts())

    def test_a_break_counts_against_the_target(self, bench: Bench) -> None:
        self.failed_before(bench)
        bench.play = {"a/m": [cut(5)]}

        bench.read(bench.call(stream=True))

        assert 2 == self.failures(bench)

    @pytest.mark.parametrize("read", range(len(STREAM)))
    def test_a_stream_closed_early_closes_its_socket_and_counts_neither_way(self, bench: Bench, read: int) -> None:
        self.failed_before(bench)
        bench.play = {"a/m": [STREAM]}
        call = bench.call(stream=True)

        async def closed() -> Outcome:
            reply = await bench.stage(call, bench.proceed)
            for _ in range(read):
                await reply.__anext__()
            await reply.aclose()
            await reply.aclose()
            assert reply.ending is not None
            return reply.ending.outcome

        assert Outcome.CLOSED == bench.run(closed())
        assert bench.scripts[0].is_closed
        assert 1 == self.failures(bench)
        assert [("a/m", 1, None)] == shape(call.trail.attempts)

    def test_a_stream_closed_after_its_last_event_is_a_success(self, bench: Bench) -> None:
        self.failed_before(bench)
        bench.play = {"a/m": [STREAM]}
        call = bench.call(stream=True)

        async def closed() -> None:
            reply = await bench.stage(call, bench.proceed)
            for _ in STREAM:
                await reply.__anext__()
            await reply.aclose()

        bench.run(closed())

        assert 0 == self.failures(bench)

    @pytest.mark.parametrize("at", CUTS)
    def test_a_cancellation_anywhere_closes_the_socket_and_counts_neither_way(self, bench: Bench, at: int) -> None:
        self.failed_before(bench)
        bench.play = {"a/m": [cut(at, asyncio.CancelledError())]}
        call = bench.call(stream=True)

        async def cancelled() -> bool:
            try:
                async for _ in await bench.stage(call, bench.proceed):
                    pass
            except asyncio.CancelledError:
                return True
            return False

        assert bench.run(cancelled())
        assert bench.scripts[0].is_closed
        assert ["a/m"] == bench.sent
        assert 1 == self.failures(bench)
        assert [("a/m", 1, "CancelledError")] == shape(call.trail.attempts)

    def test_the_callers_deadline_breaks_a_stream_without_blaming_the_target(self, bench: Bench) -> None:
        bench.play = {"a/m": [cut(5, APITimeoutError(phase="deadline"))]}

        _, error = bench.read(bench.call(stream=True))

        assert isinstance(error, StreamInterrupted)
        assert {} == bench.breakers.snapshot()

    def test_a_stream_under_way_is_on_the_trail_before_it_ends(self, bench: Bench) -> None:
        bench.play = {"a/m": [STREAM]}
        call = bench.call(stream=True)

        async def opened() -> list[tuple[str, int, str | None]]:
            await bench.stage(call, bench.proceed)
            return shape(call.trail.attempts)

        assert [("a/m", 1, None)] == bench.run(opened())


@pytest.mark.parametrize("pulls", [1, 3, 4, 6], ids=["first", "held", "committed", "later"])
def test_a_task_cancelled_while_it_waits_for_the_stream_closes_the_socket(pulls: int) -> None:
    bench = bench_for("async")
    call = bench.call(stream=True)
    bench.play = {"a/m": [STREAM]}

    async def main() -> None:
        waiting = asyncio.Event()
        bench.pulled = lambda script: waiting.set() if len(STREAM) - len(script.items) == pulls else None

        async def read() -> None:
            async for _ in await bench.stage(call, bench.proceed):
                pass

        task = asyncio.create_task(read())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    bench.run(main())

    assert bench.scripts[0].is_closed
    assert [("a/m", 1, "CancelledError")] == shape(call.trail.attempts)
    assert {} == bench.breakers.snapshot()


@pytest.mark.parametrize("at", CUTS)
def test_both_faces_leave_the_same_trail(at: int) -> None:
    trails: list[object] = []
    for face in FACES:
        bench = bench_for(face)
        bench.play = {"a/m": [cut(at, OverloadedError("x")) for _ in range(3)], "b/m": [OTHER]}
        call = bench.call(stream=True)
        events, error = bench.read(call)
        told = (str(error), error.attempts) if isinstance(error, APIError) else None
        trails.append((events, told, call.trail.attempts, bench.time.slept, bench.breakers.snapshot()))

    assert trails[0] == trails[1]
