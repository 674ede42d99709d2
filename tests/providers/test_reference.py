"""`docs/reference/providers.md` is what the kinds say of themselves; `--write` writes it anew."""

import sys
from collections.abc import Iterable
from pathlib import Path

from aigw.errors import Failure
from aigw.providers.capabilities import FEATURES, failures, features, operations, reasoning
from aigw.providers.kinds.table import KINDS
from aigw.types.kind import NO_TOOL_LIMITS, REASONING, Kind, Meter

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

FOURTH = """\
## What hosts say in their own words

Where a host of OpenAI's dialect tells of the model's reasoning and takes it back (`thinking`: in parts of the content).
The first name is its own; what an earlier answer of another host has in another field is written there. Whatever is
listed, all of these fields are read from everybody.
"""

FIFTH = """\
What a host takes of tools, checked before it is asked: a name that it refuses is `tools[3]` to `unsupported`, and what
is too many is `tools[128:]`, which `drop` does not help against, as nothing says which the call can do without. The
adapters of other dialects check the names of theirs.
"""

SIXTH = """\
The headers that tell of limits. `Retry-After` and `retry-after-ms` come first, from everybody; without them, a retry
after a rate limit waits until whatever has nothing left is filled up again. From kinds that are not listed, headers of
the same names are read all the same.
"""

SEVENTH = """\
The codes, types and statuses of errors that only one host has, or means otherwise, and what they are to retries and
fallbacks. What providers share is known for all of them.
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
            FOURTH,
            table(["kind", "reasoning"], (reasoned(kind) for kind in kinds if kind.quirks.reasoning != REASONING)),
            FIFTH,
            table(["kind", "tools at most", "names"], (limited(kind) for kind in kinds if has_limits(kind))),
            SIXTH,
            table(
                ["kind", "counts", "limit", "remaining", "reset", "form"],
                (metered(kind, meter) for kind in kinds for meter in kind.rate_limits),
            ),
            SEVENTH,
            table(
                ["kind", "means", "said as"],
                (refused(kind, *row) for kind in kinds for row in failures(kind).items()),
            ),
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


def reasoned(kind: Kind) -> list[str]:
    """Where a kind tells of reasoning."""
    return [f"`{kind.name}`", " ".join(f"`{name}`" for name in reasoning(kind))]


def has_limits(kind: Kind) -> bool:
    """Whether a kind is known to take no more than some tools."""
    return kind.quirks.tool_limits != NO_TOOL_LIMITS


def limited(kind: Kind) -> list[str]:
    """What a kind takes of tools."""
    limits = kind.quirks.tool_limits
    return [f"`{kind.name}`", str(limits.most or "-"), f"`{limits.name}`" if limits.name else "-"]


def metered(kind: Kind, meter: Meter) -> list[str]:
    """One thing that a kind counts."""
    names = [f"`{name}`" if name else "-" for name in (meter.limit, meter.remaining, meter.reset)]
    return [f"`{kind.name}`", meter.counts, *names, meter.form if meter.reset else "-"]


def refused(kind: Kind, failure: Failure, codes: Iterable[str]) -> list[str]:
    """One failure in a kind's own words."""
    return [f"`{kind.name}`", f"`{failure}`", " ".join(f"`{code}`" for code in codes)]


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
