"""The two faces of a watched stream of `messages`: they wait for events, and `messages_state` tells what each changed.

Names are those of https://github.com/anthropics/anthropic-sdk-python/blob/main/helpers.md.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aigw.surfaces.chat.calls import check_whole
from aigw.surfaces.messages.calls import issuer_of
from aigw.surfaces.messages.state import MessageState
from aigw.surfaces.raw import request_id_of
from aigw.types.messages import Message, TextBlock
from aigw.types.messages_events import ContentBlockDeltaEvent, MessageStreamEvent, RawMessageStreamEvent, TextDelta

if TYPE_CHECKING:
    from aigw.pipeline import Handled
    from aigw.record import Record
    from aigw.streams import AsyncStream, Stream
    from aigw.wire import HttpResponse


class _Watched:
    """What both faces of a watched stream share."""

    def __init__(self, handled: "Handled") -> None:
        self._handled = handled
        self._state = MessageState(issuer_of(handled))
        self._told: deque[MessageStreamEvent] = deque()

    @property
    def current_message_snapshot(self) -> Message:
        """The message so far. Raises `RuntimeError` before its beginning."""
        return self._state.message()

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, if it told one."""
        return request_id_of(self._handled)

    @property
    def response(self) -> "HttpResponse | None":
        """Status and headers of the provider's answer, or None where there was no wire."""
        return self._handled.call.trail.response

    @property
    def aigw(self) -> "Record":
        """The record of the call as far as it has come; complete once the stream has ended."""
        return self._handled.record()

    def _final(self) -> Message:
        check_whole(self._handled)
        message = self._state.message()
        message.attach(self._handled.record(), request_id_of(self._handled))
        return message


def _text_of(message: Message) -> str:
    texts = [block.text for block in message.content if isinstance(block, TextBlock)]
    if not texts:
        kinds = ", ".join(block.type for block in message.content) or "none"
        problem = f"there is no text in this message, whose blocks are: {kinds}; see get_final_message().content"
        raise RuntimeError(problem)
    return "".join(texts)


def _piece_of(event: MessageStreamEvent) -> str | None:
    if isinstance(event, ContentBlockDeltaEvent) and isinstance(event.delta, TextDelta):
        return event.delta.text
    return None


class MessageStream(_Watched):
    """Events of an answer under way. `with` closes it; so does reading it to its end."""

    def __init__(self, handled: "Handled", events: "Stream[RawMessageStreamEvent]") -> None:
        super().__init__(handled)
        self._events = events

    def __iter__(self) -> Iterator[MessageStreamEvent]:
        return self

    def __next__(self) -> MessageStreamEvent:
        """Wait for the next event. Raises `StreamInterrupted` where the answer broke off."""
        while not self._told:
            self._told.extend(self._state.handle(next(self._events)))
        return self._told.popleft()

    @property
    def text_stream(self) -> Iterator[str]:
        """Iterate over nothing but the text."""
        return (piece for event in self if (piece := _piece_of(event)) is not None)

    def until_done(self) -> Self:
        """Read the stream to its end."""
        for _ in self:
            pass
        return self

    def get_final_message(self) -> Message:
        """Read the stream to its end and give the whole message."""
        self.until_done()
        return self._final()

    def get_final_text(self) -> str:
        """Read the stream to its end and give its text. Raises `RuntimeError` if there is none."""
        return _text_of(self.get_final_message())

    def close(self) -> None:
        """End the call now. May be called again."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncMessageStream(_Watched):
    """Events of an answer under way. `async with` closes it; so does reading it to its end."""

    def __init__(self, handled: "Handled", events: "AsyncStream[RawMessageStreamEvent]") -> None:
        super().__init__(handled)
        self._events = events

    def __aiter__(self) -> AsyncIterator[MessageStreamEvent]:
        return self

    async def __anext__(self) -> MessageStreamEvent:
        """Wait for the next event. Raises `StreamInterrupted` where the answer broke off."""
        while not self._told:
            self._told.extend(self._state.handle(await self._events.__anext__()))
        return self._told.popleft()

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """Iterate over nothing but the text."""
        return (piece async for event in self if (piece := _piece_of(event)) is not None)

    async def until_done(self) -> Self:
        """Read the stream to its end."""
        async for _ in self:
            pass
        return self

    async def get_final_message(self) -> Message:
        """Read the stream to its end and give the whole message."""
        await self.until_done()
        return self._final()

    async def get_final_text(self) -> str:
        """Read the stream to its end and give its text. Raises `RuntimeError` if there is none."""
        return _text_of(await self.get_final_message())

    async def close(self) -> None:
        """End the call now. May be called again."""
        await self._events.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class MessageStreamManager:
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], MessageStream]) -> None:
        self._send = send
        self._stream: MessageStream | None = None

    def __enter__(self) -> MessageStream:
        self._stream = self._send()
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncMessageStreamManager:
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], Awaitable[AsyncMessageStream]]) -> None:
        self._send = send
        self._stream: AsyncMessageStream | None = None

    async def __aenter__(self) -> AsyncMessageStream:
        self._stream = await self._send()
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            await self._stream.close()
