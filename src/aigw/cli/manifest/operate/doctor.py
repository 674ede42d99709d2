"""`aigw manifest doctor`."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from aigw.cli.manifest.operate.checks import Check, Level, fail, ok, warn
from aigw.cli.manifest.operate.looking import Looked, config_of, disk_of, look
from aigw.cli.manifest.operate.reaching import checks_of_url
from aigw.cli.manifest.operate.settings import Setting, settings_of
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Cell, Style, Terminal
from aigw.credentials.cache import Credentials
from aigw.errors import ConfigurationError
from aigw.manifest.delivery.sources import FileSource, UrlSource
from aigw.manifest.snapshot import Snapshot
from aigw.secrets import Secrets
from aigw.types.nack import Nack

_STYLES: Final[Mapping[Level, Style]] = {"ok": "good", "warn": "bold", "fail": "bad"}
_CLOUDS: Final = ("aws", "azure", "google")
_SERVES: Final = ("current", "cached", "embedded")


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Find out what is wrong; 1 if anything is."""
    settings: tuple[Setting, ...] = ()
    try:
        config = config_of(arguments)
        settings = settings_of(arguments, config)
        checks = _checks(look(config))
    except ConfigurationError as error:
        checks = [fail("settings", str(error), "correct the argument or the variable")]
    if arguments.json:
        terminal.out.json(
            {"settings": [one.as_dict() for one in settings], "checks": [asdict(check) for check in checks]}
        )
    else:
        _tell(settings, checks, terminal)
    return 1 if any(check.level == "fail" for check in checks) else 0


def _checks(looked: Looked) -> list[Check]:
    source, config = looked.source, looked.config
    if source is None:
        chosen = warn("source", "no manifest is named; what the keys allow serves", "set AIGW_MANIFEST to its URL")
        return [chosen, *_of_secrets(looked.snapshot)]
    reached: list[Check] = []
    if isinstance(source, UrlSource):
        reached = checks_of_url(source, config.refresh_interval)
    elif isinstance(source, FileSource):
        reached = [_of_file(Path(source.path))]
    return [*reached, _of_manifest(looked), *_of_trust(looked), *_of_copies(looked), *_of_secrets(looked.snapshot)]


def _of_file(path: Path) -> Check:
    if not path.exists():
        return fail("reachable", f"there is no file {path}", "correct the path, or mount the file")
    if path.is_dir():
        return fail("reachable", f"{path} is a folder", "name the file in it")
    if not os.access(path, os.R_OK):
        return fail("reachable", f"{path} may not be read by this user", "let the service's user read it")
    return ok("reachable", str(path))


def _of_manifest(looked: Looked) -> Check:
    status = looked.status
    said = f"serial {status.serial} would serve ({status.state})"
    if status.state == "none":
        return fail("manifest", status.last_error or "nothing would serve", _cure(status.nack))
    if status.last_error is not None:
        todo = f"{_cure(status.nack)}; what is at hand serves meanwhile"
        return fail("manifest", f"{said}, but not what is at the source: {status.last_error}", todo)
    if status.state not in _SERVES:
        todo = "publish a document that holds longer" if status.state == "expired" else "run `aigw manifest heartbeat`"
        return warn("manifest", said, todo)
    if status.partial:
        parts = ", ".join((*(one.route for one in status.quarantined), *status.ignored))
        return warn("manifest", f"{said}, without what this aigw does not know: {parts}", "upgrade aigw here")
    return ok("manifest", said)


def _cure(nack: Nack | None) -> str:
    if nack is Nack.FETCH:
        return "let it be reached"
    return "put a good document there (`aigw manifest verify` judges it before), or correct the trust of this process"


def _of_trust(looked: Looked) -> list[Check]:
    status, trust = looked.status, looked.config.trust
    if trust.pin is None:
        if not isinstance(looked.source, UrlSource):
            return [ok("trust", "none is pinned; a file is as trusted as the code")]
        todo = "pin a trust document (AIGW_TRUST), and sign: who can write the object decides where prompts go"
        return [warn("trust", "none is pinned: whoever serves the URL is trusted", todo)]
    if status.verified != "signed":
        return [ok("trust", "a trust document is pinned; nothing signed by it is at hand yet")]
    if status.freshness_expires_at is None:
        todo = "run `aigw manifest heartbeat` from a timer: replays of old documents go unnoticed without"
        return [warn("trust", f"pinned, signed (epoch {status.epoch}), and nobody says how fresh it is", todo)]
    return [ok("trust", f"pinned, signed (epoch {status.epoch}), and known to be fresh")]


def _of_copies(looked: Looked) -> list[Check]:
    if not isinstance(looked.source, UrlSource):
        return [ok("copies", "none is needed of a file")]
    checks = [_of_disk(looked)]
    for copy in looked.copies:
        if copy.serial is not None:
            checks.append(ok(copy.what, f"serial {copy.serial} ({copy.path})"))
        elif copy.what == "embedded copy":
            checks.append(fail(copy.what, copy.problem or "", "put a manifest there that is fit for this trust"))
    if not any(copy.serial is not None for copy in looked.copies):
        todo = "ship a copy with the code (AIGW_EMBEDDED)"
        checks.append(warn("copies", "a process that starts while the URL is down has nothing to serve from", todo))
    return checks


def _of_disk(looked: Looked) -> Check:
    folder, disk = looked.config.cache_dir, disk_of(looked.config, looked.source)
    if folder is None or disk is None:
        return warn("disk", "no copy is kept", "set AIGW_CACHE_DIR to a folder of the service's own")
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        todo = "let the service's user write it, or set AIGW_CACHE_DIR; without, each start depends on the URL"
        return warn("disk", f"{there} may not be written by this user", todo)
    disk.load()
    if disk.note is not None:
        return warn(
            "disk", disk.note, f"let {folder} belong to the service's user, mode 0700, and nobody else write it"
        )
    return ok("disk", f"{folder} can be written")


def _of_secrets(snapshot: Snapshot | None) -> Iterable[Check]:
    credentials = Credentials(Secrets())
    for provider in () if snapshot is None else snapshot.providers.values():
        if provider.secret is None:
            continue
        problem = credentials.problem(provider.secret)
        name = f"key of {provider.name}"
        if problem is None:
            yield ok(name, f"{provider.secret} can be {'asked for' if _is_of_a_cloud(provider.secret) else 'read'}")
        else:
            yield fail(name, problem, f"set it where this service runs, or take {provider.name} out of its routes")


def _is_of_a_cloud(secret: str) -> bool:
    """Whether *secret* is an identity that is asked for when it is needed, and by no doctor."""
    return secret.partition(":")[0] in _CLOUDS


def _tell(settings: Sequence[Setting], checks: Sequence[Check], terminal: Terminal) -> None:
    out = terminal.out
    if settings:
        out.line("settings, an argument before the environment before the default", "bold")
        rows: list[list[Cell | str]] = [[one.name, one.value, _origin(one)] for one in settings]
        out.table(["setting", "value", "from"], rows, indent="  ")
        out.line()
    width = max(len(check.name) for check in checks)
    for check in checks:
        todo = f"; {check.todo}" if check.todo else ""
        out.line(f"{check.level:<4}  {check.name:<{width}}  {check.said.rstrip('.')}{todo}", _STYLES[check.level])


def _origin(setting: Setting) -> Cell:
    if setting.origin == "environment":
        return Cell(setting.variable or "environment")
    return Cell(setting.origin, "dim")
