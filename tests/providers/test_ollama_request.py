"""What is sent to Ollama. Forms are those of https://github.com/ollama/ollama/blob/main/docs/api.md."""

import base64
from typing import Any

import pytest
from tests.providers.provider_kit import asked, said, speaker, target, wrote

from aigw.errors import BadRequestError, UnsupportedParameterError
from aigw.protocols import Outgoing
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request

AT = target("ollama", "qwen3:8b")
PIXEL = base64.b64encode(b"\x89PNG").decode()
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}, "strict": True}}


def sent(request: Request, model: str = "qwen3:8b") -> Outgoing:
    """What goes out to a model of Ollama's."""
    at = target("ollama", model)
    return speaker(at).write(request, at)


def messages(*conversation: Message) -> list[dict[str, Any]]:
    """The messages on the wire."""
    found = wrote(asked(*conversation), AT)["messages"]
    assert isinstance(found, list)
    return found


def test_the_smallest_request_says_that_it_wants_no_stream() -> None:
    outgoing = sent(asked())

    assert {"model": "m-1", "messages": [{"role": "user", "content": "hi"}], "stream": False} == wrote(
        asked(), target("ollama")
    )
    assert ("POST", "http://localhost:11434/api/chat") == (outgoing.request.method, outgoing.request.url)
    assert ("accept", "application/json") in outgoing.request.headers


def test_a_stream_is_asked_for_as_lines() -> None:
    assert wrote(asked(stream=True), AT)["stream"] is True
    assert ("accept", "application/x-ndjson") in sent(asked(stream=True)).request.headers


def test_sampling_parameters_stand_in_options_under_their_own_names() -> None:
    params: Params = {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "seed": 1,
        "stop": ["a", "b"],
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    }

    assert {
        "num_predict": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "seed": 1,
        "stop": ["a", "b"],
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    } == wrote(asked(params=params), AT)["options"]


def test_ollamas_own_words_win_over_ours() -> None:
    body = wrote(
        asked(
            params={"max_tokens": 9, "reasoning_effort": "high"},
            options={"num_ctx": 8192, "num_predict": 3},
            keep_alive="5m",
            think=False,
            min_p=0.1,
        ),
        AT,
    )

    assert {"num_predict": 3, "num_ctx": 8192, "min_p": 0.1} == body["options"]
    assert (False, "5m") == (body["think"], body["keep_alive"])


def test_the_manifest_sets_the_context_length() -> None:
    at = target("ollama", num_ctx=4096, max_completion_tokens=5, stop="x")

    assert {"num_ctx": 4096, "num_predict": 5, "stop": ["x"]} == wrote(asked(), at)["options"]
    assert ("overridden: max_completion_tokens (the manifest sets it for ollama/m-1)",) == speaker(at).write(
        asked(params={"max_tokens": 7}), at
    ).notes


@pytest.mark.parametrize(
    ("model", "effort", "think", "notes"),
    [
        ("qwen3", "none", False, 0),
        ("qwen3", "high", True, 1),
        ("gpt-oss:20b", "none", False, 0),
        ("gpt-oss:20b", "low", "low", 0),
        ("gpt-oss:20b", "xhigh", "high", 1),
    ],
)
def test_efforts_become_what_the_model_knows_and_what_is_lost_is_noted(
    model: str, effort: str, think: object, notes: int
) -> None:
    request = asked(params={"reasoning_effort": effort})

    assert think == wrote(request, target("ollama", model))["think"]
    assert notes == len(sent(request, model).notes)


def test_a_format_is_the_word_json_or_the_schema_itself() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}

    assert schema == wrote(asked(params={"response_format": form}), AT)["format"]
    assert "json" == wrote(asked(params={"response_format": {"type": "json_object"}}), AT)["format"]
    assert "format" not in wrote(asked(params={"response_format": {"type": "text"}}), AT)


