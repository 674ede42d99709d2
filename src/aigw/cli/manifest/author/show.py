"""`aigw manifest check` and `aigw manifest show`."""

from collections.abc import Iterator
from typing import Final

from aigw.cli.manifest.author.facts import facts, identity, ids, moment
from aigw.cli.manifest.author.seal import seal_of
from aigw.cli.parsing import Arguments
from aigw.cli.sources import load, looked_at
from aigw.cli.terminal import Cell, Page, Terminal
from aigw.errors import ManifestInvalidError
from aigw.manifest.snapshot import Provider, Rollout, Route, Snapshot
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
        terminal.out.json({"ok": True, "source": snapshot.source, "problems": [], **identity(snapshot)})
    else:
        contents = f"{_counted(len(snapshot.providers), 'provider')}, {_counted(len(snapshot.routes), 'route')}"
        terminal.out.line(f"{snapshot.source}: good (serial {snapshot.serial}, {contents})", "good")
    return 0


def show(arguments: Arguments, terminal: Terminal) -> int:
    """Show what a manifest says."""
    found = looked_at(arguments.source)
    snapshot, envelope = (load(arguments.source), None) if found is None else found
    seal = None if envelope is None else seal_of(envelope)
    secrets = Secrets()
    if arguments.json:
        terminal.out.json({**facts(snapshot, secrets), "seal": None if seal is None else seal.as_dict()})
        return 0
    out = terminal.out
    _head(snapshot, out)
    if seal is not None:
        for line in seal.lines():
            out.line(line)
        if seal.problem is not None:
            out.line(seal.problem, "bad")
    _body(snapshot, secrets, out)
    if snapshot.rollout is not None:
        _ramp(snapshot.rollout, out)
        out.line()
        out.line(f"base of the rollout {snapshot.rollout.id}", "bold")
        _body(snapshot.rollout.base, secrets, out)
    return 0


def _head(snapshot: Snapshot, out: Page) -> None:
    """Say which document it is, for whom, and until when."""
    out.line(snapshot.source, "bold")
    epoch = f"epoch {snapshot.epoch}, " if snapshot.epoch else ""
    out.line(f"{epoch}serial {snapshot.serial}, digest {snapshot.digest[:_SHORT]}")
    said = {
        "audience": snapshot.audience,
        "channel": snapshot.channel,
        "issued": moment(snapshot.issued_at),
        "expires": moment(snapshot.expires_at),
        "acknowledged": snapshot.ack,
    }
    for name, value in said.items():
        if value is not None:
            out.line(f"{name} {value}")
    if snapshot.fail_closed_after is not None:
        out.line(f"serves for {snapshot.fail_closed_after:g} s once it is in doubt")
    for place in snapshot.ignored:
        out.line(f"ignored: {place}, which a newer aigw wrote", "dim")
    for one in snapshot.quarantined:
        out.line(f"in quarantine: {one.route} ({one.why}); now: {one.now}", "bad")


def _body(snapshot: Snapshot, secrets: Secrets, out: Page) -> None:
    out.line(f"direct names (provider/model) are {'allowed' if snapshot.allow_direct else 'not allowed'}")
    if snapshot.providers:
        out.line()
        rows = [_provider_row(provider, secrets) for provider in snapshot.providers.values()]
        out.table(["provider", "kind", "base url", "key", ""], rows, indent=_INDENT)
    if snapshot.routes:
        out.line()
        out.table(["route", "strategy", "targets, in order"], _route_rows(snapshot), indent=_INDENT)
    for route in snapshot.routes.values():
        for line in _beside(route):
            out.line(f"{_INDENT}{route.name}: {line}")


def _beside(route: Route) -> Iterator[str]:
    """Say what holds for a route beside its targets."""
    if route.instead is not None:
        why = f" ({route.instead.why})" if route.instead.why else ""
        yield f"instead, until {moment(route.instead.until)}: {', '.join(ids(route.instead.targets))}{why}"
    if route.on_context_length:
        yield f"after context_length: {', '.join(ids(route.on_context_length))}"
    if route.on_content_policy:
        yield f"after content_policy: {', '.join(ids(route.on_content_policy))}"
    if route.fail_closed_after is not None:
        yield f"serves for {route.fail_closed_after:g} s once the manifest is in doubt"


def _ramp(rollout: Rollout, out: Page) -> None:
    out.line()
    rows = [[f"{stage.bp / 100:g} %", moment(stage.at) or ""] for stage in rollout.stages]
    out.line(f"rollout {rollout.id}, by {rollout.unit}", "bold")
    out.table(["candidate", "from"], rows, indent=_INDENT)


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


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
