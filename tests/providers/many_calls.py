"""In each chat dialect an answer that speaks first and then calls two tools, the second without arguments.

Written after the documentation, as `contract_samples`. The provider's own index counts blocks, output items or parts,
or begins where it likes: ours counts tool calls.
"""

from collections.abc import Mapping
from typing import Any, Final

from tests.providers.contract_samples import ARGUMENTS, USAGE, _json, _named, _sse
from tests.providers.eventstreams import event as frame

from aigw.testing.contract import Sample
from aigw.types.events import FinishReason

SAID: Final = "Let me see."
CALLS: Final = (("weather", ARGUMENTS), ("now", "{}"))

Body = Mapping[str, Any]


def _sample(whole: bytes, stream: bytes) -> Sample:
    return Sample(whole=whole, stream=stream, text=SAID, calls=CALLS, finish=FinishReason.TOOL_CALLS, usage=USAGE)


def openai() -> Sample:
    """OpenAI's Chat Completions, from a server that counts its calls from one."""
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    calls = [_call("call_1", "weather", ARGUMENTS), _call("call_2", "now", "")]
    head = {"id": "c-1", "created": 7, "model": "m"}
    message = {"role": "assistant", "content": SAID, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}

    def chunk(delta: Body, finish: str | None = None) -> Body:
        said = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**head, "object": "chat.completion.chunk", "choices": [said]}

    opened = {**calls[0], "index": 1, "function": {"name": "weather", "arguments": ""}}
    return _sample(
        _json({**head, "object": "chat.completion", "choices": [choice], "usage": usage}),
        _sse(
            chunk({"role": "assistant", "content": SAID}),
            chunk({"tool_calls": [opened]}),
            chunk({"tool_calls": [{"index": 1, "function": {"arguments": ARGUMENTS}}]}),
            chunk({"tool_calls": [{**calls[1], "index": 2}]}),
            chunk({}, "tool_calls"),
            {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage},
            done=True,
        ),
    )


def responses() -> Sample:
    """OpenAI's Responses: the calls are the second and third item."""
    usage = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
    spoken = {"type": "output_text", "text": SAID, "annotations": []}
    items: list[dict[str, Any]] = [
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [spoken]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": ARGUMENTS},
        {"type": "function_call", "id": "fc_2", "call_id": "call_2", "name": "now", "arguments": "{}"},
    ]

    def body(output: list[dict[str, Any]], status: str) -> Body:
        head = {"id": "resp_1", "object": "response", "created_at": 7, "model": "m", "status": status}
        return {**head, "output": output, "usage": usage if output else None}

    between: list[dict[str, Any]] = [{"type": "response.output_text.delta", "content_index": 0, "delta": SAID}]
    between += [{"type": "response.function_call_arguments.delta", "delta": item["arguments"]} for item in items[1:]]
    begun = [{**items[0], "content": []}, *({**item, "arguments": ""} for item in items[1:])]
    events: list[dict[str, Any]] = [{"type": "response.created", "response": body([], "in_progress")}]
    for place, item in enumerate(items):
        at = {"output_index": place}
        events += [
            {"type": "response.output_item.added", **at, "item": begun[place]},
            {**between[place], **at, "item_id": item["id"]},
            {"type": "response.output_item.done", **at, "item": item},
        ]
    events.append({"type": "response.completed", "response": body(items, "completed")})
    stream = _named(*({**one, "sequence_number": number} for number, one in enumerate(events)))
    return _sample(_json(body(items, "completed")), stream)


