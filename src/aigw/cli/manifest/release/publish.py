"""`aigw manifest publish`: build, sign and put before all processes, in one."""

from collections.abc import Callable

from aigw.cli.manifest.release.approval import Approval, approval_of
from aigw.cli.manifest.release.desk import DEFAULT_CHANNEL, Desk, desk_of
from aigw.cli.manifest.release.documents import with_ramp, written
from aigw.cli.manifest.release.linting import allowed_in, insist
from aigw.cli.manifest.release.telling import Sent, tell_sent
from aigw.cli.parsing import Arguments
from aigw.cli.sources import read_source
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.manifest.publishing.releases import Published, is_built, published
from aigw.manifest.signing.envelope import is_envelope
from aigw.types.json import JsonObject, as_int, as_text


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Publish a manifest as it was written, or as it was built and signed before."""
    approval = None if arguments.plan is None else approval_of(arguments.plan)
    content, label, _ = read_source(arguments.source or "")
    ready = published(content.strip())
    if is_envelope(content) or is_built(ready):
        return _publish_ready(arguments, terminal, ready, approval)
    source = written(arguments, content, label)
    document = source.document
    desk = desk_of(arguments, arguments.channel or as_text(document.get("channel")))
    over = desk.current()
    if approval is not None:
        approval.check(document, over)
    serial = desk.serial(over, as_int(document.get("serial")) or 0)
    if arguments.preset is not None and arguments.base is None and over is not None:
        desk.vouch(over, "Say what the rollout starts from: --base FILE.")
    header = desk.header(document, serial, source={} if approval is None else approval.said)
    made = desk.sealed([with_ramp(arguments, document, serial, over)], header)
    allowed = allowed_in(source.texts)
    return _out(desk, terminal, made, over, lambda: insist(terminal, made, over, desk.now, allowed))


def _publish_ready(arguments: Arguments, terminal: Terminal, ready: Published, approval: Approval | None) -> int:
    _check_options(arguments)
    channel = arguments.channel or ready.channel or DEFAULT_CHANNEL
    if ready.channel not in {None, channel}:
        message = (
            f"It is for channel {ready.channel!r}, not {channel!r}. To take it there: "
            f"aigw manifest promote {ready.channel} {channel}"
        )
        raise ConfigurationError(message)
    desk = desk_of(arguments, channel, is_signed=is_envelope(ready.content))
    over = desk.current()
    if approval is not None:
        approval.check(ready.document, over)
        approval.check_ready(ready.document)
    return _out(desk, terminal, desk.signed(ready), over, lambda: None)


def _check_options(arguments: Arguments) -> None:
    asked: JsonObject = {
        "--overlay": arguments.overlays,
        "--serial": arguments.serial,
        "--audience": arguments.audience,
        "--expires": arguments.expires,
        "--rollout": arguments.preset,
    }
    for option, value in asked.items():
        if value is not None:
            message = f"It is built already, so {option} comes too late: give it to `aigw manifest build`."
            raise ConfigurationError(message)


def _out(desk: Desk, terminal: Terminal, content: bytes, over: Published | None, ask: Callable[[], None]) -> int:
    made = desk.send(content, over, ask)
    is_same = over is not None and made.digest == over.digest
    replaced = None if over is None or is_same else over.serial
    lines = [] if replaced is None else [f"in place of serial {replaced}"]
    did = "it is published already" if is_same else "published"
    tell_sent(desk, terminal, Sent(made, did, lines, {"replaced": replaced}))
    return 0
