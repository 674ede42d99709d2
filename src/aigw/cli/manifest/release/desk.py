"""What commands that publish work with: a channel of a store, keys, the time; and the one way a document goes out."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from aigw.cli.manifest.durations import seconds_of
from aigw.cli.manifest.files import replace_file
from aigw.cli.manifest.release.judging import intake_for, judge
from aigw.cli.manifest.release.signing import FRESH_FOR, Signing, freshness_of, signing_of
from aigw.cli.manifest.release.stores.places import store_of
from aigw.cli.parsing import Arguments
from aigw.errors import ConfigurationError
from aigw.manifest.delivery.bounds import Trust, trust_of
from aigw.manifest.delivery.intake import Accepted
from aigw.manifest.language.features import own_version
from aigw.manifest.publishing.build import Header, build
from aigw.manifest.publishing.releases import Published, Releases, StoreConflictError, published
from aigw.manifest.signing.envelope import MANIFEST_TYPE, Envelope, is_envelope, read_envelope, write_envelope
from aigw.types.json import JsonObject, as_text

DEFAULT_CHANNEL: Final = "prod"
EXPIRES: Final = "90d"

_SOURCE: Final = ("repo", "commit", "change", "ack")


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's view: what was asked, of which channel, signed how, and when, in seconds since the epoch."""

    arguments: Arguments
    releases: Releases
    signing: Signing | None
    now: float

    def current(self) -> Published | None:
        """Give what is published. Raises `StoreConflictError` where that is not what --over names."""
        over, wanted = self.releases.current(), self.arguments.over
        if wanted is not None and wanted != (0 if over is None else over.serial):
            there = "nothing" if over is None else f"serial {over.serial}"
            message = f"{self.releases.label}: {there} is published, not serial {wanted}; look at it first."
            raise StoreConflictError(message)
        return over

    def current_own(self) -> Published:
        """Give what is published, which is to be signed anew. Raises `ConfigurationError`, `ManifestUntrustedError`."""
        over = self.current()
        if over is None:
            message = f"{self.releases.label}: nothing is published yet. Begin with `aigw manifest publish`."
            raise ConfigurationError(message)
        self.vouch(over, "Publish it from its source instead.")
        return over

    def vouch(self, found: Published, advice: str, *, channel: str | None = None) -> None:
        """Raise unless *found*, which a store gave for *channel* (default: ours), may be trusted with our signature."""
        wanted = channel or self.releases.channel
        if self.signing is None:
            return
        self.signing.vouch(found, advice)
        if found.channel not in {None, wanted}:
            message = (
                f"Serial {found.serial} of the store is not to be signed anew: it lies in channel {wanted!r}, and says "
                f"{found.channel!r}. {advice}"
            )
            raise ConfigurationError(message)

    def serial(self, over: Published | None, written: int = 0) -> int:
        """Give the serial of the next document: as said, else the one after *over*, and no less than *written*."""
        if self.arguments.serial is not None:
            return self.arguments.serial
        if over is not None:
            self.vouch(over, "If that is expected, say --serial, above what processes have seen.")
        return self.releases.next_serial(max(0 if over is None else over.serial, written - 1))

    def header(self, document: JsonObject, serial: int, *, source: Mapping[str, str], past: float = 0.0) -> Header:
        """Give what is said of *document* anew. It expires later than *past*, as said or in ninety days."""
        return header_of(
            self.arguments,
            document,
            serial,
            now=self.now,
            past=past,
            channel=self.releases.channel,
            epoch=None if self.signing is None else self.signing.trust.version,
            source=source,
        )

    def sealed(self, documents: Sequence[JsonObject], header: Header) -> bytes:
        """Give the document to publish: built, and signed unless all is unsigned."""
        return self.signed(published(build(documents, header)))

    def signed(self, made: Published) -> bytes:
        """Give *made*, signed with what these keys may add to it, with the signatures it has."""
        if self.signing is None:
            return made.content
        return write_envelope(self.signing.signed(envelope_of(made), freshness_of(made, self.arguments, self.now)))

    def judge(self, content: bytes, over: Published | None) -> Accepted:
        """Give what processes would put into force. Raises what they would: `ManifestError`."""
        intake = intake_for(self._trust(), from_afar=self.arguments.trust is not None)
        # A process that serves the very same payload would not look at it any further.
        before = None if over is None or over.digest == published(content).digest else over.content
        return judge(intake, content, source="the new document", before=before, now=self.now)

    def send(self, content: bytes, over: Published | None, ask: Callable[[], None]) -> Published:
        """Publish *content*, or write it to the file that was named, so that others can sign.

        Judges it before as processes will, and has *ask* look at what they take.
        """
        self._check_succeeds(published(content), over)
        if self.arguments.output is not None:
            self.judge_payload(content, over)
            ask()
            replace_file(Path(self.arguments.output), content)
            return published(content)
        self.judge(content, over)
        ask()
        return self.releases.publish(content, over=over)

    def judge_payload(self, content: bytes, over: Published | None) -> None:
        """Judge what *content* holds, which not all have signed yet."""
        before = None if over is None else over.payload
        judge(
            intake_for(Trust(), from_afar=False),
            published(content).payload,
            source="the new document",
            before=before,
            now=self.now,
        )

    def _check_succeeds(self, made: Published, over: Published | None) -> None:
        """Raise `ConfigurationError` where *made* has less behind it than *over*: processes would refuse it."""
        if over is None:
            return
        there = f"{self.releases.label}: serial {over.serial} there"
        if self.arguments.output is None and is_envelope(over.content) and not is_envelope(made.content):
            message = f"{there} is signed, and this is not. Sign it: --key KEY, and --trust-chain FOLDER."
            raise ConfigurationError(message)
        if made.epoch < over.epoch:
            message = (
                f"{there} is of epoch {over.epoch}, and this is of epoch {made.epoch}. Build it with --trust-chain "
                f"FOLDER, where version {over.epoch} of the trust document is, and sign it."
            )
            raise ConfigurationError(message)

    def _trust(self) -> Trust:
        if self.arguments.trust is not None:
            return trust_of(self.arguments.trust)
        return Trust() if self.signing is None else Trust(pin=self.signing.pin_file)


