"""`aigw manifest test` judges cases by the routing that serves, and tells what none of them exercises."""

import io
import sys
from pathlib import Path

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.author.author_kit import MANIFEST, RAMP

DURING, AFTERWARDS = 'at: "2026-11-20T12:00:00Z"', 'at: "2026-11-20T15:00:00Z"'


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.yaml"
    path.write_text(MANIFEST)
    return path


def cases(manifest: Path, *pairs: tuple[str, str]) -> None:
    text = "schema: aigw/manifest-tests/v1\ncases:\n"
    for number, (call, expect) in enumerate(pairs):
        text += f"  - {{name: case {number}, call: {{{call}}}, expect: {{{expect}}}}}\n"
    manifest.with_name("manifest.tests.yaml").write_text(text)


@pytest.mark.parametrize(
    ("call", "expect"),
    [
        (f"model: main, {AFTERWARDS}", "route: main, targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]"),
        (f"model: main, {DURING}", "targets: [spare/echo-1]"),
        (f"model: main, {AFTERWARDS}, params: {{seed: 7}}", "targets: [openai/gpt-4o]"),
        (f"model: main, {AFTERWARDS}, surface: messages, stream: true", "target: openai/gpt-4o"),
        (f"model: main, {AFTERWARDS}, surface: responses", "target: openai/gpt-4o"),
        (f"model: main, {AFTERWARDS}, after: context_length", "targets: [anthropic/claude-long]"),
        (f"model: main, {AFTERWARDS}, after: content_policy", "refused: content_policy"),
        ("model: vectors, surface: embeddings", "target: openai/text-embedding-3-small"),
        (f"model: main, {AFTERWARDS}, surface: embeddings", "target: openai/gpt-4o"),
        ("model: other", "refused: model_not_found"),
        ("model: main, params: {temprature: 1}", "refused: UnexpectedArgumentError"),
        ("model: main, arm: base", "refused: no_rollout"),
    ],
)
def test_a_case_that_says_what_the_pipeline_does_holds(run: Run, manifest: Path, call: str, expect: str) -> None:
    cases(manifest, (call, expect))
    ran = run("manifest", "test", str(manifest))

    assert (0, "") == (ran.code, ran.out)
    assert ran.err.endswith("manifest.tests.yaml: 1 of 1 cases hold\n")


def test_a_case_that_does_not_hold_is_told_with_its_line(run: Run, manifest: Path) -> None:
    expect = "target: openai/gpt-4o"
    cases(manifest, (f"model: main, {AFTERWARDS}", expect), (f"model: main, {DURING}", expect))
    ran = run("manifest", "test", str(manifest))

    beside = manifest.with_name("manifest.tests.yaml")
    assert 1 == ran.code
    assert f"{beside}:4: error: case 1: expected openai/gpt-4o first, and it goes to spare/echo-1 [case]\n" == ran.out
    assert f"{beside}: 1 of 2 cases hold\n" == ran.err


def test_keys_are_taken_to_be_there(run: Run, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    cases(manifest, (f"model: main, {AFTERWARDS}", "target: openai/gpt-4o"))

    assert 0 == run("manifest", "test", str(manifest)).code


@pytest.mark.parametrize(
    ("call", "expect", "code"),
    [
        ("tags: {tenant: initech}", "target: openai/gpt-4o-mini, arm: base", 0),
        ("tags: {tenant: globex}", "target: openai/gpt-4o, arm: candidate", 0),
        ("arm: base, tags: {tenant: globex}", "target: openai/gpt-4o-mini, arm: base", 0),
        ("arm: candidate", "target: openai/gpt-4o", 0),
        ("stream: false", "target: openai/gpt-4o", 1),
        ("stream: false", "route: main", 0),
    ],
)
def test_a_rollout_is_judged_by_who_calls_or_on_both_sides(
    run: Run, manifest: Path, call: str, expect: str, code: int
) -> None:
    manifest.write_text(MANIFEST + RAMP)
    cases(manifest, (f"model: main, {AFTERWARDS}, {call}", expect))

    assert code == run("manifest", "test", str(manifest)).code


def test_what_no_case_exercises_is_listed(run: Run, manifest: Path) -> None:
    manifest.write_text(MANIFEST + RAMP)
    cases(manifest, (f"model: main, {DURING}, arm: candidate", "target: spare/echo-1"))
    ran = run("manifest", "test", "--cover", str(manifest))

    missing = [line.partition("no case exercises ")[2] for line in ran.out.splitlines()]
    assert 0 == ran.code
    assert [
        "route vectors [coverage]",
        "route main [coverage]",
        "route main after context_length [coverage]",
        "base: route main [coverage]",
        "rollout r-77: base [coverage]",
    ] == missing
    assert ran.err.endswith("1 of 1 cases hold, 29 % exercised\n")


def test_too_little_is_exercised_for_a_gate(run: Run, manifest: Path) -> None:
    cases(manifest, (f"model: main, {AFTERWARDS}", "target: openai/gpt-4o"))
    ran = run("manifest", "test", "--fail-under", "50", str(manifest))

    assert (1, 0) == (ran.code, run("manifest", "test", "--fail-under", "25", str(manifest)).code)
    assert ran.err.endswith("25 % exercised (at least 50 % wanted)\n")


def test_machines_get_what_failed_and_what_is_missing(run: Run, manifest: Path) -> None:
    cases(manifest, ("model: other", "target: openai/gpt-4o"))
    said = run("manifest", "test", "--json", str(manifest)).json

    assert (False, 1, 1) == (said["ok"], said["cases"], said["failed"])
    assert 4 == len(said["coverage"]["missing"])
    assert [("case", 3)] == [(one["rule"], one["line"]) for one in said["findings"]]


def test_cases_may_lie_elsewhere_and_the_manifest_come_by_standard_input(
    run: Run, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases(manifest, ("model: vectors", "target: openai/text-embedding-3-small"))
    there = manifest.with_name("manifest.tests.yaml").rename(tmp_path / "others.yaml")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MANIFEST.encode())))

    assert 0 == run("manifest", "test", "--cases", str(there), "-").code
    assert "Say where the cases are" in run("manifest", "test", "-").err


def test_without_cases_it_says_which_file_it_looked_for(run: Run, manifest: Path) -> None:
    ran = run("manifest", "test", str(manifest))

    assert 1 == ran.code
    assert f"{manifest.with_name('manifest.tests.yaml')} cannot be read" in ran.err


@pytest.mark.parametrize(("key", "arm"), [("alpha", "candidate"), ("beta", "base")])
def test_a_key_decides_by_its_fingerprint(run: Run, manifest: Path, key: str, arm: str) -> None:
    manifest.write_text(MANIFEST + RAMP.replace("unit: tenant", "unit: key"))
    cases(manifest, (f"model: main, key: {key}, {AFTERWARDS}", f"arm: {arm}"))

    assert 0 == run("manifest", "test", str(manifest)).code


def test_a_pull_request_gets_how_many_hold(run: Run, manifest: Path) -> None:
    cases(manifest, ("model: other", "target: openai/gpt-4o"))
    lines = run("manifest", "test", "--format", "markdown", str(manifest)).out.splitlines()

    assert lines[0].startswith("### ")
    assert lines[0].endswith("manifest.tests.yaml: 0 of 1 cases hold")
    assert "case 0: is refused: model_not_found" in lines[6]
