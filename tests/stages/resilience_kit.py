"""A bench for the resilience stage: scripted targets behind it, a clock that only moves when somebody waits."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from aigw.call import UNLIMITED, Attempt, Call, Deadline, Options, Principal, Reply, Trail
from aigw.errors import Failure
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON, Provider, Route, Snapshot, Target
from aigw.policies.breaker import Breakers
from aigw.policies.retry_budget import RetryBudgets
from aigw.runtime.drive import run as step
from aigw.stages.resilience import Resilience
from aigw.types.events import Answer, Ended, Event, TextDelta
from aigw.types.kind import Kind
from aigw.types.request import Request
from aigw.wire import Headers, HttpResponse

if TYPE_CHECKING:
    from aigw.protocols import Runtime

T = TypeVar("T")

KIND = Kind(name="test", dialect="test", title="Test")
ANSWER = Answer(())


def target(name: str, *, max_retries: int = 2) -> Target:
    return Target(Provider(name, KIND, f"http://{name}"), "m", max_retries=max_retries)


A, B, C = target("a"), target("b"), target("c")


class Time:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Blocking(Time):
    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)


class Awaiting(Time):
    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)
        await asyncio.sleep(0)


class Script:
    """Events of one stream, taking a moment each; a failure among them is raised. Notes whether it was closed."""

    def __init__(self, items: Iterable[Event | BaseException], bench: "Bench") -> None:
        self.items = deque(items)
        self.bench = bench
        self.is_closed = False

    async def __anext__(self) -> Event:
        self.bench.pulled(self)
        if self.bench.suspends:
            await asyncio.sleep(0)
        if not self.items:
            raise StopAsyncIteration
        self.bench.time.now += 0.125
        item = self.items.popleft()
        if isinstance(item, BaseException):
            raise item
        return item

    async def aclose(self) -> None:
        self.is_closed = True


Step = BaseException | Answer | Sequence[Event | BaseException]


@dataclass
class Bench:
    """One stage over scripted targets. `play` lists, by target id, what each attempt there comes to."""

    time: Time
    suspends: bool
    targets: tuple[Target, ...] = (A, B)
    fallback_on: frozenset[Failure] = DEFAULT_FALLBACK_ON
    on_context_length: tuple[Target, ...] = ()
    on_content_policy: tuple[Target, ...] = ()
    threshold: int = 5
    seconds_an_attempt: float = 1.0
    sent: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    play: dict[str, list[Step]] = field(default_factory=dict)
    pulled: Callable[[Script], None] = lambda _: None

    def __post_init__(self) -> None:
        self.breakers = Breakers(self.time.monotonic, threshold=self.threshold)
        self.budgets = RetryBudgets(self.time.monotonic)
        self.stage = Resilience(cast("Runtime", self.time), self.breakers, self.budgets, lambda: 0.0)

    def run(self, coroutine: Coroutine[object, None, T]) -> T:
        return asyncio.run(coroutine) if self.suspends else step(coroutine)

    def call(self, *, stream: bool = False, timeout: float | None = None, max_retries: int | None = None) -> Call:
        request = Request("test", "r", (), {}, stream, {})
        route = Route(
            "r",
            "fallback",
            self.targets,
            None,
            self.fallback_on,
            self.on_context_length,
            self.on_content_policy,
        )
        return Call(
            id="call",
            request=request,
            snapshot=Snapshot(1, "", "test", {}, {"r": route}),
            principal=Principal(),
            tags={},
            options=Options(max_retries=max_retries),
            trail=Trail(),
            at=0.0,
            started=self.time.now,
            deadline=UNLIMITED if timeout is None else Deadline(self.time.now + timeout),
            route=route,
            targets=self.targets,
        )

    async def proceed(self, call: Call) -> Reply:
        assert call.target is not None
        self.sent.append(call.target.id)
        self.numbers.append(call.attempt)
        self.time.now += self.seconds_an_attempt
        if self.suspends:
            await asyncio.sleep(0)
        step = self.play[call.target.id].pop(0)
        if isinstance(step, BaseException):
            raise step
        call.trail.response = HttpResponse(200, Headers({"x-request-id": "req"}))
        script = Script([step] if isinstance(step, Answer) else step, self)
        self.scripts.append(script)
        return Reply(script)

    def send(self, call: Call) -> Reply:
        return self.run(self.stage(call, self.proceed))

    def read(self, call: Call) -> tuple[list[Event], BaseException | None]:
        """Open and read a call to its end, as a caller does: what came, and the error that ended it."""
        return self.run(self.reading(call))

    async def reading(self, call: Call) -> tuple[list[Event], BaseException | None]:
        events: list[Event] = []
        try:
            reply = await self.stage(call, self.proceed)
            async for event in reply:
                events.append(event)  # noqa: PERF401 - what came before a failure counts
        except Exception as error:  # noqa: BLE001 - the error is the result
            return events, error
        return events, None


FACES = ("sync", "async")


def bench_for(face: str) -> Bench:
    return Bench(Awaiting(), suspends=True) if face == "async" else Bench(Blocking(), suspends=False)


def shape(attempts: Iterable[Attempt]) -> list[tuple[str, int, str | None]]:
    return [(attempt.target, attempt.number, attempt.error) for attempt in attempts]


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def is_whole(events: Sequence[Event]) -> bool:
    return bool(events) and isinstance(events[-1], Ended)
