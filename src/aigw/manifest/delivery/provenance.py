"""Who says what a document says: opens envelopes by the trust in force, and never lets that trust go back."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from aigw.errors import ConfigurationError, ManifestUntrustedError
from aigw.manifest.delivery.bounds import Trust
from aigw.types.nack import Nack

if TYPE_CHECKING:
    from aigw.manifest.signing.envelope import Envelope
    from aigw.manifest.signing.freshness import Freshness
    from aigw.manifest.signing.keys import Verifier
    from aigw.manifest.signing.trust import TrustDocument

Verified: TypeAlias = Literal["signed", "tls", "local"]
"""What speaks for a document: keys, the server of its URL, or that it lies here or was given in place."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A payload and what speaks for it. `epoch` is the version of the trust document of those who signed, or None."""

    payload: bytes
    verified: Verified
    epoch: int | None = None
    freshness: "Freshness | None" = None

    def is_fresh(self, now: float) -> bool:
        """Whether it is known to be the newest, as far as anybody is expected to say so: keys are."""
        return self.verified != "signed" or (self.freshness is not None and self.freshness.expires > now)


class Memory(Protocol):
    """Where the chain of trust is kept, as bytes, as far as it was followed. Never raises."""

    def load_trust(self) -> bytes | None:
        """Give what was kept, or None."""
        ...

    def store_trust(self, chain: bytes) -> None:
        """Keep *chain*."""
        ...


class Provenance:
    """Opens documents of one source by the bounds' pin and the chain of trust that leads on from it."""

    def __init__(self, trust: Trust, memory: Memory | None = None) -> None:
        self._pinned = trust.pinned()
        self._memory = memory
        self._pin: TrustDocument | str | None = None
        self._anchor: TrustDocument | str | None = None
        self._chain: tuple[Envelope, ...] = ()
        self._verify: Verifier | None = None
        if isinstance(self._pinned, bytes):
            self._pin = self._anchor = _read_pin(self._pinned)

    @property
    def version(self) -> str:
        """Which trust is in force, for comparing."""
        anchor = self._anchor
        return "" if anchor is None else anchor if isinstance(anchor, str) else f"{anchor.version}:{anchor.digest}"

    def open(self, content: bytes, *, source: str, unsigned: Verified, now: float | None) -> Vouched:
        """Give what *content* holds and what speaks for it: keys, or else what *unsigned* says.

        Without a pin, an envelope is opened and no signature looked at. *now* of None is for copies that were kept: no
        clock is asked, and keys that were removed later have signed them rightly. Raises `ManifestUntrustedError`.
        """
        if not _may_be_an_envelope(content):
            return self._plain(content, source, unsigned)
        from aigw.manifest.signing.envelope import is_envelope, read_envelope  # noqa: PLC0415 - few manifests need it

        if not is_envelope(content):
            return self._plain(content, source, unsigned)
        try:
            envelope = read_envelope(content)
            if self._pinned is None:
                return Vouched(envelope.payload, unsigned)
            return self._vouched(content, envelope, now)
        except ManifestUntrustedError as error:
            message = f"{source}: {error}"
            raise ManifestUntrustedError(message, nack=error.nack) from error

    def _plain(self, content: bytes, source: str, unsigned: Verified) -> Vouched:
        if self._pinned is None:
            return Vouched(content, unsigned)
        message = (
            f"{source}: it is not signed, and this process takes signed manifests only (its trust has a pin); publish "
            "it with `aigw manifest sign` and `publish`, or make the gateway without a pin."
        )
        raise ManifestUntrustedError(message, nack=Nack.SIG_MISSING)

    def _vouched(self, content: bytes, envelope: "Envelope", now: float | None) -> Vouched:
        from aigw.manifest.signing.keys import verifier  # noqa: PLC0415 - few manifests need it
        from aigw.manifest.signing.opening import open_envelope  # noqa: PLC0415

        if self._verify is None:
            self._verify = verifier()
            self._start()
        anchor = self._follow(envelope.trust, now) if now is not None else self._then(envelope.trust)
        opened = open_envelope(content, anchor, self._verify, now)
        return Vouched(opened.payload, "signed", opened.trust.version, opened.freshness)

    def _start(self) -> None:
        """Go on from the trust this host has seen: whoever was removed by a later trust document stays removed."""
        from aigw.manifest.signing.envelope import read_envelope  # noqa: PLC0415 - few manifests need it

        if self._anchor is None and isinstance(self._pinned, str):
            self._pin = self._anchor = self._pinned
        kept = None if self._memory is None else self._memory.load_trust()
        if kept is not None:
            try:
                self._follow(read_envelope(kept).trust, None, is_kept=True)
            except ManifestUntrustedError:
                return  # whatever lies there does not come from the pin; the next chain that does replaces it

    def _then(self, chain: "tuple[Envelope, ...]") -> "TrustDocument":
        """Give the trust that was in force when a copy that was kept came with *chain*."""
        from aigw.manifest.signing.trust import walk  # noqa: PLC0415 - few manifests need it

        assert self._verify is not None  # noqa: S101 - made before the first chain is followed
        assert self._pin is not None  # noqa: S101 - there is a pin
        document = walk(self._pin, chain, self._verify, None)
        with suppress(ManifestUntrustedError):
            self._follow(chain, None)
        return document

    def _follow(self, chain: "tuple[Envelope, ...]", now: float | None, *, is_kept: bool = False) -> "TrustDocument":
        """Walk *chain* from the trust in force; keep it at once if it has led further, whatever it came with."""
        from aigw.manifest.signing.trust import walk  # noqa: PLC0415 - few manifests need it

        assert self._verify is not None  # noqa: S101 - made before the first chain is followed
        assert self._anchor is not None  # noqa: S101 - there is a pin
        before = self._anchor
        document = walk(before, chain, self._verify, now)
        if isinstance(before, str) or document.version > before.version:
            self._chain += _steps(chain, before)
            self._anchor = document
            if self._memory is not None and not is_kept:
                with suppress(ValueError):  # one that is too large to be read again is not kept
                    self._memory.store_trust(_written(self._chain))
        return document


def _read_pin(content: bytes) -> "TrustDocument":
    from aigw.manifest.signing.trust import pinned  # noqa: PLC0415 - few processes have a pin

    try:
        return pinned(content)
    except ManifestUntrustedError as error:
        message = f"The trust pin cannot be used: {error}"
        raise ConfigurationError(message) from error


def _steps(chain: "tuple[Envelope, ...]", before: "TrustDocument | str") -> "tuple[Envelope, ...]":
    """Give what leads on from *before*: the documents of higher versions, and the pinned one itself if by digest."""
    from aigw.manifest.signing.trust import read_trust  # noqa: PLC0415 - few manifests need it

    if isinstance(before, str):
        return chain[[envelope.digest for envelope in chain].index(before) :]
    return tuple(envelope for envelope in chain if read_trust(envelope.payload).version > before.version)


def _written(chain: "tuple[Envelope, ...]") -> bytes:
    from aigw.manifest.signing.envelope import TRUST_TYPE, Envelope, write_envelope  # noqa: PLC0415

    # Nobody vouches for hints: written in ASCII, one of any other letters would be longer than it came.
    plain = tuple(
        replace(
            one, signatures=tuple(each if each.keyid.isascii() else replace(each, keyid="") for each in one.signatures)
        )
        for one in chain
    )
    return write_envelope(replace(Envelope(TRUST_TYPE, b""), trust=plain))


def _may_be_an_envelope(content: bytes) -> bool:
    """Whether it is worth asking the code of signatures, which most processes never load."""
    return b'"payloadType"' in content
