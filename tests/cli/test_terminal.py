"""Colour where it helps, and nothing a model says may steer a terminal."""

import io
import os
import subprocess
import sys

import pytest
from tests.cli.kit import AIGW

from aigw.cli.terminal import Cell, Page, harmless, one_line


class Screen(io.StringIO):
    """A terminal to write on."""

    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_only() -> None:
    screen, file = Screen(), io.StringIO()
    Page(screen, {}).line("good news", "good")
    Page(file, {}).line("good news", "good")

    assert "\x1b[32mgood news\x1b[0m\n" == screen.getvalue()
    assert "good news\n" == file.getvalue()


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_is_left_out_where_the_environment_says_so(environ: dict[str, str]) -> None:
    screen = Screen()
    Page(screen, environ).line("good news", "good")

    assert "good news\n" == screen.getvalue()


def test_an_empty_no_color_says_nothing() -> None:
    screen = Screen()
    Page(screen, {"NO_COLOR": ""}).line("good news", "good")

    assert "\x1b[" in screen.getvalue()


def test_columns_are_as_wide_as_their_widest_cell_with_and_without_colour() -> None:
    screen, file = Screen(), io.StringIO()
    for stream in (screen, file):
        Page(stream, {}).table(["name", "state"], [[Cell("a", "bold"), "x"], ["longer", Cell("y", "bad")]])

    assert "NAME    STATE\na       x\nlonger  y\n" == file.getvalue()
    assert file.getvalue() == screen.getvalue().translate({27: None}).replace("[1m", "").replace("[2m", "").replace(
        "[31m", ""
    ).replace("[0m", "")


def test_a_cell_never_breaks_its_row() -> None:
    file = io.StringIO()
    Page(file, {}).table(["name"], [["two\nlines"]])

    assert "NAME\ntwo lines\n" == file.getvalue()


def test_what_a_model_says_cannot_steer_a_terminal() -> None:
    screen = Screen()
    Page(screen, {}).write("\x1b]0;owned\x07 and \x9b2J\n\ttab")

    assert "\ufffd]0;owned\ufffd and \ufffd2J\n\ttab" == screen.getvalue()


def test_what_a_model_says_reaches_a_file_as_it_is() -> None:
    file = io.StringIO()
    Page(file, {}).write("\x1b[1mbold\x1b[0m\r\n")

    assert "\x1b[1mbold\x1b[0m\r\n" == file.getvalue()


def test_one_line_has_no_line_breaks_and_no_control_characters() -> None:
    assert "a b \ufffd[31mc" == one_line("a\n  b\r\n\x1b[31mc\n")
    assert "a\n\tb" == harmless("a\n\tb")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_real_terminal_gets_colour_unless_told_not_to(no_color: str, coloured: bool) -> None:
    ours, theirs = os.openpty()
    env = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    with subprocess.Popen([*AIGW, "providers"], stdout=theirs, env=env) as running:
        os.close(theirs)
        shown = b""
        while b"tgi" not in shown:
            shown += os.read(ours, 65536)
        running.wait(30)
    os.close(ours)

    assert coloured == (b"\x1b[" in shown)
