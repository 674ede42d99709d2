"""Rollouts: who takes a new manifest while it is being rolled out, and when a process goes back by itself.

A unit (a process, a tenant, a key, a session, a request) falls into one of 10,000 buckets by a hash of the rollout's id
and its own name. Those below the basis points of the stage take the candidate, so whoever has it at 5 % has it at 25 %
too, in every process alike. The time comes in; within a process no stage is taken back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from math import log2
from typing import Final

from aigw.call import Arm, ArmName, Call, Ending, Outcome
from aigw.errors import AigwError, Failure, ModelNotFoundError
from aigw.latch import Latch
from aigw.manifest.snapshot import Rollout, RolloutGuard, Snapshot, Unit
from aigw.policies.failover import failure_of

BUCKETS: Final = 10_000
"""Basis points: a bucket for each."""

WATCH_S: Final = 1800.0
"""How long a guard goes on watching once all units take the candidate: what fails later is no fault of the change."""

WINDOW: Final = 1000
"""Calls of the candidate after which older ones count half, those of the base with them: both cover the same time."""

_WINDOWS: Final = 20
"""The window holds at least this many times the calls that a guard asks for."""

_SAYS_NOTHING: Final = frozenset(
    {Failure.BAD_REQUEST, Failure.CONTEXT_LENGTH, Failure.CONTENT_POLICY, Failure.UNSUPPORTED, Failure.LOCAL}
)

_SHORTEST_S: Final = 0.001
_PER_OCTAVE: Final = 8
_STEPS: Final = 22 * _PER_OCTAVE
"""Latencies are counted in steps of 9 %, from a millisecond to over an hour."""


def bucket(rollout_id: str, unit: str) -> int:
    """Give the bucket (0 to 9,999) that *unit* falls into: the top of `sha256(id, NUL, unit)`, in basis points."""
    salted = f"{rollout_id}\0{unit}".encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(salted).digest()[:8]) * BUCKETS >> 64


def stage_at(rollout: Rollout, now: float) -> int:
    """Give the basis points of the stage that has been reached at *now* (seconds since the epoch): 0 before any."""
    return next((stage.bp for stage in reversed(rollout.stages) if stage.at <= now), 0)


def arm_of(place: int, bp: int) -> ArmName:
    """Tell which arm the bucket *place* takes at *bp* basis points."""
    return "candidate" if place < bp else "base"


def unit_of(call: Call, unit: Unit) -> str | None:
    """Give the name of the *unit* that *call* belongs to; None where it has none, and for `instance`."""
    match unit:
        case "tenant":
            return call.tags.get("tenant") or call.principal.team
        case "key":
            return call.principal.key_id
        case "session":
            return call.tags.get("session")
        case "request":
            return call.id
        case "instance":
            return None


def went_well(ending: Ending) -> bool | None:
    """Tell whether a call that ended so speaks for its arm or against it; None where it says nothing.

    Nothing is said by what the caller did: a wrong call, an unknown name, a stream closed early, a cancellation.
    """
    error = ending.error
    if ending.outcome is Outcome.OK:
        return True
    if not isinstance(error, Exception) or isinstance(error, ModelNotFoundError):
        return None
    return None if isinstance(error, AigwError) and failure_of(error) in _SAYS_NOTHING else False


@dataclass(frozen=True, slots=True)
class RolloutHealth:
    """How far a rollout is in this process: `bp` basis points of its units take the candidate, unless held back.

    `held_back` says why this process takes the base only, until another serial comes; None if it does not.
    """

    id: str
    unit: Unit
    bp: int
    held_back: str | None


class Rollouts:
    """The rollout of the manifest in force, as this process sees it: its stage, its counts, its verdict. Thread-safe.

    *named* makes the name of this process as a unit, anew in a forked child.
    """

    __slots__ = ("_instance", "_lock", "_named", "_watch")

    def __init__(self, named: Callable[[], str]) -> None:
        self._named = named
        self._instance = named()
        self._lock = Latch()
        self._watch: _Watch | None = None

    def choose(self, call: Call, rollout: Rollout) -> Arm:
        """Give the arm that *call*, pinned to the candidate, takes. Without the unit asked for, the process is it."""
        name = unit_of(call, rollout.unit)
        unit: Unit = "instance" if name is None else rollout.unit
        place = bucket(rollout.id, self._instance if name is None else name)
        order = call.snapshot.order
        with self._lock:
            watch = self._watched(order, rollout)
            bp = watch.reached(call.at)
            held_back = watch.held_back
        side = "base" if held_back is not None else arm_of(place, bp)
        return Arm(rollout.id, side, order, unit, place, bp, held_back)

    def finished(self, arm: Arm, *, ok: bool, took_s: float | None) -> str | None:
        """Count a call that took *arm*, and *took_s* if it went well.

        Gives why the process holds itself back from now on, if this call is what decided it.
        """
        with self._lock:
            watch = self._watch
            if watch is None or watch.order != arm.order:
                return None
            return watch.finished(arm.name, ok=ok, took_s=took_s)

    def health(self, snapshot: Snapshot, now: float) -> RolloutHealth | None:
        """Tell how far the rollout of *snapshot* is in this process; None where it has none."""
        rollout = snapshot.rollout
        if rollout is None:
            return None
        with self._lock:
            watch = self._watched(snapshot.order, rollout)
            return RolloutHealth(rollout.id, rollout.unit, watch.reached(now), watch.held_back)

    def after_fork(self) -> None:
        """Be a process of one's own in a forked child: another unit, counts from zero. A verdict stays."""
        self._lock = Latch()
        self._instance = self._named()
        if self._watch is not None:
            self._watch.count_anew()

    def _watched(self, order: tuple[int, int], rollout: Rollout) -> "_Watch":
        """Find the watch over a manifest; one for a straggler, pinned to an older one, is not kept."""
        watch = self._watch
        if watch is not None and watch.order == order:
            return watch
        fresh = _Watch(order, rollout)
        if watch is None or watch.order < order:
            self._watch = fresh
        return fresh


