"""Tell what a change would do to calls: for people, for machines, for GitHub, and as the file of a plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aigw.cli.manifest.markdown import cell, code, table
from aigw.cli.manifest.review.reviewed import Reviewed, identity
from aigw.cli.terminal import Cell, Page
from aigw.manifest.publishing.decisions import Log
from aigw.manifest.publishing.findings import Finding, Level
from aigw.manifest.publishing.plan import SCHEMA, Failed, Gates, Impact, Row
from aigw.types.times import written_time

_HEADINGS: Final = ("service", "route", "calls", "moved", "refused", "served", "p50", "cost", "from → to")
_RULE: Final = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan: the documents, the calls of `source` that were replayed `at` (seconds since the epoch), and the verdict.

    `ack` is why a change is meant that does not pass its gates.
    """

    about: Reviewed
    log: Log
    source: str
    at: float
    impact: Impact
    gates: Gates
    failed: tuple[Failed, ...]
    ack: str | None


def as_dict(planned: Planned) -> dict[str, object]:
    """Give the plan as JSON: what `publish` reads is up to `failed`."""
    impact, log, old = planned.impact, planned.log, planned.about.old
    return {
        "schema": SCHEMA,
        "at": written_time(planned.at),
        "base": None if old is None else identity(old),
        "new": identity(planned.about.new),
        "ack": planned.ack,
        "passed": not planned.failed,
        "failed": [{"gate": one.gate, "why": one.why} for one in planned.failed],
        "log": {
            "source": planned.source,
            "calls": log.total,
            "replayed": len(log.decisions),
            "skipped": log.skipped,
            "unrouted": impact.unrouted,
            "versions": dict(impact.versions),
        },
        "changed": impact.is_changed,
        "total": _row_as_dict(impact.total),
        "rows": [_row_as_dict(row) for row in impact.rows],
        "stages": [{"at": written_time(stage.at), "bp": stage.bp, "share": share} for stage, share in impact.stages],
        **planned.about.as_dict(),
    }


def findings(planned: Planned) -> list[Finding]:
    """Give what is found: gates, routes whose calls change, readers."""
    return list(_findings(planned))


def text(planned: Planned, out: Page) -> None:
    """Show the plan."""
    impact = planned.impact
    out.line(planned.about.heading, "bold")
    out.line(_replayed(planned))
    out.line(_summary(impact.total))
    changed = [row for row in impact.rows if row.is_changed]
    if changed:
        out.line()
        rows = [[Cell(shown) for shown in line] for row in changed for line in _lines(row)]
        out.table(_HEADINGS, rows, indent="  ")
    for told in _stages(impact):
        out.line(told)
    planned.about.show(out)
    out.line()
    for failed in planned.failed:
        out.line(f"{failed.gate}: {failed.why}", "bad")
    out.line(_verdict(planned), "bad" if planned.failed and not planned.ack else "good")


def markdown(planned: Planned, out: Page) -> None:
    """Write the plan as a comment on a pull request."""
    impact = planned.impact
    out.line(f"### Plan: {cell(planned.about.heading)}")
    out.line()
    out.line(f"{cell(_replayed(planned))} {cell(_summary(impact.total))}")
    changed = [row for row in impact.rows if row.is_changed]
    if changed:
        out.line()
        table(_HEADINGS, [_as_code(line) for row in changed for line in _lines(row)], out)
    for told in _stages(impact):
        out.line()
        out.line(cell(told))
    planned.about.markdown(out)
    out.line()
    for failed in planned.failed:
        out.line(f"- ❌ {code(failed.gate)}: {cell(failed.why)}")
    if planned.failed:
        out.line()
    out.line(f"**{cell(_verdict(planned))}**")


def _as_code(line: list[str]) -> list[str]:
    """Give a line of the table in Markdown: names as code, numbers plain."""
    service, route, *numbers, moves = line
    return [code(service), code(route), *map(cell, numbers), code(moves)]


def _findings(planned: Planned) -> Iterator[Finding]:
    file = planned.about.new.file
    for failed in planned.failed:
        level: Level = "warning" if planned.ack else "error"
        yield Finding(level=level, rule=_RULE, message=f"{failed.gate}: {failed.why}", file=file, line=1)
    for row in planned.impact.rows:
        if row.is_changed:
            moves = "; ".join(f"{move.calls} {move}" for move in row.moves)
            message = f"{row.service} to {row.route}: {moves} (of {row.calls} calls)"
            line = planned.about.line_of(row.route)
            level = "warning" if row.newly_refused else "note"
            yield Finding(level=level, rule=_RULE, message=message, file=file, line=line)
    yield Finding(level="note", rule=_RULE, message=f"{_replayed(planned)} {_summary(planned.impact.total)}", file=file)
    yield from planned.about.findings()


def _replayed(planned: Planned) -> str:
    log, beside = planned.log, list[str]()
    if log.is_sample:
        beside.append(f"drawn from {log.total}")
    if log.skipped:
        beside.append(f"{log.skipped} other lines passed over")
    if planned.impact.unrouted:
        beside.append(f"{planned.impact.unrouted} wrong before any route was looked for")
    told = f" ({'; '.join(beside)})" if beside else ""
    return f"{len(log.decisions)} calls of {planned.source} replayed{told}."


def _summary(total: Row) -> str:
    if not total.is_changed:
        return "Nothing changes for any of them."
    return (
        f"{total.moved} ({total.share_moved:.1%}) go elsewhere, {total.newly_refused} are newly refused, "
        f"{total.now_served} are served that were refused; median latency {_latency(total)}; cost {_cost(total)}."
    )


def _lines(row: Row) -> Iterator[list[str]]:
    """Give a line for each move of *row*, the numbers on the first."""
    numbers = [f"{row.calls}", f"{row.moved}", f"{row.newly_refused}", f"{row.now_served}", _latency(row), _cost(row)]
    first = [row.service, row.route, *numbers]
    for place, move in enumerate(row.moves):
        yield [*(first if place == 0 else [""] * len(first)), f"{move.calls}: {move}"]


def _latency(row: Row) -> str:
    delta_s = row.latency_delta_s
    return "unknown" if delta_s is None else f"{delta_s:+.3f} s"


def _cost(row: Row) -> str:
    delta = row.cost_delta
    if delta is None:
        return "unpriced"
    partly = "" if row.priced == row.calls else f" ({row.priced} of {row.calls} priced)"
    return f"{delta:+.1%}{partly}"


def _stages(impact: Impact) -> Iterator[str]:
    for stage, share in impact.stages:
        yield f"At {stage.bp / 100:g} % ({written_time(stage.at)}): {share:.1%} of the calls move or are refused."


def _verdict(planned: Planned) -> str:
    if planned.failed and planned.ack:
        return f"Not passed, and meant: {planned.ack}"
    if planned.failed:
        return 'Not passed. If this is meant: --ack-incident "why".'
    if planned.gates.max_cost_delta is not None and planned.impact.total.cost_delta is None:
        return "Passed, but --max-cost-delta was not judged: unpriced."
    return "Passed." if planned.gates != Gates() else "No gate was asked for."


def _row_as_dict(row: Row) -> dict[str, object]:
    return {
        "service": row.service or None,
        "route": row.route or None,
        "calls": row.calls,
        "moved": row.moved,
        "newly_refused": row.newly_refused,
        "now_served": row.now_served,
        "moves": [
            {"from": move.before, "to": move.after, "calls": move.calls, "why": move.why or None} for move in row.moves
        ],
        "latency_delta_s": row.latency_delta_s,
        "cost_delta": row.cost_delta,
        "priced": row.priced,
    }
