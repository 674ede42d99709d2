"""Every recorded answer again, asked for in the shapes of responses and of messages, whatever dialect it came in."""

from dataclasses import dataclass, replace

import pytest
from tests.journeys import extractors
from tests.journeys.extractors import Counted, Meaning
from tests.journeys.reading import as_said, plainly
from tests.journeys.recorded import Recording, ReplayServer, answers, manifest, only_dialect
from tests.journeys.test_recordings import HELLO, refused


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@dataclass(frozen=True, slots=True)
class Gist:
    """What every shape has words for. Only the first choice is told; `text` has the words of a refusal, too."""

    text: str
    reasoning: str
    calls: tuple[tuple[str, str, str], ...]
    ending: str
    counted: Counted | None


def gist(meaning: Meaning) -> Gist:
    """Give what every shape has words for."""
    told = plainly(meaning).choices[0]
    calls = tuple((call.id, call.name, call.arguments) for call in told.calls)
    return Gist(told.text + told.refusal, told.reasoning, calls, told.ending, meaning.counted)


def as_response(face, gateway, recording: Recording) -> Meaning:
    """Ask for *recording* through `gw.responses`, and read the response or that of its last event."""
    asked = {"model": f"upstream/{recording.model}", "input": HELLO, "stream": recording.is_stream}
    answer = face.do(gateway.responses.create(**asked))
    whole = face.items(answer)[-1].response if recording.is_stream else answer
    return extractors.response_meaning(whole.to_dict())


def as_message(face, gateway, recording: Recording) -> Meaning:
    """Ask for *recording* through `gw.messages`, and read the message or its events."""
    asked = {"model": f"upstream/{recording.model}", "messages": HELLO, "max_tokens": 99, "stream": recording.is_stream}
    answer = face.do(gateway.messages.create(**asked))
    if recording.is_stream:
        return extractors.events_meaning([event.to_dict() for event in face.items(answer)])
    return extractors.message_meaning(answer.to_dict())


@pytest.mark.parametrize("ask", [as_response, as_message])
@pytest.mark.parametrize("recording", answers())
def test_a_recorded_answer_is_the_same_in_every_shape(face, recording: Recording, ask):
    with ReplayServer(recording) as server:
        gateway = face.gateway(manifest=manifest(only_dialect(recording), server.home))
        if recording.status != 200:
            refused(recording, lambda: ask(face, gateway, recording))
            return
        said = extractors.meaning_of(recording.path, recording.body)
        told = ask(face, gateway, recording)
    said = replace(said, choices=said.choices[:1])
    assert gist(said) == gist(as_said(told, said))
