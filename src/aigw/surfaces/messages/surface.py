"""`messages`: Anthropic's client as callers know it, over the pipeline. Both faces are thin.

Parameters are declared once, in `aigw.types.messages_params`; what a call does is written once, in `messages_calls`.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Unpack, overload

from aigw.runtime.drive import run
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.messages.calls import completed, counted, event_writer, opened, read
from aigw.surfaces.messages.raw import AsyncRawMessages, RawMessages
from aigw.surfaces.messages.stream import (
    AsyncMessageStream,
    AsyncMessageStreamManager,
    MessageStream,
    MessageStreamManager,
)
from aigw.surfaces.signature import explicit
from aigw.types.chat_params import Omit, omit
from aigw.types.messages import Message, MessageTokensCount
from aigw.types.messages_events import RawMessageStreamEvent
from aigw.types.messages_params import CountParams, MessagesParams, TurnParam

if TYPE_CHECKING:
    from aigw.pipeline import Engine


class Messages:
    """`messages` of a sync gateway."""

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
    ) -> Message: ...

    @overload
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[MessagesParams],
    ) -> Stream[RawMessageStreamEvent]: ...

    @overload
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool,
        **params: Unpack[MessagesParams],
    ) -> Message | Stream[RawMessageStreamEvent]: ...

    @explicit(MessagesParams)
    def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[MessagesParams],
    ) -> Message | Stream[RawMessageStreamEvent]:
        """Ask for an answer, whole or (with `stream=True`) in events. Raises the errors of `aigw.errors`."""
        said = {"max_tokens": max_tokens, "messages": messages, "model": model, "stream": stream, **params}
        asked = read(self._engine, said)
        if asked.request.stream:
            handled = run(opened(self._engine, asked))
            return Stream(handled, event_writer(handled, asked))
        return run(completed(self._engine, asked))[1]

    @explicit(MessagesParams)
    def stream(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        **params: Unpack[MessagesParams],
    ) -> MessageStreamManager:
        """Ask for an answer and watch it come: enter what this gives, and iterate events or `text_stream`."""
        said = {"max_tokens": max_tokens, "messages": messages, "model": model, "stream": True, **params}
        asked = read(self._engine, said, "stream")

        def send() -> MessageStream:
            handled = run(opened(self._engine, asked))
            return MessageStream(handled, Stream(handled, event_writer(handled, asked)))

        return MessageStreamManager(send)

    @explicit(CountParams)
    def count_tokens(
        self, *, messages: Iterable[TurnParam], model: str, **params: Unpack[CountParams]
    ) -> MessageTokensCount:
        """Ask how many tokens a request would be, as the provider counts. Raises the errors of `aigw.errors`."""
        asked = read(self._engine, {"messages": messages, "model": model, **params}, "count_tokens")
        return run(counted(self._engine, asked))[1]

    @cached_property
    def with_raw_response(self) -> RawMessages:
        """The same calls, giving status, headers and body along with what was parsed."""
        return RawMessages(self._engine)


class AsyncMessages:
    """`messages` of an async gateway."""

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
    ) -> Message: ...

    @overload
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: Literal[True],
        **params: Unpack[MessagesParams],
    ) -> AsyncStream[RawMessageStreamEvent]: ...

    @overload
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool,
        **params: Unpack[MessagesParams],
    ) -> Message | AsyncStream[RawMessageStreamEvent]: ...

    @explicit(MessagesParams)
    async def create(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        stream: bool | Omit | None = omit,
        **params: Unpack[MessagesParams],
    ) -> Message | AsyncStream[RawMessageStreamEvent]:
        """Ask for an answer, whole or (with `stream=True`) in events. Raises the errors of `aigw.errors`."""
        said = {"max_tokens": max_tokens, "messages": messages, "model": model, "stream": stream, **params}
        asked = read(self._engine, said)
        if asked.request.stream:
            handled = await opened(self._engine, asked)
            return AsyncStream(handled, event_writer(handled, asked))
        return (await completed(self._engine, asked))[1]

    @explicit(MessagesParams)
    def stream(
        self,
        *,
        max_tokens: int,
        messages: Iterable[TurnParam],
        model: str,
        **params: Unpack[MessagesParams],
    ) -> AsyncMessageStreamManager:
        """Ask for an answer and watch it come: enter what this gives, and iterate events or `text_stream`."""
        said = {"max_tokens": max_tokens, "messages": messages, "model": model, "stream": True, **params}
        asked = read(self._engine, said, "stream")

        async def send() -> AsyncMessageStream:
            handled = await opened(self._engine, asked)
            return AsyncMessageStream(handled, AsyncStream(handled, event_writer(handled, asked)))

        return AsyncMessageStreamManager(send)

    @explicit(CountParams)
    async def count_tokens(
        self, *, messages: Iterable[TurnParam], model: str, **params: Unpack[CountParams]
    ) -> MessageTokensCount:
        """Ask how many tokens a request would be, as the provider counts. Raises the errors of `aigw.errors`."""
        asked = read(self._engine, {"messages": messages, "model": model, **params}, "count_tokens")
        return (await counted(self._engine, asked))[1]

    @cached_property
    def with_raw_response(self) -> AsyncRawMessages:
        """The same calls, giving status, headers and body along with what was parsed."""
        return AsyncRawMessages(self._engine)
