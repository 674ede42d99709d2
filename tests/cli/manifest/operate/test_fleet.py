"""A fleet is counted by whatever text and lines it offers, broken ones passed over."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aigw.cli.manifest.operate.fleet import Fleet, Newest, Tail, fleet_of_metrics, fleet_of_records, joined
from aigw.manifest.delivery.status import ManifestStatus


@given(st.text() | st.from_regex(r"aigw_manifest_(info|nack_total)\{[^\n]*\} [0-9.eNaInf+-]*", fullmatch=True))
def test_any_text_is_counted_without_an_error(text: str) -> None:
    assert fleet_of_metrics(text).total >= 0


@given(st.lists(st.integers(min_value=0, max_value=10**18 - 1) | st.none(), max_size=5), st.text())
def test_what_processes_offer_is_what_is_counted(serials: list[int | None], source: str) -> None:
    texts = [ManifestStatus(state="current", source=source, serial=serial).prometheus() for serial in serials]
    fleet = joined(map(fleet_of_metrics, texts), "processes")

    assert {serial: serials.count(serial) for serial in serials} == dict(fleet.counts)


@given(st.lists(st.binary()))
def test_any_lines_are_counted_without_an_error(lines: list[bytes]) -> None:
    assert fleet_of_records(lines).total >= 0


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans())), st.integers(1, 5))
def test_the_newest_records_count(records: list[tuple[int, bool]], most: int) -> None:
    newest = Newest(most)
    newest.put(
        json.dumps({"serial": serial, "outcome": "error" if failed else "ok"}).encode() for serial, failed in records
    )

    assert [serial for serial, _ in records[-most:]].count(1) == newest.fleet().counts.get(1, 0)
    assert sum(failed for _, failed in records[-most:]) == sum(newest.fleet().errors.values())


def test_a_share_counts_later_serials_and_not_those_without_one() -> None:
    fleet = Fleet("processes", {7: 1, 8: 1, 9: 1, None: 1})

    assert [0.75, 0.5, 0.0] == [fleet.share_at(serial) for serial in (1, 8, 10)]
    assert 0.0 == Fleet("processes").share_at(1)


def test_a_line_is_read_once_and_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = Tail(str(path), from_end=4)
    assert [] == tail.lines()
    path.write_bytes(b"abcdef\ngh")
    assert [b"f"] == tail.lines()
    with path.open("ab") as file:
        file.write(b"i\njk\n")
    assert [b"ghi", b"jk"] == tail.lines()
    assert [] == tail.lines()


def test_a_file_that_was_cut_or_replaced_is_begun_anew(tmp_path: Path) -> None:
    path, fresh = tmp_path / "log", tmp_path / "fresh"
    tail = Tail(str(path), from_end=100)
    path.write_bytes(b"one\ntwo\n")
    tail.lines()
    path.write_bytes(b"cut\n")
    assert [b"cut"] == tail.lines()
    fresh.write_bytes(b"a new and longer one\n")
    fresh.rename(path)
    assert [b"a new and longer one"] == tail.lines()
