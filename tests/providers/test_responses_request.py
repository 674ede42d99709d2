"""Writing requests in OpenAI's Responses dialect."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.providers.provider_kit import asked, said
from tests.providers.responses_kit import AT, SPEAKER, own, sent, speaking, wrote

from aigw import errors as e
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Role

TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}
FLAT = {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}, "strict": False}


def items(*messages: Message, at: Any = AT) -> list[Any]:
    return list(wrote(asked(*messages), at)["input"])


def turn(*parts: Part | str) -> list[Any]:
    return items(said("assistant", *parts))


def notes(*messages: Message, at: Any = AT) -> tuple[str, ...]:
    return SPEAKER.write(asked(*messages), at).notes


# --- messages


def test_plain_turns_are_items_of_plain_text() -> None:
    assert [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "ho"},
        {"role": "user", "content": ""},
    ] == items(said("user", "hi"), said("assistant", "ho"), said("user", ""))


def test_system_and_developer_messages_stay_where_they_stand() -> None:
    messages = [said(role, str(place)) for place, role in enumerate(("system", "user", "developer", "user", "system"))]  # type: ignore[arg-type]

    assert ["system", "user", "developer", "user", "system"] == [item["role"] for item in items(*messages)]
    assert "instructions" not in wrote(asked(*messages))


def test_a_developer_is_the_system_where_a_provider_does_not_know_the_role() -> None:
    assert [{"role": "system", "content": "x"}] == items(said("developer", "x"), at=speaking("deepseek"))


def test_a_users_parts_are_input_parts() -> None:
    assert [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "https://a/b.png", "detail": "low"},
                {"type": "input_image", "image_url": "data:image/jpeg;base64,AA==", "detail": "auto"},
                {"type": "input_file", "file_id": "f_1"},
                {"type": "input_file", "file_url": "https://a/b.pdf"},
                {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,AA=="},
                {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            ],
        }
    ] == items(
        said(
            "user",
            "look",
            Image(url="https://a/b.png", detail="low"),
            Image(data="AA==", media_type="image/jpeg"),
            File(file_id="f_1"),
            File(url="https://a/b.pdf"),
            File(data="AA==", media_type="text/plain", filename="a.txt"),
            Audio("AA==", "mp3"),
        )
    )


def test_fields_of_parts_that_only_another_dialect_knows_stay_behind() -> None:
    known = {"prompt_cache_breakpoint": {"mode": "explicit"}}

    assert [{"role": "user", "content": [{"type": "input_text", "text": "x", **known}]}] == items(
        said("user", Text("x", {"cache_control": {"type": "ephemeral"}, **known}))
    )


def test_a_turn_of_the_model_becomes_items_in_its_own_order() -> None:
    thought = Reasoning("Hm.", encrypted="gAAA", issuer=AT.id, extra={"id": "rs_1"})

    assert [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": "gAAA",
        },
        {"role": "assistant", "content": "Let me see."},
        {"type": "function_call", "call_id": "c_1", "name": "now", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c_2", "name": "run", "input": "1+1"},
    ] == turn(thought, "Let me see.", ToolCall("c_1", "now", "{}"), ToolCall("c_2", "run", "1+1", "custom"))


def test_an_empty_text_beside_calls_is_no_message() -> None:
    assert [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}] == turn(
        "", ToolCall("c", "f", "{}")
    )


def test_several_texts_and_a_refusal_are_output_parts() -> None:
    assert [
        {
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "a", "annotations": []},
                {"type": "refusal", "refusal": "no"},
            ],
        }
    ] == turn("a", Refusal("no"))


def test_a_call_keeps_its_namespace_and_nothing_of_another_dialect() -> None:
    (call,) = turn(ToolCall("c", "f", "{}", extra={"namespace": "crm", "extra_content": {"google": {}}}))

    assert {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "namespace": "crm"} == call


def test_results_are_items_of_their_calls_kind() -> None:
    calls = said("assistant", ToolCall("a", "f", "{}"), ToolCall("b", "g", "x", "custom"))
    results = [
        said("tool", ToolResult("b", (Text("two"),))),
        said("tool", ToolResult("a", (Text("one"), Image(url="https://i"), File(file_id="f")))),
        said("tool", ToolResult("a", ())),
    ]

    assert [
        {"type": "custom_tool_call_output", "call_id": "b", "output": "two"},
        {
            "type": "function_call_output",
            "call_id": "a",
            "output": [
                {"type": "input_text", "text": "one"},
                {"type": "input_image", "image_url": "https://i", "detail": "auto"},
                {"type": "input_file", "file_id": "f"},
            ],
        },
        {"type": "function_call_output", "call_id": "a", "output": ""},
    ] == items(calls, *results)[2:]


def test_results_within_a_users_turn_stand_before_its_text() -> None:
    assert [
        {"type": "function_call_output", "call_id": "a", "output": "1"},
        {"role": "user", "content": "go on"},
    ] == items(said("user", ToolResult("a", (Text("1"),)), "go on"))


def test_a_tools_failure_is_noted_because_only_its_text_can_tell() -> None:
    assert notes(said("tool", ToolResult("a", (Text("boom"),), is_error=True))) == (
        "dropped: is_error of messages[0] (a tool's output says so in its text only)",
    )


def test_a_call_id_that_is_too_long_becomes_the_same_shorter_one_on_both_sides() -> None:
    one, other = "x" * 90, "x" * 89 + "y"
    call, mine, theirs = items(
        said("assistant", ToolCall(one, "f", "{}")),
        said("tool", ToolResult(one, (Text("1"),))),
        said("tool", ToolResult(other, (Text("2"),))),
    )

    assert call["call_id"] == mine["call_id"] != theirs["call_id"]
    assert len(call["call_id"]) <= 64


def test_plain_thinking_goes_back_only_where_the_provider_takes_it() -> None:
    spoken = said("assistant", Reasoning("Hm."), "ho")
    (thought, _) = items(spoken, at=speaking("vllm"))

    assert [{"type": "reasoning_text", "text": "Hm."}] == thought["content"]
    assert [{"role": "assistant", "content": "ho"}] == items(spoken)
    assert ("stripped: reasoning of messages[0] (it is not encrypted, so it cannot be sent back)",) == notes(spoken)


def test_items_of_server_tools_go_back_as_they_came() -> None:
    block = {"type": "web_search_call", "id": "ws_1", "status": "completed"}

    assert [block, {"role": "assistant", "content": "ho"}] == turn(Opaque("openai-responses", block), "ho")


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (said("assistant", Opaque("anthropic-messages", {"type": "server_tool_use"})), "messages[0].server_tool_use"),
        (said("assistant", Audio(id="audio_1")), "messages[0].audio"),
        (said("assistant", Image(url="https://i")), "messages[0].image"),
        (Message("user", (Text("hi"),), name="ann"), "messages[0].name"),
    ],
)
def test_what_messages_cannot_say_is_refused_by_name_or_dropped_with_a_note(message: Message, name: str) -> None:
    with pytest.raises(e.UnsupportedParameterError) as caught:
        sent(asked(message, said("user", "hi")))
    dropping = speaking("openai-responses", unsupported="drop")

    assert name == caught.value.param
    assert any(name in note for note in SPEAKER.write(asked(message, said("user", "hi")), dropping).notes)


# --- parameters


def test_parameters_have_the_names_and_shapes_of_the_dialect() -> None:
    schema = {"name": "s", "schema": {"type": "object", "additionalProperties": False}, "strict": True}
    params: Params = {
        "max_tokens": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
        "verbosity": "high",
        "response_format": {"type": "json_schema", "json_schema": schema},
        "logprobs": True,
        "top_logprobs": 3,
        "metadata": {"a": "b"},
        "user": "u",
        "service_tier": "flex",
        "store": True,
    }

    body = wrote(asked(params=params, safety_identifier="s_1", prompt_cache_key="k"))

    assert {
        "model": "m-1",
        "input": [{"role": "user", "content": "hi"}],
        "max_output_tokens": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "high", "format": {"type": "json_schema", **schema}},
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
        "top_logprobs": 3,
        "metadata": {"a": "b"},
        "user": "u",
        "service_tier": "flex",
        "store": True,
        "safety_identifier": "s_1",
        "prompt_cache_key": "k",
    } == body


def test_nothing_is_left_at_the_provider_unless_the_caller_says_so() -> None:
    assert wrote(asked())["store"] is False


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        ("o4-mini", None, True),
        ("gpt-5.4", None, True),
        ("gpt-5-chat-latest", None, False),
        ("gpt-4.1", None, False),
        ("gpt-4o", None, False),
        ("openai/gpt-5.2", None, True),
        ("my-deployment", "high", True),
        ("my-deployment", "none", False),
        ("my-deployment", None, False),
    ],
)
def test_only_models_that_think_are_asked_for_their_encrypted_thinking(
    model: str, effort: str | None, *, expected: bool
) -> None:
    params: Params = {"reasoning_effort": effort} if effort else {}
    body = wrote(asked(params=params), speaking("openai-responses", model))

    assert expected == ("reasoning.encrypted_content" in body.get("include", []))


def test_what_a_caller_says_of_reasoning_and_text_goes_beside_what_the_parameters_say() -> None:
    body = wrote(
        asked(params={"reasoning_effort": "low", "verbosity": "low"}, reasoning={"summary": "auto"}, text={"x": 1})
    )

    assert {"effort": "low", "summary": "auto"} == body["reasoning"]
    assert {"verbosity": "low", "x": 1} == body["text"]


def test_tools_are_flat_and_strict_is_said_because_its_default_differs() -> None:
    grammar = {"type": "grammar", "grammar": {"definition": "x", "syntax": "lark"}}
    tools = [
        TOOL,
        {"type": "function", "function": {"name": "bare"}},
        {
            "type": "function",
            "function": {"name": "s", "description": "d", "parameters": {"title": "t"}, "strict": True},
        },
        {"type": "custom", "custom": {"name": "c", "format": grammar}},
        {"type": "web_search", "search_context_size": "low"},
    ]

    assert [
        FLAT,
        {"type": "function", "name": "bare", "parameters": {"type": "object", "properties": {}}, "strict": False},
        {"type": "function", "name": "s", "description": "d", "parameters": {"title": "t"}, "strict": True},
        {"type": "custom", "name": "c", "format": {"type": "grammar", "definition": "x", "syntax": "lark"}},
        {"type": "web_search", "search_context_size": "low"},
    ] == wrote(asked(params={"tools": tools}))["tools"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "now"}}, {"type": "function", "name": "now"}),
        ({"type": "custom", "custom": {"name": "c"}}, {"type": "custom", "name": "c"}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOL]}},
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", **TOOL["function"]}]},  # type: ignore[dict-item]
        ),
        ({"type": "web_search"}, {"type": "web_search"}),
    ],
)
def test_a_tool_choice_is_flat(choice: Any, expected: object) -> None:
    assert expected == wrote(asked(params={"tools": [TOOL], "tool_choice": choice}))["tool_choice"]


@pytest.mark.parametrize("form", [{"type": "text"}, {"type": "json_object"}])
def test_formats_without_a_schema_stay_as_they_are(form: dict[str, Any]) -> None:
    assert {"format": form} == wrote(asked(params={"response_format": form}))["text"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("stop", ["x"]),
        ("seed", 1),
        ("frequency_penalty", 0.5),
        ("presence_penalty", 0.5),
        ("logit_bias", {"1": 1}),
        ("prediction", {"type": "content"}),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "x"}),
        ("top_k", 3),
        ("reasoning_budget", 1024),
    ],
)
def test_what_the_dialect_has_no_word_for_is_refused_dropped_or_passed(name: str, value: object) -> None:
    request = asked(params={name: value})  # type: ignore[misc]

    with pytest.raises(e.UnsupportedParameterError, match=name):
        sent(request)
    dropped = SPEAKER.write(request, speaking("openai-responses", unsupported="drop"))
    assert (f"dropped: {name} (openai-responses does not take it)",) == dropped.notes
    assert name not in json.loads(dropped.request.body)
    assert value == wrote(request, speaking("openai-responses", unsupported="pass"))[name]


@pytest.mark.parametrize(
    ("name", "value"), [("n", 1), ("logit_bias", {}), ("presence_penalty", 0), ("stop", []), ("logprobs", False)]
)
def test_values_that_change_nothing_are_no_reason_to_refuse(name: str, value: object) -> None:
    assert name not in wrote(asked(params={name: value}))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["background", "web_search_options", "functions", "chat_template_kwargs"])
def test_other_parameters_are_refused_by_name_unless_the_dialect_has_them(name: str) -> None:
    with pytest.raises(e.UnsupportedParameterError, match=name):
        sent(asked(**{name: True}))  # type: ignore[arg-type]


def test_state_that_the_provider_keeps_can_be_named_by_any_caller() -> None:
    assert wrote(asked(previous_response_id="resp_0"))["previous_response_id"] == "resp_0"


@pytest.mark.parametrize("kind", ["web_search_20250305", "computer_20250124", "googleSearch", "bash_20250124"])
def test_tools_of_other_providers_are_refused_by_type(kind: str) -> None:
    tools = [{"type": kind, "name": "x"}, TOOL]
    dropping = speaking("openai-responses", unsupported="drop")

    with pytest.raises(e.UnsupportedParameterError, match=rf"tools\.{kind}"):
        sent(asked(params={"tools": tools}))
    assert [FLAT] == wrote(asked(params={"tools": tools}), dropping)["tools"]


def test_the_manifests_parameters_win_with_a_note() -> None:
    at = speaking("openai-responses", max_tokens=5, reasoning={"summary": "auto"}, truncation="auto")
    request = asked(params={"max_tokens": 9, "reasoning_effort": "low"})

    body = wrote(request, at)

    assert (5, {"effort": "low", "summary": "auto"}, "auto") == (
        body["max_output_tokens"],
        body["reasoning"],
        body["truncation"],
    )
    assert ("overridden: max_tokens (the manifest sets it for openai-responses/m-1)",) == SPEAKER.write(
        request, at
    ).notes


def test_the_address_is_that_of_the_responses() -> None:
    outgoing = sent(asked(stream=True))

    assert ("POST", "https://api.openai.com/v1/responses") == (outgoing.method, outgoing.url)
    assert dict(outgoing.headers)["accept"] == "text/event-stream"
    assert wrote(asked(stream=True))["stream"] is True
    assert "stream" not in wrote(asked())


# --- a caller of this dialect


BODY = {
    "model": "alias",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": "hi", "unheard_of": 1}, {"type": "item_reference", "id": "x"}],
    "max_output_tokens": 7,
    "text": {"format": {"type": "text"}, "verbosity": "low"},
    "tools": [{"type": "function", "name": "f", "parameters": None}, {"type": "mcp", "server_label": "x"}],
    "include": ["web_search_call.action.sources"],
    "background": True,
    "store": None,
    "stream": False,
    "future": {"a": None},
}


def test_what_a_caller_of_this_dialect_wrote_reaches_the_wire_as_it_is() -> None:
    assert {**BODY, "model": "m-1"} == wrote(own(BODY))
    assert list(BODY) == list(wrote(own(BODY)))
    assert {**BODY, "model": "m-1", "stream": True} == wrote(own({**BODY, "stream": True}))


def test_text_as_input_stays_text() -> None:
    assert wrote(own({"model": "a", "input": "hi"})) == {"model": "m-1", "input": "hi"}


def test_a_parameter_that_a_policy_edited_is_written_anew_and_nothing_else() -> None:
    edited = own(BODY).edit(params={"max_tokens": 3, "verbosity": "high", "logprobs": True})

    assert {
        **BODY,
        "model": "m-1",
        "max_output_tokens": 3,
        "text": {"format": {"type": "text"}, "verbosity": "high"},
        "include": ["web_search_call.action.sources", "message.output_text.logprobs"],
    } == wrote(edited)


def said_as(role: Role, text: str, verbatim: dict[str, Any]) -> Message:
    return Message(role, (Text(text),), verbatim=verbatim)


def test_messages_that_a_policy_edited_are_written_anew_beside_those_it_left_alone() -> None:
    first = BODY["input"][0]  # type: ignore[index]
    messages = (
        said_as("system", "Be brief.", {"instructions": "Be brief."}),
        said_as("user", "hi", {"input": [first]}),
        Message("assistant", (Text("call me at 1234"),), extra={"phase": "commentary"}, verbatim={"input": [{}]}),
    )
    request = replace(own(BODY), messages=messages)
    masked = request.edit(messages=(*messages[:2], messages[2].edit((Text("call me at ***"),))))
    instructed = request.edit(messages=(messages[0].edit((Text("***"),)), messages[1]))

    assert [first, {"role": "assistant", "content": "call me at ***", "phase": "commentary"}] == wrote(masked)["input"]
    assert wrote(masked)["instructions"] == "Be brief."
    assert ("***", [first]) == (wrote(instructed)["instructions"], wrote(instructed)["input"])


def test_reasoning_of_a_caller_of_this_dialect_goes_back_when_its_turn_was_edited() -> None:
    message = Message("assistant", (Reasoning("", encrypted="gAAA", extra={"id": "rs_1"}), Text("ho")))

    assert [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"role": "assistant", "content": "ho"},
    ] == wrote(own(BODY).edit(messages=(message,)))["input"]


def test_a_caller_of_this_dialect_is_refused_what_the_provider_is_known_not_to_take() -> None:
    request = own({"input": "hi", "top_logprobs": 2})
    request = replace(request, params={"top_logprobs": 2, "logprobs": True})

    with pytest.raises(e.UnsupportedParameterError, match="logprobs"):
        sent(request, speaking("groq"))
    assert {"model": "m-1", "input": "hi"} == wrote(request, speaking("groq", unsupported="drop"))


def test_parts_that_a_host_lacks_are_refused_or_dropped_for_every_caller() -> None:
    first = said_as("user", "hi", {"input": [{"role": "user", "content": "hi"}]})
    seen = Message("user", (Text("look"), Image(url="https://i")), verbatim={"input": [{"a": 1}]})
    request = replace(own({"input": [{"role": "user", "content": "hi"}, {"a": 1}]}), messages=(first, seen))

    with pytest.raises(e.UnsupportedParameterError, match=r"messages\[1\]\.image"):
        sent(request, speaking("deepseek"))
    assert [{"role": "user", "content": "hi"}, {"role": "user", "content": "look"}] == (
        wrote(request, speaking("deepseek", unsupported="drop"))["input"]
    )
