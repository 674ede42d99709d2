"""What a rule looks at, what it says, and what is said about it. Packages with rules of their own build on this.

A rule comes in by an entry point of the group `aigw.manifest_rules` that names a `Rule`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aigw.manifest.language.document import Document, Path
from aigw.manifest.publishing.findings import Level
from aigw.manifest.snapshot import Provider, Route, Snapshot
from aigw.types.json import JsonObject, as_array, as_object, as_text

__all__ = ["Body", "Entry", "Found", "Path", "Rule", "Subject"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found at `path`, or on `line` where it is nothing that has a path. `level` None is the rule's own."""

    path: Path
    message: str
    fix: str = ""
    level: Level | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A route as it is written, at `path`, and as it is compiled."""

    path: Path
    raw: JsonObject
    route: Route


@dataclass(frozen=True, slots=True)
class Body:
    """A manifest without its envelope, at `path`: the document itself, or the base of its rollout."""

    path: Path
    raw: JsonObject
    snapshot: Snapshot

    def routes(self) -> Iterator[Entry]:
        """Give the routes, without the models."""
        for at, written in enumerate(as_array(self.raw.get("routes"))):
            raw = as_object(written)
            route = self.snapshot.routes.get(as_text(raw.get("name")) or "")
            if route is not None:
                yield Entry((*self.path, "routes", at), raw, route)

    def providers(self) -> Iterator[tuple[Path, Provider]]:
        """Give the providers, each with its place."""
        for name, provider in self.snapshot.providers.items():
            yield (*self.path, "providers", name), provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A document under test: its text, what it says, and what it compiles to, or None if the reader refuses it.

    `now` is in seconds since the epoch; `min_reader` is the oldest version of aigw that is to read it, if that matters.
    """

    text: str
    document: Document
    snapshot: Snapshot | None
    now: float
    min_reader: str | None = None

    @property
    def raw(self) -> JsonObject:
        """What the document says."""
        return as_object(self.document.data)

    def bodies(self) -> Iterator[Body]:
        """Give the document itself and the base of its rollout, as far as the reader accepts them."""
        if self.snapshot is None:
            return
        yield Body((), self.raw, self.snapshot)
        if self.snapshot.rollout is not None:
            base = as_object(as_object(self.raw.get("rollout")).get("base"))
            yield Body(("rollout", "base"), base, self.snapshot.rollout.base)


Check: TypeAlias = Callable[[Subject], Iterable[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: what it is called, how grave it is, what it asks, why, and in YAML what it finds and what it wants."""

    id: str
    level: Level
    asks: str
    why: str
    instead_of: str
    write: str
    check: Check
