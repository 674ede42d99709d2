"""Compile the providers of a manifest: where each is reached, and which key may go there."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aigw.manifest.language.document import Path
from aigw.manifest.language.endpoints import OFFLINE_DIALECT, home_of, host_of, is_home, is_host, normal_base_url
from aigw.manifest.language.model import ProviderPart
from aigw.manifest.language.names import is_provider_name
from aigw.manifest.language.problems import Problems, near, shown
from aigw.manifest.snapshot import Provider
from aigw.types.kind import Kind

_SETTINGS: Final = ("region", "project", "account", "api_version")
_REFERENCE = re.compile(r"([a-z][a-z0-9+.-]*):(\S(?:.*\S)?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ProviderCompiler:
    """Compiles providers of the *kinds* there are, with secrets of the *schemes* that can be resolved."""

    problems: Problems
    kinds: Mapping[str, Kind]
    schemes: Collection[str]

    def providers(self, parts: Mapping[str, ProviderPart]) -> dict[str, Provider]:
        """Compile all *parts*; those with problems are left out."""
        found = ((name, self._provider(name, part)) for name, part in parts.items())
        return {name: provider for name, provider in found if provider is not None}

    def _provider(self, name: str, part: ProviderPart) -> Provider | None:
        path: Path = ("providers", name)
        if not is_provider_name(name):
            self.problems.add(path, "a provider's name is up to 64 letters, digits, dots, dashes and underscores")
        kind = self.kinds.get(part.kind)
        if kind is None:
            self.problems.add((*path, "kind"), f"unknown kind {shown(part.kind)}; {near(part.kind, self.kinds)}")
            return None
        settings = {name: value for name in _SETTINGS if (value := getattr(part, name)) is not None}
        self._check_settings(settings, part, kind, path)
        base_url = self._base_url(part, kind, settings, path)
        if base_url is None:
            return None
        declared = {host.lower() for host in part.hosts}
        for at, host in enumerate(part.hosts):
            if not is_host(host.lower()):
                self.problems.add((*path, "hosts", at), "must be a host or host:port, without scheme and path")
        return Provider(
            name=name,
            kind=kind,
            base_url=base_url,
            secret=self._secret(part, kind, base_url, path),
            hosts=frozenset(declared | {host_of(base_url)}) - {""},
            headers=tuple(part.headers.items()),
            unsupported=part.unsupported,
            settings=MappingProxyType(settings),
        )

    def _check_settings(self, settings: Mapping[str, str], part: ProviderPart, kind: Kind, path: Path) -> None:
        """Report settings that would change nothing: a region that is none must never lead to another one."""
        for name, value in settings.items():
            if name in kind.settings or (name == "region" and value in kind.regional and part.base_url is None):
                continue
            if name == "region" and kind.regional and part.base_url is None:
                what = f"unknown region {shown(value)} of kind {kind.name}; {near(value.lower(), kind.regional)}"
            else:
                beside = " with a base_url of its own" if part.base_url is not None and name == "region" else ""
                what = f"means nothing to a provider of kind {kind.name}{beside}; leave it out"
            self.problems.add((*path, name), what)

    def _base_url(self, part: ProviderPart, kind: Kind, settings: Mapping[str, str], path: Path) -> str | None:
        if part.base_url is None:
            return self._home(kind, settings, path)
        try:
            return normal_base_url(kind, part.base_url)
        except ValueError as error:
            self.problems.add((*path, "base_url"), str(error))
            return None

    def _home(self, kind: Kind, settings: Mapping[str, str], path: Path) -> str | None:
        """Give the kind's own address."""
        if kind.base_url is None and kind.dialect != OFFLINE_DIALECT:
            what = f"is missing; a provider of kind {kind.name} has no address of its own"
            self.problems.add((*path, "base_url"), what)
            return None
        home, missing = home_of(kind, settings)
        for name in missing:
            what = f"is missing; the address of a provider of kind {kind.name} has it in it (or give a base_url)"
            self.problems.add((*path, name), what)
        return None if missing else home

    def _secret(self, part: ProviderPart, kind: Kind, base_url: str, path: Path) -> str | None:
        """Give the reference of the provider's key, or None if it has none. No message may quote what was written."""
        path = (*path, "api_key")
        if part.api_key == "none":
            return None
        if part.api_key is None:
            return self._usual_secret(kind, base_url, path)
        reference = _REFERENCE.fullmatch(part.api_key)
        if reference is None or reference[1] not in self.schemes:
            schemes = ", ".join(f"{scheme}:…" for scheme in sorted(self.schemes))  # may look for plugins, which is slow
            self.problems.add(path, f"must be a reference ({schemes}) or `none`; a key itself may not stand here")
        elif reference[1] == "env" and not _VARIABLE.fullmatch(reference[2]):
            self.problems.add(path, "what follows env: must be the name of a variable, not a key")
        elif reference[1] == "file" and not reference[2].startswith("/"):
            self.problems.add(path, "what follows file: must be an absolute path, such as file:/run/secrets/openai")
        else:
            return part.api_key
        return None

    def _usual_secret(self, kind: Kind, base_url: str, path: Path) -> str | None:
        """Give the reference that the kind is known for, which goes to the kind's own hosts only."""
        if kind.keyless or kind.auth == "none":
            return None
        usual = kind.ambient or (f"env:{kind.key_env[0]}" if kind.key_env else None)
        if usual and is_home(kind, base_url):
            return usual
        what = f"is missing; say which key goes to {host_of(base_url)} (env:NAME, file:/path), or `none`"
        self.problems.add(path, what)
        return None
