"""Which targets may take a call, in which order, and why the others may not."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from aigw.call import Candidate
from aigw.errors import ModelNotFoundError
from aigw.manifest.snapshot import Route, Snapshot, Target

Objection = Callable[[Target], str | None]

_FAR: Final = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What routing decided: the targets to try, in order, and a verdict for every target the route names."""

    targets: tuple[Target, ...]
    candidates: tuple[Candidate, ...]


def find_route(snapshot: Snapshot, name: str) -> Route:
    """Give the route or model called *name*, or one made for `provider/model` where the manifest allows that.

    Raises `ModelNotFoundError`, which names near ones.
    """
    route = snapshot.routes.get(name)
    if route is not None:
        return route
    provider_name, _, model = name.partition("/")
    provider = snapshot.providers.get(provider_name)
    if provider is None and model and provider_name in snapshot.absent:
        raise _keyless(snapshot, provider_name)
    if provider is None or not model:
        raise _unknown(snapshot, name)
    if not snapshot.allow_direct:
        message = (
            f"The manifest ({snapshot.source}, serial {snapshot.serial}) does not allow direct names such as {name!r}. "
            f"Use one of its routes or models: {_listed(snapshot.routes)}."
        )
        raise ModelNotFoundError(message, code="direct_name_forbidden", param="model", type="invalid_request_error")
    target = Target(provider, model, snapshot.timeouts, snapshot.max_retries)
    return Route(name, "single", (target,), snapshot.timeout)


def keeper(route: Route, does: Callable[[Target], bool], home: str | None = None) -> Route:
    """Give *route* with only one target that *does* what is asked: what lives there is known nowhere else.

    It is the one nearest to the target *home*, if it is known who keeps what is asked for, else the first.
    """
    fit = sorted(filter(does, route.targets), key=lambda target: _distance(target, home))
    return replace(route, targets=tuple(fit[:1]) or route.targets)


def way_home(snapshot: Snapshot, home: str) -> Route | None:
    """Give a route that leads to the provider of the target *home*, and nowhere else; None where none does any more."""
    ways = [(target, route) for route in snapshot.routes.values() for target in _named(route)]
    target, route = min(ways, key=lambda way: _distance(way[0], home), default=(None, None))
    if target is not None and route is not None and _distance(target, home) < _FAR:
        return replace(route, targets=(target,), on_context_length=(), on_content_policy=(), instead=None)
    reachable = snapshot.allow_direct and home.partition("/")[0] in snapshot.providers
    return find_route(snapshot, home) if reachable else None


def _named(route: Route) -> tuple[Target, ...]:
    stand_ins = () if route.instead is None else route.instead.targets
    return (*route.targets, *route.on_context_length, *route.on_content_policy, *stand_ins)


def _distance(target: Target, home: str | None) -> int:
    """Say how far *target* is from *home*: what one of a provider's targets has issued, the others have, too."""
    if home is None or target.id == home:
        return 0
    return 1 if target.provider.name == home.partition("/")[0] else _FAR


def plan(route: Route, objection: Objection, is_open: Callable[[Target], bool]) -> Plan:
    """Judge each target of *route*: an *objection* rules it out; an open breaker too, unless all others are out.

    Reasons are codes: `ok`, `breaker_open`, `last_resort` (its breaker is open, and so is every other), or what
    *objection* says (`unsupported:n`, `no_secret`).
    """
    fit: list[Target] = []
    resting: list[Target] = []
    candidates: list[Candidate] = []
    for target in route.targets:
        reason = objection(target)
        if reason is None and is_open(target):
            resting.append(target)
            reason = "breaker_open"
        elif reason is None:
            fit.append(target)
        candidates.append(Candidate(target.id, reason is None, reason or "ok"))
    if not fit and resting:
        ids = {target.id for target in resting}
        candidates = [
            replace(one, eligible=True, reason="last_resort") if one.target in ids else one for one in candidates
        ]
    return Plan(tuple(fit or resting), tuple(candidates))


def _keyless(snapshot: Snapshot, provider: str) -> ModelNotFoundError:
    message = (
        f"There is no manifest and no key for {provider}. Set {snapshot.absent[provider]}, or name a manifest with "
        "`manifest=` or AIGW_MANIFEST."
    )
    return ModelNotFoundError(message, code="missing_key", param="model", type="configuration_error")


def _unknown(snapshot: Snapshot, name: str) -> ModelNotFoundError:
    known = list(snapshot.routes)
    if snapshot.allow_direct:
        known += [f"{provider}/…" for provider in snapshot.providers]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(repr(one) for one in near)}?" if near else f"It has: {_listed(known)}."
    where = f"The manifest ({snapshot.source}, serial {snapshot.serial})"
    if snapshot.absent:
        where = "There is no manifest (`manifest=` or AIGW_MANIFEST names one), and the embedded default"
    message = f"{where} has no route or model {name!r}. {hint}"
    return ModelNotFoundError(message, code="model_not_found", param="model", type="invalid_request_error")


def _listed(names: Iterable[str], most: int = 10) -> str:
    ordered = sorted(names)
    if not ordered:
        return "none"
    rest = len(ordered) - most
    return ", ".join(ordered[:most]) + (f" and {rest} more" if rest > 0 else "")
