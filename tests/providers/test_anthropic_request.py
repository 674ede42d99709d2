"""Anthropic's Messages dialect, written from canonical form."""

import base64
import copy
import json
from typing import Any

import pytest
from tests.providers.provider_kit import (
    asked,
    said,
    speaker,
    target,
    wrote,
)

from aigw import errors as e
from aigw.providers.anthropic.models import version
from aigw.types.parts import Audio, File, Image, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params

AT = target("anthropic", "claude-sonnet-4-5")
NEW = target("anthropic", "claude-opus-5-5")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 30).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"0" * 30).decode()
PDF = base64.b64encode(b"%PDF-1.4" + b"0" * 30).decode()
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {"properties": {}}, "strict": True},
}


def turns(*messages: Message) -> Any:
    return wrote(asked(*messages), AT)["messages"]


def notes(*messages: Message, **params: Any) -> tuple[str, ...]:
    return speaker(AT).write(asked(*messages, params=params), AT).notes  # type: ignore[arg-type]


def test_a_request_says_all_that_anthropic_requires() -> None:
    outgoing = speaker(AT).write(asked(said("user", "hi")), AT).request

    assert {
        "model": "claude-sonnet-4-5",
        "max_tokens": 16384,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    } == json.loads(outgoing.body)
    assert "2023-06-01" == dict(outgoing.headers)["anthropic-version"]


def test_leading_system_messages_go_to_system_and_later_ones_stay_in_place_marked() -> None:
    body = wrote(
        asked(
            said("system", "a"),
            said("developer", "b"),
            said("user", "u"),
            said("assistant", "v"),
            said("system", "c"),
            said("user", "w"),
        ),
        AT,
    )

    assert ["a", "b"] == [block["text"] for block in body["system"]]
    assert ["u", "v", "<system>\nc\n</system>", "w"] == [
        block["text"] for turn in body["messages"] for block in turn["content"]
    ]
    assert ["user", "assistant", "user"] == [turn["role"] for turn in body["messages"]]


def test_neighbours_of_one_role_become_one_turn_without_loss() -> None:
    written = turns(
        said("user", "a"),
        said("user", "b", Image(data=PNG, media_type="image/png")),
        said("assistant", "c"),
        said("assistant", "d"),
        said("user", "e"),
    )

    assert [("user", 3), ("assistant", 2), ("user", 1)] == [(turn["role"], len(turn["content"])) for turn in written]


def test_empty_and_blank_text_is_left_out_and_nothing_at_all_is_a_request_error() -> None:
    assert [{"type": "tool_use", "id": "a", "name": "f", "input": {}}] == turns(
        said("user", "x"), said("assistant", "", ToolCall("a", "f", "{}"))
    )[1]["content"]
    assert ["user"] == [turn["role"] for turn in turns(said("user", "a"), said("assistant", " "), said("user", "b"))]
    with pytest.raises(e.BadRequestError, match="at least one message with content"):
        turns(said("system", "only"), said("user", " "))


def test_tool_results_come_first_in_one_turn_in_any_order_the_caller_gave() -> None:
    written = turns(
        said("user", "go"),
        said("assistant", ToolCall("a", "f", '{"x":1}'), "calling", ToolCall("b", "g", "{}"), ToolCall("c", "g", "{}")),
        said("tool", ToolResult("b", (Text("2"),))),
        said("user", "by the way"),
        said("tool", ToolResult("a", (Text("1"),), is_error=True)),
        said("tool", ToolResult("c", ())),
    )

    assert ["text", "tool_use", "tool_use", "tool_use"] == [block["type"] for block in written[1]["content"]]
    assert [
        {"type": "tool_result", "tool_use_id": "b", "content": "2"},
        {"type": "tool_result", "tool_use_id": "a", "content": "1", "is_error": True},
        {"type": "tool_result", "tool_use_id": "c"},
        {"type": "text", "text": "by the way"},
    ] == written[2]["content"]
    assert 3 == len(written)


def test_a_tool_result_without_its_call_is_dropped_with_a_note() -> None:
    messages = (said("user", "a"), said("tool", ToolResult("x", (Text("1"),))), said("user", "b"))

    assert ["a", "b"] == [block["text"] for block in turns(*messages)[0]["content"]]
    assert ("dropped: a tool result without its call in the turn before",) == notes(*messages)


def test_illegal_tool_ids_are_translated_the_same_way_on_both_sides() -> None:
    call, result = turns(
        said("user", "a"),
        said("assistant", ToolCall("a:b/c", "f", "{}")),
        said("tool", ToolResult("a:b/c", (Text("1"),))),
    )[1:]

    assert call["content"][0]["id"] == result["content"][0]["tool_use_id"]
    assert call["content"][0]["id"].replace("_", "").isalnum()


