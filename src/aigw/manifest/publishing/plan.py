"""What a change would have done to the calls of a log: moved, refused, served, slower, dearer, by service and route.

Latencies and costs are estimated from the log's own: the median of the calls that a target answered, and what it cost a
token. A target the log does not know has neither. Where no record carries a cost, nothing is priced.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from aigw.manifest.publishing.decisions import Decision
from aigw.manifest.publishing.replay import Replay, Verdict, recorded
from aigw.manifest.snapshot import Stage

__all__ = ["SCHEMA", "Failed", "Gates", "Impact", "Limit", "Move", "Row", "judged", "replayed"]

SCHEMA: Final = "aigw/plan/v1"
"""What the file of a plan calls itself."""


@dataclass(frozen=True, slots=True)
class Move:
    """So many calls that go from one target to another; None where they are refused, `why` saying for what reason."""

    before: str | None
    after: str | None
    calls: int
    why: str = ""

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        return f"{self.before or 'refused'} → {self.after or 'refused'}{why}"


@dataclass(frozen=True, slots=True)
class Row:
    """What happens to the calls of one service to one route, or to all of a log.

    `latency_s` is the median per call before and after; `cost_usd` what the `priced` calls cost. Both are None where
    the log does not tell.
    """

    service: str
    route: str
    calls: int
    moved: int = 0
    newly_refused: int = 0
    now_served: int = 0
    moves: tuple[Move, ...] = ()
    latency_s: tuple[float, float] | None = None
    cost_usd: tuple[float, float] | None = None
    priced: int = 0

    @property
    def share_moved(self) -> float:
        """The share of calls that move, 0 to 1."""
        return self.moved / self.calls if self.calls else 0.0

    @property
    def latency_delta_s(self) -> float | None:
        """How much longer half of the calls take, in seconds."""
        return None if self.latency_s is None else self.latency_s[1] - self.latency_s[0]

    @property
    def cost_delta(self) -> float | None:
        """How much more the priced calls cost, as a share: 0.05 is 5 % more."""
        if self.cost_usd is None or not self.cost_usd[0]:
            return None
        return self.cost_usd[1] / self.cost_usd[0] - 1

    @property
    def is_changed(self) -> bool:
        """Whether anything happens to any of the calls."""
        return bool(self.moved or self.newly_refused or self.now_served)


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change does: to all calls, to those of each service and route, and at each stage of its rollout.

    `stages` has basis points and the share of all calls that is moved or newly refused then. `versions` counts calls by
    the version of aigw that made them. `unrouted` calls were wrong before anybody looked for a route.
    """

    total: Row
    rows: tuple[Row, ...]
    stages: tuple[tuple[Stage, float], ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict[str, int])
    unrouted: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether anything happens to any call."""
        return self.total.is_changed


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is let through: so many calls, or, with `is_share`, such a share of them (0 to 1)."""

    value: float
    is_share: bool = True

    def __str__(self) -> str:
        return f"{self.value:.4g}" if not self.is_share else f"{self.value * 100:.4g} %"

    def is_passed_by(self, count: int, of: int) -> bool:
        """Whether *count* calls *of* so many are no more than this."""
        return count <= (self.value * of if self.is_share else self.value)


@dataclass(frozen=True, slots=True)
class Gates:
    """What a change may do before somebody has to say that it is meant; None lets anything through."""

    max_moved: Limit | None = None
    max_new_rejects: Limit | None = None
    max_cost_delta: float | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A gate that a change does not pass, by its option's name, and why."""

    gate: str
    why: str


@dataclass(frozen=True, slots=True)
class _Judged:
    decision: Decision
    before: Verdict
    after: Verdict

    @property
    def kind(self) -> str:
        if self.before.target is None or self.after.target is None:
            same = self.before.target is self.after.target
            return "same" if same else "refused" if self.after.target is None else "served"
        return "moved" if _differ(self.before, self.after) else "same"


def replayed(decisions: Iterable[Decision], old: Replay | None, new: Replay, stages: Sequence[Stage] = ()) -> Impact:
    """Judge *decisions* by both manifests; without an *old* one, what is on record stands for it.

    Rollouts are taken to have reached their last stage; *stages* are those of the new one, to be told one by one.
    """
    routed: list[_Judged] = []
    changed_at: Counter[int] = Counter()
    versions: Counter[str] = Counter()
    unrouted = 0
    for decision in decisions:
        versions[decision.aigw_version or "unknown"] += 1
        if not decision.is_routed:
            unrouted += 1
            continue
        before = recorded(decision) if old is None else old.judge(decision)
        fork = new.fork(decision)
        routed.append(_Judged(decision, before, fork.under(new.last_bp)))
        for place, stage in enumerate(stages):
            changed_at[place] += _Judged(decision, before, fork.under(stage.bp)).kind in ("moved", "refused")
    told = [(stage, changed_at[place] / len(routed) if routed else 0.0) for place, stage in enumerate(stages)]
    rates = _Rates(judged.decision for judged in routed)
    grouped = _grouped(routed, lambda one: (one.decision.service, one.decision.model))
    rows = tuple(_row(*key, calls, rates) for key, calls in grouped)
    return Impact(_row("", "", routed, rates), rows, tuple(told), dict(versions), unrouted)


