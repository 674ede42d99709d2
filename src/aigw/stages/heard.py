"""Answers held to their caller's schema: judged while another attempt can still help, and streams at their end."""

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from aigw.errors import NonconformingAnswerError
from aigw.policies.conformity import Hearing, schema_of
from aigw.policies.json_schemas import UncheckableSchemaError
from aigw.types.events import Answer, ChoiceEnded, Ended, Event, Native, UsageReported

if TYPE_CHECKING:
    from aigw.call import Call, EventSource, Trail
    from aigw.manifest.snapshot import Target
    from aigw.protocols import Adapter
    from aigw.wire import HttpResponse

_CLOSING: Final = (Native, ChoiceEnded, UsageReported)
"""Events that may tell of the end already, as the provider's own last one does."""


def hearing_of(call: "Call", target: "Target", adapter: "Adapter[Any]") -> Hearing | None:
    """Give who judges the answer, or None where no schema was asked for, or it was dropped on the way (with a note)."""
    schema = schema_of(call.request, target)
    if schema is None:
        return None
    if target.unsupported == "drop":
        left_out = adapter.unsupported(call.request, target)
        if any(name.partition(".")[0] == "response_format" for name in left_out):
            return None
    return Hearing(schema, call.request, target)


def judge(hearing: Hearing, trail: "Trail", response: "HttpResponse | None" = None) -> None:
    """Raise `NonconformingAnswerError` if it has to be. What was spent on the answer is on record all the same."""
    try:
        hearing.judge(response)
    except UncheckableSchemaError as error:
        note = f"unchecked: response_format ({error})"
        if note not in trail.notes:
            trail.notes.append(note)
    except NonconformingAnswerError as error:
        trail.usage = error.usage or trail.usage
        raise


class Heard:
    """Events of a streamed answer that has to keep to a schema: its end is told only of one that does."""

    __slots__ = ("_closing", "_hearing", "_inner", "_ready", "_trail")

    def __init__(self, inner: "EventSource", hearing: Hearing, trail: "Trail") -> None:
        self._inner = inner
        self._hearing = hearing
        self._trail = trail
        self._closing: deque[Event] = deque()
        self._ready: deque[Event] = deque()

    async def __anext__(self) -> Event:
        while not self._ready:
            await self._hear()
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Close the stream."""
        await self._inner.aclose()

    async def _hear(self) -> None:
        """Take in one event, and let go of what was held back once it is known not to be the end of a wrong answer."""
        try:
            event = await self._inner.__anext__()
        except StopAsyncIteration:
            if not self._closing:
                raise
        else:
            self._hearing.hear(event)
            self._closing.append(event)
            if isinstance(event, _CLOSING):
                return
            if isinstance(event, Ended | Answer):
                judge(self._hearing, self._trail)
        self._ready, self._closing = self._closing, self._ready
