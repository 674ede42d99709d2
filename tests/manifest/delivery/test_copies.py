"""What lies on disk beside a copy is believed no more than the copy: it keeps nothing newer out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import following, serial
from tests.manifest.manifest_kit import Origin, StillClock, document


@pytest.fixture
def origin() -> Iterator[Origin]:
    server = Origin()
    yield server
    server.close()


def served(origin: Origin, folder: Path) -> int | None:
    held = following(origin, StillClock(), folder)
    held.tick()
    held.close()
    return serial(held)


def test_a_copy_said_to_be_of_a_higher_serial_gives_way_to_the_next_document(origin: Origin, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    assert 7 == served(origin, folder)
    (meta,) = folder.glob("*.json")
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "serial": 10**15, "epoch": 10**9}))

    origin.content = document(8)
    assert 8 == served(origin, folder)
    origin.status = 503

    assert 8 == served(origin, folder)
