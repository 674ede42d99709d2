"""The pipeline: its order, folded once, and the engine that sends calls down it.

Read `ORDER` from left to right for the way in and from right to left for the way back. `Engine` is all that surfaces
know of the rest: it pins the manifest's snapshot to a call and hands back a reply.
"""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Protocol, TypeVar

from aigw.call import Call, Options, Principal, Reply, Trail
from aigw.credentials.cache import Credentials
from aigw.errors import AigwError, GatewayClosedError
from aigw.manifest.snapshot import Rollout, Route, Snapshot
from aigw.policies.affinity import Issuers
from aigw.policies.breaker import Breakers
from aigw.policies.headers import check_headers
from aigw.policies.retry_budget import RetryBudgets
from aigw.policies.rollout import Rollouts
from aigw.protocols import Proceed, Runtime, Sink, Stage
from aigw.providers.registry import adapter_for
from aigw.record import Record
from aigw.stages.dispatch import Dispatch
from aigw.stages.recording import Recording, record_of
from aigw.stages.resilience import Resilience
from aigw.stages.routing import Routing
from aigw.types.request import AnyRequest, Request

T = TypeVar("T")

__all__ = ["ORDER", "Engine", "Handled", "Options", "Pipeline", "fold"]

ORDER = (Recording, Routing, Resilience)
"""The stages, outermost first; `Dispatch` stands behind the last. A test pins this."""

NOTHING = Snapshot(serial=0, digest="", source="none", providers={}, routes={})
"""What a call is pinned to that was refused before any manifest was there."""

tags_in_context: ContextVar[Mapping[str, str]] = ContextVar("aigw_tags", default={})  # noqa: B039 - never written to


@dataclass(frozen=True, slots=True)
class Handled:
    """A call that was answered, or has begun to be: its reply, and its record as far as it has come."""

    call: Call
    reply: Reply
    runtime: Runtime

    def record(self) -> Record:
        """Give what is known by now; complete once the reply has ended."""
        return record_of(self.call, self.runtime.monotonic())


class Engine(Protocol):
    """What a surface needs of the rest."""

    async def open(self, request: AnyRequest, options: Options) -> Handled:
        """Send *request* through the pipeline. Raises the errors of `aigw.errors`."""
        ...

    def refused(self, model: str, error: AigwError, *, stream: bool, surface: str = "chat") -> None:
        """Put on record a call whose arguments could not be read. Never waits."""
        ...

    async def offload(self, work: Callable[[], T]) -> T:
        """Do *work*, which reads files, without holding up anyone else."""
        ...


def _never() -> None:
    """Say that confidence in the manifest has not lapsed."""


def fold(stages: Sequence[Stage], last: Proceed) -> Proceed:
    """Nest *stages*, outermost first, around *last*."""
    for stage in reversed(stages):
        last = _around(stage, last)
    return last


def _around(stage: Stage, proceed: Proceed) -> Proceed:
    def step(call: Call) -> Awaitable[Reply]:
        return stage(call, proceed)

    return step


