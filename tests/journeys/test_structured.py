"""An answer in a JSON schema keeps to the caller's own, whatever its target promised, on every surface and face."""

import json
import sys
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, field_validator
from tests.journeys.journey_kit import MESSAGES, Journey, manifest, steps

import aigw
from aigw.call import Outcome
from aigw.policies.breaker import THRESHOLD
from aigw.testing import AnthropicServer, OpenAIServer, ProviderServer, Raw, Refusal, Text, ToolCall, ToolCalls
from aigw.types.usage import Usage

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer", "minimum": 0}},
    "required": ["city", "people"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA, "strict": True}}
GOOD = Text('{"city": "Ulm", "people": 126000}')
SECRET = "a secret of the answer"
WRONG = Text(json.dumps({"city": "Ulm", "people": SECRET}))
ONLY_OURS = Text('{"city": "Ulm", "people": -1}')
"""What a provider that knows no `minimum` may well say."""


@pytest.mark.parametrize("wrong", [WRONG, ONLY_OURS, Text("Ulm, I think."), Text('```json\n{"city": "Ulm"}\n```')])
def test_an_answer_of_another_shape_is_asked_for_again_and_then_of_the_next_target(
    journey: Journey, first: ProviderServer, second: ProviderServer, wrong: Text
) -> None:
    first.always(wrong)
    second.always(GOOD)
    journey.start(manifest(first, second, max_retries=1))
    answer = journey.ask(response_format=FORMAT)
    assert GOOD.text == answer.choices[0].message.content
    assert [
        ("first/m", 1, 200, "NonconformingAnswerError"),
        ("first/m", 2, 200, "NonconformingAnswerError"),
        ("second/m", 1, 200, None),
    ] == steps(answer.aigw.attempts)


def test_when_no_target_keeps_to_it_the_error_says_where_and_quotes_nothing(
    journey: Journey, first: ProviderServer
) -> None:
    first.always(Text(WRONG.text, usage=Usage(input=7, output=5)))
    journey.start(manifest(first, max_retries=0))
    error = journey.fail(response_format=FORMAT)
    assert aigw.NonconformingAnswerError is type(error)
    assert isinstance(error, aigw.APIResponseValidationError)
    assert ("type", "$.people") == (error.keyword, error.path)
    assert "`type` is not met at $.people" in str(error)
    assert SECRET not in str(error)
    assert SECRET not in repr(journey.record)
    assert 7 == error.usage.prompt_tokens
    assert 7 == journey.record.usage.prompt_tokens
    assert SECRET in error.response.content.decode()
    assert ["NonconformingAnswerError"] == [each.error for each in error.attempts]
    assert Outcome.ERROR is journey.record.outcome


def test_a_stream_ends_in_the_error_after_all_of_its_text(
    journey: Journey, first: ProviderServer, second: ProviderServer
) -> None:
    first.always(WRONG)
    journey.start(manifest(first, second, max_retries=1))
    text, error = journey.read(journey.stream(response_format=FORMAT))
    assert WRONG.text == text
    assert isinstance(error, aigw.NonconformingAnswerError)
    assert SECRET not in str(error)
    assert [("first/m", 1, 200, "NonconformingAnswerError")] == steps(error.attempts)
    assert error.call_id == journey.record.call_id
    assert Outcome.ERROR is journey.record.outcome
    assert journey.record.usage is not None
    assert [] == list(second.requests)


def test_a_stream_that_keeps_to_it_is_the_same_as_without_a_schema(journey: Journey, first: ProviderServer) -> None:
    first.always(GOOD)
    journey.start(manifest(first))
    assert (GOOD.text, None) == journey.read(journey.stream(response_format=FORMAT))
    assert Outcome.OK is journey.record.outcome


