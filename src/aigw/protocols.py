"""The seams: what each pluggable piece owes the rest, in one place.

Adapters are pure and synchronous. Everything that may wait is `async def` and waits only on a `Runtime`; under a sync
`Gateway` the runtime's methods never suspend, so the same code is stepped to its end in the caller's thread.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from typing_extensions import TypeIs

if TYPE_CHECKING:
    from concurrent.futures import Future

    from aigw.call import Call, Deadline, Patience, Reply
    from aigw.errors import APIError
    from aigw.manifest.snapshot import Provider, Target
    from aigw.record import Record
    from aigw.types.credential import Credential
    from aigw.types.events import Event, Whole
    from aigw.types.kind import Kind
    from aigw.types.operation import Operation
    from aigw.types.request import AnyRequest
    from aigw.wire import Headers, HttpRequest, HttpResponse

T = TypeVar("T")
R_contra = TypeVar("R_contra", contravariant=True)
"""What an adapter writes: `Request`, `EmbeddingsRequest` or `RelayRequest`, as its operation says."""

Proceed: TypeAlias = "Callable[[Call], Awaitable[Reply]]"


class Stage(Protocol):
    """A step of the pipeline. Before `proceed`: look, and refuse or enrich. After: look, and finish."""

    async def __call__(self, call: "Call", proceed: Proceed) -> "Reply":
        """Handle *call*, usually by calling *proceed* with it (once, or once an attempt) and giving back its reply."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What an adapter wrote: the request, and a note for each thing the caller said that it leaves out."""

    request: "HttpRequest"
    notes: tuple[str, ...] = field(default=())


class Decoder(Protocol):
    """Reads one streamed answer. Any split of the byte stream gives the same events."""

    def feed(self, data: bytes) -> "Sequence[Event]":
        """Give the events that *data* completes. An error inside the stream comes in its place, as `Broken`."""
        ...

    def end(self) -> "Sequence[Event]":
        """Give what is left when the connection has ended; no `Ended` without the dialect's terminal marker."""
        ...


class Adapter(Protocol[R_contra]):
    """Bytes to canonical types and back for one wire dialect. Pure: no waiting, no clock, no environment, no key."""

    dialect: str
    operation: "Operation"

    def unsupported(self, request: R_contra, target: "Target") -> tuple[str, ...]:
        """Name the parameters and parts of *request* that *target* cannot express (`n`, `messages[2].audio`)."""
        ...

    def write(self, request: R_contra, target: "Target") -> Outgoing:
        """Write *request* for *target*. Raises `UnsupportedParameterError`, or drops with a note, if so declared."""
        ...

    def read(self, response: "HttpResponse", target: "Target", request: R_contra) -> "Whole":
        """Read the complete answer to *request*.

        Raises the mapped `APIError` for an error inside a 200, `UnreadableAnswerError` for what is not the dialect.
        """
        ...

    def decoder(self, target: "Target", request: R_contra) -> Decoder:
        """Make a decoder for the streamed answer to *request*."""
        ...

    def error(self, response: "HttpResponse", target: "Target") -> "APIError":
        """Map a refusal to the most specific error. Never raises: an unreadable body leaves the status to decide."""
        ...


class OfflineAdapter(Protocol[R_contra]):
    """An adapter that needs no wire: it answers by itself, at once (`echo`)."""

    dialect: str
    operation: "Operation"

    def unsupported(self, request: R_contra, target: "Target") -> tuple[str, ...]:
        """Name what *target* cannot express, as `Adapter.unsupported`."""
        ...

    def play(self, request: R_contra, target: "Target") -> "Sequence[Event]":
        """Give the events of the answer: one `Answer`, or a whole stream ending in `Ended` if one is asked for."""
        ...


AnyAdapter: TypeAlias = Adapter[Any] | OfflineAdapter[Any]
"""An adapter whose operation, and so whose kind of request, is known only when it runs."""

AdapterFinder: TypeAlias = "Callable[[Kind, AnyRequest], AnyAdapter | None]"
"""Gives what a kind of provider takes a request by, or None where it has no such operation."""


def is_offline(adapter: AnyAdapter) -> TypeIs[OfflineAdapter[Any]]:
    """Whether *adapter* answers by itself."""
    # Asking a runtime-checkable protocol instead would cost more than routing does.
    return hasattr(adapter, "play")


class Exchange(Protocol):
    """One HTTP exchange under way: status and headers are here, the body is still to come."""

    status: int
    headers: "Headers"

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """Read the body to its end or to *limit* bytes, and say whether it was cut there."""
        ...

    async def chunk(self) -> bytes:
        """Wait for more of the body, as long as the attempt's `Patience` allows; empty at its end."""
        ...

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end, else drop it at once. May be called again."""
        ...


class Clock(Protocol):
    """Where the time comes from. A frozen clock of `aigw.testing` moves by itself instead of letting anybody wait."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def time(self) -> float:
        """Seconds since the epoch."""
        ...

    def skip(self, seconds: float) -> bool:
        """Move ahead by *seconds* and say True, if this clock does that; say False if the caller has to wait."""
        ...


class Runtime(Protocol):
    """The only thing that waits. One implementation blocks, the other awaits; both map foreign errors to ours."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def time(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def send(self, pool: str, request: "HttpRequest", patience: "Patience") -> Exchange:
        """Send *request* over a connection of *pool* and wait for the status and headers.

        Raises `APIConnectionError` or `APITimeoutError`. Redirects are never followed.
        """
        ...

    async def wait(self, future: "Future[T]", timeout_s: float) -> T:
        """Wait for a result from another thread. Raises `TimeoutError`."""
        ...

    async def offload(self, work: Callable[[], T]) -> T:
        """Do *work*, which blocks, without holding up anyone else."""
        ...

    async def output_of(
        self, command: Sequence[str] | str, environ: Mapping[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        """Run a program to its end, and give its exit status and what it wrote. Raises `OSError`, `TimeoutError`."""
        ...

    def custodian(self) -> "Callable[[Callable[[], Coroutine[object, None, None]]], None]":
        """Give a function that closes something whose owner was dropped unread.

        The garbage collector calls it, from any thread; what it closes belongs to where `custodian` was called.
        """
        ...

    def retain(self, pools: frozenset[str]) -> None:
        """Close pools other than these once they are idle: their providers have left the manifest."""
        ...

    def after_fork(self) -> None:
        """Forget, in a forked child, all connections without closing them: they are the parent's."""
        ...

    async def aclose(self) -> None:
        """Close all connections. May be called again."""
        ...


class SecretSource(Protocol):
    """Resolves references of one scheme (`env:`, `file:`). Values never appear in a representation or an error."""

    scheme: str

    def fetch(self, reference: str) -> str:
        """Give the secret for *reference* (without its scheme). Raises `SecretError`, naming only the reference."""
        ...


class CredentialSource(Protocol):
    """Obtains credentials of one scheme that have to be fetched and that expire (`aws:`, `google:`, `azure:`)."""

    scheme: str

    async def obtain(
        self, reference: str, provider: "Provider", runtime: Runtime, deadline: "Deadline"
    ) -> "Credential":
        """Give a credential for *reference* (without its scheme), waiting only on *runtime* and not past *deadline*.

        Raises `SecretError`, naming only the reference.
        """
        ...


class Sink(Protocol):
    """Where records go. Called once for each call, at its end, in the caller's thread or task: it must be quick."""

    def write(self, record: "Record") -> None:
        """Take *record*. What it raises is logged and never reaches the caller."""
        ...

    def close(self) -> None:
        """Flush and let go of files. May be called again."""
        ...
