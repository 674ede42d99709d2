"""What every decoder of server-sent events shares: feeding, the end, and answers that came whole instead."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.providers.framing.sse import SseParser
from aigw.providers.reading import foreign
from aigw.types.events import Answer, Broken, Event
from aigw.wire import Headers, HttpResponse


class SseDecoder(ABC):
    """Reads one streamed answer for an adapter, whose dialect is in `_event` and `_at_end`.

    An error inside the stream comes in its place, as `Broken`: what came before it in the same read is not lost.
    """

    __slots__ = ("_provider", "_read", "_sse", "_target")

    def __init__(self, target: Target, read: Callable[[HttpResponse, Target], Answer]) -> None:
        self._target = target
        self._provider = target.provider.name
        self._read = read
        self._sse = SseParser(self._provider)

    def feed(self, data: bytes) -> Sequence[Event]:
        """Give the events that *data* completes."""
        events: list[Event] = []
        try:
            for name, text in self._sse.feed(data):
                self._event(name, text, events)
        except APIError as error:
            events.append(Broken(error))
        else:
            if self._sse.broken is not None:
                events.append(Broken(self._sse.broken))
        return events

    def end(self) -> Sequence[Event]:
        """Give what is left. A server that does not stream answers with one document, which is the one event then."""
        events: list[Event] = []
        try:
            for name, text in self._sse.end():
                self._event(name, text, events)
            if not self._sse.seen and self._sse.foreign:
                events.append(self._whole(self._sse.foreign))
            else:
                self._at_end(events)
        except APIError as error:
            events.append(Broken(error))
        return events

    @abstractmethod
    def _event(self, name: str, text: str, events: list[Event]) -> None:
        """Add to *events* what one event of the stream says. Raises the mapped error for one that is an error."""

    @abstractmethod
    def _at_end(self, events: list[Event]) -> None:
        """Add to *events* what follows from the connection's end."""

    def _whole(self, text: str) -> Answer:
        if text.lstrip()[:1] != "{":
            raise foreign(text, self._provider)
        return self._read(HttpResponse(200, Headers(), text.encode()), self._target)
