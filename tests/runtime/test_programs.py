"""Programs are run to their end and told apart by their status, alike in both runtimes."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run

Output = Callable[..., tuple[int, bytes]]


@pytest.fixture(params=["blocking", "asyncio"])
def output_of(request: pytest.FixtureRequest) -> Output:
    """Run Python with a text of its own."""

    def ran(script: str, timeout_s: float = 30.0, **environ: str) -> tuple[int, bytes]:
        runtime: Any = AsyncioRuntime() if request.param == "asyncio" else BlockingRuntime()
        coming = runtime.output_of([sys.executable, "-I", "-c", script], environ, timeout_s)
        return asyncio.run(coming) if request.param == "asyncio" else run(coming)

    return ran


def test_what_a_program_writes_is_given_with_its_status_and_without_its_errors(output_of: Output) -> None:
    script = "import os, sys; print(os.environ['MINE'], sys.stdin.read()); print('no', file=sys.stderr); sys.exit(3)"

    status, written = output_of(script, MINE="yes")

    assert (3, [b"yes"]) == (status, written.split())


def test_a_program_that_takes_too_long_is_stopped(output_of: Output) -> None:
    with pytest.raises(TimeoutError):
        output_of("import threading; threading.Event().wait(600)", 0.2)


def test_a_program_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(FileNotFoundError):
        run(BlockingRuntime().output_of(["/nowhere/program"], {}, 1.0))
