"""The bridge between the faces runs coroutines that never suspend, and names what would have hung any other."""

import asyncio
import contextvars
from collections.abc import Generator

import pytest

from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import SyncSuspension, run

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable")


async def given(value: object) -> object:
    return value


async def raising() -> None:
    message = "broken"
    raise KeyError(message)


def test_a_coroutine_that_never_suspends_is_run_to_its_end() -> None:
    async def nested() -> list[object]:
        return [await given(number) for number in range(3)]

    assert [0, 1, 2] == run(nested())


def test_what_it_raises_comes_out_with_its_own_trace() -> None:
    with pytest.raises(KeyError, match="broken") as caught:
        run(raising())
    assert "raising" in [entry.name for entry in caught.traceback]


def test_an_await_that_suspends_is_named_instead_of_hanging() -> None:
    class Slow:
        def __await__(self) -> Generator[str, None, None]:
            yield "the slow thing"

    async def waiting() -> None:
        await Slow()

    with pytest.raises(SyncSuspension, match="awaited 'the slow thing'; only the runtime may wait"):
        run(waiting())


def test_a_suspended_coroutine_is_closed_so_that_its_cleanup_runs() -> None:
    cleaned: list[str] = []

    async def waiting() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            cleaned.append("yes")

    with pytest.raises(SyncSuspension):
        run(waiting())
    assert ["yes"] == cleaned


def test_it_runs_in_the_callers_context() -> None:
    async def look() -> str:
        return VARIABLE.get()

    token = VARIABLE.set("seen")
    assert "seen" == run(look())
    VARIABLE.reset(token)


def test_it_works_inside_a_running_loop() -> None:
    async def outer() -> object:
        return run(given("inner"))

    assert "inner" == asyncio.run(outer())


def test_the_blocking_runtime_never_suspends() -> None:
    runtime = BlockingRuntime()
    assert "done" == run(runtime.offload(lambda: "done"))
    assert None is run(runtime.sleep(0))
    run(runtime.aclose())
