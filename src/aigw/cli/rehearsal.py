"""Say what would become of a call under a manifest: the pipeline's own routing, without anybody being called."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aigw.call import ArmName, Call, Options, Principal, Trail
from aigw.credentials.cache import Credentials
from aigw.errors import ConfigurationError
from aigw.manifest.snapshot import Route, Snapshot
from aigw.pipeline import Pipeline
from aigw.policies.rollout import BUCKETS, arm_of, bucket, stage_at, unit_of
from aigw.record import Record
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.secrets import Schemes, Secrets
from aigw.stages.recording import record_of
from aigw.testing.clock import FrozenClock
from aigw.types.request import AnyRequest


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A call as far as its first attempt: the record of it, its route with the alternates that could take it, its side.

    `arm` is None where nothing is being rolled out.
    """

    record: Record
    route: Route
    arm: ArmName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Judges calls by *snapshot* as a process in service would. `at` (seconds since the epoch) None is now."""

    snapshot: Snapshot
    secrets: Secrets
    principal: Principal
    at: float | None = None
    lapsed_since: Callable[[], float | None] = lambda: None

    def of(self, request: AnyRequest, options: Options, arm: ArmName | None = None) -> Rehearsed:
        """Rehearse *request*, on the side *arm* of a rollout or else on the one it takes. Raises as `explain`."""
        if arm is None:
            return self._rehearsed(self.snapshot, request, options)
        rollout = self.snapshot.rollout
        if rollout is None:
            message = f"The manifest ({self.snapshot.source}) is not being rolled out: it has no {arm}."
            raise ConfigurationError(message)
        side = rollout.base if arm == "base" else replace(self.snapshot, rollout=None)
        found = self._rehearsed(side, request, options)
        name = f"{rollout.id}:{arm}"
        record = replace(found.record, rollout=name, notes=(f"rollout: {name}, as asked", *found.record.notes))
        return replace(found, record=record, arm=arm)

    def sides(self, request: AnyRequest, options: Options) -> tuple[ArmName | None, ...]:
        """Give the sides of a rollout that *request* may take: both, where it is up to the process that makes it."""
        rollout = self.snapshot.rollout
        if rollout is None:
            return (None,)
        at = time.time() if self.at is None else self.at
        call = Call(
            id="",
            request=request,
            snapshot=self.snapshot,
            principal=self.principal,
            tags={**self.snapshot.tags, **options.tags},
            options=options,
            trail=Trail(),
            at=at,
            started=0.0,
        )
        unit = None if rollout.unit == "request" else unit_of(call, rollout.unit)
        bp = stage_at(rollout, at)
        if unit is None and 0 < bp < BUCKETS:
            return ("candidate", "base")
        return (arm_of(bucket(rollout.id, unit or ""), bp),)

    def _rehearsed(self, snapshot: Snapshot, request: AnyRequest, options: Options) -> Rehearsed:
        async def pinned(_: float | None) -> Snapshot:
            return snapshot

        runtime = BlockingRuntime(None if self.at is None else FrozenClock(self.at))
        pipeline = Pipeline(
            runtime,
            snapshot=pinned,
            at_hand=lambda: snapshot,
            principal=self.principal,
            credentials=Credentials(self.secrets),
            sinks=(),
            lapsed_since=self.lapsed_since,
        )
        call, route = run(pipeline.rehearse(request, options))
        taken = None if call.trail.arm is None else call.trail.arm.name
        return Rehearsed(record_of(call, call.started), route, taken)


def moment_of(text: str) -> float:
    """Read *text* as seconds since the epoch. Raises `ConfigurationError` for what is no moment with its zone."""
    try:
        found = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        message = f'--at is a moment with its zone, such as 2026-11-20T10:00:00Z, not "{text[:40]}".'
        raise ConfigurationError(message)
    return found.timestamp()


def tags_named(written: Sequence[str]) -> dict[str, str]:
    """Read tags of the form `name=value`. Raises `ConfigurationError`."""
    pairs = [one.partition("=") for one in written]
    for name, sign, _ in pairs:
        if not sign or not name.strip():
            message = f"--tag is a name and a value, such as tenant=acme, not {name[:40]!r}."
            raise ConfigurationError(message)
    return {name.strip(): value for name, _, value in pairs}


class _AssumedSource:
    """A source in which every secret is found."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme

    def fetch(self, reference: str) -> str:
        """Give something for *reference*: nobody is called, so nobody sees it."""
        return f"assumed-{len(reference)}"


def assumed_secrets() -> Secrets:
    """Give secrets that are all there: a manifest is tested where its keys are not."""
    return Secrets(*(_AssumedSource(scheme) for scheme in Schemes()))
