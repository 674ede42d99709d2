"""What a process would say to a document: the very checks of delivery, from outside."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aigw.cli.sources import STANDARD_INPUT, content_of
from aigw.errors import ConfigurationError, ManifestError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.intake import Accepted, Content, Intake
from aigw.manifest.delivery.provenance import Provenance
from aigw.manifest.delivery.sources import StaticSource, UrlSource, source_of
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.secrets import Schemes


def intake_for(trust: Trust, *, from_afar: bool) -> Intake:
    """Give the checks of a process with the bounds *trust*, that fetches *from afar* or reads a file."""
    return Intake(trust, compile=_compiler(), kinds=kinds(), provenance=Provenance(trust), from_afar=from_afar)


def judge(intake: Intake, content: bytes, *, source: str, before: bytes | None, now: float) -> Accepted:
    """Give what a process that serves *before* would put into force. Raises `ManifestError`, as it would."""
    serving: Snapshot | None = None
    if before is not None:
        with suppress(ManifestError):  # then no process serves it either; one that has expired is served
            served = intake.accept_kept(before, source=source)
            intake.note(served)
            serving = served.snapshot
    return intake.accept(content, source=source, serving=serving, now=now)


def read_source(named: str) -> tuple[bytes, str, bool]:
    """Give the bytes of the file or URL *named*, or of standard input; its label; and whether it came from afar.

    Raises `ManifestUnavailableError`, `ConfigurationError`.
    """
    if named == STANDARD_INPUT:
        return sys.stdin.buffer.read(), "standard input", False
    source = source_of(named if "://" in named else Path(named))
    if isinstance(source, StaticSource):
        message = f"{named[:60]!r} is neither a file nor a URL."
        raise ConfigurationError(message)
    return content_of(source), source.label, isinstance(source, UrlSource)


def _compiler() -> Callable[[Content, str, Snapshot | None], Snapshot]:
    known, schemes = kinds(), Schemes()

    def compiled(content: Content, source: str, previous: Snapshot | None) -> Snapshot:
        return compile_manifest(content, source=source, kinds=known, schemes=schemes, previous=previous)

    return compiled
