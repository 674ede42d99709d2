"""Releases: immutable objects first, the pointer last, and no two publishers who do not see each other."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.manifest.signing.signing_kit import CHAIN, HEARTBEAT, SIGNERS, freshness, sealed

from aigw.manifest.publishing.build import payload_of
from aigw.manifest.publishing.releases import (
    Releases,
    Store,
    StoreConflictError,
    Stored,
    StoreError,
    is_pointer,
    published,
    resealed,
)
from aigw.manifest.signing.envelope import read_envelope
from aigw.manifest.signing.sealing import sign_freshness

POINTER = "v1/prod/current.json"


class Shelf:
    """A store in memory. `writes` are the keys in the order they were written; `breaks` is where it gives up."""

    label = "the shelf"

    def __init__(self) -> None:
        self.kept: dict[str, Stored] = {}
        self.writes: list[str] = []
        self.breaks = ""

    def get(self, key: str) -> Stored | None:
        return self.kept.get(key)

    def put(self, key: str, content: bytes, *, replacing: str | None) -> str:
        if self.breaks and key.endswith(self.breaks):
            message = "the line is cut."
            raise StoreError(message)
        there = self.kept.get(key)
        if (None if there is None else there.tag) != replacing:
            message = f"{key} is another."
            raise StoreConflictError(message)
        self.writes.append(key)
        self.kept[key] = Stored(content, f"tag-{len(self.writes)}")
        return self.kept[key].tag


def document(serial: int, **more: Any) -> bytes:
    return payload_of({"schema": "aigw/v1", "serial": serial, **more})


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def releases(shelf: Shelf) -> Releases:
    store: Store = shelf
    return Releases(store, "prod")


def test_the_pointer_is_written_last(shelf: Shelf, releases: Releases) -> None:
    made = releases.publish(document(1), over=None)

    assert ["v1/prod/1.serial", f"v1/prod/1-{made.digest[:12]}.json", POINTER] == shelf.writes
    assert document(1) == shelf.kept[POINTER].content
    assert releases.current() == made


def test_a_publication_that_broke_off_leaves_what_was_there_in_force(shelf: Shelf, releases: Releases) -> None:
    first = releases.publish(document(1), over=None)
    shelf.breaks = "current.json"
    with pytest.raises(StoreError, match="cut"):
        releases.publish(document(2), over=first)

    assert releases.current() == first


def test_a_publication_that_broke_off_is_taken_up_by_the_same_document(shelf: Shelf, releases: Releases) -> None:
    first = releases.publish(document(1), over=None)
    shelf.breaks = "current.json"
    with pytest.raises(StoreError):
        releases.publish(document(2), over=first)
    shelf.breaks = ""

    assert 2 == releases.publish(document(2), over=first).serial


def test_a_serial_that_was_claimed_is_passed_over(shelf: Shelf, releases: Releases) -> None:
    first = releases.publish(document(1), over=None)
    shelf.breaks = ".json"
    with pytest.raises(StoreError):
        releases.publish(document(2), over=first)
    shelf.breaks = ""

    assert 3 == releases.next_serial(first.serial)
    with pytest.raises(StoreConflictError, match="take the next one"):
        releases.publish(document(2, tags={"other": "content"}), over=first)


def test_serials_that_are_all_claimed_are_not_searched_for_ever(shelf: Shelf, releases: Releases) -> None:
    for serial in range(1, 102):
        shelf.put(f"v1/prod/{serial}.serial", b"", replacing=None)
    with pytest.raises(StoreError, match="name one with --serial"):
        releases.next_serial(0)


def test_whoever_did_not_see_what_is_published_replaces_nothing(releases: Releases) -> None:
    first = releases.publish(document(1), over=None)
    releases.publish(document(2), over=first)
    with pytest.raises(StoreConflictError):
        releases.publish(document(3), over=first)
    current = releases.current()

    assert current is not None
    assert 2 == current.serial


@pytest.mark.parametrize("serial", [1, 2])
def test_a_serial_that_is_not_higher_is_refused(releases: Releases, serial: int) -> None:
    over = releases.publish(document(2), over=None)
    with pytest.raises(StoreConflictError, match="is not above 2"):
        releases.publish(document(serial, tags={"other": "content"}), over=over)


def test_a_higher_epoch_outranks_every_serial(releases: Releases) -> None:
    over = releases.publish(document(900, epoch=1), over=None)

    assert 5 == releases.publish(document(5, epoch=2), over=over).serial


def test_the_same_again_changes_nothing(shelf: Shelf, releases: Releases) -> None:
    over = releases.publish(document(1), over=None)
    before = list(shelf.writes)

    assert over == releases.publish(document(1), over=over)
    assert before == shelf.writes


def test_the_same_payload_in_another_envelope_replaces_the_pointer_only(shelf: Shelf, releases: Releases) -> None:
    over = releases.publish(sealed(), over=None)
    more = sealed(signers=SIGNERS)
    releases.publish(more, over=over)

    assert POINTER == shelf.writes[-1]
    assert 4 == len(shelf.writes)
    assert more == shelf.kept[POINTER].content


def test_a_release_that_somebody_changed_is_noticed(shelf: Shelf, releases: Releases) -> None:
    digest = published(document(1)).digest
    shelf.put(f"v1/prod/1-{digest[:12]}.json", b"{}", replacing=None)
    with pytest.raises(StoreConflictError, match="somebody changed it"):
        releases.publish(document(1), over=None)

    assert releases.current() is None


def test_an_earlier_release_is_found_by_its_serial(releases: Releases) -> None:
    first = releases.publish(document(1), over=None)
    releases.publish(document(2), over=first)

    assert first.content == releases.of(1).content
    with pytest.raises(StoreError, match="channel prod has no release of serial 9"):
        releases.of(9)


@pytest.mark.parametrize("points_to", [b"v1/staging/1-abc.json", b"\xff", b"", b"v1/prod/2-abc.json"])
def test_an_index_that_somebody_turned_elsewhere_is_not_followed(
    shelf: Shelf, releases: Releases, points_to: bytes
) -> None:
    shelf.put("v1/prod/1.serial", points_to, replacing=None)
    for key in ("v1/staging/1-abc.json", "v1/prod/2-abc.json"):
        shelf.put(key, document(1), replacing=None)
    with pytest.raises(StoreError, match="no release of serial 1"):
        releases.of(1)


@pytest.mark.parametrize("garbage", [b"", b"[]", b"\xff", b"<html>", b'{"payloadType":1,"payload":2,"signatures":3}'])
def test_garbage_in_the_pointers_place_can_be_replaced(shelf: Shelf, releases: Releases, garbage: bytes) -> None:
    shelf.put(POINTER, garbage, replacing=None)
    over = releases.current()
    assert over is not None

    assert ({}, 0) == (dict(over.document), over.serial)
    assert 4 == releases.publish(document(4), over=over).serial


def test_a_heartbeat_changes_the_freshness_and_nothing_else(releases: Releases) -> None:
    over = releases.publish(sealed(), over=None)
    statement = sign_freshness(freshness(expires=2_000_000_000.0), [HEARTBEAT])
    made = releases.refresh(resealed(over, statement), over=over)
    envelope = read_envelope(made.content)

    assert (statement, CHAIN) == (envelope.freshness, envelope.trust)
    assert replace(envelope, freshness=None) == replace(read_envelope(over.content), freshness=None)


def test_a_heartbeat_of_another_document_is_refused(releases: Releases) -> None:
    over = releases.publish(sealed(), over=None)
    with pytest.raises(StoreConflictError, match="another document"):
        releases.refresh(document(8), over=over)


def test_what_is_not_signed_has_no_freshness() -> None:
    with pytest.raises(StoreError, match="not signed"):
        resealed(published(document(1)), sign_freshness(freshness(), [HEARTBEAT]))


@pytest.mark.parametrize("name", ["", "../prod", "a/b", ".hidden", "x" * 64, "prod\n"])
def test_a_channel_has_a_name_that_leads_nowhere_else(shelf: Shelf, name: str) -> None:
    with pytest.raises(StoreError, match="no name for a channel"):
        Releases(shelf, name)


def test_only_the_pointer_is_one() -> None:
    assert is_pointer(POINTER)
    assert not is_pointer("v1/prod/1-0123456789ab.json")
    assert json.loads(document(1)) == dict(published(document(1)).document)


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["look", "publish", "beat"]), st.integers(0, 4)), max_size=30
)


@given(STEPS)
def test_no_publishers_however_they_meet_and_break_off_take_a_serial_back(steps: list[tuple[int, str, int]]) -> None:
    shelf = Shelf()
    releases = Releases(shelf, "prod")
    seen: dict[int, Any] = {}
    digests: dict[int, str] = {}
    highest = 0
    for number, (who, does, luck) in enumerate(steps):
        shelf.breaks = {0: ".serial", 1: f"{number}.json", 2: "current.json"}.get(luck, "")
        over = seen.get(who)
        with suppress(StoreError):
            if does == "look" or (does == "beat" and over is None):
                seen[who] = releases.current()
            elif does == "beat":
                releases.refresh(over.content, over=over)
            else:
                serial = releases.next_serial(0 if over is None else over.serial)
                releases.publish(document(serial, tags={"step": str(number)}), over=over)
        current = releases.current()
        if current is not None:
            assert current.serial >= highest
            assert current.digest == digests.setdefault(current.serial, current.digest)
            assert current.content == releases.of(current.serial).content
            highest = current.serial
