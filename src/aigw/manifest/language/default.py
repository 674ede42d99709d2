"""The embedded default: what is served where there is no manifest at all."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import ConfigurationError
from aigw.manifest.language.endpoints import home_of, host_of, normal_base_url
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
    variable = _first(environ, kind.key_env)
    settings = {name: environ[found].strip() for name, found in _set(kind, environ)}
    is_named = settings.keys() == kind.settings.keys() if settings else _first(environ, kind.base_env) is not None
    is_here = kind.ambient is not None and is_named
    if variable is None and not is_here and kind.name not in _LOCAL_KINDS:
        return None
    base_url = _base_url(kind, environ, settings)
    if not base_url:
        return None
    return Provider(
        name=kind.name,
        kind=kind,
        base_url=base_url,
        secret=(kind.ambient if is_here else None) if variable is None else f"env:{variable}",
        hosts=frozenset({host_of(base_url)}) - {""},
        settings=MappingProxyType(settings),
    )


def _first(environ: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((name for name in names if environ.get(name, "").strip()), None)


def _set(kind: Kind, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give each setting of *kind* that a variable of *environ* has, with the variable's name."""
    for name, variables in kind.settings.items():
        found = _first(environ, variables)
        if found is not None:
            yield name, found


def _base_url(kind: Kind, environ: Mapping[str, str], settings: Mapping[str, str]) -> str:
    name = f"{kind.name.upper().replace('-', '_')}_BASE_URL"
    name = _first(environ, (name, *kind.base_env)) or name
    written = environ.get(name, "").strip()
    if not written and kind.name == "ollama":
        name, written = "OLLAMA_HOST", _ollama_url(environ.get("OLLAMA_HOST", "").strip())
    if not written:
        return home_of(kind, settings)[0]
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
