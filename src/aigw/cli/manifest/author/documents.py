"""Documents as their authors have them: files read and written as text, whole or not at all."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from aigw.cli.sources import STANDARD_INPUT
from aigw.errors import ConfigurationError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.secrets import Schemes


def read_text(named: str) -> tuple[bytes, str]:
    """Give the content of the file *named*, or of standard input for `-`, and how messages name it.

    Raises `ConfigurationError` for what cannot be read.
    """
    if named == STANDARD_INPUT:
        return sys.stdin.buffer.read(), "standard input"
    try:
        return Path(named).read_bytes(), named
    except OSError as error:
        message = f"{named} cannot be read: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from error


def decoded(content: bytes, source: str) -> str:
    """Give *content* as text. Raises `ConfigurationError`."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        message = f"{source} is not UTF-8; save it as UTF-8."
        raise ConfigurationError(message) from None


def compiled(content: bytes, source: str) -> Snapshot:
    """Compile *content* as a gateway does. Raises `ManifestInvalidError` with all its problems."""
    return compile_manifest(content, source=source, kinds=kinds(), schemes=Schemes())


def replace_text(named: str, text: str) -> None:
    """Put *text* in the place of the file *named*, whose mode stays. Raises `ConfigurationError`."""
    path = Path(named).resolve()  # a link stays a link
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(path.stat().st_mode & 0o7777)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()
        message = f"{named} cannot be written: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from error


def refuse_to_overwrite(path: Path) -> None:
    """Raise `ConfigurationError` if there is something at *path*."""
    if path.exists() or path.is_symlink():
        message = f"{path} is there already; move it away, or name another file."
        raise ConfigurationError(message)


def write_text(path: Path, text: str, *, over: bool) -> None:
    """Write *text* to the file *path*, *over* what is there or only where nothing is, and make its folder.

    Raises `ConfigurationError`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if over else "x", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from error
