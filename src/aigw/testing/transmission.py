"""What a scripted server received and what it is to do: an answer as steps, wrong ones included."""

import json
import threading
from dataclasses import dataclass, field
from typing import TypeAlias

from aigw.types.json import JsonObject, as_object
from aigw.wire import Headers


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes of a body, written in one piece. `content` marks those that carry a token of the answer."""

    data: bytes = field(repr=False)
    content: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass, watching the client."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until the event is set; with none, until the client leaves or the server closes."""

    until: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection where it stands: by FIN, or by RST if `reset`."""

    reset: bool = False


Step: TypeAlias = Frame | Pause | Hold | Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """One answer as it goes over the wire.

    `before` happens before the status line. A streamed body goes out as one HTTP chunk a frame, any other with its
    length: the true one, or `length` where it lies. `close` ends the connection after the body; `write_size` cuts
    every write of the body into pieces of so many bytes.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    before: tuple[Step, ...] = ()
    streamed: bool = False
    length: int | None = None
    close: bool = False
    write_size: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """One request as it came in. `disconnected` is set at once when the client leaves before the answer is complete.

    Headers may hold a credential and the body a prompt, so the representation shows neither.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=Headers, repr=False)
    body: bytes = field(default=b"", repr=False)
    disconnected: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def json(self) -> JsonObject:
        """The body as a JSON object; empty if it is anything else."""
        try:
            return as_object(json.loads(self.body))
        except (ValueError, RecursionError):
            return as_object(None)
