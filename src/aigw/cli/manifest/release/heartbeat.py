"""`aigw manifest heartbeat`: say that what is published is still the newest. For a cron job, every few hours."""

from aigw.cli.manifest.release.desk import desk_of
from aigw.cli.manifest.release.signing import freshness_of
from aigw.cli.manifest.release.telling import tell
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.manifest.publishing.releases import resealed
from aigw.types.times import written_time


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Put a new freshness statement into the envelope of what is published; its payload stays as it is."""
    desk = desk_of(arguments) if arguments.keys else None
    if desk is None or desk.signing is None:
        message = "A heartbeat is signed: give a --key that has the role freshness."
        raise ConfigurationError(message)
    over = desk.current_own()
    freshness = freshness_of(over, arguments, desk.now)
    content = resealed(over, desk.signing.statement(freshness))
    desk.judge(content, over)
    made = desk.releases.refresh(content, over=over)
    facts = {
        "serial": made.serial,
        "digest": made.digest,
        "fresh_until": written_time(freshness.expires),
        "expires_at": made.document.get("expires_at"),
        "place": desk.releases.label,
    }
    lines = [
        f"serial {made.serial} is the newest until {written_time(freshness.expires)}",
        f"the manifest itself expires {made.document.get('expires_at', 'never')}",
    ]
    tell(arguments, terminal, facts, lines)
    return 0
