"""`responses` over real HTTP through both faces, with the real openai package as the judge."""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import openai
import pytest
from pydantic import BaseModel
from tests.journeys.journey_kit import manifest as chat_manifest
from tests.journeys.recorded import Recording, ReplayServer, manifest, recordings
from tests.surfaces.responses_judge import theirs

import aigw
from aigw.providers.registry import kinds
from aigw.testing import AnthropicServer, CutAt, OpenAIServer, ProviderServer, Text, ToolCall, ToolCalls
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Transmission

RESPONSES = "/responses"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.mark.parametrize("recording", recordings(RESPONSES))
def test_a_recorded_response_is_what_the_openai_client_makes_of_it(face, recording: Recording):
    request = recording.request or {}
    # a base URL that is a bare host of nobody's gets the usual path
    recording = replace(recording, url=recording.url.replace(".com/responses", ".com/v1/responses"))
    with ReplayServer(recording) as server:
        base_url = server.base_url(RESPONSES)
        with openai.OpenAI(base_url=base_url, api_key="key-of-upstream", max_retries=0) as client:
            wanted = outcome(lambda: read(client.responses.create(**fitting(client.responses.create, request)), list))
        gateway = face.gateway(manifest=manifest(kind_of(recording), base_url))
        asked = {**request, "model": f"upstream/{request['model']}"}
        method = gateway.responses.create
        ours = outcome(lambda: read(face.do(method(**fitting(method, asked))), face.items))
        sent, received = server.requests
    assert wanted == ours
    assert json.loads(sent.body) == json.loads(received.body)


def kind_of(recording: Recording) -> str:
    """Give the recorded provider's kind if it is said to speak the dialect, else any provider's that does."""
    own = kinds().get(recording.kind)
    return "openai-responses" if own is None or "openai-responses" not in own.dialects else own.name


def fitting(method: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
    """Give *request* as arguments of *method*: what that has no parameter for goes into `extra_body`."""
    known = inspect.signature(method).parameters.keys()
    beyond = {name: value for name, value in request.items() if name not in known}
    said = {name: value for name, value in request.items() if name in known}
    return {**said, "extra_body": beyond} if beyond else said


def read(answer: Any, items: Callable[[Any], list[Any]]) -> Any:
    """Give all an answer says: its fields, or those of its events."""
    if not hasattr(answer, "output_text"):
        return [event.to_dict() for event in items(answer)]
    return {**answer.to_dict(), "output_text": answer.output_text}


def outcome(ask: Callable[[], Any]) -> Any:
    """Give what *ask* gives, or what its error says."""
    try:
        return ask()
    except (openai.APIStatusError, aigw.APIStatusError) as error:
        return error.status_code, error.body, error.code, error.param, error.type


HI: dict[str, Any] = {"model": "chat", "input": "Say hello."}
NATIVE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1795132800,
    "status": "completed",
    "model": "m-1",
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
    ],
    "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
}  # fmt: skip


class NativeServer(Server):
    """A provider of the dialect that gives every call the same answer, or *status*."""

    def __init__(self, status: int = 200) -> None:
        body = NATIVE if status < 400 else {"error": {"message": "busy"}}
        headers = (("content-type", "application/json"),)
        self._said = Transmission(status=status, headers=headers, steps=(Frame(json.dumps(body).encode()),))
        super().__init__(lambda _: self._said)

    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.requests]


def routed(*servers: NativeServer) -> dict[str, Any]:
    """Write a manifest whose route `chat` falls back along *servers*, all of the dialect."""
    providers = {
        f"p{number}": {"kind": "openai-responses", "base_url": server.origin + "/v1", "api_key": "env:UPSTREAM_KEY"}
        for number, server in enumerate(servers)
    }
    targets = [{"provider": name, "model": "m"} for name in providers]
    route = {"name": "chat", "strategy": "fallback", "targets": targets}
    second = {"name": "second", "strategy": "single", "targets": targets[1:]}
    return {"schema": "aigw/v1", "serial": 1, "providers": providers, "routes": [route, second]}


@pytest.fixture
def two() -> Iterator[tuple[NativeServer, NativeServer]]:
    with NativeServer() as first, NativeServer() as second:
        yield first, second


def test_a_conversation_goes_back_to_the_target_that_keeps_it(face, two):
    gateway = face.gateway(manifest=routed(*two))
    begun = face.do(gateway.responses.create(**{**HI, "model": "second"}))
    goes_on = face.do(gateway.responses.create(**HI, previous_response_id=begun.id))
    assert ("p1/m", "p1/m") == (begun.aigw.target, goes_on.aigw.target)
    assert "resp_1" == two[1].bodies()[1]["previous_response_id"]
    assert [] == two[0].bodies()


def test_a_conversation_that_another_provider_keeps_is_refused_by_name(face, two):
    gateway = face.gateway(manifest=routed(*two))
    begun = face.do(gateway.responses.create(**HI))
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        face.do(gateway.responses.create(**{**HI, "model": "second"}, previous_response_id=begun.id))
    assert ("previous_response_id", "kept_elsewhere") == (caught.value.param, caught.value.code)
    assert [] == two[1].bodies()


