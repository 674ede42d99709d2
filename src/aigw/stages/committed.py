"""Streams around the commit point: hold events back until content comes, then guard the rest against a silent end.

Until the first content event nothing has been handed to the caller, so a failure may still be hidden by another
attempt. From then on the stream either ends whole or raises `StreamInterrupted`, or `NonconformingAnswerError` at its
end where the caller gave a schema.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aigw.errors import NonconformingAnswerError, StreamInterrupted
from aigw.types.embeddings import Embedded
from aigw.types.events import (
    Answer,
    ChoiceEnded,
    Counted,
    Ended,
    Native,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    UsageReported,
)
from aigw.types.relay import Relayed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigw.call import Reply
    from aigw.stages.underway import Underway
    from aigw.types.events import Event
    from aigw.types.usage import Usage

HELD_MOST: Final = 512
"""Events held back at most: an upstream that never comes to the point must not fill the memory."""

_LIFECYCLE: Final = (Started, Native, ChoiceEnded, UsageReported, Ended)
_LAST: Final = (Ended, Answer, Embedded, Counted, Relayed)


def is_content(event: "Event") -> bool:
    """Whether *event* hands something of the answer to the caller. Text that is empty does not."""
    if isinstance(event, TextDelta | RefusalDelta):
        return event.text != ""
    if isinstance(event, ReasoningDelta):
        return bool(event.text or event.signature or event.encrypted)
    return not isinstance(event, _LIFECYCLE)


async def hold(reply: "Reply") -> "list[Event]":
    """Read *reply* up to its first content event, or to a whole end without any, and give what was read.

    Raises what *reply* raises, or `StreamInterrupted` if it is cut before; either way *reply* has closed itself.
    """
    held: list[Event] = []
    try:
        while True:
            event = await reply.__anext__()
            held.append(event)
            if isinstance(event, _LAST) or is_content(event) or len(held) >= HELD_MOST:
                return held
    except StopAsyncIteration:
        message = "The stream ended before any of its answer came, and without its terminal marker."
        raise StreamInterrupted(message) from None


class Committed:
    """An event source: the rest of a stream whose beginning, *held*, is the caller's. It never ends cleanly if cut."""

    __slots__ = ("_attempt", "_inner", "_is_over", "_is_whole", "_text", "_usage")

    def __init__(self, inner: "Reply", held: "Sequence[Event]", attempt: "Underway") -> None:
        self._inner = inner
        self._attempt = attempt
        self._text: list[str] = []
        self._usage: Usage | None = None
        self._is_whole = False
        self._is_over = False
        for event in held:
            self._note(event)

    async def __anext__(self) -> "Event":
        if self._is_over:
            raise StopAsyncIteration
        try:
            event = await self._inner.__anext__()
        except StopAsyncIteration:
            if self._end():
                raise self._interrupted(None) from None
            raise
        except NonconformingAnswerError as error:
            # Nothing broke off: all of it was handed over, and is not what was asked for.
            if self._end():
                self._attempt.failed(error)
                error.attempts = tuple(self._attempt.trail.attempts)
            raise
        except Exception as error:
            if self._end():
                raise self._interrupted(error) from error
            raise StopAsyncIteration from None
        except BaseException as error:
            if self._end():
                self._attempt.failed(error)
            raise
        self._note(event)
        return event

    async def aclose(self) -> None:
        """Close the stream now; what was not read of it says nothing about the target."""
        dropped = self._end()
        try:
            await self._inner.aclose()
        finally:
            if dropped:
                self._attempt.dropped()

    def _end(self) -> bool:
        """Mark the end, and say whether it came too soon. Once whole, a stream stays so, however it is closed."""
        too_soon = not (self._is_over or self._is_whole)
        self._is_over = True
        return too_soon

    def _note(self, event: "Event") -> None:
        if isinstance(event, TextDelta):
            if event.choice == 0:
                self._text.append(event.text)
        elif isinstance(event, UsageReported):
            self._usage = event.usage
        elif isinstance(event, _LAST) and not self._is_whole:
            self._is_whole = True
            self._attempt.succeeded()

    def _interrupted(self, cause: Exception | None) -> StreamInterrupted:
        """Make the error for a stream cut after its beginning was handed over, and settle its attempt."""
        target = self._attempt.target
        how = "without its terminal marker" if cause is None else f"with {type(cause).__name__}"
        error = StreamInterrupted(
            f"The stream from {target.id} broke off {how}, after its beginning was handed over. "
            "`partial_text` has what came; to have it whole, make the call again.",
            partial_text="".join(self._text),
            usage=None if self._usage is None else replace(self._usage, estimated=True),
            provider=target.provider.name,
        )
        self._attempt.failed(error if cause is None else cause)
        error.attempts = tuple(self._attempt.trail.attempts)
        return error
