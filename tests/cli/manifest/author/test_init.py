"""`aigw manifest init` asks nothing, writes a manifest that works, and writes over nothing."""

from pathlib import Path

import pytest
from tests.cli.kit import Run

from aigw.providers.registry import kinds


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no keys."""
    for variable in {name for kind in kinds().values() for name in (*kind.key_env, *kind.base_env)}:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_keys_the_manifest_answers_offline(run: Run) -> None:
    assert 0 == run("manifest", "init").code
    answered = run("chat", "--manifest", "manifest.yaml", "--model", "assistant", "Good morning")

    assert (0, True) == (answered.code, "Good morning" in answered.out)


@pytest.mark.parametrize("keys", [(), ("OPENAI_API_KEY",), ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY")])
def test_what_it_writes_passes_every_check(run: Run, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]) -> None:
    for key in keys:
        monkeypatch.setenv(key, "made-up-key")
    run("manifest", "init")

    assert 0 == run("manifest", "check", "manifest.yaml").code
    assert [] == run("manifest", "lint", "--json", "manifest.yaml").json["findings"]
    assert 0 == run("manifest", "fmt", "--check", "manifest.yaml", "manifest.tests.yaml").code
    assert 0 == run("manifest", "test", "--fail-under", "100").code


def test_two_providers_fall_back_on_each_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up-key")
    run("manifest", "init")
    routes = run("manifest", "show", "--json", "manifest.yaml").json["routes"]

    assert ["assistant", "quick"] == [route["name"] for route in routes]
    for route in routes:
        assert ["openai", "anthropic"] == [target["target"].partition("/")[0] for target in route["targets"]]


def test_no_key_is_written_anywhere(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-key")
    ran = run("manifest", "init")

    assert [] == [file for file in folder.iterdir() if "made-up-key" in file.read_text()]
    assert "made-up-key" not in ran.out


def test_editors_find_the_schema_by_the_first_line(run: Run, folder: Path) -> None:
    run("manifest", "init", "routing.yaml")
    first = (folder / "routing.yaml").read_text().splitlines()[0]

    assert "# yaml-language-server: $schema=./routing.schema.json" == first
    assert run("manifest", "schema").out == (folder / "routing.schema.json").read_text()


@pytest.mark.parametrize("there", ["manifest.yaml", "manifest.tests.yaml", "manifest.schema.json"])
def test_nothing_is_written_over_and_then_nothing_is_written(run: Run, folder: Path, there: str) -> None:
    (folder / there).write_text("mine")
    ran = run("manifest", "init")

    assert (1, "") == (ran.code, ran.out)
    assert f"aigw: error: {there} is there already; move it away" in ran.err
    assert ["mine"] == [file.read_text() for file in folder.iterdir()]


def test_the_folder_is_made_if_it_is_not_there(run: Run, folder: Path) -> None:
    assert 0 == run("manifest", "init", "config/manifest.yaml").code
    assert {"manifest.yaml", "manifest.tests.yaml", "manifest.schema.json"} == {
        file.name for file in (folder / "config").iterdir()
    }


def test_a_folder_that_cannot_be_made_is_an_error(run: Run, folder: Path) -> None:
    (folder / "config").write_text("a file")
    ran = run("manifest", "init", "config/manifest.yaml")

    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith("aigw: error: config/manifest.yaml cannot be written: ")


def test_machines_are_told_what_was_written(run: Run) -> None:
    assert {
        "manifest": "m.yaml",
        "tests": "m.tests.yaml",
        "schema": "m.schema.json",
        "providers": ["here", "spare"],
    } == run("manifest", "init", "--json", "m.yaml").json


def test_it_says_what_comes_next_as_other_commands_do(run: Run) -> None:
    assert "\nnext: aigw manifest test manifest.yaml\n" in run("manifest", "init").out
