"""What a manifest says, as JSON for machines. No key is in it."""

from collections.abc import Sequence

from aigw.manifest.snapshot import Instead, Provider, Rollout, Route, Snapshot, Target
from aigw.secrets import Secrets
from aigw.types.times import written_time


def identity(snapshot: Snapshot) -> dict[str, object]:
    """Say which document it is."""
    return {"serial": snapshot.serial, "digest": snapshot.digest}


def facts(snapshot: Snapshot, secrets: Secrets) -> dict[str, object]:
    """Say all that *snapshot* says, and whether the keys it refers to can be read here."""
    return {
        "source": snapshot.source,
        **identity(snapshot),
        "epoch": snapshot.epoch,
        "audience": snapshot.audience,
        "channel": snapshot.channel,
        "issued_at": moment(snapshot.issued_at),
        "expires_at": moment(snapshot.expires_at),
        "fail_closed_after_s": snapshot.fail_closed_after,
        "ack": snapshot.ack,
        "ignored": list(snapshot.ignored),
        "quarantined": [{"route": one.route, "why": one.why, "now": one.now} for one in snapshot.quarantined],
        "rollout": None if snapshot.rollout is None else _rollout(snapshot.rollout, secrets),
        **_body(snapshot, secrets),
    }


def moment(at: float | None) -> str | None:
    """Write seconds since the epoch as people read them."""
    return None if at is None else written_time(at)


def _body(snapshot: Snapshot, secrets: Secrets) -> dict[str, object]:
    return {
        "allow_direct": snapshot.allow_direct,
        "tags": dict(snapshot.tags),
        "providers": [_provider(provider, secrets) for provider in snapshot.providers.values()],
        "routes": [_route(route) for route in snapshot.routes.values()],
    }


def _rollout(rollout: Rollout, secrets: Secrets) -> dict[str, object]:
    return {
        "id": rollout.id,
        "unit": rollout.unit,
        "stages": [{"at": moment(stage.at), "bp": stage.bp} for stage in rollout.stages],
        "guard": None
        if rollout.guard is None
        else {
            "min_calls": rollout.guard.min_calls,
            "max_error_delta": rollout.guard.max_error_delta,
            "max_latency_ratio": rollout.guard.max_latency_ratio,
        },
        "base": _body(rollout.base, secrets),
    }


def _provider(provider: Provider, secrets: Secrets) -> dict[str, object]:
    return {
        "name": provider.name,
        "kind": provider.kind.name,
        "dialect": provider.kind.dialect,
        "base_url": provider.base_url,
        "key": provider.secret,
        "key_is_readable": provider.secret is None or secrets.problem(provider.secret) is None,
        "hosts": sorted(provider.hosts),
        "unsupported": provider.unsupported,
    }


def _route(route: Route) -> dict[str, object]:
    return {
        "name": route.name,
        "strategy": route.strategy,
        "timeout_s": route.timeout,
        "targets": [_target(target) for target in route.targets],
        "fallback_on": sorted(route.fallback_on),
        "on_context_length": ids(route.on_context_length),
        "on_content_policy": ids(route.on_content_policy),
        "instead": None if route.instead is None else _instead(route.instead),
        "fail_closed_after_s": route.fail_closed_after,
    }


def _instead(detour: Instead) -> dict[str, object]:
    return {
        "until": moment(detour.until),
        "why": detour.why or None,
        "targets": [_target(target) for target in detour.targets],
    }


def ids(targets: Sequence[Target]) -> list[str]:
    """Give the names of *targets*."""
    return [target.id for target in targets]


def _target(target: Target) -> dict[str, object]:
    limits = target.timeouts
    return {
        "target": target.id,
        "max_retries": target.max_retries,
        "timeouts_s": {
            "connect": limits.connect,
            "first_token": limits.first_token,
            "idle": limits.idle,
            "total": limits.total,
        },
    }
