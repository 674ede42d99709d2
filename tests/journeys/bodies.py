"""Odd but valid requests of the chat dialect, by hand: each is one call of `create`, as its keyword arguments.

Source: https://platform.openai.com/docs/api-reference/chat/create. Every role, part, tool and parameter is in here
somewhere, with the spellings that translations like to lose: nulls, empty texts, names, and fields nobody knows.
"""

from typing import Any

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
GRAMMAR = {"type": "grammar", "grammar": {"syntax": "lark", "definition": 'start: "a"+'}}
CUSTOM: dict[str, Any] = {
    "type": "custom",
    "custom": {"name": "run_code", "description": "Run it.", "format": GRAMMAR},
}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": ["integer", "null"]}}, "$defs": {}}


def user(content: Any, **more: Any) -> dict[str, Any]:
    """Write a user's message."""
    return {"role": "user", "content": content, **more}


def call(number: int, name: str = "get_weather", arguments: str = '{"city": "Rome"}', **more: Any) -> dict[str, Any]:
    """Write a call of a function."""
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def result(number: int, content: Any = "21 °C", **more: Any) -> dict[str, Any]:
    """Write a tool's result."""
    return {"role": "tool", "tool_call_id": f"call_{number}", "content": content, **more}


def calling(*calls: Any, **more: Any) -> dict[str, Any]:
    """Write an assistant's message that calls tools."""
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **more}


def saying(*messages: Any, **parameters: Any) -> dict[str, Any]:
    """Write a whole call."""
    return {"messages": list(messages) or [user("Hi")], **parameters}


