"""One answer told twice in OpenAI's dialect, whole and as a stream, both written by hand from its documentation.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from aigw.testing import Raw, RawStream

USAGE: dict[str, Any] = {
    "prompt_tokens": 12,
    "completion_tokens": 30,
    "total_tokens": 42,
    "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2, "audio_tokens": 1},
    "completion_tokens_details": {
        "reasoning_tokens": 8,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 3,
        "rejected_prediction_tokens": 1,
    },
}


def logprob(token: str) -> dict[str, Any]:
    """Write a token with its log probability."""
    top = [
        {"token": token, "logprob": -0.5, "bytes": list(token.encode())},
        {"token": "x", "logprob": -3.0, "bytes": None},
    ]
    return {**top[0], "top_logprobs": top}


def choice(ending: str = "stop", logprobs: dict[str, Any] | None = None, **message: Any) -> dict[str, Any]:
    """Write a choice; its place is its index."""
    whole = {"role": "assistant", "content": None, "refusal": None, **message}
    return {"message": whole, "finish_reason": ending, "logprobs": logprobs}


def calling(number: int, arguments: str, name: str = "get_weather") -> dict[str, Any]:
    """Write a call of a function."""
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def answer(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Write a complete answer."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": index, **said} for index, said in enumerate(choices)],
        "usage": USAGE,
        **more,
    }


ANSWERS: dict[str, dict[str, Any]] = {
    "text": answer(choice(content="Hello, wörld 👋!"), system_fingerprint="fp_1", service_tier="default"),
    "an empty text": answer(choice(content="")),
    "cut by its limit": answer(choice("length", content="Once upon a")),
    "withheld": answer(choice("content_filter", content="Well, ")),
    "a refusal": answer(choice(refusal="I cannot help with that.")),
    "thinking": answer(choice(content="391", reasoning_content="17 times 23 is 391.")),
    "a call": answer(choice("tool_calls", tool_calls=[calling(1, '{"city": "Rome"}')])),
    "calls in parallel, after text": answer(
        choice(
            "tool_calls",
            content="Let me see.",
            tool_calls=[calling(1, '{"city": "Rome"}'), calling(2, "{}", "now"), calling(3, '{"city": "Köln"}')],
        )
    ),
    "thinking, text and a call": answer(
        choice("tool_calls", content="Wait.", reasoning_content="Hm. Well.", tool_calls=[calling(1, '{"a": [1, 2]}')])
    ),
    "three answers": answer(
        choice(content="One."),
        choice("length", content="Two, and then so"),
        choice("tool_calls", tool_calls=[calling(1, '{"city": "Rome"}'), calling(2, '{"city": "Oslo"}')]),
    ),
    "log probabilities": answer(
        choice(content="Hello you", logprobs={"content": [logprob("Hello"), logprob(" you")], "refusal": None})
    ),
    "log probabilities of a refusal": answer(
        choice(refusal="No way", logprobs={"content": None, "refusal": [logprob("No"), logprob(" way")]})
    ),
    "log probabilities of two answers": answer(
        choice(content="a b", logprobs={"content": [logprob("a"), logprob(" b")], "refusal": None}),
        choice(content="c d", logprobs={"content": [logprob("c"), logprob(" d")], "refusal": None}),
    ),
    "a host's own words": answer(
        choice(content="Hi there", native_finish_reason="end_turn", weight=3),
        provider="Acme",
        citations=["https://e.com"],
    )
    | {"choices": [{**choice(content="Hi there"), "index": 0, "native_finish_reason": "end_turn"}]},
}


def whole(body: dict[str, Any]) -> Raw:
    """Tell the answer in one document."""
    return Raw(body=json.dumps(body).encode())


def streamed(body: dict[str, Any]) -> RawStream:
    """Tell the answer as a stream: choices take turns, usage has a chunk of its own, `[DONE]` ends it."""
    outer = {name: value for name, value in body.items() if name not in {"choices", "usage"}}
    base = {**outer, "object": "chat.completion.chunk"}
    by_choice = [list(_pieces(said)) for said in body["choices"]]
    turns = [piece for pieces in zip_longest(*by_choice) for piece in pieces if piece is not None]
    chunks = [{**base, "choices": [piece], "usage": None} for piece in turns]
    chunks.append({**base, "choices": [], "usage": body["usage"]})
    told = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return RawStream(chunks=[*told, b"data: [DONE]\n\n"])


def _pieces(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what each chunk says of one choice."""
    message, logprobs = said["message"], said["logprobs"] or {}
    beside = {name: value for name, value in said.items() if name not in {"message", "finish_reason", "logprobs"}}

    def piece(delta: dict[str, Any], probabilities: Any = None, ending: str | None = None) -> dict[str, Any]:
        said_last = beside if ending else {"index": said["index"]}
        return {**said_last, "delta": delta, "logprobs": probabilities, "finish_reason": ending}

    yield piece({"role": "assistant", "content": None if message["content"] is None else "", "refusal": None})
    for name in ("reasoning_content", "content", "refusal"):
        text = message.get(name) or ""
        tokens = [entry["token"] for entry in logprobs.get(name) or ()] or [
            text[i : i + 4] for i in range(0, len(text), 4)
        ]
        for place, token in enumerate(tokens):
            none = {"content": None, "refusal": None}
            told = {**none, name: [logprobs[name][place]]} if logprobs.get(name) else None
            yield piece({name: token}, told)
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        yield piece({"tool_calls": [{**call, "index": index, "function": {"name": function["name"], "arguments": ""}}]})
        for start in range(0, len(function["arguments"]), 5):
            part = {"arguments": function["arguments"][start : start + 5]}
            yield piece({"tool_calls": [{"index": index, "function": part}]})
    yield piece({}, None, said["finish_reason"])
