"""Compile models and routes: the names callers use, and where each leads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aigw.errors import Failure
from aigw.manifest.language.document import Path
from aigw.manifest.language.model import FALLBACK_FAILURES, InsteadPart, KnownPart, RoutePart
from aigw.manifest.language.names import is_model_name
from aigw.manifest.language.problems import Problems, near, shown
from aigw.manifest.language.targets import TargetCompiler
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON, Instead, Route

_NAMES: Final = "a name is up to 128 letters, digits and . _ - : @ +; a slash would read as provider/model"


@dataclass(frozen=True, slots=True)
class RouteCompiler:
    """Compiles the routes of one body. *breathe* is called after each."""

    problems: Problems
    targets: TargetCompiler
    breathe: Callable[[], None]
    taken: dict[str, Path] = field(default_factory=dict[str, Path])

    def models(self) -> dict[str, Route]:
        """Compile the models: each is a route of one target."""
        routes: dict[str, Route] = {}
        for name, part in self.targets.part.models.items():
            path: Path = ("models", name)
            self._check_name(name, path)
            if part.use is not None and "/" not in part.use:
                what = f"{shown(part.use)} does not say which provider; write provider/model"
                self.problems.add(self.targets.use_path(path), what)
            elif target := self.targets.target(part, path, None):
                routes[name] = Route(name=name, strategy="single", targets=(target,))
        return routes

    def routes(self, positions: tuple[int, ...]) -> dict[str, Route]:
        """Compile the routes, which stood at *positions*."""
        routes: dict[str, Route] = {}
        for at, part in zip(positions, self.targets.part.routes, strict=True):
            path: Path = ("routes", at)
            self._check_name(part.name, (*path, "name"))
            self.claim(part.name, path)
            routes[part.name] = self._route(part, path)
            self.breathe()
        return routes

    def _route(self, part: RoutePart, path: Path) -> Route:
        if part.strategy == "single" and len(part.targets) > 1:
            what = "`single` takes exactly one target; write `strategy: fallback` to try one after the other"
            self.problems.add((*path, "strategy"), what)
        targets, retries, fallbacks = self.targets.targets, part.max_retries, (*path, "fallbacks")
        if part.else_ is not None:
            self.targets.target(part.else_, (*path, "else"), retries)
        return Route(
            name=part.name,
            strategy=part.strategy,
            targets=targets(part.targets, (*path, "targets"), retries),
            timeout=self._timeout(part),
            fallback_on=self._fallback_on(part.fallback_on, (*path, "fallback_on")),
            on_context_length=targets(part.fallbacks.context_length, (*fallbacks, "context_length"), retries),
            on_content_policy=targets(part.fallbacks.content_policy, (*fallbacks, "content_policy"), retries),
            instead=self._instead(part.instead, (*path, "instead"), retries),
            fail_closed_after=part.fail_closed_after,
        ).on_unsupported(part.unsupported)

    def stand_in(self, part: KnownPart, path: Path) -> Route | None:
        """Compile *part* as a route that leads to its `else:` alone; None where it has none that can be used."""
        if part.else_ is None or (target := self.targets.target(part.else_, (*path, "else"), part.max_retries)) is None:
            return None
        return Route(
            name=part.name,
            strategy="single",
            targets=(target,),
            timeout=self._timeout(part),
            fail_closed_after=part.fail_closed_after,
        ).on_unsupported(part.unsupported)

    def claim(self, name: str, path: Path) -> None:
        """Take *name* for what is at *path*; each is given once, to a model or to a route."""
        taken = self.taken.get(name) or (("models", name) if name in self.targets.model_names else None)
        if taken is not None:
            self.problems.add(
                (*path, "name"), f"{name!r} is the name of {self.problems.where(taken)} already; choose another"
            )
        self.taken.setdefault(name, path)

    def _timeout(self, part: RoutePart | KnownPart) -> float | None:
        return self.targets.part.defaults.timeout if part.timeout is None else part.timeout

    def _instead(self, part: InsteadPart | None, path: Path, retries: int | None) -> Instead | None:
        if part is None:
            return None
        targets = self.targets.targets(part.targets, (*path, "targets"), retries)
        return Instead(targets, part.until, part.why or "")

    def _fallback_on(self, names: tuple[str, ...] | None, path: Path) -> frozenset[Failure]:
        if names is None:
            return DEFAULT_FALLBACK_ON
        for at, name in enumerate(names):
            if name in (Failure.CONTEXT_LENGTH, Failure.CONTENT_POLICY):
                what = f"{name} has targets of its own; list them under `fallbacks: {{{name}: […]}}`"
                self.problems.add((*path, at), what)
            elif name not in FALLBACK_FAILURES:
                what = f"unknown failure {shown(name)}; {near(name, FALLBACK_FAILURES)}"
                self.problems.add((*path, at), what)
        return frozenset(Failure(name) for name in names if name in FALLBACK_FAILURES)

    def _check_name(self, name: str, path: Path) -> None:
        if not is_model_name(name):
            self.problems.add(path, _NAMES)
