"""Each stream we hand out adds up, in the `openai` package's own accumulator and in ours, to the plain answer."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from anthropic._models import construct_type as construct_piece
from anthropic.types import RawMessageStreamEvent as TheirPiece
from openai._models import construct_type
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.chat import ChatCompletion as TheirCompletion
from openai.types.chat import ChatCompletionChunk as TheirChunk
from openai.types.responses import ResponseStreamEvent as TheirEvent
from pydantic import TypeAdapter
from tests.journeys import extractors
from tests.journeys.reading import lost
from tests.journeys.recorded import (
    ANSWERS,
    CHAT,
    RESPONSES,
    Recording,
    ReplayServer,
    manifest,
    only_dialect,
    recorded_streams,
)
from tests.journeys.scripts import ANSWERS as SCRIPTED
from tests.journeys.scripts import streamed, whole
from tests.surfaces import messages_judge

from aigw.testing import (
    AnthropicServer,
    OpenAIServer,
    ProviderServer,
    Reasoning,
    Refusal,
    Reply,
    Text,
    ToolCall,
    ToolCalls,
)
from aigw.types.usage import Usage

ASKED: dict[str, Any] = {"model": "upstream/some-model", "messages": [{"role": "user", "content": "Hi"}]}
WATCHED = {**ASKED, "stream_options": {"include_usage": True}}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


def added_up(face, gateway, **more: Any) -> dict[str, Any]:
    """Stream the answer into openai's accumulator, each chunk strictly validated, and give what it makes of it."""
    state: Any = ChatCompletionStreamState()
    stream = face.do(gateway.chat.completions.create(**{**WATCHED, **more}, stream=True))
    for chunk in face.items(stream):
        state.handle_chunk(TheirChunk.model_validate(chunk.to_dict()))
    return known_to_them(settled(state.current_completion_snapshot))


def watched(face, gateway, **more: Any) -> dict[str, Any]:
    """Stream the answer through our own `stream()` and give its final completion."""
    manager = gateway.chat.completions.stream(**{**WATCHED, **more})
    final = face.do(face.enter(manager).get_final_completion())
    face.leave(manager)
    return settled(final)


def plain(face, gateway) -> dict[str, Any]:
    """Ask for the answer in one piece; openai's model of it is strict, too."""
    completion = face.do(gateway.chat.completions.create(**ASKED))
    return settled(TheirCompletion.model_validate(completion.to_dict()))


def settled(completion: Any) -> dict[str, Any]:
    """Give a completion without nulls and empty lists, and without what differs from call to call."""
    body = bare(json.loads(completion.model_dump_json(warnings=False)))
    assert body["id"]
    assert body["created"]
    return {name: value for name, value in body.items() if name not in {"id", "created"}}


