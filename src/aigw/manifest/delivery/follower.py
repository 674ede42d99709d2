"""When to look at a manifest's source, and looking at it. What is found there is for others to judge."""

import contextlib
from collections.abc import Callable
from typing import Final

from aigw.errors import APIConnectionError, GatewayClosedError, ManifestUnavailableError
from aigw.manifest.delivery.pace import Pace
from aigw.manifest.delivery.shared import GLANCE_S, Shared
from aigw.manifest.delivery.sources import (
    Fetch,
    Fetched,
    FetchRefusedError,
    FileSource,
    Source,
    UrlSource,
    Waiter,
    fetch_url,
    read_file,
)
from aigw.manifest.delivery.surge import SURGE_INTERVAL_S, Surge
from aigw.protocols import Clock

FETCH_TIMEOUT_S: Final = 10.0
FAIL_FAST_S: Final = 1.0
"""With no manifest at all, callers in need of one make us look again, but not more often than this."""

LONGEST_WAIT_S: Final = 40.0
"""How long `linger` may take."""

_LONGEST_FAIL_FAST_S: Final = 60.0
_WAIT_S: Final = 30
_BETWEEN_WAITS_S: Final = 0.1
_TOO_SOON_S: Final = 1.0
_WAITLESS_S: Final = 60.0


