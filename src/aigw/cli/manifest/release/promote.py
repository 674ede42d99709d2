"""`aigw manifest promote`: take what one channel offers to another, as it is."""

from aigw.cli.manifest.release.desk import desk_of
from aigw.cli.manifest.release.documents import releases_at, with_ramp
from aigw.cli.manifest.release.linting import warn
from aigw.cli.manifest.release.telling import Sent, tell_sent
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.types.json import without

_OWN = frozenset({"rollout", "serial", "channel", "expires_at"})
"""What belongs to a release in its channel, and does not go along."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Publish what channel FROM offers in channel TO, under TO's next serial."""
    origin, to = arguments.source or "", arguments.to
    if origin == to:
        message = f"FROM and TO are both {to!r}. Name two channels; `aigw manifest rollback` goes back in one."
        raise ConfigurationError(message)
    desk = desk_of(arguments, to)
    found = releases_at(arguments, arguments.store or "", origin).current()
    if found is None or not found.document:
        message = f"There is nothing in channel {origin!r} to promote."
        raise ConfigurationError(message)
    desk.vouch(found, "Publish it from its source instead.", channel=origin)
    over = desk.current()
    serial = desk.serial(over)
    document = without(found.document, _OWN)
    if arguments.preset is not None and arguments.base is None and over is not None:
        desk.vouch(over, "Say what the rollout starts from: --base FILE.")
    header = desk.header(document, serial, source={"change": f"promotion of {origin} serial {found.serial}"})
    content = desk.sealed([with_ramp(arguments, document, serial, over)], header)
    made = desk.send(content, over, lambda: warn(terminal, content, over, desk.now))
    lines = [f"the content of channel {origin}, serial {found.serial}"]
    if "rollout" in found.document:
        lines.append(f"without the rollout of {origin}: in {to}, all take it at once unless --rollout says otherwise")
    tell_sent(desk, terminal, Sent(made, f"promoted to {to}", lines, {"from": origin, "from_serial": found.serial}))
    return 0
