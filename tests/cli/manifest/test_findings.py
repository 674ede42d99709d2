"""Findings are written so that what a document says can do no harm where they are read."""

import io
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.cli.manifest.findings import Finding, Level, counted, render
from aigw.cli.terminal import Page, Terminal

FINDING = Finding(
    level="error", rule="a-rule", message="is wrong", file="m.yaml", line=3, path="routes[0]", fix="mend it"
)


def written(form: str, *findings: Finding, title: str = "") -> str:
    out = io.StringIO()
    page = Page(out, {})
    render(findings, form, Terminal(page, page, io.StringIO()), title=title)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", "m.yaml:3: error: routes[0]: is wrong; mend it [a-rule]\n"),
        ("github", "::error file=m.yaml,line=3,title=aigw a-rule::routes[0]: is wrong; mend it\n"),
    ],
)
def test_a_finding_is_one_line(form: str, expected: str) -> None:
    assert expected == written(form, FINDING)


def test_a_finding_without_a_place_is_told_without_one() -> None:
    assert "note: it is so [r]\n" == written("text", Finding(level="note", rule="r", message="it is so"))
    assert "::notice title=aigw r::it is so\n" == written("github", Finding(level="note", rule="r", message="it is so"))


def test_markdown_says_so_where_nothing_is_found() -> None:
    assert "### Plan\n\nNothing found.\n" == written("markdown", title="Plan")


def test_findings_are_counted_by_level() -> None:
    warning = Finding(level="warning", rule="r", message="m")

    assert "1 error, 2 warnings" == counted([warning, FINDING, warning])


HARMFUL = ["a\n::error::b", "a\r\n::set-output name=x::y", "%0A::warning::z", "| x |", "<b>", "[a](b)", "@all"]
TEXT = st.text(max_size=30) | st.sampled_from(HARMFUL)


@given(message=TEXT, file=TEXT, path=TEXT, level=st.sampled_from(get_args(Level)))
def test_nothing_in_a_finding_starts_a_command_or_a_line_of_its_own(
    message: str, file: str, path: str, level: Level
) -> None:
    finding = Finding(level=level, rule="r", message=message, file=file, line=1, path=path)
    said = written("github", finding)

    assert 1 == said.count("\n")
    assert "\r" not in said
    assert said.startswith(("::error ", "::warning ", "::notice "))


@given(message=TEXT, file=TEXT, path=TEXT)
def test_nothing_in_a_finding_ends_its_row_or_becomes_markup(message: str, file: str, path: str) -> None:
    rows = written("markdown", Finding(level="error", rule="r", message=message, file=file, path=path)).splitlines()
    row = rows[-1].replace("\\|", "")

    assert 5 == len(rows)
    assert 5 == row.count("|")
    assert "<" not in row.split("|")[3]


def test_a_backslash_of_theirs_does_not_undo_ours() -> None:
    row = written("markdown", Finding(level="error", rule="r", message="\\[a](b)")).splitlines()[-1]

    assert "| \\\\\\[a](b) |" in row
