"""The arguments of `messages`, read into a canonical request."""

import base64
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import AigwError, BadRequestError, UnexpectedArgumentError
from aigw.surfaces.messages.request import ask, ask_count
from aigw.types.messages import Message as Answered
from aigw.types.operation import Operation
from aigw.types.parts import File, Image, Opaque, Reasoning, Text, ToolCall, ToolResult
from aigw.types.request import Request

HELLO: dict[str, Any] = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
CACHE = {"type": "ephemeral"}


def asked(**params: Any) -> Request:
    return ask({**HELLO, **params}).request


def parts(role: str, *blocks: Any) -> tuple[Any, ...]:
    return asked(messages=[{"role": role, "content": list(blocks)}]).messages[0].parts


def test_a_request_keeps_its_body_word_for_word() -> None:
    body = {**HELLO, "system": "Be kind.", "temperature": None, "of_tomorrow": {"a": [1, None]}}
    request = asked(system="Be kind.", temperature=None, extra_body={"of_tomorrow": {"a": [1, None]}})

    assert body == request.verbatim
    assert ("anthropic-messages", "m", "messages", Operation.CHAT) == (
        request.dialect,
        request.model,
        request.surface,
        request.operation,
    )
    assert {"of_tomorrow": {"a": [1, None]}} == request.other
    assert {"max_tokens": 5} == request.params


def test_system_stands_first_and_a_later_system_turn_in_its_place() -> None:
    late = {"role": "system", "content": [{"type": "text", "text": "C"}]}
    request = asked(system=[{"type": "text", "text": "S", "cache_control": CACHE}], messages=[*HELLO["messages"], late])

    assert ["system", "user", "system"] == [message.role for message in request.messages]
    assert (Text("S", {"cache_control": CACHE}),) == request.messages[0].parts
    assert [*HELLO["messages"], late] == request.verbatim["messages"]


BLOCKS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "text", "text": "a", "citations": [{"type": "x"}]}, Text("a", {"citations": [{"type": "x"}]})),
    (
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "QQ=="},
            "cache_control": CACHE,
        },
        Image(data="QQ==", media_type="image/png", extra={"cache_control": CACHE}),
    ),
    ({"type": "image", "source": {"type": "url", "url": "https://e.com/a"}}, Image(url="https://e.com/a")),
    (
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
        Opaque("anthropic-messages", {"type": "image", "source": {"type": "file", "file_id": "f"}}),
    ),
    (
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "QQ=="},
            "title": "t",
        },
        File(data="QQ==", media_type="application/pdf", filename="t"),
    ),
    (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ö"}, "context": "c"},
        File(data=base64.b64encode("ö".encode()).decode(), media_type="text/plain", extra={"context": "c"}),
    ),
    ({"type": "document", "source": {"type": "url", "url": "https://e.com/a"}}, File(url="https://e.com/a")),
    ({"type": "document", "source": {"type": "file", "file_id": "f"}}, File(file_id="f")),
    (
        {"type": "document", "source": {"type": "content", "content": "x"}},
        Opaque("anthropic-messages", {"type": "document", "source": {"type": "content", "content": "x"}}),
    ),
    (
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": "ö"}, "caller": {"type": "direct"}},
        ToolCall("t", "f", '{"a":"ö"}', extra={"caller": {"type": "direct"}}),
    ),
    ({"type": "tool_result", "tool_use_id": "t"}, ToolResult("t", ())),
    (
        {"type": "tool_result", "tool_use_id": "t", "content": "r", "is_error": True},
        ToolResult("t", (Text("r"),), True),
    ),
    ({"type": "thinking", "thinking": "h", "signature": "s"}, Reasoning("h", "s")),
    ({"type": "thinking", "thinking": "h", "signature": ""}, Reasoning("h")),
    ({"type": "thinking", "thinking": "h", "signature": "s", "issuer": "a/m"}, Reasoning("h", "s", issuer="a/m")),
    ({"type": "redacted_thinking", "data": "d"}, Reasoning("", encrypted="d")),
    (
        {"type": "redacted_thinking", "data": "d", "issuer": "a/m", "id": "rs_1"},
        Reasoning("", encrypted="d", issuer="a/m", extra={"id": "rs_1"}),
    ),
    ({"type": "provider_block", "dialect": "gemini", "body": {"a": 1}}, Opaque("gemini", {"a": 1})),
    (
        {"type": "container_upload", "file_id": "f"},
        Opaque("anthropic-messages", {"type": "container_upload", "file_id": "f"}),
    ),
]


