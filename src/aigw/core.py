"""The core that both faces share, and the one place where concrete sources and sinks are named."""

import contextlib
import hashlib
import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aigw.call import DEFAULTS, Options, Principal
from aigw.config import Config
from aigw.credentials.cache import Credentials
from aigw.errors import AigwError, GatewayClosedError, ManifestError, ManifestUnavailableError
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.follower import Follower
from aigw.manifest.delivery.holder import Holder, ManifestStatus
from aigw.manifest.delivery.intake import Intake
from aigw.manifest.delivery.provenance import Provenance
from aigw.manifest.delivery.shared import Shared
from aigw.manifest.delivery.sources import FileSource, UrlSource, source_of
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.default import default_snapshot
from aigw.manifest.snapshot import Snapshot
from aigw.pipeline import Handled, Pipeline
from aigw.protocols import Clock, Runtime, Sink
from aigw.providers.registry import kinds, operation_of
from aigw.record import Record
from aigw.runtime.background import Background, give_way
from aigw.runtime.clock import SystemClock
from aigw.runtime.fetch import Fetcher
from aigw.runtime.fork import Forkable, remember
from aigw.secrets import Schemes, Secrets
from aigw.sinks.log import LogSink
from aigw.sinks.named import sink_named
from aigw.types.request import AnyRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

START_LIMIT_S = 2.0
"""How long a first call may wait for a manifest that is nowhere at hand."""

HURRIED_S = 0.2
"""How long a call may wait for a look that the background thread did not make in time: the process was frozen."""


class Core:
    """One manifest, one pipeline, one set of connections and sinks, for a gateway and all its copies."""

    def __init__(self, config: Config, runtime: Runtime, clock: Clock | None) -> None:
        self._runtime = runtime
        self._closed = False
        self._fetcher = Fetcher(clock)
        self._waiter = Fetcher(clock)
        self._holder = _holder(config, self._fetcher, self._waiter, clock or SystemClock())
        self._default = default_snapshot(os.environ, kinds()) if self._holder is None else None
        self._does_without = config.on_no_manifest == "defaults"
        self._has_waited = False
        self._retained: Snapshot | None = None
        self._sinks = _sinks(config)
        self.pipeline = Pipeline(
            runtime,
            snapshot=self.snapshot,
            at_hand=self.at_hand,
            principal=principal_of(config.key),
            credentials=Credentials(Secrets()),
            sinks=self._sinks,
            lapsed_since=lambda: self.lapsed_since,
            troubled=self._surge,
        )
        remember(self)

    @property
    def source(self) -> str:
        """Where the manifest comes from, as messages name it."""
        return self.status().source

    @property
    def lapsed_since(self) -> float | None:
        """Since when, in seconds since the epoch, confidence in the manifest in force has lapsed; None: it has not."""
        return None if self._holder is None else self._holder.lapsed_since

    async def snapshot(self, within: float | None = None) -> Snapshot:
        """Give the manifest in force; the first call may wait for it, *within* seconds or `START_LIMIT_S` at most.

        Raises `GatewayClosedError`, and `ManifestError` where there is none to serve from.
        """
        self._check_open()
        if self._holder is None:
            return self._default_snapshot()
        found = self._holder.current
        if found is None:
            limit_s = START_LIMIT_S if within is None else min(within, START_LIMIT_S)
            found = await (self._first_or_default if self._does_without else self._first)(self._holder, limit_s)
        elif self._holder.is_late:
            found = await self._caught_up(self._holder, found, within)
        if found is not self._retained:
            self._retained = found
            self._runtime.retain(_pools(found))
        return found

    def at_hand(self) -> Snapshot | None:
        """Give the manifest in force if it is here already. Never waits."""
        return self._default_snapshot() if self._holder is None else self._holder.current

    async def refresh(self) -> bool:
        """Look at the source now; True if a new manifest is in force. Raises `ManifestError`."""
        self._check_open()
        if self._holder is None:
            self._default = default_snapshot(os.environ, kinds())
            return False
        return await self._runtime.offload(self._holder.check)

    def poke(self) -> None:
        """Have the source looked at now, in the background. Never waits."""
        if self._holder is not None:
            self._holder.poke()

    def status(self) -> ManifestStatus:
        """Tell what is known of the manifest."""
        if self._holder is not None:
            return self._with_rollout(self._holder.status())
        found = self._default_snapshot()
        return ManifestStatus(state="current", serial=found.serial, digest=found.digest, source=found.source)

    async def aclose(self) -> None:
        """Stop following the manifest, close connections and sinks. May be called again."""
        self._closed = True
        self._fetcher.close()
        self._waiter.close()
        if self._holder is not None:
            # It waits, up to a second, for a look that is under way; a fetch has just been ended.
            await self._runtime.offload(self._holder.close)
        await self._runtime.aclose()
        for sink in self._sinks:
            sink.close()

    def after_fork(self) -> None:
        """Leave the parent's connections and threads to the parent; the manifest in force stays."""
        self._runtime.after_fork()
        self._fetcher.after_fork()
        self._waiter.after_fork()
        self.pipeline.after_fork()
        for sink in self._sinks:
            if isinstance(sink, Forkable):
                sink.after_fork()
        if self._holder is not None:
            self._has_waited = False
            self._holder.after_fork()

    def _with_rollout(self, status: ManifestStatus) -> ManifestStatus:
        """Add how far the manifest's rollout is in this process, which only the pipeline knows."""
        snapshot = self.at_hand()
        health = None if snapshot is None else self.pipeline.rollouts.health(snapshot, self._runtime.time())
        if health is None:
            return status
        notes = status.notes if health.held_back is None else (*status.notes, f"held back: {health.held_back}")
        return replace(status, rollout_bp=health.bp, held_back=health.held_back is not None, notes=notes)

    def _surge(self) -> None:
        if self._holder is not None:
            self._holder.surge()

    def _check_open(self) -> None:
        if self._closed:
            message = "The gateway is closed. Make one for the process, and close it when the process ends."
            raise GatewayClosedError(message)

    def _default_snapshot(self) -> Snapshot:
        if self._default is None:
            self._default = default_snapshot(os.environ, kinds())
        return self._default

    async def _first_or_default(self, holder: Holder, limit_s: float) -> Snapshot:
        """Give the manifest, or what serves while there is none. Only the first call of a process waits."""
        if not self._has_waited:
            self._has_waited = True
            try:
                return await self._first(holder, limit_s)
            except ManifestError:
                pass  # it is logged, and looked for in the background
        return self._default_snapshot()

    async def _caught_up(self, holder: Holder, found: Snapshot, within: float | None) -> Snapshot:
        """Give the manifest that a look brings within `HURRIED_S`, else what was *found* before."""
        with contextlib.suppress(TimeoutError):
            await self._runtime.wait(holder.catch_up(), HURRIED_S if within is None else min(within, HURRIED_S))
        return holder.current or found

    async def _first(self, holder: Holder, limit_s: float) -> Snapshot:
        ready = holder.ready()
        try:
            return ready.result(0) if ready.done() else await self._runtime.wait(ready, limit_s)
        except TimeoutError:
            message = (
                f"No manifest came from {self.source} within {limit_s:g} s, and there is no last good copy "
                "of it here. Check the URL (`aigw manifest check`); it is tried again in the background."
            )
            raise ManifestUnavailableError(message) from None


