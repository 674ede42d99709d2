"""Tokens of Microsoft Entra ID for Azure: of an application, of a workload in Kubernetes, or of the machine itself.

Sources: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token and, for the names of
variables and their order, https://learn.microsoft.com/python/api/azure-identity/azure.identity.defaultazurecredential.
A reference is `azure:default`, or `azure:` and the client id of the machine's identity to use.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from aigw.call import Deadline, Patience, Timeouts
from aigw.credentials.oauth import LIFE_S, granted, trusted
from aigw.errors import APIConnectionError, SecretError
from aigw.manifest.snapshot import Provider
from aigw.protocols import Runtime
from aigw.types.credential import Bearer
from aigw.wire import HttpRequest, with_query

RESOURCE: Final = "https://cognitiveservices.azure.com"
AUTHORITY: Final = "https://login.microsoftonline.com"
MACHINE: Final = "http://169.254.169.254/metadata/identity/oauth2/token"
ASSERTED: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_DEFAULT: Final = "default"
_TIMEOUTS: Final = Timeouts(connect=5.0, total=20.0)
_MACHINE_TIMEOUTS: Final = Timeouts(connect=2.0, total=5.0)
_FORM: Final = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))


class EntraSource:
    """Gives access tokens for the scheme `azure`. *environ* is read whenever a token is obtained."""

    scheme = "azure"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    async def obtain(self, reference: str, provider: Provider, runtime: Runtime, deadline: Deadline) -> Bearer:
        """Give a token for *reference*: `default`, or the client id of an identity of this machine.

        Looks for a token in the environment, then an application's secret, a workload's file, the identity endpoint of
        an app service, and the machine's. Raises `SecretError`.
        """
        named, resource = f"{self.scheme}:{reference}", resource_of(provider)
        if reference != _DEFAULT:
            return await self._of_machine(reference, resource, named, runtime, deadline)
        at_hand = self._said("AZURE_OPENAI_AD_TOKEN") if resource == RESOURCE else ""
        if at_hand:
            return Bearer(at_hand, runtime.time() + LIFE_S)
        form = await self._proof(named, runtime)
        if form is None:
            return await self._of_machine(self._said("AZURE_CLIENT_ID"), resource, named, runtime, deadline)
        tenant = quote(self._said("AZURE_TENANT_ID"), safe="")
        url = f"{self._said('AZURE_AUTHORITY_HOST').rstrip('/') or AUTHORITY}/{tenant}/oauth2/v2.0/token"
        body = {
            "grant_type": "client_credentials",
            "client_id": self._said("AZURE_CLIENT_ID"),
            "scope": f"{resource}/.default",
            **form,
        }
        request = HttpRequest("POST", trusted(url, named), _FORM, urlencode(body).encode())
        return await granted(request, named, runtime, Patience(runtime.monotonic, _TIMEOUTS, deadline))

    async def _proof(self, named: str, runtime: Runtime) -> Mapping[str, str] | None:
        """Give what proves the application of the environment to be itself, or None where there is no application."""
        if not (self._said("AZURE_TENANT_ID") and self._said("AZURE_CLIENT_ID")):
            return None
        secret, path = self._said("AZURE_CLIENT_SECRET"), self._said("AZURE_FEDERATED_TOKEN_FILE")
        if secret:
            return {"client_secret": secret}
        if not path:
            return None
        try:
            assertion = await runtime.offload(lambda: Path(path).read_text("ascii").strip())
        except (OSError, UnicodeDecodeError):
            message = f"{named}: the file that AZURE_FEDERATED_TOKEN_FILE names ({path}) cannot be read."
            raise SecretError(message) from None
        return {"client_assertion_type": ASSERTED, "client_assertion": assertion}

    async def _of_machine(
        self, client_id: str, resource: str, named: str, runtime: Runtime, deadline: Deadline
    ) -> Bearer:
        endpoint = self._said("IDENTITY_ENDPOINT")
        headers, version = (("metadata", "true"),), "2018-02-01"
        if endpoint:
            headers, version = (("x-identity-header", self._said("IDENTITY_HEADER")),), "2019-08-01"
        query = {"api-version": version, "resource": resource, **({"client_id": client_id} if client_id else {})}
        request = HttpRequest("GET", with_query(endpoint or MACHINE, query), headers)
        try:
            return await granted(request, named, runtime, Patience(runtime.monotonic, _MACHINE_TIMEOUTS, deadline))
        except APIConnectionError:
            message = (
                f"{named}: there is no application in the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID and "
                "AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE), and this machine has no identity of Azure's."
            )
            raise SecretError(message) from None

    def _said(self, name: str) -> str:
        return self._environ.get(name, "").strip()


def resource_of(provider: Provider) -> str:
    """Give the address of what a token for *provider* is for: what its kind says, or Azure's own models."""
    service = provider.kind.service
    return service if service.startswith("https://") else RESOURCE
