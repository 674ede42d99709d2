"""Cohere's chat, by https://docs.cohere.com/reference/chat and its page on streaming."""

import json
from typing import Any

from tests.journeys.extractors.meaning import (
    Call,
    Counted,
    Meaning,
    Told,
    arguments_of,
    ending_of,
    events_of,
    is_stream,
)

ENDINGS = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
}


def cohere_meaning(text: str) -> Meaning:
    """Read an answer, streamed or not."""
    return _answer(_rebuilt(text) if is_stream(text) else json.loads(text))


def _rebuilt(text: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    message: dict[str, Any] = {"tool_plan": ""}
    blocks: dict[int, dict[str, Any]] = {}
    calls: dict[int, dict[str, Any]] = {}
    for event in events_of(text):
        said = (event.get("delta") or {}).get("message") or {}
        match event["type"]:
            case "message-start":
                body["id"] = event["id"]
            case "tool-plan-delta":
                message["tool_plan"] += said["tool_plan"]
            case "content-start":
                blocks[event["index"]] = {"text": "", "thinking": "", **said["content"]}
            case "content-delta":
                for name, more in said["content"].items():
                    blocks[event["index"]][name] += more if name in {"text", "thinking"} else ""
            case "tool-call-start":
                calls[event["index"]] = said["tool_calls"]
            case "tool-call-delta":
                calls[event["index"]]["function"]["arguments"] += said["tool_calls"]["function"]["arguments"]
            case "message-end":
                body |= event["delta"]
    message |= {"content": [blocks[at] for at in sorted(blocks)], "tool_calls": [calls[at] for at in sorted(calls)]}
    return {**body, "message": message}


def _answer(body: dict[str, Any]) -> Meaning:
    message = body["message"]
    blocks = message.get("content") or ()
    thoughts = "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
    calls = tuple(
        Call(call["id"], call["function"]["name"], arguments_of(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    )
    told = Told(
        text="".join(block["text"] for block in blocks if block["type"] == "text"),
        reasoning=thoughts + (message.get("tool_plan") or ""),
        calls=calls,
        ending=ending_of(body["finish_reason"], ENDINGS, calls=bool(calls)),
    )
    return Meaning(id=body["id"], model=None, choices=(told,), counted=_usage(body.get("usage")))


def _usage(usage: dict[str, Any] | None) -> Counted | None:
    if not usage:
        return None
    tokens = usage["tokens"]
    return Counted(int(tokens["input_tokens"]), int(tokens["output_tokens"]), int(usage.get("cached_tokens") or 0))
