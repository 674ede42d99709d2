"""The two faces of a watched response: they wait for events, and `responses_parsed` says what each means."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from aigw.surfaces.chat.calls import check_whole
from aigw.surfaces.chat.structured import Parser
from aigw.surfaces.raw import request_id_of
from aigw.surfaces.responses.parsed import WatchedState
from aigw.types.responses_parsed import ParsedResponse

if TYPE_CHECKING:
    from aigw.pipeline import Handled
    from aigw.streams import AsyncStream, Stream
    from aigw.types.responses_events import ResponseStreamEvent, WatchedEvent

T = TypeVar("T")


class _Watched(Generic[T]):
    """What both faces of a watched response share."""

    def __init__(self, handled: "Handled", parser: Parser[T]) -> None:
        self._handled = handled
        self._state = WatchedState(parser)

    def _final(self) -> ParsedResponse[T]:
        check_whole(self._handled)
        response = self._state.final()
        response.attach(self._handled.record(), request_id_of(self._handled))
        return response


class ResponseStream(_Watched[T]):
    """Events of an answer under way. `with` closes it; so does reading it to its end."""

    def __init__(self, handled: "Handled", events: "Stream[ResponseStreamEvent]", parser: Parser[T]) -> None:
        super().__init__(handled, parser)
        self._events = events

    def __iter__(self) -> "Iterator[WatchedEvent[T]]":
        return self

    def __next__(self) -> "WatchedEvent[T]":
        """Wait for the next event. Raises `StreamInterrupted` where the answer broke off."""
        return self._state.handle(next(self._events))

    def until_done(self) -> Self:
        """Read the stream to its end."""
        for _ in self:
            pass
        return self

    def get_final_response(self) -> ParsedResponse[T]:
        """Read the stream to its end and give the whole answer. Raises as `parse()`."""
        self.until_done()
        return self._final()

    def close(self) -> None:
        """End the call now. May be called again."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncResponseStream(_Watched[T]):
    """Events of an answer under way. `async with` closes it; so does reading it to its end."""

    def __init__(self, handled: "Handled", events: "AsyncStream[ResponseStreamEvent]", parser: Parser[T]) -> None:
        super().__init__(handled, parser)
        self._events = events

    def __aiter__(self) -> "AsyncIterator[WatchedEvent[T]]":
        return self

    async def __anext__(self) -> "WatchedEvent[T]":
        """Wait for the next event. Raises `StreamInterrupted` where the answer broke off."""
        return self._state.handle(await self._events.__anext__())

    async def until_done(self) -> Self:
        """Read the stream to its end."""
        async for _ in self:
            pass
        return self

    async def get_final_response(self) -> ParsedResponse[T]:
        """Read the stream to its end and give the whole answer. Raises as `parse()`."""
        await self.until_done()
        return self._final()

    async def close(self) -> None:
        """End the call now. May be called again."""
        await self._events.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class ResponseStreamManager(Generic[T]):
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], ResponseStream[T]]) -> None:
        self._send = send
        self._stream: ResponseStream[T] | None = None

    def __enter__(self) -> ResponseStream[T]:
        self._stream = self._send()
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncResponseStreamManager(Generic[T]):
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], Awaitable[AsyncResponseStream[T]]]) -> None:
        self._send = send
        self._stream: AsyncResponseStream[T] | None = None

    async def __aenter__(self) -> AsyncResponseStream[T]:
        self._stream = await self._send()
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            await self._stream.close()
