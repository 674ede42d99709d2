"""The offline adapter: deterministic, shaped like any other answer."""

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.providers.provider_kit import asked, folded, said, target

from aigw.protocols import OfflineAdapter, is_offline
from aigw.providers.registry import adapter
from aigw.types.events import Answer, ChoiceEnded, Ended, FinishReason, Started, TextDelta, UsageReported
from aigw.types.parts import Text, ToolCall

if TYPE_CHECKING:
    from aigw.types.request import Params

AT = target("echo", "echo-1")
ECHO = cast("OfflineAdapter", adapter("echo"))
TOOLS: Any = [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "g"}}]


def answered(text: str = "one two  three", **params: Any) -> Answer:
    (answer,) = ECHO.play(asked(said("system", "s"), said("user", text), params=cast("Params", params)), AT)
    assert isinstance(answer, Answer)
    return answer


def spoken(answer: Answer) -> str:
    return "".join(part.text for part in answer.choices[0].parts if isinstance(part, Text))


def test_it_is_found_to_be_offline() -> None:
    assert is_offline(ECHO)


def test_the_last_user_is_echoed_and_words_are_counted() -> None:
    answer = answered()

    assert "one two  three" == spoken(answer)
    assert answer.usage is not None
    assert (4, 3) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert answer == answered()


@pytest.mark.parametrize("text", ["one two  three", " lead", "trail ", "a\nb\t", "", "ünï 😀"])
def test_a_stream_says_the_same_in_words(text: str) -> None:
    events = ECHO.play(asked(said("user", text), stream=True), AT)

    assert text == folded(events)["choices"][0]["text"]
    assert (Started, ChoiceEnded, UsageReported, Ended) == (type(events[0]), *map(type, events[-3:]))
    assert len(text.split()) <= max(1, len([event for event in events if isinstance(event, TextDelta)]))


def test_a_smaller_limit_cuts_the_answer() -> None:
    assert ("one two", FinishReason.LENGTH) == (
        spoken(answered(max_tokens=2)),
        answered(max_tokens=2).choices[0].reason,
    )
    assert FinishReason.STOP == answered(max_tokens=3).choices[0].reason
    assert "one " == spoken(answered(stop=["two"]))


@pytest.mark.parametrize(
    ("choice", "name"), [("required", "f"), ({"type": "function", "function": {"name": "g"}}, "g")]
)
def test_a_forced_tool_is_called(choice: object, name: str) -> None:
    choice_made = answered(tools=TOOLS, tool_choice=choice).choices[0]

    assert (ToolCall(f"call_echo_{name}", name, "{}"),) == choice_made.parts
    assert FinishReason.TOOL_CALLS == choice_made.reason


def test_a_schema_gets_a_small_instance() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"$ref": "#/$defs/b"},
            "c": {"enum": ["x", "y"]},
            "d": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "e": {"type": "array", "items": {"type": "number"}, "minItems": 2},
            "f": {"type": "boolean"},
            "optional": {"type": "string"},
        },
        "required": ["a", "b", "c", "d", "e", "f"],
        "$defs": {"b": {"type": "integer", "minimum": 3}},
    }
    form = {"type": "json_schema", "json_schema": {"schema": schema}}

    assert {"a": "", "b": 3, "c": "x", "d": None, "e": [0, 0], "f": False} == json.loads(
        spoken(answered(response_format=form))
    )
    assert {"echo": "one two  three"} == json.loads(spoken(answered(response_format={"type": "json_object"})))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"anyOf": [{"$ref": "#"}]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    ],
)
def test_a_schema_that_contains_itself_has_an_end(schema: dict[str, object]) -> None:
    form = {"type": "json_schema", "json_schema": {"schema": schema}}

    json.loads(spoken(answered(response_format=form)))


def test_it_names_what_it_cannot_do() -> None:
    assert ("logprobs",) == ECHO.unsupported(asked(params={"logprobs": True, "seed": 1}), AT)
