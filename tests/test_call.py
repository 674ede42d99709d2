"""The envelope: replies end exactly once, and patience runs out where it should."""

import asyncio
from dataclasses import replace

import pytest

from aigw.call import (
    AFTER_END_S,
    Call,
    Deadline,
    Ending,
    One,
    Options,
    Outcome,
    Patience,
    Principal,
    Reply,
    Timeouts,
    Trail,
)
from aigw.errors import APIConnectionError, StreamInterrupted
from aigw.manifest.snapshot import Provider, Route, Snapshot, Target
from aigw.runtime.drive import SyncSuspension, run
from aigw.types.events import Answer, Event, TextDelta
from aigw.types.kind import Kind
from aigw.types.request import Request


class Source:
    """Plays events, or raises what stands among them; counts how often it is closed."""

    def __init__(self, *script: Event | BaseException) -> None:
        self.script = list(script)
        self.closed = 0

    async def __anext__(self) -> Event:
        if not self.script:
            raise StopAsyncIteration
        item = self.script.pop(0)
        if isinstance(item, BaseException):
            raise item
        return item

    async def aclose(self) -> None:
        self.closed += 1


def _watched(source: Source) -> tuple[Reply, list[Ending]]:
    reply, endings = Reply(source), []

    async def note(ending: Ending) -> None:
        endings.append(ending)

    reply.on_end(note)
    return reply, endings


async def _read(reply: Reply) -> list[Event]:
    return [event async for event in reply]


def test_a_reply_read_to_its_end_ends_once() -> None:
    source = Source(TextDelta("a"))
    reply, endings = _watched(source)

    assert run(_read(reply)) == [TextDelta("a")]
    run(reply.aclose())

    assert endings == [Ending(Outcome.OK)]
    assert source.closed == 1


def test_a_reply_dropped_unread_still_ends() -> None:
    source = Source(TextDelta("a"))
    reply, endings = _watched(source)

    run(reply.aclose())
    run(reply.aclose())

    assert endings == [Ending(Outcome.CLOSED)]
    assert source.closed == 1
    assert run(_read(reply)) == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (APIConnectionError("gone"), Outcome.ERROR),
        (StreamInterrupted("cut"), Outcome.INTERRUPTED),
        (KeyboardInterrupt(), Outcome.CANCELLED),
        (asyncio.CancelledError(), Outcome.CANCELLED),
    ],
)
def test_what_breaks_a_reply_names_its_outcome(error: BaseException, outcome: Outcome) -> None:
    source = Source(TextDelta("a"), error)
    reply, endings = _watched(source)

    with pytest.raises(type(error)):
        run(_read(reply))

    assert endings == [Ending(outcome, error)]
    assert source.closed == 1


def test_hooks_run_even_if_closing_the_source_fails() -> None:
    class Stuck(Source):
        async def aclose(self) -> None:
            message = "stuck"
            raise OSError(message)

    reply, endings = _watched(Stuck())

    with pytest.raises(OSError, match="stuck"):
        run(reply.aclose())

    assert len(endings) == 1


def test_a_complete_answer_is_a_stream_of_one() -> None:
    answer = Answer(choices=())

    assert run(_read(Reply(One(answer)))) == [answer]


def test_stepping_names_what_else_was_awaited() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(SyncSuspension, match="awaited"):
        run(waits())


class Now:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_patience_with_a_stream_waits_for_the_first_token_then_for_each_next_one() -> None:
    now = Now()
    patience = Patience(now, Timeouts(first_token=5, idle=2, total=60), Deadline(None), streamed=True)

    assert patience.left() == (5.0, "first_token")
    now.at += 4
    assert patience.left() == (1.0, "first_token")
    patience.progressed()
    assert patience.left() == (2.0, "idle")
    now.at += 3
    assert patience.left() == (0.0, "idle")


def test_patience_is_never_longer_than_the_deadline_or_the_attempt() -> None:
    now = Now()

    assert Patience(now, Timeouts(total=60), Deadline(103.0)).left() == (3.0, "deadline")
    assert Patience(now, Timeouts(total=2), Deadline(103.0)).left() == (2.0, "attempt")
    assert Patience(now, Timeouts(connect=1, total=2), Deadline(103.0)).connect() == (1.0, "connect")


def test_a_plain_call_knows_no_first_token_and_no_idle_limit() -> None:
    patience = Patience(Now(), Timeouts(first_token=1, idle=1, total=None), Deadline(None))

    assert patience.left() == (None, "attempt")


def test_after_the_terminal_marker_only_the_connection_is_waited_for() -> None:
    patience = Patience(Now(), Timeouts(idle=60), Deadline(None), streamed=True)

    patience.ended()

    assert patience.left() == (AFTER_END_S, "idle")


def test_a_deadline_allows_only_what_can_end_in_time() -> None:
    deadline = Deadline(110.0)

    assert deadline.allows(9.0, 100.0)
    assert not deadline.allows(10.0, 100.0)
    assert deadline.left(120.0) == 0.0
    assert Deadline(None).allows(1e9, 0.0)


def test_a_call_on_its_way_differs_only_in_where_it_is() -> None:
    provider = Provider("p", Kind(name="k", dialect="d", title="K"), "http://h")
    target = Target(provider, "m")
    route = Route("r", "single", (target,))
    snapshot = Snapshot(1, "d", "s", {"p": provider}, {"r": route})
    request = Request("openai-chat", "r", (), {}, stream=False, verbatim={})
    call = Call("c", request, snapshot, Principal("k"), {"a": "b"}, Options(max_retries=3), Trail(), 1.0, 2.0, "other")

    routed = call.routed(route, (target,), Deadline(5.0))
    aimed = routed.aimed(target, 2)

    assert replace(call, route=route, targets=(target,), deadline=Deadline(5.0)) == routed
    assert replace(routed, target=target, attempt=2) == aimed
