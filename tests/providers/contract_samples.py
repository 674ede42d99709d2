"""Two answers in each chat dialect, a text and a tool call, whole and streamed: written after the documentation."""

import json
from collections.abc import Mapping
from typing import Any

from tests.providers.eventstreams import event as frame

from aigw.testing.contract import Sample
from aigw.types.events import FinishReason

TEXT = "Sunny \u2014 21\u00b0C."
HEAD, TAIL = "Sunny \u2014", " 21\u00b0C."
ARGUMENTS = '{"city":"Rome"}'
CALL = (("weather", ARGUMENTS),)
USAGE = (12, 3)


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _sse(*bodies: object, done: bool = False) -> bytes:
    return b"".join(b"data: " + _json(body) + b"\n\n" for body in bodies) + (b"data: [DONE]\n\n" if done else b"")


def _named(*bodies: Mapping[str, Any]) -> bytes:
    return b"".join(f"event: {body['type']}\n".encode() + b"data: " + _json(body) + b"\n\n" for body in bodies)


def _text(whole: bytes, stream: bytes) -> Sample:
    return Sample(whole=whole, stream=stream, text=TEXT, usage=USAGE)


def _call(whole: bytes, stream: bytes) -> Sample:
    return Sample(whole=whole, stream=stream, calls=CALL, finish=FinishReason.TOOL_CALLS, usage=USAGE)


def openai() -> tuple[Sample, Sample]:
    """OpenAI's Chat Completions."""
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}

    def whole(message: Mapping[str, object], finish: str) -> bytes:
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        head = {"id": "c-1", "object": "chat.completion", "created": 7, "model": "m"}
        return _json({**head, "choices": [choice], "usage": usage})

    def chunk(*choices: object, **more: object) -> dict[str, object]:
        head = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "m"}
        return {**head, "choices": list(choices), **more}

    def delta(said: Mapping[str, object], finish: str | None = None) -> dict[str, object]:
        return chunk({"index": 0, "delta": said, "finish_reason": finish})

    def opened(arguments: str) -> dict[str, object]:
        return {"index": 0, **call, "function": {"name": "weather", "arguments": arguments}}

    counted = chunk(usage=usage)
    return _text(
        whole({"content": TEXT}, "stop"),
        _sse(
            delta({"role": "assistant", "content": HEAD}),
            delta({"content": TAIL}),
            delta({}, "stop"),
            counted,
            done=True,
        ),
    ), _call(
        whole({"content": None, "tool_calls": [call]}, "tool_calls"),
        _sse(
            delta({"role": "assistant", "tool_calls": [opened(ARGUMENTS[:5])]}),
            delta({"tool_calls": [{"index": 0, "function": {"arguments": ARGUMENTS[5:]}}]}),
            delta({}, "tool_calls"),
            counted,
            done=True,
        ),
    )


def responses() -> tuple[Sample, Sample]:
    """OpenAI's Responses."""
    usage = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
    spoken = {"type": "output_text", "text": TEXT, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [spoken]}
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": ARGUMENTS}

    def body(item: Mapping[str, object] | None, status: str = "completed") -> dict[str, object]:
        output = [] if item is None else [item]
        head = {"id": "resp_1", "object": "response", "created_at": 7, "model": "m", "status": status}
        return {**head, "output": output, "usage": None if item is None else usage}

    def framed(item: Mapping[str, object], begun: Mapping[str, object], *between: Mapping[str, object]) -> bytes:
        events = (
            {"type": "response.created", "response": body(None, "in_progress")},
            {"type": "response.output_item.added", "output_index": 0, "item": begun},
            *({"output_index": 0, "item_id": item["id"], **one} for one in between),
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": body(item)},
        )
        return _named(*({**one, "sequence_number": number} for number, one in enumerate(events)))

    said = {"content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": []}
    return _text(
        _json(body(message)),
        framed(
            message,
            {**message, "status": "in_progress", "content": []},
            {"type": "response.content_part.added", **said, "part": empty},
            {"type": "response.output_text.delta", **said, "delta": HEAD},
            {"type": "response.output_text.delta", **said, "delta": TAIL},
            {"type": "response.output_text.done", **said, "text": TEXT},
            {"type": "response.content_part.done", **said, "part": spoken},
        ),
    ), _call(
        _json(body(call)),
        framed(
            call,
            {**call, "arguments": ""},
            {"type": "response.function_call_arguments.delta", "delta": ARGUMENTS[:5]},
            {"type": "response.function_call_arguments.delta", "delta": ARGUMENTS[5:]},
            {"type": "response.function_call_arguments.done", "arguments": ARGUMENTS},
        ),
    )


