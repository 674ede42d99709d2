"""Documents are judged in one order, once, and what was good enough to be kept is judged by no clock."""

import json
from typing import Any

import pytest
from tests.manifest.manifest_kit import compiled, document, intake

from aigw.errors import ManifestConflictError, ManifestError, ManifestInvalidError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.intake import Accepted, Intake
from aigw.types.nack import Nack

URL = "https://config.example/m"
NOW = 1_000_000.0
ISSUED = "1970-01-12T13:46:40Z"
"""The very second NOW."""


def written(**fields: object) -> bytes:
    openai = {"kind": "openai", "api_key": "env:OPENAI_API_KEY"}
    route = {"name": "main", "targets": ["openai/gpt-4o"]}
    return json.dumps(
        {"schema": "aigw/v1", "serial": 7, "providers": {"openai": openai}, "routes": [route], **fields}
    ).encode()


def accept(judge: Intake, content: bytes, *, serving: Accepted | None = None, now: float = NOW) -> Accepted:
    return judge.accept(content, source="m", serving=None if serving is None else serving.snapshot, now=now)


def refused(judge: Intake, content: bytes, *, serving: Accepted | None = None, now: float = NOW) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        accept(judge, content, serving=serving, now=now)
    return caught.value


@pytest.mark.parametrize(
    ("fields", "nack"),
    [
        ({"audience": "b", "channel": "staging", "serial": 6, "routes": 3}, Nack.AUDIENCE),
        ({"channel": "staging", "serial": 6, "expires_at": "1970-01-01T00:00:01Z"}, Nack.CHANNEL),
        ({"serial": 6, "expires_at": "1970-01-01T00:00:01Z", "routes": 3}, Nack.ROLLBACK),
        ({"tags": {"x": "y"}, "expires_at": "1970-01-01T00:00:01Z"}, Nack.EQUIVOCATION),
        ({"serial": 8, "issued_at": "1970-01-12T14:46:40Z", "routes": 3}, Nack.NOT_YET),
        ({"serial": 8, "expires_at": "1970-01-01T00:00:01Z", "routes": 3}, Nack.EXPIRED),
        ({"serial": 8, "routes": 3}, Nack.INVALID),
        ({"serial": 8, "schema": "aigw/v2"}, Nack.SCHEMA_MAJOR),
        ({"serial": 8, "requires": ["teleport.v9"]}, Nack.FEATURE),
        ({"serial": 8, "routes": [], "allow_direct": True}, Nack.COLLAPSE),
    ],
)
def test_the_first_check_that_fails_is_the_reason(fields: dict[str, object], nack: Nack) -> None:
    judge = intake(URL, Trust(audience="a", channel="prod"))
    whole = {"audience": "a", "channel": "prod"}
    serving = accept(judge, written(**whole))
    judge.note(serving)

    assert nack is refused(judge, written(**{**whole, **fields}), serving=serving).nack


def test_yaml_is_judged_alike() -> None:
    judge = intake(URL, Trust(audience="a"))

    assert Nack.AUDIENCE is refused(judge, document() + b"audience: b\n").nack
    assert "it names none" in str(refused(judge, document()))
    assert 7 == accept(judge, document() + b"audience: a\n").snapshot.serial


def test_what_is_in_force_is_not_compiled_again() -> None:
    seen: list[Any] = []
    judge = intake(URL, compile=lambda *asked: seen.append(asked) or compiled(*asked))
    serving = accept(judge, written())
    judge.note(serving)
    again = accept(judge, written(), serving=serving)

    assert serving.snapshot is again.snapshot
    assert 1 == len(seen)


def test_a_refusal_stands_until_the_clock_says_otherwise() -> None:
    seen: list[Any] = []
    judge = intake(URL, compile=lambda *asked: seen.append(asked) or compiled(*asked))
    for now in (NOW, NOW + 10, NOW + 599):
        refused(judge, b"nonsense", now=now)
    assert 1 == len(seen)

    refused(judge, b"nonsense", now=NOW + 601)
    assert 2 == len(seen)
    refused(judge, b"nonsense", now=NOW - 86_400)
    assert 3 == len(seen), "the clock was set back"


def test_a_document_issued_in_the_future_is_taken_once_it_may_be() -> None:
    judge = intake(URL)
    early = written(issued_at="1970-01-12T13:52:00Z")

    assert Nack.NOT_YET is refused(judge, early).nack
    assert Nack.NOT_YET is refused(judge, early, now=NOW + 19).nack
    assert 7 == accept(judge, early, now=NOW + 20).snapshot.serial


def test_a_copy_is_judged_by_no_clock_and_bound_all_the_same() -> None:
    expired = written(issued_at="1970-01-01T00:00:01Z", expires_at="1970-01-01T00:00:02Z")

    assert 7 == intake(URL).accept_kept(expired, source="copy").snapshot.serial
    with pytest.raises(ManifestConflictError, match="below 8, the lowest this process takes"):
        intake(URL, Trust(min_serial=8)).accept_kept(expired, source="copy")


def test_nothing_below_what_was_seen_is_accepted_even_if_it_does_not_serve() -> None:
    judge = intake(URL)
    judge.note(judge.accept_kept(written(serial=9), source="copy"))

    assert Nack.ROLLBACK is refused(judge, written(serial=8)).nack
    assert 9 == accept(judge, written(serial=9)).snapshot.serial


@pytest.mark.parametrize(("left", "is_refused"), [(12, False), (6, False), (5, True), (1, True)])
def test_routes_are_not_lost_by_accident(left: int, *, is_refused: bool) -> None:
    def routes(count: int) -> list[object]:
        return [{"name": f"r{number}", "targets": ["openai/m"]} for number in range(count)]

    judge = intake(URL)
    serving = accept(judge, written(routes=routes(12)))
    judge.note(serving)
    fewer = {"serial": 8, "routes": routes(left)}

    if is_refused:
        assert f"{left} of 12 routes would be left" in str(refused(judge, written(**fewer), serving=serving))
        fewer |= {"source": {"ack": "meant"}}
    assert 8 == accept(judge, written(**fewer), serving=serving).snapshot.serial


def test_a_few_routes_come_and_go() -> None:
    judge = intake(URL)
    serving = accept(judge, written(models={f"m{number}": "openai/m" for number in range(8)}))
    judge.note(serving)

    assert 8 == accept(judge, written(serial=8), serving=serving).snapshot.serial


def test_what_cannot_be_served_here_is_refused() -> None:
    def fail(_: object) -> None:
        message = "the plugin is broken"
        raise RuntimeError(message)

    error = refused(intake(URL, warm=fail), written())

    assert (Nack.WARM, "m: this process is not able to serve it: the plugin is broken") == (error.nack, str(error))


def test_what_the_code_gives_is_for_the_audience_it_asks_for() -> None:
    given = json.loads(written(audience="b"))

    assert 7 == intake(given).accept_given(given, source="m").serial
    with pytest.raises(ManifestError, match="audience 'a' only"):
        intake(given, Trust(audience="a")).accept_given(given, source="m")
    with pytest.raises(ManifestError, match=r"Trust\.hosts"):
        intake(given, Trust(hosts=())).accept_given(given, source="m")


def test_an_error_of_ours_is_a_refusal() -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    assert isinstance(refused(intake(URL, compile=broken), written()), ManifestInvalidError)
