"""The envelope a signed manifest travels in: DSSE v1, with the freshness statement and the chain of trust inside.

Source: https://github.com/secure-systems-lab/dsse (protocol.md, envelope.md). One object, so that one GET brings
everything: `payloadType`, `payload` (base64), `signatures` of `keyid` and `sig`, and beside DSSE's own fields
`freshness`, an envelope, and `trust`, envelopes from the oldest to the newest. What a signature covers is the type and
the bytes of the payload as they came, so nothing has to be parsed, or written canonically, to be verified.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aigw.manifest.signing.ed25519 import SIGNATURE_BYTES
from aigw.manifest.signing.reading import MAX_BYTES, Part, read_object
from aigw.types.nack import Nack

__all__ = [
    "FRESHNESS_TYPE",
    "MANIFEST_TYPE",
    "MAX_CHAIN",
    "MAX_SIGNATURES",
    "TRUST_TYPE",
    "Envelope",
    "Signature",
    "digest_of",
    "is_envelope",
    "pae",
    "read_envelope",
    "write_envelope",
]

MANIFEST_TYPE: Final = "application/vnd.aigw.manifest.v1+json"
FRESHNESS_TYPE: Final = "application/vnd.aigw.freshness.v1+json"
TRUST_TYPE: Final = "application/vnd.aigw.trust.v1+json"

MAX_SIGNATURES: Final = 16
"""How many signatures one envelope may have."""

MAX_CHAIN: Final = 64
"""How many trust documents one envelope may hold."""

_MARKS: Final = (b'"payloadType"', b'"payload"', b'"signatures"')


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, 64 bytes, and a hint by which key it is: never more than a hint."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type and signatures. `freshness` and `trust` are envelopes in the envelope of a manifest."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...] = ()
    freshness: "Envelope | None" = None
    trust: tuple["Envelope", ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the payload, in hexadecimal: what manifests and trust documents are known by."""
        return digest_of(self.payload)

    @property
    def covered(self) -> bytes:
        """What a signature covers: the type and the payload."""
        return pae(self.payload_type, self.payload)


def digest_of(payload: bytes) -> str:
    """Give the SHA-256 of *payload* in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


def pae(payload_type: str, body: bytes) -> bytes:
    """Join type and *body* so that no two pairs look alike: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def is_envelope(content: bytes) -> bool:
    """Whether *content* looks like an envelope rather than a plain manifest. Cheap, and no judgement: read it to know.

    A document that only pretends to be plain gains nothing: a plain one is what no signature speaks for.
    """
    return content.lstrip()[:1] == b"{" and all(mark in content for mark in _MARKS)


def payload_in(content: bytes) -> bytes:
    """Give the payload of *content*, an envelope or a payload, verifying nothing. Raises as `read_envelope` does."""
    return read_envelope(content).payload if is_envelope(content) else content


def read_envelope(content: bytes) -> Envelope:
    """Read the envelope of a manifest, strictly, verifying nothing.

    Raises `ManifestUntrustedError` with `Nack.ENVELOPE` for whatever is not one. Fields that DSSE and aigw do not know
    are ignored, as DSSE demands: no signature covers them.
    """
    return _envelope(read_object(content, "the envelope", Nack.ENVELOPE), nested=True)


def write_envelope(envelope: Envelope) -> bytes:
    """Write *envelope* as `read_envelope` reads it: JSON in one line. Raises `ValueError` for one too large to read."""
    content = json.dumps(_plain(envelope), separators=(",", ":")).encode("ascii") + b"\n"
    if len(content) > MAX_BYTES:
        message = (
            f"the envelope has {len(content)} bytes, and readers take {MAX_BYTES}: make the manifest smaller, or leave "
            "the oldest trust documents out."
        )
        raise ValueError(message)
    return content


def _envelope(part: Part, *, nested: bool) -> Envelope:
    payload_type = part.text("payloadType")
    if not payload_type.isascii() or not payload_type.isprintable():
        part.refuse("`payloadType` is not printable ASCII")
    return Envelope(
        payload_type,
        part.data("payload"),
        tuple(_signature(one) for one in part.parts("signatures", MAX_SIGNATURES)),
        _envelope(part.part("freshness"), nested=False) if nested and "freshness" in part.fields else None,
        tuple(_envelope(one, nested=False) for one in part.parts("trust", MAX_CHAIN)) if nested else (),
    )


def _signature(part: Part) -> Signature:
    sig = part.data("sig")
    if len(sig) != SIGNATURE_BYTES:
        part.refuse(f"`sig` has {len(sig)} bytes, and an Ed25519 signature has {SIGNATURE_BYTES}", "sign it anew")
    return Signature(part.text("keyid") if "keyid" in part.fields else "", sig)


def _plain(envelope: Envelope) -> Mapping[str, object]:
    found: dict[str, object] = {
        "payloadType": envelope.payload_type,
        "payload": base64.b64encode(envelope.payload).decode("ascii"),
        "signatures": [
            {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode("ascii")} for one in envelope.signatures
        ],
    }
    if envelope.freshness is not None:
        found["freshness"] = _plain(envelope.freshness)
    if envelope.trust:
        found["trust"] = [_plain(one) for one in envelope.trust]
    return found
