"""Trust is a chain: each document is believed by its own root keys and by those before it, from the pin on."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.manifest.signing.signing_kit import (
    CHAIN,
    FIRST,
    LATER,
    NOW,
    ROOTS,
    SECOND,
    STRANGER,
    b64,
    forged,
    key,
    refused,
    sealed,
    trust,
    trust_fields,
    with_chain,
    written,
)

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import MANIFEST_TYPE, Envelope, write_envelope
from aigw.manifest.signing.keys import keyid_of, verifier
from aigw.manifest.signing.sealing import sign_trust, signed, write_trust
from aigw.manifest.signing.trust import TrustDocument, pinned, read_trust, walk
from aigw.types.nack import Nack

NEW_ROOTS = [key(4), key(5), key(6)]
THIRD = trust(3, roots=NEW_ROOTS)


def walked(chain: tuple[Envelope, ...], pin: TrustDocument | str = FIRST, now: float | None = NOW) -> TrustDocument:
    return walk(pin, chain, verifier(), now)


def broken(chain: tuple[Envelope, ...], pin: TrustDocument | str = FIRST, now: float | None = NOW) -> str:
    with pytest.raises(ManifestUntrustedError) as caught:
        walked(chain, pin, now)
    assert Nack.TRUST_CHAIN == caught.value.nack
    return str(caught.value)


def test_a_chain_leads_from_the_pin_to_the_newest_document() -> None:
    rotated = sign_trust(THIRD, ROOTS[:2] + NEW_ROOTS[:2])

    assert THIRD == walked((*CHAIN, rotated))
    assert THIRD == walked((*CHAIN, rotated), CHAIN[0].digest)
    assert THIRD == walked((*CHAIN, rotated), f"sha256:{CHAIN[1].digest}")
    assert THIRD == walked((*CHAIN, rotated), SECOND)
    assert THIRD == walked((rotated,), SECOND)


def test_a_chain_without_anything_newer_leaves_the_pin_in_force() -> None:
    assert SECOND == walked(CHAIN, SECOND)
    assert SECOND == walked((), SECOND)
    assert THIRD == walked(CHAIN, THIRD)


@pytest.mark.parametrize(
    ("signers", "said"),
    [
        (NEW_ROOTS, "role root of the trust document, version 2: none of its 3 keys signed, and 2 must"),
        (ROOTS, "role root of the trust document, version 3: none of its 3 keys signed, and 2 must"),
        ([ROOTS[0], *NEW_ROOTS], "version 2: 1 of its keys signed, and 2 must"),
        ([*ROOTS, NEW_ROOTS[0]], "version 3: 1 of its keys signed, and 2 must"),
        ([], "none of its 3 keys signed"),
        ([STRANGER], "none of its 3 keys signed"),
    ],
)
def test_new_root_keys_need_a_threshold_of_the_old_and_of_the_new(signers: Any, said: str) -> None:
    assert said in broken((*CHAIN, sign_trust(THIRD, signers)))


def test_no_version_is_skipped() -> None:
    assert "after version 1 of the trust document comes 3" in broken((sign_trust(trust(3), ROOTS),))


def test_two_documents_of_one_version_are_refused_unless_they_say_the_same() -> None:
    other = trust(2, threshold=1)

    assert "two trust documents of version 2, which differ" in broken((*CHAIN, sign_trust(other, ROOTS)))
    assert "two trust documents of version 2" in broken((sign_trust(other, ROOTS),), SECOND)
    assert SECOND == walked((*CHAIN, forged(trust_fields(SECOND))))


def test_only_the_end_of_the_chain_may_not_have_expired() -> None:
    old = trust(1, expires_at=NOW - 86_400)
    older = trust(2, expires_at=NOW)
    chain = (sign_trust(old, ROOTS), sign_trust(older, ROOTS))

    assert "version 2, expired at 2027-01-15T08:00:00Z; publish the next version" in broken(chain, old)
    assert 3 == walked((*chain, sign_trust(trust(3), ROOTS)), old).version


def test_a_copy_that_was_kept_is_not_judged_by_the_clock() -> None:
    old = trust(1, expires_at=NOW - 86_400)

    assert old == walked((sign_trust(old, ROOTS),), old, None)


def test_a_pin_that_the_chain_does_not_hold_is_told_by_its_beginning() -> None:
    said = broken(CHAIN, "sha256:" + "ab" * 32)

    assert "sha256:abababababababab…, is not among the 2" in said
    assert "deploy a newer pin" in said
    assert "is not among the 0" in broken((), "")


def test_something_else_in_the_chain_is_refused() -> None:
    other = signed(MANIFEST_TYPE, write_trust(SECOND), ROOTS)

    assert "an item of `trust` has the type" in broken((CHAIN[0], other))
    assert "an item of `trust` has the type" in broken((other,), other.digest)


def test_a_pin_is_read_bare_or_in_its_envelope() -> None:
    assert FIRST == pinned(write_trust(FIRST))
    assert FIRST == pinned(write_envelope(CHAIN[0]))
    assert CHAIN[0].digest == pinned(write_trust(FIRST)).digest


def test_a_document_that_was_written_is_read_again_and_known_by_its_digest() -> None:
    assert FIRST == read_trust(write_trust(FIRST))
    assert FIRST.digest == CHAIN[0].digest
    assert LATER == FIRST.expires_at


def put(path: str, value: object) -> dict[str, Any]:
    """Give the fields of a trust document with *value* at *path*; `{key}` stands for the id of its first root key."""
    fields = trust_fields()
    *steps, last = path.format(key=ROOTS[0].keyid).split("/")
    place = fields
    for step in steps:
        place = place[step]
    place[last] = value
    return fields


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("schema", "aigw/trust/v2", "its schema is 'aigw/trust/v2', not aigw/trust/v1; upgrade"),
        ("version", 0, "`version` is not a whole number of at least 1"),
        ("version", True, "`version` is not a whole number"),
        ("version", "1", "`version` is not a whole number"),
        ("expires_at", "2027-01-01", "version 1: `expires_at` is not a time"),
        ("expires_at", 5, "`expires_at` is not a text"),
        ("max_serial", 5, "the field 'max_serial' is unknown; a newer aigw may know it"),
        ("keys", [], "`keys` is not an object"),
        ("keys/{key}", {}, f"keys, {ROOTS[0].keyid[:16]}: `type` is missing"),
        ("keys/\x1f", None, "keys: `\\x1f` is not an object"),
        ("keys/{key}/type", "rsa", "its type is 'rsa', not ed25519"),
        ("keys/{key}/public", "AAAA", "`public` is no Ed25519 key"),
        ("keys/{key}/public", b64(bytes(32)), "`public` is no Ed25519 key"),
        ("keys/{key}/public", b64(STRANGER.public), "its id is not the SHA-256 of the key"),
        ("keys/{key}/until", "x", "the field 'until' is unknown"),
        ("roles", {}, "roles: `root` is missing"),
        ("roles/audit", {"keys": [], "threshold": 1}, "roles: the field 'audit' is unknown"),
        ("roles/root/threshold", 0, "roles, root: `threshold` is not a whole number of at least 1"),
        ("roles/root/threshold", 4, "roles, root: its threshold is 4, and it has 3 keys"),
        ("roles/root/keys", [], "its threshold is 2, and it has 0 keys"),
        ("roles/root/keys", "abc", "`keys` is not a list"),
        ("roles/root/keys", [1, 2], "`keys` is not a list of texts"),
        ("roles/root/keys", ["ab", "cd"], "it names the key 'ab', which is not among `keys`"),
        ("roles/root/keys", [ROOTS[0].keyid] * 2, "it names a key twice"),
        ("roles/root/keys", [str(number) for number in range(17)], "`keys` has 17 items, and 16 is the most"),
        ("roles/root/weight", 2, "the field 'weight' is unknown"),
    ],
)
def test_a_trust_document_that_says_anything_odd_is_refused(path: str, value: object, said: str) -> None:
    with pytest.raises(ManifestUntrustedError) as caught:
        read_trust(written(put(path, value)))

    assert said in str(caught.value)
    assert Nack.TRUST_CHAIN == caught.value.nack


def test_too_many_keys_are_refused() -> None:
    fields = put("keys", {str(number): {} for number in range(65)})

    with pytest.raises(ManifestUntrustedError, match="there are 65 keys, and 64 is the most"):
        read_trust(written(fields))


def test_an_odd_document_in_a_chain_is_refused_though_its_roots_signed_it() -> None:
    assert "its threshold is 4" in refused(
        Nack.TRUST_CHAIN, with_chain(CHAIN[0], forged({**put("roles/root/threshold", 4), "version": 2}))
    )


def test_the_ids_of_a_document_are_made_of_its_keys() -> None:
    assert {keyid_of(public) for public in FIRST.keys.values()} == FIRST.keys.keys()
    assert replace(FIRST, digest="") == FIRST
    assert "public" in json.loads(write_trust(FIRST))["keys"][ROOTS[0].keyid]
    assert sealed(chain=()) != sealed()
