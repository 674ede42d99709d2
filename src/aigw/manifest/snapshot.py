"""The compiled manifest: deeply immutable, one object a process serves from, pinned by each call."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from aigw.call import Timeouts
from aigw.errors import Failure
from aigw.types.json import EMPTY, JsonObject
from aigw.types.kind import Kind

Unsupported: TypeAlias = Literal["error", "drop", "pass"]
Strategy: TypeAlias = Literal["single", "fallback"]
Unit: TypeAlias = Literal["instance", "tenant", "key", "session", "request"]
"""What a rollout hashes to decide who takes the candidate."""

DEFAULT_FALLBACK_ON = frozenset(
    {
        Failure.RATE_LIMITED,
        Failure.QUOTA,
        Failure.OVERLOADED,
        Failure.SERVER,
        Failure.TIMEOUT,
        Failure.CONNECTION,
        Failure.INTERRUPTED,
        Failure.UNREADABLE,
    }
)
"""Failures after which the next target is tried, unless a route says otherwise."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured endpoint. `secret` is a reference (`env:NAME`, `file:/path`), or None: no key is sent.

    `hosts` are the `host` or `host:port` names the key may be sent to. `settings` is what the kind asks for beside
    (`region`, `project`, `account`, `api_version`); those that are part of the base URL are in it already.
    """

    name: str
    kind: Kind
    base_url: str
    secret: str | None = None
    hosts: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = ()
    unsupported: Unsupported = "error"
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()))

    @property
    def key(self) -> str:
        """What connections are kept by: they survive a manifest swap while this stays the same."""
        return f"{self.name}|{self.base_url}"


@dataclass(frozen=True, slots=True)
class Target:
    """A provider and the provider's own name for a model, with the limits of an attempt there."""

    provider: Provider
    model: str
    timeouts: Timeouts = field(default_factory=Timeouts)
    max_retries: int = 2
    params: JsonObject = EMPTY
    on_unsupported: Unsupported | None = None

    @property
    def unsupported(self) -> Unsupported:
        """What to do about what the target cannot express: as the call or the route says, else as its provider does."""
        return self.on_unsupported or self.provider.unsupported

    @property
    def id(self) -> str:
        """How people and records name it: `provider/model`."""
        return f"{self.provider.name}/{self.model}"


@dataclass(frozen=True, slots=True)
class Instead:
    """Targets that stand in for a route's own until a moment, in seconds since the epoch: an outage's detour."""

    targets: tuple[Target, ...]
    until: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A logical model name and where it leads. `timeout` is the total deadline of a call, in seconds, or None.

    `on_context_length` and `on_content_policy` are tried instead of `targets` after those failures. `instead` stands in
    for `targets` until its moment has passed. `fail_closed_after` is how many seconds the route goes on serving once
    confidence in the manifest has lapsed; None: for ever.
    """

    name: str
    strategy: Strategy
    targets: tuple[Target, ...]
    timeout: float | None = None
    fallback_on: frozenset[Failure] = DEFAULT_FALLBACK_ON
    on_context_length: tuple[Target, ...] = ()
    on_content_policy: tuple[Target, ...] = ()
    instead: "Instead | None" = None
    fail_closed_after: float | None = None

    def on_unsupported(self, wanted: Unsupported | None) -> "Route":
        """Give this route with another word about what a target cannot express; None leaves it to the providers."""
        if wanted is None:
            return self
        return replace(
            self,
            targets=_told(self.targets, wanted),
            on_context_length=_told(self.on_context_length, wanted),
            on_content_policy=_told(self.on_content_policy, wanted),
            instead=self.instead and replace(self.instead, targets=_told(self.instead.targets, wanted)),
        )


def _told(targets: tuple[Target, ...], wanted: Unsupported) -> tuple[Target, ...]:
    return tuple(replace(target, on_unsupported=wanted) for target in targets)


@dataclass(frozen=True, slots=True)
class Stage:
    """From `at` (seconds since the epoch) on, `bp` basis points (0 to 10,000) of the units take the candidate."""

    at: float
    bp: int


@dataclass(frozen=True, slots=True)
class RolloutGuard:
    """When a process holds itself back at the base.

    The candidate's rate of failed calls exceeds the base's by more than `max_error_delta` (0 to 1), or its median
    latency exceeds `max_latency_ratio` times the base's, each over at least `min_calls` calls.
    """

    min_calls: int = 50
    max_error_delta: float = 0.05
    max_latency_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """A ramp: `stages` in order of time, by `unit`, from `base` (what the rest get) to the snapshot that holds this."""

    id: str
    unit: Unit
    stages: tuple[Stage, ...]
    base: "Snapshot"
    guard: RolloutGuard | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A route that says what this reader does not know, and what serves in its place: `now`."""

    route: str
    why: str
    now: Literal["last_good", "else", "none"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All a call needs to know of the manifest. `serial` and `digest` (sha256 of the document, hex) identify it.

    `routes` holds routes and models under one namespace, by the names callers use. With `allow_direct`, callers may
    also say `provider/model`. `absent` names providers that are not there and the environment variable that would bring
    each, where there is no manifest to ask. Times are in seconds since the epoch. `ack` is why its author means what a
    guard would take for an accident. `ignored` names what a newer author
    said that this reader may leave out, `quarantined` the routes it may not judge.
    """

    serial: int
    digest: str
    source: str
    providers: Mapping[str, Provider]
    routes: Mapping[str, Route]
    allow_direct: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
    timeout: float | None = 600.0
    max_retries: int = 2
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()))
    absent: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()))
    epoch: int = 0
    audience: str | None = None
    channel: str | None = None
    issued_at: float | None = None
    expires_at: float | None = None
    fail_closed_after: float | None = None
    rollout: Rollout | None = None
    ack: str | None = None
    ignored: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()

    @property
    def order(self) -> tuple[int, int]:
        """What documents are ordered by: a higher epoch outranks every serial of a lower one."""
        return self.epoch, self.serial
