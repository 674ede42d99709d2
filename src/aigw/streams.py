"""Streams as callers hold them: iterators and context managers that end a call exactly once, read or not.

They are classes, not generators: a generator that is dropped before its first item never runs its `finally`.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from aigw.errors import APIError
from aigw.runtime.drive import run

if TYPE_CHECKING:
    from aigw.pipeline import Handled
    from aigw.record import Record
    from aigw.types.events import Event
    from aigw.wire import HttpResponse

T = TypeVar("T")


class _Streamed(Generic[T]):
    """What both faces of a stream share: the writer that turns events into items, and what is known of the call."""

    def __init__(self, handled: "Handled", write: "Callable[[Event], Sequence[T]]") -> None:
        self._handled = handled
        self._reply = handled.reply
        self._write = write
        self._items: deque[T] = deque()
        self._close_later = handled.runtime.custodian()

    def __del__(self) -> None:
        if self._reply.ending is None:
            self._close_later(self._reply.aclose)

    @property
    def aigw(self) -> "Record":
        """The record of the call as far as it has come; complete once the stream has ended."""
        return self._handled.record()

    @property
    def response(self) -> "HttpResponse | None":
        """Status and headers of the provider's answer (its body is the stream), or None where there was no wire."""
        return self._handled.call.trail.response


class Stream(_Streamed[T]):
    """A streamed answer. Iterate it, or use it as a context manager to be sure that it is closed."""

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        """Wait for the next item. Raises `StreamInterrupted` where the answer broke off."""
        while not self._items:
            try:
                event = run(self._reply.__anext__())
            except StopAsyncIteration:
                raise StopIteration from None
            try:
                self._items.extend(self._write(event))
            except APIError as error:
                run(self._reply.abort(error))
                raise
        return self._items.popleft()

    def close(self) -> None:
        """End the call now: the connection is closed and the record written. May be called again."""
        self._items.clear()
        run(self._reply.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncStream(_Streamed[T]):
    """A streamed answer under an event loop. Iterate it with `async for`, or use it with `async with`."""

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        """Wait for the next item. Raises `StreamInterrupted` where the answer broke off."""
        while not self._items:
            event = await self._reply.__anext__()
            try:
                self._items.extend(self._write(event))
            except APIError as error:
                await self._reply.abort(error)
                raise
        return self._items.popleft()

    async def close(self) -> None:
        """End the call now: the connection is closed and the record written. May be called again."""
        self._items.clear()
        await self._reply.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
