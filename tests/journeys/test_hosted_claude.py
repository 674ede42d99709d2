"""Claude as clouds host it, over real HTTP in both faces: word for word for its own dialect, whole to any surface."""

import json
from typing import Any

import pytest
from tests.journeys.recorded import MESSAGES, Recording, recorded_streams, recordings
from tests.providers.eventstreams import event, invoked
from tests.surfaces.messages_judge import bare, in_order, theirs

import aigw
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

HI: list[Any] = [{"role": "user", "content": "Hi"}]
ASKED: dict[str, Any] = {"model": "upstream/anthropic.claude-x", "max_tokens": 100, "messages": HI}
TOLD: tuple[dict[str, Any], ...] = (
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " there"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 2},
    },
    {"type": "message_stop"},
)
FRAMES = tuple(invoked(f"data: {json.dumps(each)}\n\n".encode()) for each in TOLD)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-aws")
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)


def manifest(kind: str, origin: str) -> dict[str, object]:
    """A manifest whose only provider, `upstream`, is of *kind*."""
    at: dict[str, object] = {"kind": kind, "base_url": origin, "api_key": "env:UPSTREAM_KEY"}
    if kind == "bedrock-anthropic":
        at |= {"api_key": "aws:default", "region": "eu-west-1"}
    if kind == "vertex-anthropic":
        at["base_url"] = f"{origin}/v1/projects/acme/locations/us-east5"
    return {"schema": "aigw/v1", "serial": 1, "providers": {"upstream": at}, "allow_direct": True}


def answering(*pieces: bytes, stream: bool = True, status: int = 200, size: int | None = None) -> Server:
    """A server that answers everything with these pieces."""
    kind = "application/vnd.amazon.eventstream" if stream else "application/json"
    sent = Transmission(
        status=status,
        headers=(("content-type", kind),),
        steps=tuple(Frame(piece) for piece in pieces),
        streamed=stream,
        write_size=size,
    )
    return Server(lambda _: sent)


def replaying(kind: str, recording: Recording, size: int | None = None) -> Server:
    """A server that answers with a recorded answer of Anthropic's, as *kind* would send it."""
    framed = recording.is_stream and kind == "bedrock-anthropic"
    body = invoked(recording.body) if framed else recording.body
    content = "application/vnd.amazon.eventstream" if framed else recording.headers["content-type"]
    sent = Transmission(
        status=recording.status,
        headers=(("content-type", content),),
        steps=(Frame(body),),
        streamed=recording.is_stream,
        write_size=size,
    )
    return Server(lambda _: sent)


def aimed(recording: Recording) -> dict[str, Any]:
    request = recording.request or {}
    return {**request, "model": f"upstream/{request['model']}"}


def body_of(kind: str, received: Received) -> dict[str, Any]:
    """What was sent, with what the cloud has in its address put back into it."""
    said = json.loads(received.body)
    said.pop("anthropic_version")
    if kind == "bedrock-anthropic" and received.path.endswith("-stream"):
        said["stream"] = True
    return said


@pytest.mark.parametrize("kind", ["bedrock-anthropic", "vertex-anthropic"])
@pytest.mark.parametrize("recording", recordings(MESSAGES, status=200))
def test_a_recorded_exchange_goes_out_and_comes_back_word_for_word(face, kind: str, recording: Recording):
    with replaying(kind, recording) as server:
        gateway = face.gateway(manifest=manifest(kind, server.origin))
        answer = face.do(gateway.messages.create(**aimed(recording)))
        if recording.is_stream:
            lines = recording.text.split("\n")
            told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
            assert [each for each in told if each["type"] != "ping"] == [each.to_dict() for each in face.items(answer)]
        else:
            assert json.loads(recording.text) == answer.to_dict()
        [received] = server.requests
    wanted = {name: value for name, value in (recording.request or {}).items() if name != "model"}
    if kind == "bedrock-anthropic" and wanted.get("stream") is False:
        del wanted["stream"]
    assert wanted == body_of(kind, received)


