"""Where keys may go, host by host: a name covers its ports, a dot its subdomains, and nothing covers a look-alike."""

from pathlib import Path

import pytest
from tests.manifest.manifest_kit import KINDS, compiled

from aigw.errors import ManifestUntrustedError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.reach import check_reach
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds


def told(
    base_url: str, trust: Trust, *, api_key: str = "env:KEY", kind: str = "openai-compatible", **more: object
) -> str:
    """Say what is wrong with a manifest whose one provider is at *base_url*; nothing if it is within *trust*."""
    provider = {"kind": kind, "base_url": base_url, "api_key": api_key, **more}
    document = {"schema": "aigw/v1", "serial": 1, "providers": {"p": provider}, "allow_direct": True}
    try:
        check_reach(compiled(document), trust, KINDS, from_afar=True, source="m")
    except ManifestUntrustedError as error:
        return f"{error.nack}: {error}"
    return ""


@pytest.mark.parametrize(
    ("host", "allowed", "is_in"),
    [
        ("https://llm.acme.example/v1", "llm.acme.example", True),
        ("https://llm.acme.example:8443/v1", "llm.acme.example", True),
        ("https://llm.acme.example:8443/v1", "llm.acme.example:8443", True),
        ("https://llm.acme.example/v1", "llm.acme.example:8443", False),
        ("https://LLM.ACME.example/v1", "llm.acme.example", True),
        ("https://a.b.acme.example/v1", ".acme.example", True),
        ("https://acme.example/v1", ".acme.example", False),
        ("https://evilacme.example/v1", ".acme.example", False),
        ("https://acme.example.evil.example/v1", "acme.example", False),
        ("https://[2001:db8::1]/v1", "[2001:db8::1]", True),
    ],
)
def test_a_host_is_within_the_bounds_or_not(host: str, allowed: str, *, is_in: bool) -> None:
    assert is_in == (not told(host, Trust(hosts=(allowed,))))
    assert is_in == (not told(host, Trust(secret_hosts={"env:KEY": (allowed,)})))


def test_hosts_that_a_provider_declares_beside_its_address_count_too() -> None:
    trust = Trust(hosts=("llm.example",))

    assert "BOUNDS: m: providers.p: the host evil.example is not one" in told(
        "https://llm.example/v1", trust, hosts=["evil.example"]
    )
    assert ".example is not one" in told("https://llm.example/v1", trust, hosts=[".example"])


def test_a_provider_without_an_address_reaches_nothing() -> None:
    document = {"schema": "aigw/v1", "serial": 1, "providers": {"e": {"kind": "echo"}}, "allow_direct": True}

    check_reach(compiled(document), Trust(hosts=()), KINDS, from_afar=True, source="m")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0.0.0.0",
    ],
)
def test_an_address_of_a_private_network_is_one_in_every_spelling(host: str) -> None:
    assert "deny_private_ips" in told(f"http://{host}/v1", Trust(deny_private_ips=True))
    assert "deny_private_ips" in told(f"http://{host}:8080/v1", Trust(deny_private_ips=True))


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1]", "llm.example", "10.example"])
def test_public_addresses_and_names_are_none(host: str) -> None:
    assert "" == told(f"https://{host}/v1", Trust(deny_private_ips=True))


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_may_have_its_own_key_at_home(name: str) -> None:
    """With nothing configured, what the manifest's shortest form says must pass."""
    kind = kinds()[name]
    settings = {setting: "us-east-1" if setting == "region" else "x" for setting in kind.settings}
    provider = {"kind": name, **{key: value for key, value in settings.items() if key != "api_version"}}
    if kind.base_url is None:
        host = next((host for host in sorted(kind.hosts)), "llm.example")
        provider["base_url"] = f"https://{'x' if host.startswith('.') else ''}{host}/v1"
        provider["api_key"] = f"env:{kind.key_env[0]}" if kind.key_env else "none"
    snapshot = _compiled(provider)

    check_reach(snapshot, Trust(), kinds(), from_afar=True, source="m")


def _compiled(provider: dict[str, object]) -> Snapshot:
    from aigw.manifest.language.compile import compile_manifest
    from aigw.secrets import Schemes

    document = {"schema": "aigw/v1", "serial": 1, "providers": {"p": provider}, "allow_direct": True}
    return compile_manifest(document, source="m", kinds=kinds(), schemes=Schemes())


def test_a_key_that_is_customary_for_nobody_goes_where_the_manifest_says() -> None:
    assert "" == told("https://anywhere.example/v1", Trust(), api_key="env:OUR_OWN")


def test_this_machine_may_have_any_key() -> None:
    assert "" == told("http://127.0.0.1:8000/v1", Trust(), api_key="env:OPENAI_API_KEY")
    assert "OPENAI_API_KEY may not" in told("http://10.0.0.1:8000/v1", Trust(), api_key="env:OPENAI_API_KEY")


@pytest.mark.parametrize("how", ["{folder}/./key", "/{folder}/key", "/proc/self/root{folder}/key", "{folder}/link"])
def test_a_file_is_bound_by_whichever_path_it_is_named(tmp_path: Path, how: str) -> None:
    (tmp_path / "key").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    trust = Trust(secret_hosts={f"file:{tmp_path}/key": ("llm.example",)})
    named = "file:" + how.format(folder=tmp_path)

    assert "BOUNDS" in told("https://evil.example/v1", trust, api_key=named)
    assert not told("https://llm.example/v1", trust, api_key=named)
    assert not told("https://evil.example/v1", trust, api_key=f"file:{tmp_path}/other")


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET"])
def test_what_a_cloud_knows_a_machine_by_is_sent_to_nobody_unless_the_bounds_say_so(name: str) -> None:
    for host in ("evil.example", "127.0.0.1"):
        assert "BOUNDS" in told(f"https://{host}/v1", Trust(), api_key=f"env:{name}")
    meant = Trust(secret_hosts={f"env:{name}": ("llm.example",)})
    assert not told("https://llm.example/v1", meant, api_key=f"env:{name}")


@pytest.mark.parametrize("host", ["localhost.", "127.0.0.1.", "a.localhost."])
def test_a_dot_at_its_end_makes_no_private_host_public(host: str) -> None:
    assert "Trust.deny_private_ips refuses" in told(f"https://{host}/v1", Trust(deny_private_ips=True))
