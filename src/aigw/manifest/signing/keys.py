"""Keys that sign and the verifier that checks: Ed25519, by the package `cryptography` where it is installed.

Verifying needs nothing: without the package, `ed25519.verify` does it. Signing needs the extra `signing`. A private
key lives in a PEM file (PKCS #8, RFC 8410, as `openssl genpkey -algorithm ed25519` writes), readable by its owner only,
and is never shown.
"""

import hashlib
import os
import stat
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from aigw.errors import MissingExtraError, SecretError
from aigw.manifest.signing import ed25519

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["PrivateKey", "Verifier", "keyid_of", "short", "verifier"]

Verifier: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Whether the third, a signature, is by the key that is the first, of the message that is the second."""

_SOME_KEY: Final = bytes([0x58, *[0x66] * 31])
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077
_LARGEST_FILE: Final = 16 * 1024


def verifier() -> Verifier:
    """Give the fastest verifier of this machine. All accept the same signatures, and refuse by returning False."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra, on first use
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra, on first use
            Ed25519PublicKey,
        )
    except ImportError:
        return ed25519.verify

    def verify(public: bytes, message: bytes, signature: bytes) -> bool:
        # OpenSSL takes keys of small order and points that are not canonical; RFC 8032 does not.
        if not ed25519.is_strict(public, signature):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify if _serves(Ed25519PublicKey.from_public_bytes) else ed25519.verify


def _serves(read: Callable[[bytes], object]) -> bool:
    """Whether *read* takes a key: the OpenSSL of a FIPS build may refuse all of Ed25519, by various errors."""
    try:
        read(_SOME_KEY)
    except Exception:  # noqa: BLE001 - whatever it is, the pure verifier is there
        return False
    return True


def keyid_of(public: bytes) -> str:
    """Give the id of a key: the SHA-256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def short(keyid: str) -> str:
    """Give the part of *keyid* that people read."""
    return keyid[:16]


class PrivateKey:
    """A key that signs. Make one by `generate`, `load` or `read`; all need the extra `signing`."""

    __slots__ = ("_key", "keyid", "public")

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()
        self.keyid = keyid_of(self.public)

    def __repr__(self) -> str:
        return f"PrivateKey({short(self.keyid)}…)"

    def __reduce__(self) -> "str | tuple[object, ...]":
        message = "A private key is not pickled. Load it from its file where it is needed."
        raise TypeError(message)

    @classmethod
    def generate(cls) -> "PrivateKey":
        """Make a new key. Raises `MissingExtraError` without the extra `signing`."""
        _need_extra()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra, on first use
            Ed25519PrivateKey,
        )

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, pem: bytes, passphrase: str | None = None, *, source: str = "the private key") -> "PrivateKey":
        """Read a key from the bytes of a PEM file, as a secret store gives them. *source* names it in messages.

        Raises `SecretError`, which says nothing of what was in it, and `MissingExtraError`.
        """
        _need_extra()
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra, on first use
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra, on first use
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - an extra, on first use
            load_pem_private_key,
        )

        try:
            key = load_pem_private_key(pem, None if passphrase is None else passphrase.encode())
        except TypeError:
            wanted = "is encrypted; give its passphrase" if passphrase is None else "is not encrypted; give none"
            message = f"{source} {wanted}."
            raise SecretError(message) from None
        except (ValueError, UnsupportedAlgorithm):
            message = f"{source} is no private key in PEM, or its passphrase is another. Check both."
            raise SecretError(message) from None
        if not isinstance(key, Ed25519PrivateKey):
            message = f"{source} is no Ed25519 key. Make one with `aigw manifest keys`."
            raise SecretError(message)
        return cls(key)

    @classmethod
    def load(cls, path: Path | str, passphrase: str | None = None) -> "PrivateKey":
        """Read a key from the file *path*. Raises `SecretError` for one that others may read, and as `read` does."""
        source = f"the private key {path}"
        try:
            with Path(path).open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                pem = file.read(_LARGEST_FILE)
        except OSError as error:
            message = f"{source} cannot be read: {error.strerror}."
            raise SecretError(message) from None
        if os.name == "posix" and mode & _OTHERS and b"PRIVATE KEY" in pem:
            message = f"{source} may be read by others (mode {mode:04o}). Run `chmod 600 {path}`."
            raise SecretError(message)
        return cls.read(pem, passphrase, source=source)

    def save(self, path: Path | str, passphrase: str | None = None) -> None:
        """Write the key to the new file *path*, readable by its owner only, encrypted where a *passphrase* is given.

        Raises `SecretError` where the file exists (a key is never overwritten) or cannot be written, and for a
        *passphrase* that is empty.
        """
        pem = self._pem(passphrase)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
        except FileExistsError:
            message = f"{path} exists, and a key is never overwritten. Name another file."
            raise SecretError(message) from None
        except OSError as error:
            message = f"the private key {path} cannot be written: {error.strerror}."
            raise SecretError(message) from None

    def sign(self, message: bytes) -> bytes:
        """Give the signature of *message*, 64 bytes."""
        return self._key.sign(message)

    def _pem(self, passphrase: str | None) -> bytes:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - an extra, on first use

        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase == "":
            message = "The passphrase is empty. Give one, or none to keep the key unencrypted."
            raise SecretError(message)
        if passphrase is not None:
            encryption = serialization.BestAvailableEncryption(passphrase.encode())
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def _need_extra() -> None:
    try:
        import_module("cryptography.hazmat.primitives.serialization")
    except ImportError:
        message = "Signing needs the extra `signing`: pip install 'aigw[signing]'. Verifying needs nothing."
        raise MissingExtraError(message) from None
