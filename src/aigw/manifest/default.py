"""The embedded default: what is served where there is no manifest at all."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import ConfigurationError
from aigw.manifest.endpoints import host_of, normal_base_url
from aigw.manifest.snapshot import Provider, Snapshot
from aigw.types.kind import Kind

SOURCE: Final = "embedded default"

_LOCAL_KINDS: Final = ("ollama", "echo")
_OLLAMA_PORT: Final = 11434


def default_snapshot(environ: Mapping[str, str], kinds: Mapping[str, Kind]) -> Snapshot:
    """Make a provider of each kind whose conventional key variable is set in *environ*, and of the keyless local ones.

    Models are addressed as `provider/model`. `<KIND>_BASE_URL` (`OPENAI_BASE_URL`) says where a provider is instead of
    the kind's own address, `OLLAMA_HOST` does so for Ollama. Raises `ConfigurationError` for one that is no URL.
    """
    found = (_provider(kind, environ) for kind in kinds.values())
    providers = {provider.name: provider for provider in found if provider is not None}
    told = "\n".join(f"{name} {provider.base_url} {provider.secret}" for name, provider in sorted(providers.items()))
    return Snapshot(
        serial=0,
        digest=hashlib.sha256(told.encode()).hexdigest(),
        source=SOURCE,
        providers=MappingProxyType(providers),
        routes=MappingProxyType({}),
        allow_direct=True,
        absent=MappingProxyType({kind.name: kind.key_env[0] for kind in kinds.values() if _is_absent(kind, providers)}),
    )


def _is_absent(kind: Kind, providers: Mapping[str, Provider]) -> bool:
    return kind.name not in providers and bool(kind.key_env)


def _provider(kind: Kind, environ: Mapping[str, str]) -> Provider | None:
    variable = next((name for name in kind.key_env if environ.get(name, "").strip()), None)
    if variable is None and kind.name not in _LOCAL_KINDS:
        return None
    base_url = _base_url(kind, environ)
    if base_url is None:
        return None
    return Provider(
        name=kind.name,
        kind=kind,
        base_url=base_url,
        secret=None if variable is None else f"env:{variable}",
        hosts=frozenset({host_of(base_url)}) - {""},
    )


def _base_url(kind: Kind, environ: Mapping[str, str]) -> str | None:
    name = f"{kind.name.upper().replace('-', '_')}_BASE_URL"
    written = environ.get(name, "").strip()
    if not written and kind.name == "ollama":
        name, written = "OLLAMA_HOST", _ollama_url(environ.get("OLLAMA_HOST", "").strip())
    if not written:
        return None if kind.base_url is None else kind.base_url.rstrip("/")
    try:
        return normal_base_url(kind, written)
    except ValueError as error:
        message = f"the environment variable {name} {error}"
        raise ConfigurationError(message) from None


def _ollama_url(host: str) -> str:
    """Give the URL for what `OLLAMA_HOST` says: a host, `host:port` or a URL. A server bound to all is found here."""
    if not host or "://" in host:
        return host
    name, colon, port = host.rpartition(":") if host.count(":") == 1 else (host, "", "")
    return f"http://{'127.0.0.1' if name in ('', '0.0.0.0') else name}:{port if colon else _OLLAMA_PORT}"  # noqa: S104 - read, not bound
