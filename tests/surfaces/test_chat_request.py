import enum
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.call import Timeouts
from aigw.errors import BadRequestError, UnexpectedArgumentError
from aigw.surfaces.chat.parts import split_data_url
from aigw.surfaces.chat.request import Asked, ask
from aigw.types.chat import ChatCompletionMessage
from aigw.types.chat_params import NOT_GIVEN, omit
from aigw.types.parts import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

USER = {"role": "user", "content": "hi"}


def asked(*messages: Any, **params: Any) -> Asked:
    return ask({"model": "m", "messages": list(messages) or [USER], **params})


def parts(message: Any) -> tuple[Part, ...]:
    return asked(message).request.messages[0].parts


def refused(**params: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        ask({"model": "m", "messages": [USER], **params})
    return caught.value


def test_everything_set_is_verbatim_and_omitted_arguments_are_not() -> None:
    request = asked(temperature=0.5, user=None, n=omit, seed=NOT_GIVEN, stream=False).request

    expected = {"model": "m", "messages": [USER], "temperature": 0.5, "user": None, "stream": False}
    assert expected == request.verbatim
    assert {"temperature": 0.5} == request.params
    assert not request.stream


def test_sentinels_of_the_openai_client_count_as_omitted() -> None:
    openai = pytest.importorskip("openai")

    assert {"model", "messages"} == asked(n=openai.omit, seed=openai.NOT_GIVEN).request.verbatim.keys()


def test_extra_body_is_governed_like_any_argument() -> None:
    other = [{"role": "user", "content": "other"}]
    request = asked(extra_body={"top_k": 5, "min_p": 0.1, "temperature": 1, "messages": other}, temperature=0.1).request

    assert (Text("other"),) == request.messages[0].parts
    assert {"temperature": 1, "top_k": 5} == request.params
    assert {"min_p": 0.1} == request.other
    assert {"model": "m", "messages": other, "temperature": 1, "top_k": 5, "min_p": 0.1} == request.verbatim


def test_stream_in_extra_body_is_refused_because_it_decides_what_is_returned() -> None:
    assert "extra_body.stream" == refused(extra_body={"stream": True}).param


def test_max_completion_tokens_wins_and_stop_becomes_a_list() -> None:
    request = asked(max_tokens=1, max_completion_tokens=2, stop="\n\n").request

    assert {"max_tokens": 2, "stop": ["\n\n"]} == request.params
    assert "\n\n" == request.verbatim["stop"]
    assert {"max_tokens": 1} == asked(max_tokens=1).request.params


def test_stream_options_are_no_parameter_of_the_model() -> None:
    found = asked(stream=True, stream_options={"include_usage": True})

    assert found.include_usage
    assert found.request.stream
    assert {} == found.request.other
    assert not asked(stream_options={"include_usage": True}).include_usage


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "system", "content": "s"}, (Text("s"),)),
        ({"role": "assistant", "content": None}, ()),
        ({"role": "assistant"}, ()),
        (
            {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
            (Text("a", {"cache_control": {"type": "ephemeral"}}),),
        ),
        (
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}],
            },
            (Image(url="https://x/y.png", detail="low"),),
        ),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "http://x"}]}, (Image(url="http://x"),)),
        (
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]},
            (Audio(data="AA==", format="wav"),),
        ),
        (
            {"role": "user", "content": [{"type": "file", "file": {"file_id": "f-1"}}]},
            (File(file_id="f-1"),),
        ),
        (
            {
                "role": "user",
                "content": [
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a"}}
                ],
            },
            (File(data="JVBE", media_type="application/pdf", filename="a"),),
        ),
        (
            {"role": "user", "content": [{"type": "hologram", "x": 1}]},
            (Opaque("openai-chat", {"type": "hologram", "x": 1}),),
        ),
        ({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, (Refusal("no"),)),
        ({"role": "assistant", "refusal": "no", "content": None}, (Refusal("no"),)),
        ({"role": "assistant", "audio": {"id": "a-1"}}, (Audio(id="a-1"),)),
        ({"role": "tool", "tool_call_id": "c", "content": "r"}, (ToolResult("c", (Text("r"),)),)),
        (
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "r"}]},
            (ToolResult("c", (Text("r"),)),),
        ),
    ],
)
def test_contents_become_typed_parts(message: Any, expected: tuple[Part, ...]) -> None:
    found = asked(message).request.messages[0]

    assert expected == found.parts
    assert message == found.verbatim


