"""`sign` and `verify`: people who never meet sign the same bytes; from outside, a process's own words."""

from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.release.release_kit import MANIFEST, Publisher
from tests.cli.manifest.release.test_keys import Keyring

from aigw.testing import ManifestServer


@pytest.fixture
def two(publisher: Publisher) -> Publisher:
    """Someone whose manifests two people have to sign."""
    keyring = Keyring(publisher.run, publisher.folder)
    keyring.change("add", "--role", "manifest", "--public", keyring.made("bob"), "--threshold", "manifest=2")
    return publisher


def built(publisher: Publisher, serial: int = 1) -> str:
    target = str(publisher.folder / "built.json")
    trust = str(publisher.folder / "trust")
    publisher("build", str(publisher.manifest), "--serial", str(serial), "--trust-chain", trust, "-o", target)
    return target


def sign(publisher: Publisher, file: str, key: str) -> Any:
    path, trust = str(publisher.folder / "keys" / f"{key}.key"), str(publisher.folder / "trust")
    return publisher("sign", file, "--key", path, "--trust-chain", trust).json


def refusal(publisher: Publisher, source: str, trust: str) -> tuple[str, str]:
    ran = publisher.run("manifest", "verify", source, "--trust", trust, "--json")
    assert 1 == ran.code
    return ran.json["nack"], ran.json["reason"]


def test_two_people_sign_one_after_the_other(two: Publisher) -> None:
    first = sign(two, built(two), "manifest")
    assert (1, "1 of its keys signed, and 2 must") == (first["signatures"], first["missing"].partition(": ")[2][:32])
    assert "SIG_THRESHOLD" == refusal(two, first["place"], two.pin)[0]
    assert "and 2 must" in two.fails(
        "publish", first["place"], "--to", two.store, "--trust-chain", f"{two.folder}/trust"
    )
    second = sign(two, first["place"], "bob")
    sign(two, first["place"], "freshness")
    made = two("publish", first["place"], "--to", two.store, "--trust-chain", f"{two.folder}/trust").json

    assert (None, first["place"], first["digest"]) == (second["missing"], second["place"], second["digest"])
    assert (2, True, first["digest"]) == (made["signatures"], made["fresh"], made["digest"])
    assert "signed" == two("verify", made["place"], "--trust", two.pin).json["verified"]


def test_signing_what_was_built_once_more_loses_nobody(two: Publisher) -> None:
    file = built(two)
    places = [sign(two, file, key)["place"] for key in ("manifest", "freshness", "bob")]

    assert 1 == len(set(places))
    assert "signed" == two("verify", places[0], "--trust", two.pin).json["verified"]


def test_signatures_of_what_was_built_before_stay_behind(two: Publisher) -> None:
    sign(two, built(two), "manifest")

    assert 1 == sign(two, built(two, serial=2), "bob")["signatures"]


def test_signing_without_a_key_writes_nothing(publisher: Publisher) -> None:
    file = built(publisher)

    assert "--key" in publisher.fails("sign", file, "--trust-chain", f"{publisher.folder}/trust")
    assert not Path(file).with_suffix(".signed.json").exists()


def test_verify_believes_what_a_process_here_would(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    made = publisher.publish()
    monkeypatch.setenv("AIGW_TRUST", publisher.pin)
    by_environment = publisher("verify", made["place"]).json["verified"]
    monkeypatch.delenv("AIGW_TRUST")

    assert ("signed", "local") == (by_environment, publisher("verify", made["place"]).json["verified"])


def test_the_same_person_twice_is_one(two: Publisher) -> None:
    file = sign(two, built(two), "manifest")["place"]

    assert 1 == sign(two, file, "manifest")["signatures"]


def test_what_is_of_another_epoch_is_not_signed(two: Publisher) -> None:
    file = built(two)
    Keyring(two.run, two.folder).change("renew")
    said = two.fails("sign", file, "--key", f"{two.folder}/keys/manifest.key", "--trust-chain", f"{two.folder}/trust")

    assert "is of epoch 2, and the trust document is version 3" in said


def test_what_was_not_built_is_not_signed(publisher: Publisher) -> None:
    said = publisher.fails(
        *("sign", str(publisher.manifest), "--key", f"{publisher.folder}/keys/manifest.key"),
        *("--trust-chain", f"{publisher.folder}/trust"),
    )

    assert "Make one with `aigw manifest build" in said


def test_a_key_others_may_read_does_not_sign(publisher: Publisher) -> None:
    (publisher.folder / "keys" / "manifest.key").chmod(0o644)
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)

    assert "Run `chmod 600" in said


@pytest.mark.parametrize(
    ("damage", "nack"),
    [
        (lambda text: text.replace('"payload":"ey', '"payload":"fy', 1), "SIG_BAD"),
        (lambda text: text[:200], "SIG_MISSING"),
        (lambda text: text.replace('"signatures":[{', '"signatures":[],"was":[{'), "SIG_MISSING"),
        (lambda _: MANIFEST, "SIG_MISSING"),
    ],
)
def test_verify_says_what_a_process_would(publisher: Publisher, damage: Any, nack: str) -> None:
    place = Path(publisher.publish()["place"])
    place.write_text(damage(place.read_text()))
    found, reason = refusal(publisher, str(place), publisher.pin)

    assert nack == found
    assert reason.startswith(str(place))


def test_verify_asks_a_server_and_says_that_only_it_vouches(publisher: Publisher, run: Run) -> None:
    with ManifestServer(f"serial: 3\n{MANIFEST}") as server:
        ran = run("manifest", "verify", server.url)

    assert 0 == ran.code
    assert "a process takes it: serial 3" in ran.out
    assert "its server vouches for it" in ran.out


def test_verify_keeps_to_the_bounds_of_the_process(publisher: Publisher) -> None:
    place = publisher.publish("--audience", "acme", "--channel", "canary")["place"]
    bounds = publisher.folder / "bounds.yaml"
    bounds.write_text(f"pin: {publisher.pin}\naudience: acme\nchannel: prod\nrequire: fresh\n")
    assert "CHANNEL" == refusal(publisher, place, str(bounds))[0]
    bounds.write_text(f"pin: {publisher.pin}\naudience: acme\nchannel: canary\nrequire: fresh\n")

    assert publisher("verify", place, "--trust", str(bounds)).json["ok"]


def test_an_expired_manifest_is_refused_from_outside_too(publisher: Publisher) -> None:
    place = publisher.publish()["place"]
    publisher.manifest.write_text(f'expires_at: "2020-01-01T00:00:00Z"\nserial: 2\n{MANIFEST}')

    assert "EXPIRED" == refusal(publisher, str(publisher.manifest), "tls")[0]
    assert publisher("verify", place).json["ok"]


def test_publishing_renews_an_expiry_that_is_over(publisher: Publisher) -> None:
    publisher.manifest.write_text(f'expires_at: "2020-01-01T00:00:00Z"\n{MANIFEST}')
    assert publisher.publish()["expires_at"] > "2026"
    publisher.manifest.write_text(f'expires_at: "2090-01-01T00:00:00Z"\n{MANIFEST}')

    assert "2090-01-01T00:00:00Z" == publisher.publish()["expires_at"]
