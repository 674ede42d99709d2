"""One attempt under way: what its end means for the trail and for the target's breaker, settled exactly once."""

from typing import TYPE_CHECKING

from aigw.call import Attempt
from aigw.errors import APIError, APIStatusError
from aigw.policies.failover import meaning_of, wait_asked_for
from aigw.wire import request_id as request_id_of

if TYPE_CHECKING:
    from aigw.call import Trail
    from aigw.manifest.snapshot import Target
    from aigw.policies.breaker import Admission, Breakers
    from aigw.protocols import Runtime


class Underway:
    """An attempt from its send to its end. A streamed one is on the trail from its commit on, and again at its end."""

    __slots__ = (
        "_admission",
        "_breakers",
        "_first_token_s",
        "_index",
        "_number",
        "_runtime",
        "_started",
        "_waited_s",
        "target",
        "trail",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place, on the hot path, where keywords cost
        self,
        runtime: "Runtime",
        breakers: "Breakers",
        admission: "Admission",
        trail: "Trail",
        target: "Target",
        number: int,
        waited_s: float,
    ) -> None:
        self._runtime = runtime
        self._breakers = breakers
        self._admission = admission
        self.trail = trail
        self.target = target
        self._number = number
        self._waited_s = waited_s
        self._index: int | None = None
        self._first_token_s: float | None = None
        trail.response = None
        self._started = runtime.monotonic()

    def committed(self) -> None:
        """Note that a stream's beginning is being handed over: this target answers the call."""
        self._first_token_s = self._runtime.monotonic() - self._started
        self.trail.target = self.target
        self._log(None)
        self._index = len(self.trail.attempts) - 1

    def succeeded(self) -> None:
        """Note that a whole answer came."""
        self.trail.target = self.target
        self._log(None)
        self._breakers.succeeded(self._admission)

    def failed(self, error: BaseException) -> None:
        """Note that *error* ended the attempt. It counts against the target only if it is the target's fault."""
        self._log(error)
        if isinstance(error, Exception) and meaning_of(error).counts:
            self._breakers.failed(self._admission, reason=type(error).__name__, retry_after=wait_asked_for(error))
        else:
            self._breakers.released(self._admission)

    def dropped(self) -> None:
        """Note that the caller closed the stream before its end."""
        self._log(None)
        self._breakers.released(self._admission)

    def _log(self, error: BaseException | None) -> None:
        response = self.trail.response
        status = None if response is None else response.status_code
        request_id = None if response is None else request_id_of(response.headers)
        if isinstance(error, APIStatusError):
            status, request_id = error.status_code, error.request_id or request_id
        entry = Attempt(
            self.target.id,
            self._number,
            self._runtime.monotonic() - self._started,
            status,
            None if error is None else type(error).__name__,
            error.code if isinstance(error, APIError) else None,
            request_id,
            self._first_token_s,
            self._waited_s,
        )
        if self._index is None:
            self.trail.attempts.append(entry)
        else:
            self.trail.attempts[self._index] = entry
