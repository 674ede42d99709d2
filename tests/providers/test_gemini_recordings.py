"""Real exchanges with Google, read by the adapters and beside them by a naive reading of the raw JSON.

The recordings stay where they are: nothing of them is copied into the project.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.providers.provider_kit import ANY, decoded, folded, response, speaker, summary, target

from aigw.errors import APIStatusError
from aigw.manifest.snapshot import Target
from aigw.types.events import Answer

FOLDER = Path("/work/shared/recordings")
HERE = Path(__file__).resolve().parents[3] / "shared" / "recordings"
ENDINGS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "UNEXPECTED_TOOL_CALL": "stop"}


@dataclass(frozen=True)
class Exchange:
    name: str
    kind: str
    url: str
    status: int
    text: str

    @property
    def target(self) -> Target:
        return target(self.kind, self.url.rpartition("/")[2].partition(":")[0])

    @property
    def chunks(self) -> list[dict[str, Any]]:
        if ":streamGenerateContent" not in self.url:
            return [json.loads(self.text)]
        lines = self.text.replace("\r\n", "\n").split("\n")
        return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def _exchanges() -> Iterator[Exchange]:
    folder = HERE if HERE.is_dir() else FOLDER
    for kind in ("gemini", "vertex"):
        path = folder / f"{kind}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            raw = json.loads(line)
            yield Exchange(f"{raw['cassette']}#{raw['i']}", kind, raw["url"], raw["status"], raw["text"])


ALL = list(_exchanges())
GOOD = [exchange for exchange in ALL if exchange.status == 200 and "enerateContent" in exchange.url]
BAD = [exchange for exchange in ALL if exchange.status != 200]

pytestmark = pytest.mark.skipif(not ALL, reason="the recordings (../shared/recordings) are not here")


def meaning(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """What Google said, by its documentation; calls without their ids, which Google seldom gives."""
    parts = [part for chunk in chunks for part in chunk["candidates"][0].get("content", {}).get("parts", [])]
    calls = [
        (part["functionCall"]["name"], part["functionCall"].get("args", {})) for part in parts if "functionCall" in part
    ]
    books = next(chunk["usageMetadata"] for chunk in reversed(chunks) if "usageMetadata" in chunk)
    ending = ENDINGS[next(chunk["candidates"][0]["finishReason"] for chunk in reversed(chunks))]
    return {
        "id": chunks[0]["responseId"],
        "model": chunks[0]["modelVersion"],
        "text": "".join(part["text"] for part in parts if "text" in part and not part.get("thought")),
        "reasoning": "".join(part["text"] for part in parts if part.get("thought")),
        "calls": calls,
        "finish": "tool_calls" if calls and ending == "stop" else ending,
        "usage": (
            books["promptTokenCount"] + books.get("toolUsePromptTokenCount", 0),
            books.get("candidatesTokenCount", 0) + books.get("thoughtsTokenCount", 0),
            books.get("cachedContentTokenCount", 0),
            books.get("thoughtsTokenCount", 0),
        ),
    }


def plain(read: dict[str, Any]) -> dict[str, Any]:
    """What the adapter read, in the shape of `meaning`."""
    (choice,) = read["choices"].values()
    assert all(id_ for id_, _, _ in choice["calls"])
    return {
        "id": read["id"],
        "model": read["model"],
        "text": choice["text"],
        "reasoning": choice["reasoning"],
        "calls": [(name, json.loads(arguments)) for _, name, arguments in choice["calls"]],
        "finish": choice["finish"],
        "usage": read["usage"],
    }


@pytest.mark.parametrize("exchange", GOOD, ids=lambda exchange: exchange.name)
def test_real_answers_are_read_as_google_means_them(exchange: Exchange) -> None:
    at = exchange.target
    if ":streamGenerateContent" in exchange.url:
        for size in (None, 11):
            assert meaning(exchange.chunks) == plain(folded(decoded(exchange.text.encode(), at, size)))
        return
    answer = speaker(at).read(response(exchange.text.encode()), at, ANY)
    assert isinstance(answer, Answer)
    assert meaning(exchange.chunks) == plain(summary(answer))


@pytest.mark.parametrize("exchange", BAD, ids=lambda exchange: exchange.name)
def test_real_refusals_keep_googles_words(exchange: Exchange) -> None:
    at = exchange.target
    found = speaker(at).error(response(exchange.text.encode(), exchange.status), at)
    assert isinstance(found, APIStatusError)
    said = exchange.chunks[0]["error"]
    assert (exchange.status, said["status"]) == (found.status_code, found.code)
    assert said["message"] in found.message
