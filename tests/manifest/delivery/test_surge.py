"""While providers are failing, a manifest is looked at more often: for three minutes, and not again for ten."""

import pytest
from tests.manifest.delivery.following_kit import following
from tests.manifest.manifest_kit import Origin, StillClock

from aigw.manifest.delivery.surge import Surge


def test_it_lasts_for_three_minutes() -> None:
    surge = Surge()
    assert not surge.is_on(0.0)

    assert surge.enter(100.0)
    assert (True, True, False) == (surge.is_on(100.0), surge.is_on(279.9), surge.is_on(280.0))


def test_it_begins_once_in_ten_minutes() -> None:
    surge = Surge()
    assert [True, False, False, True] == [surge.enter(now) for now in (0.0, 1.0, 599.9, 600.0)]
    assert surge.is_on(601.0)


def test_the_pace_is_two_seconds_meanwhile_and_then_as_before(origin: Origin) -> None:
    clock = StillClock()
    held = following(origin, clock)
    assert 10.0 == held.tick()

    held.surge()
    paces = []
    for _ in range(4):
        paces.append(held.tick())
        clock.at += 60.0

    assert [2.0, 2.0, 2.0, 10.0] == paces


def test_a_second_outage_within_ten_minutes_changes_nothing(origin: Origin) -> None:
    clock = StillClock()
    held = following(origin, clock)
    held.surge()
    clock.at += 599.0
    held.surge()
    assert 10.0 == held.tick()
    clock.at += 1.0
    held.surge()
    assert 2.0 == held.tick()


def test_a_source_that_is_down_too_is_asked_at_that_pace(origin: Origin) -> None:
    held = following(origin, StillClock())
    held.tick()
    held.surge()
    origin.status = 503
    assert [2.0, 2.0, 2.0] == [held.tick() for _ in range(3)]


def test_what_the_server_asks_for_is_kept_to(origin: Origin) -> None:
    held = following(origin, StillClock())
    held.tick()
    held.surge()
    origin.status, origin.headers = 429, {"Retry-After": "120"}
    assert 120.0 == held.tick()


def test_it_is_logged_once(origin: Origin, caplog: pytest.LogCaptureFixture) -> None:
    held = following(origin, StillClock())
    held.tick()
    with caplog.at_level("INFO", logger="aigw.manifest"):
        held.surge()
        held.surge()
    assert ["manifest surge"] == [record.getMessage().partition(":")[0] for record in caplog.records]


def test_one_that_was_closed_does_not_begin_any(origin: Origin) -> None:
    held = following(origin, StillClock())
    held.tick()
    held.close()
    held.surge()
    assert 1 == len(origin.asked)
