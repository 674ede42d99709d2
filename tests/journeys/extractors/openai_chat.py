"""Answers in OpenAI's chat dialect, by the public documentation of OpenAI and of those who speak it.

Sources: https://platform.openai.com/docs/api-reference/chat, https://docs.mistral.ai/api, https://console.groq.com/docs,
https://api-docs.deepseek.com, https://openrouter.ai/docs, https://docs.z.ai.
"""

import json
from dataclasses import dataclass, field
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
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "function_call": "tool_calls",
    "model_length": "length",
    "eos": "stop",
    "sensitive": "content_filter",
}


@dataclass(slots=True)
class _Gathering:
    """A choice while its stream is read."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    ending: str = ""
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    details: list[dict[str, Any]] = field(default_factory=list)
    logprobs: list[tuple[str, float]] = field(default_factory=list)

    def told(self) -> Told:
        calls = (self.calls[index] for index in sorted(self.calls))
        told = tuple(Call(call["id"], call["name"], arguments_of(call["arguments"]), call["kind"]) for call in calls)
        ending = ending_of(self.ending, ENDINGS, calls=bool(told))
        return Told(self.text, self.reasoning, self.refusal, told, ending, tuple(self.logprobs))


def openai_meaning(text: str) -> Meaning:
    """Read an answer in OpenAI's chat dialect, streamed or not."""
    return _stream(text) if is_stream(text) else _answer(json.loads(text))


def _answer(body: dict[str, Any]) -> Meaning:
    details = [detail for choice in body["choices"] for detail in choice["message"].get("reasoning_details") or ()]
    return Meaning(
        id=body.get("id") or None,
        model=body.get("model"),
        choices=tuple(_choice(choice) for choice in body["choices"]),
        counted=openai_usage(body.get("usage")),
        signatures=_of_details(details, "signature"),
        hidden=_of_details(details, "data"),
        opaque=tuple(kind for choice in body["choices"] for kind in _beyond(choice["message"].get("content"))),
    )


def _beyond(content: Any) -> list[str]:
    """Name the pieces of content that only their provider knows: the references of Mistral's."""
    pieces = content if isinstance(content, list) else ()
    return [piece["type"] for piece in pieces if piece["type"] not in {"text", "thinking"}]


def _of_details(details: list[dict[str, Any]], name: str) -> tuple[str, ...]:
    """Collect what OpenRouter puts into `reasoning_details`, to be sent back as it is."""
    return tuple(detail[name] for detail in details if detail.get(name))


def _choice(choice: dict[str, Any]) -> Told:
    message = choice["message"]
    text, thinking = _content(message.get("content"))
    calls = tuple(_call(call) for call in message.get("tool_calls") or ())
    return Told(
        text=text,
        reasoning=message.get("reasoning_content") or message.get("reasoning") or thinking,
        refusal=message.get("refusal") or "",
        calls=calls,
        ending=ending_of(choice["finish_reason"], ENDINGS, calls=bool(calls)),
        logprobs=_logprobs(choice),
    )


def _call(call: dict[str, Any]) -> Call:
    if call.get("type") == "custom":
        return Call(call["id"], call["custom"]["name"], call["custom"]["input"], "custom")
    return Call(call.get("id") or "", call["function"]["name"], arguments_of(call["function"].get("arguments")))


def _logprobs(choice: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    said = choice.get("logprobs") or {}
    return tuple((token["token"], token["logprob"]) for token in said.get("content") or ())


def _stream(text: str) -> Meaning:
    identity: dict[str, str] = {}
    choices: dict[int, _Gathering] = {}
    usage: dict[str, Any] | None = None
    for chunk in events_of(text):
        identity |= {name: chunk[name] for name in ("id", "model") if chunk.get(name) and name not in identity}
        usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage") or usage
        for choice in chunk["choices"]:
            _gather(choices.setdefault(choice["index"], _Gathering()), choice)
    gathered = [choices[index] for index in sorted(choices)]
    details = [detail for one in gathered for detail in one.details]
    return Meaning(
        id=identity.get("id"),
        model=identity.get("model"),
        choices=tuple(one.told() for one in gathered),
        counted=openai_usage(usage),
        signatures=_of_details(details, "signature"),
        hidden=_of_details(details, "data"),
    )


def _gather(so_far: _Gathering, choice: dict[str, Any]) -> None:
    delta = choice["delta"]
    text, thinking = _content(delta.get("content"))
    so_far.text += text
    so_far.reasoning += delta.get("reasoning_content") or delta.get("reasoning") or thinking
    so_far.refusal += delta.get("refusal") or ""
    so_far.details += delta.get("reasoning_details") or ()
    so_far.ending = so_far.ending or choice.get("finish_reason") or ""
    so_far.logprobs += _logprobs(choice)
    for call in delta.get("tool_calls") or ():
        kind = "custom" if "custom" in call else "function"
        known = so_far.calls.setdefault(call["index"], {"id": "", "name": "", "arguments": "", "kind": kind})
        said = call.get("custom") or call.get("function") or {}
        known["id"] = known["id"] or call.get("id") or ""
        known["name"] = known["name"] or said.get("name") or ""
        known["arguments"] += said.get("input") or said.get("arguments") or ""


def _content(content: Any) -> tuple[str, str]:
    """Split content into text and thinking: it is a list of chunks where Mistral thinks."""
    if content is None or isinstance(content, str):
        return content or "", ""
    text = "".join(piece["text"] for piece in content if piece["type"] == "text")
    thoughts = (inner for piece in content if piece["type"] == "thinking" for inner in piece["thinking"])
    return text, "".join(thought["text"] for thought in thoughts)


def openai_usage(usage: dict[str, Any] | None) -> Counted | None:
    """Count by OpenAI's totals; hosts of its dialect have other names for what was cached."""
    if not usage:
        return None
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    cached = prompt.get("cached_tokens") or usage.get("num_cached_tokens") or usage.get("prompt_cache_hit_tokens")
    return Counted(
        prompt=usage["prompt_tokens"],
        completion=usage.get("completion_tokens") or 0,
        cached=cached or 0,
        written=prompt.get("cache_write_tokens") or 0,
        reasoning=completion.get("reasoning_tokens") or 0,
    )
