"""`aigw manifest status`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

from aigw.cli.manifest.operate.fleet import Fleet, fleet_of_records, is_url, joined, scraped
from aigw.cli.manifest.operate.looking import Copy, Looked, config_of, look
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Style, Terminal
from aigw.errors import ConfigurationError
from aigw.manifest.delivery.status import ManifestStatus
from aigw.runtime.fetch import Fetcher
from aigw.types.times import written_time

_SHORT: Final = 12
_STYLES: Final[Mapping[str, Style]] = {"current": "good", "none": "bad", "suspect": "bad", "expired": "bad"}
_VERIFIED: Final = {
    "signed": "keys of the trust document",
    "tls": "the server of its URL (not signed)",
    "local": "this machine (not signed)",
    None: "nobody",
}


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Say what would serve here and now, or what a fleet serves; 1 if nothing does."""
    if arguments.fleet:
        return _tell_fleets(fleets_of(arguments.fleet), arguments, terminal)
    looked = look(config_of(arguments))
    if arguments.json:
        terminal.out.json({**_status_as_dict(looked.status), "copies": [asdict(copy) for copy in looked.copies]})
    elif arguments.prometheus:
        terminal.out.write(looked.status.prometheus())
    else:
        _tell(looked, terminal)
    return 1 if looked.status.state == "none" else 0


def fleets_of(places: Sequence[str]) -> list[Fleet]:
    """Ask each of *places*: URLs of metrics, and files of records. Raises `ConfigurationError`."""
    fetcher = Fetcher()
    try:
        processes = [scraped(place, fetcher) for place in places if is_url(place)]
    finally:
        fetcher.close()
    records = [_recorded(place) for place in places if not is_url(place)]
    told = [joined(processes, "processes")] if processes else []
    return [*told, *([joined(records, "records")] if records else [])]


def _recorded(path: str) -> Fleet:
    try:
        with Path(path).open("rb") as lines:
            return fleet_of_records(lines)
    except OSError as error:
        message = f"The records in {path} cannot be read: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from None


def _tell_fleets(fleets: Sequence[Fleet], arguments: Arguments, terminal: Terminal) -> int:
    if arguments.json:
        terminal.out.json([fleet.as_dict() for fleet in fleets])
    else:
        for fleet in fleets:
            _tell_fleet(fleet, terminal)
    return 0 if all(fleet.total for fleet in fleets) else 1


def _tell_fleet(fleet: Fleet, terminal: Terminal) -> None:
    errors = ["errors"] if fleet.unit == "records" else []
    terminal.out.table(["serial", fleet.unit, "share", *errors], fleet.rows())
    if fleet.nacks:
        refused = ", ".join(f"{code} {count}" for code, count in sorted(fleet.nacks.items()))
        terminal.out.line(f"looks that brought nothing, by check: {refused}", "bad")


def _tell(looked: Looked, terminal: Terminal) -> None:
    status, out = looked.status, terminal.out
    out.line(status.source, "bold")
    rows: list[tuple[str, str, Style | None]] = [("state", _state(status), _STYLES.get(status.state))]
    if status.serial is not None:
        digest = (status.digest or "")[:_SHORT]
        rows.append(("serial", f"{status.serial} (epoch {status.epoch or 0}, digest {digest})", None))
        rows.append(("spoken for by", _VERIFIED[status.verified] if looked.source else "the environment", None))
    times = (
        ("issued", status.issued_at),
        ("expires", status.expires_at),
        ("known fresh until", status.freshness_expires_at),
    )
    rows += [(name, written_time(at), None) for name, at in times if at is not None]
    rows += [(copy.what, _copy(copy), None) for copy in looked.copies]
    if status.rollout is not None:
        rows.append(("rollout", f"{status.rollout}, candidate at {(status.rollout_bp or 0) / 100:g}%", None))
    for one in status.quarantined:
        rows.append((f"left out: {one.route}", one.why, "bad"))
    if status.ignored:
        rows.append(("not understood", ", ".join(status.ignored), None))
    for name, said, style in rows:
        out.line(f"  {name:<18} {said}", style)
    for note in status.notes:
        terminal.err.line(f"aigw: note: {note}", "dim")
    if status.last_error is not None:
        terminal.err.line(f"aigw: warning: {status.last_error}", "bad")
    for problem in status.rejected[1:]:
        terminal.err.line(f"aigw: warning: {problem}", "bad")


def _state(status: ManifestStatus) -> str:
    flags = [name for name in ("partial", "pinned", "override", "held_back") if getattr(status, name)]
    return ", ".join((status.state, *flags))


def _copy(copy: Copy) -> str:
    said = f"serial {copy.serial}" if copy.serial is not None else (copy.problem or "")
    return f"{said} ({copy.path})"


def _status_as_dict(status: ManifestStatus) -> dict[str, object]:
    plain = {one.name: getattr(status, one.name) for one in fields(status)}
    return {
        **plain,
        "nacks": {str(code): count for code, count in status.nacks.items()},
        "quarantined": [asdict(one) for one in status.quarantined],
    }
