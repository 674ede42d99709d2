"""`responses`: the Responses API of OpenAI's client as callers know it, over the pipeline. Both faces are thin.

Parameters are declared once, in `aigw.types.responses_params`; what a call does is written once, in `responses_calls`.
What a provider keeps for later is asked of who keeps it: the plans of that are in `stored`.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar, Unpack, overload

from pydantic import TypeAdapter

from aigw.runtime.drive import run
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.planned import Face
from aigw.surfaces.responses.beside import compact
from aigw.surfaces.responses.calls import Wanted, completed, event_writer, opened, parsed, read, watch
from aigw.surfaces.responses.raw import AsyncRawResponses, RawResponses
from aigw.surfaces.responses.request import SURFACE
from aigw.surfaces.responses.resources import AsyncInputItems, AsyncInputTokens, InputItems, InputTokens
from aigw.surfaces.responses.stored import cancel, delete, follower, retrieve
from aigw.surfaces.responses.stream import (
    AsyncResponseStream,
    AsyncResponseStreamManager,
    ResponseStream,
    ResponseStreamManager,
)
from aigw.surfaces.signature import explicit
from aigw.types.chat_params import Omit, omit
from aigw.types.responses import Response
from aigw.types.responses_events import ResponseStreamEvent
from aigw.types.responses_params import Input, ResponsesParams, RetrieveParams

if TYPE_CHECKING:
    from aigw.pipeline import Engine
    from aigw.types.responses_parsed import ParsedResponse

T = TypeVar("T")


class Responses:
    """`responses` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._face = face = Face(engine, SURFACE)
        self._retrieve = face.plain(retrieve)
        self.cancel = face.plain(cancel)
        self.delete = face.plain(delete)
        self.compact = face.plain(compact)
        self.input_items = InputItems(face)
        self.input_tokens = InputTokens(face)

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> Response: ...

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[True],
        **params: Unpack[ResponsesParams],
    ) -> Stream[ResponseStreamEvent]: ...

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: bool,
        **params: Unpack[ResponsesParams],
    ) -> Response | Stream[ResponseStreamEvent]: ...

    @explicit(ResponsesParams)
    def create(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        stream: bool | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> Response | Stream[ResponseStreamEvent]:
        """Ask for an answer, whole or (with `stream=True`) as events. Raises the errors of `aigw.errors`."""
        asked = read(self._engine, {"model": model, "input": input, "stream": stream, **params})
        if asked.request.stream:
            handled = run(opened(self._engine, asked))
            return Stream(handled, event_writer(handled, asked))
        return run(completed(self._engine, asked))[1]

    @overload
    def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: type[T] | TypeAdapter[T],
        **params: Unpack[ResponsesParams],
    ) -> "ParsedResponse[T]": ...

    @overload
    def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> "ParsedResponse[None]": ...

    @explicit(ResponsesParams)
    def parse(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        text_format: "Wanted[T]" = omit,
        **params: Unpack[ResponsesParams],
    ) -> "ParsedResponse[T]":
        """Ask for an answer in the shape of *text_format* and parse it: see `Parser` for what is parsed.

        Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `pydantic.ValidationError` for an answer
        that is not what was asked for.
        """
        watched = watch(self._engine, {"model": model, "input": input, **params}, text_format, "parse")
        _, response = run(parsed(self._engine, watched))
        return response

    @overload
    def stream(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: type[T] | TypeAdapter[T],
        **params: Unpack[ResponsesParams],
    ) -> ResponseStreamManager[T]: ...

    @overload
    def stream(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> ResponseStreamManager[None]: ...

    @explicit(ResponsesParams)
    def stream(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        text_format: "Wanted[T]" = omit,
        **params: Unpack[ResponsesParams],
    ) -> ResponseStreamManager[T]:
        """Ask for an answer and watch it come: enter what this gives, and iterate events."""
        said: dict[str, object] = {"model": model, "input": input, "stream": True, **params}
        watched = watch(self._engine, said, text_format, "stream")

        def send() -> ResponseStream[T]:
            handled = run(opened(self._engine, watched.asked))
            events = Stream(handled, event_writer(handled, watched.asked))
            return ResponseStream(handled, events, watched.parser)

        return ResponseStreamManager(send)

    @overload
    def retrieve(
        self, response_id: str, *, stream: Literal[False] | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> Response: ...

    @overload
    def retrieve(
        self, response_id: str, *, stream: Literal[True], **params: Unpack[RetrieveParams]
    ) -> Stream[ResponseStreamEvent]: ...

    @overload
    def retrieve(
        self, response_id: str, *, stream: bool, **params: Unpack[RetrieveParams]
    ) -> Response | Stream[ResponseStreamEvent]: ...

    @explicit(RetrieveParams)
    def retrieve(
        self, response_id: str, *, stream: bool | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> Response | Stream[ResponseStreamEvent]:
        """Look at a response again, whole or (with `stream=True`) as events. Raises the errors of `aigw.errors`."""
        if stream:
            handled, _ = run(self._face.begun(retrieve, response_id, stream=True, **params))
            return Stream(handled, follower(response_id))
        return self._retrieve(response_id, stream=stream, **params)

    @cached_property
    def with_raw_response(self) -> RawResponses:
        """The same calls, giving status, headers and body along with what was parsed."""
        return RawResponses(self._engine)


class AsyncResponses:
    """`responses` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._face = face = Face(engine, SURFACE)
        self._retrieve = face.awaited(retrieve)
        self.cancel = face.awaited(cancel)
        self.delete = face.awaited(delete)
        self.compact = face.awaited(compact)
        self.input_items = AsyncInputItems(face)
        self.input_tokens = AsyncInputTokens(face)

    @overload
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> Response: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[True],
        **params: Unpack[ResponsesParams],
    ) -> AsyncStream[ResponseStreamEvent]: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: bool,
        **params: Unpack[ResponsesParams],
    ) -> Response | AsyncStream[ResponseStreamEvent]: ...

    @explicit(ResponsesParams)
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        stream: bool | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> Response | AsyncStream[ResponseStreamEvent]:
        """Ask for an answer, whole or (with `stream=True`) as events. Raises the errors of `aigw.errors`."""
        asked = read(self._engine, {"model": model, "input": input, "stream": stream, **params})
        if asked.request.stream:
            handled = await opened(self._engine, asked)
            return AsyncStream(handled, event_writer(handled, asked))
        return (await completed(self._engine, asked))[1]

    @overload
    async def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: type[T] | TypeAdapter[T],
        **params: Unpack[ResponsesParams],
    ) -> "ParsedResponse[T]": ...

    @overload
    async def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> "ParsedResponse[None]": ...

    @explicit(ResponsesParams)
    async def parse(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        text_format: "Wanted[T]" = omit,
        **params: Unpack[ResponsesParams],
    ) -> "ParsedResponse[T]":
        """Ask for an answer in the shape of *text_format* and parse it: see `Parser` for what is parsed.

        Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `pydantic.ValidationError` for an answer
        that is not what was asked for.
        """
        watched = watch(self._engine, {"model": model, "input": input, **params}, text_format, "parse")
        _, response = await parsed(self._engine, watched)
        return response

    @overload
    def stream(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: type[T] | TypeAdapter[T],
        **params: Unpack[ResponsesParams],
    ) -> AsyncResponseStreamManager[T]: ...

    @overload
    def stream(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> AsyncResponseStreamManager[None]: ...

    @explicit(ResponsesParams)
    def stream(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        text_format: "Wanted[T]" = omit,
        **params: Unpack[ResponsesParams],
    ) -> AsyncResponseStreamManager[T]:
        """Ask for an answer and watch it come: enter what this gives, and iterate events."""
        said: dict[str, object] = {"model": model, "input": input, "stream": True, **params}
        watched = watch(self._engine, said, text_format, "stream")

        async def send() -> AsyncResponseStream[T]:
            handled = await opened(self._engine, watched.asked)
            events = AsyncStream(handled, event_writer(handled, watched.asked))
            return AsyncResponseStream(handled, events, watched.parser)

        return AsyncResponseStreamManager(send)

    @overload
    async def retrieve(
        self, response_id: str, *, stream: Literal[False] | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> Response: ...

    @overload
    async def retrieve(
        self, response_id: str, *, stream: Literal[True], **params: Unpack[RetrieveParams]
    ) -> AsyncStream[ResponseStreamEvent]: ...

    @overload
    async def retrieve(
        self, response_id: str, *, stream: bool, **params: Unpack[RetrieveParams]
    ) -> Response | AsyncStream[ResponseStreamEvent]: ...

    @explicit(RetrieveParams)
    async def retrieve(
        self, response_id: str, *, stream: bool | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> Response | AsyncStream[ResponseStreamEvent]:
        """Look at a response again, whole or (with `stream=True`) as events. Raises the errors of `aigw.errors`."""
        if stream:
            handled, _ = await self._face.begun(retrieve, response_id, stream=True, **params)
            return AsyncStream(handled, follower(response_id))
        return await self._retrieve(response_id, stream=stream, **params)

    @cached_property
    def with_raw_response(self) -> AsyncRawResponses:
        """The same calls, giving status, headers and body along with what was parsed."""
        return AsyncRawResponses(self._engine)
