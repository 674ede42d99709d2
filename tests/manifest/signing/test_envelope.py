"""An envelope is read strictly: whatever is not exactly one is refused, with what is wrong and where."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.manifest.manifest_kit import document
from tests.manifest.signing.signing_kit import PAYLOAD, b64, opened, plain, refused, sealed, written

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.envelope import (
    MANIFEST_TYPE,
    Envelope,
    Signature,
    digest_of,
    is_envelope,
    pae,
    read_envelope,
    write_envelope,
)
from aigw.manifest.signing.reading import MAX_BYTES, MAX_WHOLE, read_object
from aigw.types.nack import Nack
from aigw.types.times import written_time

GOOD = sealed()


def test_what_was_sealed_is_read_as_it_was() -> None:
    envelope = read_envelope(GOOD)

    assert MANIFEST_TYPE == envelope.payload_type
    assert PAYLOAD == envelope.payload
    assert digest_of(PAYLOAD) == envelope.digest
    assert [64, 64] == [len(one.sig) for one in envelope.signatures]
    assert envelope.freshness is not None
    assert 2 == len(envelope.trust)
    assert GOOD == write_envelope(envelope)


def test_type_and_payload_are_joined_as_dsse_says() -> None:
    # https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#test-vectors
    assert b"DSSEv1 29 http://example.com/HelloWorld 11 hello world" == pae(
        "http://example.com/HelloWorld", b"hello world"
    )


@given(st.text(max_size=20), st.binary(max_size=20), st.text(max_size=20), st.binary(max_size=20))
def test_no_two_pairs_of_type_and_payload_are_signed_alike(one: str, body: bytes, other: str, another: bytes) -> None:
    assert ((one, body) == (other, another)) == (pae(one, body) == pae(other, another))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD, True),
        (b"\n " + GOOD, True),
        (document(), False),
        (PAYLOAD, False),
        (b"", False),
        (b"\xff\x00", False),
        (b'["payloadType", "payload", "signatures"]', False),
    ],
)
def test_an_envelope_is_told_from_a_plain_manifest(content: bytes, expected: bool) -> None:
    assert expected == is_envelope(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"<html>log in</html>", "not JSON"),
        (GOOD[:-2], "not JSON"),
        (GOOD + b"{}", "not JSON"),
        (b"\xef\xbb\xbf" + GOOD, "not JSON"),
        (b'{"payload": "\xff"}', "not JSON"),
        (b"[" * 100_000, "nested more than 32 levels"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", "`payloadType` is missing"),
        (GOOD[:1] + b'"payload":"e30=",' + GOOD[1:], "'payload' stands twice"),
        (b'{"x": NaN}', "NaN is no number"),
        (b'{"x": -Infinity}', "-Infinity is no number"),
        (b'{"x": 1.5}', "fraction or an exponent"),
        (b'{"x": 1e400}', "fraction or an exponent"),
        (b'{"x": 9007199254740992}', "beyond 9007199254740991"),
        (b'{"x": -9007199254740992}', "beyond 9007199254740991"),
        (b'{"x": ' + b"9" * 5000 + b"}", "beyond 9007199254740991"),
        (b'{"x": ' + b"[" * 32 + b"]" * 32 + b"}", "nested more than 32 levels"),
        (b'{"x": "' + b"a" * MAX_BYTES + b'"}', "larger than 1024 KiB"),
    ],
)
def test_what_is_no_strict_json_is_refused(content: bytes, said: str) -> None:
    assert said in refused(Nack.ENVELOPE, content)


def test_the_deepest_and_the_largest_that_are_allowed_are_read() -> None:
    deep = b'{"x": ' + b"[" * 31 + b"]" * 31 + b"}"
    part = read_object(b'{"x": %d, "y": -%d}' % (MAX_WHOLE, MAX_WHOLE), "it", Nack.ENVELOPE)

    assert ["x"] == list(read_object(deep, "it", Nack.ENVELOPE).fields)
    assert MAX_WHOLE == part.whole("x")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("payloadType", 1, "the envelope: `payloadType` is not a text"),
        ("payloadType", "a\nb", "not printable ASCII"),
        ("payloadType", "\ud800", "not printable ASCII"),
        ("payload", None, "`payload` is not a text"),
        ("payload", b64(PAYLOAD).rstrip("="), "`payload` is not base64"),
        ("payload", b64(PAYLOAD) + "\n", "`payload` is not base64"),
        ("payload", "eyJ9", None),
        ("payload", "e30", "`payload` is not base64"),
        ("payload", "e31=", "`payload` is not base64"),
        ("payload", base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(), "`payload` is not base64"),
        ("payload", "\u00e9\u00e9\u00e9\u00e9", "`payload` is not base64"),
        ("signatures", {}, "`signatures` is not a list"),
        ("signatures", [1], "`signatures` is not a list of objects"),
        ("signatures", [{}], "the envelope, signatures[0]: `sig` is missing"),
        ("signatures", [{"keyid": "a", "sig": "AAAA"}], "signatures[0]: `sig` has 3 bytes"),
        ("signatures", [{"keyid": 1, "sig": b64(bytes(64))}], "signatures[0]: `keyid` is not a text"),
        ("signatures", [{"sig": b64(bytes(64))}] * 17, "`signatures` has 17 items, and 16 is the most"),
        ("freshness", None, "`freshness` is not an object"),
        ("freshness", {}, "the envelope, freshness: `payloadType` is missing"),
        ("trust", "x", "`trust` is not a list"),
        ("trust", [{"payloadType": "x"}], "the envelope, trust[0]: `payload` is missing"),
        ("trust", [{}] * 65, "`trust` has 65 items, and 64 is the most"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_its_place(field: str, value: object, said: str | None) -> None:
    content = written({**plain(GOOD), field: value})

    if said is None:
        assert read_envelope(content).payload == base64.b64decode(str(value))
    else:
        assert said in refused(Nack.ENVELOPE, content)


@pytest.mark.parametrize("field", ["payloadType", "payload"])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    data = plain(GOOD)
    del data[field]

    assert f"`{field}` is missing" in refused(Nack.ENVELOPE, written(data))


def test_fields_nobody_signed_are_ignored_as_dsse_demands() -> None:
    data: dict[str, Any] = {**plain(GOOD), "comment": {"by": "a bucket"}}
    data["signatures"][0]["cert"] = "x"
    data["freshness"]["trust"] = "x"

    assert PAYLOAD == opened(written(data)).payload


def test_a_signature_may_come_without_a_hint() -> None:
    data = plain(GOOD)
    for one in data["signatures"]:
        del one["keyid"]

    assert Signature("", read_envelope(GOOD).signatures[0].sig) == read_envelope(written(data)).signatures[0]
    assert PAYLOAD == opened(written(data)).payload


def test_an_envelope_too_large_to_be_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="make the manifest smaller"):
        write_envelope(replace(read_envelope(GOOD), payload=bytes(MAX_BYTES)))


@given(st.binary(max_size=300), st.text(st.characters(codec="ascii", categories=("L", "N", "P")), max_size=30))
def test_any_payload_survives_writing_and_reading(payload: bytes, payload_type: str) -> None:
    envelope = Envelope(payload_type, payload, (Signature("é", bytes(64)),))

    assert envelope == read_envelope(write_envelope(envelope))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_give_another_error(content: bytes) -> None:
    with pytest.raises(ManifestUntrustedError):
        read_envelope(content)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:00:00Z", 1_795_168_800.0),
        ("2026-11-20T11:00:00+01:00", 1_795_168_800.0),
        ("2026-11-20T10:00:00.5Z", 1_795_168_800.5),
        ("1970-01-01T00:00:00-00:00", 0.0),
    ],
)
def test_a_time_is_rfc_3339_with_a_zone(text: str, expected: float) -> None:
    part = read_object(written({"at": text}), "it", Nack.ENVELOPE)

    assert expected == part.time("at")
    assert expected - expected % 1 == read_object(written({"at": written_time(expected)}), "it", Nack.ENVELOPE).time(
        "at"
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T10:00:00",
        "2026-11-20 10:00:00Z",
        "2026-11-20",
        "20261120T100000Z",
        "2026-W47-5T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-11-20T10:00:00+99:99",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٦-11-20T10:00:00Z",
        "now",
        "",
    ],
)
def test_any_other_time_is_refused(text: str) -> None:
    part = read_object(written({"at": text}), "it", Nack.ENVELOPE)

    with pytest.raises(ManifestUntrustedError, match="`at` is not a time with a zone"):
        part.time("at")
