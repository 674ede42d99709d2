"""Run the pipeline's coroutines without an event loop: the whole bridge between the two faces.

Everything the pipeline awaits is a `Runtime`. Over the blocking one no method ever suspends, so the first `send` runs a
coroutine to its end, in the caller's thread, with the caller's context variables and a plain stack trace.
"""

from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class SyncSuspension(RuntimeError):  # noqa: N818 - it names what happened; the caller cannot act on it
    """Something other than the blocking runtime was awaited under a sync `Gateway`; the message names it."""


def run(coroutine: Coroutine[object, None, T]) -> T:
    """Run *coroutine* to its end in this thread. Raises `SyncSuspension` instead of ever hanging."""
    try:
        awaited = coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    message = f"a sync Gateway awaited {awaited!r}; only the runtime may wait (use AsyncGateway for async extensions)"
    raise SyncSuspension(message)
