"""What a process knows of its manifest, for people and health checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from aigw.errors import ManifestError, ManifestInvalidError
from aigw.manifest.delivery.intake import Accepted
from aigw.manifest.delivery.metrics import Metric, metrics_of, prometheus_text
from aigw.manifest.delivery.provenance import Verified
from aigw.manifest.snapshot import Quarantined, Snapshot
from aigw.types.nack import Nack

State: TypeAlias = Literal["none", "embedded", "cached", "current", "stale", "suspect", "expired"]
Sync: TypeAlias = Literal["idle", "fetch", "backoff", "nack"]
Origin: TypeAlias = Literal["source", "disk", "embedded", "given"]

STALE_AFTER_S: Final = 300.0
"""How long after the last good look at its source a manifest counts as stale. It goes on serving."""

_NONE: Final = MappingProxyType(dict[Nack, int]())


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestStatus:
    """Which manifest is in force, how old that knowledge is, and what was refused.

    `state`: `none` (nothing serves), `embedded` or `cached` (the copy that came with the code, or the one on disk,
    serves and its source has not confirmed it yet), `current`, `stale` (no good look for five minutes), `suspect`
    (signed, and nothing says any more that it is the newest) or `expired`. All but the first serve. `sync`: `idle`,
    `fetch` (looking now), `backoff` (the source cannot be had) or `nack` (what it offers was refused).

    Times are in seconds since the epoch; `age_s` is how long ago the last good look was, `propagation_s` how long the
    document took from being issued to being in force here. `verified` is what speaks for the document: `signed`, `tls`,
    or `local`. `last_error` is what went wrong at the last look and `nack` its code, None if it went well; `nacks`
    counts looks by code. `rejected` lists the problems of the document the source offers now, if it was refused.

    `partial`: parts of the document are beyond this reader (`ignored`, `quarantined`). `pinned`: the newest document
    took processes down, and the one before it serves. `held_back`: this process stays at the base of a rollout.
    `override`: something local is laid over the manifest. `asks`: this process asks the source itself; if not, another
    one of this host does, and the copy it keeps is followed. `notes` are for people.
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
    sync: Sync = "idle"
    verified: Verified | None = None
    epoch: int | None = None
    nack: Nack | None = None
    nacks: Mapping[Nack, int] = field(default_factory=lambda: _NONE)
    issued_at: float | None = None
    expires_at: float | None = None
    freshness_expires_at: float | None = None
    propagation_s: float | None = None
    partial: bool = False
    pinned: bool = False
    override: bool = False
    held_back: bool = False
    ignored: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    rollout: str | None = None
    rollout_bp: int | None = None
    asks: bool = True

    def metrics(self) -> tuple[Metric, ...]:
        """Give what to measure: (name, labels, value)."""
        return metrics_of(self)

    def prometheus(self) -> str:
        """Give the metrics in the text format that Prometheus scrapes."""
        return prometheus_text(self.metrics())


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a holder knows, replaced as a whole, so that whoever reads it sees one moment."""

    snapshot: Snapshot | None = None
    origin: Origin = "source"
    accepted: Accepted | None = None
    activated_at: float | None = None
    checked_at: float | None = None
    checked_on: float | None = None
    """`checked_at` on the monotonic clock, from which ages are told."""
    noted_at: float | None = None
    """When a process of this host last had a good look, before this one has had any."""
    etag: str | None = None
    error: ManifestError | None = None
    error_at: float | None = None
    rejected: tuple[str, ...] = ()
    nacks: Mapping[Nack, int] = field(default_factory=lambda: _NONE)
    pinned: bool = False

    def activated(self, accepted: Accepted, origin: Origin, etag: str | None, at: float) -> "Known":
        """Give what is known once *accepted* is in force, *at* a time."""
        return replace(
            self,
            snapshot=accepted.snapshot,
            accepted=accepted,
            origin=origin,
            etag=etag,
            activated_at=at,
            rejected=(),
            pinned=False,
        )

    def confirmed(self, accepted: Accepted, etag: str | None) -> "Known":
        """Give what is known once the source offers what is in force. The later statement of freshness counts."""
        held = None if self.accepted is None else self.accepted.vouched.freshness
        told = accepted.vouched.freshness
        if held is not None and (told is None or told.at < held.at):
            accepted = replace(accepted, vouched=replace(accepted.vouched, freshness=held))
        return replace(self, accepted=accepted, etag=etag)

    def checked(self, at: float, on: float) -> "Known":
        """Give what is known after a look that went well, *at* a time, *on* the monotonic clock."""
        if self.checked_on is not None and on < self.checked_on:
            at, on = self.checked_at or at, self.checked_on  # more was known before
        return replace(self, checked_at=at, checked_on=on, error=None, error_at=None, rejected=())

    def failed(self, error: ManifestError, at: float) -> "Known":
        """Give what is known after a look that failed. Where nothing could be had, what was refused stays refused."""
        rejected = self.rejected
        if error.nack is not Nack.FETCH:
            rejected = error.problems if isinstance(error, ManifestInvalidError) else (str(error),)
        counted = MappingProxyType({**self.nacks, error.nack: self.nacks.get(error.nack, 0) + 1})
        return replace(self, error=error, error_at=at, rejected=rejected, nacks=counted)

    def state(self, now: float, on: float | None) -> State:
        """Tell how much there is to be said for what is in force, at *now*, *on* the monotonic clock.

        None for *on*: a manifest given in place, which is never stale.
        """
        if self.snapshot is None:
            return "none"
        if self.snapshot.expires_at is not None and self.snapshot.expires_at <= now:
            return "expired"
        if self.accepted is not None and not self.accepted.vouched.is_fresh(now):
            return "suspect"
        if on is None:
            return "current"
        if self.checked_on is None:
            return "embedded" if self.origin == "embedded" else "cached"
        return "stale" if on - self.checked_on > STALE_AFTER_S else "current"

    def lapsed_since(self, now: float, on: float | None) -> float | None:
        """Tell since when, in seconds since the epoch, confidence in what is in force has lapsed; None: it has not.

        It lapses when the document expires, when the statement that it is the newest does, and where nobody signs such
        statements once no good look has confirmed it for five minutes.
        """
        if self.snapshot is None:
            return None
        ends = [] if self.snapshot.expires_at is None else [self.snapshot.expires_at]
        vouched = None if self.accepted is None else self.accepted.vouched
        if vouched is not None and vouched.verified == "signed":
            fresh = vouched.freshness
            ends.append((self.activated_at or now) if fresh is None else fresh.expires)
        elif on is not None:
            unconfirmed_s = None if self.checked_on is None else on - self.checked_on
            begun = self.activated_at or now
            since = min(begun, self.noted_at or begun) if unconfirmed_s is None else now - unconfirmed_s
            ends.append(since + STALE_AFTER_S)
        lapsed = [end for end in ends if end <= now]
        return min(lapsed, default=None)

    def status(  # noqa: PLR0913 - the moment, and what the holder's parts know
        self,
        *,
        source: str,
        now: float,
        on: float | None,
        looking: bool,
        asks: bool,
        disk_path: str | None,
        notes: tuple[str, ...],
    ) -> ManifestStatus:
        """Tell people. *now* and *on* as for `state`."""
        about = _told_of(self.snapshot, now) if self.snapshot is not None else ManifestStatus(state="none", source="")
        vouched = None if self.accepted is None else self.accepted.vouched
        nack = None if self.error is None else self.error.nack
        sync: Sync = "fetch" if looking else "idle" if nack is None else "backoff" if nack is Nack.FETCH else "nack"
        issued_at = about.issued_at
        is_new = issued_at is not None and self.activated_at is not None and self.origin == "source"
        return replace(
            about,
            state=self.state(now, on),
            source=source,
            activated_at=self.activated_at,
            checked_at=self.checked_at,
            age_s=None if self.checked_on is None or on is None else max(0.0, on - self.checked_on),
            last_error=None if self.error is None else str(self.error),
            last_error_at=self.error_at,
            rejected=self.rejected,
            etag=self.etag,
            disk_path=disk_path,
            notes=notes,
            asks=asks,
            sync=sync,
            verified=None if vouched is None else vouched.verified,
            nack=nack,
            nacks=self.nacks,
            freshness_expires_at=None if vouched is None or vouched.freshness is None else vouched.freshness.expires,
            propagation_s=max(0.0, (self.activated_at or 0.0) - (issued_at or 0.0)) if is_new else None,
            pinned=self.pinned,
        )


def _told_of(snapshot: Snapshot, now: float) -> ManifestStatus:
    """Tell what the document says of itself."""
    rollout = snapshot.rollout
    begun = [] if rollout is None else [stage.bp for stage in rollout.stages if stage.at <= now]
    return ManifestStatus(
        state="current",
        source="",
        serial=snapshot.serial,
        digest=snapshot.digest,
        epoch=snapshot.epoch,
        issued_at=snapshot.issued_at,
        expires_at=snapshot.expires_at,
        partial=bool(snapshot.ignored or snapshot.quarantined),
        ignored=snapshot.ignored,
        quarantined=snapshot.quarantined,
        rollout=None if rollout is None else rollout.id,
        rollout_bp=None if rollout is None else (begun[-1] if begun else 0),
    )
