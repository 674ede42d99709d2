"""Conversations in the chat dialect, each with the body that Anthropic's documentation wants for it.

Source: https://docs.claude.com/en/api/messages and its pages on tool use, vision, thinking and structured outputs. The
bodies are written by hand from there, and complete: what is not in one must not be sent.
"""

from dataclasses import dataclass
from typing import Any

from tests.journeys.bodies import PIXEL, WEATHER, call, calling, result, user

SONNET = "claude-sonnet-4-5"
HOME = f"upstream/{SONNET}"
"""The target that the conversations go to."""
OPUS = "claude-opus-4-8"
OLD = "claude-3-haiku-20240307"
TOOL = {
    "name": "get_weather",
    "description": "Tell the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA=="


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call of `create` and the body it becomes (without `model`, which is the one asked for)."""

    name: str
    messages: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    asked: dict[str, Any]
    rest: dict[str, Any]
    model: str = SONNET


def text(words: str, **more: Any) -> dict[str, Any]:
    """Write a block of text."""
    return {"type": "text", "text": words, **more}


def use(number: int, arguments: Any = None, name: str = "get_weather") -> dict[str, Any]:
    """Write a block that uses a tool."""
    given = {"city": "Rome"} if arguments is None else arguments
    return {"type": "tool_use", "id": f"call_{number}", "name": name, "input": given}


def used(number: int, content: Any = "21 °C", **more: Any) -> dict[str, Any]:
    """Write a block with a tool's result."""
    return {"type": "tool_result", "tool_use_id": f"call_{number}", "content": content, **more}


def turn(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    """Write a turn."""
    return {"role": role, "content": list(blocks)}


def conversation(
    name: str,
    messages: list[dict[str, Any]] | None = None,
    turns: list[dict[str, Any]] | None = None,
    *,
    model: str = SONNET,
    asked: dict[str, Any] | None = None,
    **rest: Any,
) -> Conversation:
    """Write a conversation; without messages it is a greeting, and only the parameters matter."""
    return Conversation(
        name=name,
        messages=messages or [user("Hi")],
        turns=turns or [turn("user", text("Hi"))],
        asked=asked or {},
        rest={"max_tokens": 16384, **rest},
        model=model,
    )


SYSTEM = {"role": "system", "content": "Be brief."}
HELLO = turn("user", text("Hi"))
TOOLS: dict[str, Any] = {"tools": [WEATHER]}

CONVERSATIONS = [
    conversation("a greeting"),
    conversation(
        "leading system and developer messages become blocks of the system prompt",
        [SYSTEM, {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]}, user("Hi")],
        system=[text("Be brief."), text("Be kind.")],
    ),
    conversation(
        "a later system message becomes a marked part of the user's turn",
        [user("Hi"), {"role": "assistant", "content": "Hello"}, {"role": "system", "content": "Rhyme."}, user("Go")],
        [HELLO, turn("assistant", text("Hello")), turn("user", text("<system>\nRhyme.\n</system>"), text("Go"))],
    ),
    conversation(
        "neighbours of one role become one turn",
        [user("a"), user("b"), {"role": "assistant", "content": "c"}, {"role": "assistant", "content": "d"}, user("e")],
        [turn("user", text("a"), text("b")), turn("assistant", text("c"), text("d")), turn("user", text("e"))],
    ),
    conversation(
        "empty and blank texts are left out, and messages that have nothing else",
        [user("Hi"), {"role": "assistant", "content": ""}, user([{"type": "text", "text": " \n"}, text("Go")])],
        [turn("user", text("Hi"), text("Go"))],
    ),
    conversation(
        "a last assistant message is a prefill, which must not end in white space",
        [user("Hi"), {"role": "assistant", "content": "Once upon \n"}],
        [HELLO, turn("assistant", text("Once upon"))],
    ),
    conversation(
        "parallel calls are one turn, and their results are the next",
        [user("Weather?"), calling(call(1), call(2)), result(2, "b"), result(1, "a"), user("Thanks")],
        [
            turn("user", text("Weather?")),
            turn("assistant", use(1), use(2)),
            turn("user", used(2, "b"), used(1, "a"), text("Thanks")),
        ],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "words between calls and results stand behind the results, and a result without its call nowhere",
        [user("Weather?"), calling(call(1)), user("Well?"), result(1), result(9)],
        [turn("user", text("Weather?")), turn("assistant", use(1)), turn("user", used(1), text("Well?"))],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "calls come last in their turn",
        [
            user("Weather?"),
            {"role": "assistant", "tool_calls": [call(1)], "content": [text("Let me"), text(" see.")]},
            result(1),
        ],
        [
            turn("user", text("Weather?")),
            turn("assistant", text("Let me"), text(" see."), use(1)),
            turn("user", used(1)),
        ],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "no arguments are an empty object, and an empty result has no content",
        [user("Weather?"), calling(call(1, arguments=""), call(2, arguments=" ")), result(1, ""), result(2, [])],
        [
            turn("user", text("Weather?")),
            turn("assistant", use(1, {}), use(2, {})),
            turn(
                "user",
                {"type": "tool_result", "tool_use_id": "call_1"},
                {"type": "tool_result", "tool_use_id": "call_2"},
            ),
        ],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "an image in a tool's result stays in it",
        [
            user("Look"),
            calling(call(1)),
            result(1, [text("see"), {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]),
        ],
        [
            turn("user", text("Look")),
            turn("assistant", use(1)),
            turn(
                "user",
                used(
                    1,
                    [
                        text("see"),
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                    ],
                ),
            ),
        ],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "tools of the history are declared where no tools are offered",
        [user("Weather?"), calling(call(1)), result(1)],
        [turn("user", text("Weather?")), turn("assistant", use(1)), turn("user", used(1))],
        tools=[{"name": "get_weather", "input_schema": {"type": "object"}}],
        tool_choice={"type": "none"},
    ),
    conversation(
        "ids with letters Anthropic refuses get legal ones, the same in call and result",
        [
            user("Weather?"),
            calling({**call(1), "id": "functions.get_weather:0"}),
            {**result(1), "tool_call_id": "functions.get_weather:0"},
        ],
        [
            turn("user", text("Weather?")),
            turn("assistant", {**use(1), "id": "functions_get_weather_0_ID"}),
            turn("user", {**used(1), "tool_use_id": "functions_get_weather_0_ID"}),
        ],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "images by URL and in themselves, their type by their first bytes",
        [
            user(
                [
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "high"}},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{JPEG}"}},
                    {"type": "image_url", "image_url": f"data:;base64,{PIXEL}"},
                ]
            )
        ],
        [
            turn(
                "user",
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": JPEG}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
            )
        ],
    ),
    conversation(
        "files become documents",
        [
            user(
                [
                    {
                        "type": "file",
                        "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"},
                    },
                    {"type": "file", "file": {"file_data": "data:text/markdown;base64,IyBIaQ=="}},
                    text("Read"),
                ]
            )
        ],
        [
            turn(
                "user",
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                    "title": "a.pdf",
                },
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# Hi"}},
                text("Read"),
            )
        ],
    ),
    conversation(
        "signed thinking goes back first in its turn, unchanged",
        [
            user("Weather?"),
            calling(
                call(1),
                reasoning_content="Need weather.",
                reasoning_details=[
                    {"type": "reasoning.text", "text": "Need weather.", "signature": "EqQB", "issuer": HOME},
                    {"type": "reasoning.encrypted", "data": "Emw", "issuer": HOME},
                ],
            ),
            result(1),
        ],
        [
            turn("user", text("Weather?")),
            turn(
                "assistant",
                {"type": "thinking", "thinking": "Need weather.", "signature": "EqQB"},
                {"type": "redacted_thinking", "data": "Emw"},
                use(1),
            ),
            turn("user", used(1)),
        ],
        asked=TOOLS,
        tools=[TOOL],
    ),
    conversation(
        "thinking that nobody signed stays here",
        [user("Hi"), {"role": "assistant", "content": "Yes", "reasoning_content": "Hm."}, user("Sure?")],
        [HELLO, turn("assistant", text("Yes")), turn("user", text("Sure?"))],
    ),
    conversation(
        "thinking that another target signed stays here",
        [
            user("Hi"),
            {
                "role": "assistant",
                "content": "Yes",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "x", "issuer": "other/m"}],
            },
            user("Sure?"),
        ],
        [HELLO, turn("assistant", text("Yes")), turn("user", text("Sure?"))],
    ),
    conversation(
        "an earlier refusal is told as the text it was",
        [user("Hi"), {"role": "assistant", "content": None, "refusal": "No."}, user("Why?")],
        [HELLO, turn("assistant", text("No.")), turn("user", text("Why?"))],
    ),
    conversation(
        "marks for the cache stay where they are",
        [
            {"role": "system", "content": [text("Rules", cache_control={"type": "ephemeral"})]},
            user([text("a", cache_control={"type": "ephemeral", "ttl": "1h"}), text("b")]),
        ],
        [turn("user", text("a", cache_control={"type": "ephemeral", "ttl": "1h"}), text("b"))],
        system=[text("Rules", cache_control={"type": "ephemeral"})],
        asked={"tools": [{**WEATHER, "cache_control": {"type": "ephemeral"}}]},
        tools=[{**TOOL, "cache_control": {"type": "ephemeral"}}],
    ),
    conversation(
        "parameters by their names there",
        asked={
            "max_tokens": 1,
            "max_completion_tokens": 99,
            "temperature": 0.5,
            "stop": "END",
            "user": "u-1",
            "service_tier": "default",
            "extra_body": {"top_k": 40, "metadata": None},
        },
        max_tokens=99,
        temperature=0.5,
        stop_sequences=["END"],
        metadata={"user_id": "u-1"},
        service_tier="standard_only",
        top_k=40,
    ),
    conversation(
        "an address as user is not told",
        asked={"user": "bob@example.com"},
    ),
    conversation(
        "what says nothing is no reason to refuse",
        asked={
            "n": 1,
            "logprobs": False,
            "frequency_penalty": 0,
            "presence_penalty": 0.0,
            "seed": None,
            "store": False,
        },
    ),
    conversation(
        "a required tool", asked={**TOOLS, "tool_choice": "required"}, tools=[TOOL], tool_choice={"type": "any"}
    ),
    conversation("no tool", asked={**TOOLS, "tool_choice": "none"}, tools=[TOOL], tool_choice={"type": "none"}),
    conversation(
        "this tool, and one call only",
        asked={
            **TOOLS,
            "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
            "parallel_tool_calls": False,
        },
        tools=[TOOL],
        tool_choice={"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True},
    ),
    conversation(
        "one call only, of any tool or none",
        asked={**TOOLS, "parallel_tool_calls": False},
        tools=[TOOL],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    ),
    conversation(
        "a tool without parameters takes an empty object, and one of Anthropic's own goes as it is",
        asked={
            "tools": [
                {"type": "function", "function": {"name": "now", "strict": True}},
                {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
            ]
        },
        tools=[
            {"name": "now", "input_schema": {"type": "object"}, "strict": True},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
        ],
    ),
    conversation(
        "a schema for the answer, all its objects closed",
        asked={
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "n",
                    "strict": True,
                    "schema": {
                        "type": "object",
                        "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {}}}},
                        "$defs": {"d": {"type": "object", "additionalProperties": False}},
                    },
                },
            }
        },
        output_config={
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "a": {
                            "type": "array",
                            "items": {"type": "object", "properties": {}, "additionalProperties": False},
                        }
                    },
                    "$defs": {"d": {"type": "object", "additionalProperties": False}},
                },
            }
        },
    ),
    conversation(
        "an effort, where models take a budget",
        asked={"reasoning_effort": "medium", "max_tokens": 4000},
        max_tokens=4000,
        thinking={"type": "enabled", "budget_tokens": 2048},
    ),
    conversation(
        "an effort, where models take one",
        model=OPUS,
        asked={"reasoning_effort": "xhigh"},
        thinking={"type": "adaptive"},
        output_config={"effort": "xhigh"},
    ),
    conversation("no thinking", asked={"reasoning_effort": "none"}, thinking={"type": "disabled"}),
    conversation("an old model's limit", model=OLD, max_tokens=4096),
    conversation(
        "a stream, whose usage comes without asking",
        asked={"stream": True, "stream_options": {"include_usage": True}},
        stream=True,
    ),
]