def judged(impact: Impact, gates: Gates) -> tuple[Failed, ...]:
    """Give the *gates* that a change with this *impact* does not pass."""
    total, failed = impact.total, list[Failed]()
    if gates.max_moved is not None and not gates.max_moved.is_passed_by(total.moved, total.calls):
        why = f"{total.moved} of {total.calls} calls ({total.share_moved:.1%}) go elsewhere; {gates.max_moved} may"
        failed.append(Failed("--max-moved", why))
    refused = total.newly_refused
    if gates.max_new_rejects is not None and not gates.max_new_rejects.is_passed_by(refused, total.calls):
        why = f"{refused} of {total.calls} calls that are served would be refused; {gates.max_new_rejects} may"
        failed.append(Failed("--max-new-rejects", why))
    delta = total.cost_delta
    if gates.max_cost_delta is not None and delta is not None and delta > gates.max_cost_delta:
        why = f"{total.priced} priced calls cost {delta:+.1%}; {gates.max_cost_delta * 100:+.4g} % may be"
        failed.append(Failed("--max-cost-delta", why))
    return tuple(failed)


class _Rates:
    """What the log's own calls took and cost, by the target that answered them."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        took: defaultdict[str, list[float]] = defaultdict(list)
        cost: defaultdict[str, float] = defaultdict(float)
        tokens: Counter[str] = Counter()
        for one in decisions:
            if one.target is None or not one.is_ok:
                continue
            if one.latency_s is not None:
                took[one.target].append(one.latency_s)
            if one.cost_usd is not None and one.tokens:
                cost[one.target] += one.cost_usd
                tokens[one.target] += one.tokens
        self._latency_s = {target: median(times) for target, times in took.items()}
        self._per_token = {target: cost[target] / count for target, count in tokens.items()}

    def latencies(self, calls: Iterable[_Judged]) -> tuple[float, float] | None:
        """Give the median before and after over the calls that are served on both sides, if all targets are known."""
        pairs = [_targets(one) for one in calls if one.before.target and one.after.target]
        known = self._latency_s
        if not pairs or any(target not in known for pair in pairs for target in pair):
            return None
        return median(known[before] for before, _ in pairs), median(known[after] for _, after in pairs)

    def costs(self, calls: Iterable[_Judged]) -> Iterator[tuple[float, float]]:
        """Give what each call that can be priced on both sides costs before and after."""
        rates = self._per_token
        for one in calls:
            before, after = _targets(one)
            if one.decision.tokens and before in rates and after in rates:
                yield one.decision.tokens * rates[before], one.decision.tokens * rates[after]


def _row(service: str, route: str, calls: Sequence[_Judged], rates: _Rates) -> Row:
    kinds = Counter(one.kind for one in calls)
    costs = list(rates.costs(calls))
    return Row(
        service,
        route,
        len(calls),
        kinds["moved"],
        kinds["refused"],
        kinds["served"],
        tuple(_moves(calls)),
        rates.latencies(calls),
        (sum(before for before, _ in costs), sum(after for _, after in costs)) if costs else None,
        len(costs),
    )


def _moves(calls: Iterable[_Judged]) -> Iterator[Move]:
    """Give what happens to those calls to which something does, the most frequent first."""
    counted = Counter(_told(one) for one in calls if one.kind != "same")
    for (before, after, why), count in sorted(counted.items(), key=lambda item: (-item[1], str(item[0]))):
        yield Move(before, after, count, why)


def _told(one: _Judged) -> tuple[str | None, str | None, str]:
    before, after = one.before, one.after
    if before.target is not None and before.target == after.target:
        return before.target, after.target, f"at {after.at} instead of {before.at}"
    why = after.why if after.target is None else before.why if before.target is None else ""
    return before.target, after.target, why


def _targets(one: _Judged) -> tuple[str, str]:
    return one.before.target or "", one.after.target or ""


def _differ(before: Verdict, after: Verdict) -> bool:
    return before.target != after.target or (None not in (before.at, after.at) and before.at != after.at)


def _grouped(
    calls: Iterable[_Judged], key: Callable[[_Judged], tuple[str, str]]
) -> list[tuple[tuple[str, str], list[_Judged]]]:
    groups: defaultdict[tuple[str, str], list[_Judged]] = defaultdict(list)
    for one in calls:
        groups[key(one)].append(one)
    return sorted(groups.items())
