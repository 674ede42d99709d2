"""`messages.with_raw_response`, for both faces.

Parameters are declared once, in `aigw.types.messages_params`; what a call does is written once, in `messages_calls`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Unpack, overload

from aigw.runtime.drive import run
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.messages.calls import completed, counted, event_writer, opened, read
from aigw.surfaces.raw import RawResponse
from aigw.surfaces.signature import explicit
from aigw.types.chat_params import Omit, omit
from aigw.types.messages import Message, MessageTokensCount
from aigw.types.messages_events import RawMessageStreamEvent
from aigw.types.messages_params import CountParams, MessagesParams, TurnParam

if TYPE_CHECKING:
    from aigw.pipeline import Engine


class RawMessages:
    """`messages.with_raw_response` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @overload
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Message]: ...

    @overload
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Stream[RawMessageStreamEvent]]: ...

    @overload
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool,
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Message] | RawResponse[Stream[RawMessageStreamEvent]]: ...

    @explicit(MessagesParams)
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Message] | RawResponse[Stream[RawMessageStreamEvent]]:
        """Do what `create` does, and give the exchange with it."""
        said = {"max_tokens": max_tokens, "messages": messages, "model": model, "stream": stream, **params}
        asked = read(self._engine, said)
        if asked.request.stream:
            handled = run(opened(self._engine, asked))
            return RawResponse(handled, Stream(handled, event_writer(handled, asked)))
        return RawResponse(*run(completed(self._engine, asked)))

    @explicit(CountParams)
    def count_tokens(
        self, *, messages: Iterable[TurnParam], model: str, **params: Unpack[CountParams]
    ) -> RawResponse[MessageTokensCount]:
        """Do what `count_tokens` does, and give the exchange with it."""
        asked = read(self._engine, {"messages": messages, "model": model, **params}, "count_tokens")
        return RawResponse(*run(counted(self._engine, asked)))


class AsyncRawMessages:
    """`messages.with_raw_response` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @overload
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Message]: ...

    @overload
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[MessagesParams],
    ) -> RawResponse[AsyncStream[RawMessageStreamEvent]]: ...

    @overload
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool,
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Message] | RawResponse[AsyncStream[RawMessageStreamEvent]]: ...

    @explicit(MessagesParams)
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[MessagesParams],
    ) -> RawResponse[Message] | RawResponse[AsyncStream[RawMessageStreamEvent]]:
        """Do what `create` does, and give the exchange with it."""
        said = {"max_tokens": max_tokens, "messages": messages, "model": model, "stream": stream, **params}
        asked = read(self._engine, said)
        if asked.request.stream:
            handled = await opened(self._engine, asked)
            return RawResponse(handled, AsyncStream(handled, event_writer(handled, asked)))
        return RawResponse(*(await completed(self._engine, asked)))

    @explicit(CountParams)
    async def count_tokens(
        self, *, messages: Iterable[TurnParam], model: str, **params: Unpack[CountParams]
    ) -> RawResponse[MessageTokensCount]:
        """Do what `count_tokens` does, and give the exchange with it."""
        asked = read(self._engine, {"messages": messages, "model": model, **params}, "count_tokens")
        return RawResponse(*(await counted(self._engine, asked)))
