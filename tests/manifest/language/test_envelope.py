"""What a document says of itself: for whom, since when, until when, and who can read it."""

import json
from datetime import UTC, datetime

import pytest
from tests.manifest.language.language_kit import plain, problem, read, refused

from aigw.manifest.language.features import FEATURES
from aigw.types.nack import Nack

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()


def test_a_document_without_an_envelope_says_nothing_of_itself() -> None:
    found = read(plain())

    assert (0, None, None, None, None, None) == (
        found.epoch,
        found.audience,
        found.channel,
        found.issued_at,
        found.expires_at,
        found.fail_closed_after,
    )
    assert (None, (), ()) == (found.rollout, found.ignored, found.quarantined)


def test_the_envelope_is_on_the_snapshot() -> None:
    found = read(
        plain(
            audience="acme/llm-platform",
            channel="prod",
            epoch=3,
            issued_at="2026-11-20T12:00:00Z",
            expires_at="2027-02-18T12:00:00+00:00",
            requires=sorted(FEATURES),
            min_reader="0.1",
            built_with="0.1.0",
            source={"repo": "acme/ai", "commit": "4f2", "change": "OPS-1", "ack": "moved 40 %: agreed"},
            fail_closed_after="6h",
        ),
        reader="0.1.0",
    )

    assert ("acme/llm-platform", "prod", (3, 1)) == (found.audience, found.channel, found.order)
    assert (NOON, NOON + 90 * 86_400, 21_600.0) == (found.issued_at, found.expires_at, found.fail_closed_after)


@pytest.mark.parametrize(
    "written",
    ["2026-11-20T12:00:00Z", "2026-11-20t12:00:00z", "2026-11-20T13:00:00.000+01:00", "2026-11-20T04:30:00-07:30"],
)
@pytest.mark.parametrize("quoted", [True, False])
def test_a_moment_is_rfc_3339_with_its_zone_in_quotes_or_without(written: str, quoted: bool) -> None:
    lines = [f"{key}: {json.dumps(value)}" for key, value in plain().items()]
    moment = json.dumps(written) if quoted else written

    assert NOON == read("\n".join([*lines, f"issued_at: {moment}"])).issued_at


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20",
        "2026-11-20T12:00:00",
        '"2026-11-20T12:00:00"',
        "2026-11-20 12:00:00 +1",
        "2026-13-45T12:00:00Z",
        "tomorrow",
        "1800000000",
        "true",
        "[]",
    ],
)
def test_what_is_no_moment_is_refused_with_one_to_copy(written: str) -> None:
    lines = [f"{key}: {json.dumps(value)}" for key, value in plain().items()]

    told = problem("\n".join([*lines, f"expires_at: {written}"]))

    assert '5: expires_at: must be a moment with its zone, in quotes, such as "2026-11-20T10:00:00Z"' == told


def test_a_document_that_expires_before_it_is_issued_is_refused() -> None:
    moment = "2026-11-20T12:00:00Z"

    told = problem(plain(issued_at=moment, expires_at=moment))

    assert "expires_at: is not after `issued_at`; nobody could ever use this manifest" == told


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"audience": ""}, "audience: must not be empty"),
        ({"chanel": "prod"}, "chanel: unknown key; did you mean 'channel'?"),
        ({"epoch": -1}, "epoch: must be greater than or equal to 0"),
        ({"epoch": "3"}, "epoch: must be a whole number"),
        ({"min_reader": 1.4}, "min_reader: must be a string; put it in quotes"),
        ({"min_reader": "soon"}, 'min_reader: must be a version, such as "1.4"'),
        ({"requires": "rollout.v1"}, "requires: must be a list"),
        ({"source": {"comit": "x"}}, "source.comit: unknown key; did you mean 'commit'?"),
        ({"fail_closed_after": "0s"}, "fail_closed_after: must be a duration above zero"),
    ],
)
def test_the_envelope_is_checked_in_plain_words(parts: dict[str, object], what: str) -> None:
    assert problem(plain(**parts)).startswith(what)


