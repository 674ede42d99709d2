"""Judges what was delivered, in one visible order; whatever fails first is the reason for which it is refused.

Bytes go in, and what may be put into force comes out, or a `ManifestError` with the code of the check. What is in force
is not touched here: a document that is refused changes nothing.
"""

import copy
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias

from aigw.errors import ManifestConflictError, ManifestError, ManifestInvalidError, ManifestUntrustedError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.header import Header, header_of, read_header
from aigw.manifest.delivery.provenance import Provenance, Vouched
from aigw.manifest.delivery.reach import check_reach
from aigw.manifest.snapshot import Snapshot
from aigw.types.kind import Kind
from aigw.types.nack import Nack

Content: TypeAlias = "bytes | str | Mapping[str, object]"
Compile: TypeAlias = Callable[[Content, str, Snapshot | None], Snapshot]
"""Compiles (content, source's name, what serves now). Raises `ManifestInvalidError`."""

CLOCK_SLACK_S: Final = 300.0
"""How far in the future a document may have been issued: clocks differ."""

_REMEMBERED_S: Final = 600.0
"""How long a refusal stands for the same bytes. They cannot become good by themselves; a clock can be set right."""

_MANY_ROUTES: Final = 10


@dataclass(frozen=True, slots=True)
class Accepted:
    """What may be put into force: the compiled document, its exact bytes, and what speaks for it."""

    snapshot: Snapshot
    content: bytes
    vouched: Vouched


