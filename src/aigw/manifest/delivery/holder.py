"""Holds the manifest a process serves from: looks for a new one, checks it, swaps it in, and keeps the last good one.

A call reads `current`, one attribute, and is pinned to what it found. Everything else happens under one turn at a time,
in the background thread or in the thread of whoever asked for a look.
"""

import copy
import hashlib
import logging
import threading
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, Protocol, TypeAlias

from aigw.errors import (
    APIConnectionError,
    GatewayClosedError,
    ManifestConflictError,
    ManifestError,
    ManifestInvalidError,
    ManifestUnavailableError,
)
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.pace import Pace
from aigw.manifest.delivery.sources import (
    Fetch,
    Fetched,
    FetchRefusedError,
    FileSource,
    NotSettledError,
    Source,
    StaticSource,
    UrlSource,
    fetch_url,
    read_file,
)
from aigw.manifest.delivery.status import Known, ManifestStatus
from aigw.manifest.snapshot import Snapshot
from aigw.protocols import Clock

__all__ = ["Compile", "Holder", "ManifestStatus", "Worker"]

Compile: TypeAlias = Callable[["bytes | str | Mapping[str, object]", str], Snapshot]
"""Compiles (content, source's name). Raises `ManifestInvalidError`."""

FETCH_TIMEOUT_S: Final = 10.0
FAIL_FAST_S: Final = 1.0
"""With no manifest at all, callers in need of one make us look again, but not more often than this."""

_LONGEST_FAIL_FAST_S: Final = 60.0
_STOP: Final = -1.0
_CLOSE_S: Final = 0.8
"""How long closing waits for a look under way; it ends by itself, and nothing follows it."""

