"""JSON Schemas fitted to what targets take, without touching the caller's; jsonschema judges what they mean."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.providers.provider_kit import asked, speaker, target, wrote

from aigw.errors import UnsupportedParameterError
from aigw.providers.schema_subsets import (
    ANTHROPIC,
    ANTHROPIC_TOOLS,
    GEMINI,
    GEMINI_OLD,
    OPENAI,
    OPENAI_TOOLS,
    SUBSETS,
    Subset,
)
from aigw.providers.schemas import adapted, expressible, fit

EVERY = [ANTHROPIC, ANTHROPIC_TOOLS, GEMINI, GEMINI_OLD, OPENAI_TOOLS, *SUBSETS.values()]
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}
TREE = {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}}


def fitted(schema: dict[str, Any], subset: Subset) -> Any:
    return adapted(schema, subset)[0]


def changes(schema: dict[str, Any], subset: Subset) -> tuple[str, ...]:
    return adapted(schema, subset)[1]


class TestGemini:
    def test_a_plain_schema_is_the_very_same_object(self) -> None:
        schema = {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/A"}},
            "additionalProperties": False,
            "$defs": {"A": {"type": "string", "enum": ["x"]}},
        }
        assert schema is fitted(schema, GEMINI)
        assert () == changes(schema, GEMINI)

    def test_a_reference_with_words_beside_it_is_put_in_place(self) -> None:
        schema = {
            "properties": {"a": {"$ref": "#/$defs/A", "description": "home"}},
            "$defs": {"A": {"type": "object", "properties": {"b": {"type": "string"}}}},
        }
        placed = {"type": "object", "properties": {"b": {"type": "string"}}, "description": "home"}
        assert placed == fitted(schema, GEMINI)["properties"]["a"]
        assert () == changes(schema, GEMINI)

    def test_a_recursive_schema_stays_a_reference_or_is_cut_to_its_type(self) -> None:
        node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node", "description": "more"}}}
        tree = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
        assert {"$ref": "#/$defs/Node"} == fitted(tree, GEMINI)["properties"]["next"]
        assert {"type": "object", "description": "more"} == fitted(tree, GEMINI_OLD)["properties"]["next"]
        assert ("$ref cut",) == changes(tree, GEMINI_OLD)

    def test_the_end_of_a_recursive_union_is_any_of_its_types(self) -> None:
        value = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/V"}}]}
        cut = fitted({"$ref": "#/$defs/V", "$defs": {"V": value}}, GEMINI_OLD)["anyOf"][1]["items"]
        assert {"anyOf": [{"type": "string"}, {"type": "array"}]} == cut

    def test_constants_formats_and_unknown_keywords(self) -> None:
        schema = {
            "properties": {"a": {"const": 1}, "b": {"type": "string", "format": "uuid"}, "c": {"exclusiveMinimum": 0}}
        }
        notes: list[str] = []
        properties = fit(schema, "x", GEMINI, notes)["properties"]
        assert {
            "a": {"enum": [1], "type": "integer"},
            "b": {"type": "string", "description": "Format: uuid"},
            "c": {"description": "ExclusiveMinimum: 0"},
        } == properties
        assert ["adapted: x for gemini (without exclusiveMinimum, without format)"] == notes

    def test_all_of_becomes_one_schema(self) -> None:
        schema = {
            "allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {"type": "number"}}, "required": ["b"]}],
            "$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}},
        }
        one = fitted(schema, GEMINI)
        assert {"a": {"type": "string"}, "b": {"type": "number"}} == one["properties"]
        assert {"a", "b"} == set(one["required"])
        clash = {"allOf": [{"minimum": 1}, {"minimum": 5}], "type": "integer"}
        assert ("without minimum of allOf",) == changes(clash, GEMINI)

    def test_old_models_get_the_subset_of_open_api(self) -> None:
        schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "a": {"type": ["string", "null"]},
                "b": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "n"},
                "c": {"type": "integer", "enum": [1, 2]},
                "d": {"oneOf": [{"type": "string"}, {"type": "number"}]},
                "e": {"type": "object", "properties": {}},
                "f": {"type": ["string", "null"], "enum": ["x", None]},
            },
        }
        assert {
            "type": "object",
            "properties": {
                "a": {"type": "string", "nullable": True},
                "b": {"type": "integer", "nullable": True, "description": "n"},
                "c": {"type": "integer", "description": "One of: [1, 2]"},
                "d": {"anyOf": [{"type": "string"}, {"type": "number"}]},
                "e": {"type": "object"},
                "f": {"type": "string", "nullable": True, "enum": ["x"]},
            },
        } == fitted(schema, GEMINI_OLD)


class TestAnthropic:
    def test_objects_are_closed_wherever_they_are(self) -> None:
        schema = {
            "type": "object",
            "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {}}}},
            "$defs": {"b": {"type": "object", "additionalProperties": True}},
        }
        closed = fitted(schema, ANTHROPIC)
        assert closed["additionalProperties"] is False
        assert closed["properties"]["a"]["items"]["additionalProperties"] is False
        assert closed["$defs"]["b"]["additionalProperties"] is False
        assert ("additionalProperties: false added",) == changes(schema, ANTHROPIC)

    def test_what_it_does_not_hold_a_model_to_is_told_in_words(self) -> None:
        schema = {
            "type": "object",
            "properties": {
                "age": {"type": "integer", "minimum": 0, "description": "Years."},
                "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}, "minItems": 2},
                "some": {"type": "array", "minItems": 1},
            },
            "additionalProperties": False,
        }
        properties = fitted(schema, ANTHROPIC)["properties"]
        assert {"type": "integer", "description": "Years. (minimum: 0)"} == properties["age"]
        assert {"type": "string", "description": "MaxLength: 9"} == properties["tags"]["items"]
        assert "MinItems: 2" == properties["tags"]["description"]
        assert {"type": "array", "minItems": 1} == properties["some"]
        assert ("without maxLength", "without minItems", "without minimum") == changes(schema, ANTHROPIC)

    def test_optional_properties_stay_optional(self) -> None:
        assert "required" not in fitted({"type": "object", "properties": {"a": {"type": "string"}}}, ANTHROPIC)

    def test_one_of_is_any_of(self) -> None:
        schema = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
        assert {"anyOf": schema["oneOf"]} == fitted(schema, ANTHROPIC)
        assert ("oneOf as anyOf",) == changes(schema, ANTHROPIC)

    def test_a_schema_that_holds_itself_cannot_be_expressed(self) -> None:
        assert not expressible(TREE, ANTHROPIC)
        assert not expressible({"type": "object", "properties": {"a": {"$ref": "#"}}}, ANTHROPIC)
        assert expressible(TREE, OPENAI)
        twice = {"properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/A"}}, "$defs": {"A": {}}}
        assert expressible(twice, ANTHROPIC)

    def test_more_unions_than_it_takes_are_noted(self) -> None:
        many = {f"p{index}": {"type": ["string", "null"]} for index in range(17)}
        schema = {"type": "object", "properties": many, "additionalProperties": False}
        assert ("17 unions, of which it takes 16",) == changes(schema, ANTHROPIC)
        assert schema is fitted(schema, ANTHROPIC)


class TestOpenAI:
    def test_strict_wants_every_property(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}}}
        assert {**schema, "required": ["a", "b"], "additionalProperties": False} == fitted(schema, OPENAI)
        assert ("additionalProperties: false added", "all properties required") == changes(schema, OPENAI)

    def test_what_strict_takes_is_left_alone(self) -> None:
        schema = {
            "type": "object",
            "properties": {
                "a": {"type": "string", "format": "date"},
                "me": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
            },
            "required": ["a", "me"],
            "additionalProperties": False,
        }
        assert schema is fitted(schema, OPENAI)

    def test_a_reference_at_the_root_is_put_in_place_and_may_go_on_referring_to_itself(self) -> None:
        root = fitted(TREE, OPENAI)
        assert "object" == root["type"]
        assert {"$ref": "#/$defs/Node"} == root["properties"]["next"]
        assert root["$defs"]["Node"]["additionalProperties"] is False

    def test_a_union_at_the_root_of_a_tool_becomes_one_object(self) -> None:
        schema = {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"id": {"type": "string"}, "kind": {"const": "a"}},
                    "required": ["kind", "id"],
                },
                {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]},
            ]
        }
        assert {
            "type": "object",
            "properties": {"id": {"type": "string"}, "kind": {"anyOf": [{"const": "a"}, {"const": "b"}]}},
            "required": ["kind"],
        } == fitted(schema, OPENAI_TOOLS)
        assert ("anyOf at the root as one object",) == changes(schema, OPENAI_TOOLS)

    def test_more_levels_than_it_takes_are_noted(self) -> None:
        schema: dict[str, Any] = {"type": "string"}
        for _ in range(11):
            schema = {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}
        assert ("11 levels, of which it takes 10",) == changes(schema, OPENAI)


def test_a_host_that_follows_no_reference_gets_all_in_place() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}}
    assert {"type": "object", "properties": {"a": {"type": "string"}}} == fitted(schema, SUBSETS["fireworks"])


def test_definitions_that_multiply_are_cut() -> None:
    defs: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, 40):
        two = {"a": {"$ref": f"#/$defs/d{level - 1}"}, "b": {"$ref": f"#/$defs/d{level - 1}"}}
        defs[f"d{level}"] = {"type": "object", "properties": two}
    schema = {"$ref": "#/$defs/d39", "$defs": defs}
    assert ("$ref cut",) == changes(schema, GEMINI_OLD)
    assert expressible(schema, ANTHROPIC)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 1}, "b": {"type": "string", "format": "uri-reference"}},
    "required": ["a"],
}


def form(schema: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": strict}}


def tool(schema: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": schema, "strict": strict}}


_CLOSED = "additionalProperties: false added"
_STRICT = f"adapted: response_format for openai ({_CLOSED}, all properties required, without format)"
ADAPTERS = {
    "anthropic": f"adapted: response_format for anthropic ({_CLOSED}, without format, without minimum)",
    "bedrock": f"adapted: response_format for bedrock ({_CLOSED}, without format, without minimum)",
    "gemini": "adapted: response_format for gemini (without format)",
    "openai": _STRICT,
    "openai-responses": _STRICT,
    "cerebras": f"adapted: response_format for cerebras ({_CLOSED})",
}


@pytest.mark.parametrize(("kind", "note"), ADAPTERS.items())
def test_each_adapter_fits_the_schema_and_says_so(kind: str, note: str) -> None:
    at = target(kind)
    before = copy.deepcopy(SCHEMA)
    outgoing = speaker(at).write(asked(params={"response_format": form(SCHEMA)}), at)
    assert [note] == [said for said in outgoing.notes if said.startswith("adapted")]
    assert before == SCHEMA


@pytest.mark.parametrize("kind", ["openai-compatible", "vllm", "ollama", "cohere", "mistral"])
def test_targets_that_take_all_of_it_get_it_as_it_is(kind: str) -> None:
    at = target(kind)
    outgoing = speaker(at).write(asked(params={"response_format": form(SCHEMA), "max_tokens": 9}), at)
    assert json.dumps(SCHEMA, separators=(",", ":")).encode() in outgoing.request.body
    assert not [said for said in outgoing.notes if said.startswith("adapted")]


@pytest.mark.parametrize("kind", ["anthropic", "bedrock"])
def test_a_schema_that_holds_itself_is_refused_by_name_or_dropped_with_a_note(kind: str) -> None:
    request = asked(params={"response_format": form(TREE)})
    with pytest.raises(UnsupportedParameterError) as caught:
        speaker(target(kind)).write(request, target(kind))
    assert "response_format" == caught.value.param
    at = target(kind, unsupported="drop")
    assert any(note.startswith("dropped: response_format") for note in speaker(at).write(request, at).notes)


@pytest.mark.parametrize("kind", ["anthropic", "bedrock"])
def test_a_tool_whose_schema_holds_itself_is_offered_without_its_promise(kind: str) -> None:
    params: Any = {"tools": [tool(TREE)]}
    at = target(kind)
    outgoing = speaker(at).write(asked(params=params), at)
    assert [f"dropped: strict of the parameters of f ({kind} takes no schema that holds itself)"] == list(
        outgoing.notes
    )
    assert b"strict" not in outgoing.request.body


def test_tools_are_fitted_only_as_far_as_their_promise_wants() -> None:
    loose, strict = (
        wrote(asked(params={"tools": [tool(SCHEMA, strict=promise)]}), target("openai")) for promise in (False, True)
    )
    assert SCHEMA == loose["tools"][0]["function"]["parameters"]
    assert ["a", "b"] == strict["tools"][0]["function"]["parameters"]["required"]
    loose, strict = (
        wrote(asked(params={"tools": [tool(SCHEMA, strict=promise)]}), target("anthropic")) for promise in (False, True)
    )
    assert SCHEMA == loose["tools"][0]["input_schema"]
    assert strict["tools"][0]["input_schema"]["additionalProperties"] is False


KEYWORDS = st.sampled_from(
    [
        *("type", "properties", "$ref", "$defs", "allOf", "anyOf", "oneOf", "items", "enum", "const", "format"),
        *("required", "additionalProperties", "minItems", "definitions", "nullable", "description"),
    ]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["#/$defs/type", "#", "#/x", "null", "string"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("subset", EVERY, ids=lambda subset: f"{subset.name}-{len(subset.keywords or ())}")
@given(schema=st.dictionaries(KEYWORDS, ODD, max_size=4))
def test_no_schema_is_changed_or_too_odd(schema: dict[str, Any], subset: Subset) -> None:
    before = copy.deepcopy(schema)
    expressible(schema, subset)
    json.dumps(adapted(schema, subset))
    assert before == schema


def test_a_schema_nested_past_all_reason_is_left_to_the_provider() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"not": deep}
    for subset in EVERY:
        adapted(deep, subset)
        expressible(deep, subset)


# Schemas with an instance each: what a model would answer that keeps to the schema, with all that is optional.
LEAVES = st.one_of(
    st.tuples(st.just({"type": "string", "minLength": 1, "format": "uri"}), st.text(min_size=1)),
    st.tuples(st.just({"type": "integer", "minimum": -5, "exclusiveMaximum": 6}), st.integers(-5, 5)),
    st.tuples(st.just({"type": ["number", "null"]}), st.none() | st.integers() | st.floats(allow_nan=False)),
    st.tuples(st.just({"enum": ["a", 1, None]}), st.sampled_from(["a", 1, None])),
    st.tuples(st.just({"const": "x"}), st.just("x")),
    st.tuples(st.just({"$ref": "#/$defs/leaf"}), st.booleans()),
    st.tuples(st.just({"$ref": "#/$defs/leaf", "description": "d"}), st.booleans()),
)


def _composed(inner: st.SearchStrategy[tuple[Any, Any]]) -> st.SearchStrategy[tuple[Any, Any]]:
    def obj(fields: dict[str, tuple[Any, Any]], required: bool) -> tuple[Any, Any]:
        schema = {"type": "object", "properties": {name: pair[0] for name, pair in fields.items()}}
        more = {"required": sorted(fields)} if required else {}
        return {**schema, **more}, {name: pair[1] for name, pair in fields.items()}

    def array(pair: tuple[Any, Any]) -> tuple[Any, Any]:
        return {"type": "array", "items": pair[0], "minItems": 1, "maxItems": 9}, [pair[1]]

    def union(word: str, pair: tuple[Any, Any]) -> tuple[Any, Any]:
        return {word: [pair[0], {"type": "array", "items": {"const": "never"}, "minItems": 2}]}, pair[1]

    def both(pair: tuple[Any, Any]) -> tuple[Any, Any]:
        return {"allOf": [pair[0], {"description": "d"}]}, pair[1]

    return st.one_of(
        st.builds(obj, st.dictionaries(st.sampled_from("abc"), inner, max_size=3), st.booleans()),
        st.builds(array, inner),
        st.builds(union, st.sampled_from(["anyOf", "oneOf"]), inner),
        st.builds(both, inner),
    )


PAIRS = st.recursive(LEAVES, _composed, max_leaves=8)


def plain(schema: Any) -> Any:
    """Say `nullable` in the words of JSON Schema, for the judge."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    said = {name: plain(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [said, {"type": "null"}]} if schema.get("nullable") is True else said


