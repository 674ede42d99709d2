"""Circuit breakers: a target that keeps failing is left alone for a while, then tested by one call at a time.

pybreaker is the state machine and its storage. Three things are ours, because its own `call` would hold a lock across
the upstream request, admit any number of probes, take client faults for successes, and read the wall clock: admission
and outcome are separate calls, probes are counted here, and time is asked of the clock that is passed in.
A target without a failure has no machine at all, and one whose failures are long past is as good as that.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from aigw.latch import Latch

if TYPE_CHECKING:
    from pybreaker import CircuitBreaker

THRESHOLD: Final = 5
RESET_S: Final = 30.0
AT_ONCE_S: Final = 10.0
"""A provider that asks us to stay away for longer than this is taken at its word after one failure."""
LONGEST_OPEN_S: Final = 600.0
PROBE_LEASE_S: Final = 60.0
"""How long a probe keeps others out. A stream that is never closed must not keep its breaker half-open for ever."""
MOST: Final = 1024
"""Breakers kept. Callers may invent target ids where a manifest allows direct names, and they must not pile up."""
_SPARED: Final = 8
"""Open breakers that are passed over, at each new one, before one of them has to go."""

State: TypeAlias = Literal["closed", "open", "half-open"]


class Admission(NamedTuple):
    """Leave to send one attempt. Hand it back exactly once: `succeeded`, `failed` or `released`.

    `epoch` counts how often the breaker had opened or closed by then: what was learnt before that is no longer news.
    """

    target_id: str
    epoch: int
    probe: bool


@dataclass(frozen=True, slots=True)
class BreakerHealth:
    """A breaker as seen from outside.

    `failures` counts those in a row, `left_s` is how long it stays open (None if it is not), `reason` is the class name
    of the last failure.
    """

    state: State
    failures: int
    left_s: float | None
    reason: str | None


class _CountedFailureError(Exception):
    """Tells the state machine of a failure."""


def _succeed() -> None:
    """Tell the state machine of a success."""


def _fail() -> None:
    raise _CountedFailureError


class _Breaker:
    """One target's state machine, with the time until which it is open and the probe that is under way."""

    __slots__ = ("_storage", "_threshold", "epoch", "failed_at", "machine", "probe", "probe_since", "reason", "until")

    def __init__(self, threshold: int, epoch: int) -> None:
        # Imported at the first failure: it looks for redis and tornado, which a healthy process need not pay for.
        from pybreaker import STATE_CLOSED, CircuitMemoryStorage  # noqa: PLC0415

        self._threshold = threshold
        self._storage: CircuitMemoryStorage = CircuitMemoryStorage(STATE_CLOSED)
        self.machine: CircuitBreaker
        self.rebuild()
        self.epoch = epoch
        self.failed_at = 0.0
        self.until = 0.0
        self.reason: str | None = None
        self.probe: Admission | None = None
        self.probe_since = 0.0

    def rebuild(self) -> None:
        """Make the state machine, with a lock that nobody holds; what it knows is in its storage and stays."""
        from pybreaker import CircuitBreaker  # noqa: PLC0415

        self.machine = CircuitBreaker(self._threshold, state_storage=self._storage, throw_new_error_on_trip=False)

    @property
    def state(self) -> State:
        match self.machine.current_state:
            case "closed":
                return "closed"
            case "open":
                return "open"
            case _:
                return "half-open"

    @property
    def is_clean(self) -> bool:
        return self.machine.fail_counter == 0 and self.state == "closed"

    def forget(self, now: float, reset_s: float) -> None:
        """Start the count of failures in a row anew if the last is longer ago than a breaker would stay open."""
        if self.state == "closed" and now - self.failed_at >= reset_s:
            self.report(success=True)

    def is_probed(self, now: float) -> bool:
        """Whether a probe is under way and within its lease."""
        return self.probe is not None and now < self.probe_since + PROBE_LEASE_S

    def turns_away(self, now: float) -> bool:
        """Whether an ordinary call would not be admitted."""
        state = self.state
        return state != "closed" and (now < self.until if state == "open" else self.is_probed(now))

    def start_probe(self, target_id: str, now: float) -> Admission:
        if self.state == "open":
            self.machine.half_open()
        self.probe = Admission(target_id, self.epoch, probe=True)
        self.probe_since = now
        return self.probe

    def report(self, *, success: bool) -> None:
        """Let the state machine draw its conclusion, under its own lock, with nothing to wait for inside."""
        before = self.state
        with contextlib.suppress(_CountedFailureError):
            self.machine.call(_succeed if success else _fail)
        if self.state != before:
            self._changed()

    def open(self) -> None:
        self.machine.open()
        self._changed()

    def _changed(self) -> None:
        self.epoch += 1
        self.probe = None


