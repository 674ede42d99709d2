"""Every recorded exchange, replayed over real HTTP through both faces and read by a second pair of eyes."""

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.journeys import extractors
from tests.journeys.backwards import UntranslatableError, as_chat, canonical
from tests.journeys.extractors import Counted, Meaning, Refused
from tests.journeys.reading import as_said, lost, of_chunks, of_completion, plainly
from tests.journeys.recorded import (
    ANSWERS,
    CHAT,
    COUNT,
    FOLDER,
    MESSAGES,
    RESPONSES,
    VECTORS,
    Recording,
    ReplayServer,
    answers,
    every,
    manifest,
    only_dialect,
    recorded_streams,
    recordings,
)

import aigw
from aigw.types.usage import Usage

ELSEWHERE = {
    "POST /messages/count_tokens": "test_messages counts through gw.messages",
    "POST /responses/input_tokens": "test_recordings_stored counts through gw.responses",
    "POST /responses/compact": "test_recordings_stored compacts through gw.responses",
    "POST /responses (unfinished)": "only gw.responses can ask for work in the background; test_responses has it",
    "GET /responses/…": "test_recordings_stored looks through gw.responses",
}
"""What is recorded but not asked for here, and why. Whatever else turns up fails the test below."""

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello!"}]
ASK_USAGE = {"stream_options": {"include_usage": True}}
PASSING = {"choices", "delta", "obfuscation", "logprobs"}
"""What belongs to one chunk; `obfuscation` is padding against eavesdroppers on the length of packets."""
KEY = "key-of-upstream"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", KEY)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded exchanges at {FOLDER}")
def test_every_recording_is_asked_for_here_or_said_to_be_elsewhere():
    unasked = {
        f"{recording.method} {recording.path}"
        for recording in every()
        if recording.method != "POST" or not recording.path.endswith((*ANSWERS, *VECTORS))
    }
    known = [place.split(" ")[:2] for place in ELSEWHERE if "(" not in place]
    assert [] == [
        place
        for place in unasked
        if not any(place.startswith(f"{method} ") and path.strip("…") in place for method, path in known)
    ]


@pytest.mark.parametrize("recording", answers())
def test_a_recorded_answer_is_what_its_documentation_says(face, recording: Recording):
    with ReplayServer(recording) as server:
        check(face, gateway_to(face, recording, server), recording, asking({"messages": HELLO}, recording))
        [received] = server.requests
    assert KEY in " ".join(received.headers.get(name, "") for name in _CREDENTIALS)


_CREDENTIALS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")


@pytest.mark.parametrize("recording", recordings(CHAT))
def test_a_recorded_chat_request_reaches_the_wire_field_by_field(face, recording: Recording):
    request = recording.request or {"model": recording.model, "messages": HELLO}
    with ReplayServer(recording) as server:
        check(face, gateway_to(face, recording, server), recording, request)
        [received] = server.requests
    assert wire(request) == json.loads(received.body)


@pytest.mark.parametrize("recording", recordings(MESSAGES))
def test_a_recorded_messages_request_survives_the_way_to_the_chat_dialect_and_back(face, recording: Recording):
    try:
        request = as_chat(recording.request or {})
    except UntranslatableError as error:
        pytest.skip(f"the chat dialect has no word for {error}")
    with ReplayServer(recording) as server:
        check(face, gateway_to(face, recording, server), recording, asking(as_issued(request), recording))
        [received] = server.requests
    assert canonical(recording.request, in_order=False) == canonical(json.loads(received.body), in_order=True)
    assert "2023-06-01" == received.headers["anthropic-version"]


def as_issued(request: dict[str, Any]) -> dict[str, Any]:
    """Give *request* with the target that its signed thinking is from, as every answer of ours names it."""
    for turn in request["messages"]:
        for detail in turn.get("reasoning_details") or ():
            detail["issuer"] = f"upstream/{request['model']}"
    return request


@pytest.mark.parametrize("recording", recordings(COUNT))
def test_a_count_that_is_refused_at_the_provider_is_refused_here(face, recording: Recording):
    with ReplayServer(recording) as server:
        check(face, gateway_to(face, recording, server), recording, asking({"messages": HELLO}, recording))


@pytest.mark.parametrize("recording", recordings(CHAT, status=200))
def test_what_a_provider_says_beyond_the_dialect_is_still_in_the_answer(face, recording: Recording):
    with ReplayServer(recording) as server:
        answer = create(face, gateway_to(face, recording, server), asking({"messages": HELLO}, recording))
        if recording.is_stream:
            said = settled(extractors.events_of(recording.text))
            told = settled([chunk.to_dict() for chunk in face.items(answer)])
        else:
            said, told = json.loads(recording.text), answer.to_dict()
    assert [] == list(lost(said, told))


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("recording", recorded_streams(*ANSWERS))
def test_how_a_recorded_stream_is_cut_into_packets_changes_nothing(face, recording: Recording, size: int):
    with ReplayServer(recording, size) as server:
        check(face, gateway_to(face, recording, server), recording, asking({"messages": HELLO}, recording))


def gateway_to(face, recording: Recording, server: ReplayServer) -> Any:
    """Make a gateway whose provider `upstream` is *server*, of the kind that was recorded.

    Chat would be asked of most hosts in the chat dialect, so responses come from a kind that has no other.
    """
    kind = only_dialect(recording) if recording.path.endswith(RESPONSES) else recording.kind
    return face.gateway(manifest=manifest(kind, server.home))


def asking(request: dict[str, Any], recording: Recording) -> dict[str, Any]:
    """Give *request* for the recorded model, asking for a stream, and its usage, where one was recorded."""
    streamed = {"stream": recording.is_stream, **(ASK_USAGE if recording.is_stream else {})}
    return {**request, "model": recording.model, **streamed}


def check(face, gateway, recording: Recording, request: dict[str, Any]) -> None:
    """Send *request* and compare what the caller gets with what the extractor finds in the raw body."""
    if recording.status == 200:
        said = extractors.meaning_of(recording.path, recording.body)
        assert plainly(said) == plainly(as_said(ask(face, gateway, request), said))
        return
    refused(recording, lambda: ask(face, gateway, request))


def refused(recording: Recording, ask: Callable[[], object]) -> None:
    """Compare the error that *ask* raises with what the extractor finds in the raw body."""
    with pytest.raises(aigw.APIStatusError) as caught:
        ask()
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
    assert meaning.counted == counted(answer.aigw.usage)
    return meaning


def counted(usage: Usage | None) -> Counted | None:
    """Give what the record counts, by OpenAI's totals."""
    if usage is None:
        return None
    written = usage.cache_write + usage.cache_write_1h
    return Counted(usage.prompt_tokens, usage.completion_tokens, usage.cache_read, written, usage.reasoning)


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
