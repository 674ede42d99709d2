"""Compile a rollout: when which share takes the candidate, and what the rest get."""

from itertools import pairwise
from typing import Final

from aigw.manifest.language.model import GuardPart, RolloutPart
from aigw.manifest.language.problems import Problems
from aigw.manifest.snapshot import Rollout, RolloutGuard, Snapshot, Stage

_MINUTE: Final = 60.0

PRESETS: Final = {
    "all-at-once": ((0.0, 10_000),),
    "linear-20-6m": tuple((step * 6 * _MINUTE, (step + 1) * 2_000) for step in range(5)),
    "canary-10x2-20m": tuple((step * 5 * _MINUTE, min(1_000 * 2**step, 10_000)) for step in range(5)),
}
"""Stages by the names that people know: seconds after the start, and basis points from then on."""


def compile_rollout(
    part: RolloutPart, base: Snapshot, *, issued_at: float | None, problems: Problems
) -> Rollout | None:
    """Compile *part*; *problems* are those under `rollout`. None if it cannot be said when it starts."""
    start = issued_at if part.start is None else part.start
    stages = PRESETS[part.preset] if part.preset else tuple((stage.at, stage.bp) for stage in part.stages or ())
    for number, ((before, _), (at, _)) in enumerate(pairwise(stages), start=1):
        if at <= before:
            problems.add(("stages", number, "at"), "is not after the stage before it; list the stages in order of time")
    if start is None:
        what = "is missing; say when the ramp starts, here or with the document's `issued_at`"
        problems.add(("start",), what)
        return None
    return Rollout(
        id=part.id,
        unit=part.unit,
        stages=tuple(Stage(start + at, bp) for at, bp in stages),
        base=base,
        guard=_guard(part.guard),
    )


def _guard(part: GuardPart | None) -> RolloutGuard | None:
    if part is None:
        return None
    return RolloutGuard(part.min_calls, part.max_error_delta, part.max_latency_ratio)
