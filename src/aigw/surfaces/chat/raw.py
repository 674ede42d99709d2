"""`with_raw_response` and `with_streaming_response` of `chat.completions`, for both faces."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar, Unpack, overload

from pydantic import TypeAdapter

from aigw.runtime.drive import run
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.chat.calls import Wanted, chunk_writer, completed, opened, parsed, read, watch
from aigw.surfaces.chat.request import Asked
from aigw.surfaces.raw import (
    AsyncStreamedResponse,
    AsyncStreamedResponseManager,
    RawResponse,
    StreamedResponse,
    StreamedResponseManager,
)
from aigw.surfaces.signature import explicit
from aigw.types.chat import ChatCompletion
from aigw.types.chat_chunk import ChatCompletionChunk
from aigw.types.chat_params import ChatParams, CreateParams, MessageParam, Omit, omit

if TYPE_CHECKING:
    from aigw.pipeline import Engine
    from aigw.types.chat_parsed import ParsedChatCompletion

T = TypeVar("T")


class RawCompletions:
    """`chat.completions.with_raw_response` of a sync gateway."""

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
    ) -> RawResponse[ChatCompletion]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[CreateParams],
    ) -> RawResponse[Stream[ChatCompletionChunk]]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool,
        **params: Unpack[CreateParams],
    ) -> RawResponse[ChatCompletion] | RawResponse[Stream[ChatCompletionChunk]]: ...

    @explicit(CreateParams)
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> RawResponse[ChatCompletion] | RawResponse[Stream[ChatCompletionChunk]]:
        """Do what `create` does, and give the exchange with it."""
        asked = read(self._engine, {"messages": messages, "model": model, "stream": stream, **params})
        if asked.request.stream:
            handled = run(opened(self._engine, asked))
            return RawResponse(handled, Stream(handled, chunk_writer(handled, asked)))
        return RawResponse(*run(completed(self._engine, asked)))

    @overload
    def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatParams],
    ) -> "RawResponse[ParsedChatCompletion[T]]": ...

    @overload
    def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: Mapping[str, object] | Omit | None = omit,
        **params: Unpack[ChatParams],
    ) -> "RawResponse[ParsedChatCompletion[None]]": ...

    @explicit(ChatParams)
    def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: "Wanted[T]" = omit,
        **params: Unpack[ChatParams],
    ) -> "RawResponse[ParsedChatCompletion[T]]":
        """Do what `parse` does, and give the exchange with it."""
        watched = watch(self._engine, {"messages": messages, "model": model, **params}, response_format, "parse")
        return RawResponse(*run(parsed(self._engine, watched)))


class StreamedCompletions:
    """`chat.completions.with_streaming_response` of a sync gateway."""

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
    ) -> StreamedResponseManager[ChatCompletion]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[CreateParams],
    ) -> StreamedResponseManager[Stream[ChatCompletionChunk]]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool,
        **params: Unpack[CreateParams],
    ) -> StreamedResponseManager[ChatCompletion] | StreamedResponseManager[Stream[ChatCompletionChunk]]: ...

    @explicit(CreateParams)
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> StreamedResponseManager[ChatCompletion] | StreamedResponseManager[Stream[ChatCompletionChunk]]:
        """Do what `create` does once it is entered, and end the call when it is left."""
        asked = read(self._engine, {"messages": messages, "model": model, "stream": stream, **params})
        return (
            StreamedResponseManager(self._streamed(asked))
            if asked.request.stream
            else StreamedResponseManager(self._whole(asked))
        )

    def _whole(self, asked: Asked) -> "Callable[[], StreamedResponse[ChatCompletion]]":
        def send() -> StreamedResponse[ChatCompletion]:
            return StreamedResponse(*run(completed(self._engine, asked)))

        return send

    def _streamed(self, asked: Asked) -> "Callable[[], StreamedResponse[Stream[ChatCompletionChunk]]]":
        def send() -> StreamedResponse[Stream[ChatCompletionChunk]]:
            handled = run(opened(self._engine, asked))
            return StreamedResponse(handled, Stream(handled, chunk_writer(handled, asked)))

        return send


class AsyncRawCompletions:
    """`chat.completions.with_raw_response` of an async gateway."""

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
    ) -> RawResponse[ChatCompletion]: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[CreateParams],
    ) -> RawResponse[AsyncStream[ChatCompletionChunk]]: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool,
        **params: Unpack[CreateParams],
    ) -> RawResponse[ChatCompletion] | RawResponse[AsyncStream[ChatCompletionChunk]]: ...

    @explicit(CreateParams)
    async def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> RawResponse[ChatCompletion] | RawResponse[AsyncStream[ChatCompletionChunk]]:
        """Do what `create` does, and give the exchange with it."""
        asked = read(self._engine, {"messages": messages, "model": model, "stream": stream, **params})
        if asked.request.stream:
            handled = await opened(self._engine, asked)
            return RawResponse(handled, AsyncStream(handled, chunk_writer(handled, asked)))
        return RawResponse(*(await completed(self._engine, asked)))

    @overload
    async def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatParams],
    ) -> "RawResponse[ParsedChatCompletion[T]]": ...

    @overload
    async def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: Mapping[str, object] | Omit | None = omit,
        **params: Unpack[ChatParams],
    ) -> "RawResponse[ParsedChatCompletion[None]]": ...

    @explicit(ChatParams)
    async def parse(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        response_format: "Wanted[T]" = omit,
        **params: Unpack[ChatParams],
    ) -> "RawResponse[ParsedChatCompletion[T]]":
        """Do what `parse` does, and give the exchange with it."""
        watched = watch(self._engine, {"messages": messages, "model": model, **params}, response_format, "parse")
        return RawResponse(*(await parsed(self._engine, watched)))


class AsyncStreamedCompletions:
    """`chat.completions.with_streaming_response` of an async gateway."""

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
    ) -> AsyncStreamedResponseManager[ChatCompletion]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[CreateParams],
    ) -> AsyncStreamedResponseManager[AsyncStream[ChatCompletionChunk]]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool,
        **params: Unpack[CreateParams],
    ) -> (
        AsyncStreamedResponseManager[ChatCompletion] | AsyncStreamedResponseManager[AsyncStream[ChatCompletionChunk]]
    ): ...

    @explicit(CreateParams)
    def create(
        self,
        *,
        messages: Iterable[MessageParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[CreateParams],
    ) -> AsyncStreamedResponseManager[ChatCompletion] | AsyncStreamedResponseManager[AsyncStream[ChatCompletionChunk]]:
        """Do what `create` does once it is entered, and end the call when it is left."""
        asked = read(self._engine, {"messages": messages, "model": model, "stream": stream, **params})
        return (
            AsyncStreamedResponseManager(self._streamed(asked))
            if asked.request.stream
            else AsyncStreamedResponseManager(self._whole(asked))
        )

    def _whole(self, asked: Asked) -> "Callable[[], Awaitable[AsyncStreamedResponse[ChatCompletion]]]":
        async def send() -> AsyncStreamedResponse[ChatCompletion]:
            return AsyncStreamedResponse(*(await completed(self._engine, asked)))

        return send

    def _streamed(
        self, asked: Asked
    ) -> "Callable[[], Awaitable[AsyncStreamedResponse[AsyncStream[ChatCompletionChunk]]]]":
        async def send() -> AsyncStreamedResponse[AsyncStream[ChatCompletionChunk]]:
            handled = await opened(self._engine, asked)
            return AsyncStreamedResponse(handled, AsyncStream(handled, chunk_writer(handled, asked)))

        return send
