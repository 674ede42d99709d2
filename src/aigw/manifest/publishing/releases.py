"""Release documents to where processes fetch them: immutable objects first, the pointer last, by compare-and-swap.

`v1/<channel>/<serial>-<digest>.json` is written once and stays; `v1/<channel>/current.json` is what processes fetch.
Nothing is ever taken back: to go back is to publish old content under a new serial. What a store holds is believed
no further than it goes: whoever signs it again has to ask first whose it is.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Final, NoReturn, Protocol

from aigw.errors import AigwError, ManifestUntrustedError
from aigw.manifest.publishing.build import payload_of
from aigw.manifest.signing.envelope import Envelope, digest_of, is_envelope, payload_in, read_envelope, write_envelope
from aigw.types.json import EMPTY, JsonObject, as_int, as_object, as_text

__all__ = [
    "Channel",
    "Published",
    "Releases",
    "Store",
    "StoreConflictError",
    "StoreError",
    "Stored",
    "is_built",
    "is_pointer",
    "published",
    "resealed",
]

_SHORT: Final = 12
_MOST_SKIPPED: Final = 100
_POINTER: Final = "current.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def is_pointer(key: str) -> bool:
    """Whether *key* is what processes fetch, which changes; all other objects stay as they are."""
    return key.endswith(f"/{_POINTER}")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store holds under a key, and the tag by which it is replaced."""

    content: bytes
    tag: str


class StoreError(AigwError):
    """A store cannot be read or written; the message says where, and what to do."""


class StoreConflictError(StoreError):
    """Somebody else has written meanwhile: what was to be replaced is no longer there."""


class Store(Protocol):
    """Where objects are kept: a folder, a bucket, a server that takes PUT."""

    @property
    def label(self) -> str:
        """How messages name it, without any credential."""
        ...

    def get(self, key: str) -> Stored | None:
        """Give what is kept under *key*, or None. Raises `StoreError`."""
        ...

    def put(self, key: str, content: bytes, *, replacing: str | None) -> str:
        """Keep *content* under *key* in place of what has the tag *replacing*; None: nothing may be there yet.

        Gives its tag, empty where the store does not tell. Raises `StoreConflictError` if something else is there, and
        `StoreError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """A document that a channel offers: its bytes as processes get them, its payload, and what that says of itself.

    What is no manifest at all has an empty `document`: it can be replaced, and that is all.
    """

    content: bytes
    payload: bytes
    document: JsonObject
    tag: str = ""

    @property
    def serial(self) -> int:
        """Its serial; 0 where it names none."""
        return as_int(self.document.get("serial")) or 0

    @property
    def epoch(self) -> int:
        """Its epoch."""
        return as_int(self.document.get("epoch")) or 0

    @property
    def channel(self) -> str | None:
        """The channel it says it is for."""
        return as_text(self.document.get("channel"))

    @property
    def digest(self) -> str:
        """The SHA-256 of its payload, in hexadecimal."""
        return digest_of(self.payload)


def published(content: bytes, tag: str = "") -> Published:
    """Read *content*, an envelope or a payload in JSON, verifying nothing."""
    try:
        payload = payload_in(content)
        return Published(content, payload, as_object(json.loads(payload)), tag)
    except (ValueError, RecursionError, ManifestUntrustedError):
        return Published(content, content, EMPTY, tag)


def is_built(found: Published) -> bool:
    """Whether *found* is what `build` makes: in the one form of equal documents, and issued at a moment."""
    return "issued_at" in found.document and found.payload == payload_of(found.document)


@dataclass(frozen=True, slots=True)
class Channel:
    """The names of one channel's objects."""

    name: str

    @property
    def pointer(self) -> str:
        """What processes fetch."""
        return f"v1/{self.name}/{_POINTER}"

    def release(self, serial: int, digest: str) -> str:
        """Where the document of *serial* stays for good."""
        return f"v1/{self.name}/{serial}-{digest[:_SHORT]}.json"

    def serial_index(self, serial: int) -> str:
        """Where it is written which digest *serial* has: what allots a serial to one publisher only."""
        return f"v1/{self.name}/{serial}.serial"


