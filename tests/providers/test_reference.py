"""`docs/reference/providers.md` is what the kinds say of themselves; `--write` writes it anew."""

import sys
from collections.abc import Iterable
from pathlib import Path

from aigw.providers.capabilities import FEATURES, features, operations
from aigw.providers.kinds.table import KINDS
from aigw.types.kind import Kind

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "providers.md"

HEAD = """\
# Providers

The kinds a manifest can name, made from the very data that aigw works with; a test compares. `aigw providers` lists
them, with those of installed plugins, and `aigw providers KIND` tells all about one.

`{region}`, `{project}` and `{account}` in a base URL are filled in from the provider's keys of these names in the
manifest. The environment variables are where a key is looked for when the manifest names none and the address is the
kind's own.
"""

SECOND = """\
## What can be asked

What a provider does beside chat goes to the surface of that name (`gw.embeddings`, `gw.moderations`, `gw.rerank`, …),
through the same pipeline.
"""

THIRD = """\
## What chats can have

A dash is what routing knows the kind cannot express: a target of it is passed over, the parameter is dropped with a
note, or it is sent all the same, as `unsupported` says. What depends on the model is left to the provider's answer.
"""


def page() -> str:
    """Write the page from the table of kinds."""
    kinds = list(KINDS.values())
    chatting = [kind for kind in kinds if kind.dialect]
    return "\n".join(
        (
            HEAD,
            table(["kind", "provider", "base URL", "key"], (row(kind) for kind in kinds)),
            SECOND,
            table(["kind", "dialects", "operations"], (spoken(kind) for kind in kinds)),
            THIRD,
            table(["kind", *(name.replace("_", " ") for name in FEATURES)], (able(kind) for kind in chatting)),
        )
    )


def row(kind: Kind) -> list[str]:
    """Where a kind is."""
    regions = "".join(f"<br>{name}: `{url}`" for name, url in kind.regional.items())
    base = f"`{kind.base_url}`" if kind.base_url else "must be given"
    keys = [f"`{name}`" for name in (*kind.key_env, *([kind.ambient] if kind.ambient else []))]
    return [f"`{kind.name}`", kind.title, base + regions, " ".join(keys) or "none"]


def spoken(kind: Kind) -> list[str]:
    """What a kind speaks."""
    return [f"`{kind.name}`", " ".join(f"`{name}`" for name in kind.dialects), ", ".join(operations(kind))]


def able(kind: Kind) -> list[str]:
    """What a kind's chats can have."""
    can = features(kind)
    return [f"`{kind.name}`", *("✓" if name in can else "-" for name in FEATURES)]


def table(headings: Iterable[str], rows: Iterable[list[str]]) -> str:
    """A table in Markdown."""
    named = list(headings)
    lines = [named, ["---"] * len(named), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_the_reference_is_what_the_kinds_say_of_themselves() -> None:
    assert page() == PAGE.read_text("utf-8")


def test_every_feature_is_had_by_some_kind() -> None:
    chatting = [features(kind) for kind in KINDS.values() if kind.dialect]

    assert [] == [name for name in FEATURES if not any(name in can for can in chatting)]


if __name__ == "__main__" and "--write" in sys.argv:
    PAGE.write_text(page(), "utf-8")
