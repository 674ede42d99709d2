"""Which versions of aigw take a document wholly, in part or not at all."""

from typing import Any

import pytest
from tests.manifest.manifest_kit import KINDS
from tests.manifest.publishing.review_kit import BODY

from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.publishing.compatibility import Reader, readers
from aigw.types.nack import Nack


def told(version: str, **said: Any) -> Reader:
    raw = {"schema": "aigw/v1", "serial": 1, **BODY, **said}
    (reader,) = readers(
        [version], raw, lambda reader: compile_manifest(raw, source="m.yaml", kinds=KINDS, reader=reader)
    )
    return reader


def test_who_knows_all_of_it_is_green() -> None:
    assert Reader("0.1.0", "GREEN") == told("0.1.0")


@pytest.mark.parametrize("said", [{"min_reader": "1.4"}, {"requires": ["unheard-of.v9"]}])
def test_who_is_asked_for_more_than_it_has_is_red(said: dict[str, Any]) -> None:
    assert ("RED", Nack.FEATURE) == (told("0.1.0", **said).colour, told("0.1.0", **said).nack)


def test_who_is_new_enough_is_green() -> None:
    assert "GREEN" == told("1.4.2", min_reader="1.4").colour


def test_who_came_before_a_feature_that_is_used_is_red() -> None:
    reader = told("0.0.9", fail_closed_after="1h")

    assert ("RED", Nack.INVALID) == (reader.colour, reader.nack)
    assert "fail-closed.v1" in reader.why


def test_who_leaves_out_what_a_newer_author_said_is_yellow() -> None:
    reader = told("0.1.0", built_with="9.0", defaults={"unheard_of": 1})

    assert ("YELLOW", ("defaults.unheard_of",)) == (reader.colour, reader.ignored)


def test_who_puts_a_route_into_quarantine_is_yellow_and_says_what_serves() -> None:
    route = {"name": "new", "targets": ["one/a"], "unheard_of": 1, "else": "two/b"}
    reader = told("0.1.0", built_with="9.0", routes=[*BODY["routes"], route])

    assert ("YELLOW", ("new (its `else` serves)",)) == (reader.colour, reader.quarantined)


def test_each_version_is_told_once() -> None:
    raw = {"schema": "aigw/v1", "serial": 1, **BODY}

    assert ["0.1.0", "1.0"] == [
        reader.version
        for reader in readers(
            ["0.1.0", "1.0", "0.1.0"],
            raw,
            lambda reader: compile_manifest(raw, source="m.yaml", kinds=KINDS, reader=reader),
        )
    ]
