"""What every decoder of Bedrock's event streams shares: frames, exceptions among them, and what is no such stream."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.providers.bedrock.failures import in_stream
from aigw.providers.framing.eventstream import EventStreamParser, Frame
from aigw.providers.reading import foreign
from aigw.types.events import Answer, Broken, Event
from aigw.types.json import EMPTY, JsonObject, as_object
from aigw.wire import Headers, HttpResponse, decoded

_FOREIGN_LIMIT: Final = 16 * 1024 * 1024
_LARGEST_FIRST_BYTE: Final = 1
"""No frame is so long that its first byte is more: what begins otherwise is no event stream."""


class FramedDecoder(ABC):
    """Reads one streamed answer for an adapter, whose dialect is in `_event`, which says in `_done` when it has ended.

    An exception comes in its place, as `Broken`; so does a frame that is damaged, unless the answer was whole before.
    """

    __slots__ = ("_done", "_foreign", "_frames", "_provider", "_target")

    def __init__(self, target: Target) -> None:
        self._target = target
        self._provider = target.provider.name
        self._frames = EventStreamParser(self._provider)
        self._foreign: bytearray | None = None
        self._done = False

    def feed(self, data: bytes) -> Sequence[Event]:
        """Give the events that *data* completes. An error comes in its place, as `Broken`."""
        events: list[Event] = []
        if self._is_foreign(data):
            return events
        try:
            for received in self._frames.feed(data):
                self._frame(received, events)
        except APIError as error:
            events.append(Broken(error))
        else:
            if self._frames.broken is not None and not self._done:
                events.append(Broken(self._frames.broken))
        return events

    def end(self) -> Sequence[Event]:
        """Give what is left. A server that does not stream answers with one document, which is the one event then."""
        if self._foreign is None:
            return ()
        text = self._foreign.decode("utf-8", "replace")
        try:
            if text.lstrip()[:1] != "{":
                raise foreign(text, self._provider)
            return (self._whole(HttpResponse(200, Headers(), bytes(self._foreign))),)
        except APIError as error:
            return (Broken(error),)

    @abstractmethod
    def _event(self, name: str, payload: bytes, events: list[Event]) -> None:
        """Add to *events* what the event called *name* says. Raises the mapped error for one that is an error."""

    @abstractmethod
    def _whole(self, response: HttpResponse) -> Answer:
        """Read an answer that came as one document."""

    def _is_foreign(self, data: bytes) -> bool:
        """Keep *data* if this is no event stream, and say so."""
        if self._foreign is None:
            if self._frames.seen or self._frames.pending or not data or data[0] <= _LARGEST_FIRST_BYTE:
                return False
            self._foreign = bytearray()
        self._foreign += data[: max(0, _FOREIGN_LIMIT - len(self._foreign))]
        return True

    def _frame(self, received: Frame, events: list[Event]) -> None:
        if self._done:
            return
        headers = received.headers
        kind = headers.get(":message-type")
        if kind == "event":
            name = str(headers.get(":event-type"))
            if name.endswith("Exception"):
                raise in_stream(name, _lenient(received.payload), self._provider)
            self._event(name, received.payload, events)
        elif kind == "exception":
            raise in_stream(str(headers.get(":exception-type", "")), _lenient(received.payload), self._provider)
        elif kind == "error":
            body = {"message": str(headers.get(":error-message", ""))}
            raise in_stream(str(headers.get(":error-code", "")), body, self._provider)


def _lenient(payload: bytes) -> JsonObject:
    try:
        return as_object(decoded(payload))
    except ValueError:
        return EMPTY
