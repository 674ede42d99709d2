"""What is sent to Cohere. Forms are those of https://docs.cohere.com/reference/chat."""

from typing import Any

import pytest
from tests.providers.provider_kit import asked, said, speaker, target, wrote

from aigw.errors import UnsupportedParameterError
from aigw.protocols import Outgoing
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request

AT = target("cohere", "command-a-03-2025")
WEATHER = {"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object"}}}
NOW = {"type": "function", "function": {"name": "now", "strict": True}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FORM = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}


def sent(request: Request) -> Outgoing:
    """What goes out."""
    return speaker(AT).write(request, AT)


def messages(*conversation: Message) -> list[dict[str, Any]]:
    """The messages on the wire."""
    found = wrote(asked(*conversation), AT)["messages"]
    assert isinstance(found, list)
    return found


def body(params: Params | None = None, **other: Any) -> dict[str, Any]:
    """The body on the wire."""
    return wrote(asked(params=params, **other), AT)


def test_the_smallest_request() -> None:
    outgoing = sent(asked())

    assert {
        "model": "command-a-03-2025",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": False,
    } == wrote(asked(), AT)
    assert ("POST", "https://api.cohere.com/v2/chat") == (outgoing.request.method, outgoing.request.url)
    assert wrote(asked(stream=True), AT)["stream"] is True


def test_parameters_have_coheres_names() -> None:
    params: Params = {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "seed": 1,
        "stop": ["a", "b"],
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "logprobs": True,
    }

    assert {
        "max_tokens": 9,
        "temperature": 0.5,
        "p": 0.9,
        "k": 40,
        "seed": 1,
        "stop_sequences": ["a", "b"],
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "logprobs": True,
    }.items() <= body(params).items()


def test_coheres_own_words_pass_and_win() -> None:
    own: dict[str, Any] = {
        "documents": ["a", {"id": "d", "data": {"t": "x"}}],
        "citation_options": {"mode": "FAST"},
        "safety_mode": "STRICT",
        "priority": 1,
        "thinking": {"type": "disabled"},
        "p": 0.5,
    }

    assert own.items() <= body({"top_p": 0.9, "reasoning_effort": "high"}, **own).items()


@pytest.mark.parametrize(("value", "near"), [(1, 0.99), (0, 0.01), (0.99, 0.99)])
def test_a_top_p_at_its_ends_is_moved_with_a_note(value: float, near: float) -> None:
    request = asked(params={"top_p": value})

    assert near == wrote(request, AT)["p"]
    assert (value != near) == bool(sent(request).notes)


@pytest.mark.parametrize(
    ("params", "thinking"),
    [
        ({"reasoning_effort": "none"}, {"type": "disabled"}),
        ({"reasoning_effort": "low"}, {"type": "enabled", "token_budget": 1024}),
        ({"reasoning_effort": "high", "max_tokens": 500}, {"type": "enabled", "token_budget": 499}),
        ({"reasoning_effort": "low", "reasoning_budget": 77}, {"type": "enabled", "token_budget": 77}),
        ({"reasoning_budget": 0}, {"type": "disabled"}),
        ({"reasoning_budget": -1}, {"type": "enabled"}),
    ],
)
def test_efforts_become_budgets(params: Params, thinking: dict[str, object]) -> None:
    assert thinking == body(params)["thinking"]


def test_formats_are_json_with_or_without_a_schema() -> None:
    assert {"type": "json_object", "json_schema": SCHEMA} == body({"response_format": FORM})["response_format"]
    assert {"type": "json_object"} == body({"response_format": {"type": "json_object"}})["response_format"]
    assert "response_format" not in body({"response_format": {"type": "text"}})