class Bound:
    """A core with the options its calls begin with: the engine a gateway's surfaces are given."""

    __slots__ = ("_core", "_options")

    def __init__(self, core: Core, options: Options) -> None:
        self._core = core
        self._options = options

    async def open(self, request: AnyRequest, options: Options) -> Handled:
        """Send *request* through the pipeline, the call's own *options* over the gateway's."""
        return await self._core.pipeline.open(request, self._merged(options))

    def refused(self, model: str, error: AigwError, *, stream: bool, surface: str = "chat") -> None:
        """Put on record a call whose arguments could not be read."""
        self._core.pipeline.refused(model, error, self._options, stream=stream, surface=surface)

    async def offload(self, work: "Callable[[], T]") -> T:
        """Do *work*, which reads files, without holding up anyone else."""
        return await self._core.pipeline.runtime.offload(work)

    async def explain(self, request: AnyRequest, options: Options) -> Record:
        """Say what would become of *request*, calling nobody."""
        return await self._core.pipeline.explain(request, self._merged(options))

    def _merged(self, own: Options) -> Options:
        mine = self._options
        if own is DEFAULTS:
            return mine
        return Options(
            mine.timeout if own.timeout is None else own.timeout,
            mine.max_retries if own.max_retries is None else own.max_retries,
            {**mine.extra_headers, **own.extra_headers},
            own.extra_query,
            {**mine.tags, **own.tags},
            own.unsupported or mine.unsupported,
        )


def _holder(config: Config, fetch: Fetcher, wait: Fetcher, clock: Clock) -> Holder | None:
    manifest = config.embedded if config.manifest is None else config.manifest
    if manifest is None:
        return None
    source = source_of(manifest)
    disk = shared = None
    if isinstance(source, UrlSource) and config.cache_dir is not None:
        disk = DiskCopy(config.cache_dir, source.url)
        shared = Shared(disk, config.refresh_interval)
    intake = Intake(
        config.trust,
        compile=_compile,
        kinds=kinds(),
        provenance=Provenance(config.trust, disk),
        from_afar=isinstance(source, UrlSource),
        warm=_warm,
    )
    return Holder(
        Follower(
            source,
            fetch=fetch,
            clock=clock,
            random=random.random,
            interval_s=config.refresh_interval,
            shared=shared,
            wait=wait,
        ),
        intake=intake,
        background=Background,
        clock=clock,
        disk=disk,
        embedded=None if config.embedded is None else FileSource(str(config.embedded)),
    )


def _compile(content: "bytes | str | Mapping[str, object]", source: str, previous: Snapshot | None) -> Snapshot:
    """Compile in small bites, giving way to the application's threads (and its event loop) between them.

    The first document is compiled at a stretch: calls are waiting for it.
    """
    breathe = None if previous is None else give_way
    return compile_manifest(
        content, source=source, kinds=kinds(), schemes=Schemes(), breathe=breathe, previous=previous
    )


def _warm(snapshot: Snapshot) -> None:
    """See that there is an adapter for all that the providers of *snapshot* speak: a plugin may be broken."""
    for provider in (provider for one in _ramp(snapshot) for provider in one.providers.values()):
        for dialect in provider.kind.dialects:
            operation_of(dialect)


def _pools(snapshot: Snapshot) -> frozenset[str]:
    """Give what connections of *snapshot* are kept by, those of the base of its rollout included."""
    return frozenset(provider.key for one in _ramp(snapshot) for provider in one.providers.values())


def _ramp(snapshot: Snapshot) -> tuple[Snapshot, ...]:
    """Give *snapshot*, and the base of its rollout if it has one."""
    return (snapshot,) if snapshot.rollout is None else (snapshot, snapshot.rollout.base)


def principal_of(key: str | None) -> Principal:
    """Say who calls with *key*, which is kept as a fingerprint only."""
    return Principal(key_id=None if key is None else hashlib.sha256(key.encode()).hexdigest()[:12])


def _sinks(config: Config) -> tuple[Sink, ...]:
    sinks: tuple[Sink, ...] = (LogSink(),) if config.sinks is None else config.sinks
    return sinks if config.records is None else (*sinks, sink_named(config.records))
