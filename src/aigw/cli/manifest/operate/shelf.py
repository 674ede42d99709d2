"""What the development server offers: the files below a folder, or one file, read anew at each look."""

import contextlib
import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from aigw.errors import ConfigurationError, ManifestError
from aigw.manifest.delivery.files import write_whole
from aigw.manifest.language.document import load_document
from aigw.manifest.signing.envelope import payload_in
from aigw.types.json import as_int, as_object

_GLANCE_S: Final = 0.1
_VERSIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of a file, and their ETag."""

    content: bytes
    etag: str


class Shelf:
    """The documents at *path*: a folder's, each under its path from there, or a single file under its name and `/`.

    Hidden files and what lies elsewhere are not among them. Raises `ConfigurationError` if there is nothing at *path*.
    """

    def __init__(self, path: str) -> None:
        self._root = Path(path).expanduser().resolve()
        self._single = self._root.is_file()
        if not self._root.exists():
            message = f"There is neither a folder nor a file {path}; name what to serve."
            raise ConfigurationError(message)
        self._changed = threading.Condition()
        self._versions: dict[str, dict[str, bytes]] = {}

    @property
    def place(self) -> str:
        """Where the single document is, as a path of a URL; `/` for a folder."""
        return f"/{quote(self._root.name)}" if self._single else "/"

    def read(self, place: str) -> Document | None:
        """Give what is at the URL path *place*, or None."""
        file = self._file(place)
        if file is None:
            return None
        try:
            content = file.read_bytes()
        except OSError:
            return None
        document = Document(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        self._remember(place, document)
        return document

    def wait(self, place: str, etag: str, seconds: float, closing: threading.Event) -> None:
        """Wait until *place* holds something other than what *etag* names, for *seconds* at most."""
        until = time.monotonic() + seconds
        with self._changed:
            while not closing.is_set() and (left := until - time.monotonic()) > 0:
                found = self.read(place)
                if found is None or found.etag != etag:
                    return
                self._changed.wait(min(left, _GLANCE_S))

    def put(self, place: str, content: bytes, *, if_match: str | None, if_none_match: str | None) -> Document | None:
        """Keep *content* at *place* and give it as it is now; None if a precondition does not hold.

        Raises `OSError`, and `ValueError` for a place that is none.
        """
        file = self._file(place)
        if file is None:
            raise ValueError(place)
        with self._changed:
            there = self.read(place)
            if not _holds(there, if_match, if_none_match):
                return None
            _write(file, content)
            self._changed.notify_all()
            return self.read(place)

    def of_serial(self, place: str, serial: int) -> bytes | None:
        """Give the document of *serial* that was at *place* while this server ran, or a release kept beside it."""
        with self._changed:
            seen = list(self._versions.get(place, {}).values())
        file = self._file(place)
        beside = [] if file is None else [one.read_bytes() for one in file.parent.glob(f"{serial}-*.json")]
        return next((one for one in (*seen, *beside) if _serial_of(one) == serial), None)

    def names(self) -> list[str]:
        """Give the places of all documents, a thousand at most."""
        if self._single:
            return [self.place]
        found: list[str] = []
        for folder, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = Path(folder).relative_to(self._root)
            found += [quote(f"/{(inside / name).as_posix()}") for name in sorted(files) if not name.startswith(".")]
        return found[:1000]

    def _file(self, place: str) -> Path | None:
        if self._single:
            return self._root if place in ("/", self.place) else None
        parts = unquote(place).split("/")[1:]
        if any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        file = self._root.joinpath(*parts)
        return file if file.resolve().is_relative_to(self._root) and not file.is_dir() else None

    def _remember(self, place: str, document: Document) -> None:
        with self._changed:
            versions = self._versions.setdefault(place, {})
            versions[document.etag] = document.content
            while len(versions) > _VERSIONS:
                del versions[next(iter(versions))]


def _holds(there: Document | None, if_match: str | None, if_none_match: str | None) -> bool:
    """Whether what *there* is meets the preconditions of a PUT (RFC 9110, 13.1)."""
    if if_match is not None and (there is None or not names(if_match, there.etag)):
        return False
    return if_none_match is None or there is None or not names(if_none_match, there.etag)


def names(header: str, etag: str) -> bool:
    """Whether the ETags that *header* lists hold *etag*."""
    return header.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in header.split(",")}


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, content, mode=0o644)


def _serial_of(content: bytes) -> int | None:
    with contextlib.suppress(ManifestError, ValueError):
        payload = payload_in(content)
        if payload.lstrip()[:1] == b"{":
            return as_int(as_object(json.loads(payload)).get("serial"))
        return as_int(as_object(load_document(payload, source="").data).get("serial"))
    return None
