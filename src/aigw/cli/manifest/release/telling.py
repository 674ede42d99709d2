"""How commands that publish tell what they did, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aigw.cli.manifest.release.desk import Desk
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.manifest.publishing.releases import Published
from aigw.manifest.signing.envelope import is_envelope, read_envelope
from aigw.types.json import EMPTY, as_text

SHORT: Final = 12


def tell(
    arguments: Arguments,
    terminal: Terminal,
    facts: Mapping[str, object],
    lines: Sequence[str],
    following: str | None = None,
) -> None:
    """Tell machines the *facts*, people the *lines*; *following* is the next sensible command."""
    if arguments.json:
        terminal.out.json({**facts, "next": following})
        return
    for number, line in enumerate(lines):
        terminal.out.line(line, "good" if number == 0 else None)
    if following is not None:
        terminal.out.line(f"next: {following}", "dim")


@dataclass(frozen=True, slots=True)
class Sent:
    """What was done with a document: in a word, in lines for people, in facts for machines."""

    made: Published
    did: str
    lines: Sequence[str] = ()
    facts: Mapping[str, object] = EMPTY


def tell_sent(desk: Desk, terminal: Terminal, sent: Sent) -> None:
    """Tell that a document is before all processes, or in a file for others to sign."""
    arguments, where, made, did = desk.arguments, desk.releases.label, sent.made, sent.did
    if arguments.output is not None:
        did, where = f"written, not published: {did}", arguments.output
    facts = {**facts_of(made), "channel": desk.releases.channel, "place": where, "published": arguments.output is None}
    head = f"{did}: serial {made.serial}, digest {made.digest[:SHORT]}, at {where}"
    tell(arguments, terminal, {**facts, **sent.facts}, [head, *_about(made), *sent.lines], _following(desk))


def facts_of(made: Published) -> dict[str, object]:
    """Give what machines want to know of *made*."""
    return {
        "serial": made.serial,
        "epoch": made.epoch,
        "digest": made.digest,
        "signed": is_envelope(made.content),
        "signatures": len(read_envelope(made.content).signatures) if is_envelope(made.content) else 0,
        "fresh": _has_freshness(made),
        "issued_at": as_text(made.document.get("issued_at")),
        "expires_at": as_text(made.document.get("expires_at")),
        "bytes": len(made.content),
    }


def _about(made: Published) -> list[str]:
    lines = [f"expires {made.document.get('expires_at', 'never')}"]
    if not is_envelope(made.content):
        lines.append("not signed: processes have the server's word for it only")
    elif not _has_freshness(made):
        lines.append("nothing says yet that it is the newest: run `aigw manifest heartbeat` with a freshness key")
    return lines


def _has_freshness(made: Published) -> bool:
    return is_envelope(made.content) and read_envelope(made.content).freshness is not None


def _following(desk: Desk) -> str:
    arguments = desk.arguments
    if arguments.output is not None:
        return f"aigw manifest sign {arguments.output} --key KEY, then aigw manifest publish {arguments.output}"
    trust = "" if desk.signing is None else f" --trust sha256:{desk.signing.chain[0].digest}"
    place = desk.releases.label if "://" not in desk.releases.label or desk.releases.label[:4] == "http" else "URL"
    return f"aigw manifest verify {place}{trust}"
