"""One conversation, and the same answer in every chat dialect: whole, and as a stream of `CHUNKS` pieces of text.

Written after the providers' references, with the fields that they send beside what matters: those cost time, too.
"""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from canned import PIECES, STREAMED

ANSWER: Final = "Rome has 21 degrees and sun; Oslo has rain. I am asking for the forecast of the weekend as well."
CALL_ID: Final = "call_9f2b11c04d"
TOOL: Final = "get_forecast"
ARGUMENTS: Final[Mapping[str, object]] = {"city": "Rome", "days": 2, "unit": "celsius"}
CREATED: Final = 1795132800
AT: Final = "2026-11-20T12:00:00.123456Z"
READ, WRITTEN = 412, 57


@dataclass(frozen=True, slots=True)
class Told:
    """The answer in one dialect. `stream` has an item for each event, the first and the last few without text."""

    whole: bytes
    stream: tuple[bytes, ...]


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


ARGUMENTS_TEXT: Final = _json(ARGUMENTS).decode()


def _sse(*bodies: object) -> tuple[bytes, ...]:
    return tuple(b"data: %s\n\n" % _json(body) for body in bodies)


def _named(*bodies: Mapping[str, object]) -> tuple[bytes, ...]:
    return tuple(b"event: %s\ndata: %s\n\n" % (str(body["type"]).encode(), _json(body)) for body in bodies)


