"""A gateway whose provider is a list of events, in both faces: what a surface needs to be tried alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aigw.call import Attempt, Call, Options, Outcome, Principal, Reply, Trail
from aigw.errors import AigwError
from aigw.manifest.snapshot import Provider, Snapshot, Target
from aigw.pipeline import Handled
from aigw.surfaces.chat.completions import AsyncCompletions, Completions
from aigw.types.events import Event
from aigw.types.kind import Kind
from aigw.types.request import Request
from aigw.wire import Headers, HttpResponse

NOW = 1_795_132_800.0
TARGET = Target(Provider("acme", Kind(name="openai", dialect="openai-chat", title="Acme"), "http://x/v1"), "m-1")


class StillRuntime:
    """A runtime in which no time passes and nothing is sent."""

    def monotonic(self) -> float:
        return 5.0

    def time(self) -> float:
        return NOW

    def custodian(self) -> Callable[[Callable[[], Awaitable[None]]], None]:
        return lambda close: None


class Played:
    """An event source that plays a list; an exception in it is raised at its place."""

    def __init__(self, events: Sequence[Event | Exception]) -> None:
        self._left = list(events)
        self.closed = False

    async def __anext__(self) -> Event:
        if not self._left:
            raise StopAsyncIteration
        event = self._left.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class FakeEngine:
    """Answers every call with the same events, and remembers what it was asked."""

    events: Sequence[Event | Exception]
    response: HttpResponse | None = None
    attempts: int = 1
    requests: list[Request] = field(default_factory=list)
    options: list[Options] = field(default_factory=list)
    sources: list[Played] = field(default_factory=list)
    ends: list[Outcome] = field(default_factory=list)
    refusals: list[tuple[str, AigwError, bool]] = field(default_factory=list)

    def refused(self, model: str, error: AigwError, *, stream: bool, surface: str = "chat") -> None:
        self.refusals.append((model, error, stream))

    async def open(self, request: Request, options: Options) -> Handled:
        self.requests.append(request)
        self.options.append(options)
        trail = Trail(target=TARGET, response=self.response)
        trail.attempts = [
            Attempt(TARGET.id, number + 1, 0.1, request_id=f"req-{number + 1}") for number in range(self.attempts)
        ]
        call = Call(
            id="call_1",
            request=request,
            snapshot=Snapshot(1, "d" * 64, "test", {}, {}),
            principal=Principal(),
            tags=dict(options.tags),
            options=options,
            trail=trail,
            at=NOW,
            started=3.0,
        )
        source = Played(self.events)
        self.sources.append(source)
        reply = Reply(source)

        async def ended(ending: Any) -> None:
            trail.ending = ending
            self.ends.append(ending.outcome)

        reply.on_end(ended)
        return Handled(call, reply, StillRuntime())


def ok_response() -> HttpResponse:
    return HttpResponse(200, Headers({"X-Request-Id": "req-http", "x-extra": "1"}), b'{"raw": true}')


class Face:
    """Drives one face's completions from a plain test: coroutines are run, streams are read into lists."""

    def __init__(self, name: str) -> None:
        self.name = name

    def completions(self, engine: FakeEngine) -> Any:
        return Completions(engine) if self.name == "sync" else AsyncCompletions(engine)

    def done(self, result: Any) -> Any:
        """Give what a method gave, awaited if it has to be."""
        if self.name == "sync":
            return result
        return asyncio.run(_awaited(result))

    def listed(self, result: Any) -> list[Any]:
        """Read a stream to its end."""
        if self.name == "sync":
            return list(result)
        return asyncio.run(_listed(result))

    def entered(self, manager: Any, use: str) -> Any:
        """Enter a manager, call the method *use* of what it gives (`iter`: read it to its end), and leave."""
        if self.name == "sync":
            with manager as opened:
                return list(opened) if use == "iter" else getattr(opened, use)()
        return asyncio.run(_entered(manager, use))


async def _awaited(result: Any) -> Any:
    return await result


async def _listed(result: Any) -> list[Any]:
    stream = await result if asyncio.iscoroutine(result) else result
    return [item async for item in stream]


async def _entered(manager: Any, use: str) -> Any:
    async with manager as opened:
        if use == "iter":
            return [item async for item in opened]
        return await getattr(opened, use)()


__all__ = ["NOW", "TARGET", "Face", "FakeEngine", "Played", "ok_response"]
