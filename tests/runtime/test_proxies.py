"""Proxies as the environment names them: read as they are written, or refused in words one can act on."""

import base64

import pytest

from aigw.errors import ConfigurationError
from aigw.runtime.http1 import written
from aigw.runtime.ways import proxy_for
from aigw.wire import HttpRequest

URL = "https://llm.example/v1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://proxy:3128", ("http", "proxy", 3128, "")),
        ("proxy:3128", ("http", "proxy", 3128, "")),
        ("http://proxy", ("http", "proxy", 80, "")),
        ("https://proxy", ("https", "proxy", 443, "")),
        ("http://[::1]:3128", ("http", "::1", 3128, "")),
        ("https://[::1]", ("https", "::1", 443, "")),
    ],
)
def test_host_and_port_are_those_of_the_address(
    monkeypatch: pytest.MonkeyPatch, address: str, expected: tuple[str, str, int, str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)

    proxy = proxy_for(URL)

    assert expected == proxy


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("us%40er:p%3Ass", b"us@er:p:ss"),
        ("user", b"user:"),
        ("us%C3%A9r:p%C3%A4ss", "us\xe9r:p\xe4ss".encode()),
    ],
)
def test_user_and_password_are_not_sent_percent_encoded(
    monkeypatch: pytest.MonkeyPatch, user: str, expected: bytes
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{user}@proxy:3128")

    proxy = proxy_for(URL)

    assert proxy is not None
    assert f"Proxy-Authorization: Basic {base64.b64encode(expected).decode()}\r\n" == proxy.authorization


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "ftp"])
def test_a_proxy_we_do_not_speak_to_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    monkeypatch.setenv(variable, f"{scheme}://user:hunter2@proxy:1080")

    with pytest.raises(ConfigurationError, match=f"{variable}.*{scheme},.*http://host:port.*NO_PROXY") as caught:
        proxy_for(URL)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://user:hunt[er2]@proxy:1",
        "http://user:hunter2/x@proxy:1",
        "http://proxy:hunter2",
        "http://[::1",
        "http://",
    ],
)
def test_an_address_that_cannot_be_read_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)

    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        proxy_for(URL)

    assert "er2" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_host_without_a_proxy_is_not_asked_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy")
    monkeypatch.setenv("NO_PROXY", "llm.example")

    assert proxy_for(URL) is None


def test_an_ipv6_host_keeps_its_brackets_in_the_host_header() -> None:
    assert b"\r\nHost: [::1]:8000\r\n" in written(HttpRequest("GET", "http://[::1]:8000/v1", ()))