BODIES: dict[str, dict[str, Any]] = {
    "one word": saying(user("Hi")),
    "every role": saying(
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": "Be kind."},
        user("Hi"),
        {"role": "assistant", "content": "Hello!"},
        user("Weather?"),
        calling(call(1)),
        result(1),
    ),
    "system in the middle and at the end": saying(
        user("Hi"), {"role": "system", "content": "Now rhyme."}, user("Go"), {"role": "system", "content": "Stop."}
    ),
    "neighbours of one role": saying(user("a"), user("b"), {"role": "assistant", "content": "c"}, user("d"), user("e")),
    "empty and blank texts": saying(user(""), {"role": "assistant", "content": ""}, user(" \n\t")),
    "names": saying(
        {"role": "system", "content": "x", "name": "rules"},
        user("Hi", name="alice-1"),
        {"role": "assistant", "content": "Hello", "name": "bob"},
        user("Hi", name="Zoë"),
    ),
    "unicode": saying(
        user("naïve café — 日本語 \u2028\u2029\u0085 \U0001f468\u200d\U0001f469\u200d\U0001f467 \x00\x7f")
    ),
    "text that looks like escapes": saying(user('\\u0041 "quoted" \\n </script> \u202e')),
    "a long text": saying(user("word " * 20_000)),
    "parts of text": saying(user([{"type": "text", "text": "a"}, {"type": "text", "text": ""}])),
    "a system message of parts": saying({"role": "system", "content": [{"type": "text", "text": "x"}]}, user("Hi")),
    "an empty list of parts": saying({"role": "assistant", "content": []}, user("Hi")),
    "cache marks on parts": saying(
        user([{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])
    ),
    "an image by URL": saying(
        user([{"type": "image_url", "image_url": {"url": "https://example.com/a.png?x=1&y=2#z", "detail": "high"}}])
    ),
    "images in themselves": saying(
        user(
            [
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                {
                    "type": "image_url",
                    "image_url": {"url": f"DATA:image/PNG;charset=x;base64,{PIXEL}", "detail": "low"},
                },
                {"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg%2F%3E", "unknown": None}},
            ]
        )
    ),
    "audio": saying(user([{"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "mp3"}}])),
    "files": saying(
        user(
            [
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a b.pdf"}},
                {"type": "file", "file": {"file_data": "JVBERi0=", "filename": ""}},
            ]
        )
    ),
    "a part nobody knows": saying(
        user([{"type": "video_url", "video_url": {"url": "https://example.com/v"}, "fps": 2}])
    ),
    "a refusal in the history": saying(
        user("Hi"),
        {"role": "assistant", "content": None, "refusal": "No."},
        user("Why?"),
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}], "refusal": None},
        user("Please"),
    ),
    "spoken history": saying(user("Hi"), {"role": "assistant", "audio": {"id": "audio_1"}}, user("Go on")),
    "tools in parallel, results in another order": saying(
        user("Weather?"), calling(call(1), call(2), call(3)), result(3), result(1), result(2), tools=[WEATHER]
    ),
    "calls with text, and calls without content": saying(
        user("Weather?"),
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call(1, arguments="{}")]},
        result(1, ""),
        {"role": "assistant", "tool_calls": [call(2, arguments="")]},
        result(2, [{"type": "text", "text": "21"}, {"type": "text", "text": "°C"}]),
        {"role": "assistant", "content": "", "tool_calls": [call(3, arguments="{broken", unknown={"a": [None]})]},
        result(3, name="get_weather"),
        tools=[WEATHER],
    ),
    "custom tools": saying(
        user("Run"),
        calling({"id": "call_1", "type": "custom", "custom": {"name": "run_code", "input": "print(1)\n"}}),
        result(1),
        tools=[CUSTOM, {"type": "custom", "custom": {"name": "free", "format": {"type": "text"}}}],
        tool_choice={"type": "custom", "custom": {"name": "run_code"}},
    ),
    "functions of the old kind": saying(
        user("Weather?"),
        {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
        {"role": "function", "name": "get_weather", "content": "21 °C"},
        functions=[WEATHER["function"]],
        function_call={"name": "get_weather"},
    ),
    "a tool without parameters": saying(tools=[{"type": "function", "function": {"name": "now"}}]),
    "a strict tool": saying(
        tools=[
            {"type": "function", "function": {"name": "f", "strict": True, "parameters": SCHEMA, "description": ""}}
        ],
        parallel_tool_calls=False,
    ),
    "tools of the host's own": saying(tools=[{"type": "web_search", "search_context_size": "low"}, WEATHER]),
    "no tool": saying(tools=[WEATHER], tool_choice="none"),
    "any tool": saying(tools=[WEATHER], tool_choice="required"),
    "this tool": saying(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}),
    "one of these tools": saying(
        tools=[WEATHER],
        tool_choice={
            "type": "allowed_tools",
            "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "get_weather"}}]},
        },
    ),
    "an empty list of tools": saying(tools=[]),
    "parallel calls without tools, which is refused": saying(parallel_tool_calls=True),
    "an answer in JSON": saying(response_format={"type": "json_object"}),
    "an answer in a schema": saying(
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}
    ),
    "an answer in words": saying(response_format={"type": "text"}),
    "log probabilities": saying(logprobs=True, top_logprobs=0, logit_bias={"50256": -100, "1": 5}),
    "every number": saying(
        temperature=0,
        top_p=1.0,
        n=3,
        seed=-1,
        max_tokens=1,
        max_completion_tokens=2,
        frequency_penalty=-2.0,
        presence_penalty=0.1,
    ),
    "numbers beyond what JSON libraries agree on": saying(
        temperature=0.1 + 0.2, seed=2**63, extra_body={"big": 10**30, "tiny": 1e-300, "whole": 1.0, "minus": -0.0}
    ),
    "nulls": saying(temperature=None, stop=None, tools=None, user=None, response_format=None, metadata=None),
    "stopped by a word": saying(stop="\n\n"),
    "stopped by words": saying(stop=["END", " ", "\n", "…"]),
    "a store with metadata": saying(store=True, metadata={"team": "a", "empty": ""}, user="u-1", safety_identifier="s"),
    "a prediction": saying(prediction={"type": "content", "content": [{"type": "text", "text": "def f():"}]}),
    "a spoken answer": saying(modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}),
    "thinking": saying(reasoning_effort="xhigh", verbosity="low"),
    "a search": saying(
        web_search_options={
            "search_context_size": "medium",
            "user_location": {"type": "approximate", "approximate": {"country": "DE", "city": "Köln"}},
        }
    ),
    "caches and tiers": saying(
        prompt_cache_key="k", prompt_cache_retention="24h", service_tier="priority", extra_query={"api-version": "1"}
    ),
    "fields nobody knows": saying(
        user("Hi", weight=1, nested={"a": [1, None, {"b": False}]}),
        extra_body={"top_k": 40, "provider": {"order": ["a", "b"], "x": None}, "empty": {}, "list": [], "ok": False},
    ),
    "extra_body over a parameter": saying(temperature=1.0, extra_body={"temperature": 0.5, "seed": 7}),
    "reasoning of another provider": saying(
        user("Hi"),
        {"role": "assistant", "content": "Yes", "reasoning_content": "Hm."},
        user("Sure?"),
        {
            "role": "assistant",
            "content": "Yes",
            "reasoning": "Hm.",
            "reasoning_details": [
                {"type": "reasoning.encrypted", "data": "eA==", "id": "r1", "format": "f", "index": 0}
            ],
        },
        user("Really?"),
    ),
    "a stream": saying(stream=True),
    "a stream with its usage": saying(stream=True, stream_options={"include_usage": True}),
    "a stream without its usage": saying(stream=True, stream_options={"include_usage": False}),
    "a stream with padding refused": saying(stream=True, stream_options={"include_obfuscation": False}),
    "explicitly no stream": saying(stream=False),
    "options of a stream without one": saying(stream_options={"include_usage": True}),
}
