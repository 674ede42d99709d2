"""`chat.completions`: OpenAI's client as callers know it, over the pipeline. Both faces are thin.

Parameters are declared once, in `aigw.types.chat_params`; what a call does is written once, in `chat_calls`.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar, Unpack, overload

from pydantic import TypeAdapter

from aigw.runtime.drive import run
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.chat.calls import Wanted, chunk_writer, completed, opened, parsed, read, watch
from aigw.surfaces.chat.raw import AsyncRawCompletions, AsyncStreamedCompletions, RawCompletions, StreamedCompletions
from aigw.surfaces.chat.stream import (
    AsyncChatCompletionStream,
    AsyncChatCompletionStreamManager,
    ChatCompletionStream,
    ChatCompletionStreamManager,
)
from aigw.surfaces.signature import explicit
from aigw.types.chat import ChatCompletion
from aigw.types.chat_chunk import ChatCompletionChunk
from aigw.types.chat_params import ChatParams, CreateParams, MessageParam, Omit, omit

if TYPE_CHECKING:
    from aigw.pipeline import Engine
    from aigw.types.chat_parsed import ParsedChatCompletion

T = TypeVar("T")


class Completions:
    """`chat.completions` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> ChatCompletion: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[CreateParams],
    ) -> Stream[ChatCompletionChunk]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool,
        **params: Unpack[CreateParams],
    ) -> ChatCompletion | Stream[ChatCompletionChunk]: ...

    @explicit(CreateParams)
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> ChatCompletion | Stream[ChatCompletionChunk]:
        """Ask for an answer, whole or (with `stream=True`) in chunks. Raises the errors of `aigw.errors`."""
        asked = read(self._engine, {"messages": messages, "model": model, "stream": stream, **params})
        if asked.request.stream:
            handled = run(opened(self._engine, asked))
            return Stream(handled, chunk_writer(handled, asked))
        return run(completed(self._engine, asked))[1]

    @overload
    def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatParams],
    ) -> "ParsedChatCompletion[T]": ...

    @overload
    def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: Mapping[str, object] | Omit | None = omit,
        **params: Unpack[ChatParams],
    ) -> "ParsedChatCompletion[None]": ...

    @explicit(ChatParams)
    def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: "Wanted[T]" = omit,
        **params: Unpack[ChatParams],
    ) -> "ParsedChatCompletion[T]":
        """Ask for an answer in the shape of *response_format* and parse it: see `Parser` for what is parsed.

        Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `pydantic.ValidationError` for an answer
        that is not what was asked for.
        """
        watched = watch(self._engine, {"messages": messages, "model": model, **params}, response_format, "parse")
        _, completion = run(parsed(self._engine, watched))
        return completion

    @overload
    def stream(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatParams],
    ) -> ChatCompletionStreamManager[T]: ...

    @overload
    def stream(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: Mapping[str, object] | Omit | None = omit,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionStreamManager[None]: ...

    @explicit(ChatParams)
    def stream(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: "Wanted[T]" = omit,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionStreamManager[T]:
        """Ask for an answer and watch it come: enter what this gives, and iterate events."""
        said: dict[str, object] = {"messages": messages, "model": model, "stream": True, **params}
        watched = watch(self._engine, said, response_format, "stream")

        def send() -> ChatCompletionStream[T]:
            handled = run(opened(self._engine, watched.asked))
            chunks = Stream(handled, chunk_writer(handled, watched.asked))
            return ChatCompletionStream(handled, chunks, watched.parser)

        return ChatCompletionStreamManager(send)

    @cached_property
    def with_raw_response(self) -> RawCompletions:
        """The same calls, giving status, headers and body along with what was parsed."""
        return RawCompletions(self._engine)

    @cached_property
    def with_streaming_response(self) -> StreamedCompletions:
        """The same calls as context managers, giving the body as it comes."""
        return StreamedCompletions(self._engine)


class Chat:
    """`chat` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @cached_property
    def completions(self) -> Completions:
        """Chat completions."""
        return Completions(self._engine)


class AsyncCompletions:
    """`chat.completions` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @overload
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[CreateParams],
    ) -> AsyncStream[ChatCompletionChunk]: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool,
        **params: Unpack[CreateParams],
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]: ...

    @explicit(CreateParams)
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]:
        """Ask for an answer, whole or (with `stream=True`) in chunks. Raises the errors of `aigw.errors`."""
        asked = read(self._engine, {"messages": messages, "model": model, "stream": stream, **params})
        if asked.request.stream:
            handled = await opened(self._engine, asked)
            return AsyncStream(handled, chunk_writer(handled, asked))
        return (await completed(self._engine, asked))[1]

    @overload
    async def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatParams],
    ) -> "ParsedChatCompletion[T]": ...

    @overload
    async def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: Mapping[str, object] | Omit | None = omit,
        **params: Unpack[ChatParams],
    ) -> "ParsedChatCompletion[None]": ...

    @explicit(ChatParams)
    async def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: "Wanted[T]" = omit,
        **params: Unpack[ChatParams],
    ) -> "ParsedChatCompletion[T]":
        """Ask for an answer in the shape of *response_format* and parse it: see `Parser` for what is parsed.

        Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `pydantic.ValidationError` for an answer
        that is not what was asked for.
        """
        watched = watch(self._engine, {"messages": messages, "model": model, **params}, response_format, "parse")
        _, completion = await parsed(self._engine, watched)
        return completion

    @overload
    def stream(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatParams],
    ) -> AsyncChatCompletionStreamManager[T]: ...

    @overload
    def stream(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: Mapping[str, object] | Omit | None = omit,
        **params: Unpack[ChatParams],
    ) -> AsyncChatCompletionStreamManager[None]: ...

    @explicit(ChatParams)
    def stream(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: "Wanted[T]" = omit,
        **params: Unpack[ChatParams],
    ) -> AsyncChatCompletionStreamManager[T]:
        """Ask for an answer and watch it come: enter what this gives, and iterate events."""
        said: dict[str, object] = {"messages": messages, "model": model, "stream": True, **params}
        watched = watch(self._engine, said, response_format, "stream")

        async def send() -> AsyncChatCompletionStream[T]:
            handled = await opened(self._engine, watched.asked)
            chunks = AsyncStream(handled, chunk_writer(handled, watched.asked))
            return AsyncChatCompletionStream(handled, chunks, watched.parser)

        return AsyncChatCompletionStreamManager(send)

    @cached_property
    def with_raw_response(self) -> AsyncRawCompletions:
        """The same calls, giving status, headers and body along with what was parsed."""
        return AsyncRawCompletions(self._engine)

    @cached_property
    def with_streaming_response(self) -> AsyncStreamedCompletions:
        """The same calls as context managers, giving the body as it comes."""
        return AsyncStreamedCompletions(self._engine)


class AsyncChat:
    """`chat` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @cached_property
    def completions(self) -> AsyncCompletions:
        """Chat completions."""
        return AsyncCompletions(self._engine)