def anthropic() -> tuple[Sample, Sample]:
    """Anthropic's Messages."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather"}

    def whole(block: Mapping[str, object], stop: str) -> bytes:
        usage = {"input_tokens": 12, "output_tokens": 3}
        return _json({**head, "content": [block], "stop_reason": stop, "usage": usage})

    def streamed(block: Mapping[str, object], stop: str, *deltas: Mapping[str, object]) -> bytes:
        begun = {**head, "content": [], "stop_reason": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
        ended = {"stop_reason": stop, "stop_sequence": None}
        return _named(
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": block},
            *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 3}},
            {"type": "message_stop"},
        )

    return _text(
        whole({"type": "text", "text": TEXT}, "end_turn"),
        streamed(
            {"type": "text", "text": ""},
            "end_turn",
            {"type": "text_delta", "text": HEAD},
            {"type": "text_delta", "text": TAIL},
        ),
    ), _call(
        whole({**call, "input": {"city": "Rome"}}, "tool_use"),
        streamed(
            {**call, "input": {}},
            "tool_use",
            {"type": "input_json_delta", "partial_json": ARGUMENTS[:5]},
            {"type": "input_json_delta", "partial_json": ARGUMENTS[5:]},
        ),
    )


def gemini() -> tuple[Sample, Sample]:
    """Google's generateContent."""
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 3, "totalTokenCount": 15}
    call = {"functionCall": {"name": "weather", "args": {"city": "Rome"}}}

    def body(part: Mapping[str, object], finish: str | None = "STOP", *, last: bool = True) -> dict[str, object]:
        candidate = {"index": 0, "content": {"role": "model", "parts": [part]}}
        candidate |= {"finishReason": finish} if finish else {}
        return {"candidates": [candidate], "responseId": "r-1", "modelVersion": "m"} | (
            {"usageMetadata": usage} if last else {}
        )

    return _text(
        _json(body({"text": TEXT})), _sse(body({"text": HEAD}, None, last=False), body({"text": TAIL}))
    ), _call(_json(body(call)), _sse(body(call)))


def bedrock() -> tuple[Sample, Sample]:
    """Amazon Bedrock's Converse, streamed as AWS event stream."""
    usage = {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15}

    def whole(block: Mapping[str, object], stop: str) -> bytes:
        message = {"role": "assistant", "content": [block]}
        return _json({"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 1}})

    def streamed(stop: str, *deltas: Mapping[str, object], start: Mapping[str, object] | None = None) -> bytes:
        at = {"contentBlockIndex": 0}
        begun = [frame("contentBlockStart", {**at, "start": start})] if start else []
        return b"".join(
            (
                frame("messageStart", {"role": "assistant"}),
                *begun,
                *(frame("contentBlockDelta", {**at, "delta": delta}) for delta in deltas),
                frame("contentBlockStop", at),
                frame("messageStop", {"stopReason": stop}),
                frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
            )
        )

    call = {"toolUseId": "tooluse_1", "name": "weather"}
    return _text(whole({"text": TEXT}, "end_turn"), streamed("end_turn", {"text": HEAD}, {"text": TAIL})), _call(
        whole({"toolUse": {**call, "input": {"city": "Rome"}}}, "tool_use"),
        streamed(
            "tool_use",
            {"toolUse": {"input": ARGUMENTS[:5]}},
            {"toolUse": {"input": ARGUMENTS[5:]}},
            start={"toolUse": call},
        ),
    )


def ollama() -> tuple[Sample, Sample]:
    """Ollama's own chat, streamed as lines of JSON."""
    counts = {"prompt_eval_count": 12, "eval_count": 3}
    call = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Rome"}}}],
    }

    def line(message: Mapping[str, object], **more: object) -> dict[str, object]:
        return {"model": "m", "created_at": "2026-11-01T00:00:00Z", "message": message, "done": False, **more}

    def lines(*bodies: object) -> bytes:
        return b"".join(_json(body) + b"\n" for body in bodies)

    def spoken(text: str) -> dict[str, object]:
        return {"role": "assistant", "content": text}

    ended: dict[str, Any] = {"done": True, "done_reason": "stop", **counts}
    return _text(
        _json(line(spoken(TEXT), **ended)), lines(line(spoken(HEAD)), line(spoken(TAIL)), line(spoken(""), **ended))
    ), _call(_json(line(call, **ended)), lines(line(call), line(spoken(""), **ended)))


def cohere() -> tuple[Sample, Sample]:
    """Cohere's v2 chat."""
    usage = {
        "billed_units": {"input_tokens": 5, "output_tokens": 3},
        "tokens": {"input_tokens": 12, "output_tokens": 3},
    }
    call = {"id": "weather_1", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}

    def whole(finish: str, **message: object) -> bytes:
        said = {"role": "assistant", **message}
        return _json({"id": "c-1", "finish_reason": finish, "message": said, "usage": usage})

    def told(kind: str, index: int | None = None, **message: object) -> dict[str, object]:
        at = {} if index is None else {"index": index}
        return {"type": kind, **at, "delta": {"message": message}}

    def streamed(finish: str, *between: Mapping[str, object]) -> bytes:
        start = {"type": "message-start", "id": "c-1", "delta": {"message": {"role": "assistant"}}}
        return _named(start, *between, {"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}})

    opened = {**call, "function": {"name": "weather", "arguments": ""}}
    return _text(
        whole("COMPLETE", content=[{"type": "text", "text": TEXT}]),
        streamed(
            "COMPLETE",
            told("content-start", 0, content={"type": "text", "text": ""}),
            told("content-delta", 0, content={"text": HEAD}),
            told("content-delta", 0, content={"text": TAIL}),
            {"type": "content-end", "index": 0},
        ),
    ), _call(
        whole("TOOL_CALL", tool_calls=[call]),
        streamed(
            "TOOL_CALL",
            told("tool-call-start", 0, tool_calls=opened),
            told("tool-call-delta", 0, tool_calls={"function": {"arguments": ARGUMENTS[:5]}}),
            told("tool-call-delta", 0, tool_calls={"function": {"arguments": ARGUMENTS[5:]}}),
            {"type": "tool-call-end", "index": 0},
        ),
    )