def bare(value: Any) -> Any:
    """Leave out what says nothing, and the number of a call, which is its place; read its arguments."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if isinstance(value, dict) and {"id", "function", "index"} <= value.keys():
        value = {name: item for name, item in value.items() if name != "index"}
    if isinstance(value, dict) and isinstance(value.get("arguments"), str):
        value = {**value, "arguments": json.loads(value["arguments"])}
    if not isinstance(value, dict):
        return value
    kept = {name: bare(item) for name, item in value.items()}
    return {name: item for name, item in kept.items() if item not in (None, [], {})}


@pytest.fixture(params=[OpenAIServer, AnthropicServer], ids=["openai", "anthropic"])
def upstream(request: pytest.FixtureRequest) -> Iterator[ProviderServer]:
    with request.param() as server:
        yield server


COUNTED = Usage(input=5, cache_read=3, cache_write=2, output=7, reasoning=4)
REPLIES: dict[str, Reply] = {
    "a greeting": Text(),
    "one token": Text("Hello"),
    "many tokens": Text("Größe \U0001f468\u200d\U0001f469 \u2028 and \n\n more, " * 20, usage=COUNTED),
    "no text": Text(""),
    "cut by its limit": Text("Once upon", finish_reason="length"),
    "withheld": Text("Well", finish_reason="content_filter"),
    "a refusal": Refusal("I cannot help with that.", usage=COUNTED),
    "thinking": Reasoning("17 times 23 is 391.", "391", usage=COUNTED),
    "a call": ToolCalls([ToolCall("get_weather", {"city": "Rome"}, id="call_1")]),
    "a call without arguments": ToolCalls([ToolCall("now", id="call_1", fragments=[])]),
    "calls in parallel": ToolCalls(
        [
            ToolCall("get_weather", {"city": "Rome"}, id="call_1"),
            ToolCall("now", id="call_2"),
            ToolCall("get_weather", {"city": "Köln"}, id="call_3"),
        ],
        text="Let me see.",
    ),
}


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in REPLIES.items()])
def test_a_scripted_stream_adds_up_to_the_plain_answer(face, upstream: ProviderServer, reply: Reply):
    kind = "anthropic" if isinstance(upstream, AnthropicServer) else "openai"
    upstream.always(reply)
    gateway = face.gateway(manifest=manifest(kind, upstream.url))
    expected = plain(face, gateway)
    assert known_to_them(expected) == added_up(face, gateway)
    assert expected == watched(face, gateway)


@pytest.mark.parametrize("tell", [streamed, whole], ids=["streamed", "in one piece where a stream was asked for"])
@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in SCRIPTED.items()])
def test_a_stream_in_openais_dialect_adds_up_to_the_same_answer_in_one_piece(face, answer: dict[str, Any], tell):
    with OpenAIServer() as upstream:
        gateway = face.gateway(manifest=manifest("openai", upstream.url))
        upstream.queue(whole(answer), tell(answer), tell(answer))
        expected = plain(face, gateway)
        assert known_to_them(expected) == added_up(face, gateway)
        assert expected == watched(face, gateway)
    assert settled(TheirCompletion.model_validate(answer)) == expected


@pytest.mark.parametrize("recording", recorded_streams(CHAT))
def test_a_recorded_chat_stream_adds_up_as_it_does_at_the_openai_client(face, recording: Recording):
    state: Any = ChatCompletionStreamState()
    for chunk in extractors.events_of(recording.text):
        state.handle_chunk(TheirChunk.model_validate(without_padding(chunk)))
    direct = settled(state.current_completion_snapshot)
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.base_url(CHAT)))
        ours = watched(face, gateway)
        assert known_to_them(ours) == added_up(face, gateway)
    assert [] == list(lost(direct, ours))


def without_padding(chunk: dict[str, Any]) -> dict[str, Any]:
    """Leave out padding, and roles: OpenRouter repeats them, and the accumulator strings them together."""
    choices = [
        {**choice, "delta": {name: value for name, value in choice["delta"].items() if name != "role"}}
        for choice in chunk["choices"]
    ]
    return {**{name: value for name, value in chunk.items() if name != "obfuscation"}, "choices": choices}


@pytest.mark.parametrize("recording", recorded_streams(*ANSWERS))
def test_a_recorded_stream_adds_up_the_same_at_the_openai_client_and_here(face, recording: Recording):
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(only_dialect(recording), server.home))
        named = {"model": f"upstream/{recording.model}"}
        ours, theirs = known_to_them(watched(face, gateway, **named)), added_up(face, gateway, **named)
    assert [ours[name] for name in ("model", "choices", "usage")] == [
        theirs[name] for name in ("model", "choices", "usage")
    ]


@pytest.mark.parametrize("recording", recorded_streams(*ANSWERS))
def test_a_recorded_stream_adds_up_as_a_response_at_the_openai_client(face, recording: Recording):
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(only_dialect(recording), server.home))
        asked = {"model": f"upstream/{recording.model}", "input": "Hi"}
        stream = face.do(gateway.responses.create(**asked, stream=True))
        events = [event.to_dict() for event in face.items(stream)]
        manager = gateway.responses.stream(**asked)
        final = face.do(face.enter(manager).get_final_response()).to_dict()
        face.leave(manager)
    assert said_by(events[-1]["response"]) == said_by(
        as_they_add_up(events, strict=not recording.path.endswith(RESPONSES))
    )
    assert plain_items(events[-1]["response"]) == plain_items(final)


def as_they_add_up(events: list[dict[str, Any]], *, strict: bool) -> dict[str, Any]:
    """Give what openai's accumulator makes of *events* by their deltas, each validated by its model of it."""
    state: Any = ResponseStreamState(text_format=openai.omit, input_tools=openai.omit)
    for event in events:
        if strict and (event.get("item") or {}).get("type") not in BEYOND_THEM and "response" not in event:
            THEIR_EVENT.validate_python(event)
        state.handle_event(construct_type(type_=TheirEvent, value=event))
    snapshot: dict[str, Any] = state._ResponseStreamState__current_snapshot.to_dict(warnings=False)
    return snapshot