def test_functions_are_strict_all_or_none() -> None:
    request = asked(params={"tools": [WEATHER, NOW]})
    found = wrote(request, AT)

    assert [
        WEATHER,
        {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
    ] == found["tools"]
    assert found["strict_tools"] is True
    assert ["changed: tools.strict"] == [note.partition(" (")[0] for note in sent(request).notes]
    assert () == sent(asked(params={"tools": [NOW]})).notes
    assert "strict_tools" not in body({"tools": [WEATHER]})


@pytest.mark.parametrize(("choice", "word"), [("required", "REQUIRED"), ("none", "NONE"), ("auto", None)])
def test_choices_are_coheres_words(choice: str, word: str | None) -> None:
    assert word == body({"tools": [WEATHER], "tool_choice": choice}).get("tool_choice")


def test_a_named_tool_is_the_only_one_and_required() -> None:
    request = asked(
        params={"tools": [WEATHER, NOW], "tool_choice": {"type": "function", "function": {"name": "weather"}}}
    )
    found = wrote(request, AT)

    assert ([WEATHER], "REQUIRED") == (found["tools"], found["tool_choice"])
    assert 1 == len(sent(request).notes)


def test_a_choice_without_tools_is_dropped_with_a_note() -> None:
    request = asked(params={"tool_choice": "required"})

    assert "tool_choice" not in wrote(request, AT)
    assert ("dropped: tool_choice (there are no tools)",) == sent(request).notes


REFUSED: list[tuple[Params, dict[str, Any], str]] = [
    ({"n": 2}, {}, "n"),
    ({"logit_bias": {"1": 2}}, {}, "logit_bias"),
    ({"user": "u"}, {}, "user"),
    ({"parallel_tool_calls": False}, {}, "parallel_tool_calls"),
    ({"top_logprobs": 2}, {}, "top_logprobs"),
    ({"presence_penalty": -1}, {}, "presence_penalty"),
    ({"top_p": 1.5}, {}, "top_p"),
    ({"stop": list("abcdef")}, {}, "stop"),
    ({"reasoning_effort": "mad"}, {}, "reasoning_effort"),
    ({"response_format": FORM, "tools": [WEATHER]}, {}, "response_format"),
    ({"response_format": FORM}, {"documents": ["a"]}, "response_format"),
    ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "x"}}}, {}, "tool_choice"),
    ({"tools": [WEATHER, {"type": "custom", "custom": {"name": "f"}}]}, {}, "tools.custom"),
    ({}, {"web_search_options": {}}, "web_search_options"),
]


@pytest.mark.parametrize(("params", "other", "name"), REFUSED)
def test_a_parameter_cohere_lacks_is_an_error_that_names_it(params: Params, other: dict[str, Any], name: str) -> None:
    request = asked(params=params, **other)

    assert (name,) == speaker(AT).unsupported(request, AT)
    with pytest.raises(UnsupportedParameterError, match="cannot take") as caught:
        sent(request)
    assert name == caught.value.param


@pytest.mark.parametrize(("params", "other", "name"), REFUSED)
def test_a_parameter_is_dropped_only_with_a_note(params: Params, other: dict[str, Any], name: str) -> None:
    at = target("cohere", unsupported="drop")
    found = wrote(asked(params=params, **other), at)

    assert f"dropped: {name} (cohere does not take it)" in speaker(at).write(asked(params=params, **other), at).notes
    assert name not in found
    assert all(tool["type"] == "function" for tool in found.get("tools", ()))


def test_a_parameter_is_passed_on_where_the_manifest_says_so() -> None:
    params: Params = {"n": 2, "tools": [WEATHER, {"type": "web_search"}]}
    found = wrote(asked(params=params, mystery=1), target("cohere", unsupported="pass"))

    assert (2, 1) == (found["n"], found["mystery"])
    assert ["function", "web_search"] == [tool["type"] for tool in found["tools"]]


def test_roles_keep_their_places_and_developers_become_system() -> None:
    roles = [one["role"] for one in messages(said("system", "a"), said("user", "b"), said("developer", "c"))]

    assert ["system", "user", "system"] == roles


def test_images_are_blocks_by_url_or_by_content() -> None:
    found = messages(
        said(
            "user",
            "What is this?",
            Image(url="https://x.example/a.png", detail="low"),
            Image(data="aGk=", media_type="image/png"),
        )
    )

    assert [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ] == found[0]["content"]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Audio(data="aGk=", format="wav"), "messages[0].audio"),
        (File(data="aGk=", media_type="application/pdf"), "messages[0].file"),
        (Opaque("openai-chat", {"type": "odd"}), "messages[0].odd"),
        (ToolResult("c", (Text("t"), Image(data="aGk="))), "messages[0].tool_result.image"),
    ],
)
def test_a_part_cohere_lacks_is_an_error_that_names_its_place(part: Part, name: str) -> None:
    request = asked(said("user", "a", part))
    at = target("cohere", unsupported="drop")

    assert (name,) == speaker(AT).unsupported(request, AT)
    assert (f"dropped: {name} (cohere does not take it)",) == speaker(at).write(request, at).notes
    assert wrote(request, at)["messages"][-1] == {"role": "user", "content": "a"}


