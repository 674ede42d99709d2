"""`aigw manifest status` tells what would serve here, without a trace; with --fleet, what a fleet serves."""

import json
from pathlib import Path

import pytest
from tests.cli.kit import ECHO, Run

import aigw
from aigw.testing import ManifestServer
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

METRICS = """\
# HELP aigw_manifest_info The manifest in force.
# TYPE aigw_manifest_info gauge
aigw_manifest_info{serial="8",digest="ab",instance="a \\"b\\", c",state="current"} 1.0 1780000000000
aigw_manifest_info{serial="7",digest="cd",state="stale"} 1
aigw_manifest_info{serial="",state="none"} 1.0
aigw_manifest_info{serial="9",state="current"} 0
aigw_manifest_info{serial="9",state="current"} NaN
aigw_manifest_nack_total{code="SIG_BAD"} 2.0
other_total{serial="9"} 5
"""


def record(serial: int, outcome: str = "ok") -> str:
    return json.dumps({"call_id": "c", "serial": serial, "outcome": outcome}) + "\n"


def metrics_server(text: str) -> Server:
    def respond(_request: Received) -> Transmission:
        return Transmission(headers=(("content-type", "text/plain"),), steps=(Frame(text.encode()),))

    return Server(respond)


def test_what_a_url_offers_is_what_would_serve_and_nothing_is_kept(run: Run, tmp_path: Path) -> None:
    with ManifestServer(ECHO) as server:
        ran = run("manifest", "status", server.url, "--cache-dir", str(tmp_path / "cache"))

    lines = [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert 0 == ran.code
    assert [server.url] == lines[0]
    assert ["state", "current"] == lines[1]
    assert lines[2][1].startswith("7 (epoch 0, digest ")
    assert "copy on disk       there is none yet" in ran.out
    assert [] == list(tmp_path.iterdir())


def test_machines_get_every_field_and_each_copy(run: Run, tmp_path: Path, echo_manifest: str) -> None:
    with ManifestServer(ECHO.replace("serial: 7", "serial: 9")) as server:
        with aigw.Gateway(manifest=server.url, cache_dir=tmp_path / "cache", sinks=[]) as gateway:
            gateway.refresh()
        server.fail(503)
        options = ("--cache-dir", str(tmp_path / "cache"), "--embedded", echo_manifest)
        ran = run("manifest", "status", server.url, *options, "--json")

    assert 0 == ran.code
    assert ("cached", 9, "tls", "backoff") == tuple(ran.json[name] for name in ("state", "serial", "verified", "sync"))
    assert [("copy on disk", 9), ("embedded copy", 7)] == [(one["what"], one["serial"]) for one in ran.json["copies"]]
    assert {"FETCH": 1} == ran.json["nacks"]


def test_looking_leaves_the_copy_on_disk_as_it_is(run: Run, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with ManifestServer(ECHO) as server:
        with aigw.Gateway(manifest=server.url, cache_dir=cache, sinks=[]) as gateway:
            gateway.refresh()
        before = {path.name: path.read_bytes() for path in cache.iterdir()}
        server.publish(ECHO.replace("serial: 7", "serial: 8"))
        ran = run("manifest", "status", server.url, "--cache-dir", str(cache), "--json")

    assert 8 == ran.json["serial"]
    assert before == {path.name: path.read_bytes() for path in cache.iterdir()}


def test_where_nothing_would_serve_it_fails_and_says_why(run: Run, tmp_path: Path) -> None:
    with ManifestServer() as server:
        ran = run("manifest", "status", server.url, "--cache-dir", str(tmp_path))

    assert 1 == ran.code
    assert "state              none" in ran.out
    assert f"aigw: warning: the manifest at {server.url} cannot be had" in ran.err


def test_the_environment_says_which_manifest(run: Run, monkeypatch: pytest.MonkeyPatch, echo_manifest: str) -> None:
    monkeypatch.setenv("AIGW_MANIFEST", echo_manifest)
    ran = run("manifest", "status", "--prometheus")

    assert 0 == ran.code
    assert f'serial="7",digest="{run("manifest", "status", "--json").json["digest"][:12]}",source="' in ran.out


def test_without_a_manifest_the_environments_keys_serve(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGW_MANIFEST", raising=False)
    ran = run("manifest", "status")

    assert 0 == ran.code
    assert "spoken for by      the environment" in ran.out


def test_a_manifest_that_is_refused_is_told_with_its_problems(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGW_MANIFEST", "schema: aigw/v1\nserial: x\n")
    ran, text = run("manifest", "status", "--json"), run("manifest", "status")

    assert (1, "none", "INVALID") == (ran.code, ran.json["state"], ran.json["nack"])
    assert ran.json["rejected"]
    assert all(problem in text.err for problem in ran.json["rejected"])


def test_a_fleet_is_counted_by_its_metrics(run: Run) -> None:
    with metrics_server(METRICS) as one, metrics_server(METRICS) as other:
        ran = run("manifest", "status", "--fleet", f"{one.origin}/m", "--fleet", f"{other.origin}/m", "--json")
        text = run("manifest", "status", "--fleet", f"{one.origin}/m")

    told = ran.json[0]
    assert (0, "processes", 6, {"8": 2, "7": 2, "None": 2}) == (
        ran.code,
        told["unit"],
        told["total"],
        told["serials"],
    )
    assert {"SIG_BAD": 4} == told["nacks"]
    assert "8       1          33.3%" in text.out
    assert "looks that brought nothing, by check: SIG_BAD 2" in text.out


def test_a_fleet_is_counted_by_its_records(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "records.jsonl"
    wrapped = json.dumps({"message": "call", "aigw": json.loads(record(8))}) + "\n"
    log.write_text(record(7) + record(7, "error") + "no record\n{}\n" + wrapped + record(8, "closed"))
    ran = run("manifest", "status", "--fleet", str(log))

    assert 0 == ran.code
    assert ["SERIAL  RECORDS  SHARE  ERRORS", "8       2        50.0%  0", "7       2        50.0%  1"] == (
        ran.out.splitlines()
    )


def test_a_fleet_nobody_has_seen_is_an_error(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with metrics_server("nothing\n") as server:
        url = f"{server.origin}/metrics?token=hunter2"
        server.close()
        gone = run("manifest", "status", "--fleet", url)

    assert 1 == run("manifest", "status", "--fleet", str(empty)).code
    assert 1 == run("manifest", "status", "--fleet", str(tmp_path / "none")).code
    assert 1 == gone.code
    assert "hunter2" not in gone.err
