"""Typed use of the surface: read by mypy and pyright, never run."""

from typing import assert_type

import pydantic

from aigw.record import Record
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.chat.completions import AsyncCompletions, Completions
from aigw.surfaces.chat.stream import AsyncChatCompletionStream, ChatCompletionStream
from aigw.surfaces.raw import AsyncStreamedResponse, RawResponse, StreamedResponse
from aigw.types.chat import ChatCompletion, CompletionUsage
from aigw.types.chat_chunk import ChatCompletionChunk
from aigw.types.chat_params import omit
from aigw.types.chat_parsed import ParsedChatCompletion


class City(pydantic.BaseModel):
    name: str


def create(completions: Completions, stream: bool) -> None:
    answer = completions.create(model="m", messages=[{"role": "user", "content": "hi"}], temperature=0.5, seed=omit)
    assert_type(answer, ChatCompletion)
    assert_type(answer.choices[0].message.content, str | None)
    assert_type(answer.usage, CompletionUsage | None)
    assert_type(answer.aigw, Record)
    completions.create(model="m", messages=[answer.choices[0].message], tags={"a": "b"}, timeout=None, stop=["x"])
    chunks = completions.create(model="m", messages=[], stream=True)
    assert_type(chunks, Stream[ChatCompletionChunk])
    for chunk in chunks:
        assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(completions.create(model="m", messages=[], stream=stream), ChatCompletion | Stream[ChatCompletionChunk])


def mistakes(completions: Completions) -> None:
    completions.create(model="m", messages=[], temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    completions.create(model="m", messages=[], temperature="hot")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    completions.create(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def parse(completions: Completions) -> None:
    parsed = completions.parse(model="m", messages=[], response_format=City, tools=[City])
    assert_type(parsed, ParsedChatCompletion[City])
    assert_type(parsed.choices[0].message.parsed, City | None)
    for call in parsed.choices[0].message.tool_calls or []:
        assert_type(call.function.parsed_arguments, object | None)
    adapted = completions.parse(model="m", messages=[], response_format=pydantic.TypeAdapter(City))
    assert_type(adapted, ParsedChatCompletion[City])
    assert_type(completions.parse(model="m", messages=[]), ParsedChatCompletion[None])
    assert_type(completions.parse(model="m", messages=[], response_format={"type": "text"}), ParsedChatCompletion[None])


def watch(completions: Completions) -> None:
    with completions.stream(model="m", messages=[], response_format=City) as stream:
        assert_type(stream, ChatCompletionStream[City])
        for event in stream:
            if event.type == "content.delta":
                assert_type(event.delta, str)
            elif event.type == "content.done":
                assert_type(event.parsed, City | None)
        assert_type(stream.get_final_completion(), ParsedChatCompletion[City])


def raw(completions: Completions) -> None:
    assert_type(completions.with_raw_response.create(model="m", messages=[]), RawResponse[ChatCompletion])
    streamed = completions.with_raw_response.create(model="m", messages=[], stream=True)
    assert_type(streamed.parse(), Stream[ChatCompletionChunk])
    with completions.with_streaming_response.create(model="m", messages=[]) as response:
        assert_type(response, StreamedResponse[ChatCompletion])
        assert_type(response.parse(), ChatCompletion)


async def create_async(completions: AsyncCompletions) -> None:
    assert_type(await completions.create(model="m", messages=[]), ChatCompletion)
    chunks = await completions.create(model="m", messages=[], stream=True)
    assert_type(chunks, AsyncStream[ChatCompletionChunk])
    async for chunk in chunks:
        assert_type(chunk, ChatCompletionChunk)
    parsed = await completions.parse(model="m", messages=[], response_format=City)
    assert_type(parsed.choices[0].message.parsed, City | None)


async def watch_async(completions: AsyncCompletions) -> None:
    async with completions.stream(model="m", messages=[], response_format=City) as stream:
        assert_type(stream, AsyncChatCompletionStream[City])
        assert_type(await stream.get_final_completion(), ParsedChatCompletion[City])
    async with completions.with_streaming_response.create(model="m", messages=[]) as response:
        assert_type(response, AsyncStreamedResponse[ChatCompletion])
        assert_type(await response.parse(), ChatCompletion)
