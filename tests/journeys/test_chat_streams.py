"""What a stream of chunks promises, over real HTTP in both faces, whatever dialect the provider speaks."""

from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES
from tests.journeys.speaking import DIALECTS, Speaker, manifest

from aigw.surfaces.chat.state import merge
from aigw.testing.contract import Sample

ANSWERS = ("text", "call", "calls")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.fixture(params=[(dialect, answer) for dialect in DIALECTS for answer in ANSWERS], ids="-".join)
def told(request: pytest.FixtureRequest, face: Any) -> Any:
    """Give the sample, the plain answer, and its chunks with usage and without."""
    dialect, answer = request.param
    sample = DIALECTS[dialect].answers()[answer]
    with Speaker(DIALECTS[dialect]) as server:
        server.say(sample)
        create = face.gateway(manifest=manifest(server)).chat.completions.create
        asked: dict[str, Any] = {"model": "chat", "messages": MESSAGES}
        plain = face.do(create(**asked)).to_dict()
        streams = [
            [
                chunk.model_dump(mode="json", exclude_unset=True)
                for chunk in face.items(face.do(create(**asked, stream=True, stream_options=options)))
            ]
            for options in ({"include_usage": True}, {"include_usage": False})
        ]
    return sample, plain, *streams


def choices(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [choice for chunk in chunks for choice in chunk["choices"]]


def test_one_id_and_one_created_a_stream(told: Any) -> None:
    _, _, chunks, _ = told
    assert 1 == len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks})


def test_the_first_delta_has_the_role_and_no_other(told: Any) -> None:
    _, _, chunks, _ = told
    roles = [choice["delta"].get("role") for choice in choices(chunks)]
    assert ["assistant", *(None for _ in roles[1:])] == roles


def test_the_index_counts_tool_calls_and_each_says_its_id_and_name_once(told: Any) -> None:
    sample, _, chunks, _ = told
    calls = [call for choice in choices(chunks) for call in choice["delta"].get("tool_calls", ())]
    indices = list(dict.fromkeys(call["index"] for call in calls))
    assert list(range(len(sample.calls))) == indices
    for index in indices:
        fragments = [call for call in calls if call["index"] == index]
        assert (
            1
            == len([one for one in fragments if one.get("id")])
            == len([o for o in fragments if o["function"].get("name")])
        )
        assert fragments[0]["id"]
        assert "function" == fragments[0]["type"]


def test_one_chunk_has_the_finish_reason_and_usage_comes_last_without_choices(told: Any) -> None:
    sample, _, chunks, _ = told
    reasons = [choice["finish_reason"] for choice in choices(chunks) if choice.get("finish_reason")]
    assert [sample.finish.value] == reasons
    *before, last = chunks
    assert [] == last["choices"]
    assert sample.usage == (last["usage"]["prompt_tokens"], last["usage"]["completion_tokens"])
    assert [] == [chunk["usage"] for chunk in before if chunk.get("usage") is not None]
    assert all(chunk["choices"] for chunk in before)


def test_asking_for_usage_changes_nothing_else(told: Any) -> None:
    _, _, chunks, without = told
    assert all(chunk.get("usage") is None for chunk in without)
    assert [bare(chunk) for chunk in chunks[:-1]] == [bare(chunk) for chunk in without]


def bare(chunk: dict[str, Any]) -> dict[str, Any]:
    """Give *chunk* without what is of one call only, and without usage, which the others have as null."""
    return {name: value for name, value in chunk.items() if name not in {"id", "created", "usage"}}


def test_a_stream_adds_up_to_the_plain_answer(told: Any) -> None:
    sample, plain, chunks, _ = told
    message: dict[str, Any] = {}
    for choice in choices(chunks):
        merge(message, choice["delta"])
    [choice] = plain["choices"]
    calls = [numbered(call) for call in message.get("tool_calls", ())]
    assert meant(sample) == (message.get("content") or "", calls)
    assert meant(sample) == (
        choice["message"]["content"] or "",
        [numbered(c) for c in choice["message"].get("tool_calls", ())],
    )
    assert choice["finish_reason"] == sample.finish.value
    assert plain["usage"] == chunks[-1]["usage"]


def numbered(call: dict[str, Any]) -> tuple[str, str]:
    return call["function"]["name"], call["function"]["arguments"].replace(" ", "")


def meant(sample: Sample) -> tuple[str, list[tuple[str, str]]]:
    return sample.text, list(sample.calls)
