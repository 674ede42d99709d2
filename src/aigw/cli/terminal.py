"""Writing for people and for machines: tables, colour where a terminal shows it, JSON, and nothing that bites.

What models and manifests say may hold control characters; on a terminal those would move the cursor, rename the
window or hide text, so they are shown as a mark there.
"""

import io
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self, TextIO, TypeAlias

Style: TypeAlias = Literal["bold", "dim", "good", "bad"]

_CODES: Final[Mapping[Style, str]] = {"bold": "1", "dim": "2", "good": "32", "bad": "31"}
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARK: Final = "\ufffd"
_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a table's cell, and how it is shown where there is colour."""

    text: str
    style: Style | None = None


class Page:
    """One stream of output. Colour only where *stream* is a terminal, `NO_COLOR` is not set and `TERM` not `dumb`."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self._on_terminal = stream.isatty()
        self._coloured = self._on_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Write *text* at once, without its control characters where they would reach a terminal."""
        self._stream.write(harmless(text) if self._on_terminal else text)
        self._stream.flush()

    def line(self, text: str = "", style: Style | None = None) -> None:
        """Write a line."""
        self._stream.write(self._styled(harmless(text), style) + "\n")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, indent: str = "") -> None:
        """Write *rows* under *headings*, each column as wide as it must be."""
        cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
        cells.insert(0, [Cell(heading.upper(), "dim") for heading in headings])
        shown = [[Cell(one_line(cell.text), cell.style) for cell in row] for row in cells]
        widths = [max(len(row[column].text) for row in shown) for column in range(len(headings))]
        for row in shown:
            padded = [self._padded(cell, width) for cell, width in zip(row, widths, strict=True)]
            self._stream.write((indent + _GAP.join(padded)).rstrip() + "\n")

    def json(self, value: object) -> None:
        """Write *value* as a JSON document."""
        self._stream.write(json.dumps(value, ensure_ascii=not self._speaks_unicode(), indent=2) + "\n")

    def _padded(self, cell: Cell, width: int) -> str:
        return self._styled(cell.text, cell.style) + " " * (width - len(cell.text))

    def _styled(self, text: str, style: Style | None) -> str:
        if style is None or not self._coloured or not text:
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"

    def _speaks_unicode(self) -> bool:
        return (self._stream.encoding or "").lower().startswith("utf")


@dataclass(frozen=True, slots=True)
class Terminal:
    """The three standard streams: answers go to `out`, remarks about them to `err`."""

    out: Page
    err: Page
    source: TextIO

    @classmethod
    def of_process(cls) -> Self:
        """Take the process's own streams. Characters an output cannot express become `?` instead of an error."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return cls(Page(sys.stdout, os.environ), Page(sys.stderr, os.environ), sys.stdin)


def harmless(text: str) -> str:
    """Give *text* with a mark for each control character but line ends and tabs."""
    return _CONTROL.sub(_MARK, text)


def one_line(text: str) -> str:
    """Give *text* on one line, without control characters."""
    return harmless(" ".join(text.split()))
