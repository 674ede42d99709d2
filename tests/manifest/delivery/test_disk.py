"""The last good document on disk is kept whole, private and in order, and is never trusted."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.manifest.manifest_kit import document

from aigw.manifest.delivery.disk import DiskCopy

URL = "https://config.example/m.yaml?sig=secret"


def keep(copy: DiskCopy, content: bytes, serial: int, etag: str | None = '"e"') -> None:
    copy.store(content, digest=hashlib.sha256(content).hexdigest(), serial=serial, etag=etag)


@pytest.fixture
def copy(tmp_path: Path) -> DiskCopy:
    return DiskCopy(tmp_path / "cache", URL)


def test_the_exact_bytes_come_back_with_their_tag_and_serial(copy: DiskCopy) -> None:
    assert copy.load() is None
    keep(copy, b"\xef\xbb\xbfa: 1\r\n", 3)
    stored = copy.load()

    assert stored is not None
    assert (b"\xef\xbb\xbfa: 1\r\n", '"e"', 3) == (stored.content, stored.etag, stored.serial)
    assert copy.note is None


def test_files_are_for_their_owner_only_and_do_not_name_the_url(copy: DiskCopy, tmp_path: Path) -> None:
    keep(copy, b"a: 1", 1)
    files = list((tmp_path / "cache").iterdir())

    assert 0o700 == (tmp_path / "cache").stat().st_mode & 0o777
    assert {0o600} == {file.stat().st_mode & 0o777 for file in files}
    assert not any("secret" in file.name or b"secret" in file.read_bytes() for file in files)
    assert not [file for file in files if file.name.endswith(".tmp")]


def test_each_url_has_its_own_copy(copy: DiskCopy, tmp_path: Path) -> None:
    keep(copy, b"a: 1", 1)

    assert DiskCopy(tmp_path / "cache", "https://other.example/").load() is None


def test_only_a_newer_serial_overwrites(copy: DiskCopy) -> None:
    keep(copy, b"new", 5)
    keep(copy, b"old", 4)
    keep(copy, b"other", 5)
    assert b"new" == Path(copy.path).read_bytes()

    keep(copy, b"newer", 6)

    assert b"newer" == Path(copy.path).read_bytes()


def test_a_copy_that_does_not_compile_gives_way_to_an_older_serial(copy: DiskCopy) -> None:
    keep(copy, b"from a later version", 9)
    stored = copy.load()
    assert stored is not None
    copy.refuse(stored.digest)

    keep(copy, b"good", 7)

    assert b"good" == Path(copy.path).read_bytes()


def test_a_new_tag_of_the_same_document_is_kept(copy: DiskCopy) -> None:
    keep(copy, b"a", 1, '"one"')
    keep(copy, b"a", 1, '"two"')
    stored = copy.load()

    assert stored is not None
    assert '"two"' == stored.etag


@pytest.mark.parametrize("meta", [b"{", b"[]", b'{"digest": "other", "etag": "x"}', b"\xff", b"[" * 100_000])
def test_a_tag_that_does_not_belong_to_the_bytes_is_ignored(copy: DiskCopy, meta: bytes) -> None:
    keep(copy, b"a", 1)
    Path(copy.path).with_suffix(".json").write_bytes(meta)
    stored = copy.load()

    assert stored is not None
    assert (b"a", None, None) == (stored.content, stored.etag, stored.serial)


def test_bytes_that_no_process_wrote_are_known_as_such(copy: DiskCopy) -> None:
    keep(copy, b"a", 1)
    written = copy.load()
    Path(copy.path).write_bytes(b"b")
    other = copy.load()

    assert written is not None
    assert other is not None
    assert (True, False) == (written.is_as_written, other.is_as_written)


def test_a_death_while_a_copy_is_replaced_leaves_the_one_before_as_good_as_it_was(
    copy: DiskCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(copy, b"a", 1)
    write = copy._folder.write

    def die(name: str, content: bytes) -> None:
        if name.endswith(".manifest"):
            raise OSError
        write(name, content)

    with monkeypatch.context() as patched:
        patched.setattr(copy._folder, "write", die)
        keep(copy, b"b", 2)
    stored = copy.load()

    assert stored is not None
    assert (b"a", 1, True) == (stored.content, stored.serial, stored.is_as_written)
    keep(copy, b"c", 3)
    assert b"c" == Path(copy.path).read_bytes()


def test_a_symlink_is_not_followed(copy: DiskCopy, tmp_path: Path) -> None:
    keep(copy, b"a", 1)
    (tmp_path / "elsewhere").write_bytes(b"b")
    Path(copy.path).unlink()
    Path(copy.path).symlink_to(tmp_path / "elsewhere")

    assert copy.load() is None
    assert copy.note is not None


def test_a_directory_that_is_a_symlink_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    copy = DiskCopy(tmp_path / "link", URL)
    keep(copy, b"a", 1)

    assert "is not a directory" in (copy.note or "")
    assert [] == list((tmp_path / "real").iterdir())


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777])
def test_a_directory_others_may_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    copy = DiskCopy(tmp_path / "cache", URL)
    keep(copy, b"a", 1)
    (tmp_path / "cache").chmod(mode)

    assert copy.load() is None
    assert "use a directory of mode 0700" in (copy.note or "")


def test_a_file_others_may_write_to_is_not_used(copy: DiskCopy) -> None:
    keep(copy, b"a", 1)
    Path(copy.path).chmod(0o666)

    assert copy.load() is None
    assert "others may write" in (copy.note or "")


NOBODY = 65534
READER = """
import hashlib, os, sys
from aigw.manifest.delivery.disk import DiskCopy
directory, url = sys.argv[1:]
if os.geteuid() == 0:
    os.setuid(65534)