def anthropic() -> Sample:
    """Anthropic's Messages: the calls are the second and third block."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    usage = {"input_tokens": 12, "output_tokens": 3}
    first = {"type": "tool_use", "id": "toolu_1", "name": "weather"}
    second = {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}
    blocks: list[Body] = [{"type": "text", "text": SAID}, {**first, "input": {"city": "Rome"}}, second]
    begun: list[tuple[Body, list[Body]]] = [
        ({"type": "text", "text": ""}, [{"type": "text_delta", "text": SAID}]),
        ({**first, "input": {}}, [{"type": "input_json_delta", "partial_json": ARGUMENTS}]),
        (second, []),
    ]
    start = {**head, "content": [], "stop_reason": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
    events: list[Body] = [{"type": "message_start", "message": start}]
    for index, (block, deltas) in enumerate(begun):
        events += [
            {"type": "content_block_start", "index": index, "content_block": block},
            *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": index},
        ]
    ended = {"stop_reason": "tool_use", "stop_sequence": None}
    events += [{"type": "message_delta", "delta": ended, "usage": {"output_tokens": 3}}, {"type": "message_stop"}]
    return _sample(_json({**head, "content": blocks, "stop_reason": "tool_use", "usage": usage}), _named(*events))


def gemini() -> Sample:
    """Google's generateContent: the calls are the second and third part."""
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 3, "totalTokenCount": 15}
    parts: list[Body] = [
        {"text": SAID},
        {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
        {"functionCall": {"name": "now"}},
    ]

    def body(said: list[Body], *, last: bool = True) -> Body:
        candidate = {"index": 0, "content": {"role": "model", "parts": said}} | (
            {"finishReason": "STOP"} if last else {}
        )
        counted = {"usageMetadata": usage} if last else {}
        return {"candidates": [candidate], "responseId": "r-1", "modelVersion": "m", **counted}

    return _sample(_json(body(parts)), _sse(body(parts[:1], last=False), body(parts[1:])))


def bedrock() -> Sample:
    """Amazon Bedrock's Converse: the calls are the second and third block."""
    usage = {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15}
    first, second = {"toolUseId": "tooluse_1", "name": "weather"}, {"toolUseId": "tooluse_2", "name": "now"}
    blocks: list[Body] = [
        {"text": SAID},
        {"toolUse": {**first, "input": {"city": "Rome"}}},
        {"toolUse": {**second, "input": {}}},
    ]
    message = {"role": "assistant", "content": blocks}
    counted = {"usage": usage, "metrics": {"latencyMs": 1}}
    stream = (
        frame("messageStart", {"role": "assistant"}),
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": SAID}}),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": first}}),
        frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": ARGUMENTS}}}),
        frame("contentBlockStop", {"contentBlockIndex": 1}),
        frame("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": second}}),
        frame("contentBlockStop", {"contentBlockIndex": 2}),
        frame("messageStop", {"stopReason": "tool_use"}),
        frame("metadata", counted),
    )
    return _sample(_json({"output": {"message": message}, "stopReason": "tool_use", **counted}), b"".join(stream))


def ollama() -> Sample:
    """Ollama's own chat, whose calls have no ids."""
    calls = [{"function": {"name": "weather", "arguments": {"city": "Rome"}}}, {"function": {"name": "now"}}]
    ended = {"done": True, "done_reason": "stop", "prompt_eval_count": 12, "eval_count": 3}

    def line(message: Body, **more: object) -> bytes:
        said = {"role": "assistant", "content": "", **message}
        return _json({"model": "m", "created_at": "2026-11-01T00:00:00Z", "message": said, "done": False, **more})

    lines = (
        line({"content": SAID}),
        line({"tool_calls": calls[:1]}),
        line({"tool_calls": calls[1:]}),
        line({}, **ended),
    )
    return _sample(line({"content": SAID, "tool_calls": calls}, **ended), b"".join(one + b"\n" for one in lines))


def cohere() -> Sample:
    """Cohere's v2 chat."""
    tokens = {"input_tokens": 12, "output_tokens": 3}
    usage = {"billed_units": {"input_tokens": 5, "output_tokens": 3}, "tokens": tokens}
    calls = [_call("weather_1", "weather", ARGUMENTS), _call("now_1", "now", "{}")]
    said = {"role": "assistant", "content": [{"type": "text", "text": SAID}], "tool_calls": calls}

    def told(kind: str, index: int, **message: object) -> Body:
        return {"type": kind, "index": index, **({"delta": {"message": message}} if message else {})}

    events = [
        {"type": "message-start", "id": "c-1", "delta": {"message": {"role": "assistant"}}},
        told("content-start", 0, content={"type": "text", "text": ""}),
        told("content-delta", 0, content={"text": SAID}),
        told("content-end", 0),
    ]
    for index, call in enumerate(calls):
        function = call["function"]
        events += [
            told("tool-call-start", index, tool_calls={**call, "function": {**function, "arguments": ""}}),
            told("tool-call-delta", index, tool_calls={"function": {"arguments": function["arguments"]}}),
            told("tool-call-end", index),
        ]
    events.append({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": usage}})
    whole = {"id": "c-1", "finish_reason": "TOOL_CALL", "message": said, "usage": usage}
    return _sample(_json(whole), _named(*events))


def _call(name: str, function: str, arguments: str) -> dict[str, Any]:
    return {"id": name, "type": "function", "function": {"name": function, "arguments": arguments}}
