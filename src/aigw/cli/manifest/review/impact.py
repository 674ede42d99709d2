"""`aigw manifest plan`: what a change would have done to the calls on record, and whether that may pass."""

import json
import random
import sys
import time
from pathlib import Path
from typing import Final

from aigw.cli.manifest import CHANGED
from aigw.cli.manifest.files import read_text, write_text
from aigw.cli.manifest.findings import format_of, render
from aigw.cli.manifest.review.documents import Document, read
from aigw.cli.manifest.review.impact_told import Planned, as_dict, findings, markdown, text
from aigw.cli.manifest.review.reviewed import Reviewed, versions_of
from aigw.cli.parsing import Arguments
from aigw.cli.sources import STANDARD_INPUT
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.manifest.language.values import is_build
from aigw.manifest.publishing.cases import read_cases
from aigw.manifest.publishing.decisions import Log, log_of_cases, read_log
from aigw.manifest.publishing.plan import Gates, Limit, judged, replayed
from aigw.manifest.publishing.replay import Replay
from aigw.manifest.snapshot import Target
from aigw.providers.registry import operation_of
from aigw.types.operation import Operation

_FAILED: Final = 1
_SEED: Final = 20261121
"""Of the draw from a long log: the same log gives the same plan."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Replay a log; 1 if a gate is not passed and nobody acknowledged that, else 2 if anything changes, else 0."""
    gates = _gates(arguments)
    new = read(arguments.source or "")
    old = None if arguments.base is None else read(arguments.base, beside=arguments.source)
    now = time.time()
    planned = _planned(arguments, old, new, gates, now)
    told = as_dict(planned)
    if arguments.output is not None:
        write_text(Path(arguments.output), json.dumps(told, indent=2) + "\n", over=True)
    match format_of(arguments):
        case "json":
            terminal.out.json(told)
        case "github":
            render(findings(planned), "github", terminal)
        case "markdown":
            markdown(planned, terminal.out)
        case _:
            text(planned, terminal.out)
    if planned.failed and not planned.ack:
        return _FAILED
    return CHANGED if planned.impact.is_changed else 0


def _planned(arguments: Arguments, old: Document | None, new: Document, gates: Gates, now: float) -> Planned:
    log, source = _log(arguments, old)
    rollout = new.snapshot.rollout
    impact = replayed(
        log.decisions,
        None if old is None else Replay(old.snapshot, _does, now),
        Replay(new.snapshot, _does, now),
        () if rollout is None else rollout.stages,
    )
    versions = [*versions_of(arguments), *sorted(filter(is_build, impact.versions))]
    return Planned(
        about=Reviewed(old, new, new.readers(versions, None if old is None else old.snapshot)),
        log=log,
        source=source,
        at=now,
        impact=impact,
        gates=gates,
        failed=judged(impact, gates),
        ack=(arguments.ack or "").strip() or None,
    )


def _log(arguments: Arguments, old: Document | None) -> tuple[Log, str]:
    """Read what is replayed, and say where it comes from. Raises `ConfigurationError`."""
    if (arguments.against is None) == (arguments.cases is None):
        message = "Say what to replay: --against LOG, or --from-cases for want of a log."
        raise ConfigurationError(message)
    if arguments.cases is not None:
        if old is None:
            message = "Cases say nothing of what was decided before: name the manifest to compare with, --base OLD."
            raise ConfigurationError(message)
        content, label = _cases(arguments.source or "", arguments.cases)
        cases = read_cases(content, source=label)
        return log_of_cases(cases), cases.source
    if arguments.sample < 1:
        message = f"--sample {arguments.sample}: say how many calls to replay, at least 1."
        raise ConfigurationError(message)
    named = arguments.against or ""
    label = "standard input" if named == STANDARD_INPUT else named
    log = _read(named, arguments.sample)
    if not log.total:
        message = f"{label} holds no record of a call: give what the sink of JSON lines wrote (AIGW_RECORDS)."
        raise ConfigurationError(message)
    return log, label


def _read(named: str, most: int) -> Log:
    draw = random.Random(_SEED).random  # noqa: S311 - which calls are drawn is no secret
    if named == STANDARD_INPUT:
        return read_log(sys.stdin.buffer, draw, most)
    try:
        with Path(named).open("rb") as lines:
            return read_log(lines, draw, most)
    except OSError as error:
        message = f"{named} cannot be read: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from error


def _cases(manifest: str, named: str) -> tuple[bytes, str]:
    """Give the file of cases that was *named*, else the one beside the *manifest*. Raises `ConfigurationError`."""
    path = Path(manifest)
    return read_text(named or str(path.with_name(f"{path.stem}.tests.yaml")))


def _does(target: Target, operation: Operation) -> bool:
    return any(operation_of(dialect) is operation for dialect in target.provider.kind.dialects)


def _gates(arguments: Arguments) -> Gates:
    cost = _limit("--max-cost-delta", arguments.max_cost_delta)
    if cost is not None and not cost.is_share:
        message = f"--max-cost-delta {arguments.max_cost_delta}: say a percentage, such as 5%."
        raise ConfigurationError(message)
    return Gates(
        max_moved=_limit("--max-moved", arguments.max_moved),
        max_new_rejects=_limit("--max-new-rejects", arguments.max_new_rejects),
        max_cost_delta=None if cost is None else cost.value,
    )


def _limit(option: str, said: str | None) -> Limit | None:
    """Read `10%`, or a number of calls. Raises `ConfigurationError`."""
    if said is None:
        return None
    number, is_share = said.strip().removesuffix("%"), said.strip().endswith("%")
    if not number.strip().replace(".", "", 1).isdecimal() or not (is_share or number.isdecimal()):
        message = f"{option} {said}: say a percentage, such as 10%, or a number of calls."
        raise ConfigurationError(message)
    return Limit(float(number) / 100 if is_share else float(number), is_share)
