"""`aigw manifest fmt`: write manifests in one form."""

import difflib
from pathlib import Path

from aigw.cli.manifest import CHANGED
from aigw.cli.manifest.files import decoded, read_text, replace_file
from aigw.cli.parsing import Arguments
from aigw.cli.sources import STANDARD_INPUT
from aigw.cli.terminal import Style, Terminal
from aigw.manifest.language.formatting import formatted


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Format files in place, or standard input to standard output; with `--check` say what would change, and exit 2."""
    changed: list[str] = []
    for named in arguments.files:
        content, source = read_text(named)
        text = decoded(content, source)
        made = formatted(text, source=source)
        if made != text:
            changed.append(source)
        if arguments.check:
            if not arguments.json:
                _show_difference(text, made, source, terminal)
        elif named == STANDARD_INPUT:
            terminal.out.write(made)
        elif made != text:
            replace_file(Path(named), made.encode())
            if not arguments.json:
                terminal.err.line(f"{named}: formatted")
    if arguments.json and (arguments.check or STANDARD_INPUT not in arguments.files):
        terminal.out.json({"changed": changed})
    return CHANGED if arguments.check and changed else 0


def _show_difference(before: str, after: str, source: str, terminal: Terminal) -> None:
    found = difflib.unified_diff(
        before.splitlines(), after.splitlines(), source, f"{source}, formatted", lineterm="", n=2
    )
    for line in found:
        style: Style | None = "good" if line.startswith("+") else "bad" if line.startswith("-") else None
        terminal.out.line(line, style)
    if before != after and before.splitlines() == after.splitlines():
        terminal.out.line(f"{source}: lines do not end as they should")
