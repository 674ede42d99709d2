"""What is at hand before any network is asked: the copy on disk, the one that came with the code, the one before."""

from collections.abc import Iterator
from dataclasses import dataclass

from aigw.errors import ManifestError
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.intake import Accepted, Intake
from aigw.manifest.delivery.sources import FetchRefusedError, FileSource, read_file
from aigw.manifest.delivery.starts import MANY_DEATHS
from aigw.manifest.delivery.status import Origin


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that passed the checks, where it was, and the ETag it was delivered with."""

    accepted: Accepted
    origin: Origin
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class AtHand:
    """The copy to start from, if there is one. `pinned` is True if a newer one is left out for the deaths it caused."""

    best: Kept | None
    pinned: bool = False


class Copies:
    """The copies of one source's manifest. No fault of theirs keeps a process from starting: `notes` tell it."""

    def __init__(self, intake: Intake, disk: DiskCopy | None, embedded: FileSource | None, label: str) -> None:
        self.notes: tuple[str, ...] = ()
        self._intake = intake
        self._disk = disk
        self._embedded = embedded
        self._label = label

    def at_hand(self, now: float) -> AtHand:
        """Give the highest copy that may serve. Whatever is valid counts as seen: nothing below it will be accepted.

        A copy that killed three processes gives way to the best that did not, if there is one.
        """
        found = [*self._on_disk(), *self._with_the_code()]
        for kept in found:
            self._intake.note(kept.accepted)
        now = max(now, self._intake.seen)
        if self._intake.trust.require == "fresh":
            found = [kept for kept in found if kept.accepted.vouched.is_fresh(now)]
        best = max(found, key=_order, default=None)
        if best is None or not self.is_deadly(best.accepted):
            return AtHand(best)
        others = [kept for kept in (*found, *self._before()) if not self.is_deadly(kept.accepted)]
        other = max(others, key=_order, default=None)
        return AtHand(best) if other is None else AtHand(other, pinned=True)

    def is_deadly(self, accepted: Accepted) -> bool:
        """Whether three processes died within a minute of putting *accepted* into force."""
        return self._disk is not None and self._disk.starts.deaths(accepted.snapshot.digest) >= MANY_DEATHS

    def _on_disk(self) -> Iterator[Kept]:
        stored = None if self._disk is None else self._disk.load()
        if self._disk is None or stored is None:
            return
        accepted = self._judged(stored.content, "copy on disk")
        if isinstance(accepted, Accepted) and not stored.is_as_written and accepted.vouched.verified != "signed":
            accepted = "it is not what was written there"
        if isinstance(accepted, Accepted):
            if stored.serial is not None and (stored.epoch, stored.serial) != accepted.snapshot.order:
                self._disk.refuse(stored.digest)  # what lies beside it would keep newer ones out
            yield Kept(accepted, "disk", stored.etag)
        else:
            self._disk.refuse(stored.digest)
            self._disk.note = f"the copy on disk is ignored: {accepted}"

    def _with_the_code(self) -> Iterator[Kept]:
        if self._embedded is None:
            return
        try:
            content = read_file(self._embedded, now=None).content or b""
        except FetchRefusedError as error:
            self.notes = (f"the embedded manifest {self._embedded.path} is ignored: {error}",)
            return
        accepted = self._judged(content, f"embedded copy {self._embedded.path}", came_with_the_code=True)
        if isinstance(accepted, Accepted):
            yield Kept(accepted, "embedded")
        else:
            self.notes = (f"the embedded manifest is ignored: {accepted}",)

    def _before(self) -> Iterator[Kept]:
        content = None if self._disk is None else self._disk.load_previous()
        if content is not None:
            accepted = self._judged(content, "previous copy on disk")
            if isinstance(accepted, Accepted):
                yield Kept(accepted, "disk")

    def _judged(self, content: bytes, what: str, *, came_with_the_code: bool = False) -> Accepted | str:
        """Give *content* as it passed the checks, or what is wrong with it."""
        try:
            source = f"{self._label} ({what})"
            return self._intake.accept_kept(content, source=source, came_with_the_code=came_with_the_code)
        except ManifestError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - what lies on disk must never keep a process from starting
            return type(error).__name__


def _order(kept: Kept) -> tuple[int, int]:
    return kept.accepted.snapshot.order
