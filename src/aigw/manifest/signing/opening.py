"""Open the envelope of a manifest: everything about it that signatures can tell, in one visible order.

Reading, the chain of trust, the signatures over the bytes as they came, the type, the freshness statement. The payload
is handed over unread: nothing of it was looked at before a threshold of keys spoke for it.
"""

from dataclasses import dataclass

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import MANIFEST_TYPE, Envelope, read_envelope
from aigw.manifest.signing.freshness import Freshness, read_freshness
from aigw.manifest.signing.keys import Verifier
from aigw.manifest.signing.reading import shown
from aigw.manifest.signing.trust import TrustDocument, signed_by, walk
from aigw.types.nack import Nack

__all__ = ["Opened", "open_envelope"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A payload that enough keys signed, its digest, the trust document in force, and what is said of its freshness.

    `signers` are the ids of the keys that signed. The payload's own words about epoch, audience, serial and times are
    yet to be compared: with `trust.version`, with what the process expects, and with `freshness`.
    """

    payload: bytes
    digest: str
    trust: TrustDocument
    freshness: Freshness | None
    signers: tuple[str, ...]


def open_envelope(content: bytes, trust: TrustDocument | str, verify: Verifier, now: float | None) -> Opened:
    """Verify the envelope *content* from the pin *trust*: a document, or the digest of one that the envelope holds.

    *now*, in epoch seconds, judges the trust document at the end of the chain; None, for a copy that was kept, judges
    none. Raises `ManifestUntrustedError`, for any bytes whatever nothing else, with the code of the first check that
    failed: `ENVELOPE`, `TRUST_CHAIN`, `SIG_MISSING`, `SIG_BAD`, `SIG_THRESHOLD`, `SCHEMA_MAJOR`; and for a freshness
    statement that is not to be believed the `SIG_…` or `ENVELOPE` of its own. A lapsed one is for the caller to see.
    """
    envelope = read_envelope(content)
    document = walk(trust, envelope.trust, verify, now)
    signers = signed_by("manifest", document, envelope.covered, envelope.signatures, verify)
    _check_type(envelope)
    freshness = _freshness(envelope, document, verify)
    return Opened(envelope.payload, envelope.digest, document, freshness, signers)


def _check_type(envelope: Envelope) -> None:
    if envelope.payload_type != MANIFEST_TYPE:
        message = (
            f"the envelope: its payload has the type {shown(envelope.payload_type)}, and this process reads "
            f"{MANIFEST_TYPE}; upgrade it, or publish a manifest it can read at this URL."
        )
        raise ManifestUntrustedError(message, nack=Nack.SCHEMA_MAJOR)


def _freshness(envelope: Envelope, document: TrustDocument, verify: Verifier) -> Freshness | None:
    if envelope.freshness is None:
        return None
    found = read_freshness(envelope.freshness, document, verify)
    if found.digest != envelope.digest:
        message = (
            f"the freshness statement: it speaks of serial {found.serial}, which is another document than the "
            "envelope's; run `aigw manifest heartbeat` for the one that is published."
        )
        raise ManifestUntrustedError(message, nack=Nack.ENVELOPE)
    return found
