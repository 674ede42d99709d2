"""How an exchange nobody recorded is written down: the usual frame of each dialect around what is unusual."""

import binascii
import json
import struct
from typing import Any

from tests.journeys.recorded import Recording

GEMINI = "/v1beta/models/gemini-x:generateContent"
GEMINI_STREAM = "/v1beta/models/gemini-x:streamGenerateContent"
CONVERSE = "/model/some.model-v1%3A0/converse"
CONVERSE_STREAM = "/model/some.model-v1%3A0/converse-stream"
CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"
COHERE = "/v2/chat"
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
COUNT = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def whole(kind: str, path: str, body: object, status: int = 200, **headers: str) -> Recording:
    """Make an exchange whose answer is one document."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Recording(
        kind, 0, "", 0, "POST", "https://provider.test" + path, None, status, {**JSON, **headers}, text.encode()
    )


def stream(kind: str, path: str, *events: object, done: bool = False) -> Recording:
    """Make an exchange whose answer is a stream of server-sent events."""
    lines = [f"{_named(event)}data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"] * done
    url = "https://provider.test" + path
    return Recording(kind, 0, "", 0, "POST", url, None, 200, SSE, "".join(lines).encode())


def _named(event: Any) -> str:
    return f"event: {event['type']}\n" if "type" in event else ""


def frames(*events: tuple[str, object]) -> Recording:
    """Make an exchange whose answer is AWS's stream of binary messages."""
    headers = {"content-type": "application/vnd.amazon.eventstream"}
    body = b"".join(_frame(name, said) for name, said in events)
    return Recording("bedrock", 0, "", 0, "POST", "https://provider.test" + CONVERSE_STREAM, None, 200, headers, body)


def _frame(name: str, said: object) -> bytes:
    kind = "exception" if name.endswith("Exception") else "event"
    said_of = {":message-type": kind, f":{kind}-type": name, ":content-type": "application/json"}
    headers = b"".join(_string(key, b"") + b"\x07" + _text(value) for key, value in said_of.items())
    payload = json.dumps(said).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", binascii.crc32(message))


def _string(text: str, after: bytes) -> bytes:
    return bytes([len(text)]) + text.encode() + after


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()


def completion(message: dict[str, Any], reason: str = "stop", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [choice],
        "usage": COUNT,
        **more,
    }


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": choices, **more}


def message(*content: dict[str, Any], reason: str = "end_turn", **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 5, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 7}
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "content": list(content),
            "stop_reason": reason, "stop_sequence": None, "usage": usage, **more}  # fmt: skip


def blocks(*content: dict[str, Any], reason: str = "end_turn", deltas: dict[int, list[Any]] | None = None) -> list[Any]:
    """Give the events of a message: *deltas* by block."""
    events: list[Any] = [{"type": "message_start", "message": {**message(), "stop_reason": None}}, {"type": "ping"}]
    for index, block in enumerate(content):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        said = (deltas or {}).get(index, [])
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in said]
        events.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": reason, "stop_sequence": None}
    return [*events, {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 9}}, {"type": "message_stop"}]


def generated(*parts: dict[str, Any], reason: str | None = "STOP", **more: Any) -> dict[str, Any]:
    candidate = {
        "index": 0,
        "content": {"role": "model", "parts": list(parts)},
        **({"finishReason": reason} if reason else {}),
    }
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-1", "responseId": "g-1", **more}


def converse(*content: dict[str, Any], reason: str = "end_turn", **usage: int) -> dict[str, Any]:
    counted = {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12, **usage}
    return {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": reason,
            "usage": counted, "metrics": {"latencyMs": 1}}  # fmt: skip


def response(*output: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 2}, "output_tokens": 7,
             "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 12}  # fmt: skip
    rest = {"error": None, "incomplete_details": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    identity = {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m-1"}
    return {**identity, "output": list(output), "usage": usage, **rest, **more}


def said(text: str = "Hi", **more: Any) -> dict[str, Any]:
    piece = {"type": "output_text", "text": text, "annotations": [], "logprobs": [], **more}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [piece]}


def cohere(reason: str = "COMPLETE", **msg: Any) -> dict[str, Any]:
    usage = {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": {"input_tokens": 5, "output_tokens": 7}}
    return {"id": "co-1", "finish_reason": reason, "message": {"role": "assistant", **msg}, "usage": usage}


def told(kind: str, **message: Any) -> dict[str, Any]:
    return {"type": kind, "delta": {"message": message}}


def google(code: int, status: str, words: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": words, "status": status, "details": list(details)}}
