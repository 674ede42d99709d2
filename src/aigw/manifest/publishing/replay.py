"""Replay: what a manifest would do with a call of which only the record is left.

The rules are the pipeline's own. What a record cannot say is taken to be well: breakers are closed, keys are there, the
manifest is not in doubt. What a target could not express then, it cannot express now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from aigw.call import DEFAULTS, Call, Principal, Trail
from aigw.errors import ModelNotFoundError
from aigw.manifest.publishing.decisions import Decision
from aigw.manifest.snapshot import Rollout, Route, Snapshot, Target
from aigw.policies.detour import detoured, standing_in
from aigw.policies.rollout import BUCKETS, arm_of, bucket, unit_of
from aigw.policies.selection import find_route, keeper, plan, way_home
from aigw.types.json import EMPTY
from aigw.types.operation import Operation
from aigw.types.request import Request

__all__ = ["Does", "Fork", "Replay", "Verdict", "recorded"]

Does: TypeAlias = Callable[[Target, Operation], bool]
"""Whether the kind of a target's provider has an operation."""

_KEPT: Final = frozenset({Operation.BATCHES, Operation.RESPONSES})
"""What is asked of whoever keeps it, and of nobody else."""

_LASTING: Final = ("unsupported:", "kept_elsewhere:")
"""Reasons against a target that lie in the call, and so hold under any manifest."""

_PASSING: Final = frozenset({"breaker_open", "last_resort", "no_secret"})
"""Reasons against a target that lay in the moment."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The target a call is sent to first, and `at` which address where that is known; or `why` none may take it."""

    target: str | None
    at: str | None = None
    why: str = "ok"


@dataclass(frozen=True, slots=True)
class Fork:
    """What becomes of a call on both sides of a rollout, and in which bucket (0 to 9,999) its unit is."""

    candidate: Verdict
    base: Verdict
    place: int

    def under(self, bp: int) -> Verdict:
        """Give what becomes of it once *bp* basis points of the units take the candidate."""
        return self.candidate if arm_of(self.place, bp) == "candidate" else self.base


class Replay:
    """Judges calls by one snapshot, each kind of call once. *now* (seconds since the epoch) decides about detours."""

    def __init__(self, snapshot: Snapshot, does: Does, now: float) -> None:
        self._snapshot = snapshot
        self._does = does
        self._now = now
        self._known: dict[object, Verdict] = {}

    @property
    def last_bp(self) -> int:
        """How many units take the candidate in the end: all of them, where nothing is being rolled out."""
        rollout = self._snapshot.rollout
        return BUCKETS if rollout is None or not rollout.stages else rollout.stages[-1].bp

    def judge(self, decision: Decision) -> Verdict:
        """Give what becomes of the call when the rollout, if there is one, has reached its last stage."""
        return self.fork(decision).under(self.last_bp)

    def fork(self, decision: Decision) -> Fork:
        """Give what becomes of the call on either side; without a rollout, both are one."""
        rollout = self._snapshot.rollout
        candidate = self._verdict(self._snapshot, decision)
        if rollout is None:
            return Fork(candidate, candidate, 0)
        return Fork(candidate, self._verdict(rollout.base, decision), _place(rollout, decision, self._snapshot))

    def _verdict(self, snapshot: Snapshot, decision: Decision) -> Verdict:
        against = {one.target: one.reason for one in decision.candidates if one.reason.startswith(_LASTING)}
        home = decision.target if decision.operation in _KEPT else None
        asked = (snapshot is self._snapshot, decision.model, decision.operation, home, *sorted(against.items()))
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._judged(snapshot, decision, home, against)
        return known

    def _judged(self, snapshot: Snapshot, decision: Decision, home: str | None, against: Mapping[str, str]) -> Verdict:
        try:
            named = _route(snapshot, decision, home)
        except ModelNotFoundError as error:
            return Verdict(None, why=error.code or "model_not_found")
        if named is None:
            return Verdict(None, why="unknown_keeper")
        operation = decision.operation
        detour = standing_in(named, self._now)
        route = named if detour is None else detoured(named, detour, kept=operation in _KEPT)
        if operation in _KEPT:
            route = keeper(route, lambda target: self._does(target, operation), home)

        def objection(target: Target) -> str | None:
            if not self._does(target, operation):
                return f"operation:{operation}"
            return against.get(target.id) if _is_strict(target, against.get(target.id)) else None

        decided = plan(route, objection, lambda _: False)
        if decided.targets:
            return Verdict(decided.targets[0].id, decided.targets[0].provider.base_url)
        return Verdict(None, why=decided.candidates[0].reason if decided.candidates else "no_targets")


def recorded(decision: Decision) -> Verdict:
    """Give what was decided then, by the record alone, had all breakers been closed and all keys been there."""
    able = (one.target for one in decision.candidates if one.eligible or one.reason in _PASSING)
    target = decision.target if decision.operation in _KEPT else next(able, decision.target)
    return Verdict(target, why="ok" if target else decision.error or "refused")


def _route(snapshot: Snapshot, decision: Decision, home: str | None) -> Route | None:
    if decision.model or decision.operation not in _KEPT:
        return find_route(snapshot, decision.model)
    return None if home is None else way_home(snapshot, home)


def _is_strict(target: Target, reason: str | None) -> bool:
    """Whether *reason* rules *target* out: what it cannot express does only where that is an error."""
    if reason is None or target.unsupported == "pass":
        return False
    return target.unsupported == "error" or not reason.startswith("unsupported:")


def _place(rollout: Rollout, decision: Decision, snapshot: Snapshot) -> int:
    """Give the bucket of the call's unit; a process is not on record, so the call itself stands in for it."""
    unit = unit_of(_call(decision, snapshot), rollout.unit)
    return bucket(rollout.id, decision.call_id if unit is None else unit)


def _call(decision: Decision, snapshot: Snapshot) -> Call:
    return Call(
        id=decision.call_id,
        request=replace(_NOTHING, model=decision.model, stream=decision.stream),
        snapshot=snapshot,
        principal=Principal(decision.key_id, decision.team, decision.app),
        tags=decision.tags,
        options=DEFAULTS,
        trail=Trail(),
        at=decision.at,
        started=0.0,
        surface=decision.surface,
    )


_NOTHING: Final = Request("", "", (), {}, stream=False, verbatim=EMPTY)
