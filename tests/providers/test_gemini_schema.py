"""JSON Schema fitted to Google's models, without touching the caller's."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.providers.gemini_schema import fit


def json_schema(schema: dict[str, Any]) -> tuple[Any, list[str]]:
    notes: list[str] = []
    return fit(schema, "x", notes, open_api=False), notes


def open_api(schema: dict[str, Any]) -> Any:
    return fit(schema, "x", [], open_api=True)


def test_a_plain_schema_is_left_alone() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "additionalProperties": False,
        "$defs": {"A": {"type": "string", "enum": ["x"]}},
    }
    assert (schema, []) == json_schema(schema)


def test_a_reference_with_words_beside_it_is_put_in_place() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/A", "description": "home"}},
        "$defs": {"A": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    fitted, notes = json_schema(schema)
    assert {"type": "object", "properties": {"b": {"type": "string"}}, "description": "home"} == fitted["properties"][
        "a"
    ]
    assert [] == notes


def test_a_recursive_schema_stays_a_reference_and_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node", "description": "more"}}}
    fitted, _ = json_schema({"$ref": "#/$defs/Node", "$defs": {"Node": node}})
    assert {"$ref": "#/$defs/Node"} == fitted["properties"]["next"]
    assert {"type": "object"} == open_api(
        {"$ref": "#/$defs/N", "$defs": {"N": {"properties": {"n": {"$ref": "#/$defs/N"}}}}}
    )["properties"]["n"]


def test_constants_formats_and_unknown_keywords() -> None:
    fitted, notes = json_schema(
        {"properties": {"a": {"const": 1}, "b": {"type": "string", "format": "uuid"}, "c": {"exclusiveMinimum": 0}}}
    )
    assert {"enum": [1], "type": "integer"} == fitted["properties"]["a"]
    assert {"type": "string", "description": "Format: uuid"} == fitted["properties"]["b"]
    assert ["changed: x (gemini does not know exclusiveMinimum)"] == notes


def test_all_of_becomes_one_schema() -> None:
    fitted, _ = json_schema(
        {
            "allOf": [
                {"$ref": "#/$defs/A"},
                {"properties": {"b": {"type": "number"}}, "required": ["b"]},
            ],
            "$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}},
        }
    )
    assert {"a": {"type": "string"}, "b": {"type": "number"}} == fitted["properties"]
    assert {"a", "b"} == set(fitted["required"])


def test_old_models_get_the_subset_of_open_api() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "n"},
            "c": {"type": "integer", "enum": [1, 2]},
            "d": {"oneOf": [{"type": "string"}, {"type": "number"}]},
            "e": {"type": "object", "properties": {}},
        },
    }
    assert {
        "type": "object",
        "properties": {
            "a": {"type": "string", "nullable": True},
            "b": {"type": "integer", "nullable": True, "description": "n"},
            "c": {"type": "string", "enum": ["1", "2"]},
            "d": {"anyOf": [{"type": "string"}, {"type": "number"}]},
            "e": {"type": "object"},
        },
    } == open_api(schema)


KEYWORDS = st.sampled_from(
    ["type", "properties", "$ref", "$defs", "allOf", "anyOf", "oneOf", "items", "enum", "const", "format", "required"]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["#/$defs/type", "#", "#/x", "null", "string"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("old", [False, True])
@given(schema=st.dictionaries(KEYWORDS, ODD, max_size=4))
def test_no_schema_is_changed_or_too_odd(schema: dict[str, Any], old: bool) -> None:
    before = copy.deepcopy(schema)
    fit(schema, "x", [], open_api=old)
    assert before == schema