BEYOND_THEM = {"provider_block"}
THEIR_EVENT: TypeAdapter[Any] = TypeAdapter(TheirEvent)


def said_by(response: dict[str, Any]) -> list[Any]:
    """Give the texts and calls of a response, which is what their accumulator adds up by itself."""
    texts = [[p["text"] for p in i["content"] if "text" in p] for i in response["output"] if i["type"] == "message"]
    calls = [(i["call_id"], i["name"], i["arguments"]) for i in response["output"] if i["type"] == "function_call"]
    return [texts, calls]


def plain_items(response: dict[str, Any]) -> list[Any]:
    """Give the items of a response without the names that each of them gets anew, and what was parsed of them."""
    return [bare({name: said for name, said in item.items() if name not in NEW}) for item in response["output"]]


NEW = {"id", "call_id", "parsed_arguments"}


@pytest.mark.parametrize("recording", recorded_streams(*ANSWERS))
def test_a_recorded_stream_adds_up_as_a_message_at_the_anthropic_client(face, recording: Recording):
    asked = {"model": f"upstream/{recording.model}", "messages": ASKED["messages"], "max_tokens": 99}
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(only_dialect(recording), server.home))
        events = face.items(face.do(gateway.messages.create(**asked, stream=True)))
        manager = gateway.messages.stream(**asked)
        final = face.do(face.enter(manager).get_final_message()).to_dict()
        face.leave(manager)
    assert messages_judge.in_order(events)
    assert nameless(as_they_read(events)) == nameless(final)


def as_they_read(events: list[Any]) -> dict[str, Any]:
    """Let anthropic's own accumulator add up *events*, each validated by its model of it unless it is ours alone."""
    bodies = [event.to_dict() for event in events]
    for body in bodies:
        if (body.get("content_block") or {}).get("type") not in BEYOND_THEM:
            THEIR_PIECE.validate_python(body)
    snapshot = messages_judge.added_up(construct_piece(type_=TheirPiece, value=body) for body in bodies)
    told: dict[str, Any] = snapshot.to_dict(warnings=False)
    return told


THEIR_PIECE: TypeAdapter[Any] = TypeAdapter(TheirPiece)
OF_A_MESSAGE = ("role", "model", "stop_reason", "stop_sequence", "usage")
OF_A_BLOCK = ("type", "text", "thinking", "signature", "data", "name", "input", "body")


def nameless(message: dict[str, Any]) -> list[Any]:
    """Give what their accumulator keeps of a message, without the names that are made anew for each."""
    blocks = [bare({name: block.get(name) for name in OF_A_BLOCK}) for block in message["content"]]
    return [bare({name: message.get(name) for name in OF_A_MESSAGE}), blocks]


def known_to_them(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out what openai's accumulator drops: fields beside a choice's message that come after its first chunk."""
    known = {"index", "finish_reason", "logprobs", "message"}
    choices = [{name: value for name, value in choice.items() if name in known} for choice in body["choices"]]
    return {**body, "choices": choices}
