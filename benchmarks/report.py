"""Print a run as tables for people: the goals first, then everyone's figures, then what was left out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from goals import Verdict, verdicts

COLUMNS: Final = {
    "sync_us": "sync µs",
    "async_per_s": "async /s",
    "stream_ms": "stream ms",
    "import_ms": "import ms",
    "import_modules": "modules",
    "ready_ms": "ready ms",
    "answer_ms": "first answer ms",
    "answer_modules": "modules then",
    "resident_mib": "memory MiB",
}

NOTES: Final = """\
sync: p50 of calls one after the other on an open connection. async: calls finished in a second, 64 under way. stream:
p50 of reading 300 chunks, text of each looked at, blocking. import, ready (constructed), first answer: from before the
import, in a fresh interpreter with compiled bytecode; modules: beyond a bare interpreter. memory: resident after the
first call, in a fresh interpreter. Every figure is a median of rounds that take turns."""


def text(run: Mapping[str, Any]) -> str:
    """Give the whole report."""
    parts = [_goals(verdicts(run["figures"])), _figures(run), _swap(run.get("swap")), NOTES, _problems(run)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out *rows* under *head*: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    ruled = [head, ["-" * width for width in widths], *rows]
    return "\n".join("  ".join(_aligned(line, widths)) for line in ruled)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def _goals(judged: Sequence[Verdict]) -> str:
    if not judged:
        return ""
    rows = [
        [
            verdict.goal.name,
            f"{verdict.figure:,.4g} {verdict.goal.unit}".strip(),
            f"{verdict.value:.2f} x {verdict.goal.beside}" if verdict.goal.beside else "",
            f"{verdict.goal.sense} {verdict.goal.limit:g}" + (" x" if verdict.goal.beside else f" {verdict.goal.unit}"),
            "met" if verdict.is_met else f"missed by {verdict.missed_by:.0%}",
        ]
        for verdict in judged
    ]
    excluded = [f"  {verdict.goal.name}: {verdict.goal.excludes}." for verdict in judged]
    goals = table(["goal", "aigw", "ratio", "limit", "verdict"], rows)
    return "\n".join([goals, "", "What the figures leave out:", *excluded])


def _figures(run: Mapping[str, Any]) -> str:
    figures: Mapping[str, Mapping[str, float]] = run["figures"]
    rows = [
        [name, *(f"{mine[column]:,.4g}" if column in mine else "-" for column in COLUMNS)]
        for name, mine in figures.items()
    ]
    return table(["contender", *COLUMNS.values()], rows)


def _swap(swap: Mapping[str, float] | None) -> str:
    if not swap:
        return ""
    rows = [
        [name, f"{swap[f'{key}_ms']:.2f}", f"{swap[f'{key}_p99_ms']:.2f}", f"{swap[f'{key}_most_ms']:.2f}"]
        for name, key in (("while a manifest is swapped", "stall"), ("while nothing happens", "quiet"))
    ]
    head = [f"event-loop gaps beyond {swap['usual_ms']:.2f} ms", "worst, median", "p99", "worst of all"]
    return table(head, rows) + f"\n({swap['swaps']} swaps of {swap['document_bytes']:,} bytes of YAML)"


def _problems(run: Mapping[str, Any]) -> str:
    problems: Mapping[str, str] = run.get("problems", {})
    return "\n".join(f"not measured: {name}: {problem}" for name, problem in problems.items())
