"""A threshold counts distinct keys that signed: not signatures, not names, and not what stands beside them."""

from typing import Any

import pytest
from tests.manifest.signing.signing_kit import FIRST, HEARTBEAT, PAYLOAD, ROOTS, SIGNERS, STRANGER, key, trust

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import MANIFEST_TYPE, Envelope, Signature
from aigw.manifest.signing.keys import verifier
from aigw.manifest.signing.sealing import cosign, signed
from aigw.manifest.signing.trust import TrustDocument, signed_by
from aigw.types.nack import Nack

MESSAGE = Envelope(MANIFEST_TYPE, PAYLOAD).covered


def signatures(*signers: Any) -> tuple[Signature, ...]:
    return tuple(Signature(one.keyid, one.sign(MESSAGE)) for one in signers)


def signers_of(given: tuple[Signature, ...], document: TrustDocument = FIRST) -> tuple[str, ...]:
    return signed_by("manifest", document, MESSAGE, given, verifier())


def unsigned(given: tuple[Signature, ...], document: TrustDocument = FIRST) -> tuple[Nack, str]:
    with pytest.raises(ManifestUntrustedError) as caught:
        signers_of(given, document)
    return caught.value.nack, str(caught.value)


def test_a_threshold_of_distinct_keys_is_enough() -> None:
    assert tuple(one.keyid for one in SIGNERS[:2]) == signers_of(signatures(*SIGNERS[:2]))
    assert 2 == len(signers_of(signatures(*SIGNERS)))


def test_one_key_that_signs_twice_counts_once_whatever_it_is_called() -> None:
    one = SIGNERS[0].sign(MESSAGE)
    names = [SIGNERS[0].keyid, SIGNERS[0].keyid, SIGNERS[0].keyid.upper(), "", "other"]

    nack, said = unsigned(tuple(Signature(name, one) for name in names))

    assert Nack.SIG_THRESHOLD == nack
    assert "role manifest of the trust document, version 1: 1 of its keys signed, and 2 must" in said


def test_one_signature_under_the_name_of_another_key_counts_for_one_key() -> None:
    one = SIGNERS[0].sign(MESSAGE)

    nack, _ = unsigned((Signature(SIGNERS[0].keyid, one), Signature(SIGNERS[1].keyid, one)))

    assert Nack.SIG_THRESHOLD == nack


@pytest.mark.parametrize("name", ["", "kms-key-1", "ab" * 32, "\ud800"])
def test_a_hint_that_helps_nobody_does_no_harm(name: str) -> None:
    given = tuple(Signature(name, one.sign(MESSAGE)) for one in SIGNERS[:2])

    assert 2 == len(signers_of(given))


def test_hints_that_are_mixed_up_do_no_harm() -> None:
    first, second = signatures(*SIGNERS[:2])

    assert 2 == len(signers_of((Signature(first.keyid, second.sig), Signature(second.keyid, first.sig))))


def test_junk_beside_good_signatures_does_no_harm_nor_costs_without_end() -> None:
    tried = 0

    def counting(public: bytes, message: bytes, signature: bytes) -> bool:
        nonlocal tried
        tried += 1
        return verifier()(public, message, signature)

    junk = tuple(Signature(SIGNERS[0].keyid, bytes([number]) * 64) for number in range(14))
    signed_by("manifest", FIRST, MESSAGE, (*junk, *signatures(*SIGNERS[:2])), counting)
    assert 16 == tried

    wide = trust(1, signers=[key(number) for number in range(30, 46)], threshold=16)
    tried = 0
    with pytest.raises(ManifestUntrustedError):
        signed_by("manifest", wide, MESSAGE, junk, counting)
    assert 64 == tried


def test_a_signature_that_is_wrong_is_told_by_its_key() -> None:
    spoilt = Signature(SIGNERS[0].keyid, SIGNERS[0].sign(b"other"))

    nack, said = unsigned((spoilt, *signatures(SIGNERS[1])))

    assert Nack.SIG_BAD == nack
    assert f"the signature by key '{SIGNERS[0].keyid[:16]}' is wrong" in said


@pytest.mark.parametrize("signers", [[], [STRANGER], [ROOTS[0], ROOTS[1], HEARTBEAT]])
def test_without_a_signature_by_a_key_of_the_role_one_is_missing(signers: Any) -> None:
    nack, said = unsigned(signatures(*signers))

    assert Nack.SIG_MISSING == nack
    assert "none of its 3 keys signed, and 2 must; sign with them" in said


def test_keys_that_never_meet_reach_a_threshold() -> None:
    half = signed(MANIFEST_TYPE, PAYLOAD, SIGNERS[:1])
    whole = cosign(half, [SIGNERS[1]])

    assert Nack.SIG_THRESHOLD == unsigned(half.signatures)[0]
    assert 2 == len(signers_of(whole.signatures))
    assert whole == cosign(whole, SIGNERS[:2])
