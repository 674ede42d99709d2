from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

try:
    from openai.lib._response_resources import _make_tools
except ImportError:  # their second version keeps it elsewhere
    from openai.resources.responses.responses import _make_tools

import aigw
from aigw.errors import AigwError, BadRequestError, UnexpectedArgumentError
from aigw.surfaces.responses.request import ask
from aigw.types.parts import Audio, File, Image, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Request
from aigw.types.responses import Response

PNG = "iVBORw0KGgoAAAANSUhEUg=="


def request(**params: Any) -> Request:
    return ask({"model": "m", "input": "Hi", **params}).request


def parts(*items: Any) -> list[tuple[str, tuple[object, ...]]]:
    return [(message.role, message.parts) for message in request(input=items).messages]


def test_a_text_is_one_user_message_and_instructions_stand_before_it():
    asked = request(instructions="Be brief.")
    assert [("system", (Text("Be brief."),)), ("user", (Text("Hi"),))] == [(m.role, m.parts) for m in asked.messages]
    assert {"model": "m", "input": "Hi", "instructions": "Be brief."} == asked.verbatim
    assert ("openai-responses", "responses", frozenset()) == (asked.dialect, asked.surface, asked.edited)


def test_messages_are_read_in_the_easy_and_in_the_full_form():
    assert [
        ("developer", (Text("d"),)),
        ("user", (Text("u"), Image(url="https://x/y.png", detail="low"), Image(data=PNG, media_type="image/png"))),
        ("assistant", (Text("a"), Refusal("no"))),
    ] == parts(
        {"role": "developer", "content": "d"},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "u"},
                {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
            ],
        },
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "a", "annotations": [], "logprobs": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
    )


def test_files_and_audio_are_read_in_each_of_their_forms():
    content = [
        {"type": "input_file", "file_id": "file_1"},
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "input_image", "file_id": "file_2"},
        {"type": "hologram", "depth": 3},
    ]
    [(_, read)] = parts({"role": "user", "content": content})
    assert (
        File(file_id="file_1"),
        File(url="https://x/a.pdf"),
        File(data="JVBERi0=", media_type="application/pdf", filename="a.pdf"),
        Audio("AAAA", "wav"),
        Opaque("openai-responses", content[4]),
        Opaque("openai-responses", content[5]),
    ) == read


CALLS: list[dict[str, Any]] = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "s"}], "encrypted_content": "e"},
    {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "", "status": "completed"},
    {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "free"},
    {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]},
]


def test_a_turn_of_many_items_is_one_message_that_remembers_them_all():
    asked = request(
        input=[
            *CALLS,
            {"type": "function_call_output", "call_id": "c1", "output": "21 C"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "x"}]},
        ]
    )
    turn, first, second = asked.messages
    assert (
        Reasoning("s", encrypted="e", extra={"id": "rs_1"}),
        ToolCall("c1", "f", "{}"),
        ToolCall("c2", "g", "free", "custom"),
        Opaque("openai-responses", CALLS[3]),
        Text("t"),
    ) == turn.parts
    assert {"input": CALLS} == turn.verbatim
    assert ("tool", (ToolResult("c1", (Text("21 C"),)),)) == (first.role, first.parts)
    assert (ToolResult("c2", (Text("x"),)),) == second.parts
    assert frozenset() == asked.edited


@pytest.mark.parametrize(
    ("item", "role"),
    [
        ({"type": "item_reference", "id": "msg_1"}, "assistant"),
        ({"type": "mcp_approval_response", "approve": True}, "user"),
        ({"type": "computer_call_output", "output": {}}, "user"),
        ({"type": "compaction", "encrypted_content": "e"}, "assistant"),
    ],
)
def test_items_only_this_dialect_has_are_carried_through(item: dict[str, Any], role: str):
    assert [(role, (Opaque("openai-responses", item),))] == parts(item)


