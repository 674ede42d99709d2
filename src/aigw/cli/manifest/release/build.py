"""`aigw manifest build`: the document to sign and publish, of those that people write."""

import time
from pathlib import Path

from aigw.cli.manifest.files import replace_file
from aigw.cli.manifest.release.desk import DEFAULT_CHANNEL, header_of
from aigw.cli.manifest.release.documents import releases_at, with_ramp, written
from aigw.cli.manifest.release.judging import intake_for, judge
from aigw.cli.manifest.release.linting import allowed_in, insist
from aigw.cli.manifest.release.signing import Signing, signing_with
from aigw.cli.manifest.release.telling import SHORT, facts_of, tell
from aigw.cli.parsing import Arguments
from aigw.cli.sources import read_source
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.publishing.build import build
from aigw.manifest.publishing.releases import Published, published
from aigw.types.json import JsonObject, as_int, as_text


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Build it, and write it to standard output or a file. Nothing is signed, nothing is published."""
    content, label, _ = read_source(arguments.source or "")
    source = written(arguments, content, label)
    document = source.document
    signing = None if arguments.trust_folder is None else signing_with((), Path(arguments.trust_folder))
    over = _over(arguments, document, signing)
    serial = _serial(arguments, document, over)
    header = header_of(
        arguments,
        document,
        serial,
        now=time.time(),
        channel=arguments.channel,
        epoch=None if signing is None else signing.trust.version,
        source={},
    )
    payload = build([with_ramp(arguments, document, serial, over)], header)
    judge(intake_for(Trust(), from_afar=False), payload, source=label, before=None, now=header.issued_at)
    insist(terminal, payload, over, header.issued_at, allowed_in(source.texts))
    if arguments.output is None:
        terminal.out.write(payload.decode() + "\n")
        return 0
    replace_file(Path(arguments.output), payload)
    made = published(payload)
    head = f"built: serial {made.serial}, digest {made.digest[:SHORT]}, in {arguments.output}"
    following = f"aigw manifest sign {arguments.output} --key KEY"
    tell(arguments, terminal, {**facts_of(made), "place": arguments.output}, [head], following)
    return 0


def _over(arguments: Arguments, document: JsonObject, signing: Signing | None) -> Published | None:
    """Give what is published in the store that the serial is to come from."""
    if arguments.next_from is None:
        return None
    channel = arguments.channel or as_text(document.get("channel")) or DEFAULT_CHANNEL
    over = releases_at(arguments, arguments.next_from, channel).current()
    if over is not None and signing is not None:
        signing.vouch(over, "If that is expected, say --serial instead of --next-from.")
    return over


def _serial(arguments: Arguments, document: JsonObject, over: Published | None) -> int:
    if arguments.serial is not None:
        return arguments.serial
    own = as_int(document.get("serial"))
    if arguments.next_from is not None:
        channel = arguments.channel or as_text(document.get("channel")) or DEFAULT_CHANNEL
        after = max(0 if over is None else over.serial, (own or 1) - 1)
        return releases_at(arguments, arguments.next_from, channel).next_serial(after)
    if own is None:
        message = "Say which serial it has: --serial N, or --next-from STORE for the one after what is published."
        raise ConfigurationError(message)
    return own
