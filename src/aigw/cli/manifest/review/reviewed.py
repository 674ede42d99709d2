"""What is said in every review: which documents, who can read the new one, and what of it cannot be judged here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aigw.cli.manifest.markdown import cell, code, table
from aigw.cli.manifest.review.documents import Document
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Cell, Page, Style
from aigw.errors import ConfigurationError
from aigw.manifest.language.document import Path
from aigw.manifest.language.values import is_build
from aigw.manifest.publishing.compatibility import Colour, Reader
from aigw.manifest.publishing.findings import Finding, Level
from aigw.types.json import as_array, as_object

_LEVELS: Final[Mapping[Colour, Level]] = {"GREEN": "note", "YELLOW": "warning", "RED": "error"}
_STYLES: Final[Mapping[Colour, Style]] = {"GREEN": "good", "YELLOW": "bold", "RED": "bad"}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The documents of a review, and what readers make of the new one. `old` is None where a log stands for it."""

    old: Document | None
    new: Document
    readers: tuple[Reader, ...]

    @property
    def heading(self) -> str:
        """Say what is reviewed, on one line."""
        was = "" if self.old is None else f", against serial {self.old.snapshot.serial} of {self.old.label}"
        services = ", ".join(f"{name}={value}" for name, value in self.new.snapshot.tags.items())
        return f"{self.new.label}: serial {self.new.snapshot.serial}{was}" + (f" ({services})" if services else "")

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Say what of the new document this aigw, which is older than the one that built it, does not know."""
        snapshot = self.new.snapshot
        said = (*snapshot.ignored, *(one.why for one in snapshot.quarantined))
        return tuple(f"{what}: not known to this aigw, so not reviewed; upgrade it" for what in said)

    def findings(self) -> Iterator[Finding]:
        """Give a finding for what cannot be reviewed, and for each reader that cannot take all of the document."""
        for what in self.unjudged:
            yield Finding(level="warning", rule="unjudged", message=what, file=self.new.file, line=1)
        for reader in self.readers:
            if reader.colour != "GREEN":
                level = _LEVELS[reader.colour]
                yield Finding(level=level, rule="readers", message=str(reader), file=self.new.file, line=1)

    def as_dict(self) -> dict[str, object]:
        """Tell machines."""
        return {
            "unjudged": list(self.unjudged),
            "readers": [_reader_as_dict(reader) for reader in self.readers],
        }

    def show(self, out: Page) -> None:
        """Show what cannot be reviewed, and what readers make of the document."""
        for what in self.unjudged:
            out.line(f"Careful: {what}.", "bad")
        if self.readers:
            out.line()
            rows: list[list[Cell | str]] = [
                [f"aigw {one.version}", Cell(one.colour, _STYLES[one.colour]), one.why] for one in self.readers
            ]
            out.table(["reader", "", "why"], rows, indent="  ")

    def markdown(self, out: Page) -> None:
        """Show the same in Markdown."""
        for what in self.unjudged:
            out.line()
            out.line(f"⚠ {cell(what)}.")
        if self.readers:
            out.line()
            rows = [[f"aigw {code(one.version)}", one.colour, cell(one.why)] for one in self.readers]
            table(["reader", "", "why"], rows, out)

    def line_of(self, route: str) -> int | None:
        """Give the line of a *route* or model in the new document, else its first."""
        path = self.place_of(route)
        return self.new.find(path) if path else 1

    def place_of(self, route: str) -> Path:
        """Give the place of a *route* or model in the new document; the top where there is none."""
        raw = self.new.raw
        names = [as_object(one).get("name") for one in as_array(raw.get("routes"))]
        if route in names:
            return ("routes", names.index(route))
        return ("models", route) if route in as_object(raw.get("models")) else ()


def identity(document: Document) -> dict[str, object]:
    """Say which document it is, for machines."""
    snapshot = document.snapshot
    return {
        "source": document.label,
        "serial": snapshot.serial,
        "epoch": snapshot.epoch,
        "digest": document.digest,
        "body": document.body,
    }


def versions_of(arguments: Arguments) -> list[str]:
    """Give the versions that `--readers` names. Raises `ConfigurationError`."""
    named = [version.strip() for version in (arguments.readers or "").split(",") if version.strip()]
    for version in named:
        if not is_build(version):
            message = f"--readers {version}: this is no version of aigw; write them as 0.1.0,1.4."
            raise ConfigurationError(message)
    return named


def _reader_as_dict(reader: Reader) -> dict[str, object]:
    return {
        "version": reader.version,
        "colour": reader.colour,
        "nack": reader.nack,
        "why": reader.why or None,
        "ignored": list(reader.ignored),
        "quarantined": list(reader.quarantined),
    }
