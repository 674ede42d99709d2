"""`aigw explain`: where a call would go and why, without calling anyone."""

from aigw.cli.gateway import gateway_for, only_model, warn_of_trouble
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Cell, Terminal
from aigw.record import Record


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Show every candidate of the route; 1 if none may take the call."""
    with gateway_for(arguments.manifest) as gateway:
        model = arguments.model or only_model(gateway)
        record = gateway.explain(model=model, messages=[{"role": "user", "content": arguments.text}])
        warn_of_trouble(gateway, terminal)
    if arguments.json:
        terminal.out.json(record.as_dict())
    else:
        _show(record, terminal)
    return 0 if record.target is not None else 1


def _show(record: Record, terminal: Terminal) -> None:
    out = terminal.out
    out.line(f"{record.model} by manifest serial {record.serial}, digest {record.digest[:12]}")
    out.line()
    rows: list[list[Cell | str]] = [
        [
            Cell(candidate.target, "bold"),
            Cell("yes", "good") if candidate.eligible else Cell("no", "bad"),
            candidate.reason,
        ]
        for candidate in record.candidates
    ]
    out.table(["candidate", "eligible", "reason"], rows, indent="  ")
    out.line()
    if record.target is None:
        out.line("No target may take this call.", "bad")
    else:
        out.line(f"It would go to {record.target} first.")
    for note in record.notes:
        out.line(f"note: {note}")
