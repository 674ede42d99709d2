"""AWS Signature Version 4: prove with a key pair who sends a request, without sending the secret.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. The path is
normalised and percent-encoded once more than it is on the wire; but not for S3, whose keys may hold anything.
"""

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import formatdate
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

from aigw.types.credential import AwsKeys
from aigw.wire import HttpRequest

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNSIGNED: Final = frozenset(
    {
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""Headers that whatever stands in between may rewrite; AWS's own clients leave the same ones out."""

_REPLACED: Final = frozenset({"authorization", "x-amz-date", "x-amz-security-token", "date"})
_S3: Final = "s3"
_PORTS: Final = {"http": 80, "https": 443}


def signed(request: HttpRequest, keys: AwsKeys, region: str, service: str, now: float) -> HttpRequest:
    """Give *request* signed for *service* in *region* at *now* (seconds since the epoch).

    Signed is exactly what is sent: the bytes of the body, the path and query as they are written, and every header
    but those that are rewritten on the way. An earlier signature is replaced.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = tuple(_dated(request.headers, keys, stamp, now))
    names, canonical = _canonical(request, headers, is_plain=service == _S3)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{keys.secret_access_key}".encode()
    for step in scope.split("/"):
        key = _hmac(key, step)
    proof = (
        f"{_ALGORITHM} Credential={keys.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={_hmac(key, to_sign).hex()}"
    )
    return HttpRequest(request.method, request.url, (*headers, ("authorization", proof)), request.body)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _dated(headers: tuple[tuple[str, str], ...], keys: AwsKeys, stamp: str, now: float) -> Iterable[tuple[str, str]]:
    """Give *headers* with the date and the session's token that are to be signed, and without any of before."""
    dated = any(name.lower() == "date" for name, _ in headers)
    yield from (pair for pair in headers if pair[0].lower() not in _REPLACED)
    yield ("date", formatdate(int(now))) if dated else ("x-amz-date", stamp)
    if keys.session_token:
        yield "x-amz-security-token", keys.session_token


def _canonical(request: HttpRequest, headers: tuple[tuple[str, str], ...], *, is_plain: bool) -> tuple[str, str]:
    """Give the names of the headers that are signed, and the request in the form whose digest is signed.

    A path that *is plain* goes into it as it is on the wire.
    """
    values: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _UNSIGNED:
            values.setdefault(name.lower(), []).append(" ".join(value.split()))
    values.setdefault("host", [_host(request.url)])
    lines = [f"{name}:{','.join(values[name])}" for name in sorted(values)]
    names = ";".join(sorted(values))
    parts = urlsplit(request.url)
    pairs = sorted(pair.partition("=")[::2] for pair in parts.query.split("&")) if parts.query else []
    query = "&".join(f"{name}={value}" for name, value in pairs)
    digest = values.get("x-amz-content-sha256", [sha256(request.body).hexdigest()])[0]
    path = (parts.path or "/") if is_plain else _path(parts.path)
    canonical = (request.method.upper(), path, query, *lines, "", names, digest)
    return names, "\n".join(canonical)


def _host(url: str) -> str:
    """Give the `Host` that the HTTP client will send."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    return host if parts.port in {None, _PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def _path(path: str) -> str:
    """Give *path* without dot segments (RFC 3986 5.2.4) and doubled slashes, percent-encoded once more."""
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            del steps[-1:]
        elif step and step != ".":
            steps.append(step)
    end = "/" if steps and path.endswith("/") else ""
    return quote(f"/{'/'.join(steps)}{end}", safe="/~")
