"""OpenAI's responses, by https://platform.openai.com/docs/api-reference/responses and .../responses-streaming."""

import json
from typing import Any

from tests.journeys.extractors.meaning import Call, Counted, Meaning, Told, arguments_of, events_of, is_stream

TERMINAL = {"response.completed", "response.incomplete", "response.failed"}
SAID = {"message", "reasoning", "function_call", "custom_tool_call"}


def responses_meaning(text: str) -> Meaning:
    """Read a response. A stream repeats it whole in its terminal event, which is what counts."""
    return response_meaning(_last(text) if is_stream(text) else json.loads(text))


def _last(text: str) -> dict[str, Any]:
    [response] = [event["response"] for event in events_of(text) if event["type"] in TERMINAL]
    done = [event for event in events_of(text) if event["type"] == "response.output_item.done"]
    items = [event["item"] for event in sorted(done, key=lambda event: event["output_index"])]
    return {**response, "output": response["output"] or items}


def response_meaning(response: dict[str, Any]) -> Meaning:
    """Read a whole response."""
    items = response["output"]
    thinking = [item for item in items if item["type"] == "reasoning"]
    pieces = [piece for item in items if item["type"] == "message" for piece in item["content"]]
    calls = tuple(_call(item) for item in items if item["type"] in {"function_call", "custom_tool_call"})
    told = Told(
        text="".join(piece["text"] for piece in pieces if piece["type"] == "output_text"),
        reasoning="".join(_thought(item) for item in thinking),
        refusal="".join(piece["refusal"] for piece in pieces if piece["type"] == "refusal"),
        calls=calls,
        ending=_ending(response, calls=bool(calls)),
        logprobs=tuple((t["token"], t["logprob"]) for piece in pieces for t in piece.get("logprobs") or ()),
    )
    return Meaning(
        id=response["id"],
        model=response["model"],
        choices=(told,),
        counted=_usage(response.get("usage")),
        hidden=tuple(item["encrypted_content"] for item in thinking if item.get("encrypted_content")),
        opaque=tuple(item["type"] for item in items if item["type"] not in SAID),
    )


def _call(item: dict[str, Any]) -> Call:
    if item["type"] == "custom_tool_call":
        return Call(item["call_id"], item["name"], item["input"], "custom")
    return Call(item["call_id"], item["name"], arguments_of(item["arguments"]))


def _thought(item: dict[str, Any]) -> str:
    """Give the summary, which is what OpenAI shows; open models show the thinking itself, as content."""
    shown = item.get("summary") or item.get("content") or ()
    return "".join(piece["text"] for piece in shown)


def _ending(response: dict[str, Any], *, calls: bool) -> str:
    status = response["status"]
    if status == "incomplete":
        cut = (response.get("incomplete_details") or {}).get("reason")
        return "content_filter" if cut == "content_filter" else "length"
    if status not in {"completed", "complete"}:
        message = f"a response that is {status!r} is no answer (yet)"
        raise ValueError(message)
    return "tool_calls" if calls else "stop"


def _usage(usage: dict[str, Any] | None) -> Counted | None:
    if not usage:
        return None
    prompt, completion = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    return Counted(
        prompt=usage["input_tokens"],
        completion=usage["output_tokens"],
        cached=prompt.get("cached_tokens") or 0,
        written=prompt.get("cache_write_tokens") or 0,
        reasoning=completion.get("reasoning_tokens") or 0,
    )
