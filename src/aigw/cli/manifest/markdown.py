"""Write Markdown for a comment on a pull request. What documents and logs say must not become markup in it."""

from collections.abc import Sequence
from typing import Final

from aigw.cli.terminal import Page, one_line

_MEANT: Final = str.maketrans({"\\": "\\\\", "&": "&amp;", "<": "&lt;", "|": "\\|", "[": "\\[", "@": "@\u200b"})


def sentence(text: str) -> str:
    """Give *text*, a sentence of ours that quotes others, as a table takes it: code in it stays code."""
    return one_line(text).translate(_MEANT)


def cell(text: str) -> str:
    """Give *text* as a table takes it, plain."""
    return sentence(text).replace("`", "\\`")


def code(text: str) -> str:
    """Give *text* as code; nothing where it is empty."""
    plain = one_line(text).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`" if plain else ""


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], out: Page) -> None:
    """Write a table of cells that are Markdown already."""
    for row in (headings, ["---"] * len(headings), *rows):
        out.line(f"| {' | '.join(row)} |")