_log = logging.getLogger("aigw.manifest")


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
    A manifest given in place is compiled here and now, and needs no thread: raises `ManifestInvalidError`.
    """

    def __init__(  # noqa: PLR0913 - each is a seam that tests and the composition root fill
        self,
        source: Source,
        *,
        compile: Compile,  # noqa: A002 - it says what it is
        fetch: Fetch,
        background: Callable[[Callable[[], float], str], Worker],
        clock: Clock,
        random: Callable[[], float],
        disk: DiskCopy | None = None,
        interval_s: float = 10.0,
        report: Callable[[ManifestStatus], None] | None = None,
    ) -> None:
        self._source = source
        self._compile = compile
        self._fetch = fetch
        self._clock = clock
        self._disk = disk if isinstance(source, UrlSource) else None
        self._report = report
        self._pace = Pace(interval_s, random)
        self._next_s = interval_s
        self._known = Known()
        self._refused: tuple[str, ManifestError] | None = None
        self._failure: tuple[float, ManifestError] | None = None
        self._fresh_start = True
        self._closed = False
        self._worker: Worker | None = None
        self._renew()
        self.current: Snapshot | None = None
        if isinstance(source, StaticSource):
            self._activate(compile(source.content, source.label), None, "given in place")
        else:
            self._worker = background(_weakly(self), "aigw-manifest")
            # The thread must not keep a dropped gateway alive, nor outlive it by a whole delay.
            weakref.finalize(self, self._worker.wake).atexit = False

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
            if snapshot is not None:
                self.current = snapshot
            elif self._closed:
                error = GatewayClosedError("the gateway is closed, and it had no manifest")
            elif self._failure is not None and self._clock.monotonic() < self._failure[0]:
                error = copy.copy(self._failure[1])
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
                self._start_from_disk()
                self._look(hasty=True)
        finally:
            self._worker.start(self._next_s)
        with self._lock:
            self.current = self._known.snapshot
        return self._known.snapshot is not before

    def tick(self) -> float:
        """Look once, never raising, and give the seconds until the next look; below zero: never again."""
        with self._turn:
            if self._closed:
                return _STOP
            self._start_from_disk()
            try:
                self._look(hasty=self._known.snapshot is None)
            except NotSettledError:
                return NotSettledError.retry_s
            except GatewayClosedError:
                return _STOP
            except ManifestError:
                pass  # it is noted, logged and reported
            return self._next_s

    def status(self) -> ManifestStatus:
        """Tell what is known. Never waits."""
        notes: list[str] = []
        if isinstance(self._source, UrlSource) and not self._source.is_private:
            notes.append("the URL is not https: whoever is on the way can change where keys and prompts are sent")
        if self._disk is not None and self._disk.note is not None:
            notes.append(self._disk.note)
        return self._known.status(
            source=self._source.label,
            now=None if self._worker is None else self._clock.monotonic(),
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
        self._settle(GatewayClosedError("the gateway was closed"))

    def after_fork(self) -> None:
        """Forget, in a forked child, the parent's thread, locks and waiters; the first `ready()` starts anew."""
        self._renew()
        if self._worker is not None:
            self._worker.after_fork()
            self.current = None

    def _renew(self) -> None:
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._looking = False
        self._waiters: list[Future[Snapshot]] = []

    def _start_from_disk(self) -> None:
        """Serve from the last good copy before anybody waits for a network; only once, and only if nothing serves."""
        if not self._fresh_start:
            return
        self._fresh_start = False
        stored = None if self._disk is None or self._known.snapshot is not None else self._disk.load()
        if self._disk is None or stored is None:
            return
        try:
            snapshot = self._compile(stored.content, f"{self._source.label} (copy on disk)")
        except Exception as error:  # noqa: BLE001 - what lies on disk must never keep a process from starting
            self._disk.refuse(stored.digest)
            self._disk.note = f"the copy on disk is ignored: {_told(error)}"
        else:
            self._activate(snapshot, stored.etag, "copy on disk")

    def _look(self, *, hasty: bool) -> None:
        """Look at the source once and act on what is there. Raises `ManifestError`, after noting it.

        Not *hasty*, a file that is being written is left alone for now: raises `NotSettledError`.
        """
        with self._lock:
            self._looking = True
        error: Exception | None = None
        try:
            fetched = self._get(hasty=hasty)
            if fetched.content is not None:
                self._consider(fetched.content, fetched.etag)
            self._succeeded(fetched.fresh_s)
        except (APIConnectionError, FetchRefusedError) as failure:
            error = self._unavailable(failure)
        except ManifestError as refusal:
            error = copy.copy(refusal)
            self._failed(error, refusal.problems if isinstance(refusal, ManifestInvalidError) else (str(refusal),))
        finally:
            self._settle(error)
        if error is not None:
            raise error

    def _get(self, *, hasty: bool) -> Fetched:
        now = self._clock.time()
        if isinstance(self._source, FileSource):
            return read_file(self._source, now=None if hasty else now)
        assert isinstance(self._source, UrlSource)  # noqa: S101 - nobody looks at a manifest given in place
        return fetch_url(self._source, self._fetch, etag=self._known.etag, timeout_s=FETCH_TIMEOUT_S, now=now)

    def _consider(self, content: bytes, etag: str | None) -> None:
        """Put the document into force, or refuse it. Raises `ManifestError`; a document is refused only once."""
        digest = hashlib.sha256(content).hexdigest()
        serving = self._known.snapshot
        if serving is not None and serving.digest == digest:
            self._known = replace(self._known, etag=etag)
            snapshot = serving
        else:
            if self._refused is not None and self._refused[0] == digest:
                raise copy.copy(self._refused[1])
            try:
                snapshot = self._compiled(content)
                self._check_order(snapshot, serving)
            except ManifestError as error:
                self._refused = digest, copy.copy(error)
                self._tell(logging.ERROR, "refused", error=str(error))
                raise
            self._activate(snapshot, etag, "source")
        if self._disk is not None:
            self._disk.store(content, digest=digest, serial=snapshot.serial, etag=etag)

    def _compiled(self, content: bytes) -> Snapshot:
        try:
            return self._compile(content, self._source.label)
        except ManifestError:
            raise
        except Exception as error:
            message = f"{self._source.label}: it cannot be compiled ({_told(error)}); please report this"
            raise ManifestInvalidError(message, source=self._source.label) from error

    def _check_order(self, snapshot: Snapshot, serving: Snapshot | None) -> None:
        if serving is None or snapshot.serial > serving.serial:
            return
        if snapshot.serial == serving.serial:
            message = (
                f"{self._source.label}: serial {snapshot.serial} is in force with other content; "
                "raise the serial with every change"
            )
        else:
            message = (
                f"{self._source.label}: serial {snapshot.serial} is older than {serving.serial}, which is in force; "
                "to go back, publish the old content under a higher serial"
            )
        raise ManifestConflictError(message)

    def _activate(self, snapshot: Snapshot, etag: str | None, origin: str) -> None:
        """Swap: from here on, new calls are pinned to *snapshot*."""
        self._refused = None
        known = replace(self._known, snapshot=snapshot, etag=etag, activated_at=self._clock.time(), rejected=())
        if origin == "source":
            known = replace(known, checked_at=known.activated_at, checked_on=self._clock.monotonic())
        self._known = known
        with self._lock:
            self.current = snapshot
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if waiter.set_running_or_notify_cancel():
                waiter.set_result(snapshot)
        self._tell(logging.INFO, "activated", origin=origin)

    def _succeeded(self, fresh_s: float | None) -> None:
        recovered = self._known.last_error is not None
        self._failure = None
        self._next_s = self._pace.after_success(fresh_s)
        self._known = replace(
            self._known,
            checked_at=self._clock.time(),
            checked_on=self._clock.monotonic(),
            last_error=None,
            last_error_at=None,
            rejected=(),
        )
        if recovered:
            self._tell(logging.INFO, "recovered")

    def _unavailable(self, failure: APIConnectionError | FetchRefusedError) -> ManifestError:
        """Note that there is no document to be had, and give the error that says so."""
        label = self._source.label
        what = str(failure).rstrip(".")
        if isinstance(self._source, UrlSource):
            what = what.replace(self._source.url, label)
        serving = self._known.snapshot
        rest = "there is no last good copy" if serving is None else f"serial {serving.serial} keeps serving"
        error = ManifestUnavailableError(f"the manifest at {label} cannot be had ({rest}): {what}")
        error.__cause__ = failure if isinstance(failure, APIConnectionError) else None
        patient, retry_s = (
            (failure.patient, failure.retry_s) if isinstance(failure, FetchRefusedError) else (False, None)
        )
        first = self._known.last_error is None
        self._failed(error, self._known.rejected, patient=patient, retry_s=retry_s)
        if first:
            self._tell(logging.WARNING, "unavailable", error=str(error))
        return error

    def _failed(
        self,
        error: ManifestError,
        rejected: tuple[str, ...],
        *,
        patient: bool | None = None,
        retry_s: float | None = None,
    ) -> None:
        """Note *error*. A document that was refused is looked at again at the usual pace: it may be repaired soon."""
        if patient is None:
            self._next_s = self._pace.after_success()
        else:
            self._next_s = self._pace.after_failure(patient=patient, retry_s=retry_s)
        wait_s = min(max(FAIL_FAST_S, retry_s or 0.0), _LONGEST_FAIL_FAST_S)
        self._failure = self._clock.monotonic() + wait_s, copy.copy(error)
        self._known = replace(self._known, last_error=str(error), last_error_at=self._clock.time(), rejected=rejected)

    def _settle(self, error: Exception | None) -> None:
        """End a look: who still waits, waits in vain."""
        with self._lock:
            self._looking = False
            waiters, self._waiters = (self._waiters, []) if error is not None else ([], self._waiters)
        for waiter in waiters:
            if waiter.set_running_or_notify_cancel():
                waiter.set_exception(copy.copy(error))

    def _tell(self, level: int, event: str, **more: str) -> None:
        """Write one log line for a transition, and report it."""
        status = self.status()
        facts = {"source": status.source, "serial": status.serial, "digest": (status.digest or "")[:12], **more}
        _log.log(
            level, "manifest %s: %s", event, " ".join(f"{key}={value}" for key, value in facts.items()), extra=facts
        )
        if self._report is not None:
            try:
                self._report(status)
            except Exception:  # noqa: BLE001 - a listener's fault is not the manifest's
                _log.exception("the manifest's status could not be reported")


def _weakly(holder: Holder) -> Callable[[], float]:
    reference = weakref.ref(holder)

    def tick() -> float:
        alive = reference()
        return _STOP if alive is None else alive.tick()

    return tick


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, ManifestError) else type(error).__name__
