"""What serves is always the last good manifest, whatever its source does, over real HTTP and real files."""

import asyncio
import gc
import logging
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from tests.manifest.manifest_kit import Origin, StillClock, document, fetch, holder

from aigw.errors import (
    ConfigurationError,
    GatewayClosedError,
    ManifestConflictError,
    ManifestInvalidError,
    ManifestUnavailableError,
)
from aigw.manifest.delivery.holder import Holder
from aigw.manifest.delivery.pace import Pace
from aigw.manifest.delivery.sources import FileSource, StaticSource, UrlSource, source_of
from aigw.manifest.snapshot import Snapshot

DEAD = "http://127.0.0.1:9/current.yaml"


def serial(held: Holder) -> int | None:
    return None if held.current is None else held.current.serial


def swap(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_bytes(content)
    temporary.replace(path)


def test_the_first_use_fetches_in_the_background_and_resolves_the_future(origin: Origin) -> None:
    held = holder(origin.url)
    assert held.current is None

    found = held.ready().result(10)

    assert 7 == found.serial
    assert found is held.current
    assert "current" == held.status().state
    held.close()


def test_a_poll_asks_only_for_what_has_changed(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    held.tick()

    assert [200, 304] == origin.answered
    origin.content = document(8)
    held.tick()

    assert 8 == serial(held)
    assert [200, 304, 200] == origin.answered


def test_a_source_without_etags_is_followed_too(origin: Origin) -> None:
    origin.etags = False
    held = holder(origin.url)
    held.tick()
    first = held.current
    held.tick()
    assert first is held.current

    origin.content = document(8)
    held.tick()

    assert 8 == serial(held)


def test_a_bad_document_is_refused_and_seen_and_the_next_good_one_is_taken(
    origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    compiled_digests: list[bytes] = []
    held = holder(origin.url)
    inner = held._intake._compile

    def counting(content: Any, source: str, previous: Any = None) -> Any:
        compiled_digests.append(content)
        return inner(content, source, previous)

    held._intake._compile = counting
    held.tick()
    good = held.status().etag
    origin.content = b"schema: aigw/v1\nserial: 8\nroutes: [\n"
    with caplog.at_level(logging.INFO, "aigw.manifest"):
        for _ in range(3):
            held.tick()
    status = held.status()

    assert 7 == serial(held)
    assert 2 == len(compiled_digests), "a refused document is not compiled again"
    assert 1 == len(caplog.records), "and told about once"
    assert "current.yaml:4: this is not valid YAML" in status.rejected[0]
    assert status.last_error == status.rejected[0]
    assert good == status.etag, "the tag of what is not in force is never asked with"
    assert [origin.asked[-1]["if-none-match"]] == [good]

    origin.content = document(7)
    held.tick()
    assert ((), None) == (held.status().rejected, held.status().last_error)
    origin.content = document(9)
    held.tick()
    assert 9 == serial(held)


def test_a_poisoned_answer_followed_by_not_modified_does_not_stick(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    origin.content = b"poison"
    held.tick()
    held.tick()
    assert [200, 200, 200] == origin.answered, "the poisoned document's tag was never sent"

    origin.content = document(8)
    held.tick()

    assert 8 == serial(held)


def test_an_older_serial_is_refused_as_a_rollback(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    origin.content = document(6)

    with pytest.raises(ManifestConflictError, match="serial 6 is older than 7, which is in force"):
        held.check()

    assert 7 == serial(held)
    assert "publish the old content under a higher serial" in held.status().rejected[0]


def test_the_same_serial_with_other_content_is_a_conflict(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    before = held.current
    origin.content = document(7, "gpt-other")

    with pytest.raises(ManifestConflictError, match="serial 7 is in force with other content; raise the serial"):
        held.check()

    assert before is held.current


def test_a_manifest_of_a_newer_schema_is_refused_with_the_advice_to_upgrade(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    origin.content = document(8, schema="aigw/v2")

    with pytest.raises(ManifestInvalidError, match="upgrade aigw"):
        held.check()

    assert 7 == serial(held)


def test_a_huge_document_is_refused(origin: Origin) -> None:
    held = holder(origin.url)
    origin.content = document(8) + b"#" * (1024 * 1024)

    with pytest.raises(ManifestUnavailableError, match="larger than 1024 KiB"):
        held.check()


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 418, 429, 500, 503])
def test_no_status_is_terminal(origin: Origin, status: int) -> None:
    held = holder(origin.url)
    held.tick()
    origin.status = status
    for _ in range(3):
        held.tick()
        assert 7 == serial(held)
        assert f"HTTP status {status}" in (held.status().last_error or "")

    origin.status = 200
    origin.content = document(8)
    held.tick()

    assert 8 == serial(held)
    assert held.status().last_error is None


def test_not_modified_to_somebody_who_has_nothing_is_no_answer(origin: Origin) -> None:
    origin.status = 304

    with pytest.raises(ManifestUnavailableError, match="HTTP status 304"):
        holder(origin.url).check()


def test_refusals_for_an_hour_are_waited_out_with_growing_patience(origin: Origin) -> None:
    clock = StillClock()
    held = holder(origin.url, clock=clock)
    held.tick()
    origin.status = 401
    delays = []
    while sum(delays) < 3600:
        delays.append(held.tick())
        clock.skip(delays[-1])
    assert [30.0, 60.0, 120.0, 240.0, 480.0, 600.0] == delays[:6]
    assert "stale" == held.status().state
    assert 7 == serial(held)

    origin.status = 200
    origin.content = document(8)

    assert 10.0 == held.tick()
    assert (8, "current") == (serial(held), held.status().state)


def test_a_server_that_is_down_is_asked_at_most_once_a_minute() -> None:
    held = holder(DEAD)

    assert [10.0, 20.0, 40.0, 60.0, 60.0] == [held.tick() for _ in range(5)]


@pytest.mark.parametrize(
    ("headers", "status", "delay"),
    [
        ({"Retry-After": "120"}, 503, 120.0),
        ({"Retry-After": "1"}, 503, 10.0),
        ({"Retry-After": "999999"}, 429, 600.0),
        ({"Retry-After": "Mon, 12 Jan 1970 13:48:40 GMT"}, 503, 120.0),
        ({"Retry-After": "soon"}, 503, 10.0),
        ({"Cache-Control": "public, max-age=30"}, 200, 30.0),
        ({"Cache-Control": "max-age=86400"}, 200, 60.0),
        ({"Cache-Control": "max-age=1"}, 200, 10.0),
        ({"Cache-Control": "no-cache"}, 200, 10.0),
    ],
)
def test_what_the_server_asks_for_is_kept_to_within_bounds(
    origin: Origin, headers: dict[str, str], status: int, delay: float
) -> None:
    origin.headers = headers
    origin.status = status

    assert delay == holder(origin.url).tick()


@pytest.mark.parametrize(("random", "delay"), [(0.0, 8.0), (0.5, 10.0), (1.0, 12.0)])
def test_polls_are_spread(random: float, delay: float) -> None:
    assert pytest.approx(delay) == Pace(10.0, lambda: random).after_success()


def test_without_a_good_copy_the_future_fails_and_a_later_one_succeeds(origin: Origin) -> None:
    clock = StillClock()
    origin.status = 404
    held = holder(origin.url, clock=clock)

    with pytest.raises(ManifestUnavailableError, match=r"there is no last good copy\): HTTP status 404"):
        held.ready().result(10)
    asked = len(origin.asked)
    with pytest.raises(ManifestUnavailableError):
        held.ready().result(0)
    assert asked == len(origin.asked), "within a second nobody asks again"

    origin.status = 200
    clock.skip(1.5)

    assert 7 == held.ready().result(10).serial
    held.close()


def test_without_a_good_copy_a_bad_document_is_told_as_such(origin: Origin) -> None:
    origin.content = b"<html>Sign in</html>"
    held = holder(origin.url)

    with pytest.raises(ManifestInvalidError, match="HTML"):
        held.ready().result(10)
    assert "none" == held.status().state
    held.close()


def test_one_caller_giving_up_does_not_disturb_another(origin: Origin) -> None:
    gate = threading.Event()
    origin.before = lambda: gate.wait(10) and None
    held = holder(origin.url)
    first, second = held.ready(), held.ready()

    assert first.cancel()
    gate.set()

    assert 7 == second.result(10).serial
    assert 1 == len(origin.asked)
    held.close()


def test_a_future_can_be_awaited(origin: Origin) -> None:
    held = holder(origin.url)

    async def first() -> int:
        return (await asyncio.wait_for(asyncio.wrap_future(held.ready()), 10)).serial

    assert 7 == asyncio.run(first())
    held.close()


def test_an_unreachable_url_is_told_without_its_credentials() -> None:
    held = holder("http://user:hunter2@127.0.0.1:9/m.yaml?sig=topsecret")

    with pytest.raises(ManifestUnavailableError) as caught:
        held.check()

    told = f"{caught.value} {held.status()} {held._source!r}"
    assert "http://127.0.0.1:9/m.yaml?…" in told
    assert "hunter2" not in told
    assert "topsecret" not in told


def test_a_url_without_tls_is_noted_unless_it_is_this_machine(origin: Origin) -> None:
    assert () == holder(origin.url).status().notes
    assert "not https" in holder("http://config.internal/m.yaml").status().notes[0]


def test_a_good_copy_on_disk_serves_while_the_url_is_down_and_nobody_waits(origin: Origin, tmp_path: Path) -> None:
    holder(origin.url, directory=tmp_path / "d").tick()
    url = origin.url
    origin.close()

    held = holder(url, directory=tmp_path / "d")
    assert 7 == held.ready().result(10).serial
    held.close()
    held.tick()

    assert "cached" == held.status().state
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700


def test_the_copy_on_disk_comes_before_the_network(origin: Origin, tmp_path: Path) -> None:
    holder(origin.url, directory=tmp_path / "d").tick()
    gate = threading.Event()
    origin.before = lambda: gate.wait(10) and None
    origin.content = document(8)

    held = holder(origin.url, directory=tmp_path / "d")

    assert 7 == held.ready().result(10).serial
    gate.set()
    held.close()


def test_the_copys_tag_saves_the_first_download(origin: Origin, tmp_path: Path) -> None:
    holder(origin.url, directory=tmp_path / "d").tick()
    held = holder(origin.url, directory=tmp_path / "d")
    held.tick()

    assert [200, 304] == origin.answered
    assert "current" == held.status().state


def test_a_restart_does_not_go_back_behind_the_copy_on_disk(origin: Origin, tmp_path: Path) -> None:
    origin.content = document(9)
    holder(origin.url, directory=tmp_path / "d").tick()
    origin.content = document(8)
    held = holder(origin.url, directory=tmp_path / "d")
    held.tick()

    assert 9 == serial(held)
    assert "older than 9" in held.status().rejected[0]


def test_a_corrupted_copy_is_ignored_noted_and_replaced(origin: Origin, tmp_path: Path) -> None:
    first = holder(origin.url, directory=tmp_path / "d")
    first.tick()
    stored = Path(first.status().disk_path or "")
    stored.write_bytes(b"schema: [aigw")
    held = holder(origin.url, directory=tmp_path / "d")
    held._start_at_hand()

    assert held.current is None
    assert "the copy on disk is ignored" in held.status().notes[0]
    held.tick()
    assert 7 == serial(held)
    assert document() == stored.read_bytes()


def test_a_refused_document_never_reaches_the_disk(origin: Origin, tmp_path: Path) -> None:
    held = holder(origin.url, directory=tmp_path / "d")
    held.tick()
    for bad in (b"nonsense", document(6), document(7, "other")):
        origin.content = bad
        held.tick()

    assert document(7) == Path(held.status().disk_path or "").read_bytes()


def test_a_directory_that_cannot_be_written_is_only_a_note(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    held = holder(origin.url, directory=tmp_path / "file" / "d")
    held.tick()

    assert 7 == serial(held)
    assert held.status().notes[0].startswith("no copy is kept on disk")
    assert held.status().last_error is None


def test_a_mapping_is_compiled_at_once_and_needs_no_thread() -> None:
    threads = threading.active_count()
    held = holder({"schema": "aigw/v1", "serial": 1, "providers": {"e": {"kind": "echo"}}, "allow_direct": True})

    assert held.current is held.ready().result(0)
    assert threads == threading.active_count()
    assert (False, "current", None) == (held.check(), held.status().state, held.status().age_s)
    with pytest.raises(ManifestInvalidError):
        holder({"schema": "aigw/v1"})


def test_a_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(document(1))
    held = holder(str(path))
    assert held.check()
    assert not held.check()

    path.write_bytes(document(2))
    assert held.check()
    swap(path, document(3))
    held.tick()

    assert 3 == serial(held)


def test_a_configmap_swap_of_symlinks_is_seen(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"v{number}").mkdir()
        path = tmp_path / f"v{number}" / "m.yaml"
        path.write_bytes(document(number))
        os.utime(path, (1000, 1000))
    (tmp_path / "data").symlink_to("v1")
    (tmp_path / "m.yaml").symlink_to("data/m.yaml")
    held = holder(str(tmp_path / "m.yaml"))
    held.tick()

    (tmp_path / "next").symlink_to("v2")
    (tmp_path / "next").replace(tmp_path / "data")
    held.tick()

    assert 2 == serial(held)


def test_a_change_that_leaves_the_files_times_and_size_alone_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(document(1))
    os.utime(path, (1000, 1000))
    held = holder(str(path))
    held.tick()
    path.write_bytes(document(2))
    os.utime(path, (1000, 1000))
    held.tick()

    assert 2 == serial(held)


def test_a_file_that_is_being_written_is_left_alone_until_it_settles(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(document(1))
    clock = StillClock()
    held = holder(str(path), clock=clock)
    held.tick()
    path.write_bytes(document(2))
    os.utime(path, (clock.at - 0.1, clock.at - 0.1))

    assert 0.5 == held.tick()
    assert 1 == serial(held)
    clock.skip(0.5)
    held.tick()

    assert 2 == serial(held)


def test_a_file_with_the_same_serial_and_other_content_is_a_conflict(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(document(1))
    held = holder(str(path))
    held.check()
    path.write_bytes(document(1, "other"))

    with pytest.raises(ManifestConflictError):
        held.check()


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo])
def test_a_file_that_is_none_is_told_and_never_hangs(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "m.yaml"
    make(path)

    with pytest.raises(
        ManifestUnavailableError, match=r"m.yaml cannot be had \(.*\): it (cannot be read|is not a regular)"
    ):
        holder(str(path)).check()


def test_each_transition_is_logged_once_and_reported(origin: Origin, caplog: pytest.LogCaptureFixture) -> None:
    reports: list[Any] = []
    held = holder(origin.url, report=reports.append)
    with caplog.at_level(logging.INFO, "aigw.manifest"):
        held.tick()
        held.tick()
        origin.status = 500
        held.tick()
        held.tick()
        origin.status = 200
        held.tick()

    assert ["activated", "unavailable", "recovered"] == [
        record.message.split()[1].rstrip(":") for record in caplog.records
    ]
    assert 7 == vars(caplog.records[0])["serial"]
    assert 3 == len(reports)


def test_a_listener_that_fails_disturbs_nothing(origin: Origin) -> None:
    def fail(status: Any) -> None:
        raise RuntimeError

    held = holder(origin.url, report=fail)
    held.tick()

    assert 7 == serial(held)


def test_a_bug_in_the_compiler_is_a_refusal(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    held._intake._compile = lambda content, source, previous: 1 / 0  # type: ignore[assignment, return-value]
    origin.content = document(8)
    held.tick()

    assert 7 == serial(held)
    assert "ZeroDivisionError" in held.status().rejected[0]


def test_close_returns_within_a_second_while_a_fetch_hangs(origin: Origin) -> None:
    gate, asked = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        gate.wait(30)

    origin.before = hang
    held = holder(origin.url)
    waiting = held.ready()
    assert asked.wait(10)

    held.close()
    held.close()

    assert not gate.is_set(), "the fetch was still hanging"
    with pytest.raises(GatewayClosedError):
        waiting.result(0)
    with pytest.raises(GatewayClosedError):
        held.ready().result(0)
    gate.set()


def test_a_closed_holder_still_has_its_manifest(origin: Origin) -> None:
    held = holder(origin.url)
    held.ready().result(10)
    held.close()

    assert 7 == held.ready().result(0).serial
    with pytest.raises(GatewayClosedError):
        held.check()
    assert held.tick() < 0


def test_a_dropped_holder_takes_its_thread_with_it(origin: Origin) -> None:
    held = holder(origin.url)
    held.ready().result(10)
    thread = held._worker._thread  # type: ignore[union-attr]
    gone = weakref.ref(held)

    del held
    gc.collect()
    thread.join(10)

    assert gone() is None
    assert not thread.is_alive()


def test_two_holders_do_not_interact(origin: Origin) -> None:
    other = Origin()
    other.content = document(20)
    first, second = holder(origin.url), holder(other.url)
    first.tick()
    second.tick()
    other.close()

    assert (7, 20) == (serial(first), serial(second))


def test_concurrent_checks_activate_once(origin: Origin) -> None:
    activations: list[Any] = []
    held = holder(origin.url, report=activations.append)
    threads = [threading.Thread(target=held.check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == len(activations)
    held.close()


def test_many_reloads_keep_only_the_snapshot_in_force(origin: Origin) -> None:
    held = holder(origin.url)
    for number in range(10, 30):
        origin.content = document(number)
        held.tick()
        origin.content = b"bad: ["
        held.tick()
    gc.collect()
    alive = [one for one in gc.get_objects() if isinstance(one, Snapshot) and one.source == origin.url]
    assert [held.current] == alive


FORK = """
import os, sys
from tests.manifest.manifest_kit import Origin, document, holder
origin = Origin()
held = holder(origin.url)
os.register_at_fork(after_in_child=held.after_fork)
assert held.ready().result(10).serial == 7
held._turn.acquire()  # the thread of the parent is in the middle of something
child = os.fork()
if child == 0:
    try:
        assert held.current is None, "the first use must come through ready()"
        assert held.status().serial == 7
        assert held.ready().result(10).serial == 7, "and gets what is in force at once"
        seen = __import__("threading").Event()
        held._herald.listen = lambda status: status.serial == 8 and seen.set()
        assert seen.wait(10), "the child follows the manifest by itself"
        assert held.current.serial == 8
        held.close()
        os._exit(0)
    except BaseException:
        import traceback; traceback.print_exc()
        os._exit(1)
origin.content = document(8)
held._turn.release()
assert os.waitpid(child, 0)[1] == 0
assert held.check() or held.current.serial == 8
held.close()
print("both follow")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_follows_the_manifest_and_the_parent_goes_on() -> None:
    # The parent's server lives on in the parent; the child talks to it over loopback.
    done = run(FORK.replace("holder(origin.url)", "holder(origin.url, interval_s=0.05)"))

    assert "both follow\n" == done.stdout, done.stderr


EXIT = """
from tests.manifest.manifest_kit import Origin, holder
import threading
origin = Origin()
asked = threading.Event()
origin.before = lambda: (asked.set(), threading.Event().wait())
held = holder(origin.url)
held.ready()
asked.wait(10)
print("leaving")
"""


def test_the_interpreter_ends_quietly_with_a_fetch_under_way() -> None:
    done = run(EXIT)

    assert ("leaving\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def run(script: str) -> "subprocess.CompletedProcess[str]":
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"},
        check=False,
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("https://config.acme.internal/current.yaml", UrlSource),
        ("http://127.0.0.1:8000/m", UrlSource),
        ("file:///etc/aigw/m%20x.yaml", FileSource),
        ("./manifest.yaml", FileSource),
        ("manifest", FileSource),
        (Path("manifest.yaml"), FileSource),
        ("schema: aigw/v1\nserial: 1\n", StaticSource),
        ('{"schema": "aigw/v1"}', StaticSource),
        ("schema: aigw/v1", StaticSource),
        ({"schema": "aigw/v1"}, StaticSource),
    ],
)
def test_a_source_is_told_by_its_looks(value: Any, kind: type) -> None:
    assert kind is type(source_of(value))


def test_a_file_url_is_a_path() -> None:
    assert FileSource("/etc/aigw/m x.yaml") == source_of("file:///etc/aigw/m%20x.yaml")


@pytest.mark.parametrize("value", ["", "  ", "ftp://host/m", "https:///m"])
def test_a_source_nobody_can_read_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError):
        source_of(value)


def test_fetch_here_is_real(origin: Origin) -> None:
    assert document() == fetch(origin.url, {}, 5.0).content
