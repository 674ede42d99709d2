"""A recorded stream that stops after any of its events is never an answer: in every shape, in both faces."""

from typing import Any

import pytest
from tests.journeys.extractors.bedrock import event_of
from tests.journeys.extractors.meaning import events_of
from tests.journeys.recorded import ANSWERS, Recording, ReplayServer, manifest, only_dialect, pieces, recorded_streams
from tests.journeys.test_recordings import HELLO

import aigw
from aigw.testing.transmission import Received, Transmission


class CutServer(ReplayServer):
    """Sends one event more of the recorded stream each time it is asked, beginning with none at all."""

    def __init__(self, recording: Recording, cuts: list[int]) -> None:
        super().__init__(recording)
        self._cuts = iter(cuts)

    def _answer(self, request: Received) -> Transmission:
        whole = super()._answer(request)
        steps = whole.steps[: next(self._cuts)]
        return Transmission(status=whole.status, headers=whole.headers, steps=steps, streamed=True)


def is_last(piece: bytes, recording: Recording) -> bool:
    """Whether *piece* is the provider's own word that the answer is complete.

    Responses have an event for it, Anthropic `message_stop`, AWS `messageStop` (usage, if at all, comes after it).
    Google has no word beyond the reason for the end; nor have hosts of OpenAI's dialect that close without `[DONE]`.
    """
    if recording.kind == "bedrock":
        return event_of(piece)[0][":event-type"] == "messageStop"
    [event] = events_of(piece.decode()) or [{}]
    choices = [*(event.get("candidates") or ()), *(event.get("choices") or ())]
    ended = any(choice.get("finishReason") or choice.get("finish_reason") for choice in choices)
    return ended or event.get("type") in {"message_stop", "response.completed", "response.incomplete"}


def cuts_of(recording: Recording) -> list[int]:
    """Give the numbers of events to send, all of them too few."""
    last = next(number for number, piece in enumerate(pieces(recording)) if is_last(piece, recording))
    return list(range(last + 1))


def chat(gateway, model: str) -> Any:
    return gateway.chat.completions.create(model=model, messages=HELLO, stream=True)


def responses(gateway, model: str) -> Any:
    return gateway.responses.create(model=model, input="Hello!", stream=True)


def messages(gateway, model: str) -> Any:
    return gateway.messages.create(model=model, messages=HELLO, max_tokens=99, stream=True)


@pytest.mark.parametrize("ask", [chat, responses, messages])
@pytest.mark.parametrize("recording", recorded_streams(*ANSWERS))
def test_a_cut_after_any_event_of_a_recorded_stream_is_an_interruption(
    face, recording: Recording, ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")
    cuts = cuts_of(recording)
    told: list[Any] = []
    with CutServer(recording, cuts) as server:
        gateway = face.gateway(manifest=manifest(only_dialect(recording), server.home), max_retries=0)
        for _ in cuts:
            try:
                stream = face.do(ask(gateway, f"upstream/{recording.model}"))
                told.append([event.to_dict() for event in face.items(stream)][-1:])
            except aigw.APIError as error:
                told.append(type(error))
    assert dict.fromkeys(cuts, aigw.StreamInterrupted) == dict(zip(cuts, told, strict=True))
