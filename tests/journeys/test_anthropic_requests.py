"""What a chat call becomes at Anthropic, body by body; a server that knows the rules for turns accepts them all."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from tests.journeys.bodies import CUSTOM, user
from tests.journeys.conversations import CONVERSATIONS, OPUS, Conversation
from tests.journeys.recorded import manifest

import aigw
from aigw.testing import AnthropicServer


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.fixture
def upstream() -> Iterator[AnthropicServer]:
    with AnthropicServer(api_key="key-of-upstream") as server:
        yield server


@pytest.mark.parametrize("told", [pytest.param(told, id=told.name) for told in CONVERSATIONS])
def test_a_chat_call_becomes_what_the_documentation_of_messages_wants(face, upstream, told: Conversation):
    gateway = face.gateway(manifest=manifest("anthropic", upstream.url))
    messages, asked = deepcopy(told.messages), deepcopy(told.asked)
    answer = face.do(gateway.chat.completions.create(model=f"upstream/{told.model}", messages=messages, **asked))
    if asked.get("stream"):
        face.items(answer)
    [request] = upstream.requests
    assert {"model": told.model, "messages": told.turns, **told.rest} == with_plain_ids(dict(request.json))
    assert (told.messages, told.asked) == (messages, asked)
    assert ("POST", "/v1/messages") == (request.method, request.path)
    assert "2023-06-01" == request.headers["anthropic-version"]


def with_plain_ids(body: dict[str, Any]) -> dict[str, Any]:
    """Give *body* with the digest at the end of a made-up id replaced: what it is does not matter."""
    plain = deepcopy(body)
    for turn in plain["messages"]:
        for block in turn["content"]:
            for name in {"id", "tool_use_id"} & block.keys():
                assert re.fullmatch(r"[a-zA-Z0-9_-]+", block[name])
                block[name] = re.sub(r"(?<=_)[0-9a-f]{12}$", "ID", block[name])
    return plain


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two answers": ({"n": 2}, "n"),
    "a seed": ({"seed": 1}, "seed"),
    "log probabilities": ({"logprobs": True}, "logprobs"),
    "a bias": ({"logit_bias": {"1": 1}}, "logit_bias"),
    "a penalty": ({"presence_penalty": 0.5}, "presence_penalty"),
    "a prediction": ({"prediction": {"type": "content", "content": "x"}}, "prediction"),
    "speech": ({"modalities": ["audio"], "audio": {"voice": "alloy", "format": "wav"}}, "modalities"),
    "JSON without a schema": ({"response_format": {"type": "json_object"}}, "response_format"),
    "a temperature above one": ({"temperature": 1.5}, "temperature"),
    "blank stop words": ({"stop": ["\n\n"]}, "stop"),
    "custom tools": ({"tools": [CUSTOM]}, "tools.custom"),
    "a tier it does not have": ({"service_tier": "flex"}, "service_tier"),
    "an unknown field": ({"extra_body": {"weight": 1}}, "weight"),
    "heard words": (
        {"messages": [user([{"type": "input_audio", "input_audio": {"data": "", "format": "mp3"}}])]},
        "audio",
    ),
    "a file of another account": ({"messages": [user([{"type": "file", "file": {"file_id": "file-1"}}])]}, "file_id"),
}


@pytest.mark.parametrize(("asked", "param"), [pytest.param(*case, id=name) for name, case in REFUSED.items()])
def test_what_messages_cannot_express_is_refused_here_by_name(face, upstream, asked: dict[str, Any], param: str):
    gateway = face.gateway(manifest=manifest("anthropic", upstream.url))
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        face.do(
            gateway.chat.completions.create(model="upstream/claude-sonnet-4-5", **{"messages": [user("Hi")], **asked})
        )
    assert param in (caught.value.param or "")
    assert [] == upstream.requests


@pytest.mark.parametrize(("asked", "param"), [pytest.param(*case, id=name) for name, case in REFUSED.items()])
def test_what_messages_cannot_express_is_dropped_with_a_note_where_the_manifest_says_so(face, upstream, asked, param):
    lenient: dict[str, Any] = manifest("anthropic", upstream.url)
    lenient["providers"]["upstream"]["unsupported"] = "drop"
    messages = [user("Hi"), *asked.get("messages", [])]
    gateway = face.gateway(manifest=lenient)
    answer = face.do(
        gateway.chat.completions.create(model="upstream/claude-sonnet-4-5", **{**asked, "messages": messages})
    )
    [request] = upstream.requests
    turn = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
    assert {"model": "claude-sonnet-4-5", "max_tokens": 16384, "messages": [turn]} == request.json
    assert any(note.startswith("dropped:") and param in note for note in answer.aigw.notes)


def test_a_model_that_no_longer_samples_is_not_asked_to(face, upstream):
    gateway = face.gateway(manifest=manifest("anthropic", upstream.url))
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        face.do(gateway.chat.completions.create(model=f"upstream/{OPUS}", messages=[user("Hi")], temperature=0))
    assert "temperature" == caught.value.param


def test_a_conversation_that_says_nothing_is_refused_here(face, upstream):
    gateway = face.gateway(manifest=manifest("anthropic", upstream.url))
    with pytest.raises(aigw.BadRequestError) as caught:
        face.do(gateway.chat.completions.create(model="upstream/claude-sonnet-4-5", messages=[user(" ")]))
    assert "messages" == caught.value.param
    assert [] == upstream.requests
