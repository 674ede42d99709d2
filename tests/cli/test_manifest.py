"""`aigw manifest check` finds everything that is wrong; `aigw manifest show` tells everything but keys."""

import io
import sys
from pathlib import Path

import pytest
from tests.cli.kit import ECHO, Run

from aigw.testing import ManifestServer

BROKEN = """\
schema: aigw/v1
serial: 1
providers:
  offline: {kind: ecko}
routes:
  - {name: ticket-summary, stratgy: fallback, targets: [offline/echo-1]}
"""


def test_a_good_manifest_exits_0_and_is_summed_up(run: Run, echo_manifest: str) -> None:
    ran = run("manifest", "check", echo_manifest)

    assert (0, "") == (ran.code, ran.err)
    assert f"{echo_manifest}: good (serial 7, 1 provider, 1 route)\n" == ran.out


def test_every_problem_is_a_line_with_its_place_and_a_suggestion(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    ran = run("manifest", "check", str(path))

    first, second = ran.out.splitlines()
    assert 1 == ran.code
    assert first.startswith(f"{path}:4: providers.offline.kind: ")
    assert "echo" in first
    assert second.startswith(f"{path}:6: routes[0].stratgy: ")
    assert "'strategy'" in second
    assert f"aigw: error: {path} has 2 problems\n" == ran.err


def test_check_tells_machines_the_same(run: Run, tmp_path: Path, echo_manifest: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    bad, good = run("manifest", "check", "--json", str(path)), run("manifest", "check", "--json", echo_manifest)

    assert (1, False, 2) == (bad.code, bad.json["ok"], len(bad.json["problems"]))
    assert (0, True, 7, []) == (good.code, good.json["ok"], good.json["serial"], good.json["problems"])


def test_a_manifest_is_checked_where_it_is_published(run: Run) -> None:
    with ManifestServer(ECHO) as server:
        assert 0 == run("manifest", "check", server.url).code
        server.publish(BROKEN)
        assert run("manifest", "check", server.url).out.startswith(f"{server.url}:4: ")


def test_checking_keeps_no_copy(run: Run, tmp_path: Path) -> None:
    with ManifestServer(ECHO) as server:
        run("manifest", "check", server.url)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("status", [404, 503])
def test_a_url_that_answers_no_manifest_is_an_error(run: Run, status: int) -> None:
    with ManifestServer() as server:
        server.fail(status)
        ran = run("manifest", "check", server.url)

    assert (1, "") == (ran.code, ran.out)
    assert f"aigw: error: The manifest {server.url} cannot be had: HTTP status {status}.\n" == ran.err


def test_a_url_where_nobody_listens_is_an_error(run: Run) -> None:
    with ManifestServer(ECHO) as server:
        url = server.url
    ran = run("manifest", "check", url)

    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith("aigw: error: Cannot connect to 127.0.0.1:")


def test_check_reads_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BROKEN.encode())))
    ran = run("manifest", "check", "-")

    assert ran.out.startswith("standard input:4: providers.offline.kind: ")


def test_show_lists_providers_and_routes_in_order(run: Run, echo_manifest: str) -> None:
    ran = run("manifest", "show", echo_manifest)

    assert 0 == ran.code
    assert "serial 7" in ran.out
    targets = [line.split()[-1] for line in ran.out.splitlines() if "offline/" in line]
    assert ["offline/echo-1", "offline/echo-2"] == targets


def test_show_names_where_keys_come_from_and_never_the_key(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(
        "schema: aigw/v1\nserial: 1\nproviders:\n  openai: {kind: openai}\n  anthropic: {kind: anthropic}\n"
        "models: {one: openai/gpt-4o, two: anthropic/claude-sonnet-4-5}\n"
    )
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-key")
    for option in ([], ["--json"]):
        out = run("manifest", "show", str(path), *option).out
        assert "env:OPENAI_API_KEY" in out
        assert "made-up-key" not in out

    known = {
        item["name"]: item["key_is_readable"] for item in run("manifest", "show", "--json", str(path)).json["providers"]
    }
    assert {"openai": True, "anthropic": False} == known


def test_show_tells_machines_the_same(run: Run, echo_manifest: str) -> None:
    shown = run("manifest", "show", "--json", echo_manifest).json

    assert 7 == shown["serial"]
    assert ["offline/echo-1", "offline/echo-2"] == [target["target"] for target in shown["routes"][0]["targets"]]


def test_show_takes_the_manifest_of_the_environment(
    run: Run, echo_manifest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGW_MANIFEST", echo_manifest)

    assert 7 == run("manifest", "show", "--json").json["serial"]


def test_show_without_any_manifest_tells_what_the_default_offers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up-key")
    shown = run("manifest", "show", "--json").json

    assert shown["allow_direct"] is True
    assert "anthropic" in {provider["name"] for provider in shown["providers"]}


def test_an_invalid_manifest_is_one_line_to_other_commands(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    for command in (["manifest", "show", str(path)], ["explain", "--manifest", str(path)]):
        ran = run(*command)
        assert (1, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
        assert f"{path}:4: providers.offline.kind: " in ran.err
