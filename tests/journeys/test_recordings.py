"""Every recorded chat exchange, replayed over real HTTP through both faces and read by a second pair of eyes."""

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.journeys import extractors
from tests.journeys.backwards import UntranslatableError, as_chat, canonical
from tests.journeys.extractors import Counted, Meaning, Refused
from tests.journeys.reading import lost, of_chunks, of_completion, plainly
from tests.journeys.recorded import (
    CHAT,
    COUNT,
    MESSAGES,
    Recording,
    ReplayServer,
    manifest,
    recorded_streams,
    recordings,
)

import aigw

HELLO: dict[str, Any] = {"model": "some-model", "messages": [{"role": "user", "content": "Hello!"}]}
ASK_USAGE = {"stream_options": {"include_usage": True}}
PASSING = {"choices", "delta", "obfuscation", "logprobs"}
"""What belongs to one chunk; `obfuscation` is padding against eavesdroppers on the length of packets."""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.mark.parametrize("recording", recordings(CHAT))
def test_a_recorded_chat_exchange_goes_out_and_comes_back_as_its_documentation_says(face, recording: Recording):
    request = recording.request or HELLO
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.base_url(CHAT)))
        check(face, gateway, recording, request, extractors.openai_meaning)
        [received] = server.requests
    assert wire(request) == json.loads(received.body)
    assert "Bearer key-of-upstream" == received.headers["authorization"]


@pytest.mark.parametrize("recording", recordings(MESSAGES, COUNT))
def test_a_recorded_messages_exchange_comes_back_as_its_documentation_says(face, recording: Recording):
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.origin))
        check(face, gateway, recording, asking(HELLO, recording), extractors.anthropic_meaning)
        [received] = server.requests
    assert "key-of-upstream" == received.headers["x-api-key"]
    assert "2023-06-01" == received.headers["anthropic-version"]


@pytest.mark.parametrize("recording", recordings(MESSAGES))
def test_a_recorded_messages_request_survives_the_way_to_the_chat_dialect_and_back(face, recording: Recording):
    try:
        request = as_chat(recording.request or {})
    except UntranslatableError as error:
        pytest.skip(f"the chat dialect has no word for {error}")
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.origin))
        check(face, gateway, recording, asking(request, recording), extractors.anthropic_meaning)
        [received] = server.requests
    assert canonical(recording.request, in_order=False) == canonical(json.loads(received.body), in_order=True)


@pytest.mark.parametrize("recording", recordings(CHAT, status=200))
def test_what_a_provider_says_beyond_the_dialect_is_still_in_the_answer(face, recording: Recording):
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.base_url(CHAT)))
        answer = create(face, gateway, asking(HELLO, recording))
        if recording.is_stream:
            said = settled(extractors.chunks_of(recording.text))
            told = settled([chunk.to_dict() for chunk in face.items(answer)])
        else:
            said, told = json.loads(recording.text), answer.to_dict()
    assert [] == list(lost(said, told))


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("recording", recorded_streams(CHAT, MESSAGES))
def test_how_a_recorded_stream_is_cut_into_packets_changes_nothing(face, recording: Recording, size: int):
    read = extractors.anthropic_meaning if recording.path.endswith(MESSAGES) else extractors.openai_meaning
    with ReplayServer(recording, size) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.base_url(CHAT).removesuffix("/v1/messages")))
        check(face, gateway, recording, asking(HELLO, recording), read)


def asking(request: dict[str, Any], recording: Recording) -> dict[str, Any]:
    """Give *request* asking for a stream, and its usage, where one was recorded."""
    return {**request, "stream": recording.is_stream, **(ASK_USAGE if recording.is_stream else {})}


def check(face, gateway, recording: Recording, request: dict[str, Any], read: Callable[[str], Meaning]) -> None:
    """Send *request* and compare what the caller gets with what *read* finds in the raw text."""
    if recording.status == 200:
        assert plainly(read(recording.text)) == plainly(ask(face, gateway, request))
        return
    with pytest.raises(aigw.APIStatusError) as caught:
        ask(face, gateway, request)
    error = caught.value
    told = Refused(type(error).__name__, error.status_code, error.message, error.type, error.code)
    expected = extractors.refusal_of(recording.status, recording.text)
    assert expected == replace(told, message=expected.message)
    assert expected.message in error.message
    assert 1 == len(error.attempts)


def ask(face, gateway, request: dict[str, Any]) -> Meaning:
    """Send *request* as it is, to the model it names at `upstream`, and give what came back."""
    answer = create(face, gateway, request)
    meaning = of_chunks(face.items(answer)) if request.get("stream") else of_completion(answer)
    usage = answer.aigw.usage
    assert meaning.counted == Counted(
        usage.prompt_tokens, usage.completion_tokens, usage.cache_read, usage.cache_write, usage.reasoning
    )
    return meaning


def create(face, gateway, request: dict[str, Any]) -> Any:
    """Call `create` with all it has a parameter for, and `extra_body` with the rest."""
    method = gateway.chat.completions.create
    asked = {**request, "model": f"upstream/{request['model']}"}
    unknown = asked.keys() - inspect.signature(method).parameters.keys()
    beyond = {"extra_body": {name: asked.pop(name) for name in unknown}} if unknown else {}
    return face.do(method(**asked, **beyond))


def settled(chunks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Collect what chunks say once and for all, which is everything but deltas; the last word counts."""
    found: dict[str, Any] = {}
    for chunk in chunks:
        for level in (chunk, *chunk["choices"]):
            found |= {name: value for name, value in level.items() if name not in PASSING and value not in (None, "")}
    return found


def wire(request: dict[str, Any]) -> dict[str, Any]:
    """Give what is to reach the provider: the caller's own words, but for usage, which is asked for in streams."""
    if not request.get("stream"):
        return request
    return {**request, "stream_options": {**(request.get("stream_options") or {}), "include_usage": True}}
