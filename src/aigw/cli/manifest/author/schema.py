"""`aigw manifest schema`: the JSON Schema with which editors complete and check a manifest."""

import json
from pathlib import Path

from aigw.cli.manifest.files import write_text
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.manifest.language.json_schema import manifest_schema
from aigw.providers.registry import kinds


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Print the schema, or write it to a file, over what is there."""
    if arguments.output is None:
        terminal.out.write(schema_text())
        return 0
    write_text(Path(arguments.output), schema_text(), over=True)
    terminal.err.line(f"{arguments.output}: written")
    return 0


def schema_text() -> str:
    """Give the schema as it is written to a file."""
    return json.dumps(manifest_schema(kinds()), indent=2) + "\n"
