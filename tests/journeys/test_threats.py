"""What an attacker gains, row by row of the threat model: real files from a real server, in both faces.

Each test says what the attacker has. What a service may lose is updates; it never loses its manifest, its keys, or the
bounds that its own code has set.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest
from tests.journeys.publishing import DAY, HOUR, NOW, Organisation

import aigw
from aigw.manifest.signing.keys import PrivateKey
from aigw.testing import ManifestServer, OpenAIServer
from aigw.types.nack import Nack

LAST = 2**53 - 1
"""The highest serial that every reader of JSON reads alike."""


@pytest.fixture(scope="module")
def acme() -> Organisation:
    """The organisation whose manifests the service takes. No test rotates its keys."""
    return Organisation()


@pytest.fixture
def other() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def origin() -> Iterator[ManifestServer]:
    with ManifestServer() as server:
        yield server


@pytest.fixture
def service(journey: Journey, acme: Organisation, origin: ManifestServer, openai: OpenAIServer) -> "Service":
    """A service that follows acme's manifest, pinned to acme's trust."""
    return Service(journey, acme, origin, openai)


class Service:
    """A process that has serial 10 in force, signed by acme."""

    def __init__(self, journey: Journey, acme: Organisation, origin: ManifestServer, openai: OpenAIServer) -> None:
        self.journey, self.acme, self.origin, self.openai = journey, acme, origin, openai

    def start(self, trust: aigw.Trust | None = None, *, serial: int = 10, **settings: Any) -> "Service":
        self.origin.publish(self.acme.publish(manifest(self.openai, serial=serial)))
        return self.restart(trust, **settings).follows(serial)

    def restart(self, trust: aigw.Trust | None = None, **settings: Any) -> "Service":
        self.stop()
        trusted = trust or aigw.Trust(pin=self.acme.pin, audience="acme/llm", channel="prod")
        self.journey.start(self.origin.url, trust=trusted, **settings)
        return self

    def stop(self) -> None:
        if self.journey.gw is not None:
            self.journey.face.do(self.journey.gw.close())

    def look(self) -> Any:
        """Look at what is published, and give the error if it was refused."""
        try:
            self.journey.face.do(self.journey.gw.refresh())
        except aigw.ManifestError as error:
            return error
        return None

    def refuses(self, document: bytes | str, nack: Nack, *, keeps: int = 10) -> str:
        """Publish *document*: it is refused, what served goes on serving, and the operators can see it."""
        self.origin.publish(document)
        error = self.look()
        status = self.status
        assert nack == error.nack, error
        assert (nack, "nack", keeps) == (status.nack, status.sync, status.serial)
        assert 1 <= status.nacks[nack]
        assert f'aigw_manifest_nack_total{{code="{nack}"}}' in status.prometheus()
        assert keeps == self.journey.ask().aigw.serial
        return str(error)

    def takes(self, document: bytes | str, serial: int) -> None:
        """Publish *document*: it serves."""
        self.origin.publish(document)
        self.follows(serial)

    def follows(self, serial: int) -> "Service":
        assert self.look() is None
        assert serial == self.journey.ask().aigw.serial
        return self

    @property
    def status(self) -> Any:
        return self.journey.gw.manifest.status()


def altered(document: bytes, **payload: object) -> bytes:
    """Give the envelope *document* with other words in its payload."""
    envelope = json.loads(document)
    said = {**json.loads(base64.b64decode(envelope["payload"])), **payload}
    envelope["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    return json.dumps(envelope).encode()


class TestWriteAccessToTheBucket:
    def test_serves_garbage(self, service: Service) -> None:
        service.start()
        good = service.acme.publish(manifest(service.openai, serial=11))
        service.refuses(b"\x00\xff garbage", Nack.SIG_MISSING)
        service.refuses(good[: len(good) // 2], Nack.ENVELOPE)
        service.refuses(good.replace(b'"signatures"', b'"signatures":[],"signatures"'), Nack.ENVELOPE)
        service.refuses(json.dumps({**json.loads(good), "payload": "!!"}).encode(), Nack.ENVELOPE)
        service.takes(good, 11)

    def test_serves_a_manifest_that_nobody_signed(self, service: Service) -> None:
        service.start()
        plain = json.dumps(manifest(service.openai, serial=11))
        assert "takes signed manifests only" in service.refuses(plain, Nack.SIG_MISSING)
        service.refuses(service.acme.publish(manifest(service.openai, serial=11), signers=[]), Nack.SIG_MISSING)

    def test_alters_a_signed_one(self, service: Service) -> None:
        service.start()
        good = service.acme.publish(manifest(service.openai, serial=11))
        service.refuses(altered(good, serial=12), Nack.SIG_BAD)

    def test_signs_with_keys_and_a_trust_of_its_own(self, service: Service) -> None:
        service.start()
        mallory = Organisation()
        service.refuses(mallory.publish(manifest(service.openai, serial=11)), Nack.TRUST_CHAIN)
        forged = mallory.publish(manifest(service.openai, serial=11), chain=service.acme.chain)
        service.refuses(forged, Nack.SIG_MISSING)

    def test_serves_an_old_one(self, service: Service) -> None:
        service.start()
        old = service.acme.publish(manifest(service.openai, serial=9))
        assert "older than 10" in service.refuses(old, Nack.ROLLBACK)

    def test_serves_that_of_another_audience_or_channel(self, service: Service) -> None:
        service.start()
        document = manifest(service.openai, serial=11)
        told = service.refuses(service.acme.publish({**document, "audience": "acme/search"}), Nack.AUDIENCE)
        assert "'acme/search', and this process takes audience 'acme/llm' only" in told
        service.refuses(service.acme.publish({**document, "channel": "staging"}), Nack.CHANNEL)

    def test_serves_a_huge_one(self, service: Service) -> None:
        service.start()
        service.origin.publish(b"{" + b" " * (1024 * 1024))
        error = service.look()
        assert (Nack.FETCH, 10) == (error.nack, service.journey.ask().aigw.serial)
        assert "larger than 1024 KiB" in str(error)

    def test_deletes_it(self, service: Service) -> None:
        service.start()
        service.origin.fail(404)
        assert Nack.FETCH is service.look().nack
        service.journey.clock.advance(301)
        assert ("stale", "backoff") == (service.status.state, service.status.sync)
        assert 10 == service.journey.ask().aigw.serial

    def test_says_nothing_any_more(self, service: Service) -> None:
        service.start()
        service.journey.clock.advance(47 * HOUR)
        service.follows(10)
        assert "current" == service.status.state
        service.journey.clock.advance(2 * HOUR)
        service.follows(10)
        assert "suspect" == service.status.state
        service.takes(service.acme.publish(manifest(service.openai, serial=10), fresh_at=NOW + 48 * HOUR), 10)
        assert ("current", NOW + 96 * HOUR) == (service.status.state, service.status.freshness_expires_at)


class TestSomePointsOfPresence:
    def test_that_are_behind_make_nobody_go_back(self, service: Service) -> None:
        service.start()
        old = service.acme.publish(manifest(service.openai, serial=10))
        new = service.acme.publish(manifest(service.openai, serial=11))
        service.takes(new, 11)
        for _ in range(2):
            service.refuses(old, Nack.ROLLBACK, keeps=11)
            service.takes(new, 11)


class TestThePathOfTheNetwork:
    def test_cannot_lead_to_another_host(self, service: Service) -> None:
        service.start()
        with ManifestServer(service.acme.publish(manifest(service.openai, serial=11))) as elsewhere:
            service.origin.fail(302, headers={"location": elsewhere.url})
            assert Nack.FETCH is service.look().nack
            assert [] == elsewhere.requests
        assert 10 == service.journey.ask().aigw.serial


class TestWriteAccessToTheDisk:
    def copy(self, service: Service) -> Path:
        return Path(service.status.disk_path)

    def test_alters_the_copy(self, service: Service, tmp_path: Path) -> None:
        service.start(cache_dir=tmp_path / "c")
        copy = self.copy(service)
        service.stop()
        copy.write_bytes(altered(copy.read_bytes(), serial=99))
        service.origin.fail(503)
        service.restart(cache_dir=tmp_path / "c")
        assert aigw.ManifestUnavailableError is type(service.journey.fail())
        assert any("the copy on disk is ignored" in note for note in service.status.notes)
        service.origin.recover()
        service.follows(10)

    def test_puts_an_older_one_there(self, service: Service, tmp_path: Path) -> None:
        """It loses to what came with the code, and to the lowest serial that the deployment takes."""
        service.start(cache_dir=tmp_path / "c")
        copy = self.copy(service)
        service.stop()
        copy.write_bytes(service.acme.publish(manifest(service.openai, serial=3)))
        embedded = tmp_path / "embedded.json"
        embedded.write_bytes(service.acme.publish(manifest(service.openai, serial=8)))
        service.origin.fail(503)
        service.restart(cache_dir=tmp_path / "c", embedded=embedded)
        assert 8 == service.journey.ask().aigw.serial
        assert "embedded" == service.status.state
        floor = aigw.Trust(pin=service.acme.pin, min_serial=8)
        service.restart(floor, cache_dir=tmp_path / "c")
        assert aigw.ManifestUnavailableError is type(service.journey.fail())

    @pytest.mark.parametrize("how", ["open to others", "a link"])
    def test_puts_it_there_as_somebody_else(self, service: Service, tmp_path: Path, how: str) -> None:
        service.start(cache_dir=tmp_path / "c")
        copy = self.copy(service)
        service.stop()
        if how == "a link":
            copy.rename(tmp_path / "elsewhere")
            copy.symlink_to(tmp_path / "elsewhere")
        else:
            copy.chmod(0o666)
        service.origin.fail(503)
        service.restart(cache_dir=tmp_path / "c")
        assert aigw.ManifestUnavailableError is type(service.journey.fail())

    def test_wipes_it_and_replays_what_was_valid_once(self, service: Service, tmp_path: Path) -> None:
        service.start(cache_dir=tmp_path / "c")
        service.stop()
        for file in (tmp_path / "c").iterdir():
            file.unlink()
        embedded = tmp_path / "embedded.json"
        embedded.write_bytes(service.acme.publish(manifest(service.openai, serial=8)))
        service.origin.fail(503)
        service.restart(cache_dir=tmp_path / "c", embedded=embedded)
        service.journey.ask()
        service.refuses(service.acme.publish(manifest(service.openai, serial=7)), Nack.ROLLBACK, keeps=8)


class TestAReplayToAFreshProcess:
    def test_is_suspect_once_nobody_vouches_that_it_is_the_newest(self, service: Service) -> None:
        service.journey.clock.advance(3 * DAY)
        service.start()
        assert "suspect" == service.status.state
        service.takes(service.acme.publish(manifest(service.openai, serial=11), fresh_at=None), 11)
        assert "suspect" == service.status.state

    def test_is_refused_by_a_service_that_demands_freshness(self, service: Service) -> None:
        strict = aigw.Trust(pin=service.acme.pin, require="fresh")
        service.start(strict)
        service.journey.clock.advance(3 * DAY)
        late = service.acme.publish(manifest(service.openai, serial=11))
        assert "heartbeat" in service.refuses(late, Nack.EXPIRED)
        service.takes(service.acme.publish(manifest(service.openai, serial=11), fresh_at=NOW + 3 * DAY), 11)

    def test_is_refused_once_it_has_expired(self, service: Service) -> None:
        service.journey.clock.advance(91 * DAY)
        service.origin.publish(service.acme.publish(manifest(service.openai, serial=10)))
        service.restart()
        assert Nack.EXPIRED is service.journey.fail().nack

    def test_is_refused_below_the_lowest_serial_of_the_deployment(self, service: Service) -> None:
        service.start(aigw.Trust(pin=service.acme.pin, min_serial=10))
        service.refuses(service.acme.publish(manifest(service.openai, serial=9)), Nack.ROLLBACK)


class TestTheKeyOfFreshness:
    def test_keeps_a_valid_document_looking_fresh_and_no_more(self, service: Service) -> None:
        service.start()
        service.journey.clock.advance(80 * DAY)
        held = service.acme.publish(manifest(service.openai, serial=10), fresh_at=NOW + 80 * DAY)
        service.takes(held, 10)
        assert "current" == service.status.state
        courier = [service.acme.courier] * 2
        service.refuses(service.acme.publish(manifest(service.openai, serial=11), signers=courier), Nack.SIG_MISSING)
        service.journey.clock.advance(11 * DAY)
        service.look()
        assert "expired" == service.status.state


class TestOneKeyOfTheSigners:
    def test_signs_nothing_alone(self, service: Service) -> None:
        service.start()
        one = [service.acme.signers[0]]
        service.refuses(service.acme.publish(manifest(service.openai, serial=11), signers=one), Nack.SIG_THRESHOLD)
        twice = [service.acme.signers[0], PrivateKey.generate()]
        service.refuses(service.acme.publish(manifest(service.openai, serial=11), signers=twice), Nack.SIG_THRESHOLD)

    def test_is_removed_by_the_next_trust_document(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        """And it stays removed on this host: also where the document that brought the news was of no use."""
        acme = Organisation()
        service = Service(journey, acme, origin, openai).start(cache_dir=tmp_path / "c")
        stolen, before = list(acme.signers), acme.chain
        acme.rotate([PrivateKey.generate() for _ in range(3)])
        service.refuses(acme.publish(manifest(openai, serial=12), signers=[]), Nack.SIG_MISSING)
        replayed = acme.publish({**manifest(openai, serial=13), "epoch": 1}, signers=stolen[:2], chain=before)
        service.refuses(replayed, Nack.SIG_MISSING)
        service.restart(cache_dir=tmp_path / "c")
        assert Nack.SIG_MISSING is service.look().nack
        service.takes(acme.publish(manifest(openai, serial=14)), 14)


class TestEnoughKeysOfTheSigners:
    def bounded(self, service: Service) -> Service:
        host = service.openai.origin.removeprefix("http://")
        bounds = aigw.Trust(pin=service.acme.pin, hosts=(host,), secret_hosts={"env:ACME_KEY": (host,)})
        return service.start(bounds)

    def test_reach_no_new_host(self, service: Service, other: OpenAIServer) -> None:
        self.bounded(service)
        told = service.refuses(service.acme.publish(manifest(other, serial=11)), Nack.BOUNDS)
        assert "is not one of Trust.hosts" in told
        assert [] == other.requests

    def test_send_no_secret_elsewhere(self, service: Service, other: OpenAIServer) -> None:
        bounds = aigw.Trust(pin=service.acme.pin, secret_hosts={"env:ACME_KEY": ("llm.acme.example",)})
        service.start(bounds)
        thief = manifest(other, serial=11)
        thief["providers"]["first"]["api_key"] = "env:ACME_KEY"  # type: ignore[index]
        assert "env:ACME_KEY may not be sent to 127.0.0.1" in service.refuses(service.acme.publish(thief), Nack.BOUNDS)
        assert [] == other.requests

    @pytest.mark.parametrize("address", ["http://169.254.169.254", "http://2130706433", "http://[::ffff:10.0.0.1]"])
    def test_reach_no_private_address_where_that_is_refused(self, service: Service, address: str) -> None:
        bounds = aigw.Trust(pin=service.acme.pin, deny_private_ips=True)
        service.origin.publish(service.acme.publish(manifest(f"{address}/v1", serial=10)))
        service.restart(bounds)
        assert Nack.BOUNDS is service.journey.fail().nack

    def test_may_move_calls_within_the_bounds_and_a_new_epoch_outranks_them(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        """A serial that was raised as far as it goes is no end either: documents are ordered by epoch first."""
        acme = Organisation()
        service = Service(journey, acme, origin, openai).start()
        service.takes(acme.publish(manifest(openai, serial=LAST)), LAST)
        service.refuses(acme.publish({**manifest(openai, serial=11), "epoch": 2}), Nack.TRUST_CHAIN, keeps=LAST)
        acme.rotate([PrivateKey.generate() for _ in range(3)])
        service.takes(acme.publish(manifest(openai, serial=11)), 11)
        assert 2 == service.status.epoch


class TestEnoughKeysOfTheRoot:
    def test_are_recovered_from_by_deploying_another_pin(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        lost = Organisation()
        service = Service(journey, lost, origin, openai).start(cache_dir=tmp_path / "c")
        lost.rotate([PrivateKey.generate() for _ in range(3)])
        service.takes(lost.publish(manifest(openai, serial=LAST)), LAST)
        service.acme = Organisation()
        origin.publish(service.acme.publish(manifest(openai, serial=11)))
        service.restart(cache_dir=tmp_path / "c").follows(11)
        service.restart(cache_dir=tmp_path / "c")
        origin.fail(503)
        assert 11 == journey.ask().aigw.serial


class TestTwoDocumentsOfOneSerial:
    def test_are_told_apart(self, service: Service, other: OpenAIServer) -> None:
        service.start()
        twin = service.acme.publish(manifest(other, serial=10))
        assert "is in force with other content" in service.refuses(twin, Nack.EQUIVOCATION)
        assert service.journey.ask().aigw.serial == 10
        assert service.status.digest == service.journey.record.digest


class TestAbuseOfTheParser:
    @pytest.mark.parametrize(
        "document",
        [
            b'{"payloadType":"a","payload":"","signatures":' + b"[" * 100_000,
            b'{"payloadType":"a","payload":"","signatures":[{"keyid":"","sig":"","n":NaN}]}',
            b'{"payloadType":"a","payloadType":"b","payload":"","signatures":[]}',
            b'{"payloadType":"a","payload":"","signatures":[],"n":' + b"9" * 10_000 + b"}",
        ],
        ids=["depth", "NaN", "duplicate keys", "digits"],
    )
    def test_of_envelopes_is_refused(self, service: Service, document: bytes) -> None:
        service.start()
        service.refuses(document, Nack.ENVELOPE)

    @pytest.mark.parametrize(
        "document",
        [
            "a: &a [x, x]\n"
            + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
            "[" * 10_000,
            "schema: aigw/v1\nserial: 11\nserial: 12\n",
            "!!python/object/apply:os.system [id]",
        ],
        ids=["aliases", "depth", "duplicate keys", "tags"],
    )
    def test_of_plain_documents_is_refused(self, service: Service, document: str) -> None:
        service.origin.publish(json.dumps(manifest(service.openai, serial=10)))
        service.restart(aigw.Trust()).follows(10)
        service.refuses(document, Nack.INVALID)


class TestAWrongClock:
    def test_that_runs_behind_does_not_undo_what_was_signed_later(self, service: Service) -> None:
        service.journey.clock.advance(DAY)
        service.origin.publish(service.acme.publish(manifest(service.openai, serial=10), issued_at=NOW + DAY))
        service.restart().follows(10)
        service.journey.gw._core._holder._clock = Behind(service.journey.clock, DAY)
        service.takes(service.acme.publish(manifest(service.openai, serial=11), issued_at=NOW + DAY + 60), 11)
        late = service.acme.publish(manifest(service.openai, serial=12), issued_at=NOW, lasts=HOUR)
        service.refuses(late, Nack.EXPIRED, keeps=11)

    def test_of_a_publisher_far_ahead_is_refused_until_then(self, service: Service) -> None:
        service.start()
        early = service.acme.publish(manifest(service.openai, serial=11), issued_at=NOW + HOUR)
        service.refuses(early, Nack.NOT_YET)
        service.journey.clock.advance(HOUR)
        service.follows(11)

    def test_that_runs_ahead_is_no_outage(self, service: Service, tmp_path: Path) -> None:
        service.start(cache_dir=tmp_path / "c")
        service.journey.clock.advance(400 * DAY)
        assert Nack.EXPIRED is getattr(service.look(), "nack", Nack.EXPIRED)
        assert (10, "expired") == (service.journey.ask().aigw.serial, service.status.state)
        service.restart(cache_dir=tmp_path / "c")
        assert (10, "expired") == (service.journey.ask().aigw.serial, service.status.state)


class Behind:
    """A clock whose time of day was set back."""

    def __init__(self, clock: Any, by: float) -> None:
        self._clock, self._by = clock, by
        self.monotonic, self.skip = clock.monotonic, clock.skip

    def time(self) -> float:
        return float(self._clock.time() - self._by)


class TestTrustByTls:
    """Whoever writes to the bucket writes the manifest; what the process was told to be careful with stays bound."""

    def test_is_what_status_says_it_is(self, service: Service) -> None:
        service.origin.publish(json.dumps(manifest(service.openai, serial=10)))
        service.restart(aigw.Trust()).follows(10)
        assert "tls" == service.status.verified
        assert 'verified="tls"' in service.status.prometheus()

    def test_takes_an_envelope_without_asking_who_signed(self, service: Service) -> None:
        service.origin.publish(service.acme.publish(manifest(service.openai, serial=10), signers=[]))
        service.restart(aigw.Trust()).follows(10)
        assert "tls" == service.status.verified

    @pytest.mark.parametrize(
        "provider",
        [
            {"kind": "openai", "base_url": "https://evil.example/v1", "api_key": "env:OPENAI_API_KEY"},
            {"kind": "openai", "api_key": "env:OPENAI_API_KEY", "hosts": ["evil.example"]},
            {"kind": "openai", "base_url": "http://api.openai.com/v1", "api_key": "env:OPENAI_API_KEY"},
            {"kind": "mistral", "api_key": "env:OPENAI_API_KEY"},
            {"kind": "openai-compatible", "base_url": "https://evil.example/v1", "api_key": "google:default"},
        ],
        ids=["another host", "a host beside", "without TLS", "another vendor", "a cloud's tokens"],
    )
    def test_sends_a_customary_key_to_no_stranger(self, service: Service, provider: dict[str, object]) -> None:
        service.origin.publish(json.dumps(manifest(service.openai, serial=10)))
        service.restart(aigw.Trust()).follows(10)
        thief = {**manifest(service.openai, serial=11), "providers": {"first": provider}}
        assert "Trust(secret_hosts=" in service.refuses(json.dumps(thief), Nack.BOUNDS)

    def test_sends_it_where_the_service_says_so(self, journey: Journey, service: Service) -> None:
        proxy = {"kind": "openai", "base_url": "https://llm.acme.example/v1", "api_key": "env:OPENAI_API_KEY"}
        service.origin.publish(json.dumps({**manifest(service.openai, serial=10), "providers": {"first": proxy}}))
        service.restart(aigw.Trust(secret_hosts={"env:OPENAI_API_KEY": ("llm.acme.example",)}))
        assert service.look() is None

    def test_loses_no_routes_by_accident(self, service: Service) -> None:
        routes = [{"name": f"r{n}", "targets": ["first/m"]} for n in range(12)]
        service.origin.publish(json.dumps({**manifest(service.openai, serial=10), "routes": [*CHAT, *routes]}))
        service.restart(aigw.Trust()).follows(10)
        fewer = {**manifest(service.openai, serial=11), "routes": [*CHAT, *routes[:5]]}
        assert "6 of 13 routes would be left" in service.refuses(json.dumps(fewer), Nack.COLLAPSE)
        service.takes(json.dumps({**fewer, "source": {"ack": "team search has moved"}}), 11)

    def test_of_a_file_or_the_codes_own_hand_is_trust_in_the_code(self, journey: Journey, tmp_path: Path) -> None:
        proxy = {"kind": "openai", "base_url": "https://llm.acme.example/v1", "api_key": "env:OPENAI_API_KEY"}
        document = {**manifest("http://127.0.0.1:9/v1"), "providers": {"first": proxy}}
        path = tmp_path / "m.json"
        path.write_text(json.dumps(document))
        for given in (document, path):
            journey.start(given)
            journey.face.do(journey.gw.explain(model="chat", messages=MESSAGES))
            assert "local" == journey.gw.manifest.status().verified


CHAT = [{"name": "chat", "targets": ["first/m"]}]
