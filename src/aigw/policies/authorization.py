"""Put a credential on a request: the last thing that is done to it, and the only place that sees one."""

from aigw.errors import AuthenticationError
from aigw.manifest.snapshot import Provider
from aigw.types.credential import AwsKeys, Bearer, Credential
from aigw.wire import HttpRequest


def authorised(request: HttpRequest, credential: Credential | None, provider: Provider, now: float) -> HttpRequest:
    """Give *request* with *credential* in the header its provider wants, or signed; *now* is in seconds since 1970."""
    if credential is None:
        return request
    if isinstance(credential, AwsKeys):
        from aigw.policies.sigv4 import signed  # noqa: PLC0415 - only AWS needs it

        return signed(request, credential, _region(credential, provider), provider.kind.service, now)
    auth = "bearer" if isinstance(credential, Bearer) else provider.kind.auth
    if auth == "none":
        return request
    name, value = ("authorization", f"Bearer {credential.value}") if auth == "bearer" else (auth, credential.value)
    return HttpRequest(request.method, request.url, (*request.headers, (name, value)), request.body)


def _region(keys: AwsKeys, provider: Provider) -> str:
    region = provider.settings.get("region") or keys.region
    if region is None:
        message = (
            f"Provider {provider.name!r} is signed for with AWS keys, and nothing says which region: set `region`."
        )
        raise AuthenticationError(message, code="missing_region", type="configuration_error", provider=provider.name)
    return region
