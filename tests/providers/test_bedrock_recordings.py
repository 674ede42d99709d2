"""Real exchanges with Bedrock, read by the adapters and beside them by an extractor of raw JSON.

The recordings stay where they are: nothing of them is copied into the project.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from tests.providers.provider_kit import ANY, decoded, folded, summary, target

from aigw.errors import APIStatusError
from aigw.manifest.snapshot import Target
from aigw.protocols import Adapter
from aigw.providers.bedrock.adapter import BedrockConverse
from aigw.providers.bedrock.embeddings import BedrockEmbeddings
from aigw.types.embeddings import EmbeddingsParams, EmbeddingsRequest
from aigw.wire import Headers, HttpResponse

FOLDER = Path("/work/shared/recordings")
HERE = Path(__file__).resolve().parents[3] / "shared" / "recordings"
REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
CONVERSE: Adapter[Any] = BedrockConverse()


@dataclass(frozen=True)
class Exchange:
    name: str
    url: str
    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def target(self) -> Target:
        return target("bedrock", unquote(self.url.split("/model/")[1].split("/")[0]))

    @property
    def response(self) -> HttpResponse:
        return HttpResponse(self.status, Headers(self.headers), self.content)

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def exchanges() -> Iterator[Exchange]:
    path = (HERE if HERE.is_dir() else FOLDER) / "bedrock.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        raw = json.loads(line)
        content = base64.b64decode(raw["b64"]) if "b64" in raw else raw["text"].encode()
        name = f"{raw['cassette']}#{raw['i']}"
        yield Exchange(name, raw["url"], raw.get("request") or {}, raw["status"], raw.get("headers") or {}, content)


ALL = list(exchanges())
WHOLE = [one for one in ALL if one.status == 200 and one.url.endswith("/converse")]
STREAMS = [one for one in ALL if one.status == 200 and one.url.endswith("/converse-stream")]
VECTORS = [one for one in ALL if one.status == 200 and one.url.endswith("/invoke")]
REFUSED = [one for one in ALL if one.status != 200]

pytestmark = pytest.mark.skipif(not ALL, reason="the shared recordings are not on this machine")


def each(some: list[Exchange]) -> Any:
    return pytest.mark.parametrize("exchange", some, ids=[one.name for one in some])


def expected(body: dict[str, Any]) -> dict[str, Any]:
    """Extract an answer as Bedrock's reference describes it."""
    blocks = body["output"]["message"]["content"]
    thoughts = [block["reasoningContent"] for block in blocks if "reasoningContent" in block]
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    usage = body["usage"]
    read, wrote = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
    return {
        "id": None,
        "model": None,
        "choices": {
            0: {
                "text": "".join(block.get("text", "") for block in blocks),
                "reasoning": "".join(thought["reasoningText"]["text"] for thought in thoughts),
                "refusal": "",
                "calls": [
                    [call["toolUseId"], call["name"], call["input"]]
                    for call in calls
                    if call.get("type") != "server_tool_use"
                ],
                "finish": REASONS[body["stopReason"]],
                "signed": [thought["reasoningText"]["signature"] for thought in thoughts],
            }
        },
        "usage": (usage["inputTokens"] + read + wrote, usage["outputTokens"], read, 0),
    }


def joined(content: bytes) -> dict[str, Any]:
    """Put the events of a stream together into the body they would have been, with botocore reading the frames."""
    botocore: Any = pytest.importorskip("botocore.eventstream", reason="botocore, the judge, is not installed")
    buffer = botocore.EventStreamBuffer()
    buffer.add_data(content)
    blocks: dict[int, dict[str, Any]] = {}
    body: dict[str, Any] = {}
    for event in buffer:
        said = json.loads(event.payload)
        block = blocks.setdefault(said.get("contentBlockIndex", 0), {})
        delta = said.get("delta", {})
        if "text" in delta:
            block["text"] = block.get("text", "") + delta["text"]
        for name, value in delta.get("reasoningContent", {}).items():
            told = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
            told[name] = told.get(name, "") + value
        if "toolUse" in said.get("start", {}):
            block["toolUse"] = {**said["start"]["toolUse"], "input": ""}
        if "toolUse" in delta:
            block["toolUse"]["input"] += delta["toolUse"]["input"]
        body |= {name: said[name] for name in ("stopReason", "usage") if name in said}
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return {**body, "output": {"message": {"content": [blocks[index] for index in sorted(blocks)]}}}


def comparable(story: dict[str, Any]) -> dict[str, Any]:
    for choice in story["choices"].values():
        choice["calls"] = [[id_, name, json.loads(arguments)] for id_, name, arguments in choice["calls"]]
    return story


@each(WHOLE)
def test_a_whole_answer_is_read_as_bedrock_meant_it(exchange: Exchange) -> None:
    answer: Any = CONVERSE.read(exchange.response, exchange.target, ANY)

    assert expected(exchange.body) == comparable(summary(answer))


@each(WHOLE)
def test_the_buckets_of_usage_add_up_to_the_total_that_bedrock_says(exchange: Exchange) -> None:
    answer: Any = CONVERSE.read(exchange.response, exchange.target, ANY)

    assert exchange.body["usage"]["totalTokens"] == answer.usage.total_tokens


@each(STREAMS)
@pytest.mark.parametrize("size", [None, 1, 7, 1000])
def test_a_stream_is_read_as_bedrock_meant_it_in_pieces_of_any_size(exchange: Exchange, size: int | None) -> None:
    events = decoded(exchange.content, exchange.target, size)

    assert expected(joined(exchange.content)) == comparable(folded(events))


@each(VECTORS)
def test_vectors_are_read_as_bedrock_meant_them(exchange: Exchange) -> None:
    texts = tuple(exchange.request.get("texts") or [exchange.request.get("inputText", "")])
    request = EmbeddingsRequest("test", "m", texts, EmbeddingsParams(), {})

    embedded = BedrockEmbeddings().read(exchange.response, exchange.target, request)

    rows = exchange.body.get("embeddings")
    rows = rows["float"] if isinstance(rows, dict) else rows or [exchange.body["embedding"]]
    assert [tuple(row) for row in rows] == list(embedded.vectors)
    assert embedded.usage is not None
    assert int(exchange.headers["x-amzn-bedrock-input-token-count"]) == embedded.usage.prompt_tokens


@each(VECTORS)
def test_what_was_sent_for_vectors_is_what_we_would_send(exchange: Exchange) -> None:
    said = {name: value for name, value in exchange.request.items() if name not in {"texts", "inputText"}}
    texts = tuple(exchange.request.get("texts") or [exchange.request.get("inputText", "")])
    params: Any = {"input_type": said.pop("input_type")} if "input_type" in said else {}
    request = EmbeddingsRequest("test", "m", texts, params, {}, said)

    written = BedrockEmbeddings().write(request, exchange.target).request

    assert exchange.request == json.loads(written.body)
    assert exchange.url == written.url.replace("{region}", "us-east-1")


@each([one for one in ALL if "/converse" in one.url])
def test_a_request_goes_to_where_it_went(exchange: Exchange) -> None:
    request = replace(ANY, stream=exchange.url.endswith("-stream"))

    written = CONVERSE.write(request, exchange.target).request

    assert exchange.url == written.url.replace("{region}", "us-east-1")


@each(REFUSED)
def test_a_refusal_keeps_status_and_bedrocks_words(exchange: Exchange) -> None:
    error = CONVERSE.error(exchange.response, exchange.target)

    assert isinstance(error, APIStatusError)
    assert exchange.status == error.status_code
    assert exchange.body["message"] in str(error)
    assert exchange.body == error.body
