"""What is recorded beside answers, replayed through both faces: stored responses, counts, shorter conversations."""

import json
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from tests.journeys import extractors
from tests.journeys.recorded import BESIDE, RESPONSES, Recording, ReplayServer, looks, manifest, recordings
from tests.journeys.test_recordings import counted

METHODS = {"input_tokens": lambda on: on.responses.input_tokens.count, "compact": lambda on: on.responses.compact}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


def judged(server: ReplayServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.home, api_key="k", max_retries=0)


@pytest.mark.parametrize("recording", looks())
def test_a_recorded_look_gives_what_the_openai_client_gives(face, recording: Recording):
    name = recording.path.rpartition("/")[2]
    asked: dict[str, Any] = {"stream": False}
    with ReplayServer(recording) as server, judged(server) as client:
        theirs = client.responses.retrieve(name, **asked)
        gateway = face.gateway(manifest=manifest(recording.kind, server.home))
        ours = face.do(gateway.responses.retrieve(name, model="upstream/any", **asked))
        expected, sent = server.requests
    assert theirs.to_dict(warnings=False) == ours.to_dict()
    assert theirs.output_text == ours.output_text
    assert (expected.method, expected.path, expected.query) == (sent.method, sent.path, sent.query)
    assert urlsplit(recording.url).query == sent.query
    assert extractors.response_meaning(json.loads(recording.text)).counted == counted(ours.aigw.usage)


@pytest.mark.parametrize("recording", recordings(*BESIDE))
def test_a_recorded_count_or_compaction_gives_what_the_openai_client_gives(face, recording: Recording):
    method = METHODS[recording.path.rpartition("/")[2]]
    request = recording.request or {}
    with ReplayServer(recording) as server, judged(server) as client:
        theirs = method(client)(**request)
        gateway = face.gateway(manifest=manifest(recording.kind, server.home))
        ours = face.do(method(gateway)(**{**request, "model": f"upstream/{request['model']}"}))
        sent = server.requests[-1]
    assert theirs.to_dict(warnings=False) == ours.to_dict()
    assert (RESPONSES + recording.path.partition(RESPONSES)[2], request) == (
        sent.path.removeprefix("/v1"),
        json.loads(sent.body),
    )
    assert "ok" == ours.aigw.outcome