@pytest.mark.parametrize("size", [1, 64])
@pytest.mark.parametrize("recording", recorded_streams(MESSAGES)[:8])
def test_a_recorded_stream_in_bedrocks_frames_adds_up_in_their_accumulator(face, recording: Recording, size: int):
    with replaying("bedrock-anthropic", recording, size) as server:
        gateway = face.gateway(manifest=manifest("bedrock-anthropic", server.origin))
        events = face.items(face.do(gateway.messages.create(**{**ASKED, "stream": True})))
        manager = gateway.messages.stream(**ASKED)
        final = face.do(face.enter(manager).get_final_message())
        face.leave(manager)
    assert in_order(events)
    assert theirs(events) == bare(final.to_dict())


def test_chat_and_responses_reach_claude_on_bedrock_signed_and_streamed(face):
    with answering(*FRAMES) as server:
        gateway = face.gateway(manifest=manifest("bedrock-anthropic", server.origin))
        model = ASKED["model"]
        chunks = face.items(face.do(gateway.chat.completions.create(model=model, messages=HI, stream=True)))
        events = face.items(face.do(gateway.responses.create(model=model, input="Hi", stream=True)))
        first = server.requests[0]
    assert "Hello there" == "".join(choice.delta.content or "" for each in chunks for choice in each.choices)
    assert "Hello there" == "".join(each.delta for each in events if each.type == "response.output_text.delta")
    assert "/model/anthropic.claude-x/invoke-with-response-stream" == first.path
    assert first.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/bedrock/aws4_request" in first.headers["authorization"]


@pytest.mark.parametrize("come", range(len(FRAMES)))
def test_a_stream_that_is_cut_is_interrupted_and_never_ends_well(face, come: int):
    with answering(*FRAMES[:come], FRAMES[come][:20]) as server:
        gateway = face.gateway(manifest=manifest("bedrock-anthropic", server.origin), max_retries=0)
        with pytest.raises(aigw.StreamInterrupted):
            face.items(face.do(gateway.messages.create(**{**ASKED, "stream": True})))


def test_an_exception_among_the_frames_is_the_error_it_would_be_over_http(face):
    throttled = event("throttlingException", {"message": "Too many requests"}, "exception")
    with answering(*FRAMES[:3], throttled) as server:
        gateway = face.gateway(manifest=manifest("bedrock-anthropic", server.origin), max_retries=0)
        with pytest.raises(aigw.StreamInterrupted) as caught:
            face.items(face.do(gateway.messages.create(**{**ASKED, "stream": True})))
    assert isinstance(caught.value.__cause__, aigw.RateLimitError)


def test_tokens_are_counted_at_each_cloud(face):
    kinds = {"bedrock": "inputTokens", "bedrock-anthropic": "inputTokens", "vertex-anthropic": "input_tokens"}
    for kind, name in kinds.items():
        with answering(json.dumps({name: 7}).encode(), stream=False) as server:
            told = manifest("bedrock-anthropic" if kind == "bedrock" else kind, server.origin)
            told["providers"]["upstream"]["kind"] = kind  # type: ignore[index]
            gateway = face.gateway(manifest=told)
            count = face.do(gateway.messages.count_tokens(model=ASKED["model"], messages=HI))
        assert {"input_tokens": 7} == count.to_dict(), kind


def test_foundry_is_asked_with_its_key_and_answers_in_anthropics_words(face):
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
    whole = {**body, "stop_sequence": None, "content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 1}}
    with answering(json.dumps(whole).encode(), stream=False) as server:
        gateway = face.gateway(manifest=manifest("azure-anthropic", server.origin))
        answer = face.do(gateway.messages.create(**{**ASKED, "model": "upstream/claude-deployment"}))
        [received] = server.requests
    assert whole == answer.to_dict()
    assert "/anthropic/v1/messages" == received.path
    assert ("key-of-upstream", "2023-06-01") == (received.headers["x-api-key"], received.headers["anthropic-version"])
    assert "claude-deployment" == json.loads(received.body)["model"]
