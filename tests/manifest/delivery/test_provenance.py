"""The code of signatures is loaded by who needs it, and a trust once seen on a host is not unseen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.journeys.publishing import NOW, Organisation

from aigw.errors import ManifestUntrustedError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.provenance import Provenance, Vouched
from aigw.manifest.signing.envelope import read_envelope
from aigw.manifest.signing.keys import PrivateKey
from aigw.types.nack import Nack

URL = "https://config.example/m"
BODY = {"schema": "aigw/v1", "serial": 1}
PLAIN = """
import sys, aigw
gateway = aigw.Gateway(manifest=sys.argv[1], sinks=[])
gateway.refresh()
print(gateway.manifest.status().serial, [name for name in sys.modules if "manifest.signing" in name])
"""


def opened(provenance: Provenance, content: bytes) -> Vouched:
    return provenance.open(content, source="m", unsigned="tls", now=NOW)


def test_a_process_whose_manifest_is_plain_loads_no_code_of_signatures(tmp_path: Path) -> None:
    source = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(source / "tests" / "echo.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(source / "src"), "AIGW_CACHE_DIR": str(tmp_path)},
        check=False,
    )

    assert "1 []\n" == done.stdout, done.stderr


@pytest.mark.parametrize("by", ["digest", "document", "file"])
def test_a_pin_leads_to_todays_keys_however_it_is_given(tmp_path: Path, by: str) -> None:
    acme = Organisation()
    (tmp_path / "pin.json").write_bytes(acme.chain[0].payload)
    pin = {"digest": acme.pin, "document": acme.pin_document, "file": tmp_path / "pin.json"}[by]
    acme.rotate([PrivateKey.generate() for _ in range(3)])

    vouched = opened(Provenance(Trust(pin=pin)), acme.publish(BODY))

    assert ("signed", 2) == (vouched.verified, vouched.epoch)


@pytest.mark.parametrize("by", ["digest", "document"])
def test_the_chain_is_kept_from_the_pin_on_though_publishers_drop_its_beginning(tmp_path: Path, by: str) -> None:
    acme = Organisation()
    trust = Trust(pin=acme.pin if by == "digest" else acme.pin_document)
    first = Provenance(trust, DiskCopy(tmp_path / "c", URL))
    opened(first, acme.publish(BODY))
    for _ in range(2):
        acme.rotate([PrivateKey.generate() for _ in range(3)])
        opened(first, acme.publish(BODY))

    again = Provenance(trust, DiskCopy(tmp_path / "c", URL))

    assert 3 == opened(again, acme.publish(BODY, chain=acme.chain[2:])).epoch
    kept = DiskCopy(tmp_path / "c", URL).load_trust()
    assert kept is not None
    assert [each.digest for each in acme.chain[by == "document" :]] == [
        each.digest for each in read_envelope(kept).trust
    ]


def test_a_chain_that_leads_nowhere_is_forgotten(tmp_path: Path) -> None:
    acme, mallory = Organisation(), Organisation()
    disk = DiskCopy(tmp_path / "c", URL)
    disk.store_trust(mallory.publish(BODY))

    assert 1 == opened(Provenance(Trust(pin=acme.pin), disk), acme.publish(BODY)).epoch
    disk.store_trust(b"garbage")
    assert 1 == opened(Provenance(Trust(pin=acme.pin), disk), acme.publish(BODY)).epoch


def test_a_trust_that_was_seen_is_not_left_again(tmp_path: Path) -> None:
    acme = Organisation()
    disk = DiskCopy(tmp_path / "c", URL)
    old = acme.publish(BODY)
    assert 1 == opened(Provenance(Trust(pin=acme.pin), disk), old).epoch
    acme.rotate([PrivateKey.generate() for _ in range(3)])
    with pytest.raises(ManifestUntrustedError):
        opened(Provenance(Trust(pin=acme.pin), disk), acme.publish(BODY, signers=[]))

    with pytest.raises(ManifestUntrustedError) as caught:
        opened(Provenance(Trust(pin=acme.pin), disk), old)

    assert Nack.SIG_MISSING is caught.value.nack
    kept = Provenance(Trust(pin=acme.pin), disk).open(old, source="copy", unsigned="tls", now=None)
    assert 1 == kept.epoch, "what was kept was signed rightly when it came"


def test_only_what_looks_like_an_envelope_is_taken_for_one() -> None:
    provenance = Provenance(Trust())

    assert b'note: "payloadType"' == opened(provenance, b'note: "payloadType"').payload
    with pytest.raises(ManifestUntrustedError, match="m: the envelope"):
        opened(provenance, b'{"payloadType": 1, "payload": 2, "signatures": 3}')


def test_hints_that_grow_when_they_are_written_keep_no_chain_from_being_kept(tmp_path: Path) -> None:
    acme = Organisation()
    trust = Trust(pin=acme.pin)
    opened(Provenance(trust, DiskCopy(tmp_path / "c", URL)), acme.publish(BODY))
    acme.rotate([PrivateKey.generate() for _ in range(3)])
    envelope = json.loads(acme.publish(BODY))
    envelope["trust"][-1]["signatures"].append({**envelope["signatures"][0], "keyid": "\N{SNOWMAN}" * 300_000})

    opened(Provenance(trust, DiskCopy(tmp_path / "c", URL)), json.dumps(envelope, ensure_ascii=False).encode())

    again = Provenance(trust, DiskCopy(tmp_path / "c", URL))
    assert 2 == opened(again, acme.publish(BODY, chain=())).epoch
