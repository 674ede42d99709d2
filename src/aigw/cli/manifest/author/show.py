"""`aigw manifest check` and `aigw manifest show`."""

from typing import Final

from aigw.cli.parsing import Arguments
from aigw.cli.sources import load
from aigw.cli.terminal import Cell, Terminal
from aigw.errors import ManifestInvalidError
from aigw.manifest.snapshot import Provider, Route, Snapshot, Target
from aigw.secrets import Secrets

_SHORT: Final = 12


def check(arguments: Arguments, terminal: Terminal) -> int:
    """Say everything that is wrong with a manifest; 0 if nothing is."""
    try:
        snapshot = load(arguments.source)
    except ManifestInvalidError as error:
        if arguments.json:
            terminal.out.json({"ok": False, "source": error.source, "problems": list(error.problems)})
        else:
            for problem in error.problems:
                terminal.out.line(problem)
            terminal.err.line(f"aigw: error: {error.source} has {_counted(len(error.problems), 'problem')}", "bad")
        return 1
    if arguments.json:
        terminal.out.json({"ok": True, "source": snapshot.source, "problems": [], **_identity(snapshot)})
    else:
        contents = f"{_counted(len(snapshot.providers), 'provider')}, {_counted(len(snapshot.routes), 'route')}"
        terminal.out.line(f"{snapshot.source}: good (serial {snapshot.serial}, {contents})", "good")
    return 0


def show(arguments: Arguments, terminal: Terminal) -> int:
    """Show what a manifest says."""
    snapshot = load(arguments.source)
    secrets = Secrets()
    if arguments.json:
        terminal.out.json(_as_dict(snapshot, secrets))
        return 0
    out = terminal.out
    out.line(snapshot.source, "bold")
    out.line(f"serial {snapshot.serial}, digest {snapshot.digest[:_SHORT]}")
    out.line(f"direct names (provider/model) are {'allowed' if snapshot.allow_direct else 'not allowed'}")
    if snapshot.providers:
        out.line()
        rows = [_provider_row(provider, secrets) for provider in snapshot.providers.values()]
        out.table(["provider", "kind", "base url", "key", ""], rows, indent=_INDENT)
    if snapshot.routes:
        out.line()
        out.table(["route", "strategy", "targets, in order"], _route_rows(snapshot), indent=_INDENT)
    return 0


_INDENT: Final = "  "


def _provider_row(provider: Provider, secrets: Secrets) -> list[Cell | str]:
    state = Cell("")
    if provider.secret is not None:
        missing = secrets.problem(provider.secret) is not None
        state = Cell("cannot be read now", "bad") if missing else Cell("is there", "good")
    return [Cell(provider.name, "bold"), provider.kind.name, provider.base_url, provider.secret or "none", state]


def _route_rows(snapshot: Snapshot) -> list[list[Cell | str]]:
    """Give a row for each target, the route's name on the first."""
    rows: list[list[Cell | str]] = []
    for route in snapshot.routes.values():
        for place, target in enumerate(route.targets):
            first = place == 0
            rows.append([Cell(route.name if first else "", "bold"), route.strategy if first else "", target.id])
    return rows


def _as_dict(snapshot: Snapshot, secrets: Secrets) -> dict[str, object]:
    return {
        "source": snapshot.source,
        **_identity(snapshot),
        "allow_direct": snapshot.allow_direct,
        "tags": dict(snapshot.tags),
        "providers": [_provider_as_dict(provider, secrets) for provider in snapshot.providers.values()],
        "routes": [_route_as_dict(route) for route in snapshot.routes.values()],
    }


def _identity(snapshot: Snapshot) -> dict[str, object]:
    return {"serial": snapshot.serial, "digest": snapshot.digest}


def _provider_as_dict(provider: Provider, secrets: Secrets) -> dict[str, object]:
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


def _route_as_dict(route: Route) -> dict[str, object]:
    return {
        "name": route.name,
        "strategy": route.strategy,
        "timeout_s": route.timeout,
        "targets": [_target_as_dict(target) for target in route.targets],
        "fallback_on": sorted(route.fallback_on),
        "on_context_length": [target.id for target in route.on_context_length],
        "on_content_policy": [target.id for target in route.on_content_policy],
    }


def _target_as_dict(target: Target) -> dict[str, object]:
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


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
