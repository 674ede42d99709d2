"""`aigw manifest fmt` writes files in their form, or says what would change."""

import io
import stat
import sys
from pathlib import Path

import pytest
from tests.cli.kit import Run

MESSY = """\
serial:   7
schema: aigw/v1  # the language
providers:
    offline:
        kind: echo
models:
    a: offline/x
"""
TIDY = """\
schema: aigw/v1  # the language
serial: 7
providers:
  offline:
    kind: echo
models:
  a: offline/x
"""


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.yaml"
    path.write_text(MESSY)
    return path


def test_a_file_is_formatted_in_place_and_keeps_its_mode(run: Run, messy: Path) -> None:
    messy.chmod(0o640)
    ran = run("manifest", "fmt", str(messy))

    assert (0, "", f"{messy}: formatted\n") == (ran.code, ran.out, ran.err)
    assert (TIDY, 0o640) == (messy.read_text(), stat.S_IMODE(messy.stat().st_mode))
    assert [messy] == list(messy.parent.iterdir())


def test_a_link_stays_a_link(run: Run, messy: Path) -> None:
    link = messy.with_name("link.yaml")
    link.symlink_to(messy.name)
    run("manifest", "fmt", str(link))

    assert (True, TIDY) == (link.is_symlink(), messy.read_text())


def test_check_shows_the_difference_exits_2_and_changes_nothing(run: Run, messy: Path) -> None:
    ran = run("manifest", "fmt", "--check", str(messy))

    assert (2, MESSY) == (ran.code, messy.read_text())
    assert {"-serial:   7", "+serial: 7", "+  a: offline/x"} <= set(ran.out.splitlines())


def test_check_of_what_is_in_form_is_quiet(run: Run, messy: Path) -> None:
    messy.write_text(TIDY)

    assert (0, "", "") == tuple(vars(run("manifest", "fmt", "--check", str(messy))).values())


def test_line_ends_alone_are_a_change_that_is_told(run: Run, messy: Path) -> None:
    messy.write_bytes(TIDY.replace("\n", "\r\n").encode())
    ran = run("manifest", "fmt", "--check", str(messy))

    assert (2, f"{messy}: lines do not end as they should\n") == (ran.code, ran.out)


def test_standard_input_is_printed_formatted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MESSY.encode())))

    assert (0, TIDY) == ((ran := run("manifest", "fmt", "-")).code, ran.out)


def test_machines_are_told_which_files_change(run: Run, messy: Path) -> None:
    tidy = messy.with_name("tidy.yaml")
    tidy.write_text(TIDY)
    ran = run("manifest", "fmt", "--check", "--json", str(messy), str(tidy))

    assert (2, {"changed": [str(messy)]}) == (ran.code, ran.json)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"schema: [\n", "this is not valid YAML"), (b"\xff", "is not UTF-8"), (None, "cannot be read: No such file")],
)
def test_what_is_no_document_is_an_error_and_left_alone(
    run: Run, tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "m.yaml"
    if content is not None:
        path.write_bytes(content)
    ran = run("manifest", "fmt", str(path))

    assert (1, content) == (ran.code, path.read_bytes() if path.exists() else None)
    assert message in ran.err
