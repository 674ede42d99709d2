"""Where a manifest may send keys and prompts, as the bounds of this process allow."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aigw.errors import ManifestUntrustedError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.language.endpoints import is_home
from aigw.manifest.snapshot import Provider, Snapshot
from aigw.types.kind import Kind
from aigw.types.nack import Nack

_NUMBERS: Final = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?")
"""What a resolver may take for an IPv4 address, in whichever of its forms (`2130706433`, `0x7f.1`)."""

_FILE: Final = "file:"
_IDENTITIES: Final = frozenset({"env:AWS_SECRET_ACCESS_KEY", "env:AWS_SESSION_TOKEN", "env:AZURE_CLIENT_SECRET"})
"""What a machine is known by to its cloud: for signing and for getting tokens, never to be sent to a provider."""


def check_reach(snapshot: Snapshot, trust: Trust, kinds: Mapping[str, Kind], *, from_afar: bool, source: str) -> None:
    """Raise `ManifestUntrustedError` (BOUNDS) for a provider beyond what *trust* allows.

    Of a manifest *from_afar*, the variable that is customary for a kind goes to that kind's own hosts or this machine
    only, unless *trust* says otherwise for that very secret.
    """
    for provider in _providers(snapshot):
        for what in _beyond(provider, trust, kinds, from_afar=from_afar):
            message = f"{source}: providers.{provider.name}: {what}"
            raise ManifestUntrustedError(message, nack=Nack.BOUNDS)


def _providers(snapshot: Snapshot) -> Iterator[Provider]:
    yield from snapshot.providers.values()
    for route in snapshot.routes.values():
        stand_ins = () if route.instead is None else route.instead.targets
        for target in (*route.targets, *route.on_context_length, *route.on_content_policy, *stand_ins):
            if snapshot.providers.get(target.provider.name) is not target.provider:
                yield target.provider
    if snapshot.rollout is not None:
        yield from _providers(snapshot.rollout.base)


def _beyond(provider: Provider, trust: Trust, kinds: Mapping[str, Kind], *, from_afar: bool) -> Iterator[str]:
    """Say what of *provider* is beyond the bounds."""
    reached = _reached(provider)
    if trust.hosts is not None:
        for host in reached:
            if not _covers(trust.hosts, host):
                yield f"the host {host} is not one of Trust.hosts"
    if trust.deny_private_ips:
        for host in reached:
            if _is_private(host):
                yield f"{host} is an address of this machine or a private network, which Trust.deny_private_ips refuses"
    if provider.secret is None:
        return
    bound = _bound(trust, provider.secret)
    if bound is not None:
        beyond = [host for host in reached if not _covers(bound, host)]
    else:
        beyond = _not_at_home(provider, reached, kinds) if from_afar else []
    for host in beyond:
        yield (
            f"{provider.secret} may not be sent to {host}; if it is meant to, say so where the gateway is made: "
            f"Trust(secret_hosts={{{provider.secret!r}: [{host!r}]}})"
        )


def _reached(provider: Provider) -> tuple[str, ...]:
    """Give the hosts that are called or may get the key: `host`, `host:port` or `.domain`."""
    address = urlsplit(provider.base_url).netloc.rpartition("@")[2].lower()
    return tuple(sorted({address, *provider.hosts} - {""}))


def _covers(allowed: tuple[str, ...], host: str) -> bool:
    """Whether *allowed* has all of what *host* stands for. A name without a port stands for all its ports."""
    name = _name(host)
    return (
        host in allowed
        or (not host.startswith(".") and name in allowed)
        or any(entry.startswith(".") and name.endswith(entry) for entry in allowed)
    )


def _bound(trust: Trust, secret: str) -> tuple[str, ...] | None:
    """Give the hosts that *secret* is bound to, or None. A file is the same one by whichever path it is reached."""
    if secret in trust.secret_hosts or not secret.startswith(_FILE):
        return trust.secret_hosts.get(secret)
    files = ((bound, hosts) for bound, hosts in trust.secret_hosts.items() if bound.startswith(_FILE))
    return next((hosts for bound, hosts in files if _is_same_file(bound, secret)), None)


def _is_same_file(bound: str, secret: str) -> bool:
    known, named = Path(bound.removeprefix(_FILE)), Path(secret.removeprefix(_FILE))
    with suppress(OSError, ValueError, RuntimeError):
        return known.resolve() == named.resolve() or known.samefile(named)
    return False


def _not_at_home(provider: Provider, reached: tuple[str, ...], kinds: Mapping[str, Kind]) -> list[str]:
    """Give the hosts that are foreign to all kinds that the provider's secret is customary for."""
    secret = provider.secret or ""
    if secret in _IDENTITIES:
        return list(reached)
    owners = [kind for kind in kinds.values() if _is_customary(kind, secret)]
    if not owners or any(kind.base_url and _is_local(_name(urlsplit(kind.base_url).netloc)) for kind in owners):
        return []  # a server of one's own may be anywhere
    plain = urlsplit(provider.base_url).scheme != "https"
    return [
        host
        for host in reached
        if not _is_local(_name(host)) and (plain or not any(is_home(kind, f"https://{host}") for kind in owners))
    ]


def _is_customary(kind: Kind, secret: str) -> bool:
    """Whether *secret* is what *kind* is known for: one of its variables, or the tokens of its cloud's identity.

    Those of AWS are not among them: what travels is a signature, which is good for one host.
    """
    scheme, _, name = secret.partition(":")
    if scheme == "google":
        return kind.ambient is not None and kind.ambient.startswith("google:")
    if scheme == "azure":
        return kind.service.startswith("https:") or kind.name == "azure"
    return scheme == "env" and name in kind.key_env


def _name(host: str) -> str:
    """Give *host* without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _is_local(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    name = _name(host).rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or _NUMBERS.fullmatch(name) is not None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not address.is_global
