"""What changes between two manifests, in what they mean: providers by field, routes target by target, limits, ramps.

Serial, digest and the times of issue and expiry are no change of meaning. References to secrets are told as references;
values of headers and of keys in parameters are not told at all.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from typing import Final, Literal, TypeAlias

from aigw.call import Timeouts
from aigw.manifest.snapshot import Provider, Rollout, Route, Snapshot, Target
from aigw.types.json import as_array, as_object
from aigw.types.keys import without_keys
from aigw.types.times import written_time

__all__ = ["Change", "Difference", "compare"]

PartName: TypeAlias = Literal["document", "tags", "defaults", "provider", "route", "rollout"]
Facts: TypeAlias = Mapping[str, str | None]
"""What is said of a thing, by field, as people read it; None where nothing is said."""

_LONGEST: Final = 120
_REACH: Final = frozenset({"kind", "base_url", "api_key", "hosts"})
"""Fields of a provider that decide who gets to see calls and keys."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is said otherwise. `before` is None for what is new, `after` for what is gone."""

    part: PartName
    name: str
    field: str
    before: str | None
    after: str | None

    @property
    def what(self) -> str:
        """Name what changes: `provider openai base_url`."""
        return " ".join(filter(None, (self.part, self.name, self.field)))

    @property
    def action(self) -> Literal["added", "removed", "changed"]:
        """Say what happens to it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def is_risky(self) -> bool:
        """Whether whoever reviews should look twice: a name is gone, or calls and keys reach somebody else."""
        if self.part == "route":
            return not self.field and self.after is None
        if self.part == "provider":
            return self.field in _REACH or (not self.field and self.after is None)
        return self.part == "document" and (self.field, self.after) == ("allow_direct", "true")


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes. `strays` is what changes for those that a rollout leaves at its base: it should be nothing."""

    changes: tuple[Change, ...]
    strays: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)


def compare(old: Snapshot, new: Snapshot) -> Difference:
    """Give what changes from *old* to *new*, in the order of documents."""
    ramp = _ramps(old.rollout, new.rollout)
    strays = () if new.rollout is None else tuple(_bodies(_base(old, new.rollout), new.rollout.base))
    return Difference((*_documents(old, new), *_bodies(old, new), *ramp), strays)


def _base(old: Snapshot, rollout: Rollout) -> Snapshot:
    """Give what those serve who do not take the candidate of *rollout*: of the same rollout before, its base."""
    return old.rollout.base if old.rollout is not None and old.rollout.id == rollout.id else old