def test_encrypted_thinking_is_left_out_with_a_note_where_it_did_not_come_from(face):
    with NativeServer() as first, NativeServer() as second:
        gateway = face.gateway(manifest=routed(first, second))
        begun = face.do(gateway.responses.create(**HI))
        items = [*begun.output, {"role": "user", "content": "Go on."}]
        stays = face.do(gateway.responses.create(model="chat", input=items))
        crosses = face.do(gateway.responses.create(model="second", input=items))
        assert [*NATIVE["output"], items[-1]] == first.bodies()[1]["input"]
        assert [NATIVE["output"][1], items[-1]] == second.bodies()[0]["input"]
        assert "sealed" not in json.dumps(second.bodies()[0])
    assert () == stays.aigw.notes
    assert any("reasoning" in note for note in crosses.aigw.notes)


@pytest.fixture(params=[OpenAIServer, AnthropicServer], ids=["openai", "anthropic"])
def foreign(request: pytest.FixtureRequest) -> Iterator[ProviderServer]:
    """A provider of another dialect."""
    with request.param() as server:
        yield server


def leading_to(server: ProviderServer) -> dict[str, object]:
    """Write a manifest whose route `chat` leads to *server*, which speaks its one dialect only."""
    kind = "anthropic" if isinstance(server, AnthropicServer) else "sglang"
    providers = {"first": {"kind": kind, "base_url": server.url, "api_key": "none"}}
    return {**chat_manifest(server), "providers": providers}


TOOLS = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}]


def test_a_provider_of_another_dialect_answers_in_responses_whole_and_streamed(journey, foreign: ProviderServer):
    gateway = journey.start(leading_to(foreign))
    foreign.always(ToolCalls([ToolCall("f", {"a": 1}), ToolCall("f", {"a": 2})]))
    whole = journey.face.do(gateway.responses.create(**HI, tools=TOOLS))
    streamed = journey.face.items(journey.face.do(gateway.responses.create(**HI, tools=TOOLS, stream=True)))
    assert [{"a": 1}, {"a": 2}] == [json.loads(item.arguments) for item in whole.output]
    assert meaning(whole) == meaning(streamed[-1].response)
    assert meaning(whole)["output"] == meaning(theirs([event.to_dict() for event in streamed]))["output"]
    assert ("responses", "ok") == (journey.record.surface, journey.record.outcome)
    calls = [
        *whole.output,
        *({"type": "function_call_output", "call_id": o.call_id, "output": "x"} for o in whole.output),
    ]
    foreign.always(Text("Done"))
    done = journey.face.do(gateway.responses.create(model="chat", input=[HI_ITEM, *calls], tools=TOOLS))
    assert "Done" == done.output_text


def test_state_that_a_target_cannot_keep_is_refused_or_dropped_with_a_note(journey, foreign: ProviderServer):
    gateway = journey.start(leading_to(foreign))
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        journey.face.do(gateway.responses.create(**HI, previous_response_id="resp_9"))
    assert "previous_response_id" == caught.value.param
    answer = journey.face.do(gateway.responses.create(**HI, truncation="auto", unsupported="drop"))
    assert any("truncation" in note for note in answer.aigw.notes)
    assert "truncation" not in json.loads(foreign.requests[-1].body)


def test_a_stream_that_breaks_off_never_ends_cleanly(journey, foreign: ProviderServer):
    gateway = journey.start(leading_to(foreign))
    foreign.always(CutAt(Text("one two three four"), token=3))
    stream = journey.face.do(gateway.responses.create(**HI, stream=True))
    with pytest.raises(aigw.StreamInterrupted) as caught:
        journey.face.items(stream)
    assert caught.value.partial_text


def test_a_watched_response_is_parsed_into_its_type(journey, foreign: ProviderServer):
    gateway = journey.start(leading_to(foreign))
    foreign.always(Text('{"name": "Ann"}'))
    parsed = journey.face.do(gateway.responses.parse(**HI, text_format=Person))
    manager = gateway.responses.stream(**HI, text_format=Person)
    stream = journey.face.enter(manager)
    final = journey.face.do(stream.get_final_response())
    journey.face.leave(manager)
    assert Person(name="Ann") == parsed.output_parsed == final.output_parsed
    assert final.aigw.call_id == journey.record.call_id
    raw = journey.face.do(gateway.responses.with_raw_response.create(**HI))
    assert (200, parsed.output_text) == (raw.status_code, raw.parse().output_text)
    again = journey.face.do(gateway.responses.create(model="chat", input=[HI_ITEM, *parsed.output, HI_ITEM]))
    assert "completed" == again.status


class Person(BaseModel):
    """Somebody."""

    name: str


HI_ITEM = {"role": "user", "content": "Hi"}


def meaning(response: Any) -> dict[str, Any]:
    """Give what *response* says but for its names, the time, and the spelling of arguments."""
    said = response if isinstance(response, dict) else response.to_dict()
    items = [{name: value for name, value in item.items() if name not in {"id", "call_id"}} for item in said["output"]]
    for item in items:
        item["arguments"] = json.loads(item["arguments"])
    return {"status": said["status"], "usage": said["usage"], "output": items}
