"""The last good documents on disk, so that a process can start while its URL is down.

What lies there is not trusted: owner, mode and links are checked, and the holder judges it like any other document.
The exact bytes are kept, with a small file beside them for ETag and order, which counts only while its digest is
that of the bytes; the good copy before it; and the chain of trust, as far as it was followed.
"""

import contextlib
import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final

from aigw.manifest.delivery.files import Folder, UntrustedError
from aigw.manifest.delivery.starts import Starts
from aigw.manifest.language.document import MAX_BYTES
from aigw.types.json import JsonObject, as_int, as_object, as_text

_META_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class Stored:
    """A document found on disk, and the ETag and the order it was delivered with, if they are known.

    `digest` is that of the bytes, `payload` that of what they say; `fresh_at` when it was last said to be the newest.
    """

    content: bytes
    digest: str
    etag: str | None
    serial: int | None
    epoch: int = 0
    payload: str | None = None
    fresh_at: float | None = None

    @property
    def is_as_written(self) -> bool:
        """Whether these are the bytes that a process wrote after judging them: disks rot, and YAML bears a lot."""
        return self.payload is not None


class DiskCopy:
    """Keeps the last good documents of one URL in a directory. Never raises: what goes wrong is a note."""

    def __init__(self, directory: str | PathLike[str], url: str) -> None:
        self._folder = Folder(Path(directory))
        name = hashlib.sha256(url.encode()).hexdigest()
        self._name = f"{name}.manifest"
        self._meta = f"{name}.json"
        self._previous = f"{name}.previous"
        self._trust = f"{name}.trust"
        self._lock = f"{name}.lock"
        self._lease = f"{name}.lease"
        self._refused: str | None = None
        self.starts = Starts(self._folder, name)
        self.note: str | None = None

    @property
    def path(self) -> str:
        """Where the document is kept."""
        return str(self._folder.path / self._name)

    def load(self) -> Stored | None:
        """Give what is stored, or None. A note says why what is there cannot be used."""
        with self._noting("the copy on disk is ignored", "the copy on disk cannot be read"):
            if self._folder.is_there():
                return self._stored()
        return None

    def mark(self) -> tuple[int, ...] | None:
        """Give what changes with the document on disk, at little cost; None if there is none."""
        with contextlib.suppress(OSError):
            status = (self._folder.path / self._name).lstat()
            return status.st_ino, status.st_size, status.st_mtime_ns
        return None

    def lease(self) -> int | None:
        """Take the right to fetch for all processes that share the folder: a descriptor to hold, or None.

        It is another's while that holds it. Raises `OSError`, `UntrustedError` where nobody can have it.
        """
        self._folder.make()
        return self._folder.hold(self._lease, create=True)

    def noted(self) -> float | None:
        """Say when whoever holds the lease noted a good look, in seconds since the epoch; None if nothing tells."""
        with contextlib.suppress(OSError):
            return (self._folder.path / self._lease).lstat().st_mtime
        return None

    def load_previous(self) -> bytes | None:
        """Give the good copy before the last, or None."""
        return self._kept(self._previous)

    def load_trust(self) -> bytes | None:
        """Give the chain of trust that was kept, or None."""
        return self._kept(self._trust)

    def refuse(self, digest: str) -> None:
        """Note that the stored document with *digest* is of no use, so that any good one may replace it."""
        self._refused = digest

    def store(  # noqa: PLR0913 - what there is to know of a document
        self,
        content: bytes,
        *,
        digest: str,
        serial: int,
        etag: str | None,
        epoch: int = 0,
        fresh_at: float | None = None,
    ) -> None:
        """Keep *content*, unless something newer is stored. Whoever reads meanwhile sees the old or the new, whole.

        *digest* is that of what it says. What is replaced is kept as the previous copy, unless a process died of it.
        """
        fresh = Stored(content, hashlib.sha256(content).hexdigest(), etag, serial, epoch, digest, fresh_at)
        with self._noting("no copy is kept on disk"), self._locked():
            stored = self._stored_or_none()
            if stored is not None and stored.digest not in (fresh.digest, self._refused) and _is_newer(stored, fresh):
                return
            if stored is None or stored.digest != fresh.digest:
                if stored is not None and stored.digest != self._refused and stored.payload not in (None, digest):
                    self._keep_previous(stored)
                self._write_meta(fresh, stored if stored is not None and stored.is_as_written else None)
                self._folder.write(self._name, content)
            elif _meta(stored) != _meta(fresh):
                self._write_meta(fresh, None)
            self.note = None

    def store_trust(self, chain: bytes) -> None:
        """Keep the chain of trust."""
        with self._noting("the chain of trust is not kept on disk"), self._locked():
            self._folder.write(self._trust, chain)

    def _keep_previous(self, stored: Stored) -> None:
        if stored.payload is not None and not self.starts.deaths(stored.payload):
            self._folder.write(self._previous, stored.content)

    def _kept(self, name: str) -> bytes | None:
        with contextlib.suppress(OSError, UntrustedError):
            self._folder.check()
            return self._folder.read(name, MAX_BYTES)
        return None

    def _stored(self) -> Stored:
        content = self._folder.read(self._name, MAX_BYTES)
        digest = hashlib.sha256(content).hexdigest()
        meta = self._read_meta()
        for told in (meta, as_object(meta.get("before"))):
            if told.get("digest") == digest:
                return _stored(content, digest, told)
        return Stored(content, digest, None, None)

    def _stored_or_none(self) -> Stored | None:
        with contextlib.suppress(OSError, UntrustedError):
            return self._stored()
        return None

    def _read_meta(self) -> JsonObject:
        with contextlib.suppress(OSError, ValueError, RecursionError, UntrustedError):
            return as_object(json.loads(self._folder.read(self._meta, _META_BYTES)))
        return {}

    def _write_meta(self, fresh: Stored, before: Stored | None) -> None:
        """Tell of *fresh*, which is about to replace *before*: whichever of them is found there is told of."""
        told = dict(_meta(fresh)) if before is None else {**_meta(fresh), "before": _meta(before)}
        self._folder.write(self._meta, json.dumps(told).encode())

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Keep other processes from storing between our look at what is there and our own writing."""
        self._folder.make()
        with self._folder.locked(self._lock):
            yield

    @contextlib.contextmanager
    def _noting(self, untrusted: str, failed: str | None = None) -> Generator[None]:
        """Turn what goes wrong with the disk into a note; that nothing is there yet is nothing wrong."""
        try:
            yield
        except UntrustedError as error:
            self.note = f"{untrusted}: {error}"
        except OSError as error:
            if not (failed and isinstance(error, FileNotFoundError)):
                self.note = f"{failed or untrusted}: {error.strerror or type(error).__name__}"


def _is_newer(stored: Stored, fresh: Stored) -> bool:
    """Whether *stored* must not give way: it is of a higher order, other content of the same, or told fresh later."""
    if stored.serial is None or fresh.serial is None:
        return False
    mine, theirs = (stored.epoch, stored.serial), (fresh.epoch, fresh.serial)
    if mine != theirs or stored.payload != fresh.payload:
        return mine >= theirs
    return (stored.fresh_at or 0.0) > (fresh.fresh_at or 0.0)


def _stored(content: bytes, digest: str, told: JsonObject) -> Stored:
    fresh_at = told.get("fresh_at")
    return Stored(
        content,
        digest,
        as_text(told.get("etag")),
        as_int(told.get("serial")),
        as_int(told.get("epoch")) or 0,
        as_text(told.get("payload")),
        float(fresh_at) if isinstance(fresh_at, int | float) else None,
    )


def _meta(stored: Stored) -> Mapping[str, object]:
    return {
        "digest": stored.digest,
        "payload": stored.payload,
        "epoch": stored.epoch,
        "serial": stored.serial,
        "etag": stored.etag,
        "fresh_at": stored.fresh_at,
    }
