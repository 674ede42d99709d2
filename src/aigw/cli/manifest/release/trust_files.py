"""Trust documents as files: `1.json`, `2.json`, … in a folder, each in the envelope its root keys sign.

They are public. They belong in the repository beside the manifest, where a change to them is seen.
"""

from pathlib import Path

from aigw.errors import ConfigurationError, ManifestUntrustedError
from aigw.manifest.signing.envelope import Envelope, read_envelope, write_envelope
from aigw.manifest.signing.trust import TrustDocument, read_trust


def read_chain(folder: Path) -> tuple[Envelope, ...]:
    """Give the trust documents of *folder* from the oldest to the newest. Raises `ConfigurationError`."""
    versions = sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal())
    if not versions:
        message = f"There is no trust document in {folder}. Make the first with `aigw manifest keys init`."
        raise ConfigurationError(message)
    if versions != list(range(versions[0], versions[-1] + 1)):
        message = f"{folder} lacks a trust document between {versions[0]}.json and {versions[-1]}.json."
        raise ConfigurationError(message)
    return tuple(read_version(folder / f"{version}.json", version)[0] for version in versions)


def read_version(path: Path, version: int | None = None) -> tuple[Envelope, TrustDocument]:
    """Give the trust document in *path*, which has to be of *version*. Raises `ConfigurationError`."""
    try:
        envelope = read_envelope(path.read_bytes())
        document = read_trust(envelope.payload)
    except (OSError, ManifestUntrustedError) as error:
        message = f"{path} is no trust document: {error}"
        raise ConfigurationError(message) from None
    if version is not None and document.version != version:
        message = (
            f"{path} holds version {document.version} of the trust document. Give files the name of their version."
        )
        raise ConfigurationError(message)
    return envelope, document


def write_version(folder: Path, document: TrustDocument, envelope: Envelope) -> Path:
    """Write *envelope*, which holds *document*, as a new file. Raises `ConfigurationError` where there is one."""
    path = folder / f"{document.version}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(write_envelope(envelope))
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or type(error).__name__}. A version is never overwritten."
        raise ConfigurationError(message) from None
    return path
