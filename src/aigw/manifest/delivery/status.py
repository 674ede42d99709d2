"""What a process knows of its manifest, for people and health checks."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from aigw.manifest.snapshot import Snapshot

State: TypeAlias = Literal["none", "cached", "current", "stale"]

STALE_AFTER_S: Final = 300.0
"""How long after the last good look at its source a manifest counts as stale. It goes on serving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestStatus:
    """Which manifest is in force, how old that knowledge is, and what was refused.

    `state`: `none` (nothing serves), `cached` (the copy on disk serves and its source has not confirmed it yet),
    `current`, or `stale` (no good look for five minutes). Times are in seconds since the epoch; `age_s` is how long ago
    the last good look was. `last_error` is what went wrong at the last look, None if it went well. `rejected` lists
    the problems of the document the source offers now, if it was refused. `notes` are for people.
    """

    state: State
    source: str
    serial: int | None = None
    digest: str | None = None
    activated_at: float | None = None
    checked_at: float | None = None
    age_s: float | None = None
    last_error: str | None = None
    last_error_at: float | None = None
    rejected: tuple[str, ...] = ()
    etag: str | None = None
    disk_path: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a holder knows, replaced as a whole, so that whoever reads it sees one moment."""

    snapshot: Snapshot | None = None
    activated_at: float | None = None
    checked_at: float | None = None
    checked_on: float | None = None
    """`checked_at` on the monotonic clock, from which ages are told."""
    etag: str | None = None
    last_error: str | None = None
    last_error_at: float | None = None
    rejected: tuple[str, ...] = ()

    def status(
        self, *, source: str, now: float | None, disk_path: str | None, notes: tuple[str, ...]
    ) -> ManifestStatus:
        """Tell people, at *now* on the monotonic clock; None for a manifest given in place, which is never stale."""
        age_s = None if self.checked_on is None or now is None else max(0.0, now - self.checked_on)
        state: State = "current"
        if self.snapshot is None:
            state = "none"
        elif now is not None and age_s is None:
            state = "cached"
        elif age_s is not None and age_s > STALE_AFTER_S:
            state = "stale"
        return ManifestStatus(
            state=state,
            source=source,
            serial=None if self.snapshot is None else self.snapshot.serial,
            digest=None if self.snapshot is None else self.snapshot.digest,
            activated_at=self.activated_at,
            checked_at=self.checked_at,
            age_s=age_s,
            last_error=self.last_error,
            last_error_at=self.last_error_at,
            rejected=self.rejected,
            etag=self.etag,
            disk_path=disk_path,
            notes=notes,
        )
