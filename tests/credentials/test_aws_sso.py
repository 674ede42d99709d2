"""AWS keys of a sign-in at IAM Identity Center, over real files and loopback, beside botocore's at the same places."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from tests.credentials.aws_kit import OFF, Respond, shared

from aigw.errors import APIConnectionError, SecretError
from aigw.testing.http import Server
from aigw.testing.transmission import Received
from aigw.types.credential import AwsKeys

Obtain = Callable[..., AwsKeys]

START = "https://acme.awsapps.com/start"
SESSION = f"""[profile work]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev Ops
region = eu-west-1
[sso-session corp]
sso_region = eu-central-1
sso_start_url = {START}
sso_registration_scopes = sso:account:access
"""
LEGACY = f"""[profile work]
sso_start_url = {START}
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = Dev Ops
region = eu-west-1
"""
LATER, BEFORE = "2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
TOKEN: dict[str, Any] = {"startUrl": START, "region": "eu-central-1", "accessToken": "hush-token", "expiresAt": LATER}
REGISTERED: dict[str, Any] = {
    "refreshToken": "hush-refresh",
    "clientId": "client",
    "clientSecret": "hush-secret",
    "registrationExpiresAt": LATER,
}
EXPIRED = {**TOKEN, **REGISTERED, "expiresAt": BEFORE}
ROLE = {"accessKeyId": "ASIASSO", "secretAccessKey": "of/role", "sessionToken": "t", "expiration": 4070908800000}
FOUND = AwsKeys("ASIASSO", "of/role", "t", "eu-west-1", 4070908800.0)
RENEWED = {"accessToken": "new-token", "expiresIn": 28800, "refreshToken": "new-refresh", "tokenType": "Bearer"}


class Center:
    """IAM Identity Center: gives keys for tokens it knows, and other tokens for what renews them."""

    def __init__(self) -> None:
        self.valid = {"hush-token", "new-token"}
        self.renewal: tuple[int, Mapping[str, Any]] = (200, RENEWED)
        self.role: tuple[int, Mapping[str, Any]] = (200, {"roleCredentials": ROLE})

    def __call__(self, received: Received) -> tuple[int, str]:
        """Answer one request."""
        if received.path == "/token":
            status, body = self.renewal
        elif received.headers.get("x-amz-sso_bearer_token") in self.valid:
            status, body = self.role
        else:
            status, body = 401, {"message": "hush: Session token not found or invalid"}
        return status, json.dumps(body)


@pytest.fixture
def center() -> Center:
    return Center()


@pytest.fixture
def place(
    center: Center, serving: Callable[[Respond], Server], tmp_path: Path
) -> Callable[..., tuple[dict[str, str], Server, Path]]:
    """Give an environment with *config* and a *token* in the cache, the server, and where the token lies."""

    def made(config: str, token: object = None) -> tuple[dict[str, str], Server, Path]:
        server = serving(center)
        cache = tmp_path / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True)
        key = "corp" if "sso_session" in config else START
        file = cache / f"{sha1(key.encode(), usedforsecurity=False).hexdigest()}.json"
        if token is not None:
            file.write_text(token if isinstance(token, str) else json.dumps(token))
        environ = {**OFF, **shared(tmp_path, config), "HOME": str(tmp_path), "AWS_ENDPOINT_URL": server.origin}
        return environ, server, file

    return made


@pytest.fixture
def botocore_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], tuple[str, str, str]]:
    """Resolve the profile `work` with botocore, in the same environment."""
    session = pytest.importorskip("botocore.session", reason="botocore is not installed")
    from botocore.credentials import SSOProvider
    from botocore.tokens import SSOTokenProvider

    def resolved(environ: Mapping[str, str]) -> tuple[str, str, str]:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        cache = str(Path(environ["HOME"], ".aws", "sso", "cache"))
        monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", cache)
        monkeypatch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", cache)
        keys = session.Session(profile="work").get_credentials().get_frozen_credentials()
        return keys.access_key, keys.secret_key, keys.token

    return resolved


@pytest.mark.parametrize("config", [SESSION, LEGACY])
def test_the_token_of_a_sign_in_gets_the_keys_of_the_role(obtain: Obtain, place: Any, config: str) -> None:
    environ, server, _ = place(config, TOKEN)

    assert FOUND == obtain(environ, "work")
    [asked] = server.requests
    assert ("GET", "/federation/credentials") == (asked.method, asked.path)
    assert "account_id=123456789012&role_name=Dev+Ops" == asked.query
    assert "hush-token" == asked.headers["x-amz-sso_bearer_token"]


@pytest.mark.parametrize(("config", "token"), [(SESSION, TOKEN), (LEGACY, TOKEN), (SESSION, EXPIRED)])
def test_botocore_gets_the_same_keys_by_the_same_requests(
    obtain: Obtain, place: Any, botocore_keys: Any, config: str, token: dict[str, Any]
) -> None:
    environ, server, file = place(config, token)
    ours = obtain(environ, "work")
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(token))
    theirs = botocore_keys(environ)

    assert theirs == (ours.access_key_id, ours.secret_access_key, ours.session_token)
    first, second = server.requests[: len(server.requests) // 2], server.requests[len(server.requests) // 2 :]
    assert [(each.method, each.path, each.json) for each in second] == [
        (each.method, each.path, each.json) for each in first
    ]
    assert kept.keys() == json.loads(file.read_text()).keys()


@pytest.mark.parametrize("config", [SESSION, LEGACY])
def test_a_token_that_has_expired_is_renewed_and_kept_where_the_tools_look(
    obtain: Obtain, place: Any, config: str
) -> None:
    environ, server, file = place(config, EXPIRED)

    assert FOUND == obtain(environ, "work")
    renewal, asked = server.requests
    assert {
        "grantType": "refresh_token",
        "refreshToken": "hush-refresh",
        "clientId": "client",
        "clientSecret": "hush-secret",
    } == renewal.json
    assert "new-token" == asked.headers["x-amz-sso_bearer_token"]
    kept = json.loads(file.read_text())
    assert EXPIRED | {"accessToken": "new-token", "refreshToken": "new-refresh"} == kept | {"expiresAt": BEFORE}
    assert BEFORE < kept["expiresAt"] < LATER
    assert 0o600 == file.stat().st_mode & 0o777
    assert [file] == list(file.parent.iterdir())


def test_a_token_that_is_good_for_a_while_is_not_renewed(obtain: Obtain, place: Any) -> None:
    environ, server, _ = place(SESSION, {**TOKEN, **REGISTERED})

    assert FOUND == obtain(environ, "work")
    assert ["/federation/credentials"] == [each.path for each in server.requests]


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "nobody has signed in"),
        ("no json", "nobody has signed in"),
        ({"accessToken": "hush-token"}, "nobody has signed in"),
        ({**TOKEN, "expiresAt": BEFORE}, "has expired"),
        ({**TOKEN, "expiresAt": "2020-01-01T00:00:00UTC"}, "has expired"),
        ({**EXPIRED, "registrationExpiresAt": BEFORE}, "has expired"),
        ({**TOKEN, "accessToken": "hush-revoked"}, "holds no longer"),
    ],
)
def test_without_a_good_token_the_command_to_sign_in_is_told(
    obtain: Obtain, place: Any, token: object, words: str
) -> None:
    environ, _, _ = place(SESSION, token)

    with pytest.raises(SecretError, match=f"aws:work cannot be had.*{words}; run: aws sso login --profile work") as e:
        obtain(environ, "work")

    assert "hush" not in str(e.value)


@pytest.mark.parametrize("body", [{"error": "invalid_grant", "error_description": "hush"}, {}])
def test_a_renewal_that_is_refused_asks_for_a_sign_in(
    obtain: Obtain, place: Any, center: Center, body: Mapping[str, Any]
) -> None:
    environ, _, file = place(SESSION, EXPIRED)
    center.renewal = (400, body)

    with pytest.raises(SecretError, match="run: aws sso login --profile work") as caught:
        obtain(environ, "work")

    assert "hush" not in str(caught.value)
    assert EXPIRED == json.loads(file.read_text())


@pytest.mark.parametrize("part", ["renewal", "role"])
def test_a_service_that_fails_itself_is_no_reason_to_sign_in(
    obtain: Obtain, place: Any, center: Center, part: str
) -> None:
    environ, _, _ = place(SESSION, EXPIRED)
    setattr(center, part, (503, {"message": "hush"}))

    with pytest.raises(APIConnectionError, match="IAM Identity Center failed while aws:work was resolved: 503"):
        obtain(environ, "work")


@pytest.mark.parametrize("body", [{"message": "hush"}, {"roleCredentials": {"accessKeyId": "A"}}])
def test_a_role_that_is_refused_says_what_to_check(
    obtain: Obtain, place: Any, center: Center, body: Mapping[str, Any]
) -> None:
    environ, _, _ = place(SESSION, TOKEN)
    center.role = (403, body)

    with pytest.raises(SecretError, match="answered 403 without keys; check sso_account_id") as caught:
        obtain(environ, "work")

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[profile work]\nsso_session = other\nsso_account_id = 1\n", "sso_role_name, sso_region, sso_start_url"),
        (LEGACY.replace("sso_account_id = 123456789012\n", ""), "nothing says sso_account_id"),
        (LEGACY.replace("eu-central-1", "evil.example/"), "is no region"),
    ],
)
def test_a_sign_in_that_is_not_described_whole_says_what_is_missing(
    obtain: Obtain, place: Any, config: str, words: str
) -> None:
    environ, server, _ = place(config, TOKEN)

    with pytest.raises(SecretError, match=words):
        obtain(environ, "work")

    assert () == tuple(server.requests)


def test_a_token_goes_nowhere_in_plain_but_to_this_machine(obtain: Obtain, place: Any) -> None:
    environ, _, _ = place(SESSION, TOKEN)

    with pytest.raises(SecretError, match="not https"):
        obtain({**environ, "AWS_ENDPOINT_URL_SSO": "http://sso.example"}, "work")


def test_a_role_is_assumed_with_the_keys_of_a_sign_in(
    obtain: Obtain, place: Any, serving: Callable[[Respond], Server]
) -> None:
    body = "<AccessKeyId>R</AccessKeyId><SecretAccessKey>r</SecretAccessKey><SessionToken>t</SessionToken>"
    sts = serving(lambda _: (200, body))
    environ, _, _ = place(f"{SESSION}[profile app]\nrole_arn = arn\nsource_profile = work\nregion = eu-west-1\n", TOKEN)

    assert AwsKeys("R", "r", "t", "eu-west-1") == obtain({**environ, "AWS_ENDPOINT_URL_STS": sts.origin}, "app")
    assert "Credential=ASIASSO/" in sts.requests[0].headers["authorization"]


@pytest.mark.parametrize("ends", [10**15, 10**30, -(10**18)])
def test_keys_whose_end_no_calendar_has_are_keys_without_an_end(obtain: Obtain, place: Any, center: Center, ends: int):
    center.role = (200, {"roleCredentials": {**ROLE, "expiration": ends * 1000}})
    environ, *_ = place(SESSION, TOKEN)

    assert replace(FOUND, expires_at=None) == obtain(environ, "work")


@pytest.mark.parametrize("life", [10**15, 10**30, -(10**18)])
def test_a_token_whose_end_no_calendar_has_is_no_other_token(obtain: Obtain, place: Any, center: Center, life: int):
    center.renewal = (200, {**RENEWED, "expiresIn": life})
    environ, _, file = place(SESSION, EXPIRED)

    with pytest.raises(SecretError, match="the sign-in has expired; run: aws sso login --profile work"):
        obtain(environ, "work")
    assert EXPIRED == json.loads(file.read_text())
