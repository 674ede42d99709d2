"""Which targets may take a call, in which order, and why the others may not."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from aigw.call import Candidate
from aigw.errors import ModelNotFoundError
from aigw.manifest.snapshot import Route, Snapshot, Target

Objection = Callable[[Target], str | None]


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


def keeper(route: Route, does: Callable[[Target], bool]) -> Route:
    """Give *route* with only the first target that *does* what is asked: what lives there is known nowhere else."""
    return replace(route, targets=tuple(filter(does, route.targets))[:1] or route.targets)


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
