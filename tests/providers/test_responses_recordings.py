"""Real exchanges over `/responses`, read by the adapter and beside it by an extractor of raw JSON.

The recordings stay where they are: nothing of them is copied into the project.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.providers.provider_kit import ANY, folded, sound, summary
from tests.providers.responses_kit import SPEAKER, own, speaking, wrote

from aigw.errors import APIStatusError
from aigw.manifest.snapshot import Target
from aigw.providers.registry import kinds
from aigw.types.events import Event
from aigw.wire import Headers, HttpResponse

FOLDERS = (Path(__file__).resolve().parents[3] / "shared" / "recordings", Path("/work/shared/recordings"))
FOLDER = next((folder for folder in FOLDERS if folder.is_dir()), FOLDERS[0])
RAW = [
    {**raw, "kind": path.stem if path.stem in kinds() else "openai-compatible"}
    for path in sorted(FOLDER.glob("*.jsonl"))
    for raw in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    if raw["url"].partition("?")[0].endswith("/responses") and raw["method"] == "POST"
]

pytestmark = pytest.mark.skipif(not RAW, reason="the shared recordings are not on this machine")


def each(raws: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("raw", raws, ids=[f"{raw['kind']}:{raw['cassette']}#{raw['i']}" for raw in raws])


def is_stream(raw: dict[str, Any]) -> bool:
    return not raw["text"].lstrip().startswith("{")


def at(raw: dict[str, Any]) -> Target:
    return speaking(raw["kind"], raw["request"]["model"])


def came(raw: dict[str, Any]) -> HttpResponse:
    return HttpResponse(raw["status"], Headers(raw.get("headers") or {}), raw["text"].encode())


def expected(body: dict[str, Any]) -> dict[str, Any]:
    """Extract an answer as OpenAI's reference describes it."""
    parts = [part for item in body["output"] if item["type"] == "message" for part in item["content"]]
    thoughts = [item for item in body["output"] if item["type"] == "reasoning"]
    calls = [item for item in body["output"] if item["type"] == "function_call"]
    usage = body["usage"]
    finish = {"incomplete": "length"}.get(body["status"], "tool_calls" if calls else "stop")
    return {
        "id": body["id"],
        "model": body["model"],
        "choices": {
            0: {
                "text": "".join(part["text"] for part in parts if part["type"] == "output_text"),
                "reasoning": "".join(
                    piece["text"] for item in thoughts for piece in (*item["summary"], *(item.get("content") or ()))
                ),
                "refusal": "".join(part["refusal"] for part in parts if part["type"] == "refusal"),
                "calls": [[call["call_id"], call["name"], call["arguments"]] for call in calls],
                "finish": finish,
                "signed": [item["encrypted_content"] for item in thoughts if item.get("encrypted_content")],
            }
        },
        "usage": usage
        and (
            usage["input_tokens"],
            usage["output_tokens"],
            usage["input_tokens_details"]["cached_tokens"],
            usage["output_tokens_details"]["reasoning_tokens"],
        ),
    }


def last_response(text: str) -> dict[str, Any]:
    lines = [line.removeprefix("data:").strip() for line in text.split("\n") if line.startswith("data:")]
    (body,) = [
        event["response"]
        for event in (json.loads(line) for line in lines if line != "[DONE]")
        if event["type"] in {"response.completed", "response.incomplete"}
    ]
    return dict(body)


def fed(raw: dict[str, Any], size: int) -> list[Event]:
    decoder, data = SPEAKER.decoder(at(raw), ANY), raw["text"].encode()
    events = [event for start in range(0, len(data), size) for event in decoder.feed(data[start : start + size])]
    return [*sound(events), *sound(decoder.end())]


@each([raw for raw in RAW if raw["status"] == 200 and not is_stream(raw)])
def test_a_whole_answer_is_read_as_the_provider_meant_it(raw: dict[str, Any]) -> None:
    body = json.loads(raw["text"])
    answer = SPEAKER.read(came(raw), at(raw), own(raw["request"]))

    assert expected(body) == summary(answer)
    assert body == answer.native
    assert expected(body) == folded(fed(raw, 1000))


@each([raw for raw in RAW if raw["status"] == 200 and is_stream(raw)])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_is_read_as_the_provider_meant_it_in_pieces_of_any_size(raw: dict[str, Any], size: int) -> None:
    assert expected(last_response(raw["text"])) == folded(fed(raw, size))


@each([raw for raw in RAW if raw["status"] != 200])
def test_a_refusal_keeps_status_code_and_the_providers_words(raw: dict[str, Any]) -> None:
    error, body = SPEAKER.error(came(raw), at(raw)), json.loads(raw["text"])["error"]

    assert isinstance(error, APIStatusError)
    assert (raw["status"], body["code"], body["type"], body) == (error.status_code, error.code, error.type, error.body)
    assert body["message"] in str(error)


@each(RAW)
def test_what_a_caller_wrote_reaches_the_wire_field_by_field(raw: dict[str, Any]) -> None:
    assert raw["request"] == wrote(own(raw["request"]), at(raw))
