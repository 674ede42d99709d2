"""Holds the manifest a process serves from: what is in force, who waits for it, and what is known of it.

A call reads `current`, one attribute, and is pinned to what it found. Everything else happens under one turn at a time,
in the background thread or in the thread of whoever asked for a look: the follower looks, the intake judges, and what
passes is swapped in and kept on disk.
"""

import copy
import hashlib
import logging
import math
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from aigw.errors import GatewayClosedError, ManifestError
from aigw.manifest.delivery.copies import Copies
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.follower import FETCH_TIMEOUT_S, LONGEST_WAIT_S, Follower
from aigw.manifest.delivery.herald import Herald
from aigw.manifest.delivery.intake import Accepted, Intake
from aigw.manifest.delivery.provenance import Vouched
from aigw.manifest.delivery.sources import FileSource, NotSettledError, StaticSource, UrlSource
from aigw.manifest.delivery.status import Known, ManifestStatus, Origin, State
from aigw.protocols import Clock
from aigw.types.nack import Nack

if TYPE_CHECKING:
    from aigw.manifest.snapshot import Snapshot

__all__ = ["Holder", "ManifestStatus", "Worker"]

_STOP: Final = -1.0
_CLOSE_S: Final = 0.8
"""How long closing waits for a look under way; it ends by itself, and nothing follows it."""

_WORSE: Final = frozenset[State]({"stale", "suspect", "expired"})


class Worker(Protocol):
    """A background thread that calls a function again and again, after the delay it gives."""

    def start(self, after_s: float = 0.0) -> bool:
        """Start the thread; False if it runs already or may not run."""
        ...

    def wake(self) -> None:
        """End the delay."""
        ...

    def stop(self, timeout_s: float = 1.0) -> None:
        """Stop for good, within *timeout_s*. May be called again."""
        ...

    def after_fork(self) -> None:
        """Forget, in a forked child, the parent's thread."""
        ...