class Follower:
    """Looks at one source, and knows when to look again: `next_s` is the delay in seconds after the last look.

    `again_s` is how long callers without any manifest are told of the last failure before one of them makes us look.
    `asks`: this process asks the source itself, rather than looking at the copy of another that does. *wait* is what
    long polls go through; without it there are none.
    """

    def __init__(  # noqa: PLR0913 - each is a seam that tests and the composition root fill
        self,
        source: Source,
        *,
        fetch: Fetch,
        clock: Clock,
        random: Callable[[], float],
        interval_s: float = 10.0,
        shared: Shared | None = None,
        wait: Waiter | None = None,
    ) -> None:
        self.source = source
        self.interval_s = interval_s
        self.next_s = interval_s
        self.again_s = FAIL_FAST_S
        self.asks = True
        self._fetch = fetch
        self._clock = clock
        self._pace = Pace(interval_s, random)
        self._shared = shared
        self._wait = wait
        self._surge = Surge()
        self._glanced = False
        self._waits = False
        self._waits_again_on = float("-inf")
        self._cut_short = False
        self._hurried = False

    def look(self, *, etag: str | None, hasty: bool, serving: str) -> Fetched:
        """Look at the source once. *serving* says, for messages, what goes on serving.

        Where another process of this host asks the network, its copy is looked at, unless *hasty*. Raises
        `ManifestUnavailableError`; and `NotSettledError`, unless *hasty*, for a file that is being written.
        """
        try:
            return self._looked(etag, hasty=hasty)
        except (APIConnectionError, FetchRefusedError) as failure:
            if isinstance(failure, FetchRefusedError):
                self._settle(failed=True, patient=failure.patient, retry_s=failure.retry_s)
            else:
                self._settle(failed=True)
            label, what = self.source.label, str(failure).rstrip(".")
            if isinstance(self.source, UrlSource):
                what = what.replace(self.source.url, label)
            message = f"the manifest at {label} cannot be had ({serving}): {what}"
            raise ManifestUnavailableError(message) from (failure if isinstance(failure, APIConnectionError) else None)

    def surge(self) -> bool:
        """Look every two seconds for a while, as providers are failing; True if that begins now."""
        return self._surge.enter(self._clock.monotonic())

    @property
    def lingers(self) -> bool:
        """Whether the server is believed to answer as soon as there is something new."""
        return self._waits and self._wait is not None and self._clock.monotonic() >= self._waits_again_on

    def linger(self, etag: str | None) -> None:
        """Wait, where the server can, until there is something new to look at. Never raises: the look will tell."""
        now = self._clock.time()
        if not (self.lingers and self._wait and etag and isinstance(self.source, UrlSource) and self._asks(now)):
            return
        if self._shared is not None:
            self._shared.note(now, ahead_s=LONGEST_WAIT_S)
        begun = self._clock.monotonic()
        with contextlib.suppress(APIConnectionError, FetchRefusedError, GatewayClosedError):
            fetch_url(self.source, self._wait, etag=etag, timeout_s=FETCH_TIMEOUT_S, now=now, wait_s=_WAIT_S)
        hurried, self._hurried = self._hurried, False
        self._cut_short = not hurried and self._clock.monotonic() - begun < _TOO_SOON_S

    def hurry(self) -> None:
        """End the waiting of `linger`, from another thread: there is a reason to look now."""
        if self._waits and self._wait is not None:
            self._hurried = True
            self._wait.interrupt()

    def went_well(self, fresh_s: float | None, *, is_new: bool) -> None:
        """Decide when to look next, after a look that brought what is in force. *is_new*: it was another before."""
        if self._shared is not None and self._glanced:
            self._shared.taken()
        elif self._shared is not None:
            self._shared.note(self._clock.time())
        self._check_waits(is_new=is_new)
        self._settle(fresh_s=fresh_s)

    def was_refused(self) -> None:
        """Decide when to look next, after a look that brought what was refused. It may be repaired soon."""
        if self._shared is not None and self._glanced:
            self._shared.refused()
        self._check_waits(is_new=False)
        self._settle()

    def release(self) -> None:
        """Leave it to another process of this host to ask; in a forked child, to the parent."""
        self._waits = False
        if self._shared is not None:
            self._shared.release()

    def _check_waits(self, *, is_new: bool) -> None:
        """Poll for a while instead, if waiting ended at once and brought nothing: it would be asked without end."""
        if self._cut_short and not is_new:
            self._waits_again_on = self._clock.monotonic() + max(self.interval_s, _WAITLESS_S)
        self._cut_short = False

    def _settle(
        self, *, failed: bool = False, patient: bool = False, retry_s: float | None = None, fresh_s: float | None = None
    ) -> None:
        """Decide when to look next, after a look that *failed*, or did not.

        *patient* is for failures that somebody has to repair, *retry_s* and *fresh_s* are what the server asked for.
        """
        self.again_s = min(max(FAIL_FAST_S, retry_s or 0.0), _LONGEST_FAIL_FAST_S)
        if failed:
            self._check_waits(is_new=False)
            self.next_s = self._pace.after_failure(patient=patient, retry_s=retry_s)
        else:
            self.next_s = self._pace.after_success(fresh_s)
            if self.lingers:
                self.next_s = self._pace.every(_BETWEEN_WAITS_S)
        if not self.asks:
            self.next_s = self._pace.every(min(GLANCE_S, self.interval_s))
        if self._surge.is_on(self._clock.monotonic()) and (retry_s is None or retry_s < SURGE_INTERVAL_S):
            self.next_s = min(self.next_s, self._pace.every(SURGE_INTERVAL_S))

    def _looked(self, etag: str | None, *, hasty: bool) -> Fetched:
        now = self._clock.time()
        if isinstance(self.source, FileSource):
            return read_file(self.source, now=None if hasty else now)
        assert isinstance(self.source, UrlSource)  # noqa: S101 - nobody looks at a manifest given in place
        self.asks = self._asks(now)
        self._glanced = False
        if self._shared is not None and not (hasty or self.asks):
            self._glanced = True
            return self._shared.glance(now)
        found = fetch_url(self.source, self._fetch, etag=etag, timeout_s=FETCH_TIMEOUT_S, now=now)
        self._waits = found.waits
        return found

    def _asks(self, now: float) -> bool:
        """Whether to ask the network: as nobody else of this host does, or as providers are failing here."""
        return self._shared is None or self._shared.is_mine_to_ask(now) or self._surge.is_on(self._clock.monotonic())
