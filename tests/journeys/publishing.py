"""Who publishes in the journeys: an organisation with its keys, which signs manifests and hands the trust on."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aigw.manifest.signing.envelope import Envelope, digest_of
from aigw.manifest.signing.freshness import Freshness
from aigw.manifest.signing.keys import PrivateKey
from aigw.manifest.signing.sealing import seal, sign_freshness, sign_trust, trust_document, write_trust

NOW = 1_700_000_000.0
"""When the journeys' clock begins."""

HOUR = 3600.0
DAY = 24 * HOUR


def written(at: float) -> str:
    """Write a time as manifests do."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


class Organisation:
    """Two of three keys sign manifests, two of two the trust, one says what is fresh. `pin` is what services are given.

    `rotate` publishes the next trust document with other keys for manifests.
    """

    def __init__(self, now: float = NOW) -> None:
        self._now = now
        self.roots = [PrivateKey.generate() for _ in range(2)]
        self.signers = [PrivateKey.generate() for _ in range(3)]
        self.courier = PrivateKey.generate()
        self.version = 0
        self.chain: tuple[Envelope, ...] = ()
        self.rotate(self.signers)
        self.pin = "sha256:" + digest_of(self.chain[0].payload)
        self.pin_document: Mapping[str, Any] = json.loads(self.chain[0].payload)

    def rotate(self, signers: Sequence[PrivateKey], *, roots: Sequence[PrivateKey] | None = None) -> None:
        """Publish the next trust document: from now on, *signers* sign, and *roots* say who does."""
        before = self.roots
        self.roots = list(self.roots if roots is None else roots)
        self.signers = list(signers)
        self.version += 1
        document = trust_document(
            self.version,
            self._now + 365 * DAY,
            {
                "root": ([key.public for key in self.roots], len(self.roots)),
                "manifest": ([key.public for key in self.signers], 2),
                "freshness": ([self.courier.public], 1),
            },
        )
        assert write_trust(document)
        self.chain = (*self.chain, sign_trust(document, {*before, *self.roots}))

    def publish(
        self,
        document: Mapping[str, object],
        *,
        signers: Sequence[PrivateKey] | None = None,
        issued_at: float = NOW,
        lasts: float = 90 * DAY,
        fresh_at: float | None = NOW,
        courier: PrivateKey | None = None,
        chain: tuple[Envelope, ...] | None = None,
    ) -> bytes:
        """Give *document*, issued and signed; *fresh_at* is when it was last said to be the newest, for two days."""
        said = {
            "epoch": self.version,
            "audience": "acme/llm",
            "channel": "prod",
            "issued_at": written(issued_at),
            "expires_at": written(issued_at + lasts),
            **document,
        }
        payload = json.dumps(said).encode()
        statement = None
        if fresh_at is not None:
            told = Freshness(said["serial"], said["epoch"], digest_of(payload), fresh_at, fresh_at + 2 * DAY)
            statement = sign_freshness(told, [courier or self.courier])
        return seal(
            payload,
            self.signers[:2] if signers is None else signers,
            trust_chain=self.chain if chain is None else chain,
            freshness=statement,
        )
