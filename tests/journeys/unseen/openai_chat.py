"""What OpenAI and those who speak its chat dialect may answer, by their references."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import CALL, CHAT, COUNT, chunk, completion, stream, whole

ANSWERS: dict[str, Recording] = {
    "openai spoken": whole(
        "openai",
        CHAT,
        completion({"content": None, "audio": {"id": "a", "data": "QQ==", "expires_at": 9, "transcript": "Hi"}}),
    ),
    "openai refusal": whole("openai", CHAT, completion({"content": None, "refusal": "No."})),
    "openai two choices": whole(
        "openai",
        CHAT,
        {
            **completion({"content": "A"}),
            "choices": [
                *completion({"content": "A"})["choices"],
                {**completion({"content": "B"})["choices"][0], "index": 1},
            ],
        },
    ),
    "openai custom tool": whole(
        "openai",
        CHAT,
        completion(
            {
                "content": None,
                "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}],
            },
            "tool_calls",
        ),
    ),
    "openai named choice says stop": whole("openai", CHAT, completion({"content": None, "tool_calls": [CALL]})),
    "openai arguments cut": whole(
        "openai",
        CHAT,
        completion(
            {"content": None, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": '{"a": '}}]}, "length"
        ),
    ),
    "openai no usage": whole("openai", CHAT, {**completion({"content": "x"}), "usage": None}),
    "openai audio and cache counted": whole(
        "openai",
        CHAT,
        completion(
            {"content": "x"},
            usage={
                **COUNT,
                "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 1},
            },
        ),
    ),
    "openai cited": whole(
        "openai",
        CHAT,
        completion(
            {
                "content": "x",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"start_index": 0, "end_index": 1, "title": "t", "url": "u"},
                    }
                ],
            }
        ),
    ),
    "azure filter results first": stream(
        "azure",
        "/openai/v1/chat/completions",
        {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []},
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hi"}),
        chunk({}, "stop"),
        {**chunk({}), "choices": [], "usage": COUNT},
        done=True,
    ),
    "azure filtered": whole("azure", "/openai/v1/chat/completions", completion({"content": "par"}, "content_filter")),
    "mistral cites": whole(
        "mistral",
        CHAT,
        completion(
            {
                "content": [
                    {"type": "text", "text": "A"},
                    {"type": "reference", "reference_ids": [1]},
                    {"type": "text", "text": "B"},
                ]
            }
        ),
    ),
    "mistral arguments as an object": whole(
        "mistral",
        CHAT,
        completion(
            {"content": "", "tool_calls": [{"id": "abc123def", "function": {"name": "f", "arguments": {"a": 1}}}]},
            "tool_calls",
        ),
    ),
    "mistral model length": whole("mistral", CHAT, completion({"content": "x"}, "model_length")),
    "groq executed tools": whole(
        "groq",
        "/openai/v1/chat/completions",
        completion(
            {
                "content": "x",
                "reasoning": "r",
                "executed_tools": [{"index": 0, "type": "search", "arguments": "{}", "output": "o"}],
            }
        ),
    ),
    "groq usage in its own field": stream(
        "groq",
        "/openai/v1/chat/completions",
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "r"}),
        chunk({"reasoning": "r"}),
        chunk({"content": "x"}),
        chunk({}, "stop", x_groq={"id": "r", "usage": {**COUNT, "queue_time": 0.1}}),
        done=True,
    ),
    "deepseek thinks": stream(
        "deepseek",
        "/chat/completions",
        chunk({"role": "assistant", "content": None, "reasoning_content": "r"}),
        chunk({"content": "x", "reasoning_content": None}),
        chunk(
            {"content": ""},
            "stop",
            usage={
                **COUNT,
                "prompt_cache_hit_tokens": 3,
                "prompt_cache_miss_tokens": 2,
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
        ),
        done=True,
    ),
    "zai stopped for its content": whole(
        "zai", "/api/paas/v4/chat/completions", completion({"content": "", "reasoning_content": "r"}, "sensitive")
    ),
    "huggingface end of sequence": whole(
        "huggingface", CHAT, {**completion({"content": "x", "tool_calls": []}, "eos"), "id": ""}
    ),
    "openrouter draws": whole(
        "openrouter",
        "/api/v1/chat/completions",
        completion(
            {
                "content": "x",
                "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}],
                "reasoning": "r",
                "reasoning_details": [{"type": "reasoning.encrypted", "data": "sealed", "index": 0}],
            },
            native_finish_reason="stop",
            provider="P",
        ),
    ),
    "openrouter encrypted in a stream": stream(
        "openrouter",
        "/api/v1/chat/completions",
        chunk(
            {
                "role": "assistant",
                "content": "",
                "reasoning": "r",
                "reasoning_details": [{"type": "reasoning.text", "text": "r", "signature": "sig"}],
            }
        ),
        chunk({"role": "assistant", "content": "x"}),
        chunk({"role": "assistant", "content": ""}, "stop"),
        {**chunk({}), "usage": COUNT},
        done=True,
    ),
    "cerebras calls without arguments": stream(
        "cerebras",
        CHAT,
        chunk({"role": "assistant"}),
        chunk(
            {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]}
        ),
        chunk({}, "tool_calls", usage=COUNT),
        done=True,
    ),
}
