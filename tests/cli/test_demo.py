"""`aigw demo` does the main job before one's eyes, says so only where it is so, and leaves nothing behind."""

import os
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from tests.cli.kit import AIGW, Run

from aigw.cli import demo_steps
from aigw.cli.demo_world import World

OPENAI, ANTHROPIC = "openai/gpt-4o", "anthropic/claude-sonnet-4-5"


@pytest.mark.parametrize("option", [[], ["--async"]], ids=["sync", "async"])
def test_the_running_process_moves_without_an_error(run: Run, option: list[str]) -> None:
    ran = run("demo", "--json", *option)
    steps = {step["step"]: step for step in ran.json["steps"]}
    path = [[attempt["target"] for attempt in step["record"]["attempts"]] for step in steps.values()]

    assert (0, "", True) == (ran.code, ran.err, ran.json["ok"])
    assert os.getpid() == ran.json["pid"]
    assert [[OPENAI], [OPENAI], [OPENAI, OPENAI, ANTHROPIC], [ANTHROPIC]] == path
    assert ["APIConnectionError", "APIConnectionError", None] == [
        attempt["error"] for attempt in steps["dying provider"]["record"]["attempts"]
    ]
    flipped = steps["flipped manifest"]
    assert (OPENAI, 1) == (flipped["before"]["target"], flipped["before"]["serial"])
    assert (ANTHROPIC, 2) == (flipped["record"]["target"], flipped["record"]["serial"])


def test_async_goes_through_the_async_face(run: Run) -> None:
    assert "aigw.AsyncGateway" == run("demo", "--json", "--async").json["face"]


def test_the_page_shows_each_step_with_its_route_explained(run: Run) -> None:
    ran = run("demo")

    assert (0, "") == (ran.code, ran.err)
    assert 4 == ran.out.count("CANDIDATE")
    assert "NOT TRUE" not in ran.out
    assert "All of it happened as told" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 110


@pytest.mark.parametrize(
    ("deed", "untrue"),
    [("kill_openai", f"answered by {ANTHROPIC}"), ("flip", f"answered by {ANTHROPIC} at the first attempt")],
)
def test_a_step_that_does_not_do_what_it_says_fails_the_demo(
    run: Run, monkeypatch: pytest.MonkeyPatch, deed: str, untrue: str
) -> None:
    monkeypatch.setattr(World, deed, lambda world: None)
    monkeypatch.setattr(World, "revive_openai", lambda world: None)
    monkeypatch.setattr(demo_steps, "_FOLLOWS_WITHIN_S", 0.2)
    if deed == "flip":
        monkeypatch.setattr(World, "kill_openai", lambda world: None)
    ran = run("demo")

    assert 1 == ran.code
    assert f"NOT TRUE: {untrue}\n" in ran.out
    assert "All of it" not in ran.out


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AIGW_", "XDG_"))}
    environ |= {"HOME": str(home), "TMPDIR": str(temporary)}
    subprocess.run([*AIGW, "demo"], env=environ, check=True, stdout=subprocess.DEVNULL, timeout=60)

    assert [] == [*home.iterdir(), *temporary.iterdir()]


def test_no_thread_file_or_setting_outlives_the_demo(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads, environ = set(threading.enumerate()), dict(os.environ)
    run("demo", "--json")

    assert set() == set(threading.enumerate()) - threads
    assert environ == dict(os.environ)
    assert [] == list(tmp_path.iterdir())


def test_a_proxy_of_the_environment_is_not_in_the_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.com")

    assert 0 == run("demo", "--json").code
    assert "example.com" == os.environ["NO_PROXY"]
    assert "no_proxy" not in os.environ


def test_settings_of_the_environment_are_not_in_the_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGW_MANIFEST", "/nowhere.yaml")
    monkeypatch.setenv("AIGW_TAGS", "this is no tag")

    assert 0 == run("demo", "--json").code