class _Watch:
    """What is known of the rollout of one manifest."""

    __slots__ = ("_base", "_candidate", "_latest", "_rollout", "held_back", "order")

    def __init__(self, order: tuple[int, int], rollout: Rollout) -> None:
        self.order = order
        self.held_back: str | None = None
        self._rollout = rollout
        self._latest = float("-inf")
        self.count_anew()

    def count_anew(self) -> None:
        self._candidate = _Tally()
        self._base = _Tally()

    def reached(self, now: float) -> int:
        """Give the basis points at *now*, or at the latest moment seen: a clock set back takes no stage back."""
        self._latest = max(self._latest, now)
        return stage_at(self._rollout, self._latest)

    def finished(self, name: ArmName, *, ok: bool, took_s: float | None) -> str | None:
        guard = self._rollout.guard
        if guard is None or self.held_back is not None or self._is_over():
            return None
        if name == "base":
            self._base.count(ok=ok, took_s=took_s)
            return None
        self._candidate.count(ok=ok, took_s=took_s)
        self.held_back = _fault(guard, self._candidate, self._base)
        if self._candidate.calls >= max(WINDOW, _WINDOWS * guard.min_calls):
            self._candidate.halve()
            self._base.halve()
        return self.held_back

    def _is_over(self) -> bool:
        """Whether all units have taken the candidate for so long that a failure says nothing about the change."""
        stages = self._rollout.stages
        return bool(stages) and stages[-1].bp >= BUCKETS and self._latest >= stages[-1].at + WATCH_S


class _Tally:
    """The calls of one arm: how many, how many failed, and how long the others took. Its size is fixed."""

    __slots__ = ("_took", "calls", "failed")

    def __init__(self) -> None:
        self.calls = 0
        self.failed = 0
        self._took = [0] * _STEPS

    def count(self, *, ok: bool, took_s: float | None) -> None:
        self.calls += 1
        if not ok:
            self.failed += 1
        elif took_s is not None:
            octaves = log2(max(took_s, _SHORTEST_S) / _SHORTEST_S)
            self._took[min(int(octaves * _PER_OCTAVE), _STEPS - 1)] += 1

    def halve(self) -> None:
        self.calls //= 2
        self.failed //= 2
        self._took = [count // 2 for count in self._took]

    @property
    def error_rate(self) -> float:
        return self.failed / self.calls if self.calls else 0.0

    def median_s(self, least: int) -> float | None:
        """Give the median of the latencies, to the step; None where there are fewer than *least*."""
        timed = sum(self._took)
        if timed < max(least, 1):
            return None
        step = next(step for step, below in enumerate(accumulate(self._took)) if 2 * below >= timed)
        return float(_SHORTEST_S * 2 ** (step / _PER_OCTAVE))


def _fault(guard: RolloutGuard, candidate: _Tally, base: _Tally) -> str | None:
    """Say what is wrong with the candidate, if anything.

    Where too few calls took the base to compare with, its calls are taken to have gone well: in a process that is a
    unit of its own, all calls may take the candidate.
    """
    if candidate.calls < guard.min_calls:
        return None
    usual = base.error_rate if base.calls >= guard.min_calls else 0.0
    if candidate.error_rate > usual + guard.max_error_delta:
        return (
            f"{candidate.failed} of {candidate.calls} calls of the candidate failed, "
            f"{base.failed} of {base.calls} of the base"
        )
    if guard.max_latency_ratio is None:
        return None
    slow_s, usual_s = candidate.median_s(guard.min_calls), base.median_s(guard.min_calls)
    if slow_s is None or usual_s is None or slow_s <= usual_s * guard.max_latency_ratio:
        return None
    return f"half the calls of the candidate take over {slow_s:.3g} s, of the base {usual_s:.3g} s"
