"""A manifest that takes processes down is left out by the next start: three deaths within a minute, really died."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.manifest.manifest_kit import Origin, StillClock, document, holder

from aigw.manifest.delivery.files import Folder
from aigw.manifest.delivery.holder import Holder
from aigw.manifest.delivery.starts import Starts

ROOT = Path(__file__).parents[3]
VICTIM = """
import os, signal, sys
from tests.manifest.manifest_kit import holder
url, directory, ending = sys.argv[1:]
held = holder(url, directory=directory)
held.tick()
print(held.current.serial, flush=True)
if ending == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if ending == "uncaught":
    raise RuntimeError("the manifest's doing")
if ending == "os._exit":
    os._exit(1)
if ending == "fork":
    child = os.fork()
    if child == 0:
        held.after_fork()
        os._exit(0)
    os.waitpid(child, 0)
"""

needs_locks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no locks of this kind")


def live(origin: Origin, directory: Path, ending: str) -> str:
    """Run a process that puts what is published into force and then ends in this way; give the serial it served."""
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, origin.url, str(directory), ending],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        check=False,
    )
    if ending == "killed":
        assert -signal.SIGKILL == done.returncode, done.stderr
    return done.stdout.strip()


def survived(origin: Origin, directory: Path, serial: int) -> Holder:
    """Give a holder that has lived with *serial* for a minute."""
    clock = StillClock()
    origin.content = document(serial)
    held = holder(origin.url, directory=directory, clock=clock)
    held.tick()
    clock.skip(61)
    held.tick()
    return held


@needs_locks
@pytest.mark.parametrize("ending", ["killed", "uncaught", "os._exit"])
def test_after_three_deaths_the_copy_before_serves_and_says_so(origin: Origin, tmp_path: Path, ending: str) -> None:
    survived(origin, tmp_path / "c", 7).close()
    origin.content = document(8)
    for _ in range(3):
        assert "8" == live(origin, tmp_path / "c", ending)

    held = holder(origin.url, directory=tmp_path / "c")
    held.tick()
    held.tick()

    assert held.current is not None
    assert (7, True) == (held.current.serial, held.status().pinned)
    assert "safe mode: three processes died" in held.status().notes[-1]
    origin.content = document(9)
    held.tick()
    assert (9, False) == (held.current.serial, held.status().pinned)
    held.close()


@needs_locks
@pytest.mark.parametrize("ending", ["in order", "fork"])
def test_whoever_ends_in_order_did_not_die_of_it(origin: Origin, tmp_path: Path, ending: str) -> None:
    survived(origin, tmp_path / "c", 7).close()
    origin.content = document(8)
    for _ in range(4):
        assert "8" == live(origin, tmp_path / "c", ending)


@needs_locks
def test_one_that_lives_for_a_minute_speaks_for_the_document(origin: Origin, tmp_path: Path) -> None:
    survived(origin, tmp_path / "c", 7).close()
    origin.content = document(8)
    for _ in range(2):
        live(origin, tmp_path / "c", "killed")
    survived(origin, tmp_path / "c", 8).close()

    assert "8" == live(origin, tmp_path / "c", "killed")
    assert "8" == live(origin, tmp_path / "c", "killed")
    assert "8" == live(origin, tmp_path / "c", "in order")


@needs_locks
def test_that_another_document_was_lived_with_speaks_for_itself_only(origin: Origin, tmp_path: Path) -> None:
    survived(origin, tmp_path / "c", 7).close()
    origin.content = document(8)
    for _ in range(3):
        live(origin, tmp_path / "c", "killed")
    clock = StillClock()
    stands_in = holder(origin.url, directory=tmp_path / "c", clock=clock)
    for _ in range(8):
        stands_in.tick()
        clock.skip(10.0)
    assert stands_in.status().pinned
    stands_in.close()

    assert "7" == live(origin, tmp_path / "c", "in order")


@needs_locks
def test_with_nothing_before_it_the_document_serves_all_the_same(origin: Origin, tmp_path: Path) -> None:
    origin.content = document(8)
    for _ in range(4):
        assert "8" == live(origin, tmp_path / "c", "killed")


@needs_locks
def test_a_document_that_killed_is_not_kept_as_the_good_one_before(origin: Origin, tmp_path: Path) -> None:
    survived(origin, tmp_path / "c", 7).close()
    for number in (8, 9):
        origin.content = document(number)
        for _ in range(3):
            assert str(number) == live(origin, tmp_path / "c", "killed")
    held = holder(origin.url, directory=tmp_path / "c")
    held.tick()

    assert held.current is not None
    assert 7 == held.current.serial
    held.close()


@needs_locks
def test_the_living_are_not_counted(tmp_path: Path) -> None:
    mine, theirs = (Starts(Folder(tmp_path / "c"), "n") for _ in range(2))
    mine.begin("d" * 64, 0.0)
    theirs.begin("d" * 64, 0.0)

    assert 0 == theirs.deaths("d" * 64)
    mine.end()
    theirs.end()
    assert [] == list((tmp_path / "c").iterdir())


def test_where_no_mark_can_be_left_nobody_counts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    starts = Starts(Folder(tmp_path / "file" / "c"), "n")
    starts.begin("d" * 64, 0.0)
    starts.survive(100.0)

    assert 0 == starts.deaths("d" * 64)
