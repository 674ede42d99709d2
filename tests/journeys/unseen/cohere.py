"""What Cohere may answer, by https://docs.cohere.com/reference/chat."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import COHERE, cohere, stream, told, whole

ANSWERS: dict[str, Recording] = {
    "cohere": whole(
        "cohere", COHERE, cohere(content=[{"type": "thinking", "thinking": "r"}, {"type": "text", "text": "x"}])
    ),
    "cohere plans": whole(
        "cohere",
        COHERE,
        cohere(
            "TOOL_CALL",
            tool_plan="p",
            tool_calls=[{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        ),
    ),
    "cohere cites": whole(
        "cohere",
        COHERE,
        cohere(
            content=[{"type": "text", "text": "x"}],
            citations=[{"start": 0, "end": 1, "text": "x", "sources": [{"type": "document", "id": "d"}]}],
        ),
    ),
    "cohere cut": whole("cohere", COHERE, cohere("MAX_TOKENS", content=[{"type": "text", "text": "x"}])),
    "cohere streams": stream(
        "cohere",
        COHERE,
        {
            "id": "co-1",
            "type": "message-start",
            "delta": {
                "message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
            },
        },
        told("tool-plan-delta", tool_plan="p"),
        {
            "index": 0,
            **told(
                "tool-call-start",
                tool_calls={"id": "t", "type": "function", "function": {"name": "f", "arguments": ""}},
            ),
        },
        {"index": 0, **told("tool-call-delta", tool_calls={"function": {"arguments": '{"a": 1}'}})},
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": cohere()["usage"]}},
    ),
    "cohere thinks in a stream": stream(
        "cohere",
        COHERE,
        {"id": "co-1", "type": "message-start", "delta": {"message": {"role": "assistant"}}},
        {"index": 0, **told("content-start", content={"type": "thinking", "thinking": ""})},
        {"index": 0, **told("content-delta", content={"thinking": "r"})},
        {"type": "content-end", "index": 0},
        {"index": 1, **told("content-start", content={"type": "text", "text": ""})},
        {"index": 1, **told("content-delta", content={"text": "x"})},
        {"type": "content-end", "index": 1},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": cohere()["usage"]}},
    ),
}
