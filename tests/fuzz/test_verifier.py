"""Whatever bytes are delivered as an envelope, they open to what was signed or are refused as not to be trusted."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.fuzz.fuzz_kit import fuzz, json_values, spoilt_bytes, spoilt_json
from tests.manifest.signing.signing_kit import (
    CHAIN,
    FIRST,
    HEARTBEAT,
    NOW,
    PAYLOAD,
    ROOTS,
    SECOND,
    SIGNERS,
    freshness,
    plain,
    sealed,
    trust_fields,
)

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import FRESHNESS_TYPE, MANIFEST_TYPE, TRUST_TYPE, read_envelope, write_envelope
from aigw.manifest.signing.keys import verifier
from aigw.manifest.signing.opening import Opened, open_envelope
from aigw.manifest.signing.sealing import sign_freshness, signed
from aigw.manifest.signing.trust import TrustDocument

GOOD = sealed()
VERIFY = verifier()
PINS: list[TrustDocument | str] = [FIRST, SECOND, FIRST.digest]


def opened(content: bytes) -> list[Opened]:
    found: list[Opened] = []
    said: list[str] = []
    for pin in PINS:
        try:
            found.append(open_envelope(content, pin, VERIFY, NOW))
        except ManifestUntrustedError as refusal:
            said.append(str(refusal))
    assert all(text.endswith(".") and text.isprintable() for text in said), said
    return found


def check(content: bytes) -> None:
    for one in opened(content):
        assert PAYLOAD == one.payload
        assert one.trust in (FIRST, SECOND)
        assert one.freshness in (None, freshness())


def test_any_bytes_and_envelopes_whose_bytes_are_spoilt_open_to_what_was_signed_or_not_at_all() -> None:
    fuzz(check, st.binary(max_size=400) | spoilt_bytes(GOOD))


def test_an_envelope_that_says_odd_things_opens_to_what_was_signed_or_not_at_all() -> None:
    def judge(data: Any) -> None:
        check(json.dumps(data).encode())

    fuzz(judge, spoilt_json(plain(GOOD)) | json_values())


def test_statements_that_say_odd_things_are_refused_in_order_though_the_right_keys_signed_them() -> None:
    statement = json.loads(sign_freshness(freshness(), [HEARTBEAT]).payload)

    def judge(given: tuple[Any, Any, bytes]) -> None:
        trust, fresh, payload = given
        content = replace(
            signed(MANIFEST_TYPE, payload, SIGNERS),
            trust=(CHAIN[0], signed(TRUST_TYPE, json.dumps(trust).encode(), ROOTS)),
            freshness=signed(FRESHNESS_TYPE, json.dumps(fresh).encode(), [HEARTBEAT]),
        )
        for one in opened(write_envelope(content)):
            assert payload == one.payload
            assert read_envelope(write_envelope(content)).digest == one.digest

    documents = st.just(trust_fields(SECOND)) | spoilt_json(trust_fields(SECOND)) | json_values()
    fuzz(judge, st.tuples(documents, spoilt_json(statement) | json_values(), st.just(PAYLOAD) | st.binary(max_size=40)))