def test_tool_calls_of_both_kinds_become_parts_in_order() -> None:
    message = {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}, "extra_content": {"s": 1}},
            {"id": "b", "type": "custom", "custom": {"name": "g", "input": "free"}},
        ],
    }

    expected = (
        Text(""),
        ToolCall("a", "f", "{}", extra={"extra_content": {"s": 1}}),
        ToolCall("b", "g", "free", "custom"),
    )
    assert expected == parts(message)


def test_legacy_function_messages_pair_up_by_an_id_made_for_them() -> None:
    call = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    result = {"role": "function", "name": "f", "content": "r"}
    found = asked(USER, call, result).request.messages

    made = found[1].parts[0]
    assert isinstance(made, ToolCall)
    assert (ToolResult(made.id, (Text("r"),)),) == found[2].parts
    assert "tool" == found[2].role
    assert result == found[2].verbatim


def test_reasoning_is_read_back_with_its_signature_and_issuer() -> None:
    details = [{"index": 0, "type": "reasoning.text", "text": "hm", "signature": "s", "issuer": "anthropic/c"}]
    message = {"role": "assistant", "content": "a", "reasoning_content": "hm", "reasoning_details": details}
    found = asked(message).request.messages[0]

    assert (Reasoning("hm", "s", issuer="anthropic/c"), Text("a")) == found.parts
    assert {"role": "assistant", "content": "a", "reasoning_content": "hm"} == found.verbatim


def test_details_of_a_provider_stay_verbatim() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "format": "f"}]
    message = {"role": "assistant", "content": "a", "reasoning": "hm", "reasoning_details": details}
    found = asked(message).request.messages[0]

    assert (Reasoning("hm"), Reasoning("", encrypted="x", extra={"format": "f"}), Text("a")) == found.parts
    assert message == found.verbatim


def test_a_message_of_an_earlier_answer_is_accepted() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}", "parsed_arguments": object()}}
    body = {"role": "assistant", "content": None, "refusal": None, "annotations": [], "tool_calls": [call]}
    earlier = ChatCompletionMessage.model_validate(body)

    expected = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }
    assert expected == asked(earlier).request.messages[0].verbatim
    assert (
        expected["tool_calls"]
        == asked({"role": "assistant", "tool_calls": earlier.tool_calls}).request.verbatim["messages"][0]["tool_calls"]
    )  # type: ignore[index]


class Word(str, enum.Enum):  # noqa: UP042 - what callers have
    HIGH = "high"


def test_values_are_copied_as_plain_json() -> None:
    history = [dict(USER)]
    request = ask({"model": "m", "messages": (m for m in history), "reasoning_effort": Word.HIGH}).request
    history[0]["content"] = "changed"
    request_with_bias = asked(logit_bias={50256: -100}).request

    assert '"high"' == json.dumps(request.verbatim["reasoning_effort"])
    assert str is type(request.verbatim["reasoning_effort"])
    assert [USER] == request.verbatim["messages"]
    assert {"50256": -100} == request_with_bias.params["logit_bias"]


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        ([], "messages", "empty_array"),
        ("hi", "messages", "invalid_type"),
        ({"role": "user"}, "messages", "invalid_type"),
        (None, "messages", "invalid_type"),
        (["hi"], "messages[0]", "invalid_type"),
        ([{"content": "x"}], "messages[0].role", "missing_required_parameter"),
        ([{"role": 1, "content": "x"}], "messages[0].role", "invalid_type"),
        ([{"role": "wizard", "content": "x"}], "messages[0].role", "invalid_value"),
        ([USER, {"role": "user"}], "messages[1].content", "missing_required_parameter"),
        ([{"role": "user", "content": 5}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": ["x"]}], "messages[0].content[0]", "invalid_type"),
        ([{"role": "user", "content": [{}]}], "messages[0].content[0].type", "missing_required_parameter"),
        (
            [{"role": "user", "content": [{"type": "text"}]}],
            "messages[0].content[0].text",
            "missing_required_parameter",
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": ""}}]}],
            "messages[0].content[0].image_url.url",
            "empty_string",
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png;base64"}]}],
            "messages[0].content[0].image_url.url",
            "invalid_value",
        ),
        ([{"role": "tool", "content": "r"}], "messages[0].tool_call_id", "missing_required_parameter"),
        ([{"role": "tool", "tool_call_id": "c"}], "messages[0].content", "missing_required_parameter"),
        (
            [{"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}]}],
            "messages[0].tool_calls[0].id",
            "missing_required_parameter",
        ),
        (
            [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "", "arguments": "{}"}}]}],
            "messages[0].tool_calls[0].function.name",
            "empty_string",
        ),
        (
            [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}]}],
            "messages[0].tool_calls[0].function.arguments",
            "invalid_type",
        ),
        ([{"role": "user", "content": b"x"}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": "\ud800"}], "messages[0].content", "invalid_value"),
        ([{"role": "user", "content": "x", "extra": {1, 2}}], "messages[0].extra", "invalid_type"),
    ],
)
def test_odd_messages_are_refused_by_place(messages: Any, param: str, code: str) -> None:
    error = refused(messages=messages)

    assert (param, code, 400) == (error.param, error.code, error.status_code)
    assert "invalid_request_error" == error.type
    assert str(error).startswith(f"{param}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("model", 4),
        ("temperature", "hot"),
        ("temperature", float("nan")),
        ("max_tokens", True),
        ("n", 1.5),
        ("stop", [1]),
        ("tools", {"type": "function"}),
        ("tools", ["f"]),
        ("stream", "yes"),
        ("metadata", []),
        ("extra_body", []),
        ("extra_headers", {"a": 1}),
        ("extra_headers", {"a": "x\r\nevil: 1"}),
        ("tags", {"a": None}),
        ("timeout", "20"),
        ("timeout", 0),
        ("timeout", float("nan")),
        ("max_retries", -1),
        ("response_format", type),
    ],
)
def test_values_of_the_wrong_type_are_refused_by_name(name: str, value: Any) -> None:
    error = refused(**{name: value})

    assert name == (error.param or "").split(".")[0]


