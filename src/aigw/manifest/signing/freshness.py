"""The freshness statement: that a manifest was still the newest at a time. Short-lived, signed by a key of its own.

It is what tells a document that stands still from one that is withheld. Its key can only keep a valid manifest looking
fresh, so a machine may hold it and sign every few hours.
"""

from dataclasses import dataclass

from aigw.manifest.signing.envelope import FRESHNESS_TYPE, Envelope
from aigw.manifest.signing.keys import Verifier
from aigw.manifest.signing.reading import read_object, shown
from aigw.manifest.signing.trust import TrustDocument, signed_by
from aigw.types.nack import Nack

__all__ = ["Freshness", "read_freshness"]

_WHAT = "the freshness statement"


@dataclass(frozen=True, slots=True)
class Freshness:
    """The manifest of *serial*, *epoch* and *digest* was the newest *at* a time, which holds until it *expires*.

    Both times are in seconds since the epoch. Whether it has lapsed is for its reader to say: a lapse makes a manifest
    suspect, and refuses nothing.
    """

    serial: int
    epoch: int
    digest: str
    at: float
    expires: float


def read_freshness(envelope: Envelope, trust: TrustDocument, verify: Verifier) -> Freshness:
    """Verify a freshness statement by the role `freshness` of *trust*, and read it.

    Raises `ManifestUntrustedError`: `SIG_…` as `signed_by` does, `ENVELOPE` for what is no such statement.
    """
    signed_by("freshness", trust, envelope.covered, envelope.signatures, verify)
    part = read_object(envelope.payload, _WHAT, Nack.ENVELOPE)
    if envelope.payload_type != FRESHNESS_TYPE:
        part.refuse(f"its type is {shown(envelope.payload_type)}, not {FRESHNESS_TYPE}")
    return Freshness(
        part.whole("serial"), part.whole("epoch"), part.text("digest"), part.time("at"), part.time("expires")
    )
