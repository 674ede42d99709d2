"""`aigw manifest fmt` puts keys in order and indents by two; nothing is lost, nothing changes its meaning."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.manifest.manifest_kit import compiled

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.document import load_document
from aigw.manifest.language.formatting import formatted
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.secrets import Schemes

ROOT = Path(__file__).resolve().parents[3]

MESSY = """\
# yaml-language-server: $schema=./manifest.json
# The manifest of this house.

# What callers say.
routes:
# the main one
- targets:
  - cheap   # first
  # - commented/out
  name: main   # its name
  timeout: 30s
# second
- {targets: [echo/x, {model: y, provider: openai}], name: other}

models:
    # cheap and good
    cheap: openai/gpt-4o-mini
    long:
        params:
            note: |
                one
                  two

            temperature: 0
        use: openai/gpt-4o
        # end of long
serial: 7   # raised by hand
providers:   # endpoints
  openai:
    api_key: env:OPENAI_API_KEY
    kind: openai
  echo: {kind: echo}
# what we speak
schema: aigw/v1
# the end
"""

TIDY = """\
# yaml-language-server: $schema=./manifest.json
# The manifest of this house.

# what we speak
schema: aigw/v1
serial: 7   # raised by hand
providers:   # endpoints
  openai:
    kind: openai
    api_key: env:OPENAI_API_KEY
  echo: {kind: echo}

models:
  # cheap and good
  cheap: openai/gpt-4o-mini
  long:
    use: openai/gpt-4o
    params:
      note: |
          one
            two

      temperature: 0
    # end of long

# What callers say.
routes:
  # the main one
  - name: main   # its name
    timeout: 30s
    targets:
      - cheap   # first
      # - commented/out
  # second
  - {name: other, targets: [echo/x, {provider: openai, model: y}]}