def test_a_stream_answered_with_one_document_still_moves_to_the_next_target(
    journey: Journey, openai: OpenAIServer
) -> None:
    message = {"role": "assistant", "content": WRONG.text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    with OpenAIServer() as second:
        openai.always(Raw(body=json.dumps({"id": "c", "object": "chat.completion", "choices": [choice]}).encode()))
        second.always(GOOD)
        journey.start(manifest(openai, second, max_retries=0))
        assert (GOOD.text, None) == journey.read(journey.stream(response_format=FORMAT))
    assert "second/m" == journey.record.target


@pytest.mark.parametrize(
    "reply",
    [
        Refusal("I will not."),
        ToolCalls((ToolCall("f", {"a": 1}),)),
        ToolCalls((ToolCall("f", {"a": 1}),), text="Let me look."),
        Text("Once upon", finish_reason="length"),
        Text(""),
    ],
    ids=lambda reply: type(reply).__name__,
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_no_whole_answer_is_handed_over_as_it_is(
    journey: Journey, first: ProviderServer, reply: Any, stream: bool
) -> None:
    first.always(reply)
    journey.start(manifest(first, max_retries=0))
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    asked = {"response_format": FORMAT, "tools": tools}
    if stream:
        assert journey.read(journey.stream(**asked))[1] is None
    else:
        journey.ask(**asked)
    assert Outcome.OK is journey.record.outcome


def test_the_wrong_shape_does_not_open_the_breaker_of_the_target(journey: Journey, first: ProviderServer) -> None:
    first.always(WRONG)
    journey.start(manifest(first, max_retries=0))
    for _ in range(THRESHOLD + 1):
        journey.fail(response_format=FORMAT)
    first.always(GOOD)
    assert GOOD.text == journey.ask(response_format=FORMAT).choices[0].message.content


def test_a_schema_that_cannot_be_read_is_left_to_the_provider_with_a_note(
    journey: Journey, openai: OpenAIServer
) -> None:
    openai.always(Text('{"a": 1}'))
    journey.start(manifest(openai))
    for schema, why in (
        ({"type": "colour"}, "it is no JSON schema at $.type"),
        ({"$ref": "https://example.com/schema.json"}, "a $ref leads out of it"),
    ):
        asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
        answer = journey.ask(response_format=asked)
        assert '{"a": 1}' == answer.choices[0].message.content
        assert (f"unchecked: response_format ({why})",) == answer.aigw.notes
        journey.read(journey.stream(response_format=asked))
        assert (f"unchecked: response_format ({why})",) == journey.record.notes


def test_a_format_that_was_dropped_is_not_asked_of_the_answer(journey: Journey) -> None:
    with AnthropicServer() as server:
        server.always(Text("In words."))
        document = manifest(server, max_retries=0)
        document["providers"]["first"]["unsupported"] = "drop"  # type: ignore[index]
        journey.start(document)
        tree = {"$ref": "#/$defs/N", "$defs": {"N": {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}}}}
        answer = journey.ask(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": tree}})
    assert "In words." == answer.choices[0].message.content
    assert any(note.startswith("dropped: response_format") for note in answer.aigw.notes)


def test_a_constraint_that_the_target_does_not_know_holds_all_the_same(journey: Journey) -> None:
    with AnthropicServer() as server:
        server.queue(ONLY_OURS, GOOD)
        journey.start(manifest(server, max_retries=1))
        answer = journey.ask(response_format=FORMAT)
        sent = server.requests[0].json["output_config"]["format"]["schema"]
    assert {"type": "integer", "description": "Minimum: 0"} == sent["properties"]["people"]
    assert GOOD.text == answer.choices[0].message.content
    assert ("adapted: response_format for anthropic (without minimum)",) == answer.aigw.notes


def test_other_surfaces_ask_the_same_of_an_answer(journey: Journey, first: ProviderServer) -> None:
    first.always(WRONG)
    journey.start(manifest(first, max_retries=0))
    gw, do = journey.gw, journey.face.do
    text = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA, "strict": True}}
    with pytest.raises(aigw.NonconformingAnswerError, match=r"\$\.people"):
        do(gw.responses.create(model="chat", input="Where?", text=text))
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    with pytest.raises(aigw.NonconformingAnswerError, match=r"\$\.people"):
        do(gw.messages.create(model="chat", max_tokens=99, messages=MESSAGES, output_config=config))
    first.always(GOOD)
    do(gw.responses.create(model="chat", input="Where?", text=text))
    do(gw.messages.create(model="chat", max_tokens=99, messages=MESSAGES, output_config=config))


def test_a_stream_in_the_providers_own_events_does_not_tell_of_its_end_first(journey: Journey) -> None:
    kinds: list[str] = []

    def drain(stream: Any) -> None:
        while True:
            kinds.extend(event.type for event in journey.face.take(stream, 1))

    with AnthropicServer() as server:
        journey.start(manifest(server, max_retries=0))
        config = {"format": {"type": "json_schema", "schema": SCHEMA}}
        asked: Any = {"model": "chat", "max_tokens": 99, "messages": MESSAGES, "output_config": config, "stream": True}
        server.always(GOOD)
        whole = journey.face.items(journey.face.do(journey.gw.messages.create(**asked)))
        server.always(WRONG)
        stream = journey.face.do(journey.gw.messages.create(**asked))
        with pytest.raises(aigw.NonconformingAnswerError):
            drain(stream)
    assert ["message_delta", "message_stop"] == [event.type for event in whole[-2:]]
    assert "content_block_delta" in kinds
    assert not {"message_delta", "message_stop"} & set(kinds)


class City(BaseModel):
    city: str
    people: int

    @field_validator("people")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            message = "must be even"
            raise ValueError(message)
        return value


def test_parse_gives_what_the_schema_and_pydantic_both_take(journey: Journey, first: ProviderServer) -> None:
    journey.start(manifest(first, max_retries=0))
    parse = journey.gw.chat.completions.parse
    asked = {"model": "chat", "messages": MESSAGES, "response_format": City}
    first.always(GOOD)
    assert City(city="Ulm", people=126000) == journey.face.do(parse(**asked)).choices[0].message.parsed
    first.always(WRONG)
    with pytest.raises(aigw.NonconformingAnswerError):
        journey.face.do(parse(**asked))
    first.always(Text('{"city": "Ulm", "people": 1}'))
    with pytest.raises(ValidationError, match="must be even"):
        journey.face.do(parse(**asked))


def test_scripted_providers_answer_in_the_schema_unless_told_otherwise(journey: Journey, first: ProviderServer) -> None:
    journey.start(manifest(first))
    answer = journey.ask(response_format=FORMAT)
    assert {"city": "", "people": 0} == json.loads(answer.choices[0].message.content)


def test_a_call_without_a_schema_never_meets_the_library() -> None:
    import subprocess

    code = """
import sys, aigw
from aigw.testing import OpenAIServer
with OpenAIServer() as server:
    document = {"schema": "aigw/v1", "serial": 1,
                "providers": {"p": {"kind": "openai-compatible", "base_url": server.url, "api_key": "none"}},
                "routes": [{"name": "chat", "targets": [{"provider": "p", "model": "m"}]}]}
    with aigw.Gateway(manifest=document) as gw:
        gw.chat.completions.create(model="chat", messages=[{"role": "user", "content": "hi"}],
                                   response_format={"type": "json_object"})
print("jsonschema" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.strip()
