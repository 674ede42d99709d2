"""`aigw manifest explain` is `aigw explain` over a file: the same words, and who calls, when, on which side."""

from pathlib import Path

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.author.author_kit import MANIFEST, RAMP


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-key")
    path = tmp_path / "manifest.yaml"
    path.write_text(MANIFEST + RAMP)
    return str(path)


AT = ("--at", "2026-11-20T15:00:00Z")


def test_both_commands_say_the_same(run: Run, manifest: str) -> None:
    asked = ("--model", "main", "--tag", "tenant=globex", *AT)
    plain = run("explain", "--manifest", manifest, *asked)

    assert 0 == plain.code
    assert plain.out == run("manifest", "explain", manifest, *asked).out


@pytest.mark.parametrize(("tenant", "target"), [("initech", "openai/gpt-4o-mini"), ("globex", "openai/gpt-4o")])
def test_a_tag_decides_the_side(run: Run, manifest: str, tenant: str, target: str) -> None:
    record = run("manifest", "explain", manifest, "--json", "--model", "main", "--tag", f"tenant={tenant}", *AT).json

    assert (target, {"tenant": tenant}) == (record["target"], record["tags"])


@pytest.mark.parametrize(("arm", "target"), [("base", "openai/gpt-4o-mini"), ("candidate", "openai/gpt-4o")])
def test_a_side_can_be_asked_for(run: Run, manifest: str, arm: str, target: str) -> None:
    record = run("manifest", "explain", manifest, "--json", "--model", "main", "--arm", arm, *AT).json

    assert (target, f"r-77:{arm}") == (record["target"], record["rollout"])


def test_a_moment_decides_about_detours(run: Run, manifest: str) -> None:
    asked = ("manifest", "explain", manifest, "--model", "main", "--arm", "candidate", "--at")

    assert "It would go to spare/echo-1 first." in run(*asked, "2026-11-20T13:59:59Z").out
    assert "It would go to openai/gpt-4o first." in run(*asked, "2026-11-20T15:00:00+01:00").out


def test_the_key_is_told_as_a_fingerprint(run: Run, manifest: str) -> None:
    ran = run("manifest", "explain", manifest, "--json", "--model", "main", "--key", "made-up-caller", *AT)

    assert 12 == len(ran.json["principal"]["key_id"])
    assert "made-up-caller" not in ran.out


def test_alternates_are_shown(run: Run, manifest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up-key")
    ran = run("manifest", "explain", manifest, "--model", "main", "--arm", "candidate", *AT)

    assert "after context_length: anthropic/claude-long" in ran.out.splitlines()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--at", "tomorrow"), "--at is a moment with its zone"),
        (("--at", "2026-11-20T15:00:00"), "--at is a moment with its zone"),
        (("--tag", "tenant"), "--tag is a name and a value"),
        (("--tag", "=acme"), "--tag is a name and a value"),
    ],
)
def test_an_option_that_cannot_be_read_is_an_error(
    run: Run, manifest: str, options: tuple[str, ...], message: str
) -> None:
    ran = run("manifest", "explain", manifest, "--model", "main", *options)

    assert (1, True) == (ran.code, message in ran.err)


def test_a_manifest_that_is_not_rolled_out_has_no_sides(run: Run, echo_manifest: str) -> None:
    ran = run("manifest", "explain", echo_manifest, "--arm", "base")

    assert (1, True) == (ran.code, "is not being rolled out: it has no base" in ran.err)
