"""`aigw manifest watch` follows a release until enough of the fleet has it."""

import itertools
import json
import threading
from pathlib import Path

from tests.cli.kit import Run

from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

QUICK = ("--every", "10ms", "--timeout", "20s")
AT_ONCE = ("--every", "10ms", "--timeout", "0")


def record(serial: int, outcome: str = "ok") -> str:
    return json.dumps({"call_id": "c", "serial": serial, "outcome": outcome}) + "\n"


def test_a_log_that_has_got_there_ends_it_at_once(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "records.jsonl"
    log.write_text(record(7, "error") * 50 + record(8) * 100)
    ran = run("manifest", "watch", "8", "--log", str(log), *QUICK)

    assert (0, "") == (ran.code, ran.err)
    assert "100.0% of 100 records at serial 8 [8: 100]\n" == ran.out


def test_the_share_and_the_errors_of_each_serial_are_told(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "records.jsonl"
    log.write_text(record(7) * 2 + record(8) + record(8, "error"))
    enough = run("manifest", "watch", "8", "--log", str(log), "--until", "50%", *AT_ONCE)
    ran = run("manifest", "watch", "8", "--log", str(log), *AT_ONCE)

    assert 0 == enough.code
    assert 1 == ran.code
    assert "50.0% of 4 records at serial 8 [8: 2 (1 failed), 7: 2]\n" == ran.out
    assert ran.err.startswith("aigw: error: serial 8 is not at 99 % of the fleet after ")
    assert "`aigw manifest rollback`" in ran.err


def test_a_later_serial_counts_and_an_earlier_does_not(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "records.jsonl"
    log.write_text(record(9) * 3)

    assert 0 == run("manifest", "watch", "8", "--log", str(log), *AT_ONCE).code
    assert 1 == run("manifest", "watch", "10", "--log", str(log), *AT_ONCE).code


def test_records_that_come_meanwhile_are_followed_through_a_rotation(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "records.jsonl"
    log.write_text(record(7) * 10)

    def go_on() -> None:
        with log.open("a") as file:
            file.write(record(8)[:10])
            file.flush()
            file.write(record(8)[10:] * 1)
        (tmp_path / "records.jsonl.1").hardlink_to(log)
        (tmp_path / "new").write_text(record(8) * 100)
        (tmp_path / "new").replace(log)

    writing = threading.Thread(target=go_on)
    writing.start()
    ran = run("manifest", "watch", "8", "--log", str(log), *QUICK, "--json")
    writing.join()

    last = json.loads(ran.out.splitlines()[-1])
    assert 0 == ran.code
    assert (8, True, "records", 100) == (last["serial"], last["done"], last["unit"], last["total"])


def test_processes_are_followed_by_their_metrics(run: Run) -> None:
    serials = itertools.chain(["7", "7"], itertools.repeat("8"))

    def respond(_request: Received) -> Transmission:
        text = f'aigw_manifest_info{{serial="{next(serials)}"}} 1.0\naigw_manifest_nack_total{{code="FETCH"}} 1.0\n'
        return Transmission(steps=(Frame(text.encode()),))

    with Server(respond) as server:
        ran = run("manifest", "watch", "8", "--url", server.origin, *QUICK)
        asked = len(server.requests)

    assert (0, 3) == (ran.code, asked)
    assert [
        "0.0% of 1 processes at serial 8 [7: 1, refused FETCH: 1]",
        "100.0% of 1 processes at serial 8 [8: 1, refused FETCH: 1]",
    ] == ran.out.splitlines()


def test_a_fleet_that_cannot_be_seen_has_not_got_there(run: Run) -> None:
    def respond(_request: Received) -> Transmission:
        return Transmission(status=404)

    with Server(respond) as server:
        gone = run("manifest", "watch", "8", "--url", f"{server.origin}/m?token=hunter2", *AT_ONCE)

    assert 1 == gone.code
    assert "HTTP status 404" in gone.err
    assert "hunter2" not in gone.err


def test_a_log_that_is_not_there_is_named_at_once(run: Run, tmp_path: Path) -> None:
    ran = run("manifest", "watch", "8", "--log", str(tmp_path / "missing.jsonl"), *QUICK)

    assert (1, "") == (ran.code, ran.out)
    assert f"There are no records at {tmp_path / 'missing.jsonl'}: the file is missing." in ran.err


def test_somewhere_to_look_must_be_said(run: Run) -> None:
    ran = run("manifest", "watch", "8")

    assert (1, "") == (ran.code, ran.out)
    assert "--url for metrics, --log for records" in ran.err
