import json

import openai
import pytest

from aigw.testing import (
    OpenAIServer,
    Reasoning,
    Refusal,
    Status,
    Text,
    ToolCall,
    ToolCalls,
    WrongUsage,
)
from aigw.types.usage import Usage

ASK = [{"role": "user", "content": "hi"}]
WEATHER = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
TWO_CALLS = ToolCalls(
    [ToolCall("weather", {"city": "Rome"}, id="call_a"), ToolCall("weather", {"city": "Oslo, North"}, id="call_b")],
    text="Let me look.",
)


def final(client: openai.OpenAI, **options):
    with client.chat.completions.stream(model="gpt-4o", messages=ASK, **options) as stream:
        return stream.get_final_completion()


def test_without_a_script_it_greets_in_the_name_of_the_model(openai_client):
    answer = openai_client.chat.completions.create(model="gpt-4o", messages=ASK)

    assert answer.choices[0].message.content == "Hello from gpt-4o."
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (12, 3, 15)


def test_plain_and_streamed_answers_say_the_same(openai_client):
    plain = openai_client.chat.completions.create(model="gpt-4o", messages=ASK)
    streamed = final(openai_client, stream_options={"include_usage": True})

    assert plain.choices[0].message.content == streamed.choices[0].message.content
    assert plain.usage == streamed.usage
    assert plain.choices[0].finish_reason == streamed.choices[0].finish_reason


def test_usage_comes_in_a_last_chunk_of_its_own_only_when_asked_for(openai_client):
    asked = list(
        openai_client.chat.completions.create(
            model="m", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    unasked = list(openai_client.chat.completions.create(model="m", messages=ASK, stream=True))

    assert asked[-1].choices == []
    assert asked[-1].usage.total_tokens == 15
    assert len(asked) == len(unasked) + 1
    assert all(chunk.usage is None for chunk in unasked)


def test_a_text_is_streamed_in_the_chunks_it_is_given(openai_server, openai_client):
    openai_server.queue(Text(chunks=("Hel", "lo", " \u2028wörld")))

    chunks = list(openai_client.chat.completions.create(model="m", messages=ASK, stream=True))

    told = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert told == ["Hel", "lo", " \u2028wörld"]


def test_chunks_that_contradict_the_text_are_refused():
    with pytest.raises(ValueError, match="join to its text"):
        Text("Hello", chunks=("Hel", "p"))


@pytest.mark.parametrize("stream", [False, True])
def test_an_empty_text_is_text_all_the_same(openai_server, openai_client, stream):
    openai_server.queue(Text(""))

    create = openai_client.chat.completions.create
    answer = final(openai_client) if stream else create(model="m", messages=ASK)

    assert answer.choices[0].message.content == ""


@pytest.mark.parametrize("stream", [False, True])
def test_parallel_tool_calls_arrive_whole(openai_server, openai_client, stream):
    openai_server.queue(TWO_CALLS)

    if stream:
        choice = final(openai_client, tools=WEATHER).choices[0]
    else:
        choice = openai_client.chat.completions.create(model="m", messages=ASK, tools=WEATHER).choices[0]

    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Let me look."
    assert [call.id for call in choice.message.tool_calls] == ["call_a", "call_b"]
    assert [json.loads(call.function.arguments) for call in choice.message.tool_calls] == [
        {"city": "Rome"},
        {"city": "Oslo, North"},
    ]


@pytest.mark.parametrize("stream", [False, True])
def test_broken_arguments_are_told_as_they_are(openai_server, openai_client, stream):
    openai_server.queue(ToolCalls([ToolCall("weather", '{"city": "Ro')], finish_reason="length"))

    if stream:
        chunks = openai_client.chat.completions.create(model="m", messages=ASK, stream=True)
        deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
        arguments = "".join(call.function.arguments for call in deltas)
    else:
        answer = openai_client.chat.completions.create(model="m", messages=ASK)
        arguments = answer.choices[0].message.tool_calls[0].function.arguments

    assert arguments == '{"city": "Ro'


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_has_no_content(openai_server, openai_client, stream):
    openai_server.queue(Refusal("I would rather not."))

    create = openai_client.chat.completions.create
    message = (final(openai_client) if stream else create(model="m", messages=ASK)).choices[0].message

    assert message.refusal == "I would rather not."
    assert message.content is None


@pytest.mark.parametrize("stream", [False, True])
def test_reasoning_has_a_field_of_its_own(openai_server, openai_client, stream):
    openai_server.queue(Reasoning("Two and two.", "Four."))

    if stream:
        chunks = list(openai_client.chat.completions.create(model="m", messages=ASK, stream=True))
        deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
        thinking = "".join(getattr(delta, "reasoning_content", "") for delta in deltas)
        text = "".join(delta.content or "" for delta in deltas)
    else:
        message = openai_client.chat.completions.create(model="m", messages=ASK).choices[0].message
        thinking, text = message.reasoning_content, message.content

    assert (thinking, text) == ("Two and two.", "Four.")


def test_the_script_decides_usage_model_and_finish_reason(openai_server, openai_client):
    usage = Usage(input=5, cache_read=3, output=2, reasoning=4)
    openai_server.queue(Text("x", usage=usage, model="gpt-4o-2024-08-06", finish_reason="length"))

    answer = openai_client.chat.completions.create(model="gpt-4o", messages=ASK)

    assert answer.model == "gpt-4o-2024-08-06"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.prompt_tokens == 8
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    assert answer.usage.completion_tokens == 6
    assert answer.usage.completion_tokens_details.reasoning_tokens == 4


@pytest.mark.parametrize(
    ("fault", "expected"), [("zero", 0), ("negative", -15), ("text", "15"), ("inflated", 15000), ("null", None)]
)
def test_wrong_usage_is_wrong_in_the_way_it_says(openai_server, ask, fault, expected):
    openai_server.queue(WrongUsage(fault=fault))

    assert json.loads(ask(openai_server).read())["usage"]["total_tokens"] == expected


def test_missing_usage_is_missing_even_when_asked_for(openai_server, ask):
    openai_server.always(WrongUsage(fault="missing"))

    assert "usage" not in json.loads(ask(openai_server).read())
    stream = ask(openai_server, stream=True, stream_options={"include_usage": True}).read()
    assert b"total_tokens" not in stream
    assert stream.endswith(b"data: [DONE]\n\n")


def test_answers_carry_a_request_id_and_rate_limits(openai_client):
    raw = openai_client.chat.completions.with_raw_response.create(model="m", messages=ASK)

    assert raw.headers["x-request-id"] == "req_00000001"
    assert raw.headers["x-ratelimit-remaining-requests"] == "4999"
    assert raw.headers["x-ratelimit-reset-requests"] == "12ms"


def test_models_are_listed(openai_client):
    with (
        OpenAIServer(models=["llama"]) as server,
        openai.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client,
    ):
        assert [model.id for model in client.models.list()] == ["llama"]
    assert "gpt-4o" in [model.id for model in openai_client.models.list()]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"authorization": "Bearer right"}, 200), ({"authorization": "Bearer wrong"}, 401), ({"api-key": "right"}, 401)],
)
def test_only_the_bearer_of_the_key_is_admitted(ask, headers, status):
    with OpenAIServer(api_key="right") as server:
        response = ask(server, headers=headers)

        assert response.status == status
        if status == 401:
            assert json.loads(response.read())["error"]["code"] == "invalid_api_key"


