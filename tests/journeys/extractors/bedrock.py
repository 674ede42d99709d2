"""Bedrock's Converse and ConverseStream, by the API reference and the page on the event stream's encoding.

Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
https://smithy.io/2.0/aws/amazon-eventstream.html.
"""

import binascii
import json
import struct
from collections.abc import Iterator
from typing import Any

from tests.journeys.extractors.meaning import Call, Counted, Meaning, Told, ending_of

ENDINGS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


def bedrock_meaning(body: bytes) -> Meaning:
    """Read an answer, streamed or not."""
    return _answer(json.loads(body) if body.lstrip().startswith(b"{") else _rebuilt(body))


def frames_of(stream: bytes) -> Iterator[bytes]:
    """Cut a stream into its messages: the first four bytes of each say how long it is."""
    while stream:
        length = struct.unpack_from(">I", stream)[0]
        yield stream[:length]
        stream = stream[length:]


def event_of(frame: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """Read one message: its headers and its JSON. The checksum at its end covers all before it."""
    length, of_headers = struct.unpack_from(">II", frame)
    assert length == len(frame)
    assert binascii.crc32(frame[:-4]) == struct.unpack(">I", frame[-4:])[0]
    headers: dict[str, str] = {}
    at = 12
    while at < 12 + of_headers:
        name, at = frame[at + 1 : at + 1 + frame[at]].decode(), at + 1 + frame[at]
        kind, at = frame[at], at + 1
        if kind in {6, 7}:
            size, at = struct.unpack_from(">H", frame, at)[0], at + 2
        else:
            size = SIZES[kind]
        headers[name], at = frame[at : at + size].decode(errors="replace"), at + size
    return headers, json.loads(frame[12 + of_headers : -4])


def _rebuilt(stream: bytes) -> dict[str, Any]:
    """Put the answer of a stream together."""
    blocks: dict[int, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    for headers, said in map(event_of, frames_of(stream)):
        match headers[":event-type"]:
            case "contentBlockStart":
                blocks[said["contentBlockIndex"]] = {
                    name: {**value, "input": ""} for name, value in said["start"].items()
                }
            case "contentBlockDelta":
                _extend(blocks.setdefault(said["contentBlockIndex"], {}), said["delta"])
            case "messageStop" | "metadata":
                answer |= said
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return {**answer, "output": {"message": {"content": [blocks[index] for index in sorted(blocks)]}}}


def _extend(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    if "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    thought = delta.get("reasoningContent") or {}
    if "redactedContent" in thought:
        block["reasoningContent"] = thought
    elif thought:
        known = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {"text": ""})
        known["text"] += thought.get("text", "")
        known |= {name: said for name, said in thought.items() if name == "signature"}


def _answer(body: dict[str, Any]) -> Meaning:
    blocks = body["output"]["message"]["content"]
    thinking = [block["reasoningContent"] for block in blocks if "reasoningContent" in block]
    thoughts = [thought["reasoningText"] for thought in thinking if "reasoningText" in thought]
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    calls = tuple(
        Call(use["toolUseId"], use["name"], json.dumps(use.get("input") or {}, ensure_ascii=False))
        for use in uses
        if use.get("type") != "server_tool_use"
    )
    told = Told(
        text="".join(_text(block) for block in blocks),
        reasoning="".join(thought["text"] for thought in thoughts),
        calls=calls,
        ending=ending_of(body["stopReason"], ENDINGS, calls=bool(calls)),
    )
    return Meaning(
        id=None,
        model=None,
        choices=(told,),
        counted=bedrock_usage(body.get("usage")),
        signatures=tuple(thought["signature"] for thought in thoughts if thought.get("signature")),
        hidden=tuple(thought["redactedContent"] for thought in thinking if "redactedContent" in thought),
        opaque=tuple(kind for block in blocks for kind in _beyond(block)),
    )


def _text(block: dict[str, Any]) -> str:
    """Give a block's text; where sources are cited it stands beside the citations."""
    cited = (block.get("citationsContent") or {}).get("content") or ()
    return block.get("text", "") + "".join(piece.get("text", "") for piece in cited)


def _beyond(block: dict[str, Any]) -> Iterator[str]:
    for kind, said in block.items():
        if kind not in {"text", "reasoningContent", "toolUse", "citationsContent"}:
            yield kind
        if kind == "toolUse" and said.get("type") == "server_tool_use":
            yield kind


def bedrock_usage(usage: dict[str, Any] | None) -> Counted | None:
    """Count by OpenAI's totals: here cached tokens stand beside `inputTokens`."""
    if not usage:
        return None
    cached, written = usage.get("cacheReadInputTokens") or 0, usage.get("cacheWriteInputTokens") or 0
    return Counted(
        prompt=usage["inputTokens"] + cached + written,
        completion=usage["outputTokens"],
        cached=cached,
        written=written,
    )