class Breakers:
    """The breakers of all targets, by target id, so that they survive a change of manifest. Thread-safe.

    *clock* gives seconds that never go back. A breaker opens after *threshold* failures in a row, for *reset_s* seconds
    unless the provider names a time; failures that are more than *reset_s* apart are not in a row. *opened* is called
    whenever one that was closed opens.
    """

    __slots__ = ("_breakers", "_clock", "_lock", "_opened", "_reset_s", "_threshold")

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        threshold: int = THRESHOLD,
        reset_s: float = RESET_S,
        opened: Callable[[], None] | None = None,
    ) -> None:
        self._clock = clock
        self._opened = opened
        self._threshold = threshold
        self._reset_s = reset_s
        self._lock = Latch()
        self._breakers: OrderedDict[str, _Breaker] = OrderedDict()

    def admit(self, target_id: str, *, last_resort: bool = False) -> Admission | None:
        """Give leave for one attempt at a target, or None while its breaker keeps calls away.

        Once an open breaker's time is over, one call at a time is admitted to test the target. As a *last_resort*, when
        no target is left, that test may come early.
        """
        if target_id not in self._breakers:
            return Admission(target_id, 0, probe=False)
        now = self._clock()
        with self._lock:
            breaker = self._breakers.get(target_id)
            if breaker is None:
                return Admission(target_id, 0, probe=False)
            state = breaker.state
            if state == "closed":
                return Admission(target_id, breaker.epoch, probe=False)
            if breaker.turns_away(now) and not (last_resort and state == "open"):
                return None
            return breaker.start_probe(target_id, now)

    def succeeded(self, admission: Admission) -> None:
        """Report that the attempt gave a whole answer."""
        if admission.target_id not in self._breakers:
            return
        with self._lock:
            breaker = self._current(admission)
            if breaker is not None and not breaker.is_clean:
                breaker.report(success=True)

    def failed(self, admission: Admission, *, reason: str, retry_after: float | None = None) -> None:
        """Report that the target failed the attempt: *reason* is the error's class name.

        When that opens the breaker, it stays open for as long as the provider asked for with *retry_after* (at most ten
        minutes), or for the reset time.
        """
        now = self._clock()
        known = admission.target_id in self._breakers
        fresh = None if known else _Breaker(self._threshold, admission.epoch)
        with self._lock:
            if fresh is not None:
                self._keep(admission.target_id, fresh, now)
            breaker = self._current(admission)
            if breaker is None:
                return
            self._breakers.move_to_end(admission.target_id)
            breaker.forget(now, self._reset_s)
            before = breaker.state
            breaker.failed_at = now
            breaker.reason = reason
            breaker.report(success=False)
            if breaker.state == "closed" and retry_after is not None and retry_after > AT_ONCE_S:
                breaker.open()
            if breaker.state == "open":
                asked = retry_after if retry_after is not None and retry_after > 0.0 else self._reset_s
                breaker.until = now + min(asked, LONGEST_OPEN_S)
            opens = before == "closed" and breaker.state == "open"
        if opens and self._opened is not None:
            self._opened()

    def released(self, admission: Admission) -> None:
        """Report that the attempt says nothing about the target: a client's fault, a cancellation, a stream let go."""
        if not admission.probe:
            return
        with self._lock:
            breaker = self._current(admission)
            if breaker is not None and breaker.probe is admission:
                breaker.probe = None

    def is_open(self, target_id: str, *, in_s: float = 0.0) -> bool:
        """Whether an ordinary call would be turned away, now or *in_s* seconds: open, or half-open and under test."""
        breaker = self._breakers.get(target_id)
        return breaker is not None and breaker.turns_away(self._clock() + in_s)

    def is_probed(self, target_id: str) -> bool:
        """Whether another call is testing the target, so that its breaker will soon know more."""
        breaker = self._breakers.get(target_id)
        return breaker is not None and breaker.state == "half-open" and breaker.is_probed(self._clock())

    def snapshot(self) -> Mapping[str, BreakerHealth]:
        """Give the state of the targets that have failed, by target id. A target not listed is closed."""
        now = self._clock()
        with self._lock:
            for breaker in self._breakers.values():
                breaker.forget(now, self._reset_s)
            return {target_id: _health(breaker, now) for target_id, breaker in self._breakers.items()}

    def after_fork(self) -> None:
        """Take new locks in a forked child: a thread of the parent may have held these. Its probes are not ours."""
        self._lock = Latch()
        for breaker in self._breakers.values():
            breaker.rebuild()
            breaker.probe = None

    def _current(self, admission: Admission) -> _Breaker | None:
        breaker = self._breakers.get(admission.target_id)
        return breaker if breaker is not None and breaker.epoch == admission.epoch else None

    def _keep(self, target_id: str, fresh: _Breaker, now: float) -> None:
        if len(self._breakers) >= MOST:
            self._drop_one(now)
        self._breakers.setdefault(target_id, fresh)

    def _drop_one(self, now: float) -> None:
        """Make room by the breaker that failed longest ago, sparing those that keep calls away."""
        for _ in range(_SPARED):
            target_id, breaker = next(iter(self._breakers.items()))
            if not breaker.turns_away(now):
                break
            self._breakers.move_to_end(target_id)
        self._breakers.popitem(last=False)


def _health(breaker: _Breaker, now: float) -> BreakerHealth:
    state = breaker.state
    left_s = max(0.0, breaker.until - now) if state == "open" else None
    return BreakerHealth(state, breaker.machine.fail_counter, left_s, breaker.reason)
