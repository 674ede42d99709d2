"""Real exchanges with real providers, read by the adapters and beside them by an extractor of raw JSON.

The recordings stay where they are: nothing of them is copied into the project.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.providers.provider_kit import ANY, chat, decoded, folded, speaker, summary, target, wrote

from aigw.errors import APIStatusError
from aigw.manifest.snapshot import Target
from aigw.wire import Headers, HttpResponse

FOLDER = Path("/work/shared/recordings")
HERE = Path(__file__).resolve().parents[3] / "shared" / "recordings"


@dataclass(frozen=True)
class Exchange:
    name: str
    kind: str
    request: dict[str, Any] | None
    status: int
    headers: dict[str, str]
    text: str

    @property
    def target(self) -> Target:
        return target(self.kind, (self.request or {}).get("model", "m"))

    @property
    def response(self) -> HttpResponse:
        return HttpResponse(self.status, Headers(self.headers), self.text.encode())

    @property
    def streamed(self) -> bool:
        return not self.text.lstrip().startswith("{")


def _exchanges() -> Iterator[Exchange]:
    folder = HERE if HERE.is_dir() else FOLDER
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            path_of_url = raw["url"].partition("?")[0]
            if not path_of_url.endswith(("/chat/completions", "/v1/messages", "/v1/messages/count_tokens")):
                continue
            name = f"{raw['cassette']}#{raw['i']}"
            yield Exchange(name, path.stem, raw.get("request"), raw["status"], raw.get("headers") or {}, raw["text"])


ALL = list(_exchanges())
GOOD = [exchange for exchange in ALL if exchange.status == 200]
WHOLE = [exchange for exchange in GOOD if not exchange.streamed]
STREAMS = [exchange for exchange in GOOD if exchange.streamed]
REFUSED = [exchange for exchange in ALL if exchange.status != 200]

pytestmark = pytest.mark.skipif(not ALL, reason="the shared recordings are not on this machine")


def each(exchanges: list[Exchange]) -> Any:
    return pytest.mark.parametrize("exchange", exchanges, ids=[f"{one.kind}:{one.name}" for one in exchanges])


def expected_openai(body: dict[str, Any]) -> dict[str, Any]:
    """Extract an answer as OpenAI's reference describes it."""
    choices = {}
    for choice in body["choices"]:
        message = choice["message"]
        calls = message.get("tool_calls") or []
        content = message.get("content") or ""
        thinking = message.get("reasoning_content") or message.get("reasoning") or ""
        if isinstance(content, list):
            thinking += "".join(
                t["text"] for block in content if block["type"] == "thinking" for t in block["thinking"]
            )
            content = "".join(block["text"] for block in content if block["type"] == "text")
        finish = choice["finish_reason"]
        choices[choice["index"]] = {
            "text": content,
            "reasoning": thinking,
            "refusal": message.get("refusal") or "",
            "calls": [[call["id"], call["function"]["name"], call["function"]["arguments"]] for call in calls],
            "finish": "tool_calls" if calls and finish == "stop" else finish,
            "signed": [],
        }
    return {"id": body["id"], "model": body["model"], "choices": choices, "usage": expected_usage(body.get("usage"))}


def expected_usage(usage: dict[str, Any] | None) -> tuple[int, int, int, int] | None:
    if not usage:
        return None
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or usage.get("num_cached_tokens") or 0
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    return usage["prompt_tokens"], usage["completion_tokens"], cached, reasoning


def expected_anthropic(body: dict[str, Any]) -> dict[str, Any]:
    """Extract an answer as Anthropic's reference describes it."""
    blocks = body["content"]
    usage = body["usage"]
    finish = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "pause_turn": "stop",
        "max_tokens": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
    }
    return {
        "id": body["id"],
        "model": body["model"],
        "choices": {
            0: {
                "text": "".join(block["text"] for block in blocks if block["type"] == "text"),
                "reasoning": "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
                "refusal": "",
                "calls": [
                    [block["id"], block["name"], block["input"]] for block in blocks if block["type"] == "tool_use"
                ],
                "finish": finish[body["stop_reason"]],
                "signed": [
                    block.get("signature") or block.get("data") for block in blocks if "thinking" in block["type"]
                ],
            }
        },
        "usage": (
            usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"],
            usage["output_tokens"],
            usage["cache_read_input_tokens"],
            usage.get("output_tokens_details", {}).get("thinking_tokens", 0),
        ),
    }


