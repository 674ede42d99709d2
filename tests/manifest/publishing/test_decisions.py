"""A log is read as it comes: records in whatever wrapping, other lines counted, and never more kept than asked for."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.call import Attempt, Candidate, Outcome, Principal
from aigw.manifest.publishing.cases import read_cases
from aigw.manifest.publishing.decisions import Decision, log_of_cases, read_decision, read_log
from aigw.record import Record
from aigw.types.operation import Operation
from aigw.types.usage import Usage

RECORD = Record(
    call_id="call_1",
    at=1.5,
    surface="embeddings",
    operation=Operation.EMBEDDINGS,
    model="vectors",
    stream=False,
    principal=Principal("k1", "search"),
    tags={"app": "shop", "env": "prod"},
    route="vectors",
    serial=7,
    digest="d",
    target="open/e",
    candidates=(Candidate("one/a", eligible=False, reason="operation:embeddings"), Candidate("open/e", True, "ok")),
    attempts=(Attempt("open/e", 1, 0.2),),
    usage=Usage(input=30),
    outcome=Outcome.OK,
    latency_s=0.25,
)


def line(**changed: Any) -> str:
    return json.dumps(RECORD.as_dict() | changed)


def read(text: str | bytes) -> Decision:
    found = read_decision(text)
    assert found is not None
    return found


def test_a_record_says_all_that_replaying_asks_for() -> None:
    assert Decision(
        call_id="call_1",
        at=1.5,
        model="vectors",
        surface="embeddings",
        operation=Operation.EMBEDDINGS,
        tags={"app": "shop", "env": "prod"},
        key_id="k1",
        team="search",
        target="open/e",
        candidates=RECORD.candidates,
        latency_s=0.25,
        tokens=30,
        aigw_version=read(line()).aigw_version,
    ) == read(line())


def test_a_line_of_logging_that_holds_a_record_is_one() -> None:
    assert read(line()) == read(json.dumps({"message": "call …", "aigw": RECORD.as_dict()}))


def test_the_version_that_wrote_a_record_is_on_it() -> None:
    assert "aigw_version" in RECORD.as_dict()
    assert "1.4.0" == read(line(aigw_version="1.4.0")).aigw_version


@pytest.mark.parametrize(
    ("surface", "operation"),
    [
        ("chat", Operation.CHAT),
        ("responses", Operation.CHAT),
        ("messages", Operation.CHAT),
        ("embeddings", Operation.EMBEDDINGS),
        ("batches", Operation.BATCHES),
        ("unheard-of", Operation.CHAT),
    ],
)
def test_a_record_of_an_older_aigw_is_known_by_its_surface(surface: str, operation: Operation) -> None:
    old = {name: value for name, value in RECORD.as_dict().items() if name != "operation"}

    assert operation is read(json.dumps(old | {"surface": surface})).operation


@pytest.mark.parametrize(
    ("route", "error", "routed"),
    [("chat", None, True), (None, "ModelNotFoundError", True), (None, "BadRequestError", False)],
)
def test_a_call_that_was_wrong_before_routing_is_told_apart(route: str | None, error: str | None, routed: bool) -> None:
    assert routed is read(line(route=route, error=error)).is_routed


@pytest.mark.parametrize(
    ("tags", "service"),
    [
        ({"app": "shop", "team": "web", "env": "prod"}, "shop/web/prod"),
        ({"service": "shop", "environment": "prod"}, "shop/search/prod"),
        ({}, "search"),
    ],
)
def test_a_service_is_known_by_its_tags_else_by_who_asks(tags: dict[str, str], service: str) -> None:
    assert service == read(line(tags=tags)).service


def test_lines_that_are_no_records_are_counted_and_blank_ones_are_not() -> None:
    log = read_log(
        [line().encode(), b"", b"\n", b"starting", b"[]", b'{"call_id", "outcome"', b"\xff\xfe"], Random(1).random
    )

    assert (1, 1, 4) == (len(log.decisions), log.total, log.skipped)


def test_a_long_log_is_drawn_from_evenly() -> None:
    log = read_log((line(at=float(at)).encode() for at in range(2000)), Random(1).random, most=100)
    first_half = sum(one.at < 1000 for one in log.decisions)

    assert (100, 2000, True) == (len(log.decisions), log.total, log.is_sample)
    assert 35 <= first_half <= 65


@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_line_stops_the_reading(text: bytes | str) -> None:
    assert read_decision(text) is None


@given(
    st.dictionaries(st.sampled_from(sorted(RECORD.as_dict())), st.none() | st.integers() | st.text() | st.booleans())
)
def test_a_record_with_anything_in_its_fields_is_read_or_passed_over(changed: dict[str, Any]) -> None:
    found = read_decision(line(**changed))

    assert found is None or isinstance(found.model, str)


def test_cases_stand_in_for_a_log() -> None:
    cases = read_cases(
        """\
schema: aigw/manifest-tests/v1
cases:
  - {name: one, call: {model: chat, tags: {app: shop}, key: k1}, expect: {target: one/a}}
  - {name: two, call: {model: vectors, surface: embeddings}, expect: {target: open/e}}
  - {name: later, call: {model: chat, after: context_length}, expect: {target: two/b}}
""",
        source="m.tests.yaml",
    )
    log = log_of_cases(cases)

    assert [("one", "shop", Operation.CHAT), ("two", "-", Operation.EMBEDDINGS)] == [
        (one.call_id, one.service, one.operation) for one in log.decisions
    ]
