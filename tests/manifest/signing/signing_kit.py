"""What the tests of signing share: keys that are the same in every run, a chain of trust, and a sealed manifest."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing import ed25519
from aigw.manifest.signing.envelope import TRUST_TYPE, Envelope, digest_of, write_envelope
from aigw.manifest.signing.freshness import Freshness
from aigw.manifest.signing.keys import PrivateKey, verifier
from aigw.manifest.signing.opening import Opened, open_envelope
from aigw.manifest.signing.sealing import seal, sign_freshness, sign_trust, signed, trust_document, write_trust
from aigw.manifest.signing.trust import TrustDocument
from aigw.types.nack import Nack

NOW = 1_800_000_000.0
LATER = NOW + 86_400 * 365
PAYLOAD = b'{"schema": "aigw/v1", "serial": 7}'
VERIFIERS = [pytest.param(verifier(), id="cryptography"), pytest.param(ed25519.verify, id="pure")]


def key(number: int) -> PrivateKey:
    return PrivateKey(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


ROOTS = [key(1), key(2), key(3)]
SIGNERS = [key(11), key(12), key(13)]
HEARTBEAT = key(21)
STRANGER = key(99)


def trust(
    version: int = 1,
    *,
    roots: Sequence[PrivateKey] = ROOTS,
    signers: Sequence[PrivateKey] = SIGNERS,
    root_threshold: int = 2,
    threshold: int = 2,
    expires_at: float = LATER,
) -> TrustDocument:
    return trust_document(
        version,
        expires_at,
        {
            "root": ([one.public for one in roots], root_threshold),
            "manifest": ([one.public for one in signers], threshold),
            "freshness": ([HEARTBEAT.public], 1),
        },
    )


FIRST = trust(1)
SECOND = trust(2, signers=[*SIGNERS[1:], key(14)])
CHAIN = (sign_trust(FIRST, ROOTS[:2]), sign_trust(SECOND, ROOTS[:2]))


def freshness(payload: bytes = PAYLOAD, **changes: Any) -> Freshness:
    return replace(Freshness(7, 2, digest_of(payload), NOW - 60, NOW + 86_400 * 2), **changes)


def sealed(
    payload: bytes = PAYLOAD, signers: Sequence[PrivateKey] = SIGNERS[1:], chain: Sequence[Envelope] = CHAIN
) -> bytes:
    return seal(payload, signers, trust_chain=chain, freshness=sign_freshness(freshness(payload), [HEARTBEAT]))


def opened(content: bytes, pin: TrustDocument | str = FIRST, now: float | None = NOW) -> Opened:
    return open_envelope(content, pin, verifier(), now)


def refused(nack: Nack, content: bytes, pin: TrustDocument | str = FIRST, now: float | None = NOW) -> str:
    """Give the message that *content* is refused with, for the reason *nack*."""
    with pytest.raises(ManifestUntrustedError) as caught:
        opened(content, pin, now)
    assert nack == caught.value.nack
    return str(caught.value)


def plain(content: bytes) -> dict[str, Any]:
    """Give the JSON of an envelope, to be tampered with."""
    data: dict[str, Any] = json.loads(content)
    return data


def written(data: object) -> bytes:
    return json.dumps(data).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def trust_fields(document: TrustDocument = FIRST) -> dict[str, Any]:
    return plain(write_trust(document))


def forged(fields: Mapping[str, object], signers: Sequence[PrivateKey] = ROOTS) -> Envelope:
    """Give *fields* as a trust document that the root keys did sign, whatever it says."""
    return signed(TRUST_TYPE, written(fields), signers)


def with_chain(*chain: Envelope) -> bytes:
    return write_envelope(replace(signed("application/vnd.aigw.manifest.v1+json", PAYLOAD, SIGNERS), trust=chain))
