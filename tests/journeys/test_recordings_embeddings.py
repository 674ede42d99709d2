"""Every recorded exchange about vectors, through `gw.embeddings` and in both faces."""

import base64
import inspect
import json
import struct
from typing import Any

import pytest
from tests.journeys import extractors
from tests.journeys.extractors import Vectors
from tests.journeys.recorded import VECTORS, Recording, ReplayServer, manifest, recordings
from tests.journeys.test_recordings import refused
from tests.journeys.unseen.vectors import ONE, TWO


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


def texts_of(request: dict[str, Any]) -> list[str]:
    """Give the texts that were asked about, wherever the dialect has them."""
    if "requests" in request:
        return [part["text"] for each in request["requests"] for part in each["content"]["parts"]]
    if "instances" in request:
        return [instance["content"] for instance in request["instances"]]
    if "content" in request:
        return [part["text"] for part in request["content"]["parts"]]
    said = request.get("texts") or request.get("input") or request.get("inputText") or request.get("inputs")
    return [said] if isinstance(said, str) else list(said)


def create(face, gateway, recording: Recording, **more: Any) -> Vectors:
    """Ask for the vectors of the recorded texts."""
    texts = more.pop("input", None) or texts_of(recording.request or {})
    asked = {"model": f"upstream/{recording.model}", "input": texts, **more}
    answer = face.do(gateway.embeddings.create(**asked))
    assert list(range(len(answer.data))) == [row.index for row in answer.data]
    assert answer.model
    counted = answer.aigw.usage
    assert (counted.prompt_tokens if counted else 0) == answer.usage.prompt_tokens == answer.usage.total_tokens
    return Vectors(tuple(numbers(row.embedding) for row in answer.data), answer.usage.prompt_tokens)


def numbers(vector: Any) -> tuple[float, ...]:
    if isinstance(vector, str):
        vector = struct.unpack(f"<{len(base64.b64decode(vector)) // 4}f", base64.b64decode(vector))
    return single(vector)


def single(vector: Any) -> tuple[float, ...]:
    """Give *vector* as numbers of 32 bits, which is all that base64 carries."""
    return struct.unpack(f"<{len(vector)}f", struct.pack(f"<{len(vector)}f", *vector))


@pytest.mark.parametrize("encoding", ["float", "base64"])
@pytest.mark.parametrize("recording", recordings(*VECTORS))
def test_recorded_vectors_are_what_their_documentation_says(face, recording: Recording, encoding: str):
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.home))
        if recording.status != 200:
            refused(recording, lambda: create(face, gateway, recording, encoding_format=encoding))
            return
        told = create(face, gateway, recording, encoding_format=encoding)
    said = extractors.vectors_of(recording.kind, recording.path, recording.text, recording.headers)
    assert Vectors(tuple(single(vector) for vector in said.numbers), said.tokens) == told


@pytest.mark.parametrize("name", [*TWO, *ONE])
def test_vectors_nobody_recorded_are_what_their_documentation_says(face, name: str):
    recording, texts = (TWO[name], ["a", "b"]) if name in TWO else (ONE[name], ["a"])
    with ReplayServer(recording) as server:
        told = create(face, face.gateway(manifest=manifest(recording.kind, server.home)), recording, input=texts)
    said = extractors.vectors_of(recording.kind, recording.path, recording.text, recording.headers)
    assert said == told


@pytest.mark.parametrize("recording", recordings("/v1/embeddings", status=200))
def test_a_recorded_request_in_openais_dialect_reaches_the_wire_as_it_was_sent(face, recording: Recording):
    with ReplayServer(recording) as server:
        method = face.gateway(manifest=manifest(recording.kind, server.home)).embeddings.create
        asked = {**(recording.request or {}), "model": f"upstream/{recording.model}"}
        unknown = asked.keys() - inspect.signature(method).parameters.keys()
        beyond = {name: asked.pop(name) for name in unknown}
        face.do(method(**asked, extra_body=beyond))
        [received] = server.requests
    assert recording.request == json.loads(received.body)
