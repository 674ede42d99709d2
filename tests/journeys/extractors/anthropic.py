"""Anthropic's messages, by https://docs.claude.com/en/api/messages and its page on streaming."""

import json
from typing import Any

from tests.journeys.extractors.meaning import Call, Counted, Meaning, Told, ending_of, events_of, is_stream

ENDINGS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "compaction": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def anthropic_meaning(text: str) -> Meaning:
    """Read a message, streamed or not."""
    return events_meaning(events_of(text)) if is_stream(text) else message_meaning(json.loads(text))


def events_meaning(events: list[dict[str, Any]]) -> Meaning:
    """Put the message of a stream together, as the documentation of streaming says, and read it."""
    return message_meaning(_rebuilt(events))


def _rebuilt(events: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    pieces: dict[int, str] = {}
    for event in events:
        match event["type"]:
            case "message_start":
                message = {**event["message"], "content": []}
            case "content_block_start":
                message["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                _extend(message["content"][event["index"]], event, pieces)
            case "message_delta":
                message.update(event["delta"])
                message["usage"].update({name: said for name, said in event["usage"].items() if said is not None})
    for index, said in pieces.items():
        message["content"][index]["input"] = json.loads(said or "{}")
    return message


def _extend(block: dict[str, Any], event: dict[str, Any], pieces: dict[int, str]) -> None:
    delta = event["delta"]
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            pieces[event["index"]] = pieces.get(event["index"], "") + delta["partial_json"]


def message_meaning(message: dict[str, Any]) -> Meaning:
    """Read a whole message."""
    blocks = message["content"]

    def of(kind: str) -> list[dict[str, Any]]:
        return [block for block in blocks if block["type"] == kind]

    calls = tuple(
        Call(block["id"], block["name"], json.dumps(block["input"], ensure_ascii=False)) for block in of("tool_use")
    )
    told = Told(
        text="".join(block["text"] for block in of("text")),
        reasoning="".join(block["thinking"] for block in of("thinking")),
        calls=calls,
        ending=ending_of(message["stop_reason"], ENDINGS, calls=bool(calls)),
    )
    known = {"text", "thinking", "redacted_thinking", "tool_use"}
    return Meaning(
        id=message["id"],
        model=message["model"],
        choices=(told,),
        counted=anthropic_usage(message["usage"]),
        signatures=tuple(block["signature"] for block in of("thinking") if block.get("signature")),
        hidden=tuple(block["data"] for block in of("redacted_thinking")),
        opaque=tuple(block["type"] for block in blocks if block["type"] not in known),
    )


def anthropic_usage(usage: dict[str, Any]) -> Counted:
    """Count by OpenAI's totals: here cached tokens stand beside `input_tokens`, thinking is inside `output_tokens`."""
    written, cached = usage.get("cache_creation_input_tokens") or 0, usage.get("cache_read_input_tokens") or 0
    return Counted(
        prompt=usage["input_tokens"] + written + cached,
        completion=usage["output_tokens"],
        cached=cached,
        written=written,
        reasoning=(usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
    )
