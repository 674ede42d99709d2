"""The private keys a command signs with: from files, or from the environment of a pipeline."""

from collections.abc import Sequence
from pathlib import Path

from aigw.cli.manifest.release.secret import secret_of
from aigw.errors import SecretError
from aigw.manifest.signing.keys import PrivateKey


def load_keys(named: Sequence[str], passphrase: str | None) -> tuple[PrivateKey, ...]:
    """Give the keys *named*: paths of PEM files, or `env:NAME` of variables that hold one.

    *passphrase* refers (`env:NAME`, `file:PATH`) to what opens those that are encrypted. Raises `SecretError`.
    """
    opened_by = None if passphrase is None else secret_of(passphrase, "--passphrase")
    return tuple(_load(one, opened_by) for one in named)


def _load(named: str, passphrase: str | None) -> PrivateKey:
    try:
        return _read(named, None)
    except SecretError:
        if passphrase is None:
            raise
    return _read(named, passphrase)


def _read(named: str, passphrase: str | None) -> PrivateKey:
    if named.startswith("env:"):
        return PrivateKey.read(secret_of(named, "--key").encode(), passphrase, source=f"the private key {named}")
    return PrivateKey.load(Path(named).expanduser(), passphrase)
