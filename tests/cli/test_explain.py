"""`aigw explain` says where a call would go, and calls nobody."""

from pathlib import Path

import pytest
from tests.cli.kit import ECHO, Run

from aigw.testing import ManifestServer, OpenAIServer


def test_every_candidate_is_shown_with_its_reason(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(
        "schema: aigw/v1\nserial: 3\n"
        'providers: {hosted: {kind: openai, api_key: "env:NOT_SET_HERE"}, offline: {kind: echo}}\n'
        "routes: [{name: ticket-summary, targets: [hosted/gpt-4o, offline/echo-1]}]\n"
    )
    ran = run("explain", "--manifest", str(path), "--model", "ticket-summary")

    rows = [line.split() for line in ran.out.splitlines() if line.startswith("  ")]
    assert 0 == ran.code
    assert [["hosted/gpt-4o", "no", "no_secret"], ["offline/echo-1", "yes", "ok"]] == rows[1:]
    assert "It would go to offline/echo-1 first." in ran.out
    assert "serial 3" in ran.out


def test_nobody_is_called(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    ran = run("explain", "--manifest", openai_manifest)

    assert 0 == ran.code
    assert [] == openai.requests


def test_machines_get_the_record(run: Run, echo_manifest: str) -> None:
    record = run("explain", "--json", "--manifest", echo_manifest, "hello").json

    assert "offline/echo-1" == record["target"]
    assert ["offline/echo-1", "offline/echo-2"] == [candidate["target"] for candidate in record["candidates"]]
    assert [] == record["attempts"]


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_call_that_no_target_may_take_exits_1(run: Run, tmp_path: Path, option: list[str]) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(
        'schema: aigw/v1\nserial: 3\nproviders: {hosted: {kind: openai, api_key: "env:NOT_SET_HERE"}}\n'
        "models: {assistant: hosted/gpt-4o}\n"
    )
    ran = run("explain", "--manifest", str(path), *option)

    assert 1 == ran.code
    assert "no_secret" in ran.out


def test_the_manifest_explained_is_the_one_published_now_and_not_the_copy_of_last_time(run: Run) -> None:
    with ManifestServer(ECHO) as server:
        assert 7 == run("explain", "--json", "--manifest", server.url).json["serial"]
        server.publish(ECHO.replace("serial: 7", "serial: 8"))

        assert 8 == run("explain", "--json", "--manifest", server.url).json["serial"]


def test_a_last_good_copy_that_stands_in_is_told(run: Run) -> None:
    with ManifestServer(ECHO) as server:
        run("explain", "--manifest", server.url)
        server.publish("schema: aigw/v1\nserial: 8\n")
        ran = run("explain", "--json", "--manifest", server.url)

    assert (0, 7) == (ran.code, ran.json["serial"])
    assert ran.err.startswith("aigw: warning: ")


def test_the_side_of_a_rollout_is_shown_with_what_decided_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(
        "schema: aigw/v1\nserial: 3\nproviders: {offline: {kind: echo}}\nmodels: {assistant: offline/new}\n"
        "rollout:\n  id: r-77\n  unit: instance\n  start: 2026-01-01T00:00:00Z\n  stages: [{at: 0m, bp: 10000}]\n"
        "  base: {providers: {offline: {kind: echo}}, models: {assistant: offline/old}}\n"
    )
    ran = run("explain", "--manifest", str(path))

    assert 0 == ran.code
    assert "rollout r-77:candidate" in ran.out.splitlines()
    assert "note: rollout: r-77:candidate, by instance, bucket " in ran.out
    assert "It would go to offline/new first." in ran.out
