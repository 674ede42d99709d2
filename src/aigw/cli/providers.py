"""`aigw providers`: the kinds of provider a manifest can name."""

import os

from aigw.cli.arguments import Arguments
from aigw.cli.terminal import Cell, Terminal
from aigw.providers.registry import kinds
from aigw.types.kind import Kind


def run(arguments: Arguments, terminal: Terminal) -> int:
    """List all kinds, those of installed plugins included. Tells whether a key is set, never what it is."""
    known = list(kinds().values())
    if arguments.json:
        terminal.out.json([_as_dict(kind) for kind in known])
    else:
        terminal.out.table(["kind", "base url", "dialect", "key variable", "set"], [_row(kind) for kind in known])
    return 0


def _row(kind: Kind) -> list[Cell | str]:
    state = Cell("-", "dim")
    if kind.key_env:
        state = Cell("yes", "good") if _is_set(kind) else Cell("no", "dim")
    return [
        Cell(kind.name, "bold"),
        kind.base_url or "its own",
        kind.dialect,
        ", ".join(kind.key_env) or Cell("-", "dim"),
        state,
    ]


def _as_dict(kind: Kind) -> dict[str, object]:
    return {
        "kind": kind.name,
        "title": kind.title,
        "dialect": kind.dialect,
        "base_url": kind.base_url,
        "key_variables": list(kind.key_env),
        "key_is_set": _is_set(kind),
        "keyless": kind.keyless,
    }


def _is_set(kind: Kind) -> bool:
    return any(os.environ.get(name, "").strip() for name in kind.key_env)
