"""Documents are read strictly, with the meaning of `yaml.safe_load`, and every place is known."""

import json

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aigw.errors import ManifestInvalidError
from aigw.manifest.language import composer
from aigw.manifest.language.document import MAX_BYTES, load_document, plain_document

CORPUS = [
    "a: 1\nb: [1, 2, {c: d}]\n",
    "a: &x {q: 1, z: 2}\nb: {<<: *x, q: 5}\nc:\n  <<: [*x, {z: 9, y: 8}]\n",
    "base: &b\n  one: 1\n  two: [1, 2]\nother:\n  <<: *b\n  two: 3\nthird: *b\n",
    "a: 2026-11-20\nb: 0x1f\nc: 1_000\nd: 1:30\ne: .inf\nf: ~\ng: yes\nh: 'yes'\n=: 3\n",
    "i: 0o17\nj: 017\nk: 1e3\nl: 1.5e+3\n",
    'text: |\n  one\n  two\nfolded: >-\n  one\n  two\nplain: one\n  two\nquoted: "a\\tb\\u00e9"\nempty:\n',
    "%YAML 1.1\n---\na: 1\n...\n",
    "\ufeffa: ünïcode\n",
    "b: 2026-11-20 10:00:00 +1\nc: [on, off, null, Null, TRUE]\n",
    "{a: 1, 'b': [x, y], c: {}}\n",
    "a: [{b: &n 5}, *n]\n? key\n: value\n",
    "# only comments before\na: 1 # and after\n",
]

BAD = [
    ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands twice in this mapping"),
    ("x:\n  - {b: 1, b: 2}\n", 2, "the key 'b' stands twice in this mapping"),
    ('{"a": 1,\n "b": {"c": 1,\n  "\\u0063": 2}}', 3, "the key 'c' stands twice"),
    ('{"a": 1,\n "a": 2}], "b": }', 2, "the key 'a' stands twice"),
    ("a: !!python/object/apply:os.system [ls]\n", 1, "tags"),
    ("a: !!str 1\n", 1, "tags"),
    ("!!map {a: 1}\n", 1, "tags"),
    ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
    ("a: 1\n2: b\n", 2, "a key must be a string"),
    ("on: b\n", 1, "a key must be a string"),
    ("~: b\n", 1, "a key must be a string"),
    ("[a, b]: c\n", 1, "a key must be a plain string"),
    ("a: &a [*a]\n", 1, "refers to what it is part of"),
    ("a: &a\n  b: *a\n", 2, "refers to what it is part of"),
    ("a: *b\n", 1, "not defined above"),
    ("a: 2026-13-45\n", 1, "no valid timestamp"),
    ("a: <<\n", 1, "no valid merge"),
    ("a: {<<: 5}\n", 1, "takes a mapping"),
    ("a: 1\nb: [1,\n", 3, "not valid YAML"),
    ("a: 1\n\tb: 2\n", 2, "not valid YAML"),
    ('{"a": 1,\n"b" 2}', 2, "not valid JSON"),
    ('{"a": NaN}', None, "NaN is no number"),
    ('{"a": -Infinity}', None, "-Infinity is no number"),
    ('{"a": 1e999}', None, "too large"),
    ('{"a": ' + "9" * 5000 + "}", None, "more than twenty digits"),
    ('{"a": "\\ud800"}', None, "lone surrogate"),
    ("a: \x01\n", 1, r"control character U\+0001"),
    (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
    ("a: 1".encode("utf-16"), 1, "not UTF-8"),
    ("", None, "empty"),
    ("# nothing\n", None, "empty"),
    ("- a\n", 1, "must be a mapping"),
    ("just text", 1, "must be a mapping"),
    ("<!DOCTYPE html>\n<html><body>Sign in</body></html>", 1, "HTML"),
    ("a: " + "[" * 40 + "]" * 40, 1, "more than 32 levels"),
    ('{"a": ' + "[" * 40 + "]" * 40 + "}", None, "more than 32 levels"),
    ('{"a": ' * 50_000, None, "more than 32 levels"),
    ("a: " + "[" * 400_000, 1, "more than 32 levels"),
    (b"a: '" + b"x" * MAX_BYTES + b"'", None, "larger than 1024 KiB"),
    ("a: &a x\nb: [" + "*a, " * 65 + "]\n", 2, "more than 64 aliases"),
]


@pytest.mark.parametrize("text", CORPUS)
def test_yaml_means_what_the_safe_loader_says(text: str) -> None:
    assert yaml.safe_load(text) == load_document(text, source="m").data


@pytest.mark.parametrize("text", CORPUS)
def test_yaml_means_the_same_without_libyaml(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composer, "_LOADER", yaml.SafeLoader)

    assert yaml.safe_load(text) == load_document(text, source="m").data


@pytest.mark.parametrize("moment", ["2026-11-20T10:00:00Z", "2026-11-20t10:00:00.5+01:00"])
def test_a_moment_with_its_zone_is_text_so_that_a_document_can_be_written_as_json(moment: str) -> None:
    assert {"at": moment} == load_document(f"at: {moment}\n", source="m").data


@pytest.mark.parametrize(("content", "line", "what"), BAD)
def test_bad_documents_are_refused_with_their_line(content: str | bytes, line: int | None, what: str) -> None:
    with pytest.raises(ManifestInvalidError, match=what) as caught:
        load_document(content, source="m.yaml")

    assert line == caught.value.line
    assert str(caught.value).startswith("m.yaml:")


@pytest.mark.parametrize(("content", "line", "what"), BAD)
def test_bad_documents_are_refused_without_libyaml(
    content: str | bytes, line: int | None, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "_LOADER", yaml.SafeLoader)

    with pytest.raises(ManifestInvalidError):
        load_document(content, source="m.yaml")


def test_alias_bombs_are_refused_before_they_expand() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 8)}]\n" for level in range(1, 8)
    )

    with pytest.raises(ManifestInvalidError, match="counting what its aliases stand for"):
        load_document(bomb, source="m")


