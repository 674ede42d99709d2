"""The two faces of a watched stream: they wait for chunks, and `chat_state` tells what each changed."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from aigw.surfaces.chat.calls import check_whole
from aigw.surfaces.chat.state import StreamState
from aigw.surfaces.chat.structured import Parser
from aigw.surfaces.raw import request_id_of
from aigw.types.chat_parsed import ParsedChatCompletion, ParsedChatCompletionSnapshot

if TYPE_CHECKING:
    from aigw.pipeline import Handled
    from aigw.streams import AsyncStream, Stream
    from aigw.types.chat_chunk import ChatCompletionChunk
    from aigw.types.chat_events import ChatCompletionStreamEvent

T = TypeVar("T")


class _Watched(Generic[T]):
    """What both faces of a watched stream share."""

    def __init__(self, handled: "Handled", parser: Parser[T]) -> None:
        self._handled = handled
        self._state = StreamState(parser)
        self._events: deque[ChatCompletionStreamEvent[T]] = deque()

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletionSnapshot[T]:
        """The answer so far. Raises `RuntimeError` before the first chunk."""
        return self._state.snapshot

    def _final(self) -> ParsedChatCompletion[T]:
        check_whole(self._handled)
        completion = self._state.final()
        completion.attach(self._handled.record(), request_id_of(self._handled))
        return completion


class ChatCompletionStream(_Watched[T]):
    """Events of an answer under way. `with` closes it; so does reading it to its end."""

    def __init__(self, handled: "Handled", chunks: "Stream[ChatCompletionChunk]", parser: Parser[T]) -> None:
        super().__init__(handled, parser)
        self._chunks = chunks

    def __iter__(self) -> "Iterator[ChatCompletionStreamEvent[T]]":
        return self

    def __next__(self) -> "ChatCompletionStreamEvent[T]":
        """Wait for the next event. Raises `StreamInterrupted` where the answer broke off."""
        while not self._events:
            self._events.extend(self._state.handle(next(self._chunks)))
        return self._events.popleft()

    def until_done(self) -> Self:
        """Read the stream to its end."""
        for _ in self:
            pass
        return self

    def get_final_completion(self) -> ParsedChatCompletion[T]:
        """Read the stream to its end and give the whole answer. Raises as `parse()`."""
        self.until_done()
        return self._final()

    def close(self) -> None:
        """End the call now. May be called again."""
        self._chunks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncChatCompletionStream(_Watched[T]):
    """Events of an answer under way. `async with` closes it; so does reading it to its end."""

    def __init__(self, handled: "Handled", chunks: "AsyncStream[ChatCompletionChunk]", parser: Parser[T]) -> None:
        super().__init__(handled, parser)
        self._chunks = chunks

    def __aiter__(self) -> "AsyncIterator[ChatCompletionStreamEvent[T]]":
        return self

    async def __anext__(self) -> "ChatCompletionStreamEvent[T]":
        """Wait for the next event. Raises `StreamInterrupted` where the answer broke off."""
        while not self._events:
            self._events.extend(self._state.handle(await self._chunks.__anext__()))
        return self._events.popleft()

    async def until_done(self) -> Self:
        """Read the stream to its end."""
        async for _ in self:
            pass
        return self

    async def get_final_completion(self) -> ParsedChatCompletion[T]:
        """Read the stream to its end and give the whole answer. Raises as `parse()`."""
        await self.until_done()
        return self._final()

    async def close(self) -> None:
        """End the call now. May be called again."""
        await self._chunks.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class ChatCompletionStreamManager(Generic[T]):
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], ChatCompletionStream[T]]) -> None:
        self._send = send
        self._stream: ChatCompletionStream[T] | None = None

    def __enter__(self) -> ChatCompletionStream[T]:
        self._stream = self._send()
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncChatCompletionStreamManager(Generic[T]):
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], Awaitable[AsyncChatCompletionStream[T]]]) -> None:
        self._send = send
        self._stream: AsyncChatCompletionStream[T] | None = None

    async def __aenter__(self) -> AsyncChatCompletionStream[T]:
        self._stream = await self._send()
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            await self._stream.close()
