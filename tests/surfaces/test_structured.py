import copy
import dataclasses
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from openai import pydantic_function_tool as their_tool
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from aigw.errors import BadRequestError
from aigw.surfaces.chat.structured import (
    Parser,
    described_tools,
    parsed_tools,
    pydantic_function_tool,
    response_format_of,
    strict_schema,
)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    x: int | None = None


class Everything(BaseModel):
    """All that is common."""

    inner: Inner = Field(description="a reference with a sibling")
    many: list[Inner]
    colour: Colour
    either: Inner | str
    when: Literal["now", "later"]


class Node(BaseModel):
    value: int
    next: "Node | None" = Field(default=None, description="the rest")


class Loop(BaseModel):
    again: "Loop" = Field(description="itself")


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Pair(TypedDict):
    a: str


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Pet(BaseModel):
    who: Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize("model", [Inner, Everything, Node])
def test_strict_schema_is_the_one_openai_makes(model: type[BaseModel]) -> None:
    assert to_strict_json_schema(model) == strict_schema(model.model_json_schema())


@pytest.mark.parametrize("model", [Inner, Everything, Node, Loop, Point, Pair, Pet])
def test_every_object_is_closed_and_nothing_outside_the_strict_subset_is_left(model: Any) -> None:
    schema = TypeAdapter(model).json_schema()
    before = copy.deepcopy(schema)
    strict = strict_schema(schema)

    assert before == schema
    for node in objects(strict):
        assert not {"default", "oneOf", "discriminator"} & node.keys()
        assert "$ref" not in node or 1 == len(node)
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert list(node.get("properties", {})) == node.get("required", [])


def objects(schema: Any) -> list[dict[str, Any]]:
    """Collect the schemas in *schema*; properties may be named as they like."""
    inner: list[Any] = []
    for name, value in schema.items():
        if name in {"properties", "$defs"}:
            inner += value.values()
        elif name == "anyOf":
            inner += value
        elif name == "items":
            inner.append(value)
    return [schema, *(node for value in inner for node in objects(value))]


def test_a_field_may_be_named_like_a_keyword_of_schemas() -> None:
    schema = {"type": "object", "properties": {"default": {"type": "string"}, "$ref": {"type": "string"}}}

    assert {"default", "$ref"} == strict_schema(schema)["properties"].keys()  # type: ignore[union-attr]


def test_a_reference_to_nowhere_is_refused() -> None:
    with pytest.raises(BadRequestError, match="#/nowhere"):
        strict_schema({"type": "object", "properties": {"a": {"$ref": "#/nowhere", "title": "t"}}})


@pytest.mark.parametrize("wanted", [Point, Pair, Inner, TypeAdapter(Inner)])
def test_types_that_describe_objects_are_taken(wanted: Any) -> None:
    sent, adapter = response_format_of(wanted)

    assert adapter is not None
    assert sent["json_schema"]["name"] in {"Point", "Pair", "Inner"}  # type: ignore[index]


def test_a_type_that_is_no_object_is_refused() -> None:
    with pytest.raises(BadRequestError, match="must describe an object"):
        response_format_of(list[int])


def test_names_of_generic_types_become_legal() -> None:
    sent, _ = response_format_of(TypeAdapter(dict[str, int]))

    assert sent["json_schema"]["name"].isidentifier()  # type: ignore[index]


def test_tools_made_by_openais_helper_are_parsed_too() -> None:
    tools = described_tools([their_tool(Inner), pydantic_function_tool(Inner, name="mine"), {"type": "custom"}])
    parser: Parser[object] = Parser(tools=parsed_tools(tools))

    assert Inner(x=1) == parser.arguments("Inner", '{"x": 1}')
    assert Inner(x=2) == parser.arguments("mine", '{"x": 2}')
    assert parser.arguments("unknown", "{}") is None


def test_strict_tools_without_a_model_are_parsed_as_json() -> None:
    tool = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {}}}
    parser: Parser[object] = Parser(tools=parsed_tools([tool]))

    assert {"a": [1]} == parser.arguments("f", '{"a": [1]}')


def test_arguments_may_hold_half_a_character() -> None:
    assert {"a": "\ud800"} == Parser(tools={"f": None}).arguments("f", '{"a": "\ud800"}')