def test_aliases_cannot_hide_depth() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{level}: &a{level} [*a{level - 1}]\n" for level in range(1, 40))

    with pytest.raises(ManifestInvalidError, match="more than 32 levels"):
        load_document(chain, source="m")


def test_a_syntax_error_does_not_quote_the_document() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        load_document("api_key: sk-very-secret\n  b: : [", source="m")

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_lines_are_known_by_path_and_by_the_nearest_parent() -> None:
    text = "a: 1\nroutes:\n  - name: x\n    targets:\n      - {model: m}\n      - s\nb: &b {c: 1}\nd:\n  <<: *b\n"
    found = load_document(text, source="m")

    assert 1 == found.find(("a",))
    assert 4 == found.find(("routes", 0, "targets"))
    assert 5 == found.find(("routes", 0, "targets", 0, "model"))
    assert 6 == found.find(("routes", 0, "targets", 1))
    assert 6 == found.find(("routes", 0, "targets", 1, "use"))
    assert 9 == found.find(("d", "c"))
    assert 1 == found.find(("missing",))


def test_lines_of_json_are_found_when_somebody_asks() -> None:
    text = '{"a": 1,\n "routes": [\n  {"name": "x, [y]", "e": {}, "f": []},\n  {"name":\n "z", "t": [1,\n2]}]}'
    found = load_document(text, source="m")

    assert json.loads(text) == found.data
    assert 2 == found.find(("routes",))
    assert 3 == found.find(("routes", 0, "name"))
    assert 4 == found.find(("routes", 1, "name"))
    assert 6 == found.find(("routes", 1, "t", 1))
    assert 5 == found.find(("routes", 1, "t", 7))


def test_reading_gives_way_to_other_threads_every_few_hundred_events() -> None:
    breaths: list[None] = []
    text = "".join(f"key{number}: [a, b, c]\n" for number in range(1000))

    load_document(text, source="m", breathe=lambda: breaths.append(None))

    assert 30 == len(breaths)


@pytest.mark.parametrize("data", [{1: "x"}, {"a": {1, 2}}, {"a": float("nan")}, {"a": b"x"}, {"a": {"b": "\ud800"}}])
def test_a_mapping_that_json_cannot_say_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ManifestInvalidError):
        plain_document(data, source="manifest")


def test_a_mapping_that_contains_itself_is_refused() -> None:
    data: dict[str, object] = {}
    data["a"] = data

    with pytest.raises(ManifestInvalidError, match="more than 32 levels"):
        plain_document(data, source="manifest")


def test_a_mapping_is_copied_so_that_later_changes_do_nothing() -> None:
    data = {"a": {"b": 1}}
    found, _ = plain_document(data, source="manifest")

    data["a"]["b"] = 2

    assert {"a": {"b": 1}} == found.data


PRINTABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029"), max_size=12
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False) | PRINTABLE | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(PRINTABLE, VALUES, min_size=1, max_size=5), st.booleans(), st.booleans())
def test_any_yaml_document_means_what_the_safe_loader_says(data: dict[str, object], flow: bool, plain: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=plain)
    assume(not text.startswith(('{"', "<")))  # it is read as JSON, or taken for a page

    assert yaml.safe_load(text) == load_document(text, source="m").data


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(PRINTABLE, VALUES, min_size=1, max_size=5), st.data())
def test_a_duplicate_key_is_refused_wherever_it_stands(data: dict[str, object], choose: st.DataObject) -> None:
    again = choose.draw(st.sampled_from(sorted(data)))
    text = yaml.safe_dump(data) + yaml.safe_dump({again: 1})
    assume(not text.startswith("<"))  # it is taken for a page

    with pytest.raises(ManifestInvalidError, match="stands twice"):
        load_document(text, source="m")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_input_does_anything_but_load_or_be_refused(content: bytes | str) -> None:
    try:
        found = load_document(content, source="m")
    except ManifestInvalidError:
        return
    assert isinstance(found.data, dict)
