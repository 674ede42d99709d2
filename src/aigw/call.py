"""The envelope of a call: what travels through the pipeline, what comes back, and how long anybody may wait.

`Call` goes in and is frozen; a stage that changes something makes a new one with `with_`. `Reply` comes back: a stream
of canonical events with hooks that run exactly once at its end, whether it was read, dropped, closed or cut. `Trail` is
the one thing all stages write to: what the record will say.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeAlias

from aigw.errors import StreamInterrupted
from aigw.types.json import EMPTY, JsonObject

if TYPE_CHECKING:
    from aigw.manifest.snapshot import Route, Snapshot, Target, Unit, Unsupported
    from aigw.record import Record
    from aigw.types.events import Event
    from aigw.types.request import AnyRequest
    from aigw.types.usage import Usage
    from aigw.wire import HttpResponse


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock that everything about a call must end before. `at` is None for no limit."""

    at: float | None

    def left(self, now: float) -> float | None:
        """Seconds left at *now* (never negative), or None where there is no limit."""
        return None if self.at is None else max(0.0, self.at - now)

    def allows(self, seconds: float, now: float) -> bool:
        """Whether something that takes *seconds* can end in time if it starts *now*."""
        return self.at is None or now + seconds < self.at


UNLIMITED = Deadline(None)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one attempt, in seconds; None is no limit.

    `first_token` runs from the send of a streamed call to its first content event, `idle` from one content event to the
    next (comments and pings do not count), `total` over the whole attempt. `read` is for any bytes at all to arrive, as
    the read timeout of an HTTP client.
    """

    connect: float | None = 5.0
    first_token: float | None = None
    idle: float | None = 60.0
    total: float | None = 600.0
    read: float | None = None


NO_LIMITS = Timeouts(connect=None, first_token=None, idle=None, total=None)
"""What a caller asks for with `timeout=None`: no limit of an attempt, and no deadline of the call either."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `key_id` is a fingerprint of the key, never the key."""

    key_id: str | None = None
    team: str | None = None
    app: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target the route names, and whether it could take the call; `reason` is a code such as `breaker_open`."""

    target: str
    eligible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One send to one target. Times are in seconds; `error` is the class name of what went wrong, or None."""

    target: str
    number: int
    latency_s: float
    status: int | None = None
    error: str | None = None
    code: str | None = None
    request_id: str | None = None
    first_token_s: float | None = None
    waited_s: float = 0.0


ArmName: TypeAlias = Literal["candidate", "base"]
"""The sides of a rollout: the new manifest, and what it starts from."""


@dataclass(frozen=True, slots=True)
class Arm:
    """The side of a rollout that a call takes, and what decided it. As text: what the record says.

    The `unit` falls into `bucket` (0 to 9,999); those below `bp` take the candidate, unless this process is
    `held_back`, which says why. `order` is that of the manifest that holds the rollout.
    """

    rollout: str
    name: ArmName
    order: tuple[int, int]
    unit: "Unit"
    bucket: int
    bp: int
    held_back: str | None = None

    def __str__(self) -> str:
        return f"{self.rollout}:{self.name}"

    @property
    def why(self) -> str:
        """What decided, for people."""
        if self.held_back is not None:
            return f"this process holds itself back: {self.held_back}"
        return f"by {self.unit}, bucket {self.bucket}; those below {self.bp} take the candidate"


