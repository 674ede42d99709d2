"""`aigw manifest watch`."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from aigw.cli.manifest.operate.fleet import Fleet, Newest, Tail, joined, scraped
from aigw.cli.parsing import Arguments
from aigw.cli.sources import read_source
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.manifest.publishing.releases import published
from aigw.runtime.fetch import Fetcher

_A_RECORD: Final = 4096
"""Records are shorter than this many bytes, most of them much: what is read of a log to begin with."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Follow until the share of the fleet that has the serial is reached; 1 if that takes too long."""
    serial = _serial(arguments.source or "")
    with ExitStack() as held:
        looks = _looks(arguments, held)
        until = time.monotonic() + arguments.patience
        told: list[Fleet] = []
        while True:
            fleets, troubles = _look_at_all(looks)
            shares = [fleet.share_at(serial) for fleet in fleets]
            done = not troubles and min(shares) >= arguments.until
            if done or fleets != told:
                _tell(fleets, serial, terminal, done=done if arguments.json else None)
                told = fleets
            left_s = until - time.monotonic()
            if done or left_s <= 0:
                break
            time.sleep(min(arguments.every, left_s))
    for trouble in troubles:
        terminal.err.line(f"aigw: error: {trouble}", "bad")
    if not done:
        terminal.err.line(f"aigw: error: {_short_of(serial, arguments)}", "bad")
    return 0 if done else 1


def _short_of(serial: int, arguments: Arguments) -> str:
    return (
        f"serial {serial} is not at {100 * arguments.until:g} % of the fleet after {arguments.patience:g} s; run "
        f"`aigw manifest doctor` where it is missing, or go back with `aigw manifest rollback`"
    )


def _serial(named: str) -> int:
    """Give the serial *named*: the number itself, or that of a manifest. Raises `AigwError`."""
    if named.isascii() and named.isdecimal():
        return int(named)
    content, label, _ = read_source(named)
    serial = published(content).serial
    if not serial:
        message = f"{label} has no serial; name one, or a manifest that was built or published."
        raise ConfigurationError(message)
    return serial


def _looks(arguments: Arguments, held: ExitStack) -> list[Callable[[], Fleet]]:
    """Give what to look at: all URLs together, all logs together. Raises `ConfigurationError`."""
    if not arguments.urls and not arguments.logs:
        message = "Say where the fleet can be seen: --url for metrics, --log for records; both may be repeated."
        raise ConfigurationError(message)
    looks: list[Callable[[], Fleet]] = []
    if arguments.urls:
        fetcher = Fetcher()
        held.callback(fetcher.close)
        looks.append(lambda: joined((scraped(url, fetcher) for url in arguments.urls), "processes"))
    if arguments.logs:
        for path in arguments.logs:
            _check_there(path)
        logs = [_Log(path, max(1, arguments.last)) for path in arguments.logs]
        looks.append(lambda: joined((log.fleet() for log in logs), "records"))
    return looks


def _check_there(path: str) -> None:
    """Raise `ConfigurationError` where there is no file of records to begin with; later one may be between two."""
    if not Path(path).exists():
        message = f"There are no records at {path}: the file is missing. Name the file that AIGW_RECORDS names."
        raise ConfigurationError(message)


class _Log:
    """The newest records of a file."""

    def __init__(self, path: str, last: int) -> None:
        self._path = path
        self._tail = Tail(path, last * _A_RECORD)
        self._newest = Newest(last)

    def fleet(self) -> Fleet:
        """Count them, those that came meanwhile among them. Raises `ConfigurationError`."""
        try:
            self._newest.put(self._tail.lines())
        except OSError as error:
            message = f"The records in {self._path} cannot be read: {error.strerror or type(error).__name__}."
            raise ConfigurationError(message) from None
        return self._newest.fleet()


def _look_at_all(looks: list[Callable[[], Fleet]]) -> tuple[list[Fleet], list[str]]:
    """Look everywhere. What cannot be had now may come back: it is trouble only if it lasts."""
    fleets: list[Fleet] = []
    troubles: list[str] = []
    for look in looks:
        try:
            fleets.append(look())
        except ConfigurationError as error:
            troubles.append(str(error))
    return fleets, troubles


def _tell(fleets: list[Fleet], serial: int, terminal: Terminal, *, done: bool | None) -> None:
    """Write a line for each of *fleets*: for machines, who are told whether that is enough, or for people (None)."""
    for fleet in fleets:
        share = fleet.share_at(serial)
        if done is not None:
            told = {"serial": serial, "share": share, "done": done, **fleet.as_dict()}
            terminal.out.write(json.dumps(told) + "\n")
        else:
            terminal.out.write(f"{share:.1%} of {fleet.total} {fleet.unit} at serial {serial}{_rest(fleet)}\n")


def _rest(fleet: Fleet) -> str:
    """Say which serials there are, the latest first, and what went wrong with each."""
    serials = sorted(fleet.counts, key=lambda one: -1 if one is None else one, reverse=True)
    failed = {serial: fleet.errors.get(serial, 0) for serial in serials}
    said = [
        f"{'none' if serial is None else serial}: {fleet.counts[serial]}"
        + (f" ({failed[serial]} failed)" if failed[serial] else "")
        for serial in serials
    ]
    refused = [f"refused {code}: {count}" for code, count in sorted(fleet.nacks.items())]
    return f" [{', '.join((*said, *refused))}]" if said or refused else ""
