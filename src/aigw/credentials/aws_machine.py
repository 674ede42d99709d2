"""Keys that the machine itself has: those of a container (ECS, EKS) or of an instance (EC2).

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html (version 2, with a session token).
"""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from aigw.call import Deadline, Patience, Timeouts
from aigw.credentials.aws_sts import keys_of
from aigw.errors import APIConnectionError, SecretError
from aigw.protocols import Runtime
from aigw.types.credential import AwsKeys
from aigw.types.json import JsonObject, as_object
from aigw.wire import HttpRequest, HttpResponse

_CONTAINER: Final = "http://169.254.170.2"
_CONTAINER_HOSTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"})
_INSTANCE: Final = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
_ROLES: Final = "/latest/meta-data/iam/security-credentials/"
_QUICK: Final = Timeouts(connect=1.0, idle=None, total=2.0)
"""Where there is no such service nobody answers, so it is not waited for."""
_PATIENT: Final = Timeouts(connect=5.0, idle=None, total=15.0)
_LIMIT: Final = 1024 * 1024
_POOL: Final = "credentials"


async def fetched(
    runtime: Runtime, request: HttpRequest, deadline: Deadline, timeouts: Timeouts = _PATIENT
) -> HttpResponse:
    """Send *request* and give the response, read to its end. Raises `APIConnectionError`."""
    patience = Patience(runtime.monotonic, timeouts, deadline)
    exchange = await runtime.send(f"{_POOL}|{urlsplit(request.url).netloc}", request, patience)
    try:
        content, truncated = await exchange.read(_LIMIT)
    finally:
        await exchange.aclose()
    return HttpResponse(exchange.status, exchange.headers, content, truncated)


async def file_text(runtime: Runtime, path: str, what: str) -> str:
    """Read a small text file. Raises `SecretError`, naming *what* it is and where, for one that cannot be read."""
    try:
        return await runtime.offload(lambda: Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"{what} {path} cannot be read: {reason}."
        raise SecretError(message) from None


async def container_keys(
    environ: Mapping[str, str], region: str | None, runtime: Runtime, deadline: Deadline
) -> AwsKeys | None:
    """Give the keys of the container this runs in, or None if it is in none. Raises `SecretError`."""
    relative, full = (
        environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    )
    if not relative and not full:
        return None
    url = f"{_CONTAINER}{relative}" if relative else full or ""
    if not relative and not _may_have_token(url):
        message = (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is neither this machine nor AWS's container service, "
            "and not https: its token is not sent there."
        )
        raise SecretError(message)
    token = await _container_token(environ, runtime)
    headers = (("accept", "application/json"), *((("authorization", token),) if token else ()))
    response = await fetched(runtime, HttpRequest("GET", url, headers), deadline)
    return _read(response, region, "the container's credentials service")


async def _container_token(environ: Mapping[str, str], runtime: Runtime) -> str | None:
    file = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if file:
        return (await file_text(runtime, file, "The token file of the container")).strip()
    return environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")


def _may_have_token(url: str) -> bool:
    """Whether a token may go to *url*: over TLS, to this machine, or to AWS's own service for containers."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname in _CONTAINER_HOSTS:
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


async def instance_keys(
    environ: Mapping[str, str], region: str | None, runtime: Runtime, deadline: Deadline
) -> AwsKeys | None:
    """Give the keys of the role of the instance this runs on, or None if it is on none or has no role."""
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    mode = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4").lower()
    base = (environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _INSTANCE.get(mode, _INSTANCE["ipv4"])).rstrip("/")
    try:
        session = await _session(base, runtime, deadline)
    except APIConnectionError:
        return None
    if session is None:
        return None
    roles = await _metadata(base, _ROLES, session, runtime, deadline)
    role = roles.text.strip().split("\n")[0] if roles.is_success else ""
    if not role:
        return None
    response = await _metadata(base, _ROLES + quote(role, safe=""), session, runtime, deadline)
    return _read(response, region, "the instance's metadata service")


async def _session(base: str, runtime: Runtime, deadline: Deadline) -> str | None:
    headers = (("x-aws-ec2-metadata-token-ttl-seconds", "21600"),)
    response = await fetched(runtime, HttpRequest("PUT", f"{base}/latest/api/token", headers), deadline, _QUICK)
    text = response.text.strip()
    return text if response.is_success and text.isascii() and text.isprintable() else None


async def _metadata(base: str, path: str, session: str, runtime: Runtime, deadline: Deadline) -> HttpResponse:
    headers = (("x-aws-ec2-metadata-token", session),)
    return await fetched(runtime, HttpRequest("GET", f"{base}{path}", headers), deadline, _QUICK)


def _read(response: HttpResponse, region: str | None, who: str) -> AwsKeys:
    body: JsonObject = {}
    if response.is_success:
        try:
            body = as_object(response.json())
        except ValueError:
            body = {}
    keys = keys_of(body, region)
    if keys is None:
        message = f"AWS credentials cannot be had: {who} answered {response.status_code} without keys."
        raise SecretError(message)
    return keys
