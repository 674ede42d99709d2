"""Compile targets: which provider and model each means, and with which limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aigw.call import Timeouts
from aigw.manifest.language.document import Path
from aigw.manifest.language.model import BodyPart, DefaultsPart, TargetPart
from aigw.manifest.language.problems import Problems, near, shown
from aigw.manifest.snapshot import Provider, Target
from aigw.types.json import EMPTY, JsonObject, as_array, as_object


def default_timeouts(defaults: DefaultsPart) -> Timeouts:
    """Give the limits of an attempt about which nothing else is said."""
    return Timeouts(
        connect=defaults.connect_timeout,
        first_token=defaults.first_token_timeout,
        idle=defaults.idle_timeout,
        total=defaults.attempt_timeout,
    )


@dataclass(frozen=True, slots=True)
class TargetCompiler:
    """Compiles the targets of one body.

    `raw` is how it was written; `providers` are those without problems; `timeouts` are the limits where none are said.
    """

    problems: Problems
    part: BodyPart
    raw: JsonObject
    providers: Mapping[str, Provider]
    timeouts: Timeouts

    @property
    def model_names(self) -> Mapping[str, object]:
        """All models there are, those with problems included, by name."""
        return as_object(self.raw.get("models"))

    @property
    def knows_providers(self) -> bool:
        """Whether it can be said at all which providers there are."""
        return isinstance(self.raw.get("providers", EMPTY), Mapping)

    @property
    def provider_names(self) -> Mapping[str, object]:
        """All providers there are, those with problems included, by name."""
        return as_object(self.raw.get("providers"))

    def targets(self, parts: tuple[TargetPart, ...], path: Path, retries: int | None) -> tuple[Target, ...]:
        """Compile a list of targets; those with problems are left out."""
        found = (self.target(part, (*path, at), retries) for at, part in enumerate(parts))
        return tuple(target for target in found if target is not None)

    def target(self, part: TargetPart, path: Path, retries: int | None) -> Target | None:
        """Compile one target. What it leaves open comes from the model it uses, then the route, then the defaults."""
        base: TargetPart | None = None
        if part.use is not None and "/" not in part.use:
            base = self.part.models.get(part.use)
            if part.use not in self.model_names:
                self.problems.add(self.use_path(path), self._unknown_model(part.use))
        named = self._named(base or part, path if base is None else ("models", part.use or ""))
        if named is None:
            return None
        parts = [part] if base is None else [part, base]
        limits = (*(own.max_retries for own in parts), retries, self.part.defaults.max_retries)
        params: dict[str, object] = {}
        for own in reversed(parts):
            params |= own.params
        return Target(
            provider=named[0],
            model=named[1],
            timeouts=self._limits(parts),
            max_retries=next(limit for limit in limits if limit is not None),
            params=_frozen(params),
        )

    def use_path(self, path: Path) -> Path:
        """Give the place of `use`, which has no key of its own where a target is written as a string."""
        raw: object = self.raw
        for step in path:
            raw = as_array(raw)[step] if isinstance(step, int) else as_object(raw).get(step)
        return path if isinstance(raw, str) else (*path, "use")

    def _named(self, part: TargetPart, path: Path) -> tuple[Provider, str] | None:
        """Give the provider and the model *part* names, or None; whoever uses a wrong model does not report it anew."""
        if part.use is None:
            provider, model, where = part.provider or "", part.model or "", (*path, "provider")
        else:
            provider, slash, model = part.use.partition("/")
            where = self.use_path(path)
            if not slash:
                return None
        if not self.knows_providers:
            return None
        if provider not in self.provider_names:
            self.problems.add(where, f"unknown provider {shown(provider)}; {near(provider, self.provider_names)}")
        elif not model.strip():
            self.problems.add(where, "does not say which model; write provider/model")
        elif found := self.providers.get(provider):
            return found, model
        return None

    def _unknown_model(self, name: str) -> str:
        if name in {part.name for part in self.part.routes}:
            return f"{name!r} is a route, and a route cannot be the target of another; name a model or provider/model"
        if name in self.provider_names:
            return f"{name!r} is a provider; write {name}/ and its model"
        hint = near(name, self.model_names)
        end = "" if hint.endswith("?") else "."
        return f"unknown model {shown(name)}; {hint}{end} Or write provider/model"

    def _limits(self, parts: list[TargetPart]) -> Timeouts:
        """Give the limits of an attempt: each the first that is set."""
        base = self.timeouts
        for part in reversed(parts):
            base = Timeouts(
                connect=base.connect if part.connect_timeout is None else part.connect_timeout,
                first_token=base.first_token if part.first_token_timeout is None else part.first_token_timeout,
                idle=base.idle if part.idle_timeout is None else part.idle_timeout,
                total=base.total if part.timeout is None else part.timeout,
            )
        return base


def _frozen(params: Mapping[str, object]) -> JsonObject:
    """Give *params* as they can be spread into a request; what is nested in them belongs to the snapshot alone."""
    return MappingProxyType(dict(params)) if params else EMPTY
