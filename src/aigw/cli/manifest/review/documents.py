"""Get the documents of a review: from a file, a URL, standard input or a commit, plain or signed; nothing is verified.

A review looks at what is said, and by whom it is said is asked when it is published: `aigw manifest verify`.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aigw.cli.sources import STANDARD_INPUT, compiled, read_source
from aigw.errors import ConfigurationError
from aigw.manifest.language.document import Path as Place
from aigw.manifest.language.document import load_document
from aigw.manifest.publishing.build import body_digest
from aigw.manifest.publishing.compatibility import Reader, readers
from aigw.manifest.signing.envelope import digest_of, payload_in
from aigw.manifest.snapshot import Snapshot
from aigw.runtime.programs import output_of
from aigw.types.json import JsonObject, as_object

GIT: Final = "git:"

_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest under review: its payload as it came, what that says, and what it means.

    `file` is its path where it is a file here, else empty; `find` gives the line of a place.
    """

    label: str
    file: str
    payload: bytes
    raw: JsonObject
    snapshot: Snapshot
    find: Callable[[Place], int | None]

    @property
    def digest(self) -> str:
        """The SHA-256 of the payload, in hexadecimal."""
        return digest_of(self.payload)

    @property
    def body(self) -> str:
        """The SHA-256 of what the document says apart from its header: the same before and after it is built."""
        return body_digest(self.raw)

    def readers(self, versions: Iterable[str], previous: Snapshot | None) -> tuple[Reader, ...]:
        """Tell what each of *versions* of aigw, serving from *previous*, makes of it."""
        return readers(versions, self.raw, lambda version: compiled(self.payload, self.label, previous, version))


def read(named: str, *, beside: str | None = None) -> Document:
    """Read the document *named*; `git:REF` names the same file as *beside* in a commit, `git:REF:path` another.

    Raises `ManifestInvalidError`, `ManifestUnavailableError`, `ManifestUntrustedError`, `ConfigurationError`.
    """
    content, label, file = _content(named, beside)
    payload = payload_in(content)
    snapshot = compiled(payload, label)
    loaded = load_document(payload, source=label)
    return Document(label, file, payload, as_object(loaded.data), snapshot, loaded.find)


def _content(named: str, beside: str | None) -> tuple[bytes, str, str]:
    if named.startswith(GIT):
        return _committed(named, beside), named, ""
    content, label, _ = read_source(named)
    return content, label, "" if "://" in named or named == STANDARD_INPUT else named


def _committed(named: str, beside: str | None) -> bytes:
    """Read a file as it is in a commit. `git` is asked with a fixed list of arguments, and runs nothing of its own."""
    ref, colon, path = named.removeprefix(GIT).partition(":")
    local = beside is not None and beside != STANDARD_INPUT and "://" not in beside
    if not ref or ref.startswith("-") or (not path and (colon or not local)):
        message = f"{named!r} names no file of a commit: write git:REF (the same file there) or git:REF:path."
        raise ConfigurationError(message)
    here = Path(beside or ".").resolve().parent if local else Path.cwd()
    git = shutil.which("git")
    if git is None:
        message = f"{named}: there is no `git` on the PATH. Install it, or name a file."
        raise ConfigurationError(message)
    wanted = f"{ref}:{path}" if path else f"{ref}:./{Path(beside or '').name}"
    try:
        status, content = output_of((git, "-C", str(here), "cat-file", "blob", wanted), os.environ, _PATIENCE_S)
    except (OSError, TimeoutError) as error:
        status, content = 1, type(error).__name__.encode()
    if status != 0:
        message = f"{named}: git has no {wanted!r} in {here}. Fetch the commit, or name the path: git:{ref}:path."
        raise ConfigurationError(message)
    return content
