"""Credentials of providers: keys read where they are used, and tokens fetched, kept, and renewed before they expire."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

from aigw.call import Deadline
from aigw.errors import AigwError
from aigw.manifest.snapshot import Provider
from aigw.protocols import CredentialSource, Runtime
from aigw.secrets import Secrets
from aigw.types.credential import Credential, Key

RENEW_S: Final = 300.0
"""How long before its end a credential is renewed."""
LAST_S: Final = 30.0
"""How long before its end one that cannot be renewed is still used."""

SOURCES: Final[Mapping[str, str]] = {
    "aws": "aigw.credentials.aws:AwsSource",
    "azure": "aigw.credentials.entra:EntraSource",
    "google": "aigw.credentials.google:GoogleSource",
}
"""What gives credentials of a scheme; loaded when the first one is asked for."""


class Credentials:
    """Gives each provider's credential. Safe for threads: at worst two of them fetch the same one."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._sources: dict[str, CredentialSource] = {}
        self._kept: dict[tuple[str, str], Credential] = {}

    def problem(self, reference: str | None) -> str | None:
        """Say why there is no credential for *reference* without asking anybody, or None if there may be one."""
        if reference is None or self._source(reference) is not None:
            return None
        return self._secrets.problem(reference)

    async def of(self, provider: Provider, runtime: Runtime, deadline: Deadline) -> Credential | None:
        """Give the credential of *provider*, or None where it needs none. Raises `SecretError`."""
        reference = provider.secret
        if reference is None:
            return None
        source = self._source(reference)
        if source is None:
            return Key(self._secrets.fetch(reference))
        place = (reference, provider.key)
        kept, now = self._kept.get(place), runtime.time()
        if kept is not None and (kept.expires_at is None or now < kept.expires_at - RENEW_S):
            return kept
        try:
            found = await source.obtain(reference.partition(":")[2], provider, runtime, deadline)
        except AigwError:
            if kept is not None and kept.expires_at is not None and now < kept.expires_at - LAST_S:
                return kept
            raise
        self._kept[place] = found
        return found

    def forget(self, provider: Provider) -> None:
        """Fetch the credential of *provider* anew next time: it was refused."""
        if provider.secret is not None:
            self._kept.pop((provider.secret, provider.key), None)

    def _source(self, reference: str) -> CredentialSource | None:
        """Give what fetches *reference*, or None where it names a secret that is only read."""
        scheme = reference.partition(":")[0]
        found = self._sources.get(scheme)
        if found is None and scheme in SOURCES:
            module, _, name = SOURCES[scheme].partition(":")
            found = self._sources[scheme] = cast("type[CredentialSource]", getattr(import_module(module), name))()
        return found
