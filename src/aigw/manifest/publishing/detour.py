"""Lead a route elsewhere for a while: the edit that an outage asks for, with its end written into it."""

from collections.abc import Mapping
from dataclasses import dataclass

from aigw.errors import ConfigurationError
from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.types.times import written_time

__all__ = ["Detour", "detoured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detour:
    """Where *route* goes until a moment, in seconds since the epoch, when it ends by itself.

    `to` is `provider/model`, or a provider: then the route's own targets there take over, in their order. `away` is the
    provider that is left; targets of the route that are elsewhere stay behind `to`.
    """

    route: str
    to: str
    until: float
    away: str | None = None
    why: str = ""


def detoured(document: JsonObject, detour: Detour) -> dict[str, object]:
    """Give *document* with *detour*, in what a rollout starts from as well. Raises `ConfigurationError`.

    A ramp under way goes on as it was: it keeps the start it had.
    """
    result = _led(document, detour)
    rollout = as_object(document.get("rollout"))
    if rollout:
        start = rollout.get("start") or document.get("issued_at")
        base = as_object(rollout.get("base"))
        has_route = any(as_object(one).get("name") == detour.route for one in as_array(base.get("routes")))
        led = _led(base, detour) if has_route else base
        result["rollout"] = {**rollout, "start": start, "base": led}
    return result


def _led(body: JsonObject, detour: Detour) -> dict[str, object]:
    routes = [dict(as_object(one)) for one in as_array(body.get("routes"))]
    found = next((one for one in routes if one.get("name") == detour.route), None)
    if found is None:
        names = ", ".join(sorted(str(one.get("name")) for one in routes)) or "none"
        message = f"There is no route {detour.route!r}; the manifest has {names}. A model alone has no detour."
        raise ConfigurationError(message)
    targets = _targets(found, as_object(body.get("models")), detour)
    why = {"why": detour.why} if detour.why else {}
    found["instead"] = {"targets": targets, "until": written_time(detour.until), **why}
    return {**body, "routes": routes}


def _targets(route: JsonObject, models: Mapping[str, object], detour: Detour) -> list[object]:
    own = as_array(route.get("targets"))
    providers = [_provider_of(one, models) for one in own]
    if detour.away is not None and detour.away not in providers:
        named = ", ".join(sorted({one for one in providers if one})) or "none"
        message = f"No target of route {detour.route!r} is at {detour.away!r}; its targets are at {named}."
        raise ConfigurationError(message)
    pairs = list(zip(own, providers, strict=True))
    first = [detour.to] if "/" in detour.to else [one for one, provider in pairs if provider == detour.to]
    if not first:
        message = f"No target of route {detour.route!r} is at {detour.to!r}; name one as provider/model."
        raise ConfigurationError(message)
    rest = [one for one, provider in pairs if one not in first and provider not in (detour.away, detour.to)]
    return [*first, *rest]


def _provider_of(target: object, models: Mapping[str, object]) -> str | None:
    used = as_text(target) or as_text(as_object(target).get("use"))
    if used is None:
        return as_text(as_object(target).get("provider"))
    if "/" in used:
        return used.partition("/")[0]
    return _provider_of(models.get(used), {})