def test_tools_of_the_history_are_declared_where_the_caller_offers_none() -> None:
    body = wrote(
        asked(
            said("user", "a"), said("assistant", ToolCall("a", "f", "{}")), said("tool", ToolResult("a", (Text("1"),)))
        ),
        AT,
    )

    assert [{"name": "f", "input_schema": {"type": "object"}}] == body["tools"]
    assert {"type": "none"} == body["tool_choice"]


def test_broken_arguments_in_the_history_are_a_request_error_that_names_the_tool() -> None:
    with pytest.raises(e.BadRequestError, match="arguments of 'f' are not a JSON object"):
        turns(said("user", "a"), said("assistant", ToolCall("a", "f", '{"x": ')))


def test_images_and_documents_of_all_sources() -> None:
    blocks = turns(
        said(
            "user",
            Image(url="https://x/y.png"),
            Image(data=PNG, media_type="image/png"),
            Image(data=JPEG, media_type="image/png"),
            File(data=PDF, filename="a.pdf"),
            File(data=base64.b64encode(b"plain").decode(), media_type="text/plain"),
            File(url="https://x/y.pdf"),
        )
    )[0]["content"]

    assert [
        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": JPEG}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "plain"}},
        {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}},
    ] == blocks


def test_parts_anthropic_has_no_block_for_are_named_refused_or_dropped_with_a_note() -> None:
    request = asked(
        said(
            "user",
            "hi",
            Audio(data="QUJD", format="wav"),
            Image(data="QUJD", media_type="image/tiff"),
            File(file_id="f"),
        ),
        said("user", Opaque("openai-chat", {"type": "document_url"})),
    )
    names = ("messages[0].audio", "messages[0].image", "messages[0].file_id", "messages[1].document_url")
    drop = target("anthropic", "claude-sonnet-4-5", "drop")
    outgoing = speaker(drop).write(request, drop)

    assert names == speaker(AT).unsupported(request, AT)
    with pytest.raises(e.UnsupportedParameterError, match=r"messages\[0\].audio"):
        wrote(request, AT)
    assert names == tuple(note.split()[1] for note in outgoing.notes)
    assert [{"type": "text", "text": "hi"}] == json.loads(outgoing.request.body)["messages"][0]["content"]


