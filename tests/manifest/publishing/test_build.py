"""What is published is one flat document in one form, however many files people wrote it in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.manifest.publishing.build import Header, Ramp, build, overlaid, payload_of, ramped
from aigw.types.times import written_time

NOW = 1_800_000_000.0
BASE = {
    "schema": "aigw/v1",
    "providers": {"one": {"kind": "echo", "headers": {"a": "1"}}, "two": {"kind": "echo"}},
    "routes": [{"name": "chat", "targets": ["one/x"], "timeout": "5s"}, {"name": "mail", "targets": ["two/y"]}],
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


def test_mappings_merge_lists_are_replaced_and_null_takes_away() -> None:
    over = {"providers": {"one": {"headers": {"b": "2"}}, "two": None}, "tags": {"env": "prod"}}

    assert {"one": {"kind": "echo", "headers": {"a": "1", "b": "2"}}} == overlaid([BASE, over])["providers"]
    assert {"env": "prod"} == overlaid([BASE, over])["tags"]
    assert [1] == overlaid([{"list": [1, 2, 3]}, {"list": [1]}])["list"]


def test_routes_merge_by_name_and_new_ones_come_last() -> None:
    over = {"routes": [{"name": "new", "targets": ["one/z"]}, {"name": "chat", "targets": ["two/x"]}]}

    assert [
        {"name": "chat", "targets": ["two/x"], "timeout": "5s"},
        {"name": "mail", "targets": ["two/y"]},
        {"name": "new", "targets": ["one/z"]},
    ] == overlaid([BASE, over])["routes"]


@given(DOCUMENTS)
def test_nothing_laid_over_changes_nothing_but_nulls(document: dict[str, Any]) -> None:
    once = overlaid([document])

    assert once == overlaid([once, {}]) == overlaid([{}, once])


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_overlays_are_laid_in_order(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]) -> None:
    assert overlaid([first, second, third]) == overlaid([overlaid([first, second]), third])


@given(DOCUMENTS)
def test_equal_documents_have_equal_bytes(document: dict[str, Any]) -> None:
    reversed_ = dict(reversed(document.items()))

    assert payload_of(document) == payload_of(reversed_)
    assert document == json.loads(payload_of(document))


def test_what_the_publisher_says_stands_over_what_the_author_wrote() -> None:
    header = Header(serial=42, issued_at=NOW, expires_at=NOW + 60, channel="prod", epoch=3, source={"change": "c"})
    written = {**BASE, "serial": 1, "channel": "staging", "audience": "acme", "source": {"repo": "r", "change": "old"}}
    built = json.loads(build([written], header))

    assert (42, "prod", "acme", 3) == (built["serial"], built["channel"], built["audience"], built["epoch"])
    assert (written_time(NOW), written_time(NOW + 60)) == (built["issued_at"], built["expires_at"])
    assert {"repo": "r", "change": "c"} == built["source"]


def test_what_the_publisher_leaves_open_is_as_the_author_wrote_it() -> None:
    written = {**BASE, "expires_at": "2030-01-01T00:00:00Z"}
    built = json.loads(build([written], Header(serial=1, issued_at=NOW)))

    assert "2030-01-01T00:00:00Z" == built["expires_at"]
    assert {"channel", "audience", "epoch", "built_with", "source"}.isdisjoint(built)


def test_a_ramp_starts_from_what_decides_about_calls_and_from_nothing_else() -> None:
    base = {**BASE, "serial": 7, "channel": "prod", "rollout": {"id": "old"}}
    made = ramped({**BASE, "tags": {"a": "b"}}, base, Ramp("r-8", "tenant", "linear-20-6m"))

    rollout: Any = made["rollout"]
    assert ("r-8", "tenant", "linear-20-6m") == (rollout["id"], rollout["unit"], rollout["preset"])
    assert {"providers", "routes"} == set(rollout["base"])


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="no object"):
        payload_of({"it": object()})
    with pytest.raises(ValueError, match="JSON"):
        payload_of({"it": float("nan")})


@pytest.mark.parametrize("moment", [0.0, 1.9, NOW])
def test_moments_are_whole_seconds_in_utc(moment: float) -> None:
    from datetime import datetime

    assert int(moment) == datetime.fromisoformat(written_time(moment)).timestamp()
