"""Files that commands read and write, and what is said where they cannot."""

import sys
from pathlib import Path
from stat import S_IMODE

from aigw.cli.sources import STANDARD_INPUT, beginning
from aigw.errors import ConfigurationError
from aigw.manifest.delivery.files import write_whole
from aigw.manifest.delivery.sources import UrlSource


def read_text(named: str) -> tuple[bytes, str]:
    """Give the content of the file *named*, or of standard input for `-`, and how messages name it.

    Raises `ConfigurationError` for what cannot be read.
    """
    if named == STANDARD_INPUT:
        return sys.stdin.buffer.read(), "standard input"
    if "://" in named:
        message = (
            f"{UrlSource(named).label} is a URL, and this works on files. Name the file it is published from, or save "
            "it as one first: curl -o FILE URL"
        )
        raise ConfigurationError(message)
    try:
        return Path(named).read_bytes(), named
    except OSError as error:
        message = f"{named} cannot be read: {error.strerror or type(error).__name__}.{beginning(named)}"
        raise ConfigurationError(message) from error


def decoded(content: bytes, source: str) -> str:
    """Give *content* as text. Raises `ConfigurationError`."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        message = f"{source} is not UTF-8; save it as UTF-8."
        raise ConfigurationError(message) from None


def replace_file(path: Path, content: bytes) -> None:
    """Put *content* in place of the file *path*, whole or not at all; its mode stays. Makes its folder.

    Raises `ConfigurationError`.
    """
    try:
        there = path.resolve()  # a link stays a link
        there.parent.mkdir(parents=True, exist_ok=True)
        write_whole(there, content, mode=S_IMODE(there.stat().st_mode) if there.exists() else 0o644)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or type(error).__name__}."
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
