"""An envelope opens to the bytes that enough keys signed, or is refused by the first check that fails."""

import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.manifest.signing.signing_kit import (
    CHAIN,
    FIRST,
    HEARTBEAT,
    LATER,
    NOW,
    PAYLOAD,
    ROOTS,
    SECOND,
    SIGNERS,
    STRANGER,
    VERIFIERS,
    freshness,
    opened,
    plain,
    refused,
    sealed,
    trust,
    with_chain,
    written,
)

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import (
    FRESHNESS_TYPE,
    MANIFEST_TYPE,
    MAX_SIGNATURES,
    Envelope,
    digest_of,
    read_envelope,
    write_envelope,
)
from aigw.manifest.signing.keys import Verifier
from aigw.manifest.signing.opening import open_envelope
from aigw.manifest.signing.sealing import seal, sign_freshness, sign_trust, signed, trust_document
from aigw.types.nack import Nack

GOOD = sealed()


def envelope(**changes: object) -> bytes:
    return write_envelope(replace(read_envelope(GOOD), **changes))


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("pin", [FIRST, SECOND, CHAIN[0].digest, f"sha256:{CHAIN[1].digest}"])
def test_a_sealed_manifest_opens_from_any_pin_of_its_chain(pin: object, verify: Verifier) -> None:
    found = open_envelope(GOOD, pin, verify, NOW)  # pyright: ignore[reportArgumentType] - of a table

    assert PAYLOAD == found.payload
    assert digest_of(PAYLOAD) == found.digest
    assert SECOND == found.trust
    assert freshness() == found.freshness
    assert {one.keyid for one in SIGNERS[1:]} == set(found.signers)


def test_bytes_are_kept_as_they_came_however_they_are_written() -> None:
    payload = b'{ "serial":\t7,\r\n "schema" : "aigw/v1" }\n'

    assert payload == opened(sealed(payload)).payload


def test_a_signer_who_was_removed_no_longer_counts() -> None:
    # SECOND has the second and third of the signers, and no longer the first.
    said = refused(Nack.SIG_THRESHOLD, sealed(signers=SIGNERS[:2]))

    assert "role manifest of the trust document, version 2: 1 of its keys signed, and 2 must" in said
    assert PAYLOAD == opened(sealed(signers=SIGNERS[:2], chain=CHAIN[:1])).payload


def test_a_process_that_knows_of_the_removal_is_not_led_back_by_an_older_chain() -> None:
    refused(Nack.SIG_THRESHOLD, sealed(signers=SIGNERS[:2], chain=CHAIN[:1]), SECOND)


def test_a_payload_that_was_altered_is_refused() -> None:
    refused(Nack.SIG_BAD, envelope(payload=PAYLOAD.replace(b"7", b"8")))


def test_an_envelope_without_signatures_is_refused() -> None:
    refused(Nack.SIG_MISSING, envelope(signatures=()))


def test_another_companys_envelope_is_refused() -> None:
    theirs = trust(1, roots=[STRANGER], signers=[STRANGER], root_threshold=1, threshold=1)
    content = seal(PAYLOAD, [STRANGER], trust_chain=[sign_trust(theirs, [STRANGER])])

    assert PAYLOAD == opened(content, theirs).payload
    refused(Nack.TRUST_CHAIN, content, FIRST)
    refused(Nack.TRUST_CHAIN, content, CHAIN[0].digest)


def test_a_type_of_tomorrow_is_refused_though_it_is_signed_and_not_if_it_is_only_claimed() -> None:
    tomorrow = signed("application/vnd.aigw.manifest.v2+json", PAYLOAD, SIGNERS)

    said = refused(Nack.SCHEMA_MAJOR, write_envelope(tomorrow))

    assert f"has the type 'application/vnd.aigw.manifest.v2+json', and this process reads {MANIFEST_TYPE}" in said
    refused(Nack.SIG_BAD, envelope(payload_type="application/vnd.aigw.manifest.v2+json"))


def test_what_was_signed_as_one_kind_is_not_taken_for_another() -> None:
    heartbeat = sign_freshness(freshness(), [HEARTBEAT])
    shared = trust_document(
        1,
        LATER,
        {"root": ([HEARTBEAT.public], 1), "manifest": ([HEARTBEAT.public], 1), "freshness": ([HEARTBEAT.public], 1)},
    )

    refused(Nack.SCHEMA_MAJOR, write_envelope(heartbeat), shared)
    refused(Nack.SCHEMA_MAJOR, write_envelope(sign_trust(shared, [HEARTBEAT])), shared)
    refused(Nack.SIG_BAD, write_envelope(replace(heartbeat, payload_type=MANIFEST_TYPE)), shared)


def test_the_chain_is_judged_before_the_signatures() -> None:
    refused(Nack.TRUST_CHAIN, envelope(trust=(sign_trust(SECOND, [STRANGER]),), signatures=()))


def test_trust_that_expired_refuses_what_is_new_and_not_what_was_kept() -> None:
    assert "expired at" in refused(Nack.TRUST_CHAIN, GOOD, FIRST, LATER)
    assert PAYLOAD == opened(GOOD, FIRST, None).payload


