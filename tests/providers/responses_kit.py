"""Answers and streams of OpenAI's Responses dialect, written by hand after its reference."""

import json
from typing import Any

from tests.providers.provider_kit import target

from aigw.manifest.snapshot import Target, Unsupported
from aigw.providers.responses.adapter import OpenAIResponses
from aigw.types.request import Request
from aigw.wire import HttpRequest

AT = target("openai-responses")
SPEAKER = OpenAIResponses()
USAGE = {
    "input_tokens": 36,
    "input_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 10},
    "output_tokens": 87,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 123,
}
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Looked at "}, {"type": "summary_text", "text": "the map."}],
    "encrypted_content": "gAAAA-sealed",
}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hé\u2028llo", "annotations": []}],
}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_a",
    "name": "get_weather",
    "arguments": '{"city":"Rome"}',
    "status": "completed",
}
SECOND = {**CALL, "id": "fc_2", "call_id": "call_b", "name": "now", "arguments": "{}"}
CUSTOM = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_c", "name": "run", "input": "print(1)"}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}
REFUSAL = {**MESSAGE, "content": [{"type": "refusal", "refusal": "I will not."}]}


def answer(*output: object, status: str = "completed", **more: object) -> dict[str, Any]:
    """A whole answer made of *output* items."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 7,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": "a secret plan",
        "model": "m-1-2026",
        "output": list(output),
        "usage": USAGE,
        **more,
    }


def own(body: dict[str, Any], **more: Any) -> Request:
    """A request of this dialect, whose body is *body*."""
    return Request("openai-responses", "m", (), {}, bool(body.get("stream")), body, **more)


def sent(request: Request, at: Target = AT) -> HttpRequest:
    """What goes to *at*."""
    return SPEAKER.write(request, at).request


def wrote(request: Request, at: Target = AT) -> dict[str, Any]:
    """The body that goes to *at*."""
    body = json.loads(sent(request, at).body)
    assert isinstance(body, dict)
    return body


def speaking(kind: str, model: str = "m-1", unsupported: Unsupported = "error", **params: object) -> Target:
    """A target of *kind*, whatever its main dialect."""
    return target(kind, model, unsupported, **params)


def streamed(*events: dict[str, Any]) -> bytes:
    """*events* as a stream, numbered as the reference says."""
    return "".join(
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number}, ensure_ascii=False)}\n\n"
        for number, event in enumerate(events)
    ).encode()


def told(*output: dict[str, Any], **more: object) -> list[dict[str, Any]]:
    """All events of the answer made of *output*, as OpenAI sends them."""
    whole = answer(*output, **more)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for place, item in enumerate(output):
        here = {"output_index": place}
        events.append({"type": "response.output_item.added", **here, "item": _begun(item)})
        events += _pieces(item, {**here, "item_id": item.get("id")})
        events.append({"type": "response.output_item.done", **here, "item": item})
    return [*events, {"type": f"response.{whole['status']}", "response": whole}]


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    bare = {name: value for name, value in item.items() if name != "encrypted_content"}
    empty = {"content": [], "summary": [], "arguments": "", "input": "", "status": "in_progress"}
    return {**bare, **{name: value for name, value in empty.items() if name in item}}


def _pieces(item: dict[str, Any], here: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for index, part in enumerate(item.get("summary", ())):
        at = {**here, "summary_index": index}
        events += _said("response.reasoning_summary_text", at, "text", part["text"])
    for index, part in enumerate(item.get("content", ())):
        at = {**here, "content_index": index}
        kind, field = part["type"], "refusal" if part["type"] == "refusal" else "text"
        events.append({"type": "response.content_part.added", **at, "part": {**part, field: ""}})
        events += _said(f"response.{kind}", at, field, part[field])
        for place, said in enumerate(part.get("annotations", ())):
            note = {"annotation_index": place, "annotation": said}
            events.append({"type": "response.output_text.annotation.added", **at, **note})
        events.append({"type": "response.content_part.done", **at, "part": part})
    if item["type"] == "function_call":
        events += _said("response.function_call_arguments", here, "arguments", item["arguments"])
    if item["type"] == "custom_tool_call":
        events += _said("response.custom_tool_call_input", here, "input", item["input"])
    if item["type"] == "web_search_call":
        events.append({"type": "response.web_search_call.searching", **here})
    return events


def _said(kind: str, at: dict[str, Any], field: str, text: str) -> list[dict[str, Any]]:
    half = len(text) // 2
    return [
        {"type": f"{kind}.delta", **at, "delta": text[:half], "obfuscation": "zz"},
        {"type": f"{kind}.delta", **at, "delta": text[half:]},
        {"type": f"{kind}.done", **at, field: text},
    ]