def test_a_feature_this_reader_lacks_refuses_the_document_and_says_nothing_else() -> None:
    error = refused(plain(requires=["rollout.v1", "dlp.v2"], unheard_of=1), reader="0.1.0")

    assert Nack.FEATURE == error.nack
    assert 1 == len(error.problems)
    assert (
        "m.yaml: requires[1]: aigw 0.1.0 does not have 'dlp.v2'; upgrade aigw, if it is no slip of the pen: known are "
        "fail-closed.v1, instead.v1, quarantine.v1, rollout.v1"
    ) == error.problems[0]


def test_a_slip_of_the_pen_in_a_feature_is_seen() -> None:
    assert "did you mean 'rollout.v1'?" in problem(plain(requires=["rolout.v1"]), reader="0.1.0")


@pytest.mark.parametrize(("oldest", "reader"), [("1.4", "1.3.9"), ("1.4.1", "1.4"), ("2", "1.99"), ("1.10", "1.9")])
def test_a_reader_that_is_too_old_refuses_the_document(oldest: str, reader: str) -> None:
    error = refused(plain(min_reader=oldest, unheard_of=1), reader=reader)

    assert Nack.FEATURE == error.nack
    assert (
        f"m.yaml: min_reader: this manifest needs aigw {oldest} or later, and this is {reader}; upgrade aigw",
    ) == error.problems


@pytest.mark.parametrize(
    ("oldest", "reader"), [("1.4", "1.4.0"), ("1.4.0", "1.4"), ("1.4", "1.5.dev3"), ("1.9", "1.10")]
)
def test_a_reader_that_is_new_enough_reads_on(oldest: str, reader: str) -> None:
    assert 1 == read(plain(min_reader=oldest), reader=reader).serial


def test_the_reasons_of_refusals_are_told_apart() -> None:
    assert Nack.SCHEMA_MAJOR == refused({"schema": "aigw/v2"}).nack
    assert Nack.INVALID == refused(plain(serial=-1)).nack


def test_a_route_says_when_it_stops_serving() -> None:
    routes = [{"name": "a", "targets": ["openai/m"], "fail_closed_after": "2h"}, {"name": "b", "targets": ["openai/m"]}]

    found = read(plain(routes=routes)).routes

    assert (7200.0, None) == (found["a"].fail_closed_after, found["b"].fail_closed_after)


def test_a_detour_stands_beside_the_targets_with_its_moment() -> None:
    instead = {
        "targets": ["openai/b", {"use": "openai/c", "timeout": "3s"}],
        "until": "2026-11-20T12:00:00Z",
        "why": "o",
    }
    route = {"name": "a", "targets": ["openai/m"], "instead": instead, "max_retries": 0, "unsupported": "drop"}

    found = read(plain(routes=[route])).routes["a"].instead

    assert found is not None
    assert (NOON, "o") == (found.until, found.why)
    assert ["openai/b", "openai/c"] == [target.id for target in found.targets]
    assert {("drop", 0)} == {(target.unsupported, target.max_retries) for target in found.targets}
    assert 3.0 == found.targets[1].timeouts.total


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"instead": {"targets": ["openai/m"]}}, "routes[0].instead.until: is missing"),
        ({"instead": {"until": "2026-11-20T12:00:00Z", "targets": []}}, "routes[0].instead.targets: must not be empty"),
        (
            {"instead": {"until": "2026-11-20T12:00:00Z", "targets": ["opnai/m"]}},
            "routes[0].instead.targets[0]: unknown provider 'opnai'; did you mean 'openai'?",
        ),
        ({"else": "opnai/m"}, "routes[0].else: unknown provider 'opnai'; did you mean 'openai'?"),
        (
            {"else": {"use": "chep"}},
            "routes[0].else.use: unknown model 'chep'; there are none. Or write provider/model",
        ),
        ({"elze": "openai/m"}, "routes[0].elze: unknown key; did you mean 'else'?"),
        ({"instead": {"untill": 1}}, "routes[0].instead.untill: unknown key; did you mean 'until'?"),
    ],
)
def test_what_a_route_says_beyond_its_targets_is_checked(parts: dict[str, object], what: str) -> None:
    problems = refused(plain(routes=[{"name": "a", "targets": ["openai/m"], **parts}])).problems

    assert f"m.yaml: {what}" in problems


def test_who_knows_a_route_never_goes_to_its_else() -> None:
    found = read(plain(routes=[{"name": "a", "targets": ["openai/m"], "else": "openai/plain"}])).routes["a"]

    assert ["openai/m"] == [target.id for target in found.targets]