class Holder:
    """The manifest of one gateway. `current` is what to serve from, or None: then wait for `ready()`.

    `current` is also None in a forked child until its first `ready()`, which starts the child's own thread.
    A manifest given in place is judged here and now, and needs no thread: raises `ManifestError`.
    """

    def __init__(  # noqa: PLR0913 - each is a seam that tests and the composition root fill
        self,
        follower: Follower,
        *,
        intake: Intake,
        background: Callable[[Callable[[], float], str], Worker],
        clock: Clock,
        disk: DiskCopy | None = None,
        embedded: FileSource | None = None,
        report: Callable[[ManifestStatus], None] | None = None,
    ) -> None:
        self._source = source = follower.source
        self._follower = follower
        self._intake = intake
        self._clock = clock
        self._disk = disk if isinstance(source, UrlSource) else None
        self._copies = Copies(intake, self._disk, embedded, source.label)
        self._herald = Herald(report)
        self._known = Known()
        self._told: State = "none"
        self._held: str | None = None
        self._failed_until = 0.0
        self._fresh_start = True
        self._closed = False
        self._worker: Worker | None = None
        self._renew()
        self.current: Snapshot | None = None
        if isinstance(source, StaticSource):
            snapshot = intake.accept_given(source.content, source=source.label)
            self._activate(Accepted(snapshot, b"", Vouched(b"", "local")), "given", None)
        else:
            self._worker = background(_weakly(self), "aigw-manifest")
            # The thread must not keep a dropped gateway alive, nor outlive it by a whole delay.
            weakref.finalize(self, self._worker.wake).atexit = False

    @property
    def lapsed_since(self) -> float | None:
        """Since when, in seconds since the epoch, confidence in what is in force has lapsed; None: it has not."""
        return self._known.lapsed_since(self._now(), self._on())

    def ready(self) -> "Future[Snapshot]":
        """Give a future of the snapshot, each caller its own, and start the background thread if it does not run.

        It fails with what went wrong if the first look failed and there is no last good copy. Looking goes on; whoever
        asks again later gets a new future and, at most once a second, a new look.
        """
        future: Future[Snapshot] = Future()
        error: Exception | None = None
        ask = False
        with self._lock:
            snapshot = self._known.snapshot
            failed = self._known.error
            if snapshot is not None:
                self.current = snapshot
            elif self._closed:
                error = GatewayClosedError("the gateway is closed, and it had no manifest")
            elif failed is not None and self._clock.monotonic() < self._failed_until:
                error = copy.copy(failed)
            else:
                ask = not self._looking and not self._waiters
                self._waiters.append(future)
        if snapshot is not None:
            future.set_result(snapshot)
        elif error is not None:
            future.set_exception(error)
        if self._worker is not None and not self._closed and not self._worker.start() and ask:
            self._worker.wake()
        return future

    def check(self) -> bool:
        """Look now, in this thread; True if a new snapshot is in force.

        Raises `ManifestError` if there is no good document; the last good one keeps serving.
        """
        if self._worker is None:
            return False
        if self._closed:
            message = "the gateway is closed"
            raise GatewayClosedError(message)
        before = self._known.snapshot
        try:
            with self._turn:
                self._start_at_hand()
                self._look(hasty=True)
        finally:
            self._worker.start(self._follower.next_s)
        with self._lock:
            self.current = self._known.snapshot
        return self._known.snapshot is not before

    def poke(self) -> None:
        """Have the background thread look now, at the source itself. Never waits."""
        self._poked = True
        if self._worker is not None and not self._closed and not self._worker.start():
            self._worker.wake()
            self._follower.hurry()

    def surge(self) -> None:
        """Look now and more often for a while, as providers are failing: what helps may be on its way.

        Takes no lock, as the garbage collector may end a call, and by that open a breaker, inside of any.
        """
        if self._worker is not None and not self._closed and self._follower.surge():
            self._tell(logging.INFO, "surge")
            self._worker.wake()

    @property
    def is_late(self) -> bool:
        """Whether the background thread has not looked for too long: this process was frozen, or is starved."""
        # While a machine sleeps, or a virtual one is kept, the monotonic clock may stand still.
        return self._clock.monotonic() > self._late_on or self._clock.time() > self._late_at

    def catch_up(self) -> "Future[None]":
        """Have the background thread look now; the future ends with a look. Only the first to ask is late."""
        looked: Future[None] = Future()
        with self._lock:
            self._expect_look(0.0)
            self._watchers.append(looked)
        self.poke()
        return looked

    def tick(self) -> float:
        """Look once, never raising, and give the seconds until the next look; below zero: never again."""
        delay_s = self._ticked()
        self._expect_look(max(delay_s, 0.0))
        return delay_s

    def _ticked(self) -> float:
        if not self._poked and self._follower.lingers:
            self._expect_look(LONGEST_WAIT_S)
            self._follower.linger(self._known.etag)
        self._expect_look(FETCH_TIMEOUT_S)
        with self._turn:
            if self._closed:
                return _STOP
            self._start_at_hand()
            poked, self._poked = self._poked, False
            try:
                self._look(hasty=poked or self._known.snapshot is None)
            except NotSettledError:
                return NotSettledError.retry_s
            except GatewayClosedError:
                return _STOP
            except ManifestError:
                pass  # it is noted, logged and reported
            self._notice()
            return self._follower.next_s

    def status(self) -> ManifestStatus:
        """Tell what is known. Never waits."""
        notes: list[str] = []
        if isinstance(self._source, UrlSource) and not self._source.is_private:
            notes.append("the URL is not https: whoever is on the way can change where keys and prompts are sent")
        if self._disk is not None and self._disk.note is not None:
            notes.append(self._disk.note)
        if not self._follower.asks:
            notes.append("another process of this host asks the source; the copy it keeps is looked at every second")
        notes += self._copies.notes
        known = self._known
        if known.pinned and known.snapshot is not None:
            notes.append(
                f"safe mode: three processes died within a minute of a newer manifest; serial {known.snapshot.serial} "
                "serves until another one is published"
            )
        return known.status(
            source=self._source.label,
            now=self._now(),
            on=self._on(),
            looking=self._looking,
            asks=self._follower.asks,
            disk_path=None if self._disk is None else self._disk.path,
            notes=tuple(notes),
        )

    def close(self) -> None:
        """Stop looking, within a second. What is in force stays at hand. May be called again."""
        if self._closed:
            return
        self._closed = True
        if self._worker is not None:
            self._worker.stop(_CLOSE_S)
        self._follower.release()
        if self._disk is not None:
            self._disk.starts.end()
        self._settle(GatewayClosedError("the gateway was closed"))

    def after_fork(self) -> None:
        """Forget, in a forked child, the parent's thread, locks and waiters; the first `ready()` starts anew."""
        self._renew()
        self._follower.release()
        if self._disk is not None:
            self._disk.starts.after_fork()
        if self._worker is not None:
            self._worker.after_fork()
            self.current = None

    def _renew(self) -> None:
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._looking = False
        self._poked = False
        self._waiters: list[Future[Snapshot]] = []
        self._watchers: list[Future[None]] = []
        self._late_on = self._late_at = math.inf

    def _expect_look(self, within_s: float) -> None:
        """Count as late once there was none *within_s* and an interval more."""
        within_s += self._follower.interval_s
        self._late_on = self._clock.monotonic() + within_s
        self._late_at = self._clock.time() + within_s

    def _now(self) -> float:
        """Give the time, which is not earlier than any that was signed."""
        return max(self._clock.time(), self._intake.seen)

    def _on(self) -> float | None:
        return None if self._worker is None else self._clock.monotonic()

    def _start_at_hand(self) -> None:
        """Serve from the best copy before anybody waits for a network; only once, and only if nothing serves."""
        if not self._fresh_start:
            return
        self._fresh_start = False
        if self._known.snapshot is not None:
            return
        found = self._copies.at_hand(self._clock.time())
        if found.best is not None:
            if self._disk is not None and found.best.origin == "disk":
                self._known = replace(self._known, noted_at=self._disk.noted())
            self._activate(found.best.accepted, found.best.origin, found.best.etag)
            if found.pinned:
                self._pin()

    def _look(self, *, hasty: bool) -> None:
        """Look at the source once and act on what is there. Raises `ManifestError`, after noting it.

        Not *hasty*, a file that is being written is left alone for now: raises `NotSettledError`.
        """
        with self._lock:
            self._looking = True
        serving = self._known.snapshot
        rest = "there is no last good copy" if serving is None else f"serial {serving.serial} keeps serving"
        error: ManifestError | None = None
        try:
            fetched = self._follower.look(etag=self._known.etag, hasty=hasty, serving=rest)
            if fetched.content is not None:
                self._consider(fetched.content, fetched.etag)
            self._follower.went_well(fetched.fresh_s, is_new=self._known.snapshot is not serving)
            self._succeeded(fetched.age_s)
        except ManifestError as refusal:
            error = copy.copy(refusal)
            error.__cause__ = refusal.__cause__
            self._failed(copy.copy(refusal))  # what is raised collects a traceback, and with it all that was at hand
        finally:
            self._settle(error)
        if error is not None:
            raise error

    def _consider(self, content: bytes, etag: str | None) -> None:
        """Put the document into force, if it is new and good, and keep it on disk. Raises `ManifestError`."""
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._held:
            return
        serving = self._known.snapshot
        accepted = self._intake.accept(content, source=self._source.label, serving=serving, now=self._clock.time())
        if accepted.snapshot is serving:
            self._known = self._known.confirmed(accepted, etag)
        elif serving is not None and self._copies.is_deadly(accepted):
            self._held = digest
            self._pin()
            return
        else:
            self._activate(accepted, "source", etag)
        if self._disk is not None:
            fresh = accepted.vouched.freshness
            self._disk.store(
                content,
                digest=accepted.snapshot.digest,
                serial=accepted.snapshot.serial,
                epoch=accepted.snapshot.epoch,
                etag=etag,
                fresh_at=None if fresh is None else fresh.at,
            )

    def _pin(self) -> None:
        """Note that something newer took processes down, so that what serves goes on serving."""
        if self._known.pinned:
            return
        self._known = replace(self._known, pinned=True)
        self._tell(logging.ERROR, "pinned", error="a newer manifest took three processes down")

    def _activate(self, accepted: Accepted, origin: Origin, etag: str | None) -> None:
        """Swap: from here on, new calls are pinned to the snapshot of *accepted*."""
        if self._disk is not None:
            self._disk.starts.begin(accepted.snapshot.digest, self._clock.monotonic())
        self._intake.note(accepted)
        known = self._known.activated(accepted, origin, etag, self._clock.time())
        self._known = known if origin != "source" else known.checked(self._clock.time(), self._clock.monotonic())
        with self._lock:
            self.current = accepted.snapshot
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if waiter.set_running_or_notify_cancel():
                waiter.set_result(accepted.snapshot)
        self._told = self._tell(logging.INFO, "activated", origin=origin).state

    def _succeeded(self, age_s: float) -> None:
        recovered = self._known.error is not None
        self._known = self._known.checked(self._clock.time() - age_s, self._clock.monotonic() - age_s)
        if recovered:
            self._tell(logging.INFO, "recovered")

    def _failed(self, error: ManifestError) -> None:
        before = self._known.error
        if error.nack is not Nack.FETCH:
            self._follower.was_refused()
        self._failed_until = self._clock.monotonic() + self._follower.again_s
        self._known = self._known.failed(error, self._clock.time())
        if error.nack is Nack.FETCH:
            if before is None:
                self._tell(logging.WARNING, "unavailable", error=str(error))
        elif before is None or str(before) != str(error):
            self._tell(logging.ERROR, "refused", nack=error.nack, error=str(error))

    def _settle(self, error: Exception | None) -> None:
        """End a look: who still waits, waits in vain."""
        with self._lock:
            self._looking = False
            waiters, self._waiters = (self._waiters, []) if error is not None else ([], self._waiters)
            watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if watcher.set_running_or_notify_cancel():
                watcher.set_result(None)
        for waiter in waiters:
            if waiter.set_running_or_notify_cancel():
                waiter.set_exception(copy.copy(error))

    def _notice(self) -> None:
        """Tell of what time alone has changed, and that this process is alive."""
        if self._disk is not None:
            self._disk.starts.survive(self._clock.monotonic())
        state = self._known.state(self._now(), self._on())
        if state != self._told:
            was, self._told = self._told, state
            self._tell(logging.WARNING if state in _WORSE else logging.INFO, state, was=was)

    def _tell(self, level: int, event: str, **more: str) -> ManifestStatus:
        status = self.status()
        self._herald.tell(level, event, status, **more)
        return status


def _weakly(holder: Holder) -> Callable[[], float]:
    reference = weakref.ref(holder)

    def tick() -> float:
        alive = reference()
        return _STOP if alive is None else alive.tick()

    return tick