def _openai() -> Told:
    usage = {
        "prompt_tokens": READ,
        "completion_tokens": WRITTEN,
        "total_tokens": READ + WRITTEN,
        "prompt_tokens_details": {"cached_tokens": 256, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    head = {"id": "chatcmpl-bench", "created": CREATED, "model": "gpt-4o-mini-2024-07-18", "service_tier": "default"}
    call = {"id": CALL_ID, "type": "function", "function": {"name": TOOL, "arguments": ARGUMENTS_TEXT}}
    message = {"role": "assistant", "content": ANSWER, "refusal": None, "annotations": [], "tool_calls": [call]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
    beside = {"system_fingerprint": "fp_44added55e"}

    def chunk(choices: Sequence[object], usage: object = None) -> dict[str, object]:
        return {**head, "object": "chat.completion.chunk", **beside, "choices": choices, "usage": usage}

    def delta(said: Mapping[str, object], reason: str | None = None) -> dict[str, object]:
        chosen = {"index": 0, "delta": said, "logprobs": None, "finish_reason": reason}
        return {**chunk([chosen]), "obfuscation": "aK3Jd92xlQ"}

    return Told(
        _json({**head, "object": "chat.completion", "choices": [choice], "usage": usage, **beside}),
        (
            *_sse(delta({"role": "assistant", "content": "", "refusal": None})),
            *_sse(*(delta({"content": piece}) for piece in PIECES)),
            *_sse(delta({}, "stop"), chunk([], usage)),
            b"data: [DONE]\n\n",
        ),
    )


def _responses() -> Told:
    usage = {
        "input_tokens": READ,
        "input_tokens_details": {"cached_tokens": 256},
        "output_tokens": WRITTEN,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": READ + WRITTEN,
    }
    text = {"type": "output_text", "text": ANSWER, "annotations": [], "logprobs": []}
    message = {"id": "msg_1", "type": "message", "status": "completed", "content": [text], "role": "assistant"}
    call = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": CALL_ID, "name": TOOL}

    def body(status: str, output: Sequence[object], usage: object) -> dict[str, object]:
        return {
            "id": "resp_bench",
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "model": "gpt-4o-mini-2024-07-18",
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "store": True,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": usage,
            "user": None,
            "metadata": {},
        }

    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    empty, whole = {**text, "text": ""}, {**text, "text": STREAMED}
    begun = {**message, "status": "in_progress", "content": []}
    ended = {**message, "content": [whole]}
    events: list[dict[str, object]] = [
        {"type": "response.created", "response": body("in_progress", [], None)},
        {"type": "response.in_progress", "response": body("in_progress", [], None)},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        {"type": "response.content_part.added", **place, "part": empty},
    ]
    events += (
        {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": [], "obfuscation": "aK3Jd92xlQ"}
        for piece in PIECES
    )
    events += [
        {"type": "response.output_text.done", **place, "text": STREAMED, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": whole},
        {"type": "response.output_item.done", "output_index": 0, "item": ended},
        {"type": "response.completed", "response": body("completed", [ended], usage)},
    ]
    return Told(
        _json(body("completed", [message, {**call, "arguments": ARGUMENTS_TEXT}], usage)),
        _named(*({**event, "sequence_number": number} for number, event in enumerate(events))),
    )


def _anthropic() -> Told:
    usage = {
        "input_tokens": READ,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 256,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": WRITTEN,
        "service_tier": "standard",
    }
    head = {"model": "claude-sonnet-4-5-20250929", "id": "msg_bench", "type": "message", "role": "assistant"}
    blocks = [
        {"type": "text", "text": ANSWER},
        {"type": "tool_use", "id": "toolu_bench", "name": TOOL, "input": ARGUMENTS},
    ]
    begun = {**head, "content": [], "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
    return Told(
        _json({**head, "content": blocks, "stop_reason": "tool_use", "stop_sequence": None, "usage": usage}),
        _named(
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
                for piece in PIECES
            ),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        ),
    )


def _gemini() -> Told:
    head = {"modelVersion": "gemini-2.5-flash", "responseId": "bench-3aJ2aQ"}

    def said(parts: Sequence[object], written: int = WRITTEN, **more: object) -> dict[str, object]:
        candidate = {"content": {"parts": parts, "role": "model"}, "index": 0, **more}
        usage = {
            "promptTokenCount": READ,
            "candidatesTokenCount": written,
            "totalTokenCount": READ + written,
            "cachedContentTokenCount": 256,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": READ}],
            "thoughtsTokenCount": 0,
        }
        return {"candidates": [candidate], "usageMetadata": usage, **head}

    call = {"functionCall": {"name": TOOL, "args": ARGUMENTS}, "thoughtSignature": "CqQBAdHtim9hYmNkZWZn"}
    pieces = [said([{"text": piece}], number) for number, piece in enumerate(PIECES[:-1])]
    return Told(
        _json(said([{"text": ANSWER}, call], finishReason="STOP")),
        tuple(
            b"data: %s\r\n\r\n" % _json(body) for body in (*pieces, said([{"text": PIECES[-1]}], finishReason="STOP"))
        ),
    )


def _frame(name: str, body: object) -> bytes:
    """Write one message of an AWS event stream."""
    pairs = ((":event-type", name), (":content-type", "application/json"), (":message-type", "event"))
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in pairs
    )
    payload = _json(body)
    lengths = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    frame = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return frame + struct.pack(">I", zlib.crc32(frame))


def _bedrock() -> Told:
    usage = {
        "inputTokens": READ,
        "outputTokens": WRITTEN,
        "totalTokens": READ + WRITTEN,
        "cacheReadInputTokens": 256,
        "cacheWriteInputTokens": 0,
    }
    call = {"toolUse": {"toolUseId": "tooluse_bench", "name": TOOL, "input": ARGUMENTS}}
    message = {"role": "assistant", "content": [{"text": ANSWER}, call]}
    metrics = {"latencyMs": 551}
    frames = [
        ("messageStart", {"role": "assistant", "p": "abcdefghij"}),
        *(
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}, "p": "abcdefghijklmnop"})
            for piece in PIECES
        ),
        ("contentBlockStop", {"contentBlockIndex": 0, "p": "abcdef"}),
        ("messageStop", {"stopReason": "end_turn", "p": "abcdefghijk"}),
        ("metadata", {"metrics": metrics, "usage": usage, "p": "abc"}),
    ]
    return Told(
        _json({"metrics": metrics, "output": {"message": message}, "stopReason": "tool_use", "usage": usage}),
        tuple(_frame(name, body) for name, body in frames),
    )


def _ollama() -> Told:
    head = {"model": "llama3.2", "created_at": AT}
    books = {
        "total_duration": 4883583458,
        "load_duration": 1334875,
        "prompt_eval_count": READ,
        "prompt_eval_duration": 342546000,
        "eval_count": WRITTEN,
        "eval_duration": 4535599000,
    }
    call = {"function": {"index": 0, "name": TOOL, "arguments": ARGUMENTS}}
    message = {"role": "assistant", "content": ANSWER, "tool_calls": [call]}
    ended = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop", **books}
    lines = [
        *({**head, "message": {"role": "assistant", "content": piece}, "done": False} for piece in PIECES),
        {**head, **ended},
    ]
    return Told(
        _json({**head, "message": message, "done": True, "done_reason": "stop", **books}),
        tuple(_json(line) + b"\n" for line in lines),
    )


def _cohere() -> Told:
    usage = {
        "billed_units": {"input_tokens": READ - 100, "output_tokens": WRITTEN},
        "tokens": {"input_tokens": READ, "output_tokens": WRITTEN},
        "cached_tokens": 256,
    }
    call = {"id": CALL_ID, "type": "function", "function": {"name": TOOL, "arguments": ARGUMENTS_TEXT}}
    message = {"role": "assistant", "content": [{"type": "text", "text": ANSWER}], "tool_calls": [call]}
    opened: dict[str, Any] = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    return Told(
        _json({"id": "bench-c", "message": message, "finish_reason": "TOOL_CALL", "usage": usage}),
        _named(
            {"type": "message-start", "id": "bench-c", "delta": {"message": opened}},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
            *(
                {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}}
                for piece in PIECES
            ),
            {"type": "content-end", "index": 0},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
        ),
    )