def test_thinking_goes_back_unmodified_and_first_if_it_is_signed() -> None:
    messages = (
        said("user", "q"),
        said(
            "assistant",
            "text",
            Reasoning(" a ", "sig", issuer=AT.id),
            Reasoning("", encrypted="enc", issuer=AT.id),
            Reasoning("c"),
            ToolCall("t", "f", "{}"),
        ),
    )

    assert [
        {"type": "thinking", "thinking": " a ", "signature": "sig"},
        {"type": "redacted_thinking", "data": "enc"},
        {"type": "text", "text": "text"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    ] == turns(*messages)[1]["content"]
    assert [
        "stripped: reasoning of messages[1] (it has no signature, so it cannot be sent back)",
    ] == [note for note in notes(*messages) if note.startswith("stripped")]


def test_a_prefill_ends_without_white_space() -> None:
    assert "The answer:" == turns(said("user", "q"), said("assistant", "The answer: "))[1]["content"][0]["text"]


def test_refusals_and_server_blocks_travel_and_cache_control_stays() -> None:
    block = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    written = turns(
        Message("user", (Text("q", {"cache_control": {"type": "ephemeral"}, "other": 1}),)),
        said("assistant", Opaque("anthropic-messages", block), Refusal("no")),
    )

    assert {"type": "text", "text": "q", "cache_control": {"type": "ephemeral"}} == written[0]["content"][0]
    assert [block, {"type": "text", "text": "no"}] == written[1]["content"]


PARAMS: list[tuple[Params, dict[str, Any]]] = [
    ({"max_tokens": 5}, {"max_tokens": 5}),
    ({"temperature": 0.5, "top_k": 3}, {"temperature": 0.5, "top_k": 3}),
    ({"top_p": 0.9}, {"top_p": 0.9}),
    ({"stop": ["x", "y"]}, {"stop_sequences": ["x", "y"]}),
    ({"n": 1, "frequency_penalty": 0, "logprobs": False, "store": False}, {}),
    (
        {"tools": [TOOL]},
        {
            "tools": [
                {
                    "name": "f",
                    "description": "d",
                    "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
                    "strict": True,
                }
            ]
        },
    ),
    ({"tools": [TOOL], "tool_choice": "auto"}, {"tool_choice": {"type": "auto"}}),
    ({"tools": [TOOL], "tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
    ({"tools": [TOOL], "tool_choice": "none"}, {"tool_choice": {"type": "none"}}),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tool_choice": {"type": "tool", "name": "f"}},
    ),
    (
        {"tools": [TOOL], "parallel_tool_calls": False},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    ),
    (
        {"tools": [TOOL], "parallel_tool_calls": False, "tool_choice": "required"},
        {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
    ),
    ({"parallel_tool_calls": False}, {}),
    (
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    ),
    ({"user": "u-1"}, {"metadata": {"user_id": "u-1"}}),
    ({"user": "bob@example.com"}, {}),
    ({"user": "+49 170 1234567"}, {}),
    ({"metadata": {"user_id": "m"}}, {"metadata": {"user_id": "m"}}),
    ({"service_tier": "default"}, {"service_tier": "standard_only"}),
    ({"response_format": {"type": "text"}}, {}),
    ({"reasoning_effort": "medium"}, {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
    ({"reasoning_effort": "minimal", "max_tokens": 1100}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ({"reasoning_effort": "max", "max_tokens": 5000}, {"thinking": {"type": "enabled", "budget_tokens": 4999}}),
    ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
]


@pytest.mark.parametrize(("params", "expected"), PARAMS)
def test_parameters_are_written_in_anthropics_words(params: Params, expected: dict[str, Any]) -> None:
    body = wrote(asked(params=params), AT)
    always = {"model", "messages", "max_tokens"}

    assert expected.items() <= body.items()
    assert (body.keys() - always - {"tools"}) == (expected.keys() - always - {"tools"})


def test_newer_models_think_adaptively_with_an_effort() -> None:
    body = wrote(asked(params={"reasoning_effort": "minimal"}), NEW)

    assert {"type": "adaptive"} == body["thinking"]
    assert {"effort": "low"} == body["output_config"]


def test_a_schema_is_closed_on_a_copy_and_the_callers_stays_as_it_was() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {}}},
        "$defs": {"b": {"type": "object", "additionalProperties": True}},
    }
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    before = copy.deepcopy(form)
    body = wrote(asked(params={"response_format": form, "reasoning_effort": "low"}), NEW)
    closed = body["output_config"]["format"]["schema"]

    assert before == form
    assert "low" == body["output_config"]["effort"]
    assert (False, False, False) == (
        closed["additionalProperties"],
        closed["properties"]["a"]["additionalProperties"],
        closed["$defs"]["b"]["additionalProperties"],
    )


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"n": 2}, "n"),
        ({"seed": 1}, "seed"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"1": 1}}, "logit_bias"),
        ({"presence_penalty": 0.1}, "presence_penalty"),
        ({"temperature": 1.5}, "temperature"),
        ({"temperature": 0.5, "top_p": 0.9}, "top_p"),
        ({"stop": ["\n\n"]}, "stop"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort"),
        ({"reasoning_effort": "high", "max_tokens": 100}, "reasoning_effort"),
        ({"metadata": {"a": "b"}}, "metadata"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"prediction": {"type": "content"}}, "prediction"),
        ({"verbosity": "low"}, "verbosity"),
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools.custom"),
        ({"tools": [{"type": "function", "function": {"name": "a.b"}}]}, "tools[0]"),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
    ],
)
def test_what_anthropic_cannot_take_is_refused_or_dropped_with_a_note(params: Params, name: str) -> None:
    drop = target("anthropic", "claude-sonnet-4-5", "drop")
    outgoing = speaker(drop).write(asked(params=params), drop)

    assert (name,) == speaker(AT).unsupported(asked(params=params), AT)
    with pytest.raises(e.UnsupportedParameterError) as caught:
        wrote(asked(params=params), AT)
    assert name == caught.value.param
    assert f"dropped: {name} (anthropic does not take it)" in outgoing.notes
    assert name not in json.loads(outgoing.request.body)


def test_sampling_is_refused_where_the_model_no_longer_takes_it() -> None:
    assert ("temperature",) == speaker(NEW).unsupported(asked(params={"temperature": 0.0}), NEW)
    assert () == speaker(AT).unsupported(asked(params={"temperature": 0.0}), AT)


def test_anthropics_own_parameters_pass_and_others_are_named() -> None:
    request = asked(top_k=3, thinking={"type": "adaptive"}, betas=["b-1", "b-2"], min_p=0.1)

    assert ("min_p",) == speaker(AT).unsupported(request, AT)
    outgoing = speaker(AT).write(asked(top_k=3, thinking={"type": "adaptive"}, betas=["b-1", "b-2"]), AT)
    body = json.loads(outgoing.request.body)
    assert (3, {"type": "adaptive"}) == (body["top_k"], body["thinking"])
    assert "betas" not in body
    assert "b-1,b-2" == dict(outgoing.request.headers)["anthropic-beta"]


def test_pass_gives_an_unknown_effort_the_budget_of_a_high_one_and_says_so() -> None:
    at = target("anthropic", "claude-sonnet-4-5", "pass")
    outgoing = speaker(at).write(asked(params={"reasoning_effort": "odd"}), at)

    assert {"type": "enabled", "budget_tokens": 4096} == json.loads(outgoing.request.body)["thinking"]
    assert ["changed: reasoning_effort"] == [note.partition(" (")[0] for note in outgoing.notes]


