"""Tokens for Google Cloud: from a service account's key, from `gcloud`'s login, or from the machine's metadata server.

Sources: https://cloud.google.com/docs/authentication/application-default-credentials (where a credential is looked
for), https://developers.google.com/identity/protocols/oauth2/service-account#httprest (the signed assertion, RFC 7523)
and https://cloud.google.com/compute/docs/metadata/querying-metadata. A reference is `google:default`, or `google:` and
the path of a file of one of the kinds Google's tools write.
"""

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import urlencode

from aigw.call import Deadline, Patience, Timeouts
from aigw.credentials.oauth import LIFE_S, granted, trusted
from aigw.errors import APIConnectionError, MissingExtraError, SecretError
from aigw.manifest.snapshot import Provider
from aigw.protocols import Runtime
from aigw.types.credential import Bearer
from aigw.types.json import JsonObject, as_object, as_text
from aigw.wire import HttpRequest, decoded

if TYPE_CHECKING:
    from collections.abc import Callable

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URI: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
METADATA_HOST: Final = "metadata.google.internal"

_DEFAULT: Final = "default"
_TIMEOUTS: Final = Timeouts(connect=5.0, total=20.0)
_METADATA_TIMEOUTS: Final = Timeouts(connect=2.0, total=5.0)
_FORM: Final = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
_FLAVOR: Final = ("metadata-flavor", "Google")


class _RsaKey(Protocol):
    """What is used of a private key of the package `cryptography`."""

    def sign(self, data: bytes, padding: object, algorithm: object) -> bytes:
        """Give the signature of *data*."""
        ...


class GoogleSource:
    """Gives access tokens for the scheme `google`. *environ* is read whenever a token is obtained."""

    scheme = "google"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    async def obtain(self, reference: str, provider: Provider, runtime: Runtime, deadline: Deadline) -> Bearer:  # noqa: ARG002 - one token for all of Google Cloud
        """Give a token for *reference*: `default`, or a path.

        Raises `SecretError`, and `MissingExtraError` where a key must sign and the package for it is not installed.
        """
        named = f"{self.scheme}:{reference}"
        if reference != _DEFAULT:
            return await self._of_file(self._expanded(reference), named, runtime, deadline)
        path = self._default_file()
        if path is not None:
            return await self._of_file(path, named, runtime, deadline)
        return await self._of_machine(named, runtime, deadline)

    def _default_file(self) -> Path | None:
        """Find the file of the application default credentials: the one the environment names, or `gcloud`'s."""
        said = self._environ.get("GOOGLE_APPLICATION_CREDENTIALS", "").strip()
        if said:
            return self._expanded(said)
        folder = self._environ.get("CLOUDSDK_CONFIG", "").strip()
        if not folder:
            above = self._environ.get("APPDATA") if os.name == "nt" else None
            folder = str(Path(above) / "gcloud") if above else "~/.config/gcloud"
        path = self._expanded(folder) / "application_default_credentials.json"
        return path if path.is_file() else None

    def _expanded(self, path: str) -> Path:
        """Give *path* with the user's folder in place of `~`, as the environment names it."""
        home = self._environ.get("HOME")
        return Path(home + path[1:]) if home and path.startswith("~/") else Path(path).expanduser()

    async def _of_file(self, path: Path, named: str, runtime: Runtime, deadline: Deadline) -> Bearer:
        body = await runtime.offload(lambda: _read(path, named))
        kind = body.get("type")
        if kind == "service_account":
            now = int(runtime.time())
            uri = _text(body, "token_uri", named, TOKEN_URI)
            assertion = await runtime.offload(lambda: assertion_of(body, uri, now, named))
            form = {"grant_type": JWT_GRANT, "assertion": assertion}
        elif kind == "authorized_user":
            uri = _text(body, "token_uri", named, TOKEN_URI)
            form = {name: _text(body, name, named) for name in ("client_id", "client_secret", "refresh_token")}
            form["grant_type"] = "refresh_token"
        else:
            message = (
                f"{named}: {path} holds a credential of type {as_text(kind) or 'unknown'!r}, which aigw cannot use. "
                "Give the key of a service account, log in with `gcloud auth application-default login`, "
                "or run where there is a metadata server."
            )
            raise SecretError(message)
        request = HttpRequest("POST", trusted(uri, named), _FORM, urlencode(form).encode())
        return await granted(request, named, runtime, Patience(runtime.monotonic, _TIMEOUTS, deadline))

    async def _of_machine(self, named: str, runtime: Runtime, deadline: Deadline) -> Bearer:
        message = (
            f"{named}: there is no GOOGLE_APPLICATION_CREDENTIALS, no login of `gcloud auth application-default "
            "login`, and no metadata server. Set one of them up, or name a file: google:/path/to/service-account.json."
        )
        if self._environ.get("NO_GCE_CHECK", "").strip().lower() == "true":
            raise SecretError(message)
        host = self._environ.get("GCE_METADATA_HOST", "").strip() or METADATA_HOST
        query = urlencode({"scopes": SCOPE})
        url = f"http://{host}/computeMetadata/v1/instance/service-accounts/default/token?{query}"
        request = HttpRequest("GET", url, (_FLAVOR,))
        try:
            return await granted(request, named, runtime, Patience(runtime.monotonic, _METADATA_TIMEOUTS, deadline))
        except APIConnectionError:
            raise SecretError(message) from None


def assertion_of(body: JsonObject, audience: str, now: int, named: str) -> str:
    """Sign, with the key of the service account *body*, that it asks *audience* for a token *now* (RFC 7523, RS256)."""
    key_id = as_text(body.get("private_key_id"))
    header = {"alg": "RS256", "typ": "JWT", **({"kid": key_id} if key_id else {})}
    claims = {
        "iss": _text(body, "client_email", named),
        "scope": SCOPE,
        "aud": audience,
        "iat": now,
        "exp": now + LIFE_S,
    }
    signed = b".".join(_segment(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = _signer(_text(body, "private_key", named), named)(signed)
    return b".".join((signed, _segment(signature))).decode("ascii")


def _signer(pem: str, named: str) -> "Callable[[bytes], bytes]":
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an extra, on first use
        from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - an extra, on first use
    except ImportError:
        message = f"{named}: signing with a service account's key needs the extra `google`: pip install 'aigw[google]'."
        raise MissingExtraError(message) from None
    try:
        key = cast("_RsaKey", serialization.load_pem_private_key(pem.encode(), password=None))
        scheme, algorithm = padding.PKCS1v15(), hashes.SHA256()
        key.sign(b"", scheme, algorithm)
    except (ValueError, TypeError, AttributeError):
        problem = f"{named}: the `private_key` of the service account is no RSA key in PEM. Download the file anew."
        raise SecretError(problem) from None
    return lambda data: key.sign(data, scheme, algorithm)


def _read(path: Path, named: str) -> JsonObject:
    try:
        body = decoded(path.read_bytes())
    except OSError as error:
        message = f"{named}: {path} cannot be read: {error.strerror}."
        raise SecretError(message) from None
    except ValueError:
        message = f"{named}: {path} is not JSON. Download the credential's file anew."
        raise SecretError(message) from None
    return as_object(body)


def _text(body: JsonObject, name: str, named: str, default: str | None = None) -> str:
    value = as_text(body.get(name)) or default
    if value is None:
        message = f"{named}: the credential's file has no `{name}`. Download it anew."
        raise SecretError(message)
    return value


def _segment(data: bytes) -> bytes:
    """Write *data* in base64url without its padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")