@pytest.mark.parametrize("subset", EVERY, ids=lambda subset: f"{subset.name}-{len(subset.keywords or ())}")
@given(pair=PAIRS)
def test_an_answer_that_says_all_the_schema_has_keeps_to_the_fitted_one_too(
    pair: tuple[Any, Any], subset: Subset
) -> None:
    inner, answer = pair
    schema = {
        "type": "object",
        "properties": {"it": inner},
        "required": ["it"],
        "$defs": {"leaf": {"type": "boolean"}},
    }
    if not Draft202012Validator(schema).is_valid({"it": answer}):
        return  # a schema laid over another may exclude what either takes
    now, said = adapted(schema, subset)
    assert Draft202012Validator(plain(now)).is_valid({"it": answer})
    if not said:
        assert Draft202012Validator(plain(now)).is_valid({"it": object()}) == Draft202012Validator(schema).is_valid(
            {"it": object()}
        )


@pytest.mark.parametrize("subset", [ANTHROPIC, OPENAI, GEMINI, GEMINI_OLD], ids=lambda subset: subset.name)
@given(pair=PAIRS)
def test_what_is_fitted_has_no_keyword_that_the_target_refuses_and_fits_at_once(
    pair: tuple[Any, Any], subset: Subset
) -> None:
    schema = {"type": "object", "properties": {"it": pair[0]}, "$defs": {"leaf": {"type": "boolean"}}}
    now = fitted(schema, subset)
    assert now == fitted(now, subset)
    assert subset.keywords is not None
    assert now.keys() <= subset.keywords
    for inner in now["properties"].values():
        assert inner.keys() <= subset.keywords
