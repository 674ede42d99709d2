"""What is opaque goes home: over real HTTP in both faces, through every surface, between providers of any dialect."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.speaking import DIALECTS, Speaker, manifest
from tests.providers.contract_samples import _json, _named

from aigw.testing.contract import Sample

SEAL = "c2VhbGVkLWJ5LWhvbWU="
HELLO = {"role": "user", "content": "Hi"}
AGAIN = {"role": "user", "content": "Go on."}
TEXT = "Hello"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


def signed_by_anthropic() -> Sample:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    usage = {"input_tokens": 3, "output_tokens": 2}
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": SEAL}
    whole = {**head, "content": [thinking, {"type": "text", "text": TEXT}], "stop_reason": "end_turn", "usage": usage}
    stream = _named(
        {"type": "message_start", "message": {**head, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {**thinking, "thinking": "", "signature": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SEAL}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": TEXT}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    )
    return Sample(whole=_json(whole), stream=stream)


def sealed_by_openai() -> Sample:
    spoken = [{"type": "output_text", "text": TEXT, "annotations": []}]
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SEAL},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": spoken},
    ]
    body = {"id": "resp_1", "object": "response", "created_at": 7, "status": "completed", "model": "m", "output": items}
    return Sample(whole=_json(body), stream=_named({"type": "response.completed", "response": body}))


def signed_by_google() -> Sample:
    call = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": SEAL}
    candidate = {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [call]}}
    body = {"candidates": [candidate], "responseId": "r-1", "modelVersion": "m"}
    return Sample(whole=_json(body), stream=b"data: " + _json(body) + b"\n\n")


ISSUERS = {
    "anthropic-messages": signed_by_anthropic,
    "openai-responses": sealed_by_openai,
    "gemini": signed_by_google,
}
SURFACES = ("chat", "responses", "messages")


class World:
    """A route `chat` from an `other` provider to the one at `home`, and routes `home` and `other` to each alone."""

    def __init__(self, face: Any, home: Speaker, other: Speaker) -> None:
        self.face, self.home, self.other = face, home, other
        document = manifest(other, home)
        targets = document["routes"][0]["targets"]
        document["routes"] += [
            {"name": name, "strategy": "single", "targets": [target]}
            for name, target in zip(("other", "home"), targets, strict=True)
        ]
        self.gateway = face.gateway(manifest=document)

    def ask(self, surface: str, model: str, said: list[Any], *, stream: bool = False) -> Any:
        """Make a call, and give the answer with what has to be sent back of it."""
        if surface == "messages":
            asked = {"model": model, "max_tokens": 4000, "messages": said, "unsupported": "drop"}
            made = self.face.do(self.gateway.messages.create(**asked, **({"stream": True} if stream else {})))
        elif surface == "responses":
            made = self.face.do(self.gateway.responses.create(model=model, input=said, stream=stream))
        else:
            made = self.face.do(self.gateway.chat.completions.create(model=model, messages=said, stream=stream))
        return made

    def turn(self, surface: str, *, stream: bool) -> list[Any]:
        """Let home say something, and give it as plain dicts, as a caller keeps it."""
        made = self.ask(surface, "home", [HELLO], stream=stream)
        if not stream:
            return plain(surface, made)
        events = self.face.items(made)
        if surface == "messages":
            return [{"role": "assistant", "content": blocks_of(events)}]
        if surface == "responses":
            return [item.to_dict() for item in events[-1].response.output]
        return [message_of(events)]


def plain(surface: str, made: Any) -> list[Any]:
    body = made.to_dict()
    if surface == "messages":
        return [{"role": "assistant", "content": body["content"]}]
    return body["output"] if surface == "responses" else [body["choices"][0]["message"]]


def blocks_of(events: list[Any]) -> list[dict[str, Any]]:
    """Add up the blocks of a stream in the Messages dialect, as any client does."""
    blocks: list[dict[str, Any]] = []
    for event in (one.to_dict() for one in events):
        if event["type"] == "content_block_start":
            blocks.append(dict(event["content_block"]))
        elif event["type"] == "content_block_delta":
            delta, block = event["delta"], blocks[event["index"]]
            if delta["type"] == "input_json_delta":
                block["input"] = {}
                continue
            name = delta["type"].removesuffix("_delta")
            block[name] = (block.get(name) or "") + delta[name]
    return blocks


def message_of(chunks: list[Any]) -> dict[str, Any]:
    from aigw.surfaces.chat.state import merge

    message: dict[str, Any] = {}
    for chunk in chunks:
        for choice in chunk.to_dict()["choices"]:
            merge(message, choice["delta"])
    for listed in (*message.get("tool_calls", ()), *message.get("reasoning_details", ())):
        listed.pop("index", None)
    return message


@pytest.fixture(params=[(issuer, dialect) for issuer in ISSUERS for dialect in DIALECTS], ids="-to-".join)
def world(request: pytest.FixtureRequest, face: Any) -> Iterator[World]:
    issuer, dialect = request.param
    with Speaker(DIALECTS[issuer]) as home, Speaker(DIALECTS[dialect]) as other:
        home.say(ISSUERS[issuer]())
        other.say(DIALECTS[dialect].answers()["text"])
        yield World(face, home, other)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("surface", SURFACES)
def test_a_call_that_carries_something_opaque_goes_home_and_crosses_without_it(
    world: World, surface: str, stream: bool
) -> None:
    turn = world.turn(surface, stream=stream)
    results = answered(surface, turn)

    kept = world.ask(surface, "chat", [HELLO, *turn, *results, AGAIN])
    assert "p1/" == kept.aigw.target[:3]
    assert SEAL in world.home.requests[-1].body.decode()
    assert [] == world.other.requests
    assert [] == [note for note in kept.aigw.notes if SEAL in note or "issued" in note]

    crossed = world.ask(surface, "other", [HELLO, *turn, *results, AGAIN])
    sent = world.other.requests[-1].body.decode()
    assert SEAL not in sent
    assert "issuer" not in sent
    assert [note for note in crossed.aigw.notes if note.startswith("stripped") and "(issued by p1/" in note]
    assert "Go on." in sent


def answered(surface: str, turn: list[Any]) -> list[Any]:
    """Give results for the calls of *turn*: a call without one would be refused."""
    if surface == "messages":
        uses = [block for block in turn[0]["content"] if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": use["id"], "content": "1"} for use in uses]
        return [{"role": "user", "content": results}] if results else []
    if surface == "responses":
        calls = [item["call_id"] for item in turn if item["type"] == "function_call"]
        return [{"type": "function_call_output", "call_id": call, "output": "1"} for call in calls]
    calls = turn[0].get("tool_calls") or []
    return [{"role": "tool", "tool_call_id": call["id"], "content": "1"} for call in calls]


def test_the_same_dialect_at_another_provider_is_elsewhere_and_the_rest_is_what_the_caller_wrote(face: Any) -> None:
    dialect = DIALECTS["anthropic-messages"]
    with Speaker(dialect) as home, Speaker(dialect) as other:
        home.say(signed_by_anthropic())
        other.say(dialect.answers()["text"])
        world = World(face, home, other)
        [turn] = world.turn("messages", stream=False)
        cited = {"type": "text", "text": "x", "citations": [{"type": "char_location", "cited_text": "y"}]}
        said = [HELLO, {**turn, "content": [*turn["content"], cited]}, AGAIN]
        world.ask("messages", "other", said)
        body = json.loads(other.requests[0].body)
    assert [HELLO, {"role": "assistant", "content": [{"type": "text", "text": TEXT}, cited]}, AGAIN] == body["messages"]


def test_a_fallback_crosses_too_and_the_record_says_what_was_left_behind(face: Any) -> None:
    with Speaker(DIALECTS["anthropic-messages"]) as home, Speaker(DIALECTS["openai-chat"]) as other:
        home.say(signed_by_anthropic())
        other.say(DIALECTS["openai-chat"].answers()["text"])
        world = World(face, home, other)
        turn = world.turn("chat", stream=False)
        home.refuse(529, b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}')
        made = world.ask("chat", "chat", [HELLO, *turn, AGAIN])
        bodies = [home.requests[-1].body.decode(), other.requests[-1].body.decode()]
    assert [True, False] == [SEAL in body for body in bodies]
    assert ["p1/claude-sonnet-4-5", "p0/m"] == [attempt.target for attempt in made.aigw.attempts]
    assert ("stripped: signature of the reasoning of messages[1] (issued by p1/claude-sonnet-4-5)",) == made.aigw.notes