# the end
"""


def test_keys_come_in_order_and_comments_stay_with_what_they_are_about() -> None:
    assert TIDY == formatted(MESSY)


def test_what_is_tidy_stays() -> None:
    assert TIDY == formatted(TIDY)


def test_a_formatted_manifest_compiles_to_what_it_was() -> None:
    before, after = compiled(MESSY), compiled(TIDY)

    assert (before.serial, before.routes, before.providers) == (after.serial, after.routes, after.providers)


def test_names_tags_and_parameters_keep_the_order_of_their_author() -> None:
    text = "schema: aigw/v1\nserial: 1\nproviders:\n  z: {kind: echo}\n  a: {kind: echo}\ntags: {b: x, a: y}\n"

    assert text == formatted(text)


def test_keys_that_are_not_known_come_last() -> None:
    assert "schema: aigw/v1\nserial: 1\nzebra: 1\nnewer: 2\n" == formatted(
        "zebra: 1\nnewer: 2\nserial: 1\nschema: aigw/v1\n"
    )


def test_the_base_of_a_rollout_is_in_the_order_of_a_manifest() -> None:
    text = "rollout:\n  base:\n    routes: []\n    providers: {}\n  id: r-1\n"

    assert "rollout:\n  id: r-1\n  base:\n    providers: {}\n    routes: []\n" == formatted(text)


def test_json_stays_json() -> None:
    text = '{"serial": 7, "schema": "aigw/v1", "tags": {"b": "ü", "a": "y"}, "models": {}}'

    assert (
        '{\n  "schema": "aigw/v1",\n  "serial": 7,\n  "models": {},\n  "tags": {\n    "b": "ü",\n    "a": "y"\n  }\n}\n'
    ) == formatted(text)


def test_an_anchor_stays_above_its_aliases() -> None:
    text = "models: &m\n    a: echo/x\nserial: 1\nrollout:\n    base:\n        models: *m\nschema: aigw/v1\n"

    found = formatted(text)

    assert found.index("&m") < found.index("*m")
    assert yaml.safe_load(text) == yaml.safe_load(found)
    assert found.startswith("models: &m\n  a: echo/x\n")


def test_a_merge_stays_first() -> None:
    text = "models:\n  a: &a {use: echo/x}\n  b:\n    timeout: 3s\n    <<: *a\n"

    assert "models:\n  a: &a {use: echo/x}\n  b:\n    <<: *a\n    timeout: 3s\n" == formatted(text)


@pytest.mark.parametrize(
    "text",
    [
        "serial: 1\nschema: |\n  x",
        "schema: aigw/v1\ntags: {a: b}\nserial: 1\nsource:\n  ack: |+\n    x\n\n",
        "serial: 1 \x85schema: aigw/v1\n",
        "tags:\n  a: |\n    x\n      \n\nschema: aigw/v1\n",
    ],
)
def test_what_cannot_be_taken_apart_without_doubt_stays_as_it_is(text: str) -> None:
    assert text == formatted(text)


def test_windows_line_ends_become_line_feeds() -> None:
    assert TIDY == formatted(MESSY.replace("\n", "\r\n"))


def test_what_is_no_document_is_refused_with_its_source() -> None:
    with pytest.raises(ManifestInvalidError, match=r"^house\.yaml:2: the key 'a' stands twice"):
        formatted("a: 1\na: 2\n", source="house.yaml")


def test_a_comment_between_items_of_a_list_moves_with_its_item() -> None:
    text = "routes:\n# one\n- name: a\n\n  # two's\n# two\n- name: b\n"

    assert "routes:\n  # one\n  - name: a\n\n    # two's\n  # two\n  - name: b\n" == formatted(text)


def test_text_of_several_lines_keeps_its_meaning_when_it_moves() -> None:
    text = (
        "tags:\n        folded: >\n            one\n            two\n\n              three\n        plain: one\n"
        '          two\n        quoted: "one\n          two\\\n          three"\n        many: {a: 1,\n'
        "           b: [x,\n  y]}\nserial: 1\n"
    )

    found = formatted(text)

    assert yaml.safe_load(text) == yaml.safe_load(found)
    assert found.startswith("serial: 1\ntags:\n  folded: >\n")


def unsigned(snapshot: Snapshot) -> Snapshot:
    """Give *snapshot* without what depends on how it was written."""
    ramp = snapshot.rollout and replace(snapshot.rollout, base=unsigned(snapshot.rollout.base))
    return replace(snapshot, digest="", rollout=ramp)


def test_every_manifest_of_the_documentation_compiles_to_what_it_was() -> None:
    manifest = re.compile(r"^```yaml\n(schema: aigw/v1\n.*?)^```$", re.MULTILINE | re.DOTALL)
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    texts = [block for page in pages for block in manifest.findall(page.read_text("utf-8"))]

    assert texts
    for text in texts:
        before, after = (
            compile_manifest(one, source="m", kinds=kinds(), schemes=Schemes()) for one in (text, formatted(text))
        )
        assert unsigned(before) == unsigned(after)


KEYS = st.sampled_from(
    ["schema", "serial", "providers", "models", "routes", "name", "targets", "use", "timeout", "params", "x y", "tags"]
)
WORDS = st.sampled_from(
    ["a", "7", "true", "env:X", '"two words"', "'it''s'", "openai/gpt-4o", "30s", "~", '"# no"', ""]
)
SPEECH = st.sampled_from(["# why", "#", "# - a/b", "#   key: value", "# ünïcode"])


class Author:
    """Writes YAML as people do: any indentation, any order, comments everywhere."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def chance(self, of: int = 3) -> bool:
        return self._draw(st.integers(0, of)) == 0

    def after(self) -> str:
        return f"{' ' * self._draw(st.integers(1, 3))}{self._draw(SPEECH)}" if self.chance(5) else ""

    def above(self, pad: str) -> str:
        lines = self._draw(st.lists(st.just("") | SPEECH, max_size=2))
        extra = " " * self._draw(st.sampled_from([0, 0, 0, 2]))
        return "".join(f"{pad + extra + line if line else ''}\n" for line in lines)

    def flow(self, depth: int) -> str:
        if depth > 3 or self.chance(2):
            return self._draw(WORDS.filter(bool))
        gap = "\n            " if self.chance(6) else " "
        if self.chance(1):
            return "[" + f",{gap}".join(self.flow(depth + 1) for _ in range(self._draw(st.integers(0, 3)))) + "]"
        keys = self._draw(st.lists(KEYS, max_size=3, unique=True))
        return "{" + f",{gap}".join(f"{key}: {self.flow(depth + 1)}" for key in keys) + "}"

    def value(self, pad: str, depth: int) -> str:
        """Give what follows a colon or a dash, up to and with the end of the line."""
        shape = self._draw(st.integers(0, 6))
        if depth > 3 or shape <= 1:
            return f" {self._draw(WORDS)}".rstrip() + self.after() + "\n"
        if shape == 2:
            return f" {self.flow(depth)}{self.after()}\n"
        if shape == 3:
            deeper = pad + " " * self._draw(st.integers(1, 4))
            mark = self._draw(st.sampled_from(["|", ">", "|-", "|+", ">-"]))
            return f" {mark}{self.after()}\n{deeper}one\n{deeper} two\n" + ("\n" if self.chance() else "")
        start = f"{self.after()}\n"
        if shape == 4:
            indent = pad + " " * self._draw(st.integers(0, 3))
            return start + self.items(indent if depth else pad + "  ", depth + 1)
        return start + self.fields(pad + " " * self._draw(st.integers(1, 4)), depth + 1)

    def items(self, pad: str, depth: int) -> str:
        text = ""
        for _ in range(self._draw(st.integers(1, 3))):
            text += self.above(pad)
            if self.chance(1):
                text += f"{pad}- " + self.fields(pad + "  ", depth + 1, compact=True)
            else:
                text += f"{pad}-" + self.value(pad, depth + 1)
        return text

    def fields(self, pad: str, depth: int, *, compact: bool = False) -> str:
        text = ""
        for number, key in enumerate(self._draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))):
            if not (compact and not number):
                text += self.above(pad) + pad
            text += f"{key}:" + self.value(pad, depth)
        return text


@st.composite
def written(draw: Any) -> str:
    author = Author(draw)
    return author.above("") + author.fields("", 0) + author.above("")


@settings(max_examples=400, deadline=None)
@given(written())
def test_nothing_is_lost_nothing_changes_and_twice_is_once(text: str) -> None:
    found = formatted(text)

    assert load_document(text, source="m").data == load_document(found, source="m").data
    assert Counter("".join(text.split())) == Counter("".join(found.split()))
    assert found == formatted(found)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(min_size=1, max_size=6), inner),
        max_leaves=12,
    ).filter(lambda data: isinstance(data, dict) and bool(data))
)
def test_any_json_document_keeps_its_meaning(data: dict[str, object]) -> None:
    text = json.dumps(data)

    found = formatted(text)

    assert data == json.loads(found)
    assert found == formatted(found)
