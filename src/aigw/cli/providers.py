"""`aigw providers`: the kinds of provider a manifest can name, and what each can do."""

import os
from dataclasses import asdict
from typing import Final

from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Cell, Terminal
from aigw.providers.capabilities import FEATURES, failures, features, operations, reasoning
from aigw.providers.registry import kind as kind_called
from aigw.providers.registry import kinds
from aigw.types.kind import Kind

_YES: Final = Cell("yes", "good")
_NO: Final = Cell("no", "bad")


def run(arguments: Arguments, terminal: Terminal) -> int:
    """List all kinds, those of installed plugins included, or tell about one. Never tells what a key is."""
    if arguments.kind is not None:
        return _one(kind_called(arguments.kind), arguments, terminal)
    known = list(kinds().values())
    if arguments.json:
        terminal.out.json([_as_dict(kind) for kind in known])
    else:
        headings = ["kind", "base url", "dialect", "does", "key variable", "set"]
        terminal.out.table(headings, [_row(kind) for kind in known])
    return 0


def _one(kind: Kind, arguments: Arguments, terminal: Terminal) -> int:
    told = _as_dict(kind)
    if arguments.json:
        terminal.out.json(told)
        return 0
    can = features(kind)
    facts = {
        "title": kind.title,
        "base url": kind.base_url or "its own",
        **{f"  in {region}": url for region, url in kind.regional.items()},
        "needs": ", ".join(kind.settings) or "-",
        "key": ", ".join((*kind.key_env, *filter(None, [kind.ambient]))) or "-",
        "dialects": ", ".join(kind.dialects),
        "does": ", ".join(operations(kind)),
        **_columns(kind),
    }
    rows: list[list[Cell | str]] = [[Cell(name, "dim"), fact] for name, fact in facts.items()]
    rows.extend([Cell(name, "dim"), _YES if name in can else _NO] for name in FEATURES if can)
    terminal.out.table([kind.name, ""], rows)
    return 0


def _columns(kind: Kind) -> dict[str, str]:
    """Give what the row of *kind* says of reasoning, tools, limits and errors, where it says anything."""
    limits = kind.quirks.tool_limits
    said = {
        "reasoning in": ", ".join(reasoning(kind)),
        "tools at most": "" if limits.most is None else str(limits.most),
        "tool names": limits.name or "",
        **{f"limit of {one.counts}": f"{one.remaining}, {one.reset or 'no reset'}" for one in kind.rate_limits},
        **{f"{failure} is": ", ".join(codes) for failure, codes in failures(kind).items()},
    }
    return {name: fact for name, fact in said.items() if fact}


def _row(kind: Kind) -> list[Cell | str]:
    state = Cell("-", "dim")
    if kind.key_env:
        state = Cell("yes", "good") if _is_set(kind) else Cell("no", "dim")
    return [
        Cell(kind.name, "bold"),
        kind.base_url or "its own",
        kind.dialect or Cell("-", "dim"),
        ", ".join(operations(kind)),
        ", ".join((*kind.key_env, *filter(None, [kind.ambient]))) or Cell("-", "dim"),
        state,
    ]


def _as_dict(kind: Kind) -> dict[str, object]:
    return {
        "kind": kind.name,
        "title": kind.title,
        "dialect": kind.dialect,
        "dialects": list(kind.dialects),
        "base_url": kind.base_url,
        "regions": dict(kind.regional),
        "settings": list(kind.settings),
        "key_variables": list(kind.key_env),
        "key_is_set": _is_set(kind),
        "ambient": kind.ambient,
        "keyless": kind.keyless,
        "operations": [str(operation) for operation in operations(kind)],
        "features": list(features(kind)),
        "reasoning": list(reasoning(kind)),
        "tool_limits": asdict(kind.quirks.tool_limits),
        "rate_limits": [asdict(meter) for meter in kind.rate_limits],
        "errors": {code: str(failure) for code, failure in kind.errors.items()},
    }


def _is_set(kind: Kind) -> bool:
    return any(os.environ.get(name, "").strip() for name in kind.key_env)
