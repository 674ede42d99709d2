"""`docs/reference/lint.md` is made of the rules. `python tests/manifest/publishing/test_lint_reference.py --write`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "lint.md"

HEAD = """\
# Rules of `aigw manifest lint`

What a gateway accepts and the author of a manifest should not have written. This page is made of the rules themselves,
and a test compares; `aigw manifest lint --explain RULE` prints the same.

An error or a warning makes `lint` exit with 1, a note does not. Where a rule is not meant for a line, say why, at its
end or alone above it:

```yaml
routes:
  # lint: allow no-fallback the embeddings of this index are of one model
  - {name: vectors, targets: [openai/text-embedding-3-small]}
```

Beside the rules, these are found:

| id | level | what |
|---|---|---|
| `invalid` | error | what a gateway refuses: unknown keys, references that lead nowhere, and the rest |
| `allow` | warning | a comment that silences a rule there is not, gives no reason, or silences nothing |

There are no rules about prices or about the cost of patterns yet: the language has neither.

"""

FOOT = """\
## Rules of your own

A package brings rules by the entry point group `aigw.manifest_rules`; each entry names a `Rule`.

```python
# acme_rules.py
from collections.abc import Iterator

from aigw.manifest.publishing.rules.subject import Found, Rule, Subject


def _has_owner(subject: Subject) -> Iterator[Found]:
    if subject.snapshot is not None and "owner" not in subject.snapshot.tags:
        yield Found(("tags",), "names no owner", "write `tags: {owner: TEAM}`")


OWNER = Rule(
    id="acme-owner",
    level="error",
    asks="Does the manifest say who owns it?",
    why="Whoever is woken by an alert must know whom to call.",
    instead_of="tags: {}",
    write="tags: {owner: platform}",
    check=_has_owner,
)
```

```toml
[project.entry-points."aigw.manifest_rules"]
owner = "acme_rules:OWNER"
```

A rule is a pure function of a `Subject`: its `text`, its `raw` data, and the `snapshot` it compiles to, or None where
a gateway refuses it; `bodies()` gives the document and the base of its rollout alike. `Found` takes the path of what it
is about, from which the line is found.
"""


def page() -> str:
    """Write the page from the rules."""
    from aigw.manifest.publishing.lint import RULES

    parts = [HEAD, "| id | level | what it asks |\n|---|---|---|\n"]
    parts += [f"| [`{rule.id}`](#{rule.id}) | {rule.level} | {rule.asks} |\n" for rule in RULES]
    for rule in RULES:
        parts.append(f"\n## `{rule.id}`\n\n{rule.asks} {rule.why}\n")
        parts.append(f"\nInstead of\n\n```yaml\n{rule.instead_of}\n```\n\nwrite\n\n```yaml\n{rule.write}\n```\n")
    return "".join([*parts, "\n", FOOT])


def test_reference_page_is_what_the_rules_say() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_the_rule_of_the_page_is_one() -> None:
    from aigw.manifest.publishing.rules.subject import Rule

    code = FOOT.partition("```python\n")[2].partition("```")[0]
    made: dict[str, object] = {}
    exec(code, made)

    assert isinstance(made["OWNER"], Rule)


if __name__ == "__main__" and "--write" in sys.argv:
    sys.path.insert(0, str(ROOT / "src"))
    PAGE.write_text(page(), "utf-8")
