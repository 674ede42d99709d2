"""Make what `opening` opens: statements written, signed and put into one envelope. For publishers.

The bytes of a payload are signed as they are; whoever signs as well, signs the same bytes.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aigw.manifest.signing.envelope import (
    FRESHNESS_TYPE,
    MANIFEST_TYPE,
    TRUST_TYPE,
    Envelope,
    Signature,
    write_envelope,
)
from aigw.manifest.signing.freshness import Freshness
from aigw.manifest.signing.keys import PrivateKey, keyid_of
from aigw.manifest.signing.trust import SCHEMA, Role, RoleName, TrustDocument, read_trust
from aigw.types.times import written_time

__all__ = ["cosign", "seal", "sign_freshness", "sign_trust", "signed", "trust_document", "write_trust"]


def signed(payload_type: str, payload: bytes, signers: Iterable[PrivateKey]) -> Envelope:
    """Give *payload* in an envelope with a signature by each of *signers*."""
    return cosign(Envelope(payload_type, payload), signers)


def cosign(envelope: Envelope, signers: Iterable[PrivateKey]) -> Envelope:
    """Give *envelope* with signatures by *signers* added: how keys that never meet reach a threshold.

    One by a key that signed before takes the place of the former.
    """
    made = {one.keyid: one for one in envelope.signatures}
    made |= {key.keyid: Signature(key.keyid, key.sign(envelope.covered)) for key in signers}
    return replace(envelope, signatures=tuple(made.values()))


def seal(
    payload: bytes,
    signers: Iterable[PrivateKey],
    *,
    trust_chain: Sequence[Envelope] = (),
    freshness: Envelope | None = None,
) -> bytes:
    """Give the document to publish: *payload*, a compiled manifest, signed by *signers*, in its envelope.

    *trust_chain* runs from the oldest pin still in use to the newest trust document. Raises `ValueError` where the
    whole is larger than readers take.
    """
    sealed = signed(MANIFEST_TYPE, payload, signers)
    return write_envelope(replace(sealed, freshness=freshness, trust=tuple(trust_chain)))


def sign_freshness(freshness: Freshness, signers: Iterable[PrivateKey]) -> Envelope:
    """Give *freshness* as a signed statement, for `seal` or to replace the one of a published envelope."""
    statement = {
        "serial": freshness.serial,
        "epoch": freshness.epoch,
        "digest": freshness.digest,
        "at": written_time(freshness.at),
        "expires": written_time(freshness.expires),
    }
    return signed(FRESHNESS_TYPE, _json(statement), signers)


def sign_trust(document: TrustDocument, signers: Iterable[PrivateKey]) -> Envelope:
    """Give *document* signed by *signers*: a threshold of its root keys, and of those of the version before it."""
    return signed(TRUST_TYPE, write_trust(document), signers)


def trust_document(
    version: int, expires_at: float, roles: Mapping[RoleName, tuple[Sequence[bytes], int]]
) -> TrustDocument:
    """Make a trust document from the public keys and the threshold of each of the three roles.

    Raises `ManifestUntrustedError` for one that no reader would take: a role missing, a threshold beyond its keys.
    """
    keys = {keyid_of(public): public for publics, _ in roles.values() for public in publics}
    made: dict[RoleName, Role] = {
        name: Role(tuple(map(keyid_of, publics)), least) for name, (publics, least) in roles.items()
    }
    return read_trust(write_trust(TrustDocument(version, expires_at, keys, made)))


def write_trust(document: TrustDocument) -> bytes:
    """Write *document* as `read_trust` reads it. Its digest is the pin to deploy."""
    return _json(
        {
            "schema": SCHEMA,
            "version": document.version,
            "expires_at": written_time(document.expires_at),
            "keys": {
                keyid: {"type": "ed25519", "public": base64.b64encode(public).decode("ascii")}
                for keyid, public in document.keys.items()
            },
            "roles": {
                name: {"keys": list(role.keys), "threshold": role.threshold} for name, role in document.roles.items()
            },
        }
    )


def _json(data: object) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode("ascii")