def _documents(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    yield from _fields("document", "", _of_document(old), _of_document(new))


def _bodies(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """Compare what decides about calls."""
    yield from _fields("document", "", {"allow_direct": _flag(old)}, {"allow_direct": _flag(new)})
    yield from _fields("tags", "", old.tags, new.tags)
    yield from _fields("defaults", "", _of_defaults(old), _of_defaults(new))
    for name in _names(old.providers, new.providers):
        before, after = old.providers.get(name), new.providers.get(name)
        if before is None or after is None:
            yield Change("provider", name, "", _shown_provider(before), _shown_provider(after))
        else:
            yield from _fields("provider", name, _of_provider(before), _of_provider(after))
            if before.headers != after.headers and _names_of(before.headers) == _names_of(after.headers):
                yield Change("provider", name, "headers", "(values are not shown)", "(other values)")
    for name in _names(old.routes, new.routes):
        yield from _routes(name, old, new)


def _routes(name: str, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    before, after = old.routes.get(name), new.routes.get(name)
    if before is None or after is None:
        yield Change("route", name, "", _shown_route(before), _shown_route(after))
        return
    yield from _fields("route", name, _of_route(before, old), _of_route(after, new))
    yield from _targets("targets", name, before.targets, after.targets, (old, new))
    yield from _targets("fallbacks.context_length", name, before.on_context_length, after.on_context_length, (old, new))
    yield from _targets("fallbacks.content_policy", name, before.on_content_policy, after.on_content_policy, (old, new))
    detours = [() if route.instead is None else route.instead.targets for route in (before, after)]
    yield from _targets("instead.targets", name, detours[0], detours[1], (old, new))


def _targets(
    field: str, route: str, old: tuple[Target, ...], new: tuple[Target, ...], under: tuple[Snapshot, Snapshot]
) -> Iterator[Change]:
    """Compare lists of targets: which are gone, new, at another place, and said otherwise."""
    before, after = _numbered(old), _numbered(new)
    still = _in_place(list(before), list(after))
    for key in _names(before, after):
        was, is_now = before.get(key), after.get(key)
        where = f"{field}[{key}]"
        if was is None or is_now is None or key not in still:
            yield Change("route", route, where, was and f"place {was[0]}", is_now and f"place {is_now[0]}")
        if was is not None and is_now is not None:
            told = _of_target(was[1], under[0]), _of_target(is_now[1], under[1])
            for change in _fields("route", route, *told):
                yield replace(change, field=f"{where}.{change.field}")


def _numbered(targets: tuple[Target, ...]) -> dict[str, tuple[int, Target]]:
    """Give *targets* by name with their places from 1; one that stands twice has its number behind its name."""
    seen: Counter[str] = Counter()
    numbered: dict[str, tuple[int, Target]] = {}
    for place, target in enumerate(targets, 1):
        seen[target.id] += 1
        again = f" #{seen[target.id]}" if seen[target.id] > 1 else ""
        numbered[target.id + again] = (place, target)
    return numbered


def _in_place(old: list[str], new: list[str]) -> set[str]:
    """Give what keeps its order among what is in both lists: the rest has moved."""
    common = set(old) & set(new)
    before, after = ([key for key in keys if key in common] for keys in (old, new))
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {key for block in blocks for key in before[block.a : block.a + block.size]}


def _ramps(old: Rollout | None, new: Rollout | None) -> Iterator[Change]:
    yield from _fields("rollout", "", _of_rollout(old), _of_rollout(new))
    if old is not None and new is not None:
        for change in _bodies(old.base, new.base):
            yield Change("rollout", "base", change.what, change.before, change.after)


def _fields(part: PartName, name: str, old: Facts, new: Facts) -> Iterator[Change]:
    for field in _names(old, new):
        before, after = old.get(field), new.get(field)
        if before != after:
            yield Change(part, name, field, _cut(before), _cut(after))


def _names(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """Give all names: those of *new* in its order, then those that are gone."""
    return list(dict.fromkeys([*new, *old]))


def _of_document(snapshot: Snapshot) -> Facts:
    return {
        "audience": snapshot.audience,
        "channel": snapshot.channel,
        "epoch": str(snapshot.epoch),
        "fail_closed_after": _seconds(snapshot.fail_closed_after),
    }


def _of_defaults(snapshot: Snapshot) -> Facts:
    return {
        "timeout": _seconds(snapshot.timeout),
        "max_retries": str(snapshot.max_retries),
        **_of_timeouts(snapshot.timeouts),
    }


def _of_provider(provider: Provider) -> Facts:
    return {
        "kind": provider.kind.name,
        "base_url": provider.base_url,
        "api_key": provider.secret or "none",
        "hosts": _listed(sorted(provider.hosts)),
        "headers": _listed(_names_of(provider.headers)),
        "unsupported": provider.unsupported,
        **provider.settings,
    }


def _of_route(route: Route, under: Snapshot) -> Facts:
    detour = route.instead
    return {
        "strategy": route.strategy,
        "timeout": None if route.timeout == under.timeout else _seconds(route.timeout) or "none",
        "fallback_on": _listed(sorted(route.fallback_on)) or "none",
        "fail_closed_after": _seconds(route.fail_closed_after),
        "instead.until": None if detour is None else written_time(detour.until),
        "instead.why": None if detour is None else detour.why,
    }


def _of_target(target: Target, under: Snapshot) -> Facts:
    """Tell of *target* what it does not have from the defaults: a change of these is told once."""
    usual = _of_timeouts(under.timeouts)
    limits = _of_timeouts(target.timeouts)
    return {
        **{name: None if said == usual[name] else said or "none" for name, said in limits.items()},
        "max_retries": None if target.max_retries == under.max_retries else str(target.max_retries),
        "unsupported": target.on_unsupported,
        **{f"params.{name}": _shown(value) for name, value in target.params.items()},
    }


def _of_rollout(rollout: Rollout | None) -> Facts:
    if rollout is None:
        return {}
    guard = rollout.guard
    limits = () if guard is None else (f"{one.name} {getattr(guard, one.name)}" for one in fields(guard))
    return {
        "id": rollout.id,
        "unit": rollout.unit,
        "stages": ", ".join(f"{stage.bp} bp at {written_time(stage.at)}" for stage in rollout.stages),
        "guard": _listed(limits),
    }


def _of_timeouts(limits: Timeouts) -> dict[str, str | None]:
    named = {"total": "timeout of an attempt"}
    return {named.get(one.name, f"{one.name}_timeout"): _seconds(getattr(limits, one.name)) for one in fields(limits)}


def _shown_provider(provider: Provider | None) -> str | None:
    if provider is None:
        return None
    return f"{provider.kind.name} at {provider.base_url}, key {provider.secret or 'none'}"


def _shown_route(route: Route | None) -> str | None:
    if route is None:
        return None
    return f"{route.strategy}: {', '.join(target.id for target in route.targets)}"


def _names_of(headers: tuple[tuple[str, str], ...]) -> list[str]:
    return [name for name, _ in headers]


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    return dict(as_object(value)) or list(as_array(value))


def _flag(snapshot: Snapshot) -> str:
    return "true" if snapshot.allow_direct else "false"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:g} s"


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None


def _cut(text: str | None) -> str | None:
    if text is None:
        return None
    told = without_keys(text)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
