"""`gw.messages` over real HTTP, in both faces: lossless to a provider of the dialect, and whole to any other."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from tests.journeys.journey_kit import NAMES, provider
from tests.journeys.recorded import COUNT, MESSAGES, Recording, ReplayServer, manifest, recorded_streams, recordings
from tests.journeys.scripts import ANSWERS, streamed, whole
from tests.surfaces.messages_judge import accepted, bare, in_order, theirs

import aigw
from aigw.testing import (
    AnthropicServer,
    CutAt,
    OpenAIServer,
    ProviderServer,
    Raw,
    Reasoning,
    RecordCapture,
    Refusal,
    Reply,
    Status,
    Text,
    ToolCall,
    ToolCalls,
)
from aigw.testing.transmission import Received, Transmission

KEY = "key-of-upstream"
ASKED: dict[str, Any] = {
    "model": "upstream/some-model",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", KEY)


class Exact(ReplayServer):
    """Answers at the recorded path, that of counting included."""

    def _answer(self, request: Received) -> Transmission:
        assert self._recording.path == request.path
        return self._transmission


def told(recording: Recording) -> list[dict[str, Any]]:
    """Give the recorded events, without those that only keep a connection alive."""
    lines = recording.text.split("\n")
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [event for event in events if event["type"] != "ping"]


def aimed(request: dict[str, Any]) -> dict[str, Any]:
    """Give *request* for the provider of that name, with what no client has a parameter for in `extra_body`."""
    return {**request, "model": f"upstream/{request['model']}"}


@pytest.mark.parametrize("recording", recordings(MESSAGES))
def test_a_recorded_exchange_goes_out_and_comes_back_word_for_word(face, recording: Recording):
    with Exact(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.origin))
        answer = face.do(gateway.messages.create(**aimed(recording.request or {})))
        if recording.is_stream:
            assert told(recording) == [event.to_dict() for event in face.items(answer)]
        else:
            assert json.loads(recording.text) == answer.to_dict()
        [received] = server.requests
    assert recording.request == json.loads(received.body)
    assert "anthropic-beta" not in received.headers


@pytest.mark.parametrize("recording", recordings(COUNT))
def test_a_recorded_count_goes_out_and_comes_back_word_for_word(face, recording: Recording):
    with Exact(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.origin))
        call = {"method": gateway.messages.count_tokens, **aimed(recording.request or {})}
        if recording.status == 200:
            assert json.loads(recording.text) == face.do(call.pop("method")(**call)).to_dict()
        else:
            with pytest.raises(aigw.APIStatusError) as caught:
                face.do(call.pop("method")(**call))
            assert recording.status == caught.value.status_code
        [received] = server.requests
    assert recording.request == json.loads(received.body)


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("recording", recorded_streams(MESSAGES))
def test_a_recorded_stream_adds_up_in_their_accumulator_however_it_is_cut(face, recording: Recording, size: int):
    with ReplayServer(recording, size) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.origin))
        events = face.items(face.do(gateway.messages.create(**{**ASKED, "stream": True})))
        manager = gateway.messages.stream(**ASKED)
        final = face.do(face.enter(manager).get_final_message())
        face.leave(manager)
    assert in_order(events)
    assert theirs(events) == bare(final.to_dict())


CACHE = {"type": "ephemeral", "ttl": "1h"}
TOOL = {"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}, "cache_control": CACHE}
TURNS: list[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": CACHE}]},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "h", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "text", "text": "Wait."},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1.0}},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r", "is_error": False}]},
]
CALLS: dict[str, dict[str, Any]] = {
    "the least": {},
    "system and sampling": {"system": "S", "temperature": 1, "top_p": 0.5, "top_k": 3, "stop_sequences": ["x"]},
    "a tool loop": {"messages": TURNS, "tools": [TOOL], "tool_choice": {"type": "any"}, "cache_control": CACHE},
    "server tools": {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 1}]},
    "thinking": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
    "a schema": {
        "output_config": {
            "effort": "low",
            "format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}},
        }
    },
    "the rest": {
        "metadata": {"user_id": "u"},
        "service_tier": "standard_only",
        "inference_geo": None,
        "container": "c",
        "extra_body": {"of_tomorrow": [None, {}]},
        "extra_headers": {"x-mine": "1"},
    },
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("said", [pytest.param(said, id=name) for name, said in CALLS.items()])
def test_what_reaches_the_wire_is_what_the_real_client_sends(face, said: dict[str, Any], stream: bool):
    call = {**ASKED, **said, **({"stream": True} if stream else {})}
    with AnthropicServer(api_key=KEY) as server:
        client = anthropic.Anthropic(base_url=server.url, api_key=KEY, max_retries=0)
        answer = client.messages.create(**as_theirs_takes_it(client, {**call, "model": "some-model"}))
        if stream:
            list(answer)
        client.close()
        gateway = face.gateway(manifest=manifest("anthropic", server.url))
        answer = face.do(gateway.messages.create(**call))
        if stream:
            face.items(answer)
        expected, actual = server.requests
    assert json.dumps(expected.json, sort_keys=True) == json.dumps(actual.json, sort_keys=True)
    assert "2023-06-01" == actual.headers["anthropic-version"]
    assert expected.headers.get("x-mine") == actual.headers.get("x-mine")


def as_theirs_takes_it(client: anthropic.Anthropic, call: dict[str, Any]) -> dict[str, Any]:
    """Give *call* with what their client has no argument for in its body: sampling, since its second version."""
    beyond = call.keys() - inspect.signature(client.messages.create).parameters.keys()
    body = {**call.get("extra_body", {}), **{name: call[name] for name in beyond}}
    return {**{name: said for name, said in call.items() if name not in beyond}, "extra_body": body or None}


def test_beta_flags_travel_as_the_real_client_sends_them(face):
    with AnthropicServer(api_key=KEY) as server:
        client = anthropic.Anthropic(base_url=server.url, api_key=KEY, max_retries=0)
        client.beta.messages.create(**{**ASKED, "model": "some-model"}, betas=["a", "b"])
        client.close()
        gateway = face.gateway(manifest=manifest("anthropic", server.url))
        face.do(gateway.messages.create(**ASKED, betas=["a", "b"]))
        expected, actual = server.requests
    assert expected.headers["anthropic-beta"] == actual.headers["anthropic-beta"]
    assert expected.json == {**actual.json, "model": "some-model"}


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer(api_key=KEY) as server:
        yield server


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in ANSWERS.items()])
def test_an_answer_of_another_dialect_is_the_same_message_whole_and_streamed(face, openai: OpenAIServer, body: Any):
    openai.queue(whole(body), streamed(body), streamed(body))
    gateway = face.gateway(manifest=manifest("openai-compatible", openai.url))
    plain = face.do(gateway.messages.create(**ASKED))
    events = face.items(face.do(gateway.messages.create(**ASKED, stream=True)))
    manager = gateway.messages.stream(**ASKED)
    final = face.do(face.enter(manager).get_final_message())
    face.leave(manager)

    assert in_order(events)
    assert accepted(plain.to_dict()) == theirs(events)
    assert bare(plain.to_dict()) == bare(final.to_dict())


REPLIES: dict[str, Reply] = {
    "text": Text("Hello you"),
    "thinking": Reasoning("Hm. Well.", "Done."),
    "calls": ToolCalls([ToolCall("f", {"a": [1]}, id="t1"), ToolCall("g", id="t2")], text="Let me see."),
    "a refusal": Refusal("No."),
}


@pytest.mark.parametrize("made", [AnthropicServer, OpenAIServer])
@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in REPLIES.items()])
def test_one_answer_is_one_message_whatever_the_dialect_and_however_it_comes(face, made: Any, reply: Reply):
    server: ProviderServer
    with made(api_key=KEY) as server:
        server.always(reply)
        kind = "anthropic" if made is AnthropicServer else "openai-compatible"
        gateway = face.gateway(manifest=manifest(kind, server.url))
        plain = face.do(gateway.messages.create(**ASKED))
        events = face.items(face.do(gateway.messages.create(**ASKED, stream=True)))
    summed = theirs(events)

    assert in_order(events)
    assert bare(plain.to_dict()).get("content") == summed.get("content")
    assert plain.stop_reason == summed["stop_reason"]
    assert plain.usage.output_tokens == summed["usage"]["output_tokens"]


def test_a_conversation_goes_on_at_a_target_of_another_dialect(face, openai: OpenAIServer):
    gateway = face.gateway(manifest=manifest("openai-compatible", openai.url))
    turns = [TURNS[0], {"role": "assistant", "content": TURNS[1]["content"][2:]}, TURNS[2]]
    choice = {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    said = {"messages": turns, "system": "S", "tools": [TOOL], "tool_choice": choice, "stop_sequences": ["x"]}
    face.do(gateway.messages.create(**{**ASKED, **said}))
    [request] = openai.requests

    assert [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": "Wait.",
            "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a":1.0}'}}],
        },
        {"role": "tool", "tool_call_id": "t", "content": "r"},
    ] == request.json["messages"]
    assert {"type": "function", "function": {"name": "f"}} == request.json["tool_choice"]
    function = {"name": "f", "description": "d", "parameters": TOOL["input_schema"]}
    assert [{"type": "function", "function": function}] == request.json["tools"]
    assert (["x"], False) == (request.json["stop"], request.json["parallel_tool_calls"])


def test_what_only_anthropic_knows_is_refused_elsewhere_by_name_and_never_sent(face, openai: OpenAIServer):
    gateway = face.gateway(manifest=manifest("openai-compatible", openai.url))
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        face.do(gateway.messages.create(**ASKED, container="c"))
    assert "container" == caught.value.param
    assert [] == openai.requests


def test_counting_where_nobody_counts_is_refused_by_name(face, openai: OpenAIServer):
    gateway = face.gateway(manifest=manifest("openai-compatible", openai.url))
    with pytest.raises(aigw.UnsupportedParameterError, match="count_tokens"):
        face.do(gateway.messages.count_tokens(model="upstream/m", messages=ASKED["messages"]))
    assert [] == openai.requests


@pytest.mark.parametrize("made", [AnthropicServer, OpenAIServer])
def test_a_stream_cut_anywhere_is_interrupted_and_never_ends_cleanly(face, made: Any):
    with made(api_key=KEY) as server:
        kind = "anthropic" if made is AnthropicServer else "openai-compatible"
        gateway = face.gateway(manifest=manifest(kind, server.url))
        for cut in range(1, 4):
            server.queue(CutAt(Text("a b c d e"), token=cut))
            stream = face.do(gateway.messages.create(**ASKED, stream=True))
            with pytest.raises(aigw.StreamInterrupted):
                face.items(stream)


def test_a_failed_target_is_followed_by_one_of_another_dialect_before_anything_is_handed_over(face):
    records = RecordCapture()
    with AnthropicServer() as first, OpenAIServer() as second:
        first.always(Status(529))
        second.always(Text("Hello"))
        document = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {NAMES[0]: provider(first), NAMES[1]: provider(second)},
            "routes": [
                {
                    "name": "chat",
                    "strategy": "fallback",
                    "targets": [{"provider": name, "model": "m", "max_retries": 0} for name in NAMES[:2]],
                }
            ],
        }
        gateway = face.gateway(manifest=document, sinks=[records])
        message = face.do(gateway.messages.create(**{**ASKED, "model": "chat"}))
        events = face.items(face.do(gateway.messages.create(**{**ASKED, "model": "chat"}, stream=True)))
    assert "Hello" == message.content[0].text
    assert [{"type": "text", "text": "Hello"}] == theirs(events)["content"]
    assert ("messages", "second/m") == (records.last.surface, records.last.target)


def test_an_answer_whose_shape_is_odd_is_a_named_error(face):
    with AnthropicServer(api_key=KEY) as server:
        server.queue(Raw(body=json.dumps({"id": 5, "content": [{"type": "text", "text": 5}]}).encode()))
        gateway = face.gateway(manifest=manifest("anthropic", server.url))
        with pytest.raises(aigw.APIResponseValidationError, match="another shape"):
            face.do(gateway.messages.create(**ASKED, max_retries=0))