class Outcome(StrEnum):
    """How a call ended; `open` while it has not."""

    OPEN = "open"
    OK = "ok"
    ERROR = "error"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended, and the error that ended it, if one did."""

    outcome: Outcome
    error: BaseException | None = None


@dataclass(slots=True)
class Trail:
    """What happened on the way: written by the stages, read by the record. Never holds prompt text or secrets.

    `response` has status, headers and (where not streamed) body of the answer handed over, for `with_raw_response`.
    `first_token_at` and `ended_at` are on the monotonic clock. `counted_before` is True where the answer was made by an
    earlier call, whose record has its usage. `arm` is there while the manifest is being rolled out.
    """

    candidates: tuple[Candidate, ...] = ()
    attempts: list[Attempt] = field(default_factory=list["Attempt"])
    notes: list[str] = field(default_factory=list[str])
    target: "Target | None" = None
    route: str | None = None
    response: "HttpResponse | None" = None
    usage: "Usage | None" = None
    counted_before: bool = False
    finish_reason: str | None = None
    first_token_at: float | None = None
    ending: Ending | None = None
    ended_at: float | None = None
    arm: Arm | None = None
    record: "Record | None" = None
    """The record, once the call has ended."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about a call beside the request.

    `timeout` is for the whole call, in seconds, or limits for each attempt; None leaves it to the manifest, as it does
    for `unsupported`: what to do about what a target cannot express.
    """

    timeout: float | Timeouts | None = None
    max_retries: int | None = None
    extra_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    extra_query: JsonObject = EMPTY
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    unsupported: "Unsupported | None" = None


DEFAULTS = Options()
"""The options of a call that says nothing of its own."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request travelling the pipeline. `snapshot` is the manifest it is pinned to until its stream has ended.

    `at` is in seconds since the epoch, `started` on the monotonic clock. What routing decides is in `route`, `targets`
    and `deadline`; `target` and `attempt` (from 1) are those of the attempt under way.
    """

    id: str
    request: "AnyRequest"
    snapshot: "Snapshot"
    principal: Principal
    tags: Mapping[str, str]
    options: Options
    trail: Trail
    at: float
    started: float
    surface: str = "chat"
    deadline: Deadline = UNLIMITED
    route: "Route | None" = None
    targets: "tuple[Target, ...]" = ()
    target: "Target | None" = None
    attempt: int = 0

    @property
    def timeouts(self) -> Timeouts | None:
        """The caller's own limits of an attempt, or None."""
        return self.options.timeout if isinstance(self.options.timeout, Timeouts) else None

    @property
    def max_retries(self) -> int | None:
        """The caller's own limit of retries, or None."""
        return self.options.max_retries

    def aimed(self, target: "Target", attempt: int) -> "Call":
        """Give this call for its *attempt* (from 1) at *target*."""
        return self._moved(self.route, self.targets, self.deadline, target, attempt)

    def routed(self, route: "Route", targets: "tuple[Target, ...]", deadline: Deadline) -> "Call":
        """Give this call with the *route* and the ordered *targets* that may take it."""
        return self._moved(route, targets, deadline, None, 0)

    def _moved(
        self,
        route: "Route | None",
        targets: "tuple[Target, ...]",
        deadline: Deadline,
        target: "Target | None",
        attempt: int,
    ) -> "Call":
        """Give this call elsewhere on its way. Written out, as `replace` costs three times as much; a test compares."""
        return Call(
            self.id,
            self.request,
            self.snapshot,
            self.principal,
            self.tags,
            self.options,
            self.trail,
            self.at,
            self.started,
            self.surface,
            deadline,
            route,
            targets,
            target,
            attempt,
        )


class EventSource(Protocol):
    """Where a reply's events come from: an async iterator that can be closed at any point, more than once."""

    async def __anext__(self) -> "Event":
        """Wait for the next event."""
        ...

    async def aclose(self) -> None:
        """Let go of everything the source holds. May be called again."""
        ...


AFTER_END_S = 0.5
"""How long a stream may take to close after its terminal marker; past that its connection is not worth keeping."""

Look: TypeAlias = "Callable[[Event], None]"
EndHook: TypeAlias = Callable[[Ending], Awaitable[None]]


class Reply:
    """The answer to a call: a stream of canonical events that ends exactly once.

    It ends when it is read to its end, fails, is cancelled, or is closed, whichever comes first. Ending closes the
    source and then runs the end hooks, innermost stage first. A reply nobody reads must be closed.
    """

    __slots__ = ("_ending", "_held", "_hooks", "_looks", "_source")

    def __init__(self, source: EventSource, held: "Sequence[Event]" = ()) -> None:
        self._source = source
        self._held = deque(held)
        self._looks: list[Look] = []
        self._hooks: list[EndHook] = []
        self._ending: Ending | None = None

    @property
    def ending(self) -> Ending | None:
        """How it ended, or None while it is open."""
        return self._ending

    def on_event(self, look: Look) -> None:
        """Show *look* each event before it is handed on."""
        self._looks.append(look)

    def on_end(self, hook: EndHook) -> None:
        """Run *hook* once, when the reply ends."""
        self._hooks.append(hook)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> "Event":
        if self._ending is not None:
            raise _after(self._ending)
        try:
            event = self._held.popleft() if self._held else await self._source.__anext__()
        except StopAsyncIteration:
            await self._end(Ending(Outcome.OK))
            raise
        except BaseException as error:
            await self._end(Ending(outcome_of(error), error))
            raise
        for look in self._looks:
            look(event)
        return event

    async def aclose(self) -> None:
        """End the reply now; nothing happens if it has ended."""
        await self._end(Ending(Outcome.CLOSED))

    async def abort(self, error: Exception) -> None:
        """End the reply with *error*, met by whoever read it; nothing happens if it has ended."""
        await self._end(Ending(outcome_of(error), error))

    async def _end(self, ending: Ending) -> None:
        if self._ending is not None:
            return
        self._ending = ending
        try:
            await self._source.aclose()
        finally:
            for hook in self._hooks:
                await hook(ending)


