"""Tokens of Entra ID, from real endpoints on loopback that answer as Azure's do."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from aigw.call import UNLIMITED
from aigw.credentials.entra import EntraSource
from aigw.errors import SecretError
from aigw.manifest.snapshot import Provider
from aigw.providers.registry import kinds
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission
from aigw.types.credential import Bearer

AZURE = Provider("azure", kinds()["azure"], "https://acme.openai.azure.com/openai/v1")
APPLICATION = {"AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "client-1"}


def answering(body: Mapping[str, object], status: int = 200) -> Callable[[Received], Transmission]:
    return lambda _: Transmission(status=status, steps=(Frame(json.dumps(body).encode()),))


def token(environ: Mapping[str, str], reference: str = "default", provider: Provider = AZURE) -> Bearer:
    runtime = BlockingRuntime()
    try:
        return run(EntraSource(environ).obtain(reference, provider, runtime, UNLIMITED))
    finally:
        run(runtime.aclose())


def form(received: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(received.body.decode()).items()}


def test_an_application_proves_itself_with_its_secret():
    with Server(answering({"access_token": "t-1", "expires_in": 3600})) as server:
        found = token({**APPLICATION, "AZURE_CLIENT_SECRET": "s-1", "AZURE_AUTHORITY_HOST": server.origin})
        [received] = server.requests

    assert "t-1" == found.value
    assert found.expires_at is not None
    assert "/tenant-1/oauth2/v2.0/token" == received.path
    assert {
        "grant_type": "client_credentials",
        "client_id": "client-1",
        "client_secret": "s-1",
        "scope": "https://cognitiveservices.azure.com/.default",
    } == form(received)


def test_a_workload_proves_itself_with_the_token_in_its_file(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("jwt-1\n")
    with Server(answering({"access_token": "t-2", "expires_in": "120"})) as server:
        environ = {"AZURE_FEDERATED_TOKEN_FILE": str(file), "AZURE_AUTHORITY_HOST": server.origin}
        found = token({**APPLICATION, **environ})
        [received] = server.requests

    assert "t-2" == found.value
    assert ("jwt-1", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") == (
        form(received)["client_assertion"],
        form(received)["client_assertion_type"],
    )


@pytest.mark.parametrize(("reference", "expected"), [("default", None), ("identity-7", ["identity-7"])])
def test_an_app_services_identity_endpoint_is_asked_with_its_header(reference: str, expected: list[str] | None):
    with Server(answering({"access_token": "t-3", "expires_on": "99999999999"})) as server:
        environ = {"IDENTITY_ENDPOINT": f"{server.origin}/msi/token", "IDENTITY_HEADER": "h-1"}
        found = token(environ, reference)
        [received] = server.requests

    query = parse_qs(received.query)
    assert ("t-3", 99999999999) == (found.value, found.expires_at)
    assert "h-1" == received.headers["x-identity-header"]
    assert ["https://cognitiveservices.azure.com"] == query["resource"]
    assert expected == query.get("client_id")


def test_a_token_in_the_environment_is_taken_as_it_is():
    assert "given" == token({"AZURE_OPENAI_AD_TOKEN": "given"}).value


def test_a_refusal_is_told_with_its_reason_and_without_the_secret():
    said = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    with Server(answering(said, 401)) as server, pytest.raises(SecretError) as caught:
        token({**APPLICATION, "AZURE_CLIENT_SECRET": "s-secret", "AZURE_AUTHORITY_HOST": server.origin})

    assert "azure:default" in str(caught.value)
    assert "AADSTS7000215" in str(caught.value)
    assert "s-secret" not in str(caught.value)


def test_a_secret_goes_nowhere_without_tls():
    with pytest.raises(SecretError, match="not https"):
        token({**APPLICATION, "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": "http://login.example.com"})


def test_a_machine_without_any_identity_is_told_what_to_set_up():
    with pytest.raises(SecretError, match="AZURE_TENANT_ID"):
        token({"IDENTITY_ENDPOINT": "http://127.0.0.1:9/msi"})


def test_a_token_for_claude_in_foundry_is_for_foundry_and_none_of_azure_openai_stands_for_it():
    foundry = Provider("foundry", kinds()["azure-anthropic"], "https://acme.services.ai.azure.com/anthropic")
    with Server(answering({"access_token": "t-9", "expires_in": 3600})) as server:
        environ = {**APPLICATION, "AZURE_CLIENT_SECRET": "s-1", "AZURE_AUTHORITY_HOST": server.origin}
        found = token({**environ, "AZURE_OPENAI_AD_TOKEN": "of-openai"}, provider=foundry)
        [received] = server.requests

    assert "t-9" == found.value
    assert "https://ai.azure.com/.default" == form(received)["scope"]