class Pipeline:
    """The stages of one gateway over one runtime. Holds no manifest: each call is pinned to the snapshot it began with.

    Breakers and retry budgets belong to targets, not to manifests: they survive a swap. *lapsed_since* tells since when
    (seconds since the epoch) the manifest in force may be out of date, or None while it is not in doubt; *troubled* is
    told whenever a target's breaker opens.
    """

    def __init__(  # noqa: PLR0913 - the seams of a gateway, all but one by name
        self,
        runtime: Runtime,
        *,
        snapshot: Callable[[float | None], Awaitable[Snapshot]],
        at_hand: Callable[[], Snapshot | None],
        principal: Principal,
        credentials: Credentials,
        sinks: Sequence[Sink],
        lapsed_since: Callable[[], float | None] = _never,
        troubled: Callable[[], None] | None = None,
    ) -> None:
        self.runtime = runtime
        self.breakers = Breakers(runtime.monotonic, opened=troubled)
        self.rollouts = Rollouts(lambda: token_hex(8))
        self._snapshot = snapshot
        self._at_hand = at_hand
        self._recording = Recording(runtime, sinks, self.rollouts)
        self._principal = principal
        self._issuers = Issuers()
        self._routing = Routing(
            adapter_for, credentials, lambda target: self.breakers.is_open(target.id), self._issuers, lapsed_since
        )
        self._budgets = RetryBudgets(runtime.monotonic)
        made: dict[type, Stage] = {
            Recording: self._recording,
            Routing: self._routing,
            Resilience: Resilience(runtime, self.breakers, self._budgets, random.random),
        }
        self._dispatch = Dispatch(runtime, adapter_for, credentials, self._issuers)
        self._first = fold([made[kind] for kind in ORDER], self._dispatch)

    async def open(self, request: AnyRequest, options: Options) -> Handled:
        """Send *request* down the stages. Raises the errors of `aigw.errors`."""
        begun = self._now()
        try:
            call = await self._call(request, options, begun)
        except GatewayClosedError:
            raise  # its sinks are closed, too
        except BaseException as error:
            self._recording.refuse(self._new(request, options, self._at_hand() or NOTHING, begun), error)
            raise
        return Handled(call, await self._first(call), self.runtime)

    async def explain(self, request: AnyRequest, options: Options) -> Record:
        """Say what would become of *request*, calling nobody. Raises what `open` would before targets are judged."""
        call, _ = await self.rehearse(request, options)
        return record_of(call, self.runtime.monotonic())

    async def rehearse(self, request: AnyRequest, options: Options) -> tuple[Call, Route]:
        """Take *request* as far as its first attempt, calling nobody: give the call, and its route as it was judged.

        Raises as `explain` does.
        """
        call = await self._call(request, options, self._now())
        if call.trail.arm is not None:
            call.trail.notes.append(f"rollout: {call.trail.arm}, {call.trail.arm.why}")
        route, decided = self._routing.decide(call)
        if decided.targets:
            call.trail.target = decided.targets[0]
            self._dispatch.rehearse(call.aimed(decided.targets[0], 1))
        return call, route

    def refused(self, model: str, error: AigwError, options: Options, *, stream: bool, surface: str) -> None:
        """Put on record a call whose arguments could not be read, so that no request could be made of them."""
        request = Request("", model, (), {}, stream=stream, verbatim={}, surface=surface)
        self._recording.refuse(self._new(request, options, self._at_hand() or NOTHING, self._now()), error)

    def after_fork(self) -> None:
        """Give up, in a forked child, locks that a thread of the parent may have held."""
        self.breakers.after_fork()
        self._budgets.after_fork()
        self._issuers.after_fork()
        self.rollouts.after_fork()

    async def _call(self, request: AnyRequest, options: Options, begun: tuple[float, float]) -> Call:
        check_headers(options.extra_headers)
        within = options.timeout if isinstance(options.timeout, float | int) else None
        call = self._new(request, options, await self._snapshot(within), begun)
        rollout = call.snapshot.rollout
        return call if rollout is None else self._sided(call, rollout)

    def _sided(self, call: Call, rollout: Rollout) -> Call:
        """Give *call* pinned to the side of *rollout* that it takes, from here to its end."""
        arm = call.trail.arm = self.rollouts.choose(call, rollout)
        if arm.unit != rollout.unit:
            call.trail.notes.append(f"rollout: by {arm.unit}, as the call has no {rollout.unit}")
        if arm.name == "candidate":
            return call
        return replace(call, snapshot=rollout.base, tags=_tags(rollout.base, call.options))

    def _now(self) -> tuple[float, float]:
        return self.runtime.time(), self.runtime.monotonic()

    def _new(self, request: AnyRequest, options: Options, snapshot: Snapshot, begun: tuple[float, float]) -> Call:
        at, started = begun
        return Call(
            id=f"call_{int(at * 1000):012x}{random.getrandbits(64):016x}",
            request=request,
            snapshot=snapshot,
            principal=self._principal,
            tags=_tags(snapshot, options),
            options=options,
            trail=Trail(),
            at=at,
            started=started,
            surface=request.surface,
        )


def _tags(snapshot: Snapshot, options: Options) -> Mapping[str, str]:
    return {**snapshot.tags, **options.tags, **tags_in_context.get()}
