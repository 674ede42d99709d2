"""Who signs, for whom, and whether it is enough: private keys, the chain of trust, and what processes would say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aigw.cli.manifest.durations import seconds_of
from aigw.cli.manifest.release.private_keys import load_keys
from aigw.cli.manifest.release.trust_files import read_chain
from aigw.cli.parsing import Arguments
from aigw.errors import ConfigurationError, ManifestUntrustedError
from aigw.manifest.publishing.releases import Published
from aigw.manifest.signing.envelope import Envelope
from aigw.manifest.signing.freshness import Freshness
from aigw.manifest.signing.keys import PrivateKey, short, verifier
from aigw.manifest.signing.opening import open_envelope
from aigw.manifest.signing.sealing import cosign, sign_freshness
from aigw.manifest.signing.trust import RoleName, TrustDocument, read_trust, walk

DEFAULT_FOLDER: Final = "trust"
FRESH_FOR: Final = "48h"


@dataclass(frozen=True, slots=True)
class Signing:
    """Keys, and the trust documents that say what each may sign, from the oldest to the newest, which is `trust`.

    `pin_file` is the oldest: a document has to be good for processes that were given no newer one.
    """

    keys: tuple[PrivateKey, ...]
    chain: tuple[Envelope, ...]
    trust: TrustDocument
    pin_file: Path

    def of_role(self, role: RoleName) -> tuple[PrivateKey, ...]:
        """Give the keys that may sign for *role*."""
        return tuple(key for key in self.keys if key.keyid in self.trust.roles[role].keys)

    def signed(self, envelope: Envelope, freshness: Freshness | None) -> Envelope:
        """Give *envelope*, of a manifest, with all these keys may add: signatures, *freshness*, the chain of trust."""
        self._check_keys("manifest", "freshness")
        made = replace(cosign(envelope, self.of_role("manifest")), trust=self.chain)
        if freshness is None or not self.of_role("freshness"):
            return made
        return replace(made, freshness=self.statement(freshness))

    def statement(self, freshness: Freshness) -> Envelope:
        """Give *freshness* signed. Raises `ConfigurationError` where none of the keys may."""
        keys = self.of_role("freshness")
        if not keys:
            message = f"None of the keys has the role freshness in version {self.trust.version} of the trust document."
            raise ConfigurationError(message)
        return sign_freshness(freshness, keys)

    def vouch(self, published: Published, advice: str) -> None:
        """Raise `ManifestUntrustedError`, with *advice*, unless *published* is by the keys of today."""
        try:
            open_envelope(published.content, self.trust, verifier(), None)
        except ManifestUntrustedError as error:
            message = f"Serial {published.serial} of the store is not to be signed anew: {error} {advice}"
            raise ManifestUntrustedError(message, nack=error.nack) from error

    def _check_keys(self, *roles: RoleName) -> None:
        known = {keyid for role in roles for keyid in self.trust.roles[role].keys}
        for key in self.keys:
            if key.keyid not in known:
                message = (
                    f"The key {short(key.keyid)} has neither the role manifest nor freshness in version "
                    f"{self.trust.version} of the trust document. See `aigw manifest keys status`."
                )
                raise ConfigurationError(message)


def signing_of(arguments: Arguments, *, is_signed: bool = False) -> Signing | None:
    """Give what *arguments* say of signing; None: unsigned, which has to be said unless the document *is signed*.

    Raises `ConfigurationError`, `SecretError`, and `ManifestUntrustedError` for a chain that leads nowhere.
    """
    if arguments.unsigned and not arguments.keys:
        return None
    if arguments.unsigned or not (arguments.keys or is_signed):
        message = "Say who signs: --key FILE (make one with `aigw manifest keys init`), or --unsigned."
        raise ConfigurationError(message)
    return signing_with(
        load_keys(arguments.keys or (), arguments.passphrase), Path(arguments.trust_folder or DEFAULT_FOLDER)
    )


def signing_with(keys: tuple[PrivateKey, ...], folder: Path) -> Signing:
    """Give *keys* with the chain of trust in *folder*."""
    chain = read_chain(folder)
    first = read_trust(chain[0].payload)
    return Signing(keys, chain, in_force(chain, folder), folder / f"{first.version}.json")


def in_force(chain: Sequence[Envelope], folder: Path) -> TrustDocument:
    """Give the newest trust document of *chain*, which is in *folder*. Raises `ManifestUntrustedError`."""
    current = read_trust(chain[0].payload)
    for envelope in chain[1:]:
        try:
            current = walk(current, [envelope], verifier(), None)
        except ManifestUntrustedError as error:
            path = folder / f"{current.version + 1}.json"
            message = (
                f"{path} is not in force yet: {error} Have the root keys that are missing sign it, "
                f"`aigw manifest sign {path} --key KEY`, or take it away."
            )
            raise ManifestUntrustedError(message, nack=error.nack) from error
    return current


def freshness_of(published: Published, arguments: Arguments, now: float) -> Freshness:
    """Say that *published* is the newest *now*, for as long as *arguments* say."""
    lasts_s = seconds_of(arguments.fresh_for or FRESH_FOR, "--fresh-for")
    return Freshness(published.serial, published.epoch, published.digest, now, now + lasts_s)
