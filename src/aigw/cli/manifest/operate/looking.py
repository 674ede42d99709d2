"""See what a process that is started here would serve from, without a trace: no thread, and nothing on disk."""

import os
import random
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aigw.cli.gateway import keep_logs_off_the_screen
from aigw.cli.parsing import Arguments
from aigw.cli.sources import compiled
from aigw.config import Config, configured
from aigw.errors import ManifestError, ManifestInvalidError
from aigw.manifest.delivery.copies import Copies
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.files import Folder
from aigw.manifest.delivery.follower import Follower
from aigw.manifest.delivery.holder import Holder
from aigw.manifest.delivery.intake import Intake
from aigw.manifest.delivery.provenance import Provenance
from aigw.manifest.delivery.sources import FileSource, Source, UrlSource, source_of
from aigw.manifest.delivery.starts import Starts
from aigw.manifest.delivery.status import ManifestStatus
from aigw.manifest.language.default import default_snapshot
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.runtime.clock import SystemClock
from aigw.runtime.fetch import Fetcher


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy at hand: where it is, and either the serial it would serve as, or why it would not."""

    what: str
    path: str
    serial: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a process would serve, what it has at hand to start from, and the settings by which it would."""

    config: Config
    source: Source | None
    status: ManifestStatus
    snapshot: Snapshot | None
    copies: tuple[Copy, ...] = ()


def config_of(arguments: Arguments) -> Config:
    """Give the settings of a gateway that is told what the command is told. Raises `ConfigurationError`."""
    return configured(
        manifest=arguments.source,
        trust=arguments.trust,
        embedded=arguments.embedded,
        cache_dir=arguments.cache_dir,
    )


def look(config: Config) -> Looked:
    """Look at the manifest of *config*, and at its copies. Raises `ConfigurationError`."""
    keep_logs_off_the_screen()
    manifest = config.embedded if config.manifest is None else config.manifest
    if manifest is None:
        found = default_snapshot(os.environ, kinds())
        status = ManifestStatus(state="current", source=found.source, serial=found.serial, digest=found.digest)
        return Looked(config, None, status, found)
    source = source_of(manifest)
    try:
        with _holder(config, source) as holder:
            with suppress(ManifestError):  # status tells it
                holder.check()
            return Looked(config, source, holder.status(), holder.current, _copies(config, source))
    except ManifestError as error:  # one given in place is judged at once
        problems = error.problems if isinstance(error, ManifestInvalidError) else ()
        status = ManifestStatus(
            state="none", source=source.label, last_error=str(error), nack=error.nack, rejected=problems
        )
        return Looked(config, source, status, None)


def disk_of(config: Config, source: Source | None) -> "Untouched | None":
    """Give the copy on disk that a process would keep, if it would."""
    if config.cache_dir is None or not isinstance(source, UrlSource):
        return None
    return Untouched(config.cache_dir, source.url)


class Untouched(DiskCopy):
    """A copy on disk that is read only."""

    def __init__(self, directory: Path, url: str) -> None:
        super().__init__(directory, url)
        self.starts = _Unmarked(Folder(directory), Path(self.path).stem)

    def store(  # noqa: PLR0913 - what there is to know of a document
        self,
        content: bytes,
        *,
        digest: str,
        serial: int,
        etag: str | None,
        epoch: int = 0,
        fresh_at: float | None = None,
    ) -> None:
        """Leave what is there."""

    def store_trust(self, chain: bytes) -> None:
        """Leave what is there."""


class _Unmarked(Starts):
    """The deaths that others left marks of; this process leaves none."""

    def begin(self, digest: str, on: float) -> None:
        pass


@contextmanager
def _holder(config: Config, source: Source) -> Generator[Holder]:
    fetcher, disk = Fetcher(), disk_of(config, source)
    holder = Holder(
        Follower(source, fetch=fetcher, clock=SystemClock(), random=random.random, interval_s=config.refresh_interval),
        intake=_intake(config, source, disk),
        background=_Idle,
        clock=SystemClock(),
        disk=disk,
        embedded=_embedded(config),
    )
    try:
        yield holder
    finally:
        holder.close()
        fetcher.close()


def _copies(config: Config, source: Source) -> tuple[Copy, ...]:
    """Give the copies at hand, each by itself."""
    disk, embedded = disk_of(config, source), _embedded(config)
    found = [] if disk is None else [_copy("copy on disk", disk.path, config, source, disk, None)]
    if embedded is not None:
        found.append(_copy("embedded copy", embedded.path, config, source, None, embedded))
    return tuple(found)


def _copy(  # noqa: PLR0913, PLR0917 - which copy, and by what it is judged
    what: str, path: str, config: Config, source: Source, disk: DiskCopy | None, embedded: FileSource | None
) -> Copy:
    copies = Copies(_intake(config, source, disk), disk, embedded, source.label)
    best = copies.at_hand(SystemClock.time()).best
    if best is not None:
        return Copy(what, path, best.accepted.snapshot.serial)
    note = disk.note if disk is not None else next(iter(copies.notes), None)
    return Copy(what, path, problem=note or "there is none yet")


def _embedded(config: Config) -> FileSource | None:
    return None if config.embedded is None else FileSource(str(config.embedded))


def _intake(config: Config, source: Source, disk: DiskCopy | None) -> Intake:
    return Intake(
        config.trust,
        compile=compiled,
        kinds=kinds(),
        provenance=Provenance(config.trust, disk),
        from_afar=isinstance(source, UrlSource),
    )


class _Idle:
    """A background thread that is none: a command looks once."""

    def __init__(self, tick: Callable[[], float], name: str) -> None:
        """Take what a thread would be given."""

    def start(self, after_s: float = 0.0) -> bool:  # noqa: ARG002 - the seam's
        return False

    def wake(self) -> None:
        pass

    def stop(self, timeout_s: float = 1.0) -> None:
        pass

    def after_fork(self) -> None:
        pass
