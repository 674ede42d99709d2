"""What it costs to translate: a call and a streamed chunk in each chat dialect, without any wire.

    python benchmarks/translation.py           # a table
    python benchmarks/translation.py --json    # one line of JSON, times in µs, for run.py

A *call* is what stands between the caller's canonical request and the object the caller is given: the adapter's
`unsupported` and `write` (the body as bytes), its `read` of a whole answer, and the surface's object made of that. Ten
messages with tool calls and their results, three tools; the answer has a text, a tool call and usage. A *chunk* is the
decoder's `feed` of one event and the surface's chunk made of it, over a stream of 300 pieces of text that come one by
one. Reading the caller's arguments is a column of its own: it is done once a call, whatever the targets are.
Tools and parameters are those of the call before, as they are in a service's second call and in all that follow; *new
tools* is `write` with tools that were never seen before, which are looked at, written and remembered then.
`json.dumps` of the body that is sent is a yardstick for the machine. `litellm` is the same call by its translation
(parameters, `transform_request`, `json.dumps`, `transform_response`), where it is to be had by itself.

Each figure is the median of a round's calls, and then the median of the rounds, in which all rows take turns.
"""

import argparse
import copy
import dataclasses
import gc
import importlib.util
import itertools
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from canned import CHUNKS, STREAMED
from dialects import ANSWER, ANSWERS, ARGUMENTS, CREATED, TOOL, chat_arguments, messages_arguments

COLUMNS: Final = {
    "ask": "arguments",
    "write": "write",
    "new": "new tools",
    "read": "read",
    "hand_out": "hand out",
    "call": "call",
    "chunk": "chunk",
    "dumps": "json.dumps",
    "litellm": "litellm's call",
}
CALLS: Final = 150
STREAMS: Final = 3
ROUNDS: Final = 15

