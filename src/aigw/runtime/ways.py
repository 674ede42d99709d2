"""How a host is reached: through the environment's proxy or without one, and with whose certificates.

There is no HTTP client below, which would bring these, because a gateway needs two things that a client hides: a limit
asked anew before each read, and a connection dropped the moment a reply is.
"""

import base64
import os
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

from aigw.errors import ConfigurationError
from aigw.runtime.http1 import Reader, address_of

_PROXY_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


def has_own_certificates() -> bool:
    """Whether the environment says with `SSL_CERT_FILE` or `SSL_CERT_DIR` which certificates to trust."""
    named = ssl.get_default_verify_paths()
    return not {named.openssl_cafile_env, named.openssl_capath_env}.isdisjoint(os.environ)


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Make the one TLS context, which trusts what the environment says, or else certifi's certificates."""
    context = ssl.create_default_context(cafile=None if has_own_certificates() else certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


class Proxy(NamedTuple):
    """A proxy. `authorization` is the line of a head that carries user and password, or empty."""

    scheme: str
    host: str
    port: int
    authorization: str


def proxy_for(url: str) -> Proxy | None:
    """Give the proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`, …) names for *url*, or None.

    Raises `ConfigurationError` for one that cannot be used.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    address = proxies.get(name)
    if not address or proxy_bypass(parts.hostname or ""):
        return None
    found = _proxy(address if "://" in address else f"http://{address}")
    if isinstance(found, Proxy):
        return found
    message = (
        f"The proxy that {name.upper()}_PROXY names for {parts.scheme} URLs cannot be used: {found}. Name one as "
        "http://host:port or https://host:port, or list the hosts to reach without it in NO_PROXY."
    )
    raise ConfigurationError(message)


def _proxy(address: str) -> Proxy | str:
    """Read the *address* of a proxy, or say what is wrong with it, without its user and password."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its address cannot be read (special characters of a password must be percent-encoded)"
    if parts.scheme not in _PROXY_PORTS:
        return f"it speaks {parts.scheme}, and only http and https proxies are spoken to"
    if not host:
        return "its address has no host"
    authorization = ""
    if parts.username:
        pair = b"%s:%s" % (unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or ""))
        authorization = f"Proxy-Authorization: Basic {base64.b64encode(pair).decode('ascii')}\r\n"
    return Proxy(parts.scheme, host, port or _PROXY_PORTS[parts.scheme], authorization)


class Way(NamedTuple):
    """What to do, in this order, to be connected with a host.

    Connect to `host` and `port`; speak TLS with it if there is an `outer` context; send the bytes of `tunnel`, if there
    are any, and have them granted; speak TLS with `name` if there is an `inner` context. `forward` is what a proxy that
    passes requests on is told in each, None where there is no such proxy.
    """

    host: str
    port: int
    outer: ssl.SSLContext | None
    tunnel: bytes
    inner: ssl.SSLContext | None
    name: str
    forward: str | None


def way_to(url: str) -> Way:
    """Give the way to the host of *url*. Raises `UnsendableError`, and `ConfigurationError` for a proxy of no use."""
    scheme, name, port, _, _ = address_of(url)
    proxy = proxy_for(url)
    inner = tls() if scheme == "https" else None
    if proxy is None:
        return Way(name, port, None, b"", inner, name, None)
    outer = tls() if proxy.scheme == "https" else None
    if inner is None:
        return Way(proxy.host, proxy.port, outer, b"", None, name, proxy.authorization)
    whom = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    tunnel = f"CONNECT {whom} HTTP/1.1\r\nHost: {whom}\r\n{proxy.authorization}\r\n".encode("ascii")
    return Way(proxy.host, proxy.port, outer, tunnel, inner, name, None)


def check_granted(reader: Reader) -> None:
    """Raise `OSError` if the proxy whose answer is in *reader* will not make a tunnel."""
    if not 200 <= reader.status < 300:  # noqa: PLR2004 - RFC 9110 9.3.6
        message = f"the proxy answered with status {reader.status} when asked to connect"
        raise OSError(message)
