"""Status is honest: it says who vouches for what serves, how sure that is, and what was refused."""

import logging
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import following
from tests.manifest.manifest_kit import Origin, StillClock, document, holder

from aigw.manifest.delivery.metrics import prometheus_text
from aigw.types.nack import Nack


def dated(serial: int = 7, expires: str = "1970-01-12T14:46:40Z") -> bytes:
    """Give a document issued ten seconds before the clock starts, which expires an hour after it has."""
    return document(serial) + f"issued_at: 1970-01-12T13:46:30Z\nexpires_at: {expires}\n".encode()


def test_it_counts_looks_by_what_came_of_them(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    assert ("idle", None, {}) == (held.status().sync, held.status().nack, dict(held.status().nacks))

    origin.content = document(6)
    held.tick()
    held.tick()
    assert ("nack", Nack.ROLLBACK) == (held.status().sync, held.status().nack)

    origin.status = 500
    held.tick()
    assert ("backoff", Nack.FETCH) == (held.status().sync, held.status().nack)
    assert {Nack.ROLLBACK: 2, Nack.FETCH: 1} == dict(held.status().nacks)


def test_it_tells_how_long_the_document_took_to_get_here(origin: Origin, tmp_path: Path) -> None:
    origin.content = dated()
    held = holder(origin.url, directory=tmp_path / "d")
    held.tick()
    status = held.status()

    assert (10.0, 999_990.0, 1_003_600.0, "tls") == (
        status.propagation_s,
        status.issued_at,
        status.expires_at,
        status.verified,
    )
    again = holder(origin.url, directory=tmp_path / "d")
    again._start_at_hand()
    assert again.status().propagation_s is None, "a copy on disk is none that has just come"


def test_what_time_alone_changes_is_told_once(origin: Origin, caplog: pytest.LogCaptureFixture) -> None:
    origin.content = dated()
    clock = StillClock()
    held = holder(origin.url, clock=clock)
    held.tick()
    origin.status = 503
    with caplog.at_level(logging.INFO, "aigw.manifest"):
        for _ in range(3):
            clock.skip(200)
            held.tick()
            held.tick()
        clock.skip(3600)
        held.tick()

    assert ["unavailable", "stale", "expired"] == [
        record.getMessage().split()[1].rstrip(":") for record in caplog.records
    ]
    assert 7 == held.current.serial if held.current else None


def test_confidence_lapses_when_nobody_confirms_what_serves(origin: Origin) -> None:
    clock = StillClock()
    held = holder(origin.url, clock=clock)
    assert held.lapsed_since is None
    held.tick()
    clock.skip(300)
    assert held.lapsed_since == clock.at
    clock.skip(60)
    assert held.lapsed_since == clock.at - 60
    held.tick()
    assert held.lapsed_since is None


def test_confidence_lapses_when_the_document_expires(origin: Origin) -> None:
    origin.content = dated()
    clock = StillClock()
    held = holder(origin.url, clock=clock)
    held.tick()
    clock.skip(7200)
    held.tick()

    assert (1_003_600.0, "expired") == (held.lapsed_since, held.status().state)


def test_a_manifest_given_in_place_never_lapses() -> None:
    given = {"schema": "aigw/v1", "serial": 1, "providers": {"e": {"kind": "echo"}}, "allow_direct": True}
    clock = StillClock()
    held = holder(given, clock=clock)
    clock.skip(86_400)

    assert (None, "current", "local") == (held.lapsed_since, held.status().state, held.status().verified)


def test_metrics_are_what_prometheus_scrapes(origin: Origin) -> None:
    held = holder(origin.url)
    held.tick()
    text = held.status().prometheus()

    digest = (held.status().digest or "")[:12]
    assert (
        f'aigw_manifest_info{{serial="7",digest="{digest}",source="{origin.url}",state="current",verified="tls"}} 1.0'
        in text.splitlines()
    )
    assert 'aigw_manifest_sync_state{state="idle"} 1.0' in text.splitlines()
    assert "aigw_manifest_age_seconds 0.0" in text.splitlines()
    assert 1 == text.count("# TYPE aigw_manifest_sync_state gauge")


def test_labels_are_escaped() -> None:
    text = prometheus_text([("aigw_manifest_info", {"source": 'a"b\\c\nd'}, 1.0)])

    assert 'aigw_manifest_info{source="a\\"b\\\\c\\nd"} 1.0' == text.splitlines()[-1]


def test_a_restart_does_not_bring_confidence_back(origin: Origin, tmp_path: Path) -> None:
    clock = StillClock()
    before = following(origin, clock, tmp_path)
    before.tick()
    seen = clock.at
    before.close()
    origin.status = 503
    clock.skip(30 * 86_400)
    after = following(origin, clock, tmp_path)

    after.tick()

    assert ("cached", seen + 300) == (after.status().state, after.lapsed_since)
