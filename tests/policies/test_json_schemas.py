"""Whether a text keeps to a schema, told without a word of the text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.policies.json_schemas import Mismatch, UncheckableSchemaError, mismatch

PERSON = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "people": {"type": "array", "items": {"$ref": "#/$defs/person"}},
        "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
        "either": {"anyOf": [{"type": "string"}, PERSON]},
        "price": {"type": "number", "multipleOf": 0.01},
    },
    "additionalProperties": False,
    "$defs": {"person": PERSON},
}

TOLD = [
    ('{"people": [{"age": 1}, {}]}', "`required` is not met at $.people[1], which lacks age"),
    ('{"people": [{"age": "Ann"}]}', "`type` is not met at $.people[0].age"),
    ('{"by_name": {"Ann Smith": "x"}}', "`type` is not met at $.by_name.*"),
    ('{"either": {}}', "`required` is not met at $.either, which lacks age"),
    ('{"secret": 1}', "`additionalProperties` is not met at $"),
    ("[]", "`type` is not met at $"),
    ("{", "it is no JSON"),
    ('{"price": NaN}', "it is no JSON"),
    ("[" * 100_000, "it is no JSON"),
    ("```json\n{}\n```", "it is no JSON"),
]


@pytest.mark.parametrize(("text", "told"), TOLD)
def test_a_mismatch_names_place_and_keyword_and_nothing_of_the_text(text: str, told: str) -> None:
    assert told == str(mismatch(text, SCHEMA))


@pytest.mark.parametrize(
    "text", ["{}", ' {"people": []}\n', '{"price": 0.07}', '{"price": 1e999}', '{"by_name": {"": 1.0}}']
)
def test_what_keeps_to_it_is_no_mismatch(text: str) -> None:
    assert mismatch(text, SCHEMA) is None


def test_multiples_are_those_of_the_numbers_as_they_are_written() -> None:
    assert Mismatch("multipleOf", "$.price") == mismatch('{"price": 0.075}', SCHEMA)
    assert mismatch("1152921504606846976", {"multipleOf": 0.1}) is None


def test_formats_are_remarks() -> None:
    assert mismatch('"no date"', {"type": "string", "format": "date"}) is None


def test_a_schema_of_an_older_draft_is_read_as_such() -> None:
    old = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"a": {"type": "string"}},
        "items": [{"$ref": "#/definitions/a"}],
    }
    assert Mismatch("type", "$[0]") == mismatch("[1]", old)
    assert mismatch("[1]", {"$schema": "https://example.com/mine", "type": "array"}) is None


USELESS = [
    ({"type": "colour"}, "it is no JSON schema at $.type"),
    ({"properties": {"a": {"minimum": "x"}}}, r"it is no JSON schema at \$\.properties\.a\.minimum"),
    ({"pattern": "\\p{L}"}, "it is no JSON schema at $.pattern"),
    ({"$schema": []}, "it is no JSON schema"),
    ({"$schema": "http://["}, "no address"),
    ({"$ref": "https://example.com/x"}, r"a \$ref leads out of it"),
    ({"$ref": "file:///etc/passwd"}, r"a \$ref leads out of it"),
    ({"$ref": "#/$defs/none"}, r"a \$ref leads out of it"),
    ({"$ref": "#"}, "deeper than can be followed"),
    ({"default": object()}, "cannot be written as JSON"),
]


@pytest.mark.parametrize(("schema", "why"), USELESS)
def test_a_schema_that_nothing_can_be_checked_against_says_so_each_time(schema: dict[str, Any], why: str) -> None:
    for _ in range(2):
        with pytest.raises(UncheckableSchemaError, match=why.replace("$.t", r"\$\.t").replace("$.p", r"\$\.p")):
            mismatch('{"a": 1}', schema)


def test_a_schema_changed_by_its_caller_is_another_schema() -> None:
    schema: dict[str, Any] = {"type": "string"}
    assert mismatch('"a"', schema) is None
    schema["type"] = "integer"
    assert Mismatch("type") == mismatch('"a"', schema)


WORDS = st.sampled_from(
    ["type", "properties", "required", "items", "enum", "anyOf", "$ref", "$defs", "$id", "$schema", "pattern", "not"]
)
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["#", "#/$defs/type", "string", "object", "http://[", "("]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)


@given(schema=st.dictionaries(WORDS, ODD, max_size=4), value=ODD)
def test_no_schema_is_too_odd_to_be_named(schema: dict[str, Any], value: Any) -> None:
    try:
        found = mismatch(json.dumps(value), schema)
    except UncheckableSchemaError:
        return
    assert found is None or found.path.startswith("$")
