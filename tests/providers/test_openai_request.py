"""Writing OpenAI's dialect: what the caller wrote, except what a policy, the manifest or a quirk changes."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import asked, chat, said, speaker, target, wrote

from aigw.errors import BadRequestError, UnsupportedParameterError
from aigw.manifest.language.endpoints import normal_base_url
from aigw.manifest.snapshot import Provider, Target
from aigw.policies.authorization import authorised
from aigw.providers.registry import kinds
from aigw.types.credential import Bearer, Credential, Key
from aigw.types.parts import File, Image, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message

BODY: dict[str, Any] = {
    "model": "logical",
    "messages": [
        {"role": "developer", "content": "be brief", "x_unknown": 1},
        {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "21"},
        {"role": "user", "content": "\u2028 ünï 😀", "name": "ann"},
    ],
    "max_tokens": 5,
    "temperature": 0.0,
    "stop": "x",
    "seed": 3,
    "future_parameter": {"deep": [1, None]},
}


def test_what_reaches_the_wire_equals_what_the_caller_wrote() -> None:
    assert {**BODY, "model": "m-1"} == wrote(chat(BODY), target())


def test_the_bytes_are_compact_utf_8_written_once() -> None:
    body = speaker(target()).write(chat(BODY), target()).request.body

    assert b'"temperature":0.0' in body
    assert "😀".encode() in body


def test_a_stream_asks_for_usage_and_keeps_the_callers_options() -> None:
    body = wrote(chat({**BODY, "stream": True, "stream_options": {"include_obfuscation": False}}), target())

    assert body["stream"] is True
    assert {"include_obfuscation": False, "include_usage": True} == body["stream_options"]


def test_stream_options_are_not_sent_to_those_that_reject_unknown_fields() -> None:
    for kind in ("mistral", "perplexity", "together", "fireworks"):
        body = wrote(
            chat({"model": "x", "messages": [], "stream": True, "stream_options": {"include_usage": True}}),
            target(kind),
        )
        assert "stream_options" not in body


def test_an_edited_message_is_rewritten_and_the_others_stay_verbatim() -> None:
    request = chat(BODY)
    masked = request.messages[4].edit((Text("***"),))
    edited = request.edit(messages=(*request.messages[:4], masked))

    assert [*BODY["messages"][:4], {"role": "user", "content": "***", "name": "ann"}] == wrote(edited, target())[
        "messages"
    ]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_edited_limit_keeps_the_name_that_the_caller_used(name: str) -> None:
    body = {"model": "x", "messages": [], name: 100}

    assert {"model": "m-1", "messages": [], name: 7} == wrote(chat(body).edit(params={"max_tokens": 7}), target())


def test_a_limit_that_a_policy_adds_has_the_name_the_provider_prefers() -> None:
    added = chat({"model": "x", "messages": []}).edit(params={"max_tokens": 7})

    assert 7 == wrote(added, target("openai"))["max_completion_tokens"]
    assert 7 == wrote(added, target("openai-compatible"))["max_tokens"]


@pytest.mark.parametrize(
    "given", [{"max_tokens": 5}, {"max_completion_tokens": 5}, {"max_tokens": 9, "max_completion_tokens": 5}]
)
def test_a_provider_with_one_name_for_the_limit_gets_that_name(given: dict[str, int]) -> None:
    body = wrote(chat({"model": "x", "messages": [], **given}), target("mistral"))

    assert {"model": "m-1", "messages": [], "max_tokens": 5} == body


def test_parameters_are_renamed_as_the_kind_says() -> None:
    assert 3 == wrote(chat({"model": "x", "messages": [], "seed": 3}), target("mistral"))["random_seed"]
    assert "u" == wrote(chat({"model": "x", "messages": [], "user": "u"}), target("deepseek"))["user_id"]
    assert (
        "any"
        == wrote(chat({"model": "x", "messages": [], "tool_choice": "required"}), target("fireworks"))["tool_choice"]
    )


def test_tools_that_only_another_dialect_has_are_named_and_dropped_with_a_note() -> None:
    function = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    request = asked(params={"tools": [function, {"type": "web_search"}]})
    at = target("openai-compatible", unsupported="drop")

    assert ("tools.web_search",) == speaker(at).unsupported(request, at)
    assert [function] == wrote(request, at)["tools"]


def test_a_part_that_a_host_lacks_is_named_and_dropped_alone() -> None:
    parts = (Text("a"), File(data="QUJD", media_type="application/pdf"))
    request = asked(said("user", "first"), said("user", *parts), said("user", Image(url="https://x/y.png")))
    at = target("groq", unsupported="drop")

    assert ("messages[1].file",) == speaker(at).unsupported(request, at)
    messages = wrote(request, at)["messages"]
    assert ["first", "a"] == [message["content"] for message in messages[:2]]
    assert "image_url" == messages[2]["content"][0]["type"]


def test_azure_has_the_deployment_in_the_path_once_a_version_is_named() -> None:
    def address(base_url: str, **settings: str) -> str:
        at = Target(Provider("azure", kinds()["azure"], base_url, settings=settings), "my gpt")
        return speaker(at).write(chat({"model": "x", "messages": []}), at).request.url

    base = normal_base_url(kinds()["azure"], "https://acme.openai.azure.com/openai/deployments/x/chat/completions")
    assert "https://acme.openai.azure.com/openai/v1" == base
    assert f"{base}/chat/completions" == address(base)
    assert (
        "https://acme.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
        == address(base, api_version="2024-10-21")
    )


def test_developer_becomes_system_where_the_role_is_unknown() -> None:
    body = {"model": "x", "messages": [{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}]}

    assert ["system", "user"] == [message["role"] for message in wrote(chat(body), target("deepseek"))["messages"]]
    assert ["developer", "user"] == [message["role"] for message in wrote(chat(body), target("openai"))["messages"]]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("mistral", {"logit_bias": {"1": 2}}, "logit_bias"),
    ("groq", {"logprobs": True}, "logprobs"),
    ("zai", {"n": 2}, "n"),
    ("deepseek", {"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema"),
    ("vllm", {"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools.custom"),
]


@pytest.mark.parametrize(("kind", "params", "name"), REFUSED)
def test_a_parameter_the_provider_rejects_is_an_error_that_names_it(
    kind: str, params: dict[str, Any], name: str
) -> None:
    request = chat({"model": "x", "messages": [], **params})

    assert (name,) == speaker(target(kind)).unsupported(request, target(kind))
    with pytest.raises(UnsupportedParameterError, match="cannot take") as caught:
        wrote(request, target(kind))
    assert name == caught.value.param


@pytest.mark.parametrize(("kind", "params", "name"), REFUSED)
def test_a_parameter_is_dropped_only_with_a_note(kind: str, params: dict[str, Any], name: str) -> None:
    at = target(kind, unsupported="drop")
    outgoing = speaker(at).write(chat({"model": "x", "messages": [], **params}), at)

    assert {"model": "m-1", "messages": []} == json.loads(outgoing.request.body)
    assert (f"dropped: {name} ({kind} does not take it)",) == outgoing.notes


@pytest.mark.parametrize(("kind", "params", "name"), REFUSED)
def test_a_parameter_is_passed_on_where_the_manifest_says_so(kind: str, params: dict[str, Any], name: str) -> None:
    assert (
        params.items()
        <= wrote(chat({"model": "x", "messages": [], **params}), target(kind, unsupported="pass")).items()
    )


def test_a_refused_parameter_with_a_value_that_changes_nothing_is_no_error() -> None:
    body = {"model": "x", "messages": [], "n": 1, "logit_bias": {}}

    assert {"model": "m-1", "messages": [], "n": 1} == wrote(chat(body), target("zai"))


def test_the_manifests_parameters_win_and_say_so_where_they_override() -> None:
    at = target(temperature=0.5, max_tokens=9, seed=1)
    outgoing = speaker(at).write(
        chat({"model": "x", "messages": [], "temperature": 1, "max_completion_tokens": 5, "seed": 1}), at
    )
    body = json.loads(outgoing.request.body)

    assert (0.5, 9, 1) == (body["temperature"], body["max_completion_tokens"], body["seed"])
    assert "max_tokens" not in body
    assert ["max_tokens", "temperature"] == sorted(note.split()[1] for note in outgoing.notes)


def test_reasoning_of_earlier_answers_is_not_sent_where_it_is_refused() -> None:
    message = {"role": "assistant", "content": "a", "reasoning_content": "b", "reasoning_details": [{"type": "x"}]}
    request = chat({"model": "x", "messages": [message]})
    stripped = speaker(target()).write(request, target())

    assert [{"role": "assistant", "content": "a"}] == json.loads(stripped.request.body)["messages"]
    assert 2 == len(stripped.notes)
    assert [message] == wrote(request, target("openrouter"))["messages"]
    assert "reasoning_content" in message


def test_another_dialects_request_is_written_from_its_canonical_form() -> None:
    request = asked(
        said("system", "s"),
        said("user", "look", Image(url="https://x/y.png", detail="low"), Image(data="QUJD", media_type="image/png")),
        said("user", File(data="QUJD", media_type="application/pdf", filename="a.pdf"), File(file_id="f-1")),
        said("assistant", Reasoning("hm"), "ok", ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "raw", "custom")),
        said("user", ToolResult("a", (Text("21"),)), "and?"),
        said("assistant", Refusal("no")),
        params={"max_tokens": 5, "stop": ["x"], "top_k": 3},
    )

    assert {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "s"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,QUJD", "filename": "a.pdf"}},
                    {"type": "file", "file": {"file_id": "f-1"}},
                ],
            },
            {
                "role": "assistant",
                "content": "ok",
                "reasoning_content": "hm",
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
                    {"id": "b", "type": "custom", "custom": {"name": "g", "input": "raw"}},
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "21"},
            {"role": "user", "content": "and?"},
            {"role": "assistant", "content": None, "refusal": "no"},
        ],
        "max_tokens": 5,
        "stop": ["x"],
        "top_k": 3,
    } == wrote(request, target("openai-compatible"))


def test_parts_that_another_dialect_cannot_express_are_named() -> None:
    request = asked(
        said("user", File(url="https://x/y.pdf"), Opaque("anthropic-messages", {"type": "server_tool_use"})),
        said("tool", ToolResult("a", (Image(data="QUJD", media_type="image/png"),))),
    )

    assert (
        "messages[0].file.url",
        "messages[0].server_tool_use",
        "messages[1].tool_result.image",
    ) == speaker(target()).unsupported(request, target())


def test_thinking_goes_back_where_the_host_takes_it() -> None:
    at = target("openai-compatible")
    request = asked(said("assistant", Reasoning("hm"), "ok"))
    outgoing = speaker(at).write(request, at)

    assert [{"role": "assistant", "content": "ok", "reasoning_content": "hm"}] == json.loads(outgoing.request.body)[
        "messages"
    ]


@pytest.mark.parametrize("value", ["\ud83d", float("nan"), float("-inf"), [float("inf")], object()])
def test_what_json_cannot_express_is_a_request_error_that_quotes_nothing(value: object) -> None:
    request = chat({"model": "x", "messages": [{"role": "user", "content": "secret prompt"}], "x": value})

    with pytest.raises(BadRequestError, match="cannot be written") as caught:
        wrote(request, target())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "base_url", "expected"),
    [
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        ("openai", "https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"),
        ("openai-compatible", "http://host:8000", "http://host:8000/v1/chat/completions"),
        ("openai-compatible", "http://host:8000/v1/chat/completions", "http://host:8000/v1/chat/completions"),
        ("openai-compatible", "http://host/v1?key=a", "http://host/v1/chat/completions?key=a"),
        ("deepseek", "https://api.deepseek.com", "https://api.deepseek.com/chat/completions"),
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
        ("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/messages"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/messages"),
    ],
)
def test_base_urls_are_joined_once_whatever_they_end_in(kind: str, base_url: str, expected: str) -> None:
    at = Target(Provider("p", kinds()[kind], base_url), "m")

    assert (
        expected
        == speaker(at).write(chat({"model": "x", "messages": [{"role": "user", "content": "a"}]}), at).request.url
    )


def test_headers_carry_the_key_the_config_gave_and_no_other() -> None:
    def sent(kind: str, credential: Credential | None) -> dict[str, str]:
        at = target(kind)
        request = chat({"model": "x", "messages": [{"role": "user", "content": "a"}], "stream": True})
        written = speaker(at).write(request, at).request
        return dict(authorised(written, credential, at.provider, 0.0).headers)

    assert "Bearer k" == sent("openai", Key("k"))["authorization"]
    assert "k" == sent("anthropic", Key("k"))["x-api-key"]
    assert "Bearer t" == sent("anthropic", Bearer("t"))["authorization"]
    assert {"authorization", "x-api-key", "api-key"}.isdisjoint({*sent("openai", None), *sent("anthropic", None)})
    told = sent("openai", Key("k"))
    assert ("text/event-stream", "identity") == (told["accept"], told["accept-encoding"])
    assert told["user-agent"].startswith("aigw/")


def test_the_providers_own_headers_come_last() -> None:
    at = Target(Provider("p", kinds()["openai"], "https://h/v1", headers=(("User-Agent", "mine"), ("X-Org", "o"))), "m")
    headers = dict(speaker(at).write(chat({"model": "x", "messages": []}), at).request.headers)

    assert ("mine", "o") == (headers["user-agent"], headers["x-org"])


def test_the_callers_body_is_never_changed() -> None:
    before = json.dumps(BODY)
    for kind in kinds():
        if kinds()[kind].dialect == "openai-chat":
            wrote(chat({**BODY, "stream": True}), target(kind, unsupported="drop", temperature=1))

    assert before == json.dumps(BODY)


def test_a_message_of_a_policys_own_making_is_written() -> None:
    request = chat(BODY)
    edited = request.edit(messages=(Message("system", (Text("rule"),)), *request.messages))

    assert {"role": "system", "content": "rule"} == wrote(edited, target())["messages"][0]
