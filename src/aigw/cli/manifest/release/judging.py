"""What a process would say to a document: the very checks of delivery, from outside."""

from contextlib import suppress

from aigw.cli.sources import compiled
from aigw.errors import ManifestError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.intake import Accepted, Intake
from aigw.manifest.delivery.provenance import Provenance
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds


def intake_for(trust: Trust, *, from_afar: bool) -> Intake:
    """Give the checks of a process with the bounds *trust*, that fetches *from afar* or reads a file."""
    return Intake(trust, compile=compiled, kinds=kinds(), provenance=Provenance(trust), from_afar=from_afar)


def judge(intake: Intake, content: bytes, *, source: str, before: bytes | None, now: float) -> Accepted:
    """Give what a process that serves *before* would put into force. Raises `ManifestError`, as it would."""
    serving = None if before is None else _served(intake, before, source)
    return intake.accept(content, source=source, serving=serving, now=now)


def _served(intake: Intake, before: bytes, source: str) -> Snapshot | None:
    with suppress(ManifestError):  # then no process serves it either; one that has expired is served
        served = intake.accept_kept(before, source=source)
        intake.note(served)
        return served.snapshot
    return None
