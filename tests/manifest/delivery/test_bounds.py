"""Bounds are said once, by code, environment or file, and a wrong one is told where the gateway is made."""

import json
from pathlib import Path
from typing import Any

import pytest

import aigw
from aigw.config import configured
from aigw.errors import ConfigurationError
from aigw.manifest.delivery.bounds import Trust, trust_of

DIGEST = "sha256:" + "ab" * 32
TRUST_DOCUMENT = {"schema": "aigw/trust/v1", "version": 1, "roles": {}}


def test_it_is_a_public_name() -> None:
    assert aigw.Trust is Trust


@pytest.mark.parametrize("value", [None, "tls"])
def test_by_default_tls_is_trusted(value: str | None) -> None:
    assert Trust() == trust_of(value)


def test_the_digest_of_a_trust_document_is_a_pin() -> None:
    assert Trust(pin=DIGEST) == trust_of(DIGEST)
    assert "ab" * 32 == trust_of(DIGEST).pinned()


def test_a_file_has_the_fields_and_its_pin_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "pin.json").write_text(json.dumps(TRUST_DOCUMENT))
    path = tmp_path / "trust.yaml"
    path.write_text(
        "pin: pin.json\naudience: acme\nmin_serial: 7\nhosts: [.acme.example, LLM.example:8443]\n"
        "secret_hosts: {'env:KEY': [llm.example]}\nrequire: fresh\n"
    )

    trust = trust_of(path)

    assert ("acme", 7, (".acme.example", "llm.example:8443"), "fresh") == (
        trust.audience,
        trust.min_serial,
        trust.hosts,
        trust.require,
    )
    assert {"env:KEY": ("llm.example",)} == dict(trust.secret_hosts)
    assert json.dumps(TRUST_DOCUMENT).encode() == trust.pinned()


def test_a_trust_document_may_stand_in_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    path.write_text(json.dumps(TRUST_DOCUMENT))

    assert Trust(pin=path) == trust_of(str(path))


def test_the_environment_says_it_where_the_argument_does_not(tmp_path: Path) -> None:
    environ = {"AIGW_TRUST": DIGEST, "AIGW_EMBEDDED": "/app/manifest.json"}

    config = configured(environ=environ)

    assert (DIGEST, Path("/app/manifest.json")) == (config.trust.pin, config.embedded)
    assert configured(trust="tls", environ=environ).trust.pin is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"require": "signed"}, "needs a pin"),
        ({"require": "sure"}, "any, signed or fresh"),
        ({"max_shrink": 2}, "from 0 to 1"),
        ({"hosts": ["https://llm.example/v1"]}, "without scheme and path"),
        ({"hosts": "llm.example"}, "is a list of hosts"),
        ({"secret_hosts": {"env:K": ["a b"]}}, r"secret_hosts\['env:K'\]"),
        ({"secret_hosts": {"OPENAI_API_KEY": ["a.example"]}}, "write the reference that manifests have, such as env:"),
        ({"pin": "sha256:abc"}, "64 lower-case hex digits"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Trust(**fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("host: [a]", "unknown field 'host'"),
        ("min_serial: seven", "min_serial may not be a str"),
        ("deny_private_ips: 1", "deny_private_ips may not be a int"),
        ("min_serial: true", "min_serial may not be a bool"),
        ("[", "neither a trust file nor a trust document"),
    ],
)
def test_a_wrong_file_says_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "trust.yaml"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match=message):
        trust_of(path)


def test_a_file_that_is_not_there_is_told_when_the_gateway_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere.yaml cannot be read"):
        aigw.Gateway(trust=tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigurationError, match=r"The trust pin .* cannot be read"):
        aigw.Gateway(manifest="https://config.example/m", trust=Trust(pin=tmp_path / "nowhere.json"))
    with pytest.raises(ConfigurationError, match="The trust pin cannot be used"):
        aigw.Gateway(manifest="https://config.example/m", trust=Trust(pin={"schema": "aigw/trust/v9"}))
