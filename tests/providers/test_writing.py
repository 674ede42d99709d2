"""What adapters share to write: bytes that are JSON, one look at each request, and tools that are remembered."""

import json
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import asked, said, speaker, target

from aigw.errors import BadRequestError
from aigw.manifest.snapshot import Target
from aigw.providers.canonical import call_arguments, remembering
from aigw.providers.reading import compact
from aigw.providers.writing import Ready, ReadyObject, encoded, followed, joined, once
from aigw.types.json import JsonObject
from aigw.types.parts import ToolCall
from aigw.types.request import Request

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


def counting() -> tuple[list[object], Any]:
    looks: list[object] = []

    @once
    def judge(request: Request, at: Target) -> tuple[str, ...]:
        looks.append((request, at))
        return (f"{at.model} lacks it",)

    return looks, judge


@given(VALUES)
def test_a_body_is_written_as_what_it_says_or_refused(value: object) -> None:
    try:
        expected = json.dumps({"x": value}, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, UnicodeEncodeError):
        with pytest.raises(BadRequestError):
            encoded({"x": value}, "acme")
    else:
        assert json.loads(expected) == json.loads(encoded({"x": value}, "acme"))


@pytest.mark.parametrize("text", ["NaN", ":NaN,", "[-Infinity]", "\u2028 é 🚲 \x00"])
def test_a_text_that_looks_like_no_number_is_sent_as_it_is(text: str) -> None:
    assert json.dumps({"x": [text, 1.5]}, ensure_ascii=False, separators=(",", ":")).encode() == encoded(
        {"x": [text, 1.5]}, "acme"
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, {"a": [1, math.nan]}, "\udc80", {"\ud800": 1}])
def test_what_json_does_not_have_is_refused_wherever_it_stands(value: object) -> None:
    with pytest.raises(BadRequestError, match="cannot be written"):
        encoded({"a": {"b": [value]}}, "acme")


def test_any_mapping_is_an_object() -> None:
    inner: Mapping[str, object] = MappingProxyType({"a": MappingProxyType({"b": 1})})

    assert b'{"x":{"a":{"b":1}}}' == encoded({"x": inner}, "acme")


def test_a_request_is_looked_at_once_for_each_target_and_anew_when_it_has_changed() -> None:
    looks, judge = counting()
    request, first, second = asked(said("user", "Hi")), target(model="a"), target(model="b")

    assert ("a lacks it",) == judge(request, first) == judge(request, first)
    assert ("b lacks it",) == judge(request, second)
    judge(request.edit(params={"n": 2}), first)
    assert 3 == len(looks)


def test_two_adapters_do_not_share_what_they_found() -> None:
    (_, one), (looks, other) = counting(), counting()
    request, at = asked(said("user", "Hi")), target()
    one(request, at)
    other(request, at)

    assert 1 == len(looks)


def test_what_was_found_is_no_part_of_what_a_request_is() -> None:
    _, judge = counting()
    request = asked(said("user", "Hi"))
    judge(request, target())

    assert asked(said("user", "Hi")) == request
    assert "lacks" not in repr(request)


def test_the_same_tools_are_written_once_for_each_model_and_others_anew() -> None:
    looks: list[str] = []

    @remembering
    def write(tools: Sequence[JsonObject], model: str) -> tuple[list[JsonObject], tuple[str, ...]]:
        looks.append(model)
        return [{"model": model, **tool} for tool in tools], ("a note",)

    for _ in range(2):
        assert ([{"model": "m", "name": "f"}], ("a note",)) == write([{"name": "f"}], "m")
    write([{"name": "f"}], "n")
    write([{"name": "g"}], "m")
    assert ["m", "n", "m"] == looks


@pytest.mark.parametrize("depth", [90, 105, 120, 200])
@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini", "bedrock", "openai-responses"])
def test_tools_are_written_however_deeply_they_are_nested(kind: str, depth: int) -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    tool: JsonObject = {"type": "function", "function": {"name": "f", "parameters": schema}}
    request, at = asked(said("user", "Hi"), params={"tools": [tool], "user": "u"}), target(kind, unsupported="drop")
    writer: Any = speaker(at)

    assert b'"properties"' in writer.write(request, at).request.body


@given(st.dictionaries(st.text(), VALUES, max_size=3), st.dictionaries(st.text(), VALUES, max_size=3))
def test_fields_that_are_written_already_change_nothing_of_a_body(body: dict[str, Any], fields: dict[str, Any]) -> None:
    rest = {name: value for name, value in body.items() if name not in fields}
    try:
        expected = encoded({**rest, **fields}, "acme")
    except BadRequestError:
        with pytest.raises(BadRequestError):
            followed(rest, ReadyObject(fields), "acme")
    else:
        assert expected == followed(rest, ReadyObject(fields), "acme") == followed(rest, fields, "acme")


@given(st.dictionaries(st.text(), VALUES, max_size=3), st.lists(st.dictionaries(st.text(), VALUES), max_size=2))
def test_tools_that_are_written_already_change_nothing_of_a_body(rest: dict[str, object], tools: list[Any]) -> None:
    try:
        expected = json.loads(encoded({**rest, "tools": tools}, "acme"))
    except BadRequestError:
        with pytest.raises(BadRequestError, match="acme"):
            encoded({**rest, "tools": Ready(tools)}, "acme")
    else:
        assert expected == json.loads(encoded({**rest, "tools": Ready(tools)}, "acme"))


def test_a_field_joins_an_object_that_has_none() -> None:
    assert b'{"a":[]}' == joined(b"{}", "a", b"[]")
    assert b'{"b":1,"a":[]}' == joined(b'{"b":1}', "a", b"[]")


@given(VALUES)
def test_arguments_are_written_as_what_they_are(value: object) -> None:
    expected = json.dumps(value, ensure_ascii=False)
    assert repr(json.loads(expected)) == repr(json.loads(compact(value)))


@pytest.mark.parametrize("arguments", ["[1]", "{", "", "null", '"x"'])
def test_arguments_that_are_no_object_are_refused_by_their_place(arguments: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        call_arguments(ToolCall("c-1", "f", arguments), "messages[3]", "Acme")
    assert "messages[3].tool_calls" == caught.value.param


def test_free_text_of_a_custom_tool_stands_under_input() -> None:
    assert {"input": "x = 1"} == call_arguments(ToolCall("c-1", "f", "x = 1", "custom"), "messages[0]", "Acme")
