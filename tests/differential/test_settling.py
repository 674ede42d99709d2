"""The judge is judged: nothing passes unsettled, and no entry of a table stands idle."""

import pytest
from tests.differential import settling
from tests.differential.settling import FOLDER, complaints, table
from tests.differential.wire import Difference, Sent, differences

ENTRY = """
- cases: "a*"
  paths: [body.n, "body.*.x"]
  theirs: absent
  verdict: both fine
  reason: It is said for the test.
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settling, "FOLDER", tmp_path)
    (tmp_path / "t.yaml").write_text(ENTRY, "utf-8")


@pytest.mark.parametrize(
    ("case", "path", "theirs", "settled"),
    [
        ("ab", "body.n", "absent", True),
        ("ab", "body.0.x", "absent", True),
        ("b", "body.n", "absent", False),
        ("ab", "body.m", "absent", False),
        ("ab", "body.n", "1", False),
    ],
)
def test_an_entry_settles_what_it_names_and_nothing_else(case, path, theirs, settled):
    said = complaints("t", [("a", Difference("body.n", "1", "absent")), (case, Difference(path, "1", theirs))])

    assert settled is (said == "")


def test_an_entry_that_settles_nothing_is_a_complaint():
    assert complaints("t", []).startswith("matches nothing: ")


def test_requests_differ_where_a_value_does_and_numbers_are_compared_by_value():
    ours = Sent("POST", "/a", {}, {"n": 1, "flag": True, "list": [1, {"x": "é"}], "gone": None})
    theirs = Sent("POST", "/b", {}, {"n": 1.0, "flag": 1, "list": [1, {"x": "e"}]})
    found = {one.path: (one.ours, one.theirs) for one in differences(ours, theirs)}

    assert {
        "path": ('"/a"', '"/b"'),
        "body.flag": ("true", "1"),
        "body.list.1.x": ('"é"', '"e"'),
        "body.gone": ("null", "absent"),
    } == found
    assert [] == differences(Sent(refused="x"), Sent(refused="y"))
    assert ["refused"] == [one.path for one in differences(ours, Sent(refused="y"))]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_table_can_be_read(file, monkeypatch):
    monkeypatch.setattr(settling, "FOLDER", FOLDER)

    assert table(file.stem)