def test_what_is_said_before_calls_is_their_plan() -> None:
    call = ToolCall("c1", "weather", '{"city":"Rome"}')
    wire = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}

    assert [{"role": "assistant", "tool_plan": "I will look.", "tool_calls": [wire]}] == messages(
        said("assistant", "I will look.", call)
    )
    assert [{"role": "assistant", "tool_calls": [wire]}] == messages(said("assistant", "", call))


def test_a_plan_comes_back_as_the_plan_it_was_and_not_as_thinking_too() -> None:
    call = ToolCall("c1", "now", "{}")
    message = Message(
        "assistant", (Reasoning("Hm. I will look."), Text("So."), call), extra={"tool_plan": "I will look."}
    )

    assert {
        "role": "assistant",
        "tool_plan": "I will look.",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
        "content": [{"type": "thinking", "thinking": "Hm. "}, {"type": "text", "text": "So."}],
    } == messages(message)[0]


def test_thinking_goes_back_as_a_block_before_the_text() -> None:
    request = asked(said("assistant", Reasoning("mine", issuer=AT.id), "a"))

    assert [{"type": "thinking", "thinking": "mine"}, {"type": "text", "text": "a"}] == wrote(request, AT)["messages"][
        0
    ]["content"]


def test_citations_come_back_without_our_numbers() -> None:
    message = Message("assistant", (Text("21"),), extra={"citations": [{"index": 0, "start": 0, "end": 2}]})

    assert [{"role": "assistant", "content": "21", "citations": [{"start": 0, "end": 2}]}] == messages(message)


def test_an_assistant_that_says_nothing_is_left_out_and_a_refusal_is_text() -> None:
    assert [{"role": "assistant", "content": "no"}] == messages(said("assistant"), said("assistant", Refusal("no")))


def test_results_are_texts_or_documents() -> None:
    document = {"type": "document", "document": {"id": "1", "data": {"city": "Rome"}}}
    found = messages(
        said("tool", ToolResult("c1", (Text("21"), Text(" C")))),
        said("tool", ToolResult("c2", ()), Opaque("openai-chat", document)),
        said("tool", ToolResult("c3", (Text("broken"),), is_error=True)),
    )

    assert [
        {"role": "tool", "tool_call_id": "c1", "content": "21 C"},
        {"role": "tool", "tool_call_id": "c2", "content": [document]},
        {"role": "tool", "tool_call_id": "c3", "content": "Error: broken"},
    ] == found


def test_results_in_a_users_turn_come_before_what_the_user_says() -> None:
    found = messages(said("user", ToolResult("c", (Text("r"),)), "and now?"))

    assert [("tool", "r"), ("user", "and now?")] == [(one["role"], one["content"]) for one in found]


def test_free_text_for_a_custom_tool_is_wrapped() -> None:
    call = ToolCall("c", "sh", "ls", "custom")

    assert '{"input": "ls"}' == messages(said("assistant", call))[0]["tool_calls"][0]["function"]["arguments"]


def test_the_manifests_parameters_win_and_say_so_where_they_override() -> None:
    at = target("cohere", temperature=0.5, safety_mode="OFF")
    outgoing = speaker(at).write(asked(params={"temperature": 1.0}), at)

    assert (0.5, "OFF") == (
        wrote(asked(params={"temperature": 1.0}), at)["temperature"],
        wrote(asked(), at)["safety_mode"],
    )
    assert ("overridden: temperature (the manifest sets it for cohere/m-1)",) == outgoing.notes


def test_a_request_in_coheres_own_words_is_sent_as_it_is() -> None:
    verbatim = {"model": "x", "messages": [{"role": "user", "content": "hi", "odd": 1}], "future": True}
    request = Request("cohere-chat", "x", (said("user", "hi"),), {}, False, verbatim)

    assert {**verbatim, "model": "m-1", "stream": False} == wrote(request, target("cohere"))


@pytest.mark.parametrize("block", [{"type": "text"}, {"type": "text", "text": None}, {"odd": 1}])
def test_pass_hands_on_a_block_that_says_it_is_text_and_has_none(block: dict[str, object]) -> None:
    at, odd = target("cohere", unsupported="pass"), Opaque("other", block)
    turns = [said("user", odd), said("assistant", odd), said("assistant", odd, ToolCall("c", "f", "{}"))]

    assert [[block]] * 3 == [turn["content"] for turn in wrote(asked(*turns), at)["messages"]]  # type: ignore[union-attr]