@pytest.mark.parametrize(("block", "part"), BLOCKS)
def test_blocks_are_read_into_parts(block: dict[str, Any], part: Any) -> None:
    assert (part,) == parts("assistant", block)


def test_what_cannot_be_within_a_result_stands_behind_it() -> None:
    found = {"type": "search_result", "source": "s", "title": "t", "content": []}
    block = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "r"}, found]}

    assert (ToolResult("t", (Text("r"),)), Opaque("anthropic-messages", found)) == parts("user", block)


def test_what_aigw_put_into_an_answer_never_goes_back_verbatim() -> None:
    content = [
        {"type": "thinking", "thinking": "h", "signature": "s", "issuer": "a/m"},
        {"type": "provider_block", "dialect": "gemini", "body": {}},
        {"type": "text", "text": "", "extra_content": {"google": {}}},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}, "extra_content": {"google": {}}},
    ]
    message = asked(messages=[{"role": "assistant", "content": content}]).messages[0]

    assert {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "h", "signature": "s"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ],
    } == message.verbatim
    assert {"google": {}} == message.parts[3].extra["extra_content"]  # type: ignore[union-attr]


def test_blocks_of_an_answer_remember_who_issued_their_thinking() -> None:
    body = {
        "id": "msg_1",
        "model": "claude-x",
        "content": [{"type": "thinking", "thinking": "h", "signature": "s"}, {"type": "text", "text": "a"}],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    answer = Answered.model_validate(body)
    answer.content[0].issued("a/m")  # type: ignore[union-attr]
    for turn in ({"role": "assistant", "content": answer.content}, answer):
        message = asked(messages=[turn]).messages[0]
        assert (Reasoning("h", "s", issuer="a/m"), Text("a")) == message.parts
        assert {"role": "assistant", "content": body["content"]} == message.verbatim


TOOL = {"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": True, "cache_control": CACHE}
FUNCTION = {"name": "f", "description": "d", "strict": True, "parameters": {"type": "object"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
FORMAT = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
}

HEADERS = {"user_profile_id": "p", "workspace_id": "w"}

PARAMS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"temperature": 0.5, "top_p": 1, "top_k": 3}, {"temperature": 0.5, "top_p": 1, "top_k": 3}, {}),
    ({"stop_sequences": ["x"]}, {"stop": ["x"]}, {}),
    (
        {"tools": [TOOL, SEARCH]},
        {"tools": [{"type": "function", "function": FUNCTION, "cache_control": CACHE}, SEARCH]},
        {},
    ),
    ({"tool_choice": {"type": "auto"}}, {"tool_choice": "auto"}, {}),
    ({"tool_choice": {"type": "none"}}, {"tool_choice": "none"}, {}),
    (
        {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"tool_choice": "required", "parallel_tool_calls": False},
        {},
    ),
    (
        {"tool_choice": {"type": "tool", "name": "f"}},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {},
    ),
    ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {"reasoning_budget": 2048}, {}),
    ({"thinking": {"type": "disabled"}}, {"reasoning_effort": "none"}, {}),
    ({"thinking": {"type": "adaptive"}}, {}, {}),
    (
        {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "high"}},
        {"reasoning_effort": "high"},
        {"thinking": {"display": "omitted"}},
    ),
    ({"thinking": {"type": "between_tools"}}, {}, {"thinking": {"type": "between_tools"}}),
    ({"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}, FORMAT, {}),
    ({"output_format": {"type": "json_schema", "schema": SCHEMA}}, FORMAT, {}),
    ({"output_config": {"task_budget": {"total": 1}}}, {}, {"output_config": {"task_budget": {"total": 1}}}),
    ({"metadata": {"user_id": "u"}}, {"user": "u"}, {}),
    ({"service_tier": "standard_only"}, {"service_tier": "default"}, {}),
    ({"container": "c", "inference_geo": "us"}, {}, {"container": "c", "inference_geo": "us"}),
    ({"betas": ["a", "b"], **HEADERS}, {}, {"betas": ["a", "b"], **HEADERS}),
    ({"thread": {"type": "create"}, "compaction": {}}, {}, {"thread": {"type": "create"}, "compaction": {}}),
]


@pytest.mark.parametrize(("said", "params", "other"), PARAMS)
def test_parameters_get_their_canonical_names(
    said: dict[str, Any], params: dict[str, Any], other: dict[str, Any]
) -> None:
    request = asked(**said)

    assert {"max_tokens": 5, **params} == request.params
    assert other == request.other
    in_the_body = {name: value for name, value in said.items() if name not in {"betas", *HEADERS}}
    assert {**HELLO, **in_the_body} == request.verbatim


def test_a_beta_flag_in_a_header_is_a_parameter_so_that_no_other_target_sees_it() -> None:
    read = ask({**HELLO, "betas": ["a"], "extra_headers": {"Anthropic-Beta": "b, a", "x-mine": "1"}})

    assert ["a", "b"] == read.request.other["betas"]
    assert {"x-mine": "1"} == read.options.extra_headers


def test_counting_is_an_operation_of_its_own_and_needs_no_limit() -> None:
    request = ask_count({"model": "m", "messages": HELLO["messages"], "system": "S"}).request

    assert (Operation.COUNT_TOKENS, "anthropic-count-tokens") == (request.operation, request.dialect)
    assert {"model": "m", "messages": HELLO["messages"], "system": "S"} == request.verbatim


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "messages[0].content[0].source"),
        (
            {
                "messages": [
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": "{}"}]}
                ]
            },
            "messages[0].content[0].input",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "messages[0].content[0].tool_use_id"),
        ({"system": 1}, "system"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tool_choice": {"type": "maybe"}}, "tool_choice.type"),
        ({"stop_sequences": "x"}, "stop_sequences"),
        ({"thinking": True}, "thinking"),
        ({"extra_body": {"stream": True}}, "extra_body.stream"),
    ],
)
def test_what_no_target_could_take_is_refused_by_its_place(said: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        asked(**said)
    assert param == caught.value.param


@pytest.mark.parametrize(("name", "near"), [("stop_sequence", "stop_sequences"), ("max_token", "max_tokens")])
def test_an_unknown_keyword_names_the_near_one(name: str, near: str) -> None:
    with pytest.raises(UnexpectedArgumentError, match=f"did you mean '{near}'"):
        asked(**{name: 1})
    with pytest.raises(UnexpectedArgumentError, match="count_tokens"):
        ask_count({"model": "m", "messages": HELLO["messages"], "max_tokens": 5})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "type",
    "text",
    "source",
    "id",
    "name",
    "input",
    "content",
    "tool_use_id",
    "thinking",
    "data",
    "dialect",
    "body",
]
KINDS = ["text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking", "provider_block", "x"]
ODD = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(KINDS) | JSON, max_size=5)
NAMES = ["system", "tools", "tool_choice", "thinking", "output_config", "metadata", "stop_sequences", "max_tokens"]


@given(st.lists(ODD, max_size=3), st.dictionaries(st.sampled_from(NAMES), JSON | st.lists(ODD, max_size=2), max_size=4))
def test_odd_arguments_are_read_or_refused_by_name(content: list[Any], said: dict[str, Any]) -> None:
    with suppress(AigwError):
        asked(messages=[{"role": "user", "content": content}], **said)
