"""A detour changes one route, for both arms of a ramp, and has its end in it."""

from typing import Any

import pytest

from aigw.errors import ConfigurationError
from aigw.manifest.publishing.detour import Detour, detoured
from aigw.types.times import written_time

UNTIL = 1_800_007_200.0
DOCUMENT = {
    "schema": "aigw/v1",
    "issued_at": "2026-11-20T10:00:00Z",
    "models": {"small": "one/s", "large": {"provider": "two", "model": "l"}},
    "routes": [
        {"name": "chat", "targets": ["one/x", {"use": "large", "timeout": "5s"}, "three/z", "small"]},
        {"name": "mail", "targets": ["one/y"]},
    ],
}


def targets(document: Any, at: int = 0) -> Any:
    return document["routes"][at]["instead"]["targets"]


@pytest.mark.parametrize(
    ("away", "to", "expected"),
    [
        ("one", "two", [{"use": "large", "timeout": "5s"}, "three/z"]),
        (None, "three", ["three/z", "one/x", {"use": "large", "timeout": "5s"}, "small"]),
        ("one", "four/w", ["four/w", {"use": "large", "timeout": "5s"}, "three/z"]),
        ("two", "one", ["one/x", "small", "three/z"]),
        (None, "one/x", ["one/x", {"use": "large", "timeout": "5s"}, "three/z", "small"]),
    ],
)
def test_the_new_targets_come_first_and_those_elsewhere_stay_behind(
    away: str | None, to: str, expected: list[object]
) -> None:
    made = detoured(DOCUMENT, Detour(route="chat", to=to, until=UNTIL, away=away))

    assert expected == targets(made)


def test_it_ends_by_itself_and_touches_no_other_route() -> None:
    made: Any = detoured(DOCUMENT, Detour(route="chat", to="two", until=UNTIL, why="INC-42"))
    instead = made["routes"][0]["instead"]

    assert (written_time(UNTIL), "INC-42") == (instead["until"], instead["why"])
    assert DOCUMENT["routes"][1] == made["routes"][1]
    assert "instead" not in DOCUMENT["routes"][0]


def test_without_a_reason_none_is_written() -> None:
    made: Any = detoured(DOCUMENT, Detour(route="chat", to="two", until=UNTIL))

    assert "why" not in made["routes"][0]["instead"]


def test_both_arms_of_a_ramp_are_led_and_the_ramp_goes_on_from_the_start_it_had() -> None:
    ramp = {"id": "r", "unit": "instance", "preset": "linear-20-6m", "base": {"routes": DOCUMENT["routes"][:1]}}
    made: Any = detoured({**DOCUMENT, "rollout": ramp}, Detour(route="chat", to="three", until=UNTIL))

    assert "three/z" == targets(made)[0] == targets(made["rollout"]["base"])[0]
    assert DOCUMENT["issued_at"] == made["rollout"]["start"]


def test_a_ramp_from_where_there_was_no_such_route_leads_only_the_candidate() -> None:
    ramp = {"id": "r", "start": "2026-11-20T09:00:00Z", "base": {"routes": DOCUMENT["routes"][1:]}}
    made: Any = detoured({**DOCUMENT, "rollout": ramp}, Detour(route="chat", to="three", until=UNTIL))

    assert ramp == made["rollout"]


@pytest.mark.parametrize(
    ("route", "away", "to", "says"),
    [
        ("chta", None, "two", "no route 'chta'; the manifest has chat, mail"),
        ("chat", None, "four", "at 'four'; name one as provider/model"),
        ("chat", "four", "two", "No target of route 'chat' is at 'four'; its targets are at one, three, two"),
    ],
)
def test_what_cannot_be_led_is_refused_with_what_there_is(route: str, away: str | None, to: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        detoured(DOCUMENT, Detour(route=route, to=to, until=UNTIL, away=away))
