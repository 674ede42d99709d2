"""How the demo tells what happened: as a page for people, or as JSON."""

from collections.abc import Sequence
from typing import Final

from aigw.call import Attempt
from aigw.cli.demo_steps import Step
from aigw.cli.demo_world import ROUTE
from aigw.cli.terminal import Cell, Page, Style
from aigw.record import Record

_INDENT: Final = "   "


def tell_step(number: int, step: Step, out: Page) -> None:
    """Print one step: what was said, what became of each candidate, and what does not hold."""
    out.line()
    out.line(f"{number}. {step.title}", "bold")
    for remark in step.remarks:
        out.line(f"{_INDENT}{remark}")
    out.line(f'{_INDENT}"{step.said}"')
    out.line()
    out.table(["candidate", "eligible", "reason", "attempts"], _candidate_rows(step.record), indent=_INDENT)
    for claim in step.claims:
        if not claim.holds:
            out.line(f"{_INDENT}NOT TRUE: {claim.text}", "bad")


def tell_end(steps: Sequence[Step], seconds: float, out: Page) -> None:
    """Print all steps as a table, and how long they took."""
    out.line()
    rows = [_step_row(number, step) for number, step in enumerate(steps, start=1)]
    out.table(["#", "step", "answered by", "attempts", "manifest", "time", "result"], rows)
    out.line()
    what = "All of it happened as told" if all(step.ok for step in steps) else "Something did not happen as told"
    out.line(f"{what}, in {seconds:.1f} s. The service's code never said more than model={ROUTE!r}.", _verdict(steps))


def step_as_dict(step: Step) -> dict[str, object]:
    """Give a step for machines."""
    return {
        "step": step.name,
        "ok": step.ok,
        "said": step.said,
        "claims": {claim.text: claim.holds for claim in step.claims},
        "before": None if step.before is None else step.before.as_dict(),
        "record": step.record.as_dict(),
    }


def _candidate_rows(record: Record) -> list[list[Cell | str]]:
    """Give a row for each candidate, with its first attempt, and one more for each further attempt there."""
    rows: list[list[Cell | str]] = []
    for candidate in record.candidates:
        attempts = [_attempt(one) for one in record.attempts if one.target == candidate.target] or [Cell("none", "dim")]
        eligible = Cell("yes", "good") if candidate.eligible else Cell("no", "bad")
        rows.append(
            [Cell(candidate.target, "bold"), eligible, candidate.reason, (attempts or [Cell("none", "dim")])[0]]
        )
        rows += [["", "", "", attempt] for attempt in attempts[1:]]
    return rows


def _attempt(attempt: Attempt) -> Cell:
    waited = f"waited {_ms(attempt.waited_s)}, then " if attempt.waited_s else ""
    if attempt.error is None:
        return Cell(f"{waited}answered in {_ms(attempt.latency_s)} (status {attempt.status})", "good")
    return Cell(f"{waited}{attempt.error} after {_ms(attempt.latency_s)}", "bad")


def _step_row(number: int, step: Step) -> list[Cell | str]:
    record = step.record
    return [
        str(number),
        Cell(step.name, "bold"),
        record.target or "nobody",
        str(len(record.attempts)),
        f"serial {record.serial}" if step.before is None else f"serial {step.before.serial}, then {record.serial}",
        _ms(record.latency_s),
        Cell("ok" if step.ok else "FAILED", _verdict([step])),
    ]


def _verdict(steps: Sequence[Step]) -> Style:
    return "good" if all(step.ok for step in steps) else "bad"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
