"""`aigw manifest flip`: lead a route away from a provider for a while. The command for an outage."""

from aigw.cli.manifest.durations import seconds_of
from aigw.cli.manifest.release.desk import desk_of
from aigw.cli.manifest.release.linting import warn
from aigw.cli.manifest.release.telling import Sent, tell_sent
from aigw.cli.parsing import Arguments
from aigw.cli.sources import compiled
from aigw.cli.terminal import Terminal
from aigw.manifest.publishing.detour import Detour, detoured
from aigw.types.json import JsonObject, without
from aigw.types.times import written_time

_OVER = frozenset({"source"})
"""What was said of the change before: this is another one."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Publish what is published, with a detour that ends by itself."""
    desk = desk_of(arguments)
    over = desk.current_own()
    until = desk.now + seconds_of(arguments.lasting, "--for")
    detour = Detour(route=arguments.route, to=arguments.to, until=until, away=arguments.away or None, why=arguments.why)
    document = detoured(without(over.document, _OVER), detour)
    serial = desk.serial(over)
    change = f"flip of {detour.route} to {detour.to}"
    content = desk.sealed([document], desk.header(document, serial, source={"change": change}, past=until))
    made = desk.send(content, over, lambda: warn(terminal, content, over, desk.now))
    targets = _targets(made.document, detour.route)
    lines = [
        f"route {detour.route} goes to {', then '.join(targets)}",
        f"it goes back by itself at {written_time(until)}, without another publication",
        f"to end it before: aigw manifest rollback {over.serial} --store {arguments.store} …",
    ]
    extra = {"route": detour.route, "targets": targets, "until": written_time(until), "back_to": over.serial}
    tell_sent(desk, terminal, Sent(made, "flipped", lines, extra))
    return 0


def _targets(document: JsonObject, name: str) -> list[str]:
    """Give where the detour of route *name* leads, as processes read it."""
    route = compiled(document, "the new document").routes[name]
    return [] if route.instead is None else [target.id for target in route.instead.targets]
