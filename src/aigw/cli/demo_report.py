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
    done = all(step.ok for step in steps)
    what = "All of it happened as told" if done else "Something did not happen as told"
    out.line(f"{what}, in {seconds:.1f} s. The service's code never said more than model={ROUTE!r}.", _verdict(done))


def step_as_dict(step: Step) -> dict[str, object]:
    """Give a step for machines."""
    return {
        "step": step.name,
        "ok": step.ok,
        "said": step.said,
        "claims": {claim.text: claim.holds for claim in step.claims},
        "record": step.record.as_dict(),
    }


def _candidate_rows(record: Record) -> list[list[Cell | str]]:
    return [
        [
            Cell(candidate.target, "bold"),
            Cell("yes", "good") if candidate.eligible else Cell("no", "bad"),
            candidate.reason,
            ", then ".join(_attempt(one) for one in record.attempts if one.target == candidate.target) or "none",
        ]
        for candidate in record.candidates
    ]


def _attempt(attempt: Attempt) -> str:
    waited = f"after a wait of {attempt.waited_s * 1000:.0f} ms " if attempt.waited_s else ""
    return f"{waited}{attempt.error or attempt.status} ({attempt.latency_s * 1000:.0f} ms)"


def _step_row(number: int, step: Step) -> list[Cell | str]:
    record = step.record
    return [
        str(number),
        Cell(step.name, "bold"),
        record.target or "nobody",
        str(len(record.attempts)),
        f"serial {record.serial}",
        f"{record.latency_s * 1000:.0f} ms",
        Cell("ok" if step.ok else "FAILED", _verdict(step.ok)),
    ]


def _verdict(ok: bool) -> Style:
    return "good" if ok else "bad"