def test_an_unknown_model_is_not_found_in_the_dialect():
    with (
        OpenAIServer(models=["gpt-4o"]) as server,
        openai.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client,
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="gpt-9", messages=ASK)

        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": ""}]}, "messages.[0].role"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "x"}]}]}, "messages.[1].role"),
    ],
)
def test_what_the_provider_would_refuse_is_refused(openai_server, ask, fields, param):
    response = ask(openai_server, **fields)

    assert response.status == 400
    assert json.loads(response.read())["error"]["param"] == param


def test_tool_results_in_any_order_answer_their_calls(openai_server, ask):
    messages = [
        {"role": "assistant", "tool_calls": [{"id": "a"}, {"id": "b"}]},
        {"role": "tool", "tool_call_id": "b", "content": ""},
        {"role": "tool", "tool_call_id": "a", "content": ""},
        {"role": "user", "content": "and?"},
    ]

    assert ask(openai_server, messages=messages).status == 200


def test_a_refused_request_uses_up_nothing_of_the_script(openai_server, ask):
    openai_server.queue(Text("mine"))

    assert ask(openai_server, messages=[]).status == 400
    assert openai_server.queued == 1


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (Status(429), openai.RateLimitError, "rate_limit_exceeded"),
        (
            Status(429, code="insufficient_quota", type="insufficient_quota"),
            openai.RateLimitError,
            "insufficient_quota",
        ),
        (Status(400, code="context_length_exceeded"), openai.BadRequestError, "context_length_exceeded"),
        (Status(401), openai.AuthenticationError, "invalid_api_key"),
        (Status(503), openai.InternalServerError, "server_is_overloaded"),
        (Status(500, message="boom"), openai.InternalServerError, None),
    ],
)
def test_a_status_is_told_as_the_dialect_tells_it(openai_server, openai_client, reply, error, code):
    openai_server.queue(reply)

    with pytest.raises(error) as caught:
        openai_client.chat.completions.create(model="m", messages=ASK)

    assert caught.value.code == code
    assert caught.value.request_id == "req_00000001"


def test_hints_when_to_come_back_are_sent_only_if_scripted(openai_server, ask):
    openai_server.queue(Status(429), Status(429, retry_after=7.0, retry_after_ms=1500.5, should_retry=False))

    bare, told = ask(openai_server), ask(openai_server)

    assert [bare.headers[name] for name in ("retry-after", "retry-after-ms", "x-should-retry")] == [None] * 3
    assert told.headers["retry-after"] == "7"
    assert told.headers["retry-after-ms"] == "1500.5"
    assert told.headers["x-should-retry"] == "false"


def test_an_http_date_is_a_hint_too(openai_server, ask):
    openai_server.queue(Status(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"))

    assert ask(openai_server).headers["retry-after"] == "Wed, 21 Oct 2026 07:28:00 GMT"
