"""`aigw explain`: where a call would go and why, without calling anyone."""

from collections.abc import Sequence
from dataclasses import replace

from aigw.cli.gateway import core_for, only_model, warn_of_trouble
from aigw.cli.parsing import Arguments
from aigw.cli.rehearsal import Rehearsal, moment_of, tags_named
from aigw.cli.terminal import Cell, Terminal
from aigw.config import configured
from aigw.core import principal_of
from aigw.manifest.snapshot import Route, Target
from aigw.record import Record
from aigw.runtime.drive import run as drive
from aigw.secrets import Secrets
from aigw.surfaces.chat.request import explained


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Show every candidate of the route; 1 if none may take the call."""
    at = None if arguments.at is None else moment_of(arguments.at)
    config = configured(manifest=arguments.manifest, key=arguments.key)
    tags = {**config.tags, **tags_named(arguments.tags)}
    with core_for(config) as core:
        rehearsal = Rehearsal(
            snapshot=drive(core.snapshot()),
            secrets=Secrets(),
            principal=principal_of(config.key),
            at=at,
            lapsed_since=lambda: core.lapsed_since,
        )
        model = arguments.model or only_model(list(rehearsal.snapshot.routes))
        request, options = explained(model, [{"role": "user", "content": arguments.text}], {})
        found = rehearsal.of(request, replace(options, tags=tags), arguments.arm)
        warn_of_trouble(core.status(), terminal)
    if arguments.json:
        terminal.out.json(found.record.as_dict())
    else:
        _show(found.record, found.route, terminal)
    return 0 if found.record.target is not None else 1


def _show(record: Record, route: Route, terminal: Terminal) -> None:
    out = terminal.out
    out.line(f"{record.model} by manifest serial {record.serial}, digest {record.digest[:12]}")
    if record.rollout is not None:
        out.line(f"rollout {record.rollout}")
    out.line()
    rows: list[list[Cell | str]] = [
        [
            Cell(candidate.target, "bold"),
            Cell("yes", "good") if candidate.eligible else Cell("no", "bad"),
            candidate.reason,
        ]
        for candidate in record.candidates
    ]
    out.table(["candidate", "eligible", "reason"], rows, indent="  ")
    out.line()
    if record.target is None:
        out.line("No target may take this call.", "bad")
    else:
        out.line(f"It would go to {record.target} first.")
    for note in record.notes:
        out.line(f"note: {note}")
    for failure, targets in (("context_length", route.on_context_length), ("content_policy", route.on_content_policy)):
        if targets:
            out.line(f"after {failure}: {_listed(targets)}")


def _listed(targets: Sequence[Target]) -> str:
    return ", ".join(target.id for target in targets)
