"""What an envelope says of itself: who signed, under which trust document, how fresh it is.

All of it is judged by the trust document that the envelope brings along. Whether that is the reader's is another
question, which `aigw manifest verify` answers.
"""

from dataclasses import dataclass

from aigw.cli.manifest.author.facts import moment
from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import Envelope
from aigw.manifest.signing.freshness import Freshness, read_freshness
from aigw.manifest.signing.keys import short, verifier
from aigw.manifest.signing.trust import TrustDocument, signed_by, walk


@dataclass(frozen=True, slots=True)
class Seal:
    """What holds by the envelope's own trust document, and what does not: `problem`, None if all of it holds."""

    claimed: tuple[str, ...]
    signers: tuple[str, ...] = ()
    trust: TrustDocument | None = None
    freshness: Freshness | None = None
    problem: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Give it as JSON."""
        return {
            "signed_by": list(self.signers),
            "claims": list(self.claimed),
            "trust": None
            if self.trust is None
            else {
                "version": self.trust.version,
                "digest": self.trust.digest,
                "expires_at": moment(self.trust.expires_at),
                "threshold": self.trust.roles["manifest"].threshold,
            },
            "freshness": None
            if self.freshness is None
            else {
                "serial": self.freshness.serial,
                "at": moment(self.freshness.at),
                "expires_at": moment(self.freshness.expires),
            },
            "problem": self.problem,
        }

    def lines(self) -> list[str]:
        """Give it for people."""
        if self.trust is None:
            keys = ", ".join(short(keyid) or "an unnamed key" for keyid in self.claimed) or "nobody"
            return [f"signed, as it says, by {keys}"]
        demanded = self.trust.roles["manifest"].threshold
        who = ", ".join(map(short, self.signers)) or "no key that counts"
        document = f"trust document version {self.trust.version}, until {moment(self.trust.expires_at)}"
        lines = [f"signed by {who} ({demanded} needed)", f"{document} (sha256:{self.trust.digest})"]
        if self.freshness is not None:
            lines.append(f"fresh at {moment(self.freshness.at)}, until {moment(self.freshness.expires)}")
        return lines


def seal_of(envelope: Envelope) -> Seal:
    """Judge *envelope* by the trust document that it brings."""
    claimed = tuple(signature.keyid for signature in envelope.signatures)
    if not envelope.trust:
        return Seal(claimed, problem="it brings no trust document along")
    verify = verifier()
    document, signers = None, tuple[str, ...]()
    try:
        document = walk(envelope.trust[0].digest, envelope.trust, verify, None)
        signers = signed_by("manifest", document, envelope.covered, envelope.signatures, verify)
        fresh = None if envelope.freshness is None else read_freshness(envelope.freshness, document, verify)
    except ManifestUntrustedError as error:
        return Seal(claimed, signers, document, problem=str(error))
    return Seal(claimed, signers, document, fresh)
