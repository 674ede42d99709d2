"""Hosts of OpenAI's dialect get messages and values in their own words, and nothing is changed for anybody else."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import asked, chat, said, speaker, target, wrote

from aigw.types.parts import Image, Reasoning, Text, ToolResult

USER = {"role": "user", "content": "Hi"}
AUDIO = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
PDF = "data:application/pdf;base64,JVBERi0="


def sent(kind: str, *messages: dict[str, Any], **params: Any) -> dict[str, Any]:
    """Write a chat call to a host of *kind*."""
    return wrote(chat({"model": "x", "messages": list(messages) or [USER], **params}), target(kind))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (AUDIO, {"type": "input_audio", "input_audio": "UklGRg=="}),
        ({"type": "input_audio", "input_audio": "UklGRg=="}, {"type": "input_audio", "input_audio": "UklGRg=="}),
        ({"type": "file", "file": {"file_id": "f-1"}}, {"type": "file", "file_id": "f-1"}),
        ({"type": "file", "file": {"file_data": PDF}}, {"type": "document_url", "document_url": PDF}),
        (
            {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}},
            {"type": "document_url", "document_url": PDF, "document_name": "a.pdf"},
        ),
        ({"type": "refusal", "refusal": "No."}, {"type": "text", "text": "No."}),
    ],
)
def test_mistral_gets_parts_in_its_own_words(part: dict[str, Any], expected: dict[str, Any]) -> None:
    text = {"type": "text", "text": "a"}

    assert [text, expected] == sent("mistral", {"role": "user", "content": [text, part]})["messages"][0]["content"]


def test_media_are_left_as_they_are_for_everybody_else() -> None:
    message = {"role": "user", "content": [AUDIO, {"type": "file", "file": {"file_data": PDF}}]}

    assert [message] == sent("openai-compatible", message)["messages"]


@pytest.mark.parametrize("content", [None, "", []])
def test_a_refusal_in_the_history_becomes_words_where_the_field_is_unknown(content: object) -> None:
    refused = {"role": "assistant", "content": content, "refusal": "No."}

    assert {"role": "assistant", "content": "No."} == sent("mistral", USER, refused)["messages"][1]
    assert refused == sent("openai", USER, refused)["messages"][1]


def test_a_refusal_beside_words_is_stripped_with_a_note() -> None:
    refused = {"role": "assistant", "content": "Sorry.", "refusal": "No."}
    at = target("mistral")
    outgoing = speaker(at).write(chat({"model": "x", "messages": [USER, refused]}), at)

    assert {"role": "assistant", "content": "Sorry."} == json.loads(outgoing.request.body)["messages"][1]
    assert ("stripped: refusal of messages[1] (mistral does not take it back)",) == outgoing.notes


def test_the_name_of_a_tool_is_not_the_name_of_who_speaks() -> None:
    result = {"role": "tool", "tool_call_id": "c", "content": "1", "name": "f"}
    request = chat({"model": "x", "messages": [USER, result]})

    assert () == speaker(target("mistral")).unsupported(request, target("mistral"))
    assert result == wrote(request, target("mistral"))["messages"][1]


def test_nulls_are_left_out_of_the_history_where_they_are_refused() -> None:
    answer = {"role": "assistant", "content": None, "tool_calls": [], "function_call": None, "reasoning": None}

    assert {"role": "assistant", "content": None, "tool_calls": []} == sent("groq", USER, answer)["messages"][1]
    assert answer == sent("openai-compatible", USER, answer)["messages"][1]


def test_a_function_says_its_parameters_where_they_are_required() -> None:
    tools = [{"type": "function", "function": {"name": "now"}}]
    empty = {"type": "object", "properties": {}}

    assert [{"type": "function", "function": {"name": "now", "parameters": empty}}] == sent("mistral", tools=tools)[
        "tools"
    ]
    assert tools == sent("openai-compatible", tools=tools)["tools"]


def test_one_stop_word_is_a_list_where_only_lists_are_taken() -> None:
    assert ["END"] == sent("together", stop="END")["stop"]
    assert "END" == sent("openai", stop="END")["stop"]


def test_no_thinking_is_said_in_the_hosts_own_field() -> None:
    body = sent("deepseek", reasoning_effort="none")

    assert {"type": "disabled"} == body["thinking"]
    assert "reasoning_effort" not in body
    assert "high" == sent("deepseek", reasoning_effort="high")["reasoning_effort"]
    assert {"type": "enabled"} == sent("deepseek", reasoning_effort="none", thinking={"type": "enabled"})["thinking"]


def test_an_image_in_a_tools_result_is_named_and_dropped_where_images_are_lacking() -> None:
    result = ToolResult("c", (Text("see"), Image(url="https://example.com/a.png")))
    request, at = asked(said("user", "Hi"), said("tool", result)), target("deepseek", unsupported="drop")

    assert "messages[1].image" in speaker(at).unsupported(request, at)
    assert {"role": "tool", "tool_call_id": "c", "content": "see"} == wrote(request, at)["messages"][1]


@pytest.mark.parametrize("kind", ["groq", "cerebras"])
@pytest.mark.parametrize("beside", [{}, {"reasoning": "hm"}], ids=["alone", "beside-the-hosts-own"])
def test_what_was_thought_goes_back_in_the_hosts_own_field(kind: str, beside: dict[str, Any]) -> None:
    answer = {"role": "assistant", "content": "a", "reasoning_content": "hm", **beside}

    expected = {"role": "assistant", "content": "a", "reasoning": "hm"}
    assert expected == sent(kind, USER, answer, USER)["messages"][1]


def test_from_another_dialect_it_goes_there_too() -> None:
    call = asked(said("user", "Hi"), said("assistant", Reasoning("hm"), "a"), said("user", "And?"))

    assert {"role": "assistant", "content": "a", "reasoning": "hm"} == wrote(call, target("groq"))["messages"][1]
    assert "hm" == wrote(call, target("deepseek"))["messages"][1]["reasoning_content"]
    assert "hm" == wrote(call, target("openai-compatible"))["messages"][1]["reasoning_content"]


@pytest.mark.parametrize("content", ["a", [{"type": "text", "text": "a"}]])
def test_mistral_gets_it_as_a_part_of_the_content(content: object) -> None:
    answer = {"role": "assistant", "content": content, "reasoning_content": "hm"}
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}

    expected = {"role": "assistant", "content": [thinking, {"type": "text", "text": "a"}]}
    assert expected == sent("mistral", USER, answer, USER)["messages"][1]


def test_mistral_gets_it_once_and_before_calls_that_say_nothing() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    calls = [{"id": "D681PevKs", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    twice = {"role": "assistant", "content": [thinking], "reasoning_content": "hm"}
    silent = {"role": "assistant", "content": None, "tool_calls": calls, "reasoning_content": "hm"}
    messages = sent("mistral", USER, twice, silent)["messages"]

    assert {"role": "assistant", "content": [thinking]} == messages[1]
    assert {"role": "assistant", "content": [thinking], "tool_calls": calls} == messages[2]


@pytest.mark.parametrize("kind", ["openai-compatible", "vllm", "together", "openrouter"])
def test_where_both_fields_are_known_messages_stay_as_they_are(kind: str) -> None:
    answer = {"role": "assistant", "content": "a", "reasoning_content": "hm", "reasoning": "hm"}

    assert answer == sent(kind, USER, answer, USER)["messages"][1]
