"""`with_raw_response` of `responses`, for both faces."""

from typing import TYPE_CHECKING, Literal, TypeVar, Unpack, overload

from pydantic import TypeAdapter

from aigw.runtime.drive import run
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.planned import Face
from aigw.surfaces.raw import RawResponse
from aigw.surfaces.responses.beside import compact
from aigw.surfaces.responses.calls import Wanted, completed, event_writer, opened, parsed, read, watch
from aigw.surfaces.responses.request import SURFACE
from aigw.surfaces.responses.resources import AsyncRawInputItems, AsyncRawInputTokens, RawInputItems, RawInputTokens
from aigw.surfaces.responses.stored import cancel, delete, follower, retrieve
from aigw.surfaces.signature import explicit
from aigw.types.chat_params import Omit, omit
from aigw.types.responses import Response
from aigw.types.responses_events import ResponseStreamEvent
from aigw.types.responses_params import Input, ResponsesParams, RetrieveParams

if TYPE_CHECKING:
    from aigw.pipeline import Engine
    from aigw.types.responses_parsed import ParsedResponse

T = TypeVar("T")


class RawResponses:
    """`responses.with_raw_response` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._face = face = Face(engine, SURFACE)
        self._retrieve = face.raw(retrieve)
        self.cancel = face.raw(cancel)
        self.delete = face.raw(delete)
        self.compact = face.raw(compact)
        self.input_items = RawInputItems(face)
        self.input_tokens = RawInputTokens(face)

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Response]: ...

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[True],
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Stream[ResponseStreamEvent]]: ...

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: bool,
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Response] | RawResponse[Stream[ResponseStreamEvent]]: ...

    @explicit(ResponsesParams)
    def create(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        stream: bool | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Response] | RawResponse[Stream[ResponseStreamEvent]]:
        """Do what `create` does, and give the exchange with it."""
        asked = read(self._engine, {"model": model, "input": input, "stream": stream, **params})
        if asked.request.stream:
            handled = run(opened(self._engine, asked))
            return RawResponse(handled, Stream(handled, event_writer(handled, asked)))
        return RawResponse(*run(completed(self._engine, asked)))

    @overload
    def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: type[T] | TypeAdapter[T],
        **params: Unpack[ResponsesParams],
    ) -> "RawResponse[ParsedResponse[T]]": ...

    @overload
    def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> "RawResponse[ParsedResponse[None]]": ...

    @explicit(ResponsesParams)
    def parse(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        text_format: "Wanted[T]" = omit,
        **params: Unpack[ResponsesParams],
    ) -> "RawResponse[ParsedResponse[T]]":
        """Do what `parse` does, and give the exchange with it."""
        watched = watch(self._engine, {"model": model, "input": input, **params}, text_format, "parse")
        return RawResponse(*run(parsed(self._engine, watched)))

    @overload
    def retrieve(
        self, response_id: str, *, stream: Literal[False] | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> RawResponse[Response]: ...

    @overload
    def retrieve(
        self, response_id: str, *, stream: Literal[True], **params: Unpack[RetrieveParams]
    ) -> RawResponse[Stream[ResponseStreamEvent]]: ...

    @overload
    def retrieve(
        self, response_id: str, *, stream: bool, **params: Unpack[RetrieveParams]
    ) -> RawResponse[Response] | RawResponse[Stream[ResponseStreamEvent]]: ...

    @explicit(RetrieveParams)
    def retrieve(
        self, response_id: str, *, stream: bool | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> RawResponse[Response] | RawResponse[Stream[ResponseStreamEvent]]:
        """Do what `retrieve` does, and give the exchange with it."""
        if stream:
            handled, _ = run(self._face.begun(retrieve, response_id, stream=True, **params))
            return RawResponse(handled, Stream(handled, follower(response_id)))
        return self._retrieve(response_id, stream=stream, **params)


class AsyncRawResponses:
    """`responses.with_raw_response` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._face = face = Face(engine, SURFACE)
        self._retrieve = face.awaited_raw(retrieve)
        self.cancel = face.awaited_raw(cancel)
        self.delete = face.awaited_raw(delete)
        self.compact = face.awaited_raw(compact)
        self.input_items = AsyncRawInputItems(face)
        self.input_tokens = AsyncRawInputTokens(face)

    @overload
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Response]: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: Literal[True],
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[AsyncStream[ResponseStreamEvent]]: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,
        stream: bool,
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Response] | RawResponse[AsyncStream[ResponseStreamEvent]]: ...

    @explicit(ResponsesParams)
    async def create(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        stream: bool | Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> RawResponse[Response] | RawResponse[AsyncStream[ResponseStreamEvent]]:
        """Do what `create` does, and give the exchange with it."""
        asked = read(self._engine, {"model": model, "input": input, "stream": stream, **params})
        if asked.request.stream:
            handled = await opened(self._engine, asked)
            return RawResponse(handled, AsyncStream(handled, event_writer(handled, asked)))
        return RawResponse(*await completed(self._engine, asked))

    @overload
    async def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: type[T] | TypeAdapter[T],
        **params: Unpack[ResponsesParams],
    ) -> "RawResponse[ParsedResponse[T]]": ...

    @overload
    async def parse(
        self,
        *,
        model: str,
        input: Input = omit,
        text_format: Omit | None = omit,
        **params: Unpack[ResponsesParams],
    ) -> "RawResponse[ParsedResponse[None]]": ...

    @explicit(ResponsesParams)
    async def parse(
        self,
        *,
        model: str,
        input: Input = omit,  # noqa: A002 - the API's name
        text_format: "Wanted[T]" = omit,
        **params: Unpack[ResponsesParams],
    ) -> "RawResponse[ParsedResponse[T]]":
        """Do what `parse` does, and give the exchange with it."""
        watched = watch(self._engine, {"model": model, "input": input, **params}, text_format, "parse")
        return RawResponse(*await parsed(self._engine, watched))

    @overload
    async def retrieve(
        self, response_id: str, *, stream: Literal[False] | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> RawResponse[Response]: ...

    @overload
    async def retrieve(
        self, response_id: str, *, stream: Literal[True], **params: Unpack[RetrieveParams]
    ) -> RawResponse[AsyncStream[ResponseStreamEvent]]: ...

    @overload
    async def retrieve(
        self, response_id: str, *, stream: bool, **params: Unpack[RetrieveParams]
    ) -> RawResponse[Response] | RawResponse[AsyncStream[ResponseStreamEvent]]: ...

    @explicit(RetrieveParams)
    async def retrieve(
        self, response_id: str, *, stream: bool | Omit | None = omit, **params: Unpack[RetrieveParams]
    ) -> RawResponse[Response] | RawResponse[AsyncStream[ResponseStreamEvent]]:
        """Do what `retrieve` does, and give the exchange with it."""
        if stream:
            handled, _ = await self._face.begun(retrieve, response_id, stream=True, **params)
            return RawResponse(handled, AsyncStream(handled, follower(response_id)))
        return await self._retrieve(response_id, stream=stream, **params)
