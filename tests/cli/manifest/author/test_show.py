"""`aigw manifest show` tells of a signed manifest who signed it, and of any what will change by itself."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.author.author_kit import MANIFEST, RAMP
from tests.manifest.signing.signing_kit import CHAIN, HEARTBEAT, SIGNERS, STRANGER, freshness, sealed

from aigw.manifest.language.document import load_document
from aigw.manifest.signing.envelope import read_envelope, write_envelope
from aigw.manifest.signing.sealing import seal, sign_freshness

PAYLOAD = json.dumps(load_document(MANIFEST + RAMP, source="m").data).encode()
BY_A_STRANGER = sign_freshness(freshness(PAYLOAD), [STRANGER])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "current.json"


def test_a_signed_manifest_is_shown_with_its_seal(run: Run, path: Path) -> None:
    path.write_bytes(sealed(PAYLOAD))
    lines = run("manifest", "show", str(path)).out.splitlines()
    said = run("manifest", "show", "--json", str(path)).json

    assert [True, True, True] == [
        any(line.startswith(start) for line in lines)
        for start in ("signed by ", "trust document version 2, until ", "fresh at 2027-01-15T07:59:00Z, until ")
    ]
    assert (3, 2, 2, None) == (
        said["serial"],
        len(said["seal"]["signed_by"]),
        said["seal"]["trust"]["version"],
        said["seal"]["problem"],
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (sealed(PAYLOAD, [SIGNERS[1]]), "1 of its keys signed, and 2 must"),
        (sealed(PAYLOAD, [STRANGER]), "none of its 3 keys signed"),
        (sealed(PAYLOAD, chain=()), "it brings no trust document along"),
        (seal(PAYLOAD, SIGNERS[1:], trust_chain=CHAIN, freshness=BY_A_STRANGER), "role freshness"),
    ],
)
def test_a_seal_that_does_not_hold_is_told_and_the_manifest_shown(
    run: Run, path: Path, content: bytes, problem: str
) -> None:
    path.write_bytes(content)
    ran = run("manifest", "show", str(path))

    assert 0 == ran.code
    assert problem in ran.out
    assert "anthropic/claude-sonnet-4-5" in ran.out
    assert problem in run("manifest", "show", "--json", str(path)).json["seal"]["problem"]


def test_an_altered_payload_is_told(run: Run, path: Path) -> None:
    envelope = read_envelope(sealed(PAYLOAD))
    path.write_bytes(write_envelope(replace(envelope, payload=PAYLOAD.replace(b"gpt-4o-mini", b"gpt-9o-mini"))))

    assert "is wrong; the content was altered after it was signed" in run("manifest", "show", str(path)).out


def test_what_is_no_envelope_is_one_line(run: Run, path: Path) -> None:
    path.write_text('{"payloadType": 1, "payload": "", "signatures": []}')
    ran = run("manifest", "show", str(path))

    assert (1, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert "the envelope: " in ran.err


def test_a_rollout_is_shown_with_its_stages_and_its_base(run: Run, path: Path) -> None:
    path.write_bytes(PAYLOAD)
    lines = [line.strip() for line in run("manifest", "show", str(path)).out.splitlines()]
    said = run("manifest", "show", "--json", str(path)).json["rollout"]

    assert {"rollout r-77, by tenant", "base of the rollout r-77"} <= set(lines)
    assert "50 %       2026-11-20T10:00:00Z" in lines
    assert [{"at": "2026-11-20T10:00:00Z", "bp": 5000}] == said["stages"]
    assert ["main"] == [route["name"] for route in said["base"]["routes"]]


def test_a_detour_and_alternates_are_shown_beside_their_route(run: Run, path: Path) -> None:
    path.write_bytes(PAYLOAD)
    lines = [line.strip() for line in run("manifest", "show", str(path)).out.splitlines()]
    (route,) = [one for one in run("manifest", "show", "--json", str(path)).json["routes"] if one["name"] == "main"]

    assert "main: instead, until 2026-11-20T14:00:00Z: spare/echo-1 (outage)" in lines
    assert "main: after context_length: anthropic/claude-long" in lines
    assert ("2026-11-20T14:00:00Z", "outage") == (route["instead"]["until"], route["instead"]["why"])


def test_the_head_of_a_document_is_shown_as_far_as_it_says_any(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigw.manifest.language.compile.own_version", lambda: "0.1.0")
    path.write_text(
        MANIFEST + "audience: acme\nchannel: prod\nissued_at: 2026-11-20T10:00:00Z\nexpires_at: 2027-02-18T10:00:00Z\n"
        "fail_closed_after: 2h\nsource: {ack: meant}\nbuilt_with: '99.0'\ndefaults: {patience: 3}\n"
    )
    lines = run("manifest", "show", str(path)).out.splitlines()

    assert {
        "audience acme",
        "channel prod",
        "issued 2026-11-20T10:00:00Z",
        "expires 2027-02-18T10:00:00Z",
        "acknowledged meant",
        "serves for 7200 s once it is in doubt",
        "ignored: defaults.patience, which a newer aigw wrote",
    } <= set(lines)


def test_check_takes_a_signed_manifest_for_what_is_in_it(run: Run, path: Path) -> None:
    path.write_bytes(sealed(PAYLOAD))

    assert 0 == run("manifest", "check", str(path)).code
    assert HEARTBEAT.public not in path.read_bytes()