def desk_of(arguments: Arguments, channel: str | None = None, *, is_signed: bool = False) -> Desk:
    """Set out what *arguments* name; what *is signed* already needs no more keys. Raises what is wrong with it."""
    if arguments.store is None:
        message = "Say where releases are kept: --store FOLDER, or a https://, s3:// or gs:// URL."
        raise ConfigurationError(message)
    seconds_of(arguments.fresh_for or FRESH_FOR, "--fresh-for")
    store = store_of(arguments.store, endpoint=arguments.endpoint, headers=arguments.headers or ())
    releases = Releases(store, channel or arguments.channel or DEFAULT_CHANNEL)
    return Desk(arguments, releases, signing_of(arguments, is_signed=is_signed), time.time())


def header_of(  # noqa: PLR0913 - what a document is told of itself, all by name
    arguments: Arguments,
    document: JsonObject,
    serial: int,
    *,
    now: float,
    channel: str | None,
    epoch: int | None,
    source: Mapping[str, str],
    past: float = 0.0,
) -> Header:
    """Give what *arguments* say of *document*. It expires later than *past*, as said or in ninety days."""
    said = {name: value for name in _SOURCE if (value := getattr(arguments, name)) is not None}
    return Header(
        serial=serial,
        issued_at=now,
        expires_at=_expiry(arguments, document, now, past),
        audience=arguments.audience,
        channel=channel,
        epoch=epoch,
        built_with=own_version(),
        source={**source, **said},
    )


def envelope_of(made: Published) -> Envelope:
    """Give *made* in its envelope, or in one without signatures yet."""
    return read_envelope(made.content) if is_envelope(made.content) else Envelope(MANIFEST_TYPE, made.payload)


def _expiry(arguments: Arguments, document: JsonObject, now: float, past: float) -> float | None:
    """Give when it expires; None leaves what its author wrote, unless that is over by then."""
    if arguments.expires is not None:
        return now + seconds_of(arguments.expires, "--expires")
    written = _moment(as_text(document.get("expires_at")))
    if written is not None and written > max(now, past):
        return None
    return max(now, past) + seconds_of(EXPIRES, "--expires")


def _moment(written: str | None) -> float | None:
    try:
        return None if written is None else datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):  # the judgement to come says so
        return None
