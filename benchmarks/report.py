"""Show a run to people, as text or as Markdown: the goals first, then everyone's figures, then what was left out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import translation
from goals import Verdict, verdicts

Rows: TypeAlias = Sequence[Sequence[str]]
Layout: TypeAlias = Callable[[Sequence[str], Rows], str]

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
    """Give the whole report, for a terminal."""
    parts = [*_tables(run, table), NOTES, *(f"not measured: {name}: {why}" for name, why in run["problems"].items())]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown(run: Mapping[str, Any]) -> str:
    """Give the tables and how they were made, for a page of documentation."""
    machine = run["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    made = (
        f"Measured {machine['when'][:10]} on {machine['cores']} cores of {machine['cpu']}, {machine['python']}, "
        f"upstream {machine['upstream']}. Packages: {packages}."
    )
    return "\n\n".join([made, *_tables(run, markdown_table), NOTES]) + "\n"


def table(head: Sequence[str], rows: Rows) -> str:
    """Lay out *rows* under *head*: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    ruled = [head, ["-" * width for width in widths], *rows]
    return "\n".join("  ".join(_aligned(line, widths)) for line in ruled)


def markdown_table(head: Sequence[str], rows: Rows) -> str:
    """Lay out *rows* under *head* in Markdown."""
    rule = ["---", *(["---:"] * (len(head) - 1))]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *rows])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def _tables(run: Mapping[str, Any], layout: Layout) -> list[str]:
    return [
        *_goals(verdicts(run["figures"]), layout),
        _figures(run["figures"], layout),
        *_swap(run["swap"], layout),
        *_translation(run.get("translation", {}), layout),
    ]


def _goals(judged: Sequence[Verdict], layout: Layout) -> list[str]:
    if not judged:
        return []
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
    excluded = "\n".join(f"- {verdict.goal.name}: {verdict.goal.excludes}." for verdict in judged)
    return [layout(["goal", "aigw", "ratio", "limit", "verdict"], rows), "What the figures leave out:", excluded]


def _figures(figures: Mapping[str, Mapping[str, float]], layout: Layout) -> str:
    rows = [
        [name, *(f"{mine[column]:,.4g}" if column in mine else "-" for column in COLUMNS)]
        for name, mine in figures.items()
    ]
    return layout(["contender", *COLUMNS.values()], rows)


def _swap(swap: Mapping[str, float], layout: Layout) -> list[str]:
    if not swap:
        return []
    rows = [
        [name, f"{swap[f'{key}_ms']:.2f}", f"{swap[f'{key}_p99_ms']:.2f}", f"{swap[f'{key}_most_ms']:.2f}"]
        for name, key in (("while a manifest is swapped", "stall"), ("while nothing happens", "quiet"))
    ]
    head = [
        f"gaps of the event loop beyond {swap['usual_ms']:.2f} ms",
        "worst, median, ms",
        "p99, ms",
        "worst of all, ms",
    ]
    return [layout(head, rows), f"({swap['swaps']} swaps of {swap['document_bytes']:,} bytes of YAML)"]


def _translation(figures: Mapping[str, Mapping[str, float]], layout: Layout) -> list[str]:
    return [layout(*translation.layout(figures)), translation.NOTES] if figures else []
