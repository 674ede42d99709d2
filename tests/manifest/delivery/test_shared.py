"""One process of a host asks the network, the others follow the copy it keeps, and nobody depends on it."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import following, serial
from tests.manifest.manifest_kit import TLS, Origin, StillClock, document, follower

import aigw
from aigw.errors import ManifestUnavailableError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.files import Folder
from aigw.manifest.delivery.holder import Holder
from aigw.manifest.delivery.shared import Shared
from aigw.types.nack import Nack

SRC = Path(aigw.__file__).parent.parent
TENANT = Trust(audience="acme")


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def pair(origin: Origin, clock: StillClock, folder: Path, trust: Trust = TLS) -> tuple[Holder, Holder]:
    """The one that asks, and the one that follows it, which minds *trust*; both serve serial 7."""
    leader, sibling = following(origin, clock, folder), following(origin, clock, folder, trust=trust)
    leader.tick()
    sibling.tick()
    return leader, sibling


def copy_of(folder: Path) -> Path:
    return next(folder.glob("*.manifest"))


def test_the_others_start_from_the_copy_and_do_not_ask(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    leader, *others = [following(origin, clock, tmp_path) for _ in range(8)]
    delays = [held.tick() for held in (leader, *others)]

    for _ in range(10):
        for held in (leader, *others):
            held.tick()
        clock.at += 1.0

    assert 11 == len(origin.asked)
    assert [10.0] + [1.0] * 7 == delays
    assert [True] + [False] * 7 == [held.status().asks for held in (leader, *others)]
    assert {7} == {serial(held) for held in (leader, *others)}


def test_the_others_look_no_less_often_than_they_would_ask(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    shared = Shared(DiskCopy(tmp_path, origin.url), 0.5)
    following(origin, clock, tmp_path).tick()
    hasty = follower(origin.url, clock=clock, shared=shared, interval_s=0.5)
    hasty.look(etag=None, hasty=False, serving="")
    hasty.went_well(None, is_new=False)
    assert 0.5 == hasty.next_s


def test_a_copy_that_serves_already_is_not_read_again(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    following(origin, clock, tmp_path).tick()
    shared = Shared(DiskCopy(tmp_path, origin.url), 10.0)
    first = shared.glance(clock.time())
    again = shared.glance(clock.time())
    shared.taken()
    last = shared.glance(clock.time())
    assert (document(7), document(7), None) == (first.content, again.content, last.content)


def test_the_others_put_what_it_finds_into_force(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(8)
    leader.tick()
    asked = len(origin.asked)

    sibling.tick()

    assert (8, asked) == (serial(sibling), len(origin.asked))
    assert leader.status().etag == sibling.status().etag
    assert "another process of this host asks the source" in sibling.status().notes[-1]


def test_the_age_of_what_the_others_know_is_that_of_its_last_look(
    origin: Origin, clock: StillClock, tmp_path: Path
) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    clock.at += 10.0
    leader.tick()
    clock.at += 20.0
    sibling.tick()
    assert (20.0, clock.at - 20.0) == (sibling.status().age_s, sibling.status().checked_at)


@pytest.mark.parametrize("end", ["closed", "dropped"])
def test_another_takes_over_at_its_next_look(origin: Origin, clock: StillClock, tmp_path: Path, end: str) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(8)
    if end == "closed":
        leader.close()
    del leader
    gc.collect()

    assert 10.0 == sibling.tick()
    assert (8, True) == (serial(sibling), sibling.status().asks)


def test_one_that_has_fallen_silent_is_not_waited_for(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    _leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(8)
    clock.at += 30.0
    sibling.tick()
    assert 7 == serial(sibling)
    clock.at += 0.1
    sibling.tick()
    assert (8, True) == (serial(sibling), sibling.status().asks)


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_that_was_set_makes_them_ask_until_it_looks_again(
    origin: Origin, clock: StillClock, tmp_path: Path, step: float
) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    clock.at += step
    sibling.tick()
    assert sibling.status().asks
    leader.tick()
    sibling.tick()
    assert not sibling.status().asks


def test_what_it_refuses_the_others_judge_for_themselves(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(6)
    for _ in range(4):
        clock.at += 10.0
        leader.tick()
    sibling.tick()
    assert (Nack.ROLLBACK, Nack.ROLLBACK) == (leader.status().nack, sibling.status().nack)
    assert (7, 7) == (serial(leader), serial(sibling))


def test_one_that_refuses_the_copy_says_so_and_asks_for_itself(
    origin: Origin, clock: StillClock, tmp_path: Path
) -> None:
    origin.content = b"audience: acme\n" + document(7)
    leader, sibling = pair(origin, clock, tmp_path, TENANT)
    origin.content = document(8)
    leader.tick()

    said = []
    for _ in range(3):
        sibling.tick()
        said.append((sibling.status().nack, sibling.status().asks, serial(sibling)))
    origin.content = b"audience: acme\n" + document(9)
    leader.tick()
    sibling.tick()

    assert [(Nack.AUDIENCE, False, 7), (Nack.AUDIENCE, True, 7), (Nack.AUDIENCE, True, 7)] == said
    assert (9, None, False) == (serial(sibling), sibling.status().nack, sibling.status().asks)


def test_a_copy_that_was_spoilt_is_mended_from_the_source(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    _leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(8)
    copy_of(tmp_path).write_bytes(b"schema: [")

    assert [None, None] == [sibling.tick() and sibling.status().nack for _ in range(2)]
    assert (8, document(8)) == (serial(sibling), copy_of(tmp_path).read_bytes())


def test_where_the_copy_is_gone_each_asks(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    _leader, sibling = pair(origin, clock, tmp_path)
    copy_of(tmp_path).unlink()
    sibling.tick()
    assert sibling.status().asks


def test_one_that_cannot_keep_a_copy_is_not_waited_for(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    copy_of(tmp_path).unlink()
    Path(DiskCopy(tmp_path, origin.url).path).mkdir()  # no file can take its place
    origin.content = document(8)
    for _ in range(4):
        clock.at += 10.0
        leader.tick()
    sibling.tick()
    assert (8, 8) == (serial(leader), serial(sibling))


def test_without_a_fit_folder_each_asks(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    both = [following(origin, clock, tmp_path / "file") for _ in range(2)]
    for held in both * 2:
        held.tick()
    assert 4 == len(origin.asked)
    assert [True, True] == [held.status().asks for held in both]


def test_in_a_folder_open_to_others_each_asks(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    both = [following(origin, clock, tmp_path) for _ in range(2)]
    for held in both * 2:
        held.tick()
    assert 4 == len(origin.asked)


def test_who_is_told_to_look_asks_the_source_itself(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    _leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(8)
    assert sibling.check()
    assert (8, 1.0) == (serial(sibling), sibling.tick())
    sibling.close()


def test_a_look_of_its_own_that_fails_leaves_it_with_the_copy(
    origin: Origin, clock: StillClock, tmp_path: Path
) -> None:
    _leader, sibling = pair(origin, clock, tmp_path)
    origin.status = 503
    with pytest.raises(ManifestUnavailableError):
        sibling.check()
    assert (1.0, False) == (sibling._follower.next_s, sibling.status().asks)
    sibling.close()


def test_while_providers_fail_each_asks(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    _leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(8)
    sibling.surge()
    assert 2.0 == sibling.tick()
    assert 8 == serial(sibling)


def test_the_copy_is_judged_like_anything_else(origin: Origin, clock: StillClock, tmp_path: Path) -> None:
    leader, sibling = pair(origin, clock, tmp_path)
    origin.content = document(9)
    leader.tick()
    sibling.tick()
    copy_of(tmp_path).unlink()
    DiskCopy(tmp_path, origin.url).store(document(8), digest="8", serial=8, etag=None)
    sibling.tick()
    assert (9, Nack.ROLLBACK) == (serial(sibling), sibling.status().nack)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
class TestAForkedChild:
    def run(self, script: str, folder: Path) -> str:
        told = subprocess.run(
            [sys.executable, "-c", script, str(folder)],
            env={"PYTHONPATH": str(SRC)},
            capture_output=True,
            timeout=60,
            check=True,
        )
        return told.stdout.decode().strip()

    def test_leaves_the_asking_to_its_parent(self, tmp_path: Path) -> None:
        assert "child False, parent True" == self.run(
            f"""{PREFACE}
