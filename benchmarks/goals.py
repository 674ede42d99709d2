"""The goals of the project for speed, as ratios to others measured in the same run, and the verdicts on them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Figures = Mapping[str, Mapping[str, float]]
"""Figure by contender and measure."""

TOLERANCE = 0.05
"""How much worse than the landed figure a run may be."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What one measure of aigw must be: beside another contender's, or (`beside` None) by itself."""

    name: str
    measure: str
    contender: str
    beside: str | None
    limit: float
    sense: Literal["at most", "at least"]
    unit: str
    excludes: str
    slack: float = 0.0


NETWORK = "network, TLS and the model's time (loopback, canned answer)"

GOALS = (
    Goal("sync call, p50", "sync_us", "aigw", "httpx", 1.0, "at most", "µs", f"{NETWORK}; opening the connection"),
    Goal("sync call, p50, asked of an extra", "sync_us", "aigw", "httpx", 0.6, "at most", "µs", "the same"),
    Goal(
        "async, 64 in flight",
        "async_per_s",
        "aigw",
        "openai",
        1.5,
        "at least",
        "calls/s",
        f"{NETWORK}; opening the connections; uvloop",
    ),
    Goal(
        "async, 64 in flight, beside Rust", "async_per_s", "aigw", "tensorzero", 1.0, "at least", "calls/s", "the same"
    ),
    Goal(
        "stream of 300 chunks",
        "stream_ms",
        "aigw",
        "openai",
        0.3,
        "at most",
        "ms",
        "the time between chunks: all of them are there at once, in few reads",
    ),
    Goal(
        "import, time",
        "import_ms",
        "aigw",
        "openai",
        0.2,
        "at most",
        "ms",
        "all that is loaded on first use (see `ready` and `first answer`); starting Python; cold disk",
    ),
    Goal("import, modules", "import_modules", "aigw", "openai", 0.5, "at most", "", "modules loaded on first use"),
    Goal(
        "resident memory after a call",
        "resident_mib",
        "aigw",
        "openai",
        0.9,
        "at most",
        "MiB",
        "nothing: the whole process, the bare interpreter in it",
    ),
    Goal(
        "event-loop stall of a swap",
        "stall_ms",
        "aigw",
        None,
        5.0,
        "at most",
        "ms",
        "the tick of 1 ms itself; other tasks in the loop; calls under way",
        slack=1.0,
    ),
    Goal(
        "translation of a call, dearest dialect",
        "translation_us",
        "aigw",
        None,
        60.0,
        "at most",
        "µs",
        "reading the caller's arguments (a column of its own below), stages, wire",
        slack=5.0,
    ),
    Goal(
        "translation of a chunk, dearest dialect",
        "chunk_us",
        "aigw",
        None,
        8.0,
        "at most",
        "µs",
        "stages, wire",
        slack=0.8,
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal and how this run stands to it. `value` is what is compared with the limit: a ratio, or the figure."""

    goal: Goal
    figure: float
    other: float | None
    value: float

    @property
    def is_met(self) -> bool:
        return self.value <= self.goal.limit if self.goal.sense == "at most" else self.value >= self.goal.limit

    @property
    def missed_by(self) -> float:
        """How far off the limit, as a part of it; 0 if met."""
        return 0.0 if self.is_met else abs(self.value / self.goal.limit - 1.0)

    def is_worse_than(self, landed: float) -> bool:
        """Tell whether this is more than the tolerance (and the goal's own slack) worse than *landed*."""
        if self.goal.sense == "at most":
            return self.value > landed * (1 + TOLERANCE) + self.goal.slack
        return self.value < landed * (1 - TOLERANCE) - self.goal.slack

    def as_json(self) -> dict[str, object]:
        """Give the verdict with its goal, for a file."""
        return {
            **asdict(self.goal),
            "figure": self.figure,
            "other": self.other,
            "value": self.value,
            "met": self.is_met,
        }


def verdicts(figures: Figures) -> list[Verdict]:
    """Judge every goal whose figures are there."""
    found = []
    for goal in GOALS:
        figure = figures.get(goal.contender, {}).get(goal.measure)
        other = figures.get(goal.beside, {}).get(goal.measure) if goal.beside else None
        if figure is None or (goal.beside and not other):
            continue
        found.append(Verdict(goal, figure, other, figure / other if other else figure))
    return found


def regressions(run: list[Verdict], landed: Mapping[str, float]) -> list[str]:
    """Say which goals stand worse than they did in *landed*, value by name of the goal."""
    judged = {verdict.goal.name: verdict for verdict in run}
    return [
        f"{name}: {judged[name].value:.3g}, landed {value:.3g}" if name in judged else f"{name}: not measured"
        for name, value in landed.items()
        if name not in judged or judged[name].is_worse_than(value)
    ]
