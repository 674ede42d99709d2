"""`aigw manifest sign`: add signatures, so that people who never meet sign the same bytes."""

import time
from pathlib import Path

from aigw.cli.manifest.files import replace_file
from aigw.cli.manifest.release.private_keys import load_keys
from aigw.cli.manifest.release.signing import DEFAULT_FOLDER, Signing, freshness_of, signing_with
from aigw.cli.manifest.release.telling import SHORT, facts_of, tell
from aigw.cli.manifest.release.trust_files import read_version
from aigw.cli.parsing import Arguments
from aigw.cli.sources import STANDARD_INPUT, read_source
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError, ManifestUntrustedError
from aigw.manifest.publishing.releases import published
from aigw.manifest.signing.envelope import (
    MANIFEST_TYPE,
    TRUST_TYPE,
    Envelope,
    is_envelope,
    read_envelope,
    write_envelope,
)
from aigw.manifest.signing.keys import PrivateKey, short, verifier
from aigw.manifest.signing.sealing import cosign
from aigw.manifest.signing.trust import read_trust, signed_by, walk


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Sign a payload, an envelope that others have signed, or a trust document."""
    named = arguments.source or ""
    content = read_source(named)[0].strip()
    if named == STANDARD_INPUT and arguments.output is None:
        message = "Say where to write what is signed: -o FILE."
        raise ConfigurationError(message)
    if not arguments.keys:
        message = "Say who signs: --key FILE, or env:NAME."
        raise ConfigurationError(message)
    keys = load_keys(arguments.keys, arguments.passphrase)
    envelope = read_envelope(content) if is_envelope(content) else Envelope(MANIFEST_TYPE, content)
    if envelope.payload_type == TRUST_TYPE:
        return _sign_trust(arguments, terminal, envelope, keys)
    signing = signing_with(keys, Path(arguments.trust_folder or DEFAULT_FOLDER))
    made = published(content)
    if not made.document:
        message = f"{named} is no manifest in JSON. Make one with `aigw manifest build {named} -o manifest.json`."
        raise ConfigurationError(message)
    if made.epoch != signing.trust.version:
        message = (
            f"{named} is of epoch {made.epoch}, and the trust document is version {signing.trust.version}. Build it "
            f"with `aigw manifest build … --trust-chain {arguments.trust_folder or DEFAULT_FOLDER}`."
        )
        raise ConfigurationError(message)
    target = arguments.output or (named if is_envelope(content) else str(Path(named).with_suffix(".signed.json")))
    begun = envelope if is_envelope(content) else _begun(envelope, Path(target))
    signed = signing.signed(begun, freshness_of(made, arguments, time.time()))
    replace_file(Path(target), write_envelope(signed))
    missing = _missing(signing, signed)
    facts = {**facts_of(published(write_envelope(signed))), "place": target, "missing": missing}
    lines = [
        f"signed: serial {made.serial}, digest {made.digest[:SHORT]}, in {target}",
        missing or "enough keys signed",
    ]
    following = f"aigw manifest {'sign' if missing else 'publish'} {target} {'--key KEY' if missing else '--to STORE'}"
    tell(arguments, terminal, facts, lines, following)
    return 0


def _begun(envelope: Envelope, target: Path) -> Envelope:
    """Give what others have signed of *envelope* at *target* already: signing what was built twice must lose nobody."""
    there = target.read_bytes().strip() if target.is_file() else b""
    before = read_envelope(there) if is_envelope(there) else envelope
    return before if before.covered == envelope.covered else envelope


def _missing(signing: Signing, envelope: Envelope) -> str | None:
    """Say what is missing for processes to take *envelope*, or None."""
    try:
        signed_by("manifest", signing.trust, envelope.covered, envelope.signatures, verifier())
    except ManifestUntrustedError as error:
        return str(error)
    return None


def _sign_trust(arguments: Arguments, terminal: Terminal, envelope: Envelope, keys: tuple[PrivateKey, ...]) -> int:
    path = Path(arguments.source or "")
    document = read_trust(envelope.payload)
    before = path.with_name(f"{document.version - 1}.json")
    roots = set(document.roles["root"].keys)
    previous = read_version(before)[1] if before.exists() else None
    if previous is not None:
        roots |= set(previous.roles["root"].keys)
    for key in keys:
        if key.keyid not in roots:
            message = (
                f"The key {short(key.keyid)} is no root key of version {document.version} of the trust document, nor "
                f"of the one before."
            )
            raise ConfigurationError(message)
    signed = cosign(envelope, keys)
    replace_file(Path(arguments.output or path), write_envelope(signed))
    missing: str | None = None
    try:
        if previous is not None:
            walk(previous, [signed], verifier(), None)
    except ManifestUntrustedError as error:
        missing = str(error)
    facts = {
        "version": document.version,
        "digest": signed.digest,
        "signatures": len(signed.signatures),
        "missing": missing,
    }
    lines = [f"signed: version {document.version} of the trust document", missing or "enough root keys signed"]
    tell(arguments, terminal, facts, lines, "aigw manifest keys status")
    return 0
