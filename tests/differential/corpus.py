"""Conversations in the chat dialect, each one call of `create`, built to cross every feature with every other oddity.

Source: https://platform.openai.com/docs/api-reference/chat/create. Everything is valid in that dialect; whether it is
in another one is what the tests beside this file find out. Tags say what a conversation exercises.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.bodies import PIXEL, WEATHER, call, calling, result, user

JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA=="
PDF = "JVBERi0xLjQKJSVFT0Y="
WAV = "UklGRiQAAABXQVZFZm10IA=="
TEXT_FILE = "SGVsbG8sIHdvcmxkLg=="
LONG = "look_up_the_weather_forecast_for_a_city_and_a_day_of_this_week_64"


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation: `messages` and `params` are the keyword arguments of `create`, but for the model."""

    name: str
    messages: list[dict[str, Any]]
    params: dict[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of `chat.completions.create`, without `model`."""
        return {"messages": self.messages, **self.params}


def case(name: str, tags: str, *messages: dict[str, Any], **params: Any) -> Case:
    """Write a case; without messages it is a greeting, and only the parameters matter."""
    return Case(name, list(messages) or [user("Hi")], params, frozenset(tags.split()))


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def system(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "system", "content": content, **more}


def developer(content: Any) -> dict[str, Any]:
    return {"role": "developer", "content": content}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def image(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def inline(media_type: str, data: str) -> str:
    return f"data:{media_type};base64,{data}"


def file(**said: Any) -> dict[str, Any]:
    return {"type": "file", "file": said}


def tool(name: str = "get_weather", parameters: Any = None, **more: Any) -> dict[str, Any]:
    """Write a function; its parameters are those of the weather unless they are given."""
    schema = WEATHER["function"]["parameters"] if parameters is None else parameters
    return {"type": "function", "function": {"name": name, "description": "Do it.", "parameters": schema, **more}}


def structured(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


def closed(**properties: Any) -> dict[str, Any]:
    """Write a strict object."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# s system, d developer, u user, a assistant; c calls one tool and t answers it; C and T are the same, two at once.
ORDERS = (
    *("u", "su", "du", "sdu", "ssu", "sus", "us", "ud", "uu", "uuu", "uau", "suau", "uaau", "uauu", "uaua", "ua"),
    *("usau", "uasu", "uaus", "susus", "uct", "suct", "ucta", "uctau", "uctct", "uCT", "uCTa", "uCTau", "uctu"),
    *("uacta", "uctsu", "uctCTa", "suauctau", "au", "sau", "uctaa", "ucst", "s", "d", "a"),
)


def said(order: str) -> Iterator[dict[str, Any]]:
    """Write the messages of *order*, each with words of its own and each call with an id of its own."""
    number = 0
    for place, letter in enumerate(order):
        words = f"{letter}{place}"
        if letter in "cC":
            number += 1 if letter == "c" else 2
            yield calling(*(call(one) for one in range(number if letter == "c" else number - 1, number + 1)))
        elif letter in "tT":
            yield from (result(one) for one in range(number if letter == "t" else number - 1, number + 1))
        else:
            yield {"s": system, "d": developer, "u": user, "a": assistant}[letter](words)


def orders() -> Iterator[Case]:
    for order in ORDERS:
        tools = {"tools": [WEATHER]} if set(order) & set("cC") else {}
        tags = ["roles", *(["tools"] if tools else []), *(["parallel"] if "C" in order else [])]
        middle = "system" if set(order.lstrip("sd")) & set("sd") else ""
        yield case(f"order {order}", f"{' '.join(tags)} {middle}", *said(order), **tools)


CONTENTS: dict[str, Any] = {
    "an empty text": "",
    "a blank text": " \n\t",
    "space around": "  Hi \n",
    "an empty list": [],
    "one part": [text("Hi")],
    "two parts": [text("Hi"), text(" there")],
    "an empty part": [text("Hi"), text("")],
    "only an empty part": [text("")],
}


def contents() -> Iterator[Case]:
    for name, content in CONTENTS.items():
        yield case(f"user: {name}", "content", user("Hello"), assistant("Yes?"), user(content))
        yield case(f"system: {name}", "content system", system(content), user("Hi"))
        yield case(f"assistant: {name}", "content", user("Hello"), assistant(content), user("Go"))
        yield case(f"tool: {name}", "content tools", user("?"), calling(call(1)), result(1, content), tools=[WEATHER])
    yield case("assistant: null", "content", user("Hello"), assistant(None), user("Go"))
    yield case("assistant: no content", "content", user("Hello"), {"role": "assistant"}, user("Go"))


WORDS = {
    "accents": "naïve café Ünïcödé",
    "scripts": "日本語 العربية עברית हिन्दी",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "line separators": "a\u2028b\u2029c\u0085d\r\ne\rf",
    "controls": "a\x00b\x07c\x7fd\u202ee\ufefff",
    "escapes": '\\u0041 "quoted" \\n </script> {{x}} %s',
    "a long text": "word " * 2_000,
}


def words() -> Iterator[Case]:
    for name, word in WORDS.items():
        yield case(f"unicode: {name}", "unicode", system(word), user(word), assistant(word), user(word))
        arguments = '{"city": "' + "".join(f"\\u{ord(letter):04x}" for letter in word[:4]) + '"}'
        tried = [user("?"), calling(call(1, arguments=arguments)), result(1, word)]
        yield case(f"unicode in a tool: {name}", "unicode tools", *tried, tools=[tool(description=word[:200])])


IMAGES = {
    "by URL": image("https://example.com/a.png?x=1&y=2"),
    "by URL, in detail": image("https://example.com/a.jpg", detail="high"),
    "png": image(inline("image/png", PIXEL)),
    "png in low detail": image(inline("image/png", PIXEL), detail="low"),
    "jpeg": image(inline("image/jpeg", JPEG)),
    "jpeg that says png": image(inline("image/png", JPEG)),
    "gif": image(inline("image/gif", "R0lGODlhAQABAAAAACw=")),
    "webp": image(inline("image/webp", "UklGRiIAAABXRUJQVlA4IA==")),
}
FILES = {
    "pdf": file(file_data=inline("application/pdf", PDF), filename="a.pdf"),
    "pdf without a name": file(file_data=inline("application/pdf", PDF)),
    "text": file(file_data=inline("text/plain", TEXT_FILE), filename="a b.txt"),
    "by id": file(file_id="file-1"),
    "audio": {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
    "mp3": {"type": "input_audio", "input_audio": {"data": "SUQzBAAAAAAAAA==", "format": "mp3"}},
}


def media() -> Iterator[Case]:
    for name, part in IMAGES.items():
        yield case(f"image: {name}", "image", user([text("Look"), part]))
    for name, part in FILES.items():
        yield case(f"file: {name}", "audio" if "audio" in part["type"] else "file", user([part, text("Read")]))
    png, linked = IMAGES["png"], IMAGES["by URL"]
    yield case("image: alone", "image", user([png]))
    yield case("image: two of them", "image", user([png, text("and"), linked]))
    yield case("image: between texts", "image", user([text("a"), png, text("b")]))
    yield case("image: earlier in the talk", "image", user([png, text("?")]), assistant("A dot."), user("Sure?"))
    yield case(
        "image: in a tool's result",
        "image tools",
        *(user("?"), calling(call(1)), result(1, [text("see"), png])),
        tools=[WEATHER],
    )
    yield case("file: beside an image", "image file", user([FILES["pdf"], png, text("Compare")]))


SCHEMAS: dict[str, Any] = {
    "no properties": {"type": "object", "properties": {}},
    "an empty schema": {},
    "nested": closed(place=closed(city={"type": "string"}), days={"type": "array", "items": {"type": "integer"}}),
    "an enum": closed(unit={"type": "string", "enum": ["c", "f"], "description": "The unit."}),
    "nullable": closed(city={"type": ["string", "null"]}, day={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    "references": {
        **closed(a={"$ref": "#/$defs/point"}, b={"$ref": "#/$defs/point"}),
        "$defs": {"point": closed(x={"type": "number"}, y={"type": "number"})},
    },
    "limits": closed(
        n={"type": "integer", "minimum": 0, "maximum": 9},
        s={"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^a", "format": "date"},
        l={"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
    ),
    "a default": {"type": "object", "properties": {"n": {"type": "integer", "default": 3, "title": "N"}}},
    "open": {"type": "object", "additionalProperties": {"type": "number"}},
    "a union": closed(v={"oneOf": [{"type": "string"}, closed(x={"type": "number"})]}),
}


def tools() -> Iterator[Case]:
    yield case("tools: one", "tools", tools=[WEATHER])
    yield case("tools: three", "tools", tools=[tool(f"tool_{one}") for one in range(3)])
    yield case("tools: an empty list", "tools", tools=[])
    yield case("tools: a name of 64 letters", "tools names", tools=[tool(LONG[:64])])
    yield case("tools: odd letters in a name", "tools names", tools=[tool("a-b_C9")])
    yield case("tools: strict", "tools", tools=[tool(parameters=closed(city={"type": "string"}), strict=True)])
    yield case("tools: not strict", "tools", tools=[tool(strict=False)])
    yield case("tools: no description", "tools", tools=[{"type": "function", "function": {"name": "now"}}])
    yield case("tools: null parts", "tools", tools=[{"type": "function", "function": {"name": "now", "strict": None}}])
    for name, schema in SCHEMAS.items():
        yield case(f"tools: {name}", "tools schema", tools=[tool(parameters=schema)])
    this: dict[str, Any] = {"type": "function", "function": {"name": "get_weather"}}
    for name, choice in {"auto": "auto", "none": "none", "required": "required", "this": this}.items():
        yield case(f"tool choice: {name}", "tools choice", tools=[WEATHER, tool("other")], tool_choice=choice)
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [this]}}
    yield case("tool choice: some", "tools choice", tools=[WEATHER, tool("other")], tool_choice=allowed)
    for parallel in (True, False):
        yield case(f"parallel calls: {parallel}", "tools parallel", tools=[WEATHER], parallel_tool_calls=parallel)
    yield case(
        "parallel calls: False, of this tool",
        "tools parallel choice",
        tools=[WEATHER],
        tool_choice=this,
        parallel_tool_calls=False,
    )
    custom = {"type": "custom", "custom": {"name": "run_code", "description": "Run it.", "format": {"type": "text"}}}
    yield case("tools: custom", "tools custom", tools=[custom])


ARGUMENTS = {
    "none": "",
    "an empty object": "{}",
    "spaced": '{ "city" :  "Rome" }',
    "numbers": '{"n": 1.0, "big": 12345678901234567890, "small": 1e-7}',
    "nested": '{"a": {"b": [1, null, true, {"c": ""}]}}',
    "not an object": "[1]",
    "cut": '{"city": "Ro',
}


def calls() -> Iterator[Case]:
    offered = {"tools": [WEATHER]}
    for name, arguments in ARGUMENTS.items():
        made = calling(call(1, arguments=arguments))
        yield case(f"arguments: {name}", "tools arguments", user("?"), made, result(1), **offered)
    two = calling(call(1), call(2, "other", '{"n": 1}'))
    both = {"tools": [WEATHER, tool("other")]}
    yield case("results: in another order", "tools parallel", user("?"), two, result(2), result(1), **both)
    yield case("results: one is missing", "tools parallel", user("?"), two, result(1), user("Go"), **both)
    yield case("results: none before the user speaks", "tools", user("?"), calling(call(1)), user("Go"), **offered)
    yield case("results: of nothing", "tools", user("?"), result(7), **offered)
    yield case("results: JSON", "tools", user("?"), calling(call(1)), result(1, '{"t": 21}'), **offered)
    yield case("results: a JSON list", "tools", user("?"), calling(call(1)), result(1, "[1, 2]"), **offered)
    yield case("results: a JSON number", "tools", user("?"), calling(call(1)), result(1, "21"), **offered)
    failed = result(1, "Error: the service is down")
    yield case("results: an error in words", "tools errors", user("?"), calling(call(1)), failed, **offered)
    failed = result(1, '{"error": {"code": 503, "message": "down"}}')
    yield case("results: an error as JSON", "tools errors", user("?"), calling(call(1)), failed, **offered)
    yield case("results: with a name", "tools names", user("?"), calling(call(1)), result(1, name="w"), **offered)
    spoken = calling(call(1), content="Let me see.")
    yield case("calls: beside words", "tools", user("?"), spoken, result(1), **offered)
    yield case("calls: beside an empty text", "tools", user("?"), calling(call(1), content=""), result(1), **offered)
    odd = {**call(1), "id": "functions.get_weather:0"}
    answered = {**result(1), "tool_call_id": odd["id"]}
    yield case("calls: an id with dots", "tools ids", user("?"), calling(odd), answered, **offered)
    yield case("calls: of tools no longer offered", "tools", user("?"), calling(call(1)), result(1))
    yield case("calls: the same twice", "tools", user("?"), calling(call(1), call(2)), result(1), result(2), **offered)
    yield case("calls: of another tool", "tools", user("?"), calling(call(1, "gone")), result(1), **offered)


PARAMETERS: dict[str, tuple[dict[str, Any], ...]] = {
    "sampling": (
        *({"temperature": value} for value in (0, 0.0, 0.7, 1, 1.5, 2)),
        *({"top_p": value} for value in (0.1, 1)),
        {"temperature": 0.2, "top_p": 0.9},
        *({"frequency_penalty": 0.5}, {"presence_penalty": -1.5}, {"seed": 7}, {"seed": 0}, {"n": 1}, {"n": 3}),
    ),
    "limits": ({"max_tokens": 100}, {"max_completion_tokens": 100}, {"max_tokens": 1}, {"max_completion_tokens": None}),
    "stop": tuple({"stop": value} for value in ("END", ["END"], ["a", "b", "c", "d"], [], None, ["\n"], ["x" * 20])),
    "logprobs": (
        {"logprobs": True},
        {"logprobs": False},
        {"logprobs": True, "top_logprobs": 5},
        {"logit_bias": {"50256": -100}},
    ),
    "reasoning": tuple(
        {"reasoning_effort": effort} for effort in ("none", "minimal", "low", "medium", "high", "xhigh")
    ),
    "accounting": (
        *({"user": "user-1"}, {"metadata": {"a": "b"}}, {"store": True}, {"store": False}, {"safety_identifier": "s"}),
        *({"service_tier": tier} for tier in ("auto", "default", "flex", "priority")),
        {"prompt_cache_key": "k"},
    ),
    "output": (
        *({"verbosity": "low"}, {"modalities": ["text"]}, {"prediction": {"type": "content", "content": "x"}}),
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        {"web_search_options": {"search_context_size": "low"}},
    ),
    "stream": ({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
    "json": ({"response_format": {"type": "text"}}, {"response_format": {"type": "json_object"}}),
}


def parameters() -> Iterator[Case]:
    for tag, sets in PARAMETERS.items():
        for params in sets:
            told = ", ".join(f"{name}={str(value)[:40]!s}" for name, value in params.items())
            messages = [user("Give JSON.")] if tag == "json" else []
            yield case(f"{tag}: {told}", tag, *messages, **params)
    for name, schema in SCHEMAS.items():
        if schema:
            yield case(f"json schema: {name}", "json schema", response_format=structured(schema, strict=True))
    plain = structured(closed(n={"type": "integer"}))
    yield case("json schema: not said to be strict", "json schema", response_format=plain)
    told = structured(closed(n={"type": "integer"}), description="A number.", strict=True)
    yield case("json schema: described", "json schema", response_format=told)
    yield case("json schema: beside tools", "json schema tools", response_format=plain, tools=[WEATHER])


def others() -> Iterator[Case]:
    yield case("name: of a user", "names", user("Hi", name="alice-1"))
    yield case(
        "name: of everybody",
        "names",
        system("x", name="rules"),
        user("a", name="al"),
        assistant("b", name="bo"),
        user("c"),
    )
    yield case("name: with an accent", "names", user("Hi", name="Zoë"))
    nulls = {"refusal": None, "function_call": None, "tool_calls": None, "annotations": None, "audio": None}
    yield case("nulls: in an answer handed back", "nulls", user("Hi"), assistant("Hello", **nulls), user("Go"))
    yield case("refusal: in the talk", "refusal", user("Hi"), assistant(None, refusal="No."), user("Why?"))
    part = {"type": "refusal", "refusal": "No."}
    yield case("refusal: as a part", "refusal", user("Hi"), assistant([part]), user("Why?"))
    yield case("extra: a field nobody knows", "extra", extra_body={"weight": 1})
    everything = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "stop": ["END"], "tools": [WEATHER]}
    yield case("many parameters at once", "sampling limits stop tools", system("Be brief."), user("Hi"), **everything)
    many = [(user if place % 2 == 0 else assistant)(f"turn {place}") for place in range(41)]
    yield case("a long talk", "roles", *many)
    marked = user([text("a", cache_control={"type": "ephemeral"}), text("b")])
    yield case("cache mark on a part", "cache", marked)


CASES: tuple[Case, ...] = (*orders(), *contents(), *words(), *media(), *tools(), *calls(), *parameters(), *others())
"""All of them, names all different."""

assert len(CASES) == len({one.name for one in CASES})
