"""A folder that processes share: whoever is stopped in the middle of writing stops nobody else for good."""

import os
from pathlib import Path

import pytest

from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.files import Folder, let_go

needs_locks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no locks of this kind")


@needs_locks
def test_a_lock_that_somebody_keeps_is_not_waited_for_without_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "c")
    folder.make()
    kept = folder.hold("a.lock", create=True)
    assert kept is not None

    with pytest.raises(BlockingIOError, match="another process holds its lock"), folder.locked("a.lock"):
        pass

    let_go(kept)
    with folder.locked("a.lock"):
        assert folder.hold("a.lock") is None


@needs_locks
def test_meanwhile_no_copy_is_kept_and_the_note_says_why(tmp_path: Path) -> None:
    copy = DiskCopy(tmp_path / "c", "https://config.example/m")
    copy.store(b"one", digest="1", serial=1, etag=None)
    (lock,) = (tmp_path / "c").glob("*.lock")
    kept = Folder(tmp_path / "c").hold(lock.name)
    assert kept is not None

    copy.store(b"two", digest="2", serial=2, etag=None)

    assert copy.note == "no copy is kept on disk: another process holds its lock, and does not let go of it"
    let_go(kept)
    copy.store(b"two", digest="2", serial=2, etag=None)
    assert copy.note is None
    stored = copy.load()
    assert stored is not None
    assert b"two" == stored.content