def test_functions_are_sent_with_parameters_and_without_strictness() -> None:
    bare = {"type": "function", "function": {"name": "now", "description": "d"}}
    outgoing = sent(asked(params={"tools": [WEATHER, bare]}))

    assert [
        {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}},
        {
            "type": "function",
            "function": {"name": "now", "description": "d", "parameters": {"type": "object", "properties": {}}},
        },
    ] == wrote(asked(params={"tools": [WEATHER, bare]}), AT)["tools"]
    assert ("dropped: tools.strict (ollama does not hold arguments to their schema)",) == outgoing.notes


def test_no_tool_at_all_is_told_by_leaving_them_out() -> None:
    request = asked(params={"tools": [WEATHER], "tool_choice": "none"})

    assert "tools" not in wrote(request, AT)
    assert 1 == len(sent(request).notes)
    assert "tool_choice" not in wrote(asked(params={"tools": [WEATHER], "tool_choice": "auto"}), AT)


REFUSED: list[tuple[Params, dict[str, Any], str]] = [
    ({"tools": [WEATHER], "tool_choice": "required"}, {}, "tool_choice"),
    ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}}, {}, "tool_choice"),
    ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, {}, "tools.custom"),
    ({"tools": [{"type": "web_search"}]}, {}, "tools.web_search"),
    ({"n": 2}, {}, "n"),
    ({"logit_bias": {"1": 2}}, {}, "logit_bias"),
    ({"parallel_tool_calls": False}, {}, "parallel_tool_calls"),
    ({"user": "u"}, {}, "user"),
    ({"reasoning_budget": 9}, {}, "reasoning_budget"),
    ({"response_format": {"type": "grammar"}}, {}, "response_format"),
    ({"reasoning_effort": "mad"}, {}, "reasoning_effort"),
    ({}, {"safety_identifier": "s"}, "safety_identifier"),
]


@pytest.mark.parametrize(("params", "other", "name"), REFUSED)
def test_a_parameter_ollama_lacks_is_an_error_that_names_it(params: Params, other: dict[str, Any], name: str) -> None:
    request = asked(params=params, **other)

    assert (name,) == speaker(AT).unsupported(request, AT)
    with pytest.raises(UnsupportedParameterError, match="cannot take") as caught:
        sent(request)
    assert name == caught.value.param


@pytest.mark.parametrize(("params", "other", "name"), REFUSED)
def test_a_parameter_is_dropped_only_with_a_note(params: Params, other: dict[str, Any], name: str) -> None:
    at = target("ollama", unsupported="drop")
    outgoing = speaker(at).write(asked(params=params, **other), at)
    body = wrote(asked(params=params, **other), at)

    assert f"dropped: {name} (ollama does not take it)" in outgoing.notes
    assert name not in body
    assert not any(tool["type"] != "function" for tool in body.get("tools", ()))


def test_a_parameter_is_passed_on_where_the_manifest_says_so() -> None:
    params: Params = {"n": 2, "tool_choice": "required", "tools": [WEATHER, {"type": "web_search"}]}
    body = wrote(
        asked(params=params, mystery=1),
        target("ollama", unsupported="pass"),
    )

    assert (2, "required", 1) == (body["n"], body["tool_choice"], body["mystery"])
    assert ["function", "web_search"] == [tool["type"] for tool in body["tools"]]


def test_values_that_change_nothing_are_no_error() -> None:
    params: Params = {"n": 1, "logit_bias": {}, "parallel_tool_calls": True, "store": False, "service_tier": "auto"}

    assert {"model", "messages", "stream"} == wrote(asked(params=params), AT).keys()


def test_log_probabilities_are_asked_for() -> None:
    body = wrote(asked(params={"logprobs": True, "top_logprobs": 3}), AT)

    assert (True, 3) == (body["logprobs"], body["top_logprobs"])


def test_system_messages_stay_where_they_are() -> None:
    roles = [
        message["role"]
        for message in messages(said("system", "a"), said("user", "b"), said("developer", "c"), said("user", "d"))
    ]

    assert ["system", "user", "system", "user"] == roles


