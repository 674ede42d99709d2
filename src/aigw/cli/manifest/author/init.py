"""`aigw manifest init`: write the manifest one begins with, and ask nothing."""

import os
from pathlib import Path

from aigw.cli.manifest.author.schema import schema_text
from aigw.cli.manifest.files import refuse_to_overwrite, write_text
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.manifest.language.default import default_snapshot
from aigw.manifest.publishing.starter import starter
from aigw.providers.registry import kinds


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Write a manifest, its tests and its schema; nothing that is there is written over."""
    path = Path(arguments.source or "manifest.yaml")
    tests, schema = path.with_name(f"{path.stem}.tests.yaml"), path.with_name(f"{path.stem}.schema.json")
    for file in (path, tests, schema):
        refuse_to_overwrite(file)
    found = [one for one in default_snapshot(os.environ, kinds()).providers.values() if one.secret is not None]
    made = starter(found, name=path.name, tests=tests.name, schema=f"./{schema.name}")
    for file, text in ((path, made.manifest), (tests, made.tests), (schema, schema_text())):
        write_text(file, text, over=False)
    if arguments.json:
        written = {"manifest": str(path), "tests": str(tests), "schema": str(schema)}
        terminal.out.json({**written, "providers": list(made.providers)})
        return 0
    terminal.out.line(f"{path}: two routes (assistant, quick) at {', '.join(made.providers)}", "good")
    terminal.out.line(f"{tests}: what is expected of them")
    terminal.out.line(f"{schema}: with it, editors complete and check the manifest")
    terminal.out.line()
    terminal.out.line(f"next: aigw manifest test {path}")
    terminal.out.line(f'      aigw chat --manifest {path} --model assistant "Good morning"')
    return 0
