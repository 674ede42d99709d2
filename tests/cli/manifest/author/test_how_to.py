"""What `docs/how-to/write-a-manifest.md` shows is what happens."""

import re
from pathlib import Path

import pytest
from tests.cli.kit import Run

from aigw.manifest.publishing.cases import read_cases

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "how-to" / "write-a-manifest.md").read_text("utf-8")

MANIFEST = """\
schema: aigw/v1
serial: 8
providers:
  openai: {kind: openai}
  anthropic: {kind: anthropic}
routes:
  - name: summary
    targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]
    fallbacks: {context_length: [anthropic/claude-sonnet-4-5]}
  - name: quick
    targets: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
"""
RAMP = """\
rollout:
  id: move-summaries-1
  unit: tenant
  start: "2026-11-23T09:00:00Z"
  stages: [{at: 0m, bp: 500}, {at: 60m, bp: 10000}]
  base:
    providers: {openai: {kind: openai}}
    models: {summary: openai/gpt-4o}
"""


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up-key")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "manifest.yaml"
    path.write_text(MANIFEST)
    return path


def block(start: str) -> str:
    found = re.search(rf"^```(?:yaml|console)\n({re.escape(start)}.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_cases_hold_as_they_are_shown(run: Run, manifest: Path) -> None:
    manifest.with_name("manifest.tests.yaml").write_text(block("schema: aigw/manifest-tests/v1"))
    ran = run("manifest", "test", "--cover", "manifest.yaml")

    assert block("$ aigw manifest test").splitlines()[1:] == [*ran.out.splitlines(), *ran.err.splitlines()]


def test_the_case_of_a_rollout_holds(run: Run, manifest: Path) -> None:
    manifest.write_text(MANIFEST + RAMP)
    manifest.with_name("manifest.tests.yaml").write_text(
        "schema: aigw/manifest-tests/v1\n" + block("cases:\n  - name: acme stays")
    )

    assert 0 == run("manifest", "test", "manifest.yaml").code


def test_the_explanation_is_as_shown(run: Run, manifest: Path) -> None:
    manifest.write_text(MANIFEST + RAMP)
    command, *shown = block("$ aigw manifest explain").splitlines()
    lines = run(*command.removeprefix("$ aigw ").split()).out.splitlines()

    assert shown[1:] == [line for line in lines if not line.startswith("note: ")][1:]


def test_the_warning_is_as_shown(run: Run, manifest: Path) -> None:
    lone = MANIFEST.replace("[openai/gpt-4o, anthropic/claude-sonnet-4-5]", "[openai/gpt-4o]")
    manifest.write_text(lone)
    shown = " ".join(block("$ aigw manifest fmt").splitlines()[2:])

    assert shown == run("manifest", "lint", "manifest.yaml").out.strip()


def test_what_init_says_is_as_shown(run: Run, manifest: Path) -> None:
    manifest.unlink()
    shown = block("$ aigw manifest init").splitlines()[1:]

    assert shown == run("manifest", "init").out.splitlines()[:3]


def test_each_word_of_a_case_is_described() -> None:
    (case, *_) = read_cases(block("schema: aigw/manifest-tests/v1"), source="t").cases
    words = [*type(case.call).model_fields, *type(case.expected).model_fields]

    assert [] == [word for word in words if f"| `{word}` |" not in PAGE]
