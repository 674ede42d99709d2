"""Secret references resolved where they are used: `env:NAME`, `file:/path`, and schemes of installed sources.

A value is read when a request needs it and never kept beside the configuration, so a rotated file or variable is
noticed at the next call. Values appear in no representation and no error.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from stat import S_ISREG
from typing import Final, NoReturn, cast

from aigw.errors import SecretError
from aigw.protocols import SecretSource

ENTRY_POINTS = "aigw.secrets"
BUILT_IN = frozenset({"env", "file", "aws", "azure", "google"})
"""The last three are fetched: see `credentials`."""

_LARGEST_FILE: Final = 64 * 1024


class EnvironmentSource:
    """`env:NAME`: the value of an environment variable."""

    scheme = "env"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    def fetch(self, reference: str) -> str:
        """Give the variable *reference*. Raises `SecretError` where it is not set."""
        value = self._environ.get(reference)
        if not value:
            message = f"The environment variable {reference} is not set (the manifest refers to it as env:{reference})."
            raise SecretError(message)
        return value


class FileSource:
    """`file:/path`: the content of a file, without the line end; read again when the file has changed."""

    scheme = "file"

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[int, int, int], str]] = {}

    def fetch(self, reference: str) -> str:
        """Give the content of the file *reference*. Raises `SecretError` where it cannot be read or is empty."""
        try:
            status = Path(reference).stat()
            if not S_ISREG(status.st_mode) or status.st_size > _LARGEST_FILE:
                _refuse_file(reference, "it is no regular file of at most 64 KiB")
            version = (status.st_mtime_ns, status.st_ino, status.st_size)
            known = self._read.get(reference)
            if known is not None and known[0] == version:
                return known[1]
            value = Path(reference).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            _refuse_file(reference, reason)
        if not value:
            message = f"The secret file {reference} is empty (the manifest refers to it as file:{reference})."
            raise SecretError(message)
        self._read[reference] = (version, value)
        return value


def _refuse_file(path: str, reason: str | None) -> NoReturn:
    message = f"The secret file {path} cannot be read: {reason} (the manifest says file:{path})."
    raise SecretError(message) from None


class Schemes(Collection[str]):
    """The schemes that can be resolved: built in, or installed. Installed ones are looked up only when asked for."""

    __slots__ = ()

    def __contains__(self, scheme: object) -> bool:
        return scheme in BUILT_IN or scheme in _installed_schemes()

    def __iter__(self) -> Iterator[str]:
        return iter(BUILT_IN | _installed_schemes())

    def __len__(self) -> int:
        return len(BUILT_IN | _installed_schemes())


def _installed_schemes() -> frozenset[str]:
    return frozenset(point.name for point in entry_points(group=ENTRY_POINTS))


class Secrets:
    """All sources together. `fetch` resolves a whole reference, scheme and all."""

    def __init__(self, *sources: SecretSource) -> None:
        known = sources or (EnvironmentSource(), FileSource())
        self._sources = {source.scheme: source for source in known}

    def fetch(self, reference: str) -> str:
        """Give the value for *reference*. Raises `SecretError`, naming the reference only."""
        scheme, _, rest = reference.partition(":")
        # HTTP knows no white space around a header's value, and whoever refuses it quotes the value.
        value = (self._sources.get(scheme) or self._installed(scheme)).fetch(rest).strip()
        if not value:
            message = f"The secret {reference} is empty."
            raise SecretError(message)
        if not value.isascii() or not value.isprintable():
            message = f"The secret {reference} has characters that a header cannot carry. Check for a stray line."
            raise SecretError(message)
        return value

    def problem(self, reference: str | None) -> str | None:
        """Say why *reference* cannot be resolved now, or None if it can (or if there is none)."""
        if reference is None:
            return None
        try:
            self.fetch(reference)
        except SecretError as error:
            return str(error)
        return None

    def _installed(self, scheme: str) -> SecretSource:
        for point in entry_points(group=ENTRY_POINTS, name=scheme):
            source = cast("SecretSource", point.load()())
            self._sources[scheme] = source
            return source
        known = ", ".join(f"{name}:" for name in sorted(self._sources))
        message = f"No secret source for {scheme}: is installed (known: {known}; others through {ENTRY_POINTS})."
        raise SecretError(message)
