"""`aigw manifest rollback`: old content under a new serial, for nothing is ever taken back."""

from aigw.cli.manifest.release.desk import desk_of
from aigw.cli.manifest.release.linting import warn
from aigw.cli.manifest.release.telling import Sent, tell_sent
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.types.json import without

_OVER = frozenset({"rollout", "expires_at", "source"})
"""What was meant for then: a ramp would begin anew."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Publish the content of an earlier serial again."""
    desk = desk_of(arguments)
    over = desk.current()
    old = desk.releases.of(arguments.back_to)
    desk.vouch(old, "Build it anew from its source.")
    serial = desk.serial(over)
    document = without(old.document, _OVER)
    change = f"rollback to serial {old.serial}"
    said = {"change": change, "ack": f"{change}: {arguments.why}" if arguments.why else change}
    content = desk.sealed([document], desk.header(document, serial, source=said))
    made = desk.send(content, over, lambda: warn(terminal, content, over, desk.now))
    lines = [f"in place of serial {over.serial}"] if over is not None else []
    if "rollout" in old.document:
        lines.append("without the rollout it had: all take it at once")
    tell_sent(desk, terminal, Sent(made, f"rolled back to serial {old.serial}", lines, {"back_to": old.serial}))
    return 0
