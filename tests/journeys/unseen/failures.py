"""How an answer that began well may fail, by the providers' pages on errors and on streaming."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import (
    CHAT,
    COHERE,
    GEMINI,
    GEMINI_STREAM,
    MESSAGES,
    RESPONSES,
    blocks,
    chunk,
    frames,
    generated,
    google,
    response,
    stream,
    whole,
)
from tests.journeys.unseen.refusals import SOON

FAILED: dict[str, tuple[Recording, str]] = {
    "gemini could not call": (
        whole(
            "gemini",
            GEMINI,
            {
                **generated(),
                "candidates": [
                    {
                        "content": {},
                        "finishReason": "MALFORMED_FUNCTION_CALL",
                        "finishMessage": "Malformed function call: f(",
                    }
                ],
            },
        ),
        "InternalServerError",
    ),
    "responses failed": (
        whole(
            "openai",
            RESPONSES,
            response(status="failed", error={"code": "server_error", "message": "The model failed"}),
        ),
        "InternalServerError",
    ),
    "responses too fast": (
        whole(
            "openai",
            RESPONSES,
            response(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down"}),
        ),
        "RateLimitError",
    ),
    "openai error in a stream": (
        stream(
            "openai",
            CHAT,
            {"error": {"message": "The server had an error", "type": "server_error", "code": None}},
            done=True,
        ),
        "InternalServerError",
    ),
    "anthropic error in a stream": (
        stream(
            "anthropic",
            MESSAGES,
            blocks()[0],
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        ),
        "OverloadedError",
    ),
    "gemini error in a stream": (
        stream("gemini", GEMINI_STREAM, google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted", SOON)),
        "RateLimitError",
    ),
    "bedrock error in a stream": (
        frames(("messageStart", {"role": "assistant"}), ("throttlingException", {"message": "Too many requests"})),
        "RateLimitError",
    ),
    "responses error in a stream": (
        stream(
            "openai",
            RESPONSES,
            {"type": "response.created", "sequence_number": 0, "response": response(status="in_progress")},
            {"type": "error", "code": "server_error", "message": "m", "param": None, "sequence_number": 1},
        ),
        "InternalServerError",
    ),
    "responses failed in a stream": (
        stream(
            "openai",
            RESPONSES,
            {
                "type": "response.failed",
                "sequence_number": 0,
                "response": response(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down"}),
            },
        ),
        "RateLimitError",
    ),
    "groq error in a stream": (
        stream(
            "groq",
            "/openai/v1/chat/completions",
            {
                "error": {
                    "message": "Failed to call a function.",
                    "type": "invalid_request_error",
                    "code": "tool_use_failed",
                    "failed_generation": "x",
                    "status_code": 400,
                }
            },
        ),
        "BadRequestError",
    ),
    "openrouter error in a stream": (
        stream(
            "openrouter",
            "/api/v1/chat/completions",
            {**chunk({"content": ""}, "error"), "error": {"code": 429, "message": "Rate limited"}},
        ),
        "RateLimitError",
    ),
    "cohere error in a stream": (
        stream(
            "cohere",
            COHERE,
            {"id": "co-1", "type": "message-start", "delta": {"message": {"role": "assistant"}}},
            {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "broken"}},
        ),
        "InternalServerError",
    ),
}
"""Each with the class of error it stands for."""
