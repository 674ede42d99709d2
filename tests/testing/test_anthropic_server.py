import json

import anthropic
import pytest

from aigw.testing import AnthropicServer, Reasoning, Refusal, Status, Text, ToolCall, ToolCalls, WrongUsage
from aigw.types.usage import Usage

ASK = {"model": "claude", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(params=["plain", "streamed"])
def answer(request, anthropic_client):
    """Ask in either way, and give the whole message as the real client reads it."""

    def whole(**options):
        if request.param == "plain":
            return anthropic_client.messages.create(**ASK | options)
        with anthropic_client.messages.stream(**ASK | options) as stream:
            return stream.get_final_message()

    return whole


def test_without_a_script_it_greets_in_the_name_of_the_model(answer):
    message = answer()

    assert [block.text for block in message.content] == ["Hello from claude."]
    assert message.stop_reason == "end_turn"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (12, 3)


def test_parallel_tool_uses_arrive_whole_after_the_text(anthropic_server, answer):
    calls = [ToolCall("weather", {"city": "Rome"}, id="toolu_a"), ToolCall("now")]
    anthropic_server.queue(ToolCalls(calls, text="Let me look."))

    message = answer()

    assert [block.type for block in message.content] == ["text", "tool_use", "tool_use"]
    assert [block.input for block in message.content[1:]] == [{"city": "Rome"}, {}]
    assert [block.id for block in message.content[1:]] == ["toolu_a", "call_1_1"]
    assert message.stop_reason == "tool_use"


def test_reasoning_is_a_signed_block_before_the_text(anthropic_server, answer):
    anthropic_server.queue(Reasoning("Two and two.", "Four.", signature="c2ln"))

    thinking, text = answer().content

    assert (thinking.type, thinking.thinking, thinking.signature) == ("thinking", "Two and two.", "c2ln")
    assert text.text == "Four."


def test_a_refusal_is_a_stop_reason_without_content(anthropic_server, answer):
    anthropic_server.queue(Refusal("I would rather not."))

    message = answer()

    assert message.content == []
    assert message.stop_reason == "refusal"
    assert message.stop_details.explanation == "I would rather not."


def test_usage_keeps_cached_tokens_apart(anthropic_server, answer):
    anthropic_server.queue(Text("x", usage=Usage(input=5, cache_read=3, cache_write=2, output=1, reasoning=4)))

    usage = answer().usage

    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (5, 3, 2)
    assert usage.output_tokens == 5


@pytest.mark.parametrize(
    ("told", "expected"), [("length", "max_tokens"), ("content_filter", "refusal"), ("pause_turn", "pause_turn")]
)
def test_our_finish_reasons_are_told_in_its_words_and_others_as_they_are(anthropic_server, answer, told, expected):
    anthropic_server.queue(Text("x", finish_reason=told))

    assert answer().stop_reason == expected


def test_a_stream_pings_early_and_ends_with_message_stop(anthropic_server, ask):
    names = [line for line in ask(anthropic_server, stream=True).read().decode().splitlines() if "event:" in line]

    assert names[:4] == [
        "event: message_start",
        "event: content_block_start",
        "event: ping",
        "event: content_block_delta",
    ]
    assert names[-2:] == ["event: message_delta", "event: message_stop"]


def test_missing_usage_is_missing_everywhere(anthropic_server, ask):
    anthropic_server.always(WrongUsage(fault="missing"))

    assert b"usage" not in ask(anthropic_server, stream=True).read()
    assert b"usage" not in ask(anthropic_server).read()


def test_answers_carry_a_request_id_and_rate_limits(anthropic_client):
    raw = anthropic_client.messages.with_raw_response.create(**ASK)

    assert raw.headers["request-id"] == "req_00000001"
    assert raw.headers["anthropic-ratelimit-requests-remaining"] == "3999"
    assert raw.headers["anthropic-ratelimit-output-tokens-limit"] == "100000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "right"}, 200),
        ({"authorization": "Bearer right"}, 200),
        ({"x-api-key": "wrong"}, 401),
        ({"api-key": "right"}, 401),
        ({}, 401),
        ({"x-api-key": "right", "anthropic-version": ""}, 400),
    ],
)
def test_only_the_key_and_a_version_are_admitted(ask, headers, status):
    with AnthropicServer(api_key="right") as server:
        assert ask(server, headers=headers).status == status


def test_an_unknown_model_is_not_found_in_the_dialect():
    with (
        AnthropicServer(models=["claude"]) as server,
        anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0) as client,
    ):
        with pytest.raises(anthropic.NotFoundError) as caught:
            client.messages.create(**ASK | {"model": "gpt"})

        assert caught.value.body["error"]["type"] == "not_found_error"
        assert [model.id for model in client.models.list()] == ["claude"]


RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "21 C"}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "weather", "input": {}}]}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"max_tokens": None}, 400),
        ({"messages": []}, 400),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, 400),
        ({"messages": [USE]}, 400),
        ({"messages": [USE, {"role": "user", "content": "?"}]}, 400),
        ({"messages": [{"role": "user", "content": [RESULT]}]}, 400),
        ({"messages": [USE, {"role": "user", "content": [{"type": "text", "text": "?"}, RESULT]}]}, 400),
        ({"messages": [USE, {"role": "user", "content": [RESULT, {"type": "text", "text": "?"}]}]}, 200),
    ],
)
def test_what_the_provider_would_refuse_is_refused(anthropic_server, ask, fields, status):
    assert ask(anthropic_server, **fields).status == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "rate_limit_error"), (529, "overloaded_error"), (500, "api_error"), (413, "request_too_large")],
)
def test_a_status_is_told_as_the_dialect_tells_it(anthropic_server, anthropic_client, status, kind):
    anthropic_server.queue(Status(status))

    with pytest.raises(anthropic.APIStatusError) as caught:
        anthropic_client.messages.create(**ASK)

    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == kind
    assert caught.value.body["request_id"] == caught.value.request_id == "req_00000001"


def test_a_code_becomes_a_detail_of_the_error(anthropic_server, ask):
    anthropic_server.queue(Status(429, code="enforced_spend_limit_reached"))

    error = json.loads(ask(anthropic_server).read())["error"]
    assert error["details"] == {"error_code": "enforced_spend_limit_reached"}
