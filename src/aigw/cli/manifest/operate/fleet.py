"""Which serial the processes of a fleet are at: by the metrics they offer, or by the records they write."""

import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from aigw.cli.terminal import Cell
from aigw.errors import APIConnectionError, ConfigurationError
from aigw.manifest.delivery.sources import UrlSource
from aigw.runtime.fetch import Fetcher
from aigw.types.json import as_int, as_object, as_text

Unit: TypeAlias = Literal["processes", "records"]

_PATIENCE_S: Final = 10.0
_OK: Final = 200
_SAMPLE: Final = re.compile(r"(aigw_manifest_(?:info|nack_total))\{(.*)\}\s+([^\s]+)(?:\s+-?\d+)?")
_LABEL: Final = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
_SERIAL: Final = re.compile(r"[0-9]{1,18}")
_ESCAPED: Final = re.compile(r"\\(.)")
_FINE: Final = ("ok", "closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many processes, or records, have which serial, and how many errors there are with it.

    None is for those that have no manifest. Of processes, `nacks` counts what was refused, by code.
    """

    unit: Unit
    counts: Mapping[int | None, int] = field(default_factory=dict[int | None, int])
    errors: Mapping[int | None, int] = field(default_factory=dict[int | None, int])
    nacks: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def share_at(self, serial: int) -> float:
        """Tell what part is at *serial* or a later one; 0 of none."""
        there = sum(count for one, count in self.counts.items() if one is not None and one >= serial)
        return there / self.total if self.total else 0.0

    def rows(self) -> list[list[Cell | str]]:
        """Give a row for each serial, the latest first."""
        serials = sorted(self.counts, key=lambda one: -1 if one is None else one, reverse=True)
        return [
            [
                Cell("none" if serial is None else str(serial), "bold"),
                str(self.counts[serial]),
                f"{self.counts[serial] / self.total:.1%}",
                *([str(self.errors.get(serial, 0))] if self.unit == "records" else []),
            ]
            for serial in serials
        ]

    def as_dict(self) -> dict[str, object]:
        """Give it for machines."""
        return {
            "unit": self.unit,
            "total": self.total,
            "serials": {str(serial): count for serial, count in self.counts.items()},
            "errors": {str(serial): count for serial, count in self.errors.items()},
            "nacks": dict(self.nacks),
        }


def joined(fleets: Iterable[Fleet], unit: Unit) -> Fleet:
    """Give all of *fleets* as one."""
    counts, errors, nacks = Counter[int | None](), Counter[int | None](), Counter[str]()
    for fleet in fleets:
        counts.update(fleet.counts)
        errors.update(fleet.errors)
        nacks.update(fleet.nacks)
    return Fleet(unit, counts, errors, nacks)


def fleet_of_metrics(text: str) -> Fleet:
    """Read Prometheus's text format: each series of `aigw_manifest_info` that is above 0 is a process."""
    counts, nacks = Counter[int | None](), Counter[str]()
    for line in text.split("\n"):
        sample = _SAMPLE.fullmatch(line.strip())
        value = None if sample is None else _number(sample[3])
        if sample is None or not value:
            continue
        labels = {name: _ESCAPED.sub(_unescaped, said) for name, said in _LABEL.findall(sample[2])}
        if sample[1].endswith("_info"):
            said = labels.get("serial", "")
            counts[int(said) if _SERIAL.fullmatch(said) else None] += value
        else:
            nacks[labels.get("code", "")] += value
    return Fleet("processes", counts, nacks=nacks)


def fleet_of_records(lines: Iterable[bytes]) -> Fleet:
    """Count the records among *lines*."""
    return _counted(filter(None, map(_record, lines)))


class Newest:
    """The newest records of a log, *most* of them, whose lines are put in as they come."""

    def __init__(self, most: int) -> None:
        self._records: deque[tuple[int, bool]] = deque(maxlen=most)

    def put(self, lines: Iterable[bytes]) -> None:
        """Take *lines*, oldest first. Those that are no records are passed over."""
        self._records += filter(None, map(_record, lines))

    def fleet(self) -> Fleet:
        """Count them."""
        return _counted(self._records)


class Tail:
    """The lines a file holds and gets, from the last *from_end* bytes on; a file that is replaced is begun anew."""

    def __init__(self, path: str, from_end: int) -> None:
        self._path = Path(path)
        self._from_end = from_end
        self._place: tuple[int, int] | None = None
        self._rest = b""

    def lines(self) -> list[bytes]:
        """Give the whole lines that came since the last time; none while there is no file. Raises `OSError`."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return []
        with file:
            size, inode = file.seek(0, 2), self._path.stat().st_ino
            if self._place is None:
                offset, self._rest = max(0, size - self._from_end), b""
            elif self._place[0] != inode or size < self._place[1]:
                offset, self._rest = 0, b""
            else:
                offset = self._place[1]
            file.seek(offset)
            *lines, self._rest = (self._rest + file.read()).split(b"\n")
            self._place = inode, file.tell()
        return lines


def scraped(url: str, fetcher: Fetcher) -> Fleet:
    """Ask *url* for its metrics. Raises `ConfigurationError`, without the URL's query."""
    source = UrlSource(url)
    try:
        response = fetcher(url, {"Accept": "text/plain;version=0.0.4"}, _PATIENCE_S)
    except APIConnectionError as error:
        message = f"The metrics at {source.label} cannot be had: {str(error).replace(url, source.label)}"
        raise ConfigurationError(message) from None
    if response.status_code != _OK:
        message = f"The metrics at {source.label} cannot be had: HTTP status {response.status_code}."
        raise ConfigurationError(message)
    if response.truncated:
        message = f"The metrics at {source.label} are too many; ask for those of aigw_manifest_info only."
        raise ConfigurationError(message)
    return fleet_of_metrics(response.content.decode("utf-8", "replace"))


def is_url(text: str) -> bool:
    """Whether *text* is the URL of metrics rather than a file."""
    return text.lower().startswith(("http://", "https://"))


def _counted(records: Iterable[tuple[int, bool]]) -> Fleet:
    counts, errors = Counter[int | None](), Counter[int | None]()
    for serial, failed in records:
        counts[serial] += 1
        errors[serial] += failed
    return Fleet("records", counts, errors)


def _record(line: bytes) -> tuple[int, bool] | None:
    """Give the serial of a record and whether it failed; lines of logging hold the record under `aigw`."""
    try:
        said = as_object(json.loads(line))
    except (ValueError, RecursionError):
        return None
    record = as_object(said.get("aigw")) or said
    serial, outcome = as_int(record.get("serial")), as_text(record.get("outcome"))
    return None if serial is None or outcome is None else (serial, outcome not in _FINE)


def _number(text: str) -> int:
    try:
        return max(0, int(float(text)))
    except (ValueError, OverflowError):
        return 0


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