def test_a_manifest_may_come_without_a_freshness_statement() -> None:
    assert opened(seal(PAYLOAD, SIGNERS[1:], trust_chain=CHAIN)).freshness is None
    assert opened(with_chain(*CHAIN)).freshness is None


def test_a_freshness_statement_that_lapsed_is_for_the_caller_to_see() -> None:
    lapsed = sign_freshness(freshness(expires=NOW - 1), [HEARTBEAT])

    found = opened(envelope(freshness=lapsed)).freshness

    assert found is not None
    assert NOW - 1 == found.expires


@pytest.mark.parametrize(
    ("statement", "nack", "said"),
    [
        (sign_freshness(freshness(), []), Nack.SIG_MISSING, "role freshness"),
        (sign_freshness(freshness(), [*SIGNERS, *ROOTS]), Nack.SIG_MISSING, "none of its 1 keys signed"),
        (
            replace(sign_freshness(freshness(), [HEARTBEAT]), payload=b"{}"),
            Nack.SIG_BAD,
            f"the signature by key '{HEARTBEAT.keyid[:16]}' is wrong",
        ),
        (
            sign_freshness(freshness(b"another", serial=9), [HEARTBEAT]),
            Nack.ENVELOPE,
            "it speaks of serial 9, which is another document than the envelope's",
        ),
        (signed(FRESHNESS_TYPE, b"[]", [HEARTBEAT]), Nack.ENVELOPE, "the freshness statement: it is not a JSON object"),
        (signed(FRESHNESS_TYPE, b"{}", [HEARTBEAT]), Nack.ENVELOPE, "the freshness statement: `serial` is missing"),
        (signed(MANIFEST_TYPE, b"{}", [HEARTBEAT]), Nack.ENVELOPE, f"not {FRESHNESS_TYPE}"),
    ],
)
def test_a_freshness_statement_that_cannot_be_believed_is_refused(statement: Envelope, nack: Nack, said: str) -> None:
    assert said in refused(nack, envelope(freshness=statement))


def test_a_heartbeat_renews_the_freshness_and_leaves_the_manifest_as_it_is() -> None:
    later = sign_freshness(freshness(at=NOW + 600, expires=NOW + 900), [HEARTBEAT])

    before, after = opened(GOOD), opened(envelope(freshness=later))

    assert replace(before, freshness=None) == replace(after, freshness=None)
    assert after.freshness is not None
    assert NOW + 900 == after.freshness.expires


def test_a_refusal_survives_being_sent_to_another_process() -> None:
    with pytest.raises(ManifestUntrustedError) as caught:
        opened(envelope(signatures=()))

    again = pickle.loads(pickle.dumps(caught.value))

    assert (str(caught.value), Nack.SIG_MISSING) == (str(again), again.nack)


def test_a_refusal_shows_nothing_of_the_payload() -> None:
    secret = b'{"api_key": "sk-verysecret123456"}'

    assert "verysecret" not in refused(Nack.SIG_MISSING, envelope(payload=secret, signatures=()))


def test_publishers_are_told_of_a_trust_document_no_reader_would_take() -> None:
    with pytest.raises(ManifestUntrustedError, match="roles, root: its threshold is 2, and it has 1 keys"):
        trust(roots=ROOTS[:1])
    with pytest.raises(ManifestUntrustedError, match="roles: `freshness` is missing"):
        trust_document(1, LATER, {"root": ([ROOTS[0].public], 1), "manifest": ([ROOTS[0].public], 1)})


@pytest.mark.parametrize("verify", VERIFIERS)
@given(st.data())
def test_no_byte_of_an_envelope_may_change_but_what_nobody_signed(verify: Verifier, data: st.DataObject) -> None:
    spoilt = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = open_envelope(bytes(spoilt), FIRST, verify, NOW)
    except ManifestUntrustedError:
        return
    assert PAYLOAD == found.payload
    assert found.trust in {FIRST.version: FIRST, SECOND.version: SECOND}.values()
    assert found.freshness in {None, freshness()}


@given(st.lists(st.sampled_from([*SIGNERS, *ROOTS, HEARTBEAT, STRANGER]), max_size=MAX_SIGNATURES, unique=True))
def test_a_manifest_opens_if_and_only_if_a_threshold_of_its_role_signed(signers: list[object]) -> None:
    content = seal(PAYLOAD, signers, trust_chain=CHAIN)  # pyright: ignore[reportArgumentType] - of a strategy
    enough = len([one for one in signers if one in SIGNERS[1:]]) >= 2

    try:
        assert PAYLOAD == opened(content).payload
    except ManifestUntrustedError:
        assert not enough
    else:
        assert enough


def test_the_envelope_is_json_that_any_tool_reads() -> None:
    assert {"payloadType", "payload", "signatures", "freshness", "trust"} == plain(GOOD).keys()
    assert GOOD.endswith(b"}\n")
    assert PAYLOAD == opened(written(json.loads(GOOD))).payload