copy = DiskCopy(directory, url)
copy.store(b"a", digest=hashlib.sha256(b"a").hexdigest(), etag=None, serial=1)
print(copy.note)
"""


def test_a_read_only_directory_is_only_a_note() -> None:
    """Root may write everywhere, so as root this is told by a child that is nobody."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        cache = Path(folder) / "cache"
        cache.mkdir()
        if os.geteuid() == 0:
            os.chown(cache, NOBODY, NOBODY)
        cache.chmod(0o500)

        done = subprocess.run(
            [sys.executable, "-c", READER, str(cache), URL], capture_output=True, text=True, check=False
        )

    assert "no copy is kept on disk" in done.stdout, done.stderr


def test_a_note_goes_away_once_a_copy_is_kept(tmp_path: Path) -> None:
    blocker = tmp_path / "cache"
    blocker.write_text("")
    copy = DiskCopy(blocker, URL)
    keep(copy, b"a", 1)
    assert copy.note is not None

    blocker.unlink()
    keep(copy, b"a", 1)

    assert copy.note is None


RACER = """
import hashlib, sys
from aigw.manifest.delivery.disk import DiskCopy
directory, url, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
copy = DiskCopy(directory, url)
print("ready", flush=True)
sys.stdin.readline()
for serial in range(first, first + 60, 2):
    content = (f"serial: {serial}\\n" + "x" * (serial * 1000)).encode()
    copy.store(content, digest=hashlib.sha256(content).hexdigest(), serial=serial, etag=str(serial))
assert copy.note is None, copy.note
"""


def test_two_processes_racing_to_store_never_tear_and_end_with_the_newest(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "src"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path / "cache"), URL, str(first)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(source)},
        )
        for first in (1, 2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert "ready\n" == racer.stdout.readline()
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    reader = DiskCopy(tmp_path / "cache", URL)
    while any(racer.poll() is None for racer in racers):
        stored = reader.load()
        if stored is not None:
            serial = int(stored.content.split(b"\n")[0].split()[1])
            assert f"serial: {serial}\n".encode() + b"x" * (serial * 1000) == stored.content
            assert stored.serial in (None, serial)
    for racer in racers:
        racer.communicate()

    assert [0, 0] == [racer.returncode for racer in racers]
    meta = json.loads(Path(reader.path).with_suffix(".json").read_text())
    assert (60, "60") == (meta["serial"], meta["etag"])
    assert Path(reader.path).read_bytes().startswith(b"serial: 60\n")


def test_a_stored_document_is_what_was_delivered(copy: DiskCopy) -> None:
    keep(copy, document(), 7)

    assert document() == Path(copy.path).read_bytes()