ANSWERS: Final[Mapping[str, Told]] = {
    "openai-chat": _openai(),
    "openai-responses": _responses(),
    "anthropic-messages": _anthropic(),
    "gemini": _gemini(),
    "bedrock-converse": _bedrock(),
    "ollama-chat": _ollama(),
    "cohere-chat": _cohere(),
}


def _schema(**properties: Mapping[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_CITY: Final = {"type": "string", "description": "Name of the city, without its country"}
_UNIT: Final = {"type": "string", "enum": ["celsius", "fahrenheit"], "description": "Unit of the temperatures"}
_FUNCTIONS: Final = (
    ("get_weather", "The weather in a city, now.", _schema(city=_CITY, unit=_UNIT)),
    (
        TOOL,
        "The forecast for a city.",
        _schema(city=_CITY, days={"type": "integer", "description": "How many days, 14 at most"}, unit=_UNIT),
    ),
    (
        "book_trip",
        "Book a trip by train.",
        _schema(
            legs={"type": "array", "items": _schema(start=_CITY, end=_CITY, at={"type": "string"})},
            passengers={"type": "integer"},
        ),
    ),
)
_SYSTEM: Final = "You plan trips by train. Answer in one short sentence, and use the tools for what you do not know."
_ASKED: Final = "I am in Milan and free at the weekend. Is Rome or Oslo the better place to go to, by the weather?"
_GREETING: Final = "Gladly: I look the weather up in both of them first, and then what the trains cost."
_LATER: Final = "Good. What will the weather be in Rome on Saturday and Sunday, and is there a train at about nine?"
_RESULTS: Final = (
    ("get_weather", "call_1a", {"city": "Rome", "unit": "celsius"}, '{"temperature": 21, "sky": "sunny"}'),
    ("get_weather", "call_2b", {"city": "Oslo", "unit": "celsius"}, '{"temperature": 4, "sky": "rain"}'),
    (TOOL, "call_3c", {"city": "Rome", "days": 2, "unit": "celsius"}, '[{"high": 22}, {"high": 19}]'),
)
LIMIT: Final = 1024


def chat_arguments() -> dict[str, Any]:
    """Give the call in the words of `chat.completions`: ten messages, three of them tools' results, and three tools."""
    calls = [
        {"id": called, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for name, called, arguments, _ in _RESULTS
    ]
    results = [{"role": "tool", "tool_call_id": called, "content": result} for _, called, _, result in _RESULTS]
    return {
        "model": "trips",
        "messages": [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": _ASKED},
            {"role": "assistant", "content": _GREETING, "tool_calls": calls[:2]},
            *results[:2],
            {"role": "assistant", "content": ANSWER},
            {"role": "user", "content": [{"type": "text", "text": _LATER}]},
            {"role": "assistant", "content": None, "tool_calls": calls[2:]},
            *results[2:],
            {"role": "user", "content": "And on Monday?"},
        ],
        "tools": [
            {"type": "function", "function": {"name": name, "description": told, "parameters": schema}}
            for name, told, schema in _FUNCTIONS
        ],
        "tool_choice": "auto",
        "temperature": 0.2,
        "max_tokens": LIMIT,
    }


def messages_arguments() -> dict[str, Any]:
    """Give the same call in the words of `messages`. Results go with the user's turns, and stand in ten blocks."""
    calls = [
        {"type": "tool_use", "id": called, "name": name, "input": arguments} for name, called, arguments, _ in _RESULTS
    ]
    results = [{"type": "tool_result", "tool_use_id": called, "content": result} for _, called, _, result in _RESULTS]
    return {
        "model": "trips",
        "system": _SYSTEM,
        "messages": [
            {"role": "user", "content": _ASKED},
            {"role": "assistant", "content": [{"type": "text", "text": _GREETING}, *calls[:2]]},
            {"role": "user", "content": results[:2]},
            {"role": "assistant", "content": ANSWER},
            {"role": "user", "content": [{"type": "text", "text": _LATER}]},
            {"role": "assistant", "content": calls[2:]},
            {"role": "user", "content": [*results[2:], {"type": "text", "text": "And on Monday?"}]},
        ],
        "tools": [{"name": name, "description": told, "input_schema": schema} for name, told, schema in _FUNCTIONS],
        "tool_choice": {"type": "auto"},
        "temperature": 0.2,
        "max_tokens": LIMIT,
    }