def _after(ending: Ending) -> Exception:
    """Give what reading past *ending* raises: only a whole answer, or one its reader closed, ends cleanly."""
    if ending.outcome in {Outcome.OK, Outcome.CLOSED}:
        return StopAsyncIteration()
    message = f"The stream has ended before ({ending.outcome.value}), and not cleanly. Make the call again."
    error = StreamInterrupted(message)
    error.__cause__ = ending.error
    return error


class One:
    """An event source of a single event: how a complete answer becomes a stream."""

    __slots__ = ("_event",)

    def __init__(self, event: "Event") -> None:
        self._event: Event | None = event

    async def __anext__(self) -> "Event":
        event, self._event = self._event, None
        if event is None:
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """There is nothing to close."""


def outcome_of(error: BaseException) -> Outcome:
    """Tell how a call ended by what ended it. Cancellation and interrupts are no `Exception` in Python."""
    if not isinstance(error, Exception):
        return Outcome.CANCELLED
    return Outcome.INTERRUPTED if isinstance(error, StreamInterrupted) else Outcome.ERROR


class Patience:
    """How long one attempt may still wait, asked before every wait; the first limit to run out is its `phase`.

    Comments and pings keep a connection alive without keeping an attempt alive: only `progressed`, called for each
    content event, starts the idle limit anew.
    """

    __slots__ = ("_deadline", "_now", "_phase", "_started", "_timeouts", "_until", "streamed")

    def __init__(
        self, now: Callable[[], float], timeouts: Timeouts, deadline: Deadline, *, streamed: bool = False
    ) -> None:
        self._now = now
        self._timeouts = timeouts
        self._deadline = deadline
        self._started = now()
        self.streamed = streamed
        self._until, self._phase = self._nearest(timeouts.first_token if streamed else None, "first_token")

    @property
    def connect_limit(self) -> float | None:
        """The configured limit of a connection attempt, in seconds, or None."""
        return self._timeouts.connect

    def progressed(self) -> None:
        """Note that content of a stream arrived."""
        self._until, self._phase = self._nearest(self._timeouts.idle, "idle")

    def ended(self) -> None:
        """Note that the terminal marker of a stream arrived: only the connection's own end is still to come."""
        self._until, self._phase = self._nearest(AFTER_END_S, "idle")

    def connect(self) -> tuple[float | None, str]:
        """Give the seconds left to connect, and the name of the limit."""
        limit = self._timeouts.connect
        if limit is None or (self._until is not None and self._until <= self._started + limit):
            return self.left()
        return max(0.0, self._started + limit - self._now()), "connect"

    def left(self) -> tuple[float | None, str]:
        """Give the seconds left to wait for the next bytes (0.0: none), and the name of the limit that is nearest."""
        left = None if self._until is None else max(0.0, self._until - self._now())
        read = self._timeouts.read
        return (left, self._phase) if read is None or (left is not None and left <= read) else (read, "read")

    def _nearest(self, limit: float | None, phase: str) -> tuple[float | None, str]:
        """Give the moment of the nearest limit, and its name: *limit* from now, the attempt's total, the deadline."""
        moments: list[tuple[float, str]] = []
        if limit is not None:
            moments.append((self._now() + limit, phase))
        if self._timeouts.total is not None:
            moments.append((self._started + self._timeouts.total, "attempt"))
        if self._deadline.at is not None:
            moments.append((self._deadline.at, "deadline"))
        return min(moments) if moments else (None, "attempt")
