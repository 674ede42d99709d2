"""`aigw manifest lint` tells people, machines, GitHub and pull requests the same, and takes in others' rules."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.kit import Run

UNWISE = """\
schema: aigw/v1
serial: 1
providers:
  offline: {kind: echo}
  spare: {kind: echo}
routes:
  - {name: a, targets: [offline/x]}
"""


@pytest.fixture
def unwise(tmp_path: Path) -> str:
    path = tmp_path / "manifest.yaml"
    path.write_text(UNWISE)
    return str(path)


def test_people_get_a_line_each_with_place_fix_and_rule(run: Run, unwise: str) -> None:
    ran = run("manifest", "lint", unwise)

    assert 1 == ran.code
    unused, alone = ran.out.splitlines()
    assert unused == (
        f"{unwise}:5: warning: providers.spare: is no target's provider; name it in a route, or leave it out "
        "[unused-provider]"
    )
    assert alone == (
        f"{unwise}:7: warning: routes[0].targets: has one target, and nothing to fall back on; add a target at another "
        "provider, or write `strategy: single` if that is meant [no-fallback]"
    )
    assert f"{unwise}: 2 warnings\n" == ran.err


def test_machines_get_json_by_either_option(run: Run, unwise: str) -> None:
    said = run("manifest", "lint", "--json", unwise).json

    assert said == run("manifest", "lint", "--format", "json", unwise).json
    assert (False, ["unused-provider", "no-fallback"]) == (said["ok"], [one["rule"] for one in said["findings"]])
    assert {"level", "rule", "message", "fix", "file", "line", "path"} == said["findings"][0].keys()


def test_github_gets_an_annotation_of_each_line(run: Run, unwise: str) -> None:
    ran = run("manifest", "lint", "--format", "github", unwise)

    assert (1, "") == (ran.code, ran.err)
    assert (
        f"::warning file={unwise},line=5,title=aigw unused-provider::providers.spare: is no target's provider; name it "
        "in a route, or leave it out"
    ) == ran.out.splitlines()[0]


def test_a_pull_request_gets_a_table(run: Run, unwise: str) -> None:
    lines = run("manifest", "lint", "--format", "markdown", unwise).out.splitlines()

    assert ["### Manifest", "", "2 warnings.", ""] == lines[:4]
    assert f"| warning | `{unwise}:5` `providers.spare` |" in lines[6]


def test_a_good_manifest_exits_0(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(UNWISE.replace("[offline/x]", "[offline/x, spare/x]"))
    ran = run("manifest", "lint", str(path))

    assert (0, "", f"{path}: nothing found\n") == (ran.code, ran.out, ran.err)


def test_what_the_reader_refuses_stands_among_the_findings(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(UNWISE.replace("offline/x", "oflline/x").replace("serial: 1", "serial: 1  # sk-live-0123456789"))
    findings = run("manifest", "lint", "--json", str(path)).json["findings"]

    assert [("literal-secret", 2), ("invalid", 7)] == [(one["rule"], one["line"]) for one in findings]


@pytest.mark.parametrize("content", [b"schema: [\n", b"\xff\xfe", b""])
def test_what_is_no_document_is_one_finding(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(content)
    ran = run("manifest", "lint", "--json", str(path))

    assert (1, ["invalid"]) == (ran.code, [one["rule"] for one in ran.json["findings"]])


def test_several_files_and_standard_input_are_searched(run: Run, unwise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNWISE.encode())))
    findings = run("manifest", "lint", "--json", unwise, "-").json["findings"]

    assert [unwise, unwise, "standard input", "standard input"] == [one["file"] for one in findings]


def test_the_oldest_reader_is_asked_about(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(UNWISE.replace("[offline/x]", "[offline/x, spare/x]") + "fail_closed_after: 1h\n")

    assert 0 == run("manifest", "lint", "--min-reader", "1.4", str(path)).code
    assert 1 == run("manifest", "lint", "--min-reader", "0.0.9", str(path)).code
    assert "--min-reader is a version of aigw such as 1.4" in run("manifest", "lint", "--min-reader", "v9", "x").err


def test_a_rule_explains_itself(run: Run) -> None:
    ran = run("manifest", "lint", "--explain", "no-fallback")

    assert 0 == ran.code
    assert ran.out.startswith("no-fallback (warning)\n")
    assert "# lint: allow no-fallback REASON" in ran.out
    assert "did you mean 'no-fallback'?" in run("manifest", "lint", "--explain", "no-fallbak").err


@pytest.mark.parametrize("form", [("--json",), ("--format", "json")])
def test_a_rule_explains_itself_to_machines(run: Run, form: tuple[str, ...]) -> None:
    told = run("manifest", "lint", "--explain", "no-fallback", *form).json

    assert ("no-fallback", "warning") == (told["rule"], told["level"])
    assert {"asks", "why", "instead_of", "write"} <= {name for name, said in told.items() if said}


@pytest.mark.parametrize("command", ["lint", "fmt", "test"])
def test_a_url_is_no_file(run: Run, command: str) -> None:
    ran = run("manifest", command, "https://me:hunter2@config.acme.internal/current.json?token=hunter3")

    assert (1, "") == (ran.code, ran.out)
    assert "https://config.acme.internal/current.json?… is a URL, and this works on files." in ran.err
    assert "curl -o FILE URL" in ran.err


@pytest.mark.parametrize("command", ["lint", "fmt", "test", "check", "show"])
def test_without_a_manifest_it_says_how_to_begin(run: Run, tmp_path: Path, command: str) -> None:
    ran = run("manifest", command, str(tmp_path / "manifest.yaml"))

    assert 1 == ran.code
    assert ran.err.endswith(" `aigw manifest init` writes one to begin with.\n")


def test_without_a_file_it_says_what_to_write(run: Run) -> None:
    ran = run("manifest", "lint")

    assert (1, "aigw: error: Say which file: aigw manifest lint manifest.yaml.\n") == (ran.code, ran.err)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder that is importable, with a package installed in it that brings a rule."""
    home = tmp_path / "site"
    about = home / "acme_rules-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[aigw.manifest_rules]\nowner = acme_rules:OWNER\n")
    (home / "acme_rules.py").write_text(
        "from aigw.manifest.publishing.rules.subject import Found, Rule\n"
        "def check(subject):\n"
        "    if 'owner' not in subject.raw.get('tags', {}):\n"
        "        yield Found((), 'has no owner', 'say `tags: {owner: …}`')\n"
        "OWNER = Rule(id='acme-owner', level='error', asks='Who owns it?', why='Somebody must.',\n"
        "             instead_of='', write='tags: {owner: a}', check=check)\n"
    )
    monkeypatch.syspath_prepend(str(home))
    yield home
    sys.modules.pop("acme_rules", None)


@pytest.mark.usefixtures("package")
def test_an_installed_package_brings_rules_of_its_own(run: Run, echo_manifest: str) -> None:
    findings = run("manifest", "lint", "--json", echo_manifest).json["findings"]

    assert "has no owner" in [one["message"] for one in findings]
    assert 0 == run("manifest", "lint", "--explain", "acme-owner").code


def test_a_rule_that_cannot_be_loaded_is_an_error_that_names_it(run: Run, package: Path, echo_manifest: str) -> None:
    (package / "acme_rules.py").write_text("OWNER = 1\n")
    ran = run("manifest", "lint", echo_manifest)

    assert 1 == ran.code
    assert "The rule owner (acme_rules:OWNER) cannot be loaded" in ran.err


def test_json_documents_are_searched_alike(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        json.dumps(
            {
                "schema": "aigw/v1",
                "serial": 1,
                "providers": {"offline": {"kind": "echo"}},
                "routes": [{"name": "a", "targets": ["offline/x"]}],
            },
            indent=1,
        )
    )

    assert [("no-fallback", 12)] == [
        (one["rule"], one["line"]) for one in run("manifest", "lint", "--json", str(path)).json["findings"]
    ]