def frames(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data:").strip() for line in text.split("\n") if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def joined_openai(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """Put chunks together into the body they would have been, the plain way."""
    messages: dict[int, dict[str, Any]] = {}
    body: dict[str, Any] = {"id": chunks[0]["id"], "model": chunks[0]["model"], "usage": None}
    for chunk in chunks:
        body["usage"] = chunk.get("usage") or body["usage"]
        for choice in chunk["choices"]:
            so_far = messages.setdefault(choice["index"], {"content": "", "reasoning": "", "refusal": "", "calls": {}})
            for field in ("content", "reasoning", "refusal"):
                so_far[field] += choice["delta"].get(field) or ""
            for call in choice["delta"].get("tool_calls") or []:
                known = so_far["calls"].setdefault(call["index"], {"function": {"arguments": ""}})
                known["id"] = call.get("id") or known.get("id")
                known["function"]["name"] = call["function"].get("name") or known["function"].get("name")
                known["function"]["arguments"] += call["function"].get("arguments") or ""
            so_far["finish"] = choice["finish_reason"] or so_far.get("finish")
    body["choices"] = [
        {
            "index": index,
            "finish_reason": message["finish"],
            "message": {**message, "tool_calls": [message["calls"][slot] for slot in sorted(message["calls"])]},
        }
        for index, message in messages.items()
    ]
    return body


def joined_anthropic(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Put events together into the body they would have been, the plain way."""
    body: dict[str, Any] = {}
    inputs: dict[int, str] = {}
    for event in events:
        match event["type"]:
            case "message_start":
                body = {**event["message"], "content": []}
            case "content_block_start":
                body["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                block, delta = body["content"][event["index"]], event["delta"]
                for field in ("text", "thinking", "signature"):
                    if field in delta:
                        block[field] = block.get(field, "") + delta[field]
                inputs[event["index"]] = inputs.get(event["index"], "") + delta.get("partial_json", "")
            case "message_delta":
                body["stop_reason"] = event["delta"]["stop_reason"]
                body["usage"] |= event["usage"]
    for index, text in inputs.items():
        if text:
            body["content"][index]["input"] = json.loads(text)
    return body


def expected(exchange: Exchange) -> dict[str, Any]:
    ours = exchange.kind == "anthropic"
    if exchange.streamed:
        body = (joined_anthropic if ours else joined_openai)(frames(exchange.text))
    else:
        body = json.loads(exchange.text)
    return (expected_anthropic if ours else expected_openai)(body)


def comparable(story: dict[str, Any], kind: str) -> dict[str, Any]:
    """Anthropic's arguments are objects: compare what they say and not how it is spaced."""
    if kind == "anthropic":
        for choice in story["choices"].values():
            choice["calls"] = [[id_, name, json.loads(arguments)] for id_, name, arguments in choice["calls"]]
    return story


@each(WHOLE)
def test_a_whole_answer_is_read_as_the_provider_meant_it(exchange: Exchange) -> None:
    answer = speaker(exchange.target).read(exchange.response, exchange.target, ANY)

    assert expected(exchange) == comparable(summary(answer), exchange.kind)


@each(STREAMS)
@pytest.mark.parametrize("size", [None, 1, 7, 1000])
def test_a_stream_is_read_as_the_provider_meant_it_in_pieces_of_any_size(exchange: Exchange, size: int | None) -> None:
    events = decoded(exchange.text.encode(), exchange.target, size)

    assert expected(exchange) == comparable(folded(events), exchange.kind)


@each(STREAMS)
def test_line_endings_make_no_difference_to_a_stream(exchange: Exchange) -> None:
    data = exchange.text.encode()

    assert decoded(data, exchange.target) == decoded(data.replace(b"\n", b"\r\n"), exchange.target, 64)


@each(WHOLE)
def test_a_whole_answer_where_a_stream_was_asked_for_says_the_same(exchange: Exchange) -> None:
    answer = speaker(exchange.target).read(exchange.response, exchange.target, ANY)

    assert summary(answer) == folded(decoded(exchange.text.encode(), exchange.target))


@each(REFUSED)
def test_a_refusal_keeps_status_code_and_the_providers_words(exchange: Exchange) -> None:
    error = speaker(exchange.target).error(exchange.response, exchange.target)
    body = json.loads(exchange.text)["error"]

    assert isinstance(error, APIStatusError)
    assert exchange.status == error.status_code
    assert (body.get("code"), body["type"]) == (error.code, error.type)
    assert body["message"] in str(error)
    assert body == error.body


@each([one for one in ALL if one.kind != "anthropic" and one.request])
def test_what_a_caller_wrote_reaches_the_wire_field_by_field(exchange: Exchange) -> None:
    body = exchange.request
    assert body is not None

    assert body == wrote(chat(body), target(exchange.kind, body["model"]))
