"""Public keys as people hand them over: a line of base64, or a file with it."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aigw.errors import ConfigurationError
from aigw.manifest.signing.ed25519 import is_key
from aigw.manifest.signing.keys import PrivateKey
from aigw.manifest.signing.trust import RoleName, TrustDocument

ROLES: Final[tuple[RoleName, ...]] = ("root", "manifest", "freshness")

_SHORTEST: Final = 8


def write_public(key: PrivateKey, path: Path) -> None:
    """Write the public half of *key* beside it, for all to see. Raises `ConfigurationError`."""
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(base64.b64encode(key.public).decode("ascii") + "\n")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from None


def read_public(named: str) -> bytes:
    """Give the key that *named* is, or that the file of this name holds. Raises `ConfigurationError`."""
    path = Path(named).expanduser()
    try:
        text = path.read_text("ascii") if path.is_file() else named
        public = base64.b64decode(text.strip(), validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error, ValueError):
        public = b""
    if not is_key(public):
        message = (
            f"{named[:80]!r} is neither a public key nor a file with one; `aigw manifest keys new` writes .pub files."
        )
        raise ConfigurationError(message)
    return public


def thresholds_of(written: Sequence[str]) -> Mapping[RoleName, int]:
    """Read `root=2`. Raises `ConfigurationError`."""
    found: dict[RoleName, int] = {}
    for one in written:
        name, _, number = one.partition("=")
        if not number.isdecimal() or not int(number):
            message = f"--threshold is ROLE=NUMBER, as in root=2, not {one[:40]!r}."
            raise ConfigurationError(message)
        found[role_of(name)] = int(number)
    return found


def role_of(name: str) -> RoleName:
    """Give the role *name*. Raises `ConfigurationError`."""
    for role in ROLES:
        if role == name:
            return role
    message = f"There is no role {name[:40]!r}; roles are {', '.join(ROLES)}."
    raise ConfigurationError(message)


def find_key(document: TrustDocument, start: str) -> str:
    """Give the one key of *document* whose id begins with *start*. Raises `ConfigurationError`."""
    found = [keyid for keyid in document.keys if keyid.startswith(start.lower())]
    if len(start) < _SHORTEST or len(found) != 1:
        message = (
            f"{start[:70]!r} is not the beginning ({_SHORTEST} digits or more) of the id of one key of version "
            f"{document.version} of the trust document. `aigw manifest keys status` lists them."
        )
        raise ConfigurationError(message)
    return found[0]
