"""Tokens of Google Cloud, from real endpoints on loopback that answer as Google's do."""

import asyncio
import base64
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from aigw.call import UNLIMITED
from aigw.credentials.google import JWT_GRANT, SCOPE, GoogleSource
from aigw.errors import MissingExtraError, SecretError
from aigw.manifest.snapshot import Provider
from aigw.providers.registry import kinds
from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission
from aigw.types.credential import Bearer

VERTEX = Provider("vertex", kinds()["vertex"], "https://aiplatform.googleapis.com/v1/projects/p/locations/global")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
GRANTED = {"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"}


def answering(body: Mapping[str, object], status: int = 200) -> Callable[[Received], Transmission]:
    return lambda _: Transmission(status=status, steps=(Frame(json.dumps(body).encode()),))


def token(environ: Mapping[str, str], reference: str = "default") -> Bearer:
    runtime = BlockingRuntime()
    try:
        return run(GoogleSource(environ).obtain(reference, VERTEX, runtime, UNLIMITED))
    finally:
        run(runtime.aclose())


def form(received: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(received.body.decode()).items()}


def account(tmp_path: Path, uri: str, **changed: object) -> str:
    path = tmp_path / "account.json"
    body = {
        "type": "service_account",
        "client_email": "robot@p.iam.gserviceaccount.com",
        "private_key_id": "kid-1",
        "private_key": PEM,
        "token_uri": uri,
    }
    path.write_text(json.dumps({**body, **changed}))
    return str(path)


def login(folder: Path, uri: str) -> None:
    folder.mkdir(parents=True)
    body = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "token_uri": uri}
    (folder / "application_default_credentials.json").write_text(json.dumps(body))


def segment(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_service_account_signs_an_assertion_that_its_public_key_verifies(tmp_path: Path):
    with Server(answering(GRANTED)) as server:
        uri = f"{server.origin}/token"
        found = token({}, account(tmp_path, uri))
        [received] = server.requests

    assert "ya29.token" == found.value
    assert found.expires_at is not None
    said = form(received)
    assert JWT_GRANT == said["grant_type"]
    head, claims, signature = said["assertion"].split(".")
    KEY.public_key().verify(segment(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert {"alg": "RS256", "typ": "JWT", "kid": "kid-1"} == json.loads(segment(head))
    claimed = json.loads(segment(claims))
    assert ("robot@p.iam.gserviceaccount.com", SCOPE, uri) == (claimed["iss"], claimed["scope"], claimed["aud"])
    assert 3600 == claimed["exp"] - claimed["iat"]
    assert found.expires_at == pytest.approx(claimed["iat"] + 3599, abs=60)


def test_both_runtimes_obtain_the_same(tmp_path: Path):
    async def obtained(path: str) -> Bearer:
        runtime = AsyncioRuntime()
        try:
            return await GoogleSource({}).obtain(path, VERTEX, runtime, UNLIMITED)
        finally:
            await runtime.aclose()

    with Server(answering(GRANTED)) as server:
        assert "ya29.token" == asyncio.run(obtained(account(tmp_path, server.origin))).value


def test_the_default_is_the_file_that_the_environment_names(tmp_path: Path):
    with Server(answering(GRANTED)) as server:
        path = account(tmp_path, server.origin)
        login(tmp_path / "home/.config/gcloud", "http://127.0.0.1:1")
        environ = {"GOOGLE_APPLICATION_CREDENTIALS": path, "HOME": str(tmp_path / "home")}
        assert "ya29.token" == token(environ).value


@pytest.mark.parametrize("variable", ["HOME", "CLOUDSDK_CONFIG"])
def test_the_default_is_a_login_of_gcloud_next(tmp_path: Path, variable: str):
    folder = tmp_path / ".config/gcloud"
    with Server(answering(GRANTED)) as server:
        login(folder, server.origin)
        found = token({"HOME": str(tmp_path / "nobody"), variable: str(tmp_path if variable == "HOME" else folder)})
        [received] = server.requests
    assert "ya29.token" == found.value
    assert {
        "client_id": "c",
        "client_secret": "s",
        "refresh_token": "r",
        "grant_type": "refresh_token",
    } == form(received)


def test_the_default_is_the_metadata_server_last(tmp_path: Path):
    with Server(answering(GRANTED)) as server:
        found = token({"HOME": str(tmp_path), "GCE_METADATA_HOST": server.origin.removeprefix("http://")})
        [received] = server.requests
    assert "ya29.token" == found.value
    parts = urlsplit(received.path)
    assert "/computeMetadata/v1/instance/service-accounts/default/token" == parts.path
    assert "Google" == received.headers["metadata-flavor"]


def test_a_machine_without_any_of_them_is_told_what_to_do(tmp_path: Path):
    with pytest.raises(SecretError, match="gcloud auth application-default login"):
        token({"HOME": str(tmp_path), "GCE_METADATA_HOST": "127.0.0.1:1"})
    with pytest.raises(SecretError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        token({"HOME": str(tmp_path), "NO_GCE_CHECK": "true"})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"type": "external_account"}, "external_account"),
        ({"type": None}, "unknown"),
        ({"private_key": "not a key"}, "private_key"),
        ({"private_key": 7}, "private_key"),
        ({"client_email": None}, "client_email"),
        ({"token_uri": "http://example.com/token"}, "not https"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path, changed: dict[str, object], words: str):
    path = account(tmp_path, "http://127.0.0.1:1", **changed)
    with pytest.raises(SecretError, match=words) as caught:
        token({}, path)
    assert f"google:{path}" in str(caught.value)
    assert "PRIVATE KEY" not in str(caught.value)


def test_a_key_of_another_kind_is_refused(tmp_path: Path):
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(SecretError, match="RSA"):
        token({}, account(tmp_path, "http://127.0.0.1:1", private_key=pem.decode()))


def test_a_missing_or_broken_file_is_named(tmp_path: Path):
    with pytest.raises(SecretError, match="cannot be read"):
        token({}, str(tmp_path / "none.json"))
    (tmp_path / "odd.json").write_text("{")
    with pytest.raises(SecretError, match="not JSON"):
        token({}, str(tmp_path / "odd.json"))


def test_a_refusal_is_told_in_googles_words(tmp_path: Path):
    refusal = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    with Server(answering(refusal, 400)) as server, pytest.raises(SecretError, match="Invalid JWT Signature"):
        token({}, account(tmp_path, server.origin))


def test_signing_without_the_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(MissingExtraError, match=r"aigw\[google\]"):
        token({}, account(tmp_path, "http://127.0.0.1:1"))