@dataclass(slots=True)
class _Candidate:
    """A document on its way through the checks, and what those before have found out.

    `at_hand`: it was kept. `from_afar`: it came over a network. `turns` is when a check that asked the clock will come
    to another result.
    """

    content: bytes
    source: str
    now: float
    serving: Snapshot | None = None
    at_hand: bool = False
    from_afar: bool = False
    turns: float = math.inf
    vouched: Vouched = field(init=False)
    header: Header = field(init=False)
    snapshot: Snapshot | None = None

    @property
    def compiled(self) -> Snapshot:
        assert self.snapshot is not None  # noqa: S101 - the checks behind compiling ask for it
        return self.snapshot


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Which bytes were refused under which trust, why, and from when until when that holds."""

    digest: str
    trust: str
    error: ManifestError
    since: float
    until: float

    def is_of(self, digest: str, trust: str, now: float) -> bool:
        return (self.digest, self.trust) == (digest, trust) and self.since <= now < self.until


class Intake:
    """The checks of one source's documents, under the bounds of this process.

    `seen` is the latest time that a signed document in force was issued at: no clock is believed to be earlier.
    """

    def __init__(  # noqa: PLR0913 - each is a seam that the composition root fills
        self,
        trust: Trust,
        *,
        compile: Compile,  # noqa: A002 - it says what it is
        kinds: Mapping[str, Kind],
        provenance: Provenance,
        from_afar: bool,
        warm: Callable[[Snapshot], None] | None = None,
    ) -> None:
        self.trust = trust
        self.seen = 0.0
        self._compile = compile
        self._kinds = kinds
        self._provenance = provenance
        self._from_afar = from_afar
        self._warm = warm
        self._highest: tuple[tuple[int, int], str] | None = None
        self._refused: _Refusal | None = None

    def accept(self, content: bytes, *, source: str, serving: Snapshot | None, now: float) -> Accepted:
        """Judge *content*, delivered from *source* while *serving* is in force. Raises `ManifestError`.

        Bytes that were refused are refused again without another look, until trust or clock have changed.
        """
        now = max(now, self.seen)
        digest = hashlib.sha256(content).hexdigest()
        known = self._refused
        if known is not None and known.is_of(digest, self._provenance.version, now):
            raise copy.copy(known.error)
        candidate = _Candidate(content, source, now, serving, from_afar=self._from_afar)
        try:
            return self._judged(candidate)
        except ManifestError as error:
            until = min(now + _REMEMBERED_S, candidate.turns)
            self._refused = _Refusal(digest, self._provenance.version, copy.copy(error), now, until)
            raise

    def accept_kept(self, content: bytes, *, source: str, came_with_the_code: bool = False) -> Accepted:
        """Judge a copy that was kept on disk or *came with the code*. Raises `ManifestError`.

        No clock is asked: what was good enough to be kept goes on serving, and status tells how old it is.
        """
        from_afar = self._from_afar and not came_with_the_code
        return self._judged(_Candidate(content, source, self.seen, at_hand=True, from_afar=from_afar))

    def accept_given(self, content: Content, *, source: str) -> Snapshot:
        """Judge what the code itself hands over: it is as trusted as the code, within the bounds that were set."""
        snapshot = self._compile(content, source, None)
        self._check_address(header_of(snapshot), source)
        check_reach(snapshot, self.trust, self._kinds, from_afar=False, source=source)
        return snapshot

    def note(self, accepted: Accepted) -> None:
        """Note that *accepted* is, or could be, in force: from here on, nothing below it is accepted."""
        snapshot = accepted.snapshot
        self._refused = None
        if self._highest is None or snapshot.order > self._highest[0]:
            self._highest = snapshot.order, snapshot.digest
        if accepted.vouched.verified == "signed" and snapshot.issued_at is not None:
            self.seen = max(self.seen, snapshot.issued_at)

    def _judged(self, candidate: _Candidate) -> Accepted:
        for check in (
            self._open,  # ENVELOPE, TRUST_CHAIN, SIG_MISSING, SIG_BAD, SIG_THRESHOLD, SCHEMA_MAJOR
            self._read,  # for JSON nothing; YAML is compiled to tell what it says of itself
            self._address,  # AUDIENCE, CHANNEL
            self._order,  # TRUST_CHAIN, ROLLBACK, EQUIVOCATION
            self._clock,  # NOT_YET, EXPIRED
            self._content,  # SCHEMA_MAJOR, INVALID, FEATURE
            self._bounds,  # BOUNDS
            self._collapse,  # COLLAPSE
            self._readiness,  # WARM
        ):
            check(candidate)
            if candidate.snapshot is not None and candidate.snapshot is candidate.serving:
                break
        return Accepted(candidate.compiled, candidate.content, candidate.vouched)

    def _open(self, candidate: _Candidate) -> None:
        now = None if candidate.at_hand else candidate.now
        candidate.vouched = self._provenance.open(
            candidate.content, source=candidate.source, unsigned="tls" if candidate.from_afar else "local", now=now
        )
        serving = candidate.serving
        if serving is not None and serving.digest == hashlib.sha256(candidate.vouched.payload).hexdigest():
            candidate.snapshot = serving

    def _read(self, candidate: _Candidate) -> None:
        header = read_header(candidate.vouched.payload)
        if header is None:
            self._content(candidate)
        candidate.header = header or header_of(candidate.compiled)

    def _address(self, candidate: _Candidate) -> None:
        self._check_address(candidate.header, candidate.source)

    def _check_address(self, header: Header, source: str) -> None:
        for name, wanted, found, nack in (
            ("audience", self.trust.audience, header.audience, Nack.AUDIENCE),
            ("channel", self.trust.channel, header.channel, Nack.CHANNEL),
        ):
            if wanted is not None and found != wanted:
                said = "it names none" if found is None else f"it is for {found[:60]!r}"
                _refuse(f"{source}: {said}, and this process takes {name} {wanted!r} only; check the URL", nack)

    def _order(self, candidate: _Candidate) -> None:
        header, source = candidate.header, candidate.source
        epoch = candidate.vouched.epoch
        if epoch is not None and header.epoch > epoch:
            what = f"it says epoch {header.epoch}, and the trust document it comes with is version {epoch}"
            _refuse(f"{source}: {what}; build it anew", Nack.TRUST_CHAIN)
        if header.serial < self.trust.min_serial:
            message = (
                f"{source}: serial {header.serial} is below {self.trust.min_serial}, the lowest this process takes"
            )
            raise ManifestConflictError(message)
        if self._highest is not None and not candidate.at_hand:
            digest = hashlib.sha256(candidate.vouched.payload).hexdigest()
            _check_order(header, digest, self._highest, source)

    def _clock(self, candidate: _Candidate) -> None:
        if candidate.at_hand:
            return
        header, source, now = candidate.header, candidate.source, candidate.now
        if header.issued_at is not None and header.issued_at > now + CLOCK_SLACK_S:
            candidate.turns = header.issued_at - CLOCK_SLACK_S
            ahead_s = header.issued_at - now
            what = f"it was issued {ahead_s:.0f} s in the future; set this machine's clock, or the publisher's"
            _refuse(f"{source}: {what}", Nack.NOT_YET)
        if header.expires_at is not None and header.expires_at <= now:
            what = f"it expired {now - header.expires_at:.0f} s ago; publish it anew, or set this machine's clock"
            _refuse(f"{source}: {what}", Nack.EXPIRED)
        if self.trust.require == "fresh" and not candidate.vouched.is_fresh(now):
            what = "nothing says that it is still the newest, which this process demands; run `aigw manifest heartbeat`"
            _refuse(f"{source}: {what}", Nack.EXPIRED)

    def _content(self, candidate: _Candidate) -> None:
        if candidate.snapshot is not None:
            return
        try:
            candidate.snapshot = self._compile(candidate.vouched.payload, candidate.source, candidate.serving)
        except ManifestError:
            raise
        except Exception as error:
            message = f"{candidate.source}: it cannot be compiled ({type(error).__name__}); please report this"
            raise ManifestInvalidError(message, source=candidate.source) from error

    def _bounds(self, candidate: _Candidate) -> None:
        check_reach(candidate.compiled, self.trust, self._kinds, from_afar=candidate.from_afar, source=candidate.source)

    def _collapse(self, candidate: _Candidate) -> None:
        serving, snapshot = candidate.serving, candidate.compiled
        if serving is None or snapshot.ack is not None:
            return
        for name, before, after in (
            ("providers", len(serving.providers), len(snapshot.providers)),
            ("routes", len(serving.routes), len(snapshot.routes)),
        ):
            shrinks = name == "routes" and before >= _MANY_ROUTES and before - after > self.trust.max_shrink * before
            if (before and not after) or shrinks:
                what = f"{after} of {before} {name} would be left; if that is meant, say why in source.ack"
                _refuse(f"{candidate.source}: {what}", Nack.COLLAPSE)

    def _readiness(self, candidate: _Candidate) -> None:
        if self._warm is None:
            return
        try:
            self._warm(candidate.compiled)
        except Exception as error:
            message = f"{candidate.source}: this process is not able to serve it: {error}"
            raise ManifestUntrustedError(message, nack=Nack.WARM) from error


def _check_order(header: Header, digest: str, highest: tuple[tuple[int, int], str], source: str) -> None:
    (epoch, serial), known = highest
    if header.order > (epoch, serial) or (header.order == (epoch, serial) and digest == known):
        return
    mine = f"serial {header.serial}" if header.epoch == epoch else f"serial {header.serial} of epoch {header.epoch}"
    other = str(serial) if header.epoch == epoch else f"serial {serial} of epoch {epoch}"
    if header.order == (epoch, serial):
        message = f"{source}: {mine} is in force with other content; raise the serial with every change"
        raise ManifestConflictError(message, nack=Nack.EQUIVOCATION)
    message = (
        f"{source}: {mine} is older than {other}, which is in force; "
        "to go back, publish the old content under a higher serial"
    )
    raise ManifestConflictError(message)


def _refuse(what: str, nack: Nack) -> NoReturn:
    message = f"{what}."
    raise ManifestUntrustedError(message, nack=nack)
