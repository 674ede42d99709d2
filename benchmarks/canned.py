"""What the upstream answers and what every contender asks: one call's worth of OpenAI chat completions.

Imports nothing heavy: contenders load this too, and what it loads would count against none of them.
"""

import json

CHUNKS = 300
"""How many content chunks the canned stream has."""

MODEL = "gpt-4o-mini"
KEY_VARIABLE = "AIGW_BENCH_KEY"
"""The environment variable that holds the made-up key, for contenders that take keys by reference."""

KEY = "sk-benchmark"

MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant that answers in one short sentence."},
    {"role": "user", "content": "Summarise for the team: the release is done, two regressions are left, both known."},
]
ANSWER = "The release is out; two known regressions remain, and both have owners. Nothing else blocks the next step."
PIECES = [f" word{number}" for number in range(CHUNKS)]
STREAMED = "".join(PIECES)

_USAGE = {
    "prompt_tokens": 38,
    "completion_tokens": 24,
    "total_tokens": 62,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
_COMMON = {"id": "chatcmpl-bench", "created": 1795132800, "model": f"{MODEL}-2024-07-18"}


def completion() -> bytes:
    """Give the body of a whole answer."""
    message: dict[str, object] = {"role": "assistant", "content": ANSWER, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    answer = {
        **_COMMON,
        "object": "chat.completion",
        "choices": [choice],
        "usage": _USAGE,
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
    }
    return json.dumps(answer).encode()


def event_stream() -> bytes:
    """Give the body of a streamed answer: a role, `CHUNKS` pieces of text, a finish reason, usage, the end."""
    deltas: list[tuple[dict[str, str], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": piece}, None) for piece in PIECES]
    deltas.append(({}, "stop"))
    chunks = [
        _chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]) for delta, reason in deltas
    ]
    chunks.append({**_chunk([]), "usage": _USAGE})
    return b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


def _chunk(choices: list[dict[str, object]]) -> dict[str, object]:
    return {
        **_COMMON,
        "object": "chat.completion.chunk",
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
        "choices": choices,
        "usage": None,
    }