def test_a_prompt_is_never_quoted_by_an_error() -> None:
    secret = "the patient's name is"
    content: list[Any] = [{"type": "text", "text": secret}, {"type": "text", "text": [secret]}]
    error = refused(messages=[{"role": "user", "content": content}])

    assert secret not in str(error) + repr(error) + repr(error.body)


def test_what_contains_itself_is_refused() -> None:
    loop: dict[str, Any] = {"role": "user"}
    loop["content"] = [loop]

    assert "messages" == refused(messages=[loop]).param


def test_unknown_keyword_names_the_near_one() -> None:
    with pytest.raises(UnexpectedArgumentError, match=r"create\(\).*'temprature'.*did you mean 'temperature'"):
        asked(temprature=1)
    with pytest.raises(TypeError, match="extra_body"):
        asked(zzz=1)


class HttpxTimeout:
    connect = 1.0
    read = 2.0
    write = 3.0
    pool = 4.0


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        ({"timeout": omit}, None),
        ({"timeout": 20}, 20.0),
        ({"timeout": None}, Timeouts(None, None, None, None)),
        ({"timeout": HttpxTimeout()}, Timeouts(connect=1.0, idle=None, total=None, read=2.0)),
    ],
)
def test_timeouts_are_seconds_or_phases(said: Any, expected: object) -> None:
    assert expected == asked(**said).options.timeout


def test_options_travel_beside_the_body() -> None:
    found = asked(extra_headers={"x-a": "1", "x-b": omit}, extra_query={"q": 1}, tags={"feature": "s"}, max_retries=0)

    assert {"x-a": "1"} == found.options.extra_headers
    assert {"q": 1} == found.options.extra_query
    assert {"feature": "s"} == found.options.tags
    assert 0 == found.options.max_retries
    assert {"model", "messages"} == found.request.verbatim.keys()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,AAAA", ("image/png", "AAAA")),
        ("DATA:Image/PNG;charset=utf-8;BASE64,AAAA", ("image/png", "AAAA")),
        ("data:;base64,iVBORw0KGgoAAA", ("image/png", "iVBORw0KGgoAAA")),
        ("data:text/plain,a%20b", ("text/plain", "YSBi")),
        ("data:;base64,AAAA", (None, "AAAA")),
    ],
)
def test_data_urls_are_split(url: str, expected: tuple[str | None, str]) -> None:
    assert expected == split_data_url(url, "p")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_content_is_read_or_refused_by_name(content: object) -> None:
    try:
        found = asked({"role": "user", "content": content}).request
    except BadRequestError as error:
        place = error.param or ""
    else:
        place = "messages[0].content"
        assert [{"role": "user", "content": content}] == found.verbatim["messages"]
    assert place.startswith("messages[0].content")


@given(JSON)
def test_any_message_is_read_or_refused_by_name(message: object) -> None:
    place = "messages[0]"
    try:
        asked({"role": "assistant", "tool_calls": message, "reasoning_details": message})
    except BadRequestError as error:
        place = error.param or ""
    assert place.startswith("messages[0]")
