"""`aigw manifest diff` says what changes, for people and for pipelines, against files, URLs and commits."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from tests.cli.kit import Run

from aigw.testing import ManifestServer

OLD = """\
schema: aigw/v1
serial: 7
tags: {app: shop}
providers:
  first: {kind: echo}
  second: {kind: echo}
  openai: {kind: openai, api_key: "env:OPENAI_API_KEY"}
models: {gone: first/echo-9}
routes:
  - {name: chat, targets: [first/echo-1, second/echo-2]}
"""
NEW = """\
schema: aigw/v1
serial: 8
tags: {app: shop}
providers:
  first: {kind: echo}
  second: {kind: echo}
  openai: {kind: openai, api_key: "env:OTHER_KEY"}
routes:
  - {name: chat, targets: [second/echo-2, first/echo-1]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "manifest.yaml").write_text(NEW)
    return tmp_path


@pytest.fixture
def repository(folder: Path) -> Path:
    """A repository with the old manifest committed, and the new one in its place."""
    path = folder / "deploy" / "manifest.yaml"
    path.parent.mkdir()
    path.write_text(OLD)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (["init", "-q"], ["add", "deploy"], [*who, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    path.write_text(NEW)
    return path


def test_the_same_manifest_exits_0(run: Run, folder: Path) -> None:
    ran = run("manifest", "diff", str(folder / "old.yaml"), "--against", str(folder / "old.yaml"))

    assert (0, "") == (ran.code, ran.err)
    assert ran.out.endswith("No change.\n")


def test_a_change_exits_2_and_is_told_target_by_target(run: Run, folder: Path) -> None:
    ran = run("manifest", "diff", str(folder / "manifest.yaml"), "--against", str(folder / "old.yaml"))
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]

    assert 2 == ran.code
    assert "serial 8, against serial 7" in lines[0]
    assert "(app=shop)" in lines[0]
    assert [
        "~ provider openai api_key env:OPENAI_API_KEY env:OTHER_KEY",
        "~ route chat targets[second/echo-2] place 2 place 1",
        "- route gone single: first/echo-9",
    ] == lines[3:]


def test_a_document_that_is_wrong_exits_1(run: Run, folder: Path) -> None:
    (folder / "broken.yaml").write_text("schema: aigw/v1\n")
    ran = run("manifest", "diff", str(folder / "broken.yaml"), "--against", str(folder / "old.yaml"))

    assert (1, "") == (ran.code, ran.out)
    assert "broken.yaml" in ran.err


def test_machines_are_told_the_same(run: Run, folder: Path) -> None:
    told = run("manifest", "diff", str(folder / "manifest.yaml"), "--against", str(folder / "old.yaml"), "--json").json

    assert (True, 7, 8) == (told["changed"], told["old"]["serial"], told["new"]["serial"])
    assert {
        "action": "changed",
        "part": "provider",
        "name": "openai",
        "field": "api_key",
        "before": "env:OPENAI_API_KEY",
        "after": "env:OTHER_KEY",
        "risky": True,
    } == told["changes"][0]


def test_github_is_told_at_the_lines_of_the_new_file(run: Run, folder: Path) -> None:
    path = str(folder / "manifest.yaml")
    ran = run("manifest", "diff", path, "--against", str(folder / "old.yaml"), "--format", "github")

    assert [
        f"::warning file={path},line=7,title=aigw diff::provider openai api_key: env:OPENAI_API_KEY → env:OTHER_KEY",
        f"::notice file={path},line=9,title=aigw diff::route chat targets[second/echo-2]: place 2 → place 1",
        f"::warning file={path},line=1,title=aigw diff::route gone is gone: single: first/echo-9",
    ] == ran.out.splitlines()


def test_markdown_holds_a_table_and_no_markup_of_the_document(run: Run, folder: Path) -> None:
    (folder / "manifest.yaml").write_text(NEW.replace("app: shop", 'app: "<b>[x](y)`@team"'))
    ran = run(
        "manifest", "diff", str(folder / "manifest.yaml"), "--against", str(folder / "old.yaml"), "--format", "markdown"
    )

    assert "| changed | `tags app` | `shop` | `<b>[x](y)'@team` |" in ran.out
    assert "| ⚠ removed | `route gone` | `single: first/echo-9` |  |" in ran.out
    assert "app=&lt;b>\\[x](y)\\`@\u200bteam" in ran.out.splitlines()[0]


def test_a_commit_is_compared_with(run: Run, repository: Path) -> None:
    here = run("manifest", "diff", str(repository), "--against", "git:HEAD", "--json")
    named = run("manifest", "diff", str(repository), "--against", "git:HEAD:deploy/manifest.yaml", "--json")

    assert (2, 7) == (here.code, here.json["old"]["serial"])
    assert here.json["changes"] == named.json["changes"]


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("git:nowhere", "git:nowhere: git has no "),
        ("git:HEAD:nothing.yaml", "git:HEAD:nothing.yaml: git has no 'HEAD:nothing.yaml' in "),
        ("git:", "'git:' names no file of a commit: write git:REF"),
        ("git:HEAD:", "'git:HEAD:' names no file of a commit"),
        ("git:--help", "'git:--help' names no file of a commit"),
    ],
)
def test_a_commit_that_is_not_there_is_an_error_that_says_what_to_write(
    run: Run, repository: Path, ref: str, said: str
) -> None:
    ran = run("manifest", "diff", str(repository), "--against", ref)

    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"aigw: error: {said}")