def test_parameters_get_their_canonical_names():
    asked = request(
        max_output_tokens=9,
        temperature=1,
        top_logprobs=2,
        parallel_tool_calls=False,
        reasoning={"effort": "low"},
        text={"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        include=["reasoning.encrypted_content"],
        metadata={"a": "b"},
        store=False,
        truncation="disabled",
        background=False,
        stream_options={"include_obfuscation": False},
        service_tier="flex",
        user="u",
    )
    assert {
        "max_tokens": 9,
        "temperature": 1,
        "top_logprobs": 2,
        "logprobs": True,
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        "metadata": {"a": "b"},
        "store": False,
        "service_tier": "flex",
        "user": "u",
    } == asked.params
    assert {} == asked.other


def test_what_has_no_canonical_name_is_kept_by_its_own():
    said: dict[str, Any] = {
        "previous_response_id": "resp_1",
        "conversation": {"id": "conv_1"},
        "truncation": "auto",
        "background": True,
        "prompt": {"id": "p"},
        "include": ["file_search_call.results"],
        "max_tool_calls": 3,
        "tool_choice": {"type": "web_search_preview"},
        "prompt_cache_key": "k",
        "context_management": [{"type": "compaction"}],
    }
    asked = request(
        **said, reasoning={"effort": "low", "summary": "auto"}, text={"format": {"type": "grammar"}, "x": 1}
    )
    assert {**said, "reasoning": {"summary": "auto"}, "text": {"format": {"type": "grammar"}, "x": 1}} == asked.other
    assert {"reasoning_effort": "low"} == asked.params


def test_tools_become_those_of_chat_and_server_tools_stay_as_they_are():
    asked = request(
        tools=[
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True, "description": None},
            {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "d"}},
            {"type": "web_search", "filters": {"allowed_domains": ["x"]}},
        ],
        tool_choice={"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]},
    )
    assert [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}},
        {
            "type": "custom",
            "custom": {"name": "g", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "d"}}},
        },
        {"type": "web_search", "filters": {"allowed_domains": ["x"]}},
    ] == asked.params["tools"]
    named = {"type": "function", "function": {"name": "f"}}
    assert {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named]}} == asked.params[
        "tool_choice"
    ]


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("required", "required"),
        ({"type": "function", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
        ({"type": "custom", "name": "g"}, {"type": "custom", "custom": {"name": "g"}}),
    ],
)
def test_each_form_of_tool_choice_is_that_of_chat(said: Any, canonical: Any):
    assert canonical == request(tool_choice=said).params["tool_choice"]


class Query(BaseModel):
    """Ask the database."""

    table: str


def test_models_are_described_as_tools_as_the_openai_client_describes_them():
    [ours] = request(tools=[Query]).verbatim["tools"]
    [theirs] = _make_tools([openai.pydantic_function_tool(Query)])
    assert theirs == ours
    assert [ours] == request(tools=[aigw.pydantic_function_tool(Query)]).verbatim["tools"]


def test_items_of_an_answer_can_be_sent_back_as_they_are():
    output: list[dict[str, Any]] = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e", "status": None},
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "outputs": None, "container_id": "c"},
        {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
    ]
    response = Response.model_validate({"id": "r", "output": output})
    assert output == request(input=response.output).verbatim["input"]


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 5}, "input"),
        ({"input": [{"content": "x"}]}, "input[0].type"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}]}, "input[0].arguments"),
        ({"max_output_tokens": "9"}, "max_output_tokens"),
        ({"reasoning": {"effort": 3}}, "reasoning.effort"),
        ({"text": "json"}, "text"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"tools": "f"}, "tools"),
        ({"tools": ["f"]}, "tools[0]"),
        ({"instructions": 3}, "instructions"),
        ({"extra_body": {"n": 2}}, "n"),
        ({"extra_body": {"stream": True}}, "extra_body.stream"),
    ],
)
def test_what_no_target_could_take_is_refused_by_its_place(params: dict[str, Any], place: str):
    with pytest.raises(BadRequestError) as caught:
        request(**params)
    assert place == caught.value.param


def test_a_call_may_say_nothing_itself_where_a_provider_keeps_the_conversation():
    assert () == request(input=aigw.omit, previous_response_id="resp_1").messages


def test_an_argument_nobody_knows_is_refused_with_the_near_name():
    with pytest.raises(UnexpectedArgumentError, match="max_output_tokens"):
        ask({"model": "m", "input": "Hi", "max_output_token": 3})


def test_every_parameter_of_the_openai_client_is_known():
    import inspect

    theirs = set(inspect.signature(openai.OpenAI(api_key="x").responses.create).parameters)
    ours = set(inspect.signature(aigw.Gateway().responses.create).parameters)
    assert set() == theirs - ours


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["message", "user", "function_call", "reasoning", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "output", "call_id", "name", "summary"]), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["input", "tools", "tool_choice", "text", "reasoning", "include"]), _json))
def test_odd_arguments_raise_named_errors_only(params: dict[str, Any]):
    try:
        asked = request(**params)
    except AigwError:
        return
    assert all(isinstance(message, Message) for message in asked.messages)