_KINDS: Final = {
    "openai-chat": "openai",
    "openai-responses": "openai-responses",
    "anthropic-messages": "anthropic",
    "gemini": "gemini",
    "bedrock-converse": "bedrock",
    "ollama-chat": "ollama",
    "cohere-chat": "cohere",
}
_LITELLM: Final = {
    "openai-chat": ("openai", "gpt-4o"),
    "anthropic-messages": ("anthropic", "claude-sonnet-4-5-20250929"),
    "bedrock-converse": ("bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
    "ollama-chat": ("ollama_chat", "llama3.2"),
}
_OWN: Final = "bench/some-model-1"

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Work:
    """Something to be timed, and what makes its argument, which is not."""

    do: Callable[[Any], object]
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Row:
    """What is timed for one pair of surface and dialect."""

    name: str
    works: dict[str, Work]
    stream: Work | None = None


@dataclass(frozen=True, slots=True)
class Surface:
    """What a surface does: reads arguments, makes the caller's object, makes a writer of chunks, tells their text."""

    ask: Callable[[bool], Any]
    hand_out: Callable[[Any], Any]
    writer: Callable[[], Callable[[Any], Sequence[Any]]]
    text: Callable[[Any], str]
    said: Callable[[Any], tuple[object, object, object]]


def measured(rounds: int) -> Figures:
    """Give the figures in µs by row and column."""
    rows = [_row("chat", dialect) for dialect in _KINDS]
    rows.append(_row("messages", "openai-chat"))
    # What litellm holds in this process is not for the collector to walk through while others are timed.
    gc.collect()
    gc.freeze()
    found: dict[str, dict[str, list[float]]] = {row.name: {} for row in rows}
    for number in range(rounds + 1):
        for row in rows:
            figures = {column: _median_us(work, CALLS) for column, work in row.works.items()}
            figures["call"] = figures["write"] + figures["read"] + figures["hand_out"]
            if row.stream is not None:
                figures["chunk"] = _median_us(row.stream, STREAMS) / CHUNKS
            # The first time round only warms up.
            for column, figure in figures.items() if number else ():
                found[row.name].setdefault(column, []).append(figure)
    return {
        name: {column: statistics.median(figures[column]) for column in COLUMNS if column in figures}
        for name, figures in found.items()
    }


def dearest(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Give the figures that goals are about: of the dialect that costs most."""
    return {
        "translation_us": max(mine["call"] for mine in figures.values()),
        "chunk_us": max(mine["chunk"] for mine in figures.values()),
    }


NOTES: Final = """\
translation: from a canonical request of ten messages and three tools to the bytes sent (write), and from the answer's
bytes to canonical parts (read) and the caller's object (hand out); call is the sum of the three. new tools: write,
where the tools were never seen before. chunk: one event of a stream, from its bytes to the caller's chunk. arguments:
reading what the caller said, once a call. json.dumps: of the body that is sent, for comparison. litellm's call:
parameters, transform_request, json.dumps and transform_response."""


def layout(figures: Mapping[str, Mapping[str, float]]) -> tuple[list[str], list[list[str]]]:
    """Give head and rows of the table of *figures*."""
    body = [
        [name, *(f"{mine[column]:,.1f}" if column in mine else "-" for column in COLUMNS)]
        for name, mine in figures.items()
    ]
    return ["translation, µs", *COLUMNS.values()], body


def _row(surface_name: str, dialect: str) -> Row:
    """Make the row of a surface at *dialect*, and see that the answer is the one that was told."""
    from aigw.manifest.snapshot import Provider, Target
    from aigw.providers.registry import adapter as adapter_of
    from aigw.providers.registry import kind
    from aigw.wire import Headers, HttpResponse

    adapter: Any = adapter_of(dialect)
    surface = _chat() if surface_name == "chat" else _messages()
    target = Target(Provider("bench", kind(_KINDS[dialect]), "https://api.example/v1"), "some-model-1")
    told = ANSWERS[dialect]
    response = HttpResponse(200, Headers({"content-type": "application/json"}), told.whole)
    request, streamed = surface.ask(False), surface.ask(True)  # noqa: FBT003 - whether to stream

    def write(asked: Any) -> bytes:  # noqa: ANN401 - a request, of a library that is imported late
        adapter.unsupported(asked, target)
        body: bytes = adapter.write(asked, target).request.body
        return body

    def stream(see: Callable[[Sequence[Any]], object]) -> None:
        decoder, chunks = adapter.decoder(target, streamed), surface.writer()
        for data in told.stream:
            for event in decoder.feed(data):
                see(chunks(event))
        for event in decoder.end():
            see(chunks(event))

    numbers = itertools.count()
    answer, body = adapter.read(response, target, request), json.loads(write(request))
    chunks: list[Any] = []
    stream(chunks.extend)
    whole, text = surface.said(surface.hand_out(answer)), "".join(map(surface.text, chunks))
    if whole != (ANSWER, TOOL, ARGUMENTS) or text != STREAMED:
        message = f"{surface_name} to {dialect} does not give the answer that was told"
        raise RuntimeError(message)
    works = {
        "ask": Work(lambda _: surface.ask(False)),  # noqa: FBT003 - as above
        # A request remembers what an adapter found in it: each call has to have one of its own.
        "write": Work(write, lambda: dataclasses.replace(request)),
        "new": Work(write, lambda: _with_new_tools(request, next(numbers))),
        "read": Work(lambda _: adapter.read(response, target, request)),
        "hand_out": Work(lambda _: surface.hand_out(answer)),
        "dumps": Work(lambda _: json.dumps(body).encode()),
    }
    if surface_name == "chat" and dialect in _LITELLM and importlib.util.find_spec("litellm"):
        works["litellm"] = _litellm(*_LITELLM[dialect], told.whole)
    return Row(f"{surface_name} to {dialect}", works, Work(stream, lambda: len))


def _with_new_tools(request: Any, number: int) -> Any:  # noqa: ANN401 - a request, of a library that is imported late
    """Give *request* with tools that say something that none has said before."""
    tools = [
        {**tool, "function": {**tool["function"], "description": f"{tool['function']['description']} ({number})"}}
        for tool in request.params["tools"]
    ]
    return dataclasses.replace(request, params={**request.params, "tools": tools})


def _chat() -> Surface:
    from aigw.surfaces.chat import request as chat_request
    from aigw.surfaces.chat.response import ChunkWriter, completion_body, validated
    from aigw.types.chat import ChatCompletion

    arguments = chat_arguments()
    own: dict[str, Any] = {"id": "chatcmpl-1", "created": CREATED, "model": "trips", "issuer": _OWN}

    def said(completion: Any) -> tuple[object, object, object]:  # noqa: ANN401 - imported late
        message = completion.choices[0].message
        function = message.tool_calls[0].function
        return message.content, function.name, json.loads(function.arguments)

    return Surface(
        lambda stream: chat_request.ask({**arguments, "stream": stream}).request,
        lambda answer: validated(ChatCompletion, completion_body(answer, **own)),
        lambda: ChunkWriter(**own),
        lambda chunk: "".join(choice.delta.content or "" for choice in chunk.choices),
        said,
    )


def _messages() -> Surface:
    from aigw.surfaces.messages import request as messages_request
    from aigw.surfaces.messages.response import message_body
    from aigw.surfaces.messages.state import made
    from aigw.surfaces.messages.writer import EventWriter

    arguments = messages_arguments()

    def said(message: Any) -> tuple[object, object, object]:  # noqa: ANN401 - imported late
        text, use = message.content
        return text.text, use.name, use.input

    return Surface(
        lambda stream: messages_request.ask({**arguments, "stream": stream}).request,
        lambda answer: made(message_body(answer, id="msg_1", model="trips", issuer=_OWN), _OWN),
        lambda: EventWriter(id="msg_1", model="trips", issuer=_OWN),
        lambda event: str(getattr(getattr(event, "delta", None), "text", None) or ""),
        said,
    )


def _litellm(provider: str, model: str, answer: bytes) -> Work:
    """Make the same call by litellm's translation, which changes the messages it is given."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import httpx
    import litellm
    from litellm.types.utils import LlmProviders, ModelResponse
    from litellm.utils import ProviderConfigManager, get_optional_params

    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    litellm.suppress_debug_info = True
    config: Any = ProviderConfigManager.get_provider_chat_config(model, LlmProviders(provider))
    arguments = chat_arguments()
    wanted = {name: arguments[name] for name in ("tools", "tool_choice", "temperature", "max_tokens")}

    def do(messages: Any) -> object:  # noqa: ANN401 - litellm's
        said: Any = get_optional_params(model=model, custom_llm_provider=provider, **wanted)
        asked: dict[str, Any] = {"model": model, "messages": messages, "optional_params": said, "litellm_params": {}}
        json.dumps(config.transform_request(**asked, headers={})).encode()
        return config.transform_response(
            **asked,
            raw_response=httpx.Response(200, content=answer),
            model_response=ModelResponse(),
            logging_obj=_Nobody(),
            request_data={},
            encoding=None,
            api_key="",
        )

    return Work(do, lambda: copy.deepcopy(arguments["messages"]))


class _Nobody:
    """Stands for litellm's logging, and hears nothing."""

    model_call_details: Final = dict[str, object]()

    def post_call(self, *_: object, **__: object) -> None:
        """Hear nothing."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _median_us(work: Work, times: int) -> float:
    clock, do, prepare = time.perf_counter_ns, work.do, work.prepare
    taken = []
    for _ in range(times):
        prepared = prepare()
        begin = clock()
        do(prepared)
        taken.append(clock() - begin)
    return statistics.median(taken) / 1e3


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description="What it costs to translate, dialect by dialect.")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how many rounds to take (default {ROUNDS})")
    options = parser.parse_args()
    figures = measured(options.rounds)
    if options.json:
        print(json.dumps(figures))
    else:
        from report import table

        print(table(*layout(figures)))


if __name__ == "__main__":
    sys.exit(main())