def test_the_choice_of_a_tool_that_is_not_there_is_dropped_with_a_note() -> None:
    choice = {"type": "function", "function": {"name": "f"}}

    assert ("dropped: tool_choice (there are no tools)",) == notes(said("user", "hi"), tool_choice=choice)


def test_pass_hands_unknown_parameters_on() -> None:
    assert 0.1 == wrote(asked(min_p=0.1), target("anthropic", "claude-x", "pass"))["min_p"]


def test_the_manifests_parameters_win() -> None:
    at = target("anthropic", "claude-sonnet-4-5", max_tokens=9, top_k=2)
    outgoing = speaker(at).write(asked(params={"max_tokens": 5}), at)

    assert {"max_tokens": 9, "top_k": 2}.items() <= json.loads(outgoing.request.body).items()
    assert ("overridden: max_tokens (the manifest sets it for anthropic/claude-sonnet-4-5)",) == outgoing.notes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude-3-haiku-20240307", (3, 0)),
        ("claude-3-5-sonnet-20241022", (3, 5)),
        ("claude-sonnet-4-20250514", (4, 0)),
        ("claude-opus-4-5-20251101", (4, 5)),
        ("claude-opus-4-8", (4, 8)),
        ("claude-opus-5", (5, 0)),
        ("us.anthropic.claude-sonnet-4-6-v1:0", (4, 6)),
        ("anything", (99, 0)),
    ],
)
def test_versions_are_read_from_names(name: str, expected: tuple[int, int]) -> None:
    assert expected == version(name)


@pytest.mark.parametrize(
    ("model", "roles"),
    [
        ("claude-opus-4-8", ["user", "system", "assistant", "user"]),
        ("claude-sonnet-4-5", ["user", "assistant", "user"]),
    ],
)
def test_a_late_system_message_stays_one_where_the_model_takes_it(model: str, roles: list[str]) -> None:
    at = target("anthropic", model)
    messages = (said("user", "a"), said("system", "s"), said("assistant", "b"), said("system", "t"), said("user", "c"))
    written = wrote(asked(*messages), at)["messages"]

    assert roles == [turn["role"] for turn in written]
    assert "<system>\nt\n</system>" == written[-1]["content"][0]["text"]


def test_a_late_system_message_never_parts_a_call_from_its_result() -> None:
    at = target("anthropic", "claude-opus-4-8")
    calls = said("assistant", ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}"))
    one, two = said("tool", ToolResult("a", (Text("1"),))), said("tool", ToolResult("b", (Text("2"),)))
    written = wrote(asked(said("user", "q"), calls, one, said("system", "s"), two), at)["messages"]

    assert ["tool_result", "tool_result", "text"] == [block["type"] for block in written[-1]["content"]]


@pytest.mark.parametrize(
    ("model", "params", "expected", "noted"),
    [
        ("claude-sonnet-4-5", {"reasoning_budget": 3000}, {"type": "enabled", "budget_tokens": 3000}, False),
        ("claude-sonnet-4-5", {"reasoning_budget": 5}, {"type": "enabled", "budget_tokens": 1024}, True),
        (
            "claude-sonnet-4-5",
            {"reasoning_budget": 9000, "max_tokens": 5000},
            {"type": "enabled", "budget_tokens": 4999},
            True,
        ),
        ("claude-sonnet-4-5", {"reasoning_budget": 0}, {"type": "disabled"}, False),
        ("claude-opus-5-5", {"reasoning_budget": 3000}, {"type": "adaptive"}, True),
        ("claude-opus-5-5", {"reasoning_budget": -1}, {"type": "adaptive"}, False),
    ],
)
def test_a_budget_to_think_within_is_one_the_model_takes(
    model: str, params: Params, expected: dict[str, Any], noted: bool
) -> None:
    at = target("anthropic", model)
    outgoing = speaker(at).write(asked(params=params), at)
    body = json.loads(outgoing.request.body)

    assert expected == body["thinking"]
    assert body["max_tokens"] > body["thinking"].get("budget_tokens", 0)
    assert noted == any(note.startswith("changed: reasoning_budget") for note in outgoing.notes)


def test_a_budget_without_room_in_the_answer_is_named() -> None:
    assert ("reasoning_budget",) == speaker(AT).unsupported(
        asked(params={"reasoning_budget": 2000, "max_tokens": 100}), AT
    )


def test_a_server_tool_of_another_provider_is_named_by_its_type() -> None:
    tools = [
        {"type": "web_search"},
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "mcp", "name": "m"},
    ]

    assert ("tools.web_search", "tools.mcp") == speaker(AT).unsupported(asked(params={"tools": tools}), AT)
