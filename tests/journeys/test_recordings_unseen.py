"""What other exchanges of the recorded kinds may hold, by documentation: in every shape, in both faces."""

from dataclasses import replace
from typing import Any

import pytest
from tests.journeys import extractors
from tests.journeys.reading import as_said
from tests.journeys.recorded import RESPONSES, Recording, ReplayServer, manifest, only_dialect
from tests.journeys.test_recordings import HELLO, asking, check
from tests.journeys.test_recordings_surfaces import as_message, as_response, gist
from tests.journeys.unseen import ANSWERED, FAILED, REFUSED
from tests.journeys.unseen.kit import whole

import aigw
from aigw.testing.transmission import Received, Transmission

NO_WORD_FOR = {
    "openai refusal": {"ending": "content_filter"},
    "responses refusal": {"ending": "content_filter"},
    "openai custom tool": {"calls": (("c", "sql", '{"INVALID_JSON": "select 1"}'),)},
    "responses custom tool": {"calls": (("call_c", "sql", '{"INVALID_JSON": "select 1"}'),)},
    "openai arguments cut": {"calls": (("call_1", "f", "{}"),)},
    "openai no usage": {"counted": extractors.Counted(0, 0)},
}
"""What Anthropic's shape says in its own way: a refusal is a reason, inputs are objects, there is always usage."""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


def each(table: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("name", table)


def gateway_to(face, recording: Recording, server: ReplayServer, *, chat: bool = False) -> Any:
    kind = recording.kind if chat and not recording.path.endswith(RESPONSES) else only_dialect(recording)
    return face.gateway(manifest=manifest(kind, server.home), max_retries=0)


@each(ANSWERED)
def test_an_answer_is_what_its_documentation_says(face, name: str):
    recording = ANSWERED[name]
    with ReplayServer(recording) as server:
        gateway = gateway_to(face, recording, server, chat=True)
        check(face, gateway, recording, asking({"messages": HELLO}, recording))


@pytest.mark.parametrize("ask", [as_response, as_message])
@each(ANSWERED)
def test_an_answer_is_the_same_in_every_shape(face, name: str, ask):
    recording = ANSWERED[name]
    said = extractors.meaning_of(recording.path, recording.body)
    said = replace(said, choices=said.choices[:1])
    with ReplayServer(recording) as server:
        told = ask(face, gateway_to(face, recording, server), recording)
    own = NO_WORD_FOR.get(name, {}) if ask is as_message else {}
    assert replace(gist(said), **own) == gist(as_said(told, said))


def as_chat(face, gateway, recording: Recording) -> Any:
    answer = face.do(gateway.chat.completions.create(**aimed(recording), messages=HELLO))
    return face.items(answer) if recording.is_stream else answer


def aimed(recording: Recording) -> dict[str, Any]:
    return {"model": f"upstream/{recording.model}", "stream": recording.is_stream}


@pytest.mark.parametrize("ask", [as_chat, as_response, as_message])
@each({**REFUSED, **FAILED})
def test_a_refusal_is_the_error_its_documentation_says(face, name: str, ask):
    recording, error = {**REFUSED, **FAILED}[name]
    with ReplayServer(recording) as server, pytest.raises(aigw.APIStatusError) as caught:
        ask(face, gateway_to(face, recording, server, chat=ask is as_chat), recording)
    assert error == type(caught.value).__name__
    assert caught.value.message
    assert recording.status in {200, caught.value.status_code}
    assert 1 == len(caught.value.attempts)


COUNTS = {
    "anthropic": whole("anthropic", "/v1/messages/count_tokens", {"input_tokens": 12}),
    "gemini": whole("gemini", "/v1beta/models/gemini-x:countTokens", {"totalTokens": 12, "promptTokensDetails": []}),
    "vertex": whole(
        "vertex",
        "/v1/projects/p/locations/global/publishers/google/models/gemini-x:countTokens",
        {"totalTokens": 12, "totalBillableCharacters": 40},
    ),
}


class CountServer(ReplayServer):
    """Answers at the very path, which for `ReplayServer` is that of a message."""

    def _answer(self, request: Received) -> Transmission:
        assert self._recording.path == request.path
        return self._transmission


@each(COUNTS)
def test_tokens_are_counted_wherever_the_provider_counts(face, name: str):
    recording = COUNTS[name]
    with CountServer(recording) as server:
        gateway = face.gateway(manifest=manifest(recording.kind, server.home))
        counted = face.do(gateway.messages.count_tokens(model=f"upstream/{recording.model}", messages=HELLO))
    assert 12 == counted.input_tokens
