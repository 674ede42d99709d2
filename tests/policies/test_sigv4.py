"""The signature: AWS's published example, and byte for byte what botocore makes of the same request."""

import datetime as dt
from hashlib import sha256
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.policies.sigv4 import signed
from aigw.types.credential import AwsKeys
from aigw.wire import HttpRequest

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOON = dt.datetime(2026, 11, 20, 12, 0, 0, tzinfo=dt.UTC).timestamp()
URL = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
BODY = b'{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}'

TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"), max_size=20)
NAMES = st.sampled_from(
    ["Content-Type", "accept", "Accept", "user-agent", "X-Custom", "x-custom", "x-amz-meta", "Traceparent", "x-b", "TE"]
)
MODELS = st.sampled_from(
    [
        "anthropic.claude-3-haiku-20240307-v1%3A0",
        "arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc",
        "%E6%A8%A1%E5%9E%8B",
        "a%20b~c_d-e.f",
        "..",
        ".",
        "",
        "x//y",
    ]
)
SEGMENT = st.text(st.sampled_from("abZ09-_.~:@!$'()*+,;=%20/"), max_size=12)
PATHS = st.one_of(
    st.just(""),
    st.builds("/model/{}/converse{}".format, MODELS, st.sampled_from(["", "-stream", "/", "//"])),
    st.lists(SEGMENT, max_size=5).map(lambda parts: "/" + "/".join(parts)),
)
QUERIES = st.lists(
    st.tuples(st.text("abcXYZ09-_.~%20+:", max_size=6), st.text("abcXYZ09-_.~%2F+=/", max_size=6)), max_size=4
).map(lambda pairs: "&".join(f"{name}={value}" if value else name for name, value in pairs))


def botocore_signed(
    request: HttpRequest, keys: AwsKeys, region: str, service: str, now: float
) -> list[tuple[str, str]]:
    auth: Any = pytest.importorskip("botocore.auth", reason="botocore, the judge, is not installed")
    from botocore.awsrequest import AWSRequest
    from botocore.compat import HTTPHeaders
    from botocore.credentials import Credentials

    judged: Any = AWSRequest(request.method, request.url, data=request.body)
    judged.headers = HTTPHeaders()
    for name, value in request.headers:
        judged.headers[name] = value
    moment = dt.datetime.fromtimestamp(now, dt.UTC).replace(tzinfo=None)
    with patch.object(auth, "get_current_datetime", lambda: moment):
        credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
        auth.SigV4Auth(credentials, service, region).add_auth(judged)
    return sorted((name.lower(), value) for name, value in judged.headers.items())


@pytest.mark.parametrize(
    ("token", "signature"),
    [
        (None, "1d2e4fe6ae1256dcc0e0a0441c3c51560316b74df999ebcbe9482b39d6e30a0a"),
        ("SESSIONTOKEN", "1893c6ad06413a241a1a2d85dc1a9cf7e3977f6593848f9668ea61e56cca24b0"),
    ],
)
def test_a_known_request_gets_its_known_signature(token: str | None, signature: str) -> None:
    keys = AwsKeys(KEYS.access_key_id, KEYS.secret_access_key, token)
    request = HttpRequest("POST", URL, (("content-type", "application/json"),), BODY)

    headers = dict(signed(request, keys, "eu-central-1", "bedrock", NOON).headers)

    assert headers["authorization"].endswith(f"Signature={signature}")
    assert headers["x-amz-date"] == "20261120T120000Z"
    assert token == headers.get("x-amz-security-token")


def test_what_is_sent_is_what_was_given_and_three_headers() -> None:
    request = HttpRequest("POST", URL, (("Content-Type", "application/json"), ("X-A", "b")), BODY)

    sent = signed(request, KEYS, "eu-central-1", "bedrock", NOON)

    assert (request.method, request.url, request.body) == (sent.method, sent.url, sent.body)
    assert request.headers == sent.headers[:2]
    assert [name for name, _ in sent.headers[2:]] == ["x-amz-date", "authorization"]


def test_signing_again_replaces_the_signature_and_gives_the_same_one() -> None:
    keys = AwsKeys("AKID", "secret", "token")
    request = HttpRequest("POST", URL, (("content-type", "application/json"),), BODY)
    once = signed(request, keys, "eu-central-1", "bedrock", NOON)

    assert once == signed(once, keys, "eu-central-1", "bedrock", NOON)
    assert once != signed(once, keys, "eu-central-1", "bedrock", NOON + 1)


def test_the_secret_is_neither_sent_nor_shown() -> None:
    sent = signed(HttpRequest("POST", URL, (), BODY), KEYS, "eu-central-1", "bedrock", NOON)

    assert not any(KEYS.secret_access_key in value for _, value in sent.headers)
    assert KEYS.secret_access_key not in repr(KEYS)


@settings(max_examples=400, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "post"]),
    host=st.sampled_from(
        ["https://b.us-east-1.amazonaws.com", "http://127.0.0.1:8080", "https://H.EXAMPLE:443", "http://[::1]:80"]
    ),
    path=PATHS,
    query=QUERIES,
    headers=st.lists(st.tuples(NAMES, TEXT), max_size=6),
    body=st.binary(max_size=60),
    token=st.one_of(st.none(), st.just("tok/en+=")),
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    service=st.sampled_from(["bedrock", "sts", "bedrock-mantle"]),
    now=st.integers(0, 4_000_000_000),
)
def test_any_request_is_signed_as_botocore_signs_it(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    body: bytes,
    token: str | None,
    region: str,
    service: str,
    now: int,
) -> None:
    url = f"{host}{path}{'?' if query else ''}{query}"
    request = HttpRequest(method, url, tuple(headers), body)
    keys = AwsKeys("AKIDEXAMPLE", KEYS.secret_access_key, token)

    ours = signed(request, keys, region, service, now)

    judged = botocore_signed(request, keys, region, service, now)
    assert judged == sorted((name.lower(), value) for name, value in ours.headers)


@pytest.mark.parametrize("name", ["date", "Date"])
def test_a_date_that_the_caller_sends_is_renewed_and_signed_instead(name: str) -> None:
    request = HttpRequest("POST", URL, ((name, "yesterday"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")), BODY)

    ours = signed(request, KEYS, "eu-central-1", "bedrock", NOON)

    assert botocore_signed(request, KEYS, "eu-central-1", "bedrock", NOON) == sorted(ours.headers)


@pytest.mark.parametrize(
    "path", ["/", "/bucket/v1/prod/current.json", "/b/a%20b/%C3%A4%2Bb", "/b//x/../y/./z", "/b/x/"]
)
def test_a_key_of_s3_is_signed_as_it_is_on_the_wire(path: str) -> None:
    auth: Any = pytest.importorskip("botocore.auth", reason="botocore, the judge, is not installed")
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    digest = ("x-amz-content-sha256", sha256(BODY).hexdigest())
    url = f"https://releases.s3.eu-central-1.amazonaws.com{path}"
    ours = signed(HttpRequest("PUT", url, (("if-none-match", "*"), digest), BODY), KEYS, "eu-central-1", "s3", NOON)
    judged: Any = AWSRequest("PUT", url, data=BODY, headers={"if-none-match": "*"})
    moment = dt.datetime.fromtimestamp(NOON, dt.UTC).replace(tzinfo=None)
    with patch.object(auth, "get_current_datetime", lambda: moment):
        credentials = Credentials(KEYS.access_key_id, KEYS.secret_access_key)
        auth.S3SigV4Auth(credentials, "s3", "eu-central-1").add_auth(judged)

    assert judged.headers["Authorization"] == dict(ours.headers)["authorization"]