mine = shared()
assert mine.is_mine_to_ask(time.time())
disk().store(b"x", digest="x", serial=1, etag=None)
mine.note(time.time())
child = os.fork()
if child == 0:
    mine.release()
    print("child", mine.is_mine_to_ask(time.time()), end=", ", flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", mine.is_mine_to_ask(time.time()))
""",
            tmp_path,
        )

    def test_does_not_keep_what_its_parent_lets_go(self, tmp_path: Path) -> None:
        assert "True True" == self.run(
            f"""{PREFACE}
mine, folder = shared(), Folder(pathlib.Path(sys.argv[1]))
mine.is_mine_to_ask(time.time())
ready, go = os.pipe()
with folder.locked("a.lock"):
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(ready, 1)
        os._exit(0)
mine.release()
print(disk().lease() is not None, folder.hold("a.lock") is not None)
os.close(go)
os.waitpid(child, 0)
""",
            tmp_path,
        )

    def test_takes_over_when_its_parent_was_killed(self, tmp_path: Path) -> None:
        assert "False True" == self.run(
            f"""{PREFACE}
mine = shared()
held, holding = os.pipe()
leader = os.fork()
if leader == 0:
    mine.is_mine_to_ask(time.time())
    disk().store(b"x", digest="x", serial=1, etag=None)
    mine.note(time.time())
    os.write(holding, b".")
    signal.pause()
os.read(held, 1)
before = mine.is_mine_to_ask(time.time())
os.kill(leader, signal.SIGKILL)
os.waitpid(leader, 0)
print(before, mine.is_mine_to_ask(time.time()))
""",
            tmp_path,
        )


PREFACE = """
import os, pathlib, signal, sys, time
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.files import Folder
from aigw.manifest.delivery.shared import Shared
disk = lambda: DiskCopy(sys.argv[1], "https://m.example/m")
shared = lambda: Shared(disk(), 10.0)
"""


def test_a_lock_that_somebody_has_is_told_from_one_that_nobody_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Shared(DiskCopy(tmp_path, "https://m.example/m"), 10.0)
    import fcntl

    def without_locks(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", without_locks)
    assert shared.is_mine_to_ask(1.0)
    with pytest.raises(OSError, match="not supported"):
        Folder(tmp_path).hold("a", create=True)