class Releases:
    """The documents of one channel in one store."""

    def __init__(self, store: Store, channel: str) -> None:
        if _NAME.fullmatch(channel) is None:
            message = f"{channel[:60]!r} is no name for a channel; use letters, digits, dots, dashes and underscores."
            raise StoreError(message)
        self._store = store
        self._channel = Channel(channel)

    @property
    def channel(self) -> str:
        """The name of the channel."""
        return self._channel.name

    @property
    def label(self) -> str:
        """Where processes fetch it, as far as the store knows."""
        return f"{self._store.label}/{self._channel.pointer}"

    def current(self) -> Published | None:
        """Give what the channel offers now, or None if nothing was ever published. Raises `StoreError`."""
        stored = self._store.get(self._channel.pointer)
        return None if stored is None else published(stored.content, stored.tag)

    def of(self, serial: int) -> Published:
        """Give the document that was published as *serial*. Raises `StoreError` if there is none."""
        named = self._store.get(self._channel.serial_index(serial))
        key = "" if named is None else _key(named)
        stored = self._store.get(key) if key.startswith(f"v1/{self._channel.name}/{serial}-") else None
        found = None if stored is None else published(stored.content)
        if found is None or found.serial != serial:
            self._refuse(f"channel {self._channel.name} has no release of serial {serial}")
        return found

    def next_serial(self, after: int) -> int:
        """Give the first serial above *after* that nobody has claimed: a publication that broke off leaves a gap."""
        serials = range(after + 1, after + 1 + _MOST_SKIPPED)
        free = (one for one in serials if self._store.get(self._channel.serial_index(one)) is None)
        serial = next(free, None)
        if serial is None:
            self._refuse(f"the {_MOST_SKIPPED} serials above {after} are all claimed; name one with --serial")
        return serial

    def publish(self, content: bytes, *, over: Published | None) -> Published:
        """Put *content* before all processes, in place of *over*, which its publisher looked at.

        The same payload again changes at most its envelope. Raises `StoreConflictError` where another document has been
        published meanwhile or has this serial, and `StoreError`.
        """
        made = published(content)
        if over is not None:
            if content == over.content:
                return over
            if made.digest == over.digest:
                return self.refresh(content, over=over)
            if (made.epoch, made.serial) <= (over.epoch, over.serial):
                self._conflict(f"serial {made.serial} is not above {over.serial}, which is published; raise it")
        key = self._channel.release(made.serial, made.digest)
        self._allot(self._channel.serial_index(made.serial), key)
        self._keep(key, content)
        return replace(made, tag=self._point(content, over))

    def refresh(self, content: bytes, *, over: Published) -> Published:
        """Put *content*, the same payload as *over* in another envelope, in its place: a heartbeat."""
        made = published(content)
        if made.digest != over.digest:
            self._conflict("a heartbeat changes the envelope only, and this is another document; publish it")
        return replace(made, tag=self._point(content, over))

    def _point(self, content: bytes, over: Published | None) -> str:
        return self._store.put(self._channel.pointer, content, replacing=None if over is None else over.tag)

    def _allot(self, index: str, key: str) -> None:
        """Claim a serial for *key*. Claimed for the same document before, a publication that broke off goes on."""
        try:
            self._store.put(index, key.encode(), replacing=None)
        except StoreConflictError:
            taken = self._store.get(index)
            if taken is None or _key(taken) != key:
                self._conflict(f"{index} says that another document has this serial; take the next one")

    def _keep(self, key: str, content: bytes) -> None:
        try:
            self._store.put(key, content, replacing=None)
        except StoreConflictError:
            there = self._store.get(key)
            if there is None or published(there.content).digest != published(content).digest:
                self._conflict(f"{key} holds another document, though its name is of the digest; somebody changed it")

    def _refuse(self, what: str) -> NoReturn:
        message = f"{self._store.label}: {what}."
        raise StoreError(message)

    def _conflict(self, what: str) -> NoReturn:
        message = f"{self._store.label}: {what}."
        raise StoreConflictError(message)


def resealed(over: Published, freshness: Envelope) -> bytes:
    """Give *over* with another freshness statement. Raises `StoreError` where it is not signed at all."""
    if not is_envelope(over.content):
        message = f"serial {over.serial} is not signed, so nobody asks how fresh it is; there is nothing to renew."
        raise StoreError(message)
    return write_envelope(replace(read_envelope(over.content), freshness=freshness))


def _key(index: Stored) -> str:
    return index.content.decode("ascii", "replace").strip()
