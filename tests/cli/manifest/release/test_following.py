"""A service follows what was published, in both faces: the ten commands of the how-to, seen from the other end."""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.release.release_kit import Keeper, Publisher
from tests.cli.manifest.release.test_keys import Keyring

import aigw
from aigw.testing import FrozenClock

MESSAGES = [{"role": "user", "content": "Say hello."}]
HOUR = 3600.0


class Service:
    """A process that believes the publisher's first trust document and nothing else."""

    def __init__(self, face: Any, keeper: Keeper, publisher: Publisher) -> None:
        self.face = face
        self.clock = FrozenClock(time.time())
        trust = aigw.Trust(pin=publisher.pin, channel="prod", require="signed")
        self.gw = face.gateway(manifest=f"{keeper.url}/config/v1/prod/current.json", trust=trust, clock=self.clock)

    def target(self) -> str:
        answer = self.face.do(self.gw.chat.completions.create(model="chat", messages=MESSAGES))
        found: str = answer.aigw.target
        return found

    def refresh(self) -> bool:
        changed: bool = self.face.do(self.gw.refresh())
        return changed

    def status(self) -> Any:
        return self.gw.manifest.status()


@pytest.fixture
def publisher(run: Run, tmp_path: Path, keeper: Keeper) -> Publisher:
    made = Publisher(run, tmp_path, f"{keeper.url}/config")
    made.publish()
    return made


@pytest.fixture
def service(face: Any, keeper: Keeper, publisher: Publisher) -> Service:
    return Service(face, keeper, publisher)


def test_it_serves_what_was_published_and_knows_who_signed(service: Service) -> None:
    assert "one/echo-1" == service.target()
    assert ("signed", 1, 1, "current") == (
        service.status().verified,
        service.status().serial,
        service.status().epoch,
        service.status().state,
    )


def test_a_flip_moves_it_and_ends_by_itself_with_nobody_publishing(service: Service, publisher: Publisher) -> None:
    assert "one/echo-1" == service.target()
    publisher.released("flip", "--route", "chat", "--from", "one", "--to", "two", "--for", "2h")
    assert service.refresh()
    assert "two/echo-2" == service.target()
    service.clock.advance(2 * HOUR + 60)

    assert "one/echo-1" == service.target()
    assert 2 == service.status().serial


def test_a_rollback_ends_a_flip_before_its_time(service: Service, publisher: Publisher) -> None:
    publisher.released("flip", "--route", "chat", "--to", "two", "--for", "2h")
    service.refresh()
    assert "two/echo-2" == service.target()
    publisher.released("rollback", "1")
    assert service.refresh()

    assert ("one/echo-1", 3) == (service.target(), service.status().serial)


def test_a_heartbeat_takes_its_suspicion_away_and_changes_no_document(service: Service, publisher: Publisher) -> None:
    service.target()
    before = service.status()
    service.clock.advance(49 * HOUR)
    assert "suspect" == service.status().state
    publisher.released("heartbeat", "--fresh-for", "60h")
    assert not service.refresh()
    after = service.status()

    assert (before.digest, "current") == (after.digest, after.state)
    assert after.freshness_expires_at > before.freshness_expires_at


def test_new_keys_reach_it_by_what_they_sign(service: Service, publisher: Publisher) -> None:
    service.target()
    keyring = Keyring(publisher.run, publisher.folder)
    old = keyring.status()["roles"]["manifest"]["keys"][0]
    keyring.change("rotate", old[:8], keyring.made("carol"))
    keys = publisher.folder / "keys"
    publisher.signs = ("--key", str(keys / "carol.key"), "--trust-chain", str(publisher.folder / "trust"))
    publisher.publish("--serial", "2")
    assert service.refresh()

    assert (2, 2, "signed") == (service.status().serial, service.status().epoch, service.status().verified)


def test_it_goes_on_with_what_it_has_while_nobody_can_publish(
    service: Service, publisher: Publisher, keeper: Keeper
) -> None:
    service.target()
    keeper.objects["/config/v1/prod/current.json"].content = b"<html>"
    with pytest.raises(aigw.ManifestError):
        service.refresh()
    assert "one/echo-1" == service.target()
    publisher.route("two/echo-2")
    keeper.objects["/config/v1/prod/current.json"].tag = '"of-the-attacker"'
    publisher.publish("--serial", "2")
    assert service.refresh()

    assert "two/echo-2" == service.target()