def test_what_is_published_is_compared_with_signed_or_not(run: Run, folder: Path) -> None:
    payload = json.dumps(
        {"schema": "aigw/v1", "serial": 5, "providers": {"first": {"kind": "echo"}}}
        | {"models": {"one": "first/echo-1"}}
    )
    envelope = {
        "payloadType": "application/vnd.aigw.manifest.v1+json",
        "payload": base64.b64encode(payload.encode()).decode(),
        "signatures": [{"keyid": "00", "sig": base64.b64encode(bytes(64)).decode()}],
    }
    for content in (payload, json.dumps(envelope)):
        with ManifestServer(content) as server:
            told = run("manifest", "diff", str(folder / "manifest.yaml"), "--against", server.url, "--json").json
        assert 5 == told["old"]["serial"]


def test_readers_that_cannot_take_it_are_named(run: Run, folder: Path) -> None:
    (folder / "manifest.yaml").write_text(NEW + 'min_reader: "0.1"\n')
    asked = ("manifest", "diff", str(folder / "manifest.yaml"), "--against", str(folder / "old.yaml"))
    told = run(*asked, "--readers", "0.0.9,1.4", "--json").json["readers"]
    annotated = run(*asked, "--readers", "0.0.9,1.4", "--format", "github").out

    assert [("0.0.9", "RED", "FEATURE"), ("1.4", "GREEN", None)] == [
        (one["version"], one["colour"], one["nack"]) for one in told
    ]
    assert "::error" in annotated.splitlines()[-1]
    assert "aigw 0.0.9: RED (FEATURE: " in annotated.splitlines()[-1]


def test_a_reader_that_is_no_version_is_refused(run: Run, folder: Path) -> None:
    ran = run("manifest", "diff", str(folder / "old.yaml"), "--against", str(folder / "old.yaml"), "--readers", "new")

    assert (1, "aigw: error: --readers new: this is no version of aigw; write them as 0.1.0,1.4.\n") == (
        ran.code,
        ran.err,
    )


def test_no_key_is_ever_told(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-key")
    monkeypatch.setenv("OTHER_KEY", "made-up-key")
    for form in ("text", "json", "github", "markdown"):
        asked = ("--against", str(folder / "old.yaml"), "--format", form)
        assert "made-up-key" not in run("manifest", "diff", str(folder / "manifest.yaml"), *asked).out


def test_what_this_aigw_does_not_know_is_a_change_that_it_cannot_judge(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigw.manifest.language.compile.own_version", lambda: "0.1.0")
    (folder / "new.yaml").write_text(OLD + 'built_with: "99.0"\ndefaults: {unheard_of: 1}\n')
    asked = ("manifest", "diff", str(folder / "new.yaml"), "--against", str(folder / "old.yaml"))
    ran = run(*asked)

    assert 2 == ran.code
    assert "Careful: defaults.unheard_of: not known to this aigw, so not reviewed; upgrade it.\n" in ran.out
    assert run(*asked, "--format", "github").out.startswith("::warning ")
    assert "⚠ defaults.unheard_of" in run(*asked, "--format", "markdown").out
