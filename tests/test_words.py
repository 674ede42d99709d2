"""Words that several layers share: what looks like a key, the name of a request, and how long to wait."""

import pytest

from aigw.types.keys import looks_like_a_key, without_keys
from aigw.waits import retry_after
from aigw.wire import Headers, request_id

KEYS = [
    "sk-abcdef0123456789",
    "sk-proj-abc_DEF-123456",
    "sk-ant-api03-abcdefgh",
    "sk-or-v1-abcdefgh",
    "gsk_abcdefgh0123",
    "xai-abcdefgh0123",
    "csk-abcdefgh0123",
    "pplx-abcdefgh0123",
    "hf_abcdefgh0123",
    "fw_abcdefgh0123",
    "tgp_v1_abcdefgh",
    "nvapi-abcdefgh0123",
    "r8_abcdefgh0123",
    "ghp_abcdefgh0123",
    "vk-abcdefgh0123",
    "AIzaSyA1234567890abc",
    "AKIAABCDEFGHIJKLMNOP",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_a_manifest_refuses_is_one_that_an_error_hides_and_the_reverse(key: str) -> None:
    assert looks_like_a_key(f"x {key}")
    assert "x *** y" == without_keys(f"x {key} y")


@pytest.mark.parametrize(
    "text",
    ["https://eu.example/v1", "team-support", "for-experiments", "2026-11-20", "gpt-5-mini", "or-other"],
)
def test_an_ordinary_word_is_no_key(text: str) -> None:
    assert not looks_like_a_key(text)
    assert text == without_keys(text)


@pytest.mark.parametrize(
    "name",
    ["x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "mistral-correlation-id", "x-amzn-requestid"],
)
def test_a_request_is_named_whichever_header_its_provider_uses(name: str) -> None:
    assert "r1" == request_id(Headers({"x-request-id": "", name: "r1"}))


def test_a_request_without_a_name_has_none() -> None:
    assert request_id(Headers({"x-request-id": ""})) is None


@pytest.mark.parametrize(
    ("headers", "now", "expected"),
    [
        ({"retry-after": "120"}, None, 120.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, 60.0, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT", "date": "Thu, 01 Jan 1970 00:01:30 GMT"}, None, 30.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, None, None),
        ({"retry-after": "99999999999999999999 Jan 1970 00:00:00 GMT"}, 0.0, None),
    ],
)
def test_a_date_to_retry_after_counts_from_now_or_from_the_answers_own(
    headers: dict[str, str], now: float | None, expected: float | None
) -> None:
    assert expected == retry_after(Headers(headers), now=now)
