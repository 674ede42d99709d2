"""What AWS may answer, by the reference of Converse and ConverseStream."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import CONVERSE, converse, frames, whole

ANSWERS: dict[str, Recording] = {
    "bedrock thinks": whole(
        "bedrock",
        CONVERSE,
        converse(
            {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}},
            {"reasoningContent": {"redactedContent": "QQ=="}},
            {"text": "x"},
        ),
    ),
    "bedrock thinks unsigned": whole(
        "bedrock", CONVERSE, converse({"reasoningContent": {"reasoningText": {"text": "r"}}}, {"text": "x"})
    ),
    "bedrock guarded": whole("bedrock", CONVERSE, converse({"text": "no"}, reason="guardrail_intervened")),
    "bedrock filtered": whole("bedrock", CONVERSE, converse(reason="content_filtered")),
    "bedrock cached": whole(
        "bedrock", CONVERSE, converse({"text": "x"}, cacheReadInputTokens=3, cacheWriteInputTokens=2, totalTokens=17)
    ),
    "bedrock cites": whole(
        "bedrock",
        CONVERSE,
        converse(
            {"text": "A"},
            {
                "citationsContent": {
                    "content": [{"text": "B"}],
                    "citations": [
                        {"title": "t", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}}
                    ],
                }
            },
        ),
    ),
    "bedrock calls in parallel": whole(
        "bedrock",
        CONVERSE,
        converse(
            {"text": "x"},
            {"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}},
            {"toolUse": {"toolUseId": "t2", "name": "f", "input": {"a": [1]}}},
            reason="tool_use",
        ),
    ),
    "bedrock stream of everything": frames(
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "r"}}, "p": "ab"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "x"}}),
        ("contentBlockStop", {"contentBlockIndex": 1}),
        ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a"'}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": ": 1}"}}}),
        ("contentBlockStop", {"contentBlockIndex": 2}),
        ("contentBlockStart", {"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "u", "name": "g"}}}),
        ("contentBlockStop", {"contentBlockIndex": 3}),
        ("messageStop", {"stopReason": "tool_use"}),
        (
            "metadata",
            {
                "usage": {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12, "cacheReadInputTokens": 1},
                "metrics": {"latencyMs": 1},
            },
        ),
    ),
    "bedrock redacts in a stream": frames(
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"redactedContent": "QQ=="}}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "x"}}),
        ("contentBlockStop", {"contentBlockIndex": 1}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12}}),
    ),
}