def test_texts_are_joined_and_images_stand_beside_them() -> None:
    image = Image(data=PIXEL, media_type="image/png")

    assert [{"role": "user", "content": "What is this?", "images": [PIXEL]}] == messages(
        said("user", "What is ", image, "this?")
    )


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Image(url="https://x.example/a.png"), "messages[0].image.url"),
        (Audio(data="aGk=", format="wav"), "messages[0].audio"),
        (File(data="aGk=", media_type="application/pdf"), "messages[0].file"),
        (Opaque("openai-chat", {"type": "odd"}), "messages[0].odd"),
        (ToolResult("c", (Text("t"), Image(data=PIXEL))), "messages[0].tool_result.image"),
    ],
)
def test_a_part_ollama_lacks_is_an_error_that_names_its_place(part: Part, name: str) -> None:
    request = asked(said("user", "a", part))
    at = target("ollama", unsupported="drop")

    assert (name,) == speaker(AT).unsupported(request, AT)
    assert "images" not in wrote(request, at)["messages"][-1]
    assert (f"dropped: {name} (ollama does not take it)",) == speaker(at).write(request, at).notes


def test_names_are_refused_but_for_a_tools() -> None:
    named = asked(Message("user", (Text("a"),), name="bob"), Message("tool", (ToolResult("c", ()),), name="f"))

    assert ("messages[0].name",) == speaker(AT).unsupported(named, AT)


def test_calls_carry_objects_and_results_the_tools_name_even_out_of_order() -> None:
    found = messages(
        said("user", "hi"),
        said("assistant", ToolCall("c1", "weather", '{"city":"Rome"}'), ToolCall("c2", "now", "{}")),
        said("tool", ToolResult("c2", (Text("noon"),))),
        said("tool", ToolResult("c1", (Text("21"), Text(" C")))),
    )

    assert [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c1", "function": {"name": "weather", "arguments": {"city": "Rome"}}},
                {"id": "c2", "function": {"name": "now", "arguments": {}}},
            ],
        },
        {"role": "tool", "content": "noon", "tool_call_id": "c2", "tool_name": "now"},
        {"role": "tool", "content": "21 C", "tool_call_id": "c1", "tool_name": "weather"},
    ] == found[1:]


def test_results_in_a_users_turn_come_before_what_the_user_says() -> None:
    found = messages(said("user", ToolResult("c", (Text("r"),)), "and now?"))

    assert [("tool", "r"), ("user", "and now?")] == [(message["role"], message["content"]) for message in found]


def test_a_failed_tools_result_says_so_in_its_text() -> None:
    request = asked(said("tool", ToolResult("c", (Text("no such city"),), is_error=True)))

    assert "Error: no such city" == wrote(request, AT)["messages"][0]["content"]
    assert ["changed: messages[0]"] == [note.partition(" (")[0] for note in sent(request).notes]


def test_free_text_for_a_custom_tool_is_wrapped() -> None:
    call = ToolCall("c", "sh", "ls -l", "custom")

    assert {"input": "ls -l"} == messages(said("assistant", call))[0]["tool_calls"][0]["function"]["arguments"]


@pytest.mark.parametrize("arguments", ['{"a":', "[93]", "93"])
def test_arguments_that_are_no_object_are_an_error_that_names_the_place(arguments: str) -> None:
    with pytest.raises(BadRequestError, match=r"messages\[1\]\.tool_calls") as caught:
        messages(said("user", "hi"), said("assistant", ToolCall("c", "f", arguments)))

    assert arguments not in str(caught.value)


def test_thinking_goes_back_beside_the_text() -> None:
    request = asked(said("assistant", Reasoning("mine", issuer=AT.id), "a"))

    assert [{"role": "assistant", "content": "a", "thinking": "mine"}] == wrote(request, AT)["messages"]


def test_a_refusal_is_text_and_nothing_stays_nothing() -> None:
    assert ["no", ""] == [
        message["content"] for message in messages(said("assistant", Refusal("no")), said("assistant"))
    ]


def test_a_request_in_ollamas_own_words_is_sent_as_it_is() -> None:
    body = {"model": "x", "messages": [{"role": "user", "content": "hi", "odd": 1}], "raw": True}
    request = Request("ollama-chat", "x", (said("user", "hi"),), {}, False, body)

    assert {**body, "model": "m-1", "stream": False} == wrote(request, target("ollama"))
