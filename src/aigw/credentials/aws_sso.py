"""AWS keys of somebody who has signed in at IAM Identity Center with `aws sso login`.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html,
https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html and
https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html. The token lies where
AWS's own tools keep it; a renewed one is put back there, as the one before is good no longer.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from aigw.call import Deadline
from aigw.credentials.aws_machine import fetched
from aigw.credentials.aws_profiles import Profile
from aigw.credentials.aws_sts import keys_of, moment
from aigw.credentials.oauth import trusted
from aigw.errors import APIConnectionError, SecretError
from aigw.protocols import Runtime
from aigw.types.credential import AwsKeys
from aigw.types.json import JsonObject, as_int, as_object, as_text, without
from aigw.types.times import written_time
from aigw.wire import HttpRequest, HttpResponse, decoded

RENEW_S: Final = 900.0
"""How long before its end a token is renewed."""

_NEEDED: Final = ("sso_account_id", "sso_role_name", "sso_region", "sso_start_url")
_RENEWING: Final = ("refreshToken", "clientId", "clientSecret")
_REGION: Final = re.compile(r"[a-z0-9-]+")
_UNAUTHORIZED: Final = 401
_OWN_FAILURE: Final = 500
_JSON: Final = (("content-type", "application/json"), ("accept", "application/json"), ("accept-encoding", "identity"))


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in of profile *name*, which says where, and for which role. *reference* is for messages."""

    name: str
    profile: Profile
    environ: Mapping[str, str]
    reference: str
    runtime: Runtime
    deadline: Deadline

    async def keys(self, region: str | None) -> AwsKeys:
        """Give the keys of the role. Raises `SecretError`, or `APIConnectionError` where a service is not there."""
        missing = [word for word in _NEEDED if not self.profile.get(word)]
        if missing:
            why = f"profile {self.name!r} signs in at IAM Identity Center, and nothing says {', '.join(missing)}"
            raise self._error(why)
        if not _REGION.fullmatch(self.profile["sso_region"]):
            why = f"the sso_region of profile {self.name!r} is no region"
            raise self._error(why)
        told = {"account_id": self.profile["sso_account_id"], "role_name": self.profile["sso_role_name"]}
        url = self._url("SSO", "portal.sso", f"/federation/credentials?{urlencode(told)}")
        headers = (*_JSON[1:], ("x-amz-sso_bearer_token", await self._token()))
        response = await fetched(self.runtime, HttpRequest("GET", url, headers), self.deadline)
        return self._read(response, region)

    async def _token(self) -> str:
        """Give the token of the sign-in, renewed where it ends soon and can be."""
        path = self._path()
        kept = await self.runtime.offload(lambda: _load(path))
        token, ends = as_text(kept.get("accessToken")), moment(as_text(kept.get("expiresAt")))
        if token is None or ends is None:
            why = "nobody has signed in"
            raise self._signed_out(why)
        left = ends - self.runtime.time()
        if left < RENEW_S and (renewed := await self._renewed(kept, path, usable=left > 0)):
            return renewed
        if left <= 0:
            why = "the sign-in has expired"
            raise self._signed_out(why)
        return token

    async def _renewed(self, kept: JsonObject, path: Path, *, usable: bool) -> str | None:
        """Ask for another token and keep it; give None where there is none to be had without somebody signing in."""
        now, registered = self.runtime.time(), moment(as_text(kept.get("registrationExpiresAt")))
        if not all(as_text(kept.get(name)) for name in _RENEWING) or (registered is not None and registered <= now):
            return None
        asked = {"grantType": "refresh_token", **{name: kept[name] for name in _RENEWING}}
        url = self._url("SSO_OIDC", "oidc", "/token")
        try:
            response = await fetched(
                self.runtime, HttpRequest("POST", url, _JSON, json.dumps(asked).encode()), self.deadline
            )
            self._check(response)
        except APIConnectionError:
            if usable:
                return None
            raise
        said = _object(response)
        token, life = as_text(said.get("accessToken")), as_int(said.get("expiresIn"))
        ends = None if life is None else _date(int(now) + life)
        if not response.is_success or token is None or ends is None:
            return None
        fresh = {**without(kept, frozenset({"refreshToken"})), "accessToken": token, "expiresAt": ends}
        if as_text(said.get("refreshToken")):
            fresh["refreshToken"] = said["refreshToken"]
        await self.runtime.offload(lambda: _store(path, fresh))
        return token

    def _read(self, response: HttpResponse, region: str | None) -> AwsKeys:
        self._check(response)
        if response.status_code == _UNAUTHORIZED:
            why = "the sign-in holds no longer"
            raise self._signed_out(why)
        said = as_object(_object(response).get("roleCredentials"))
        renamed = {name[:1].upper() + name[1:]: value for name, value in said.items() if name != "expiration"}
        ends = as_int(said.get("expiration"))
        keys = keys_of({**renamed, "Expiration": None if ends is None else _date(ends // 1000)}, region)
        if not response.is_success or keys is None:
            why = (
                f"IAM Identity Center answered {response.status_code} without keys; check sso_account_id and "
                f"sso_role_name of profile {self.name!r}"
            )
            raise self._error(why)
        return keys

    def _check(self, response: HttpResponse) -> None:
        if response.status_code >= _OWN_FAILURE:
            message = f"IAM Identity Center failed while {self.reference} was resolved: {response.status_code}."
            raise APIConnectionError(message)

    def _url(self, service: str, host: str, path: str) -> str:
        """Give the address of *service*: the one that the environment sets, or AWS's own."""
        region = self.profile["sso_region"]
        named = self.environ.get(f"AWS_ENDPOINT_URL_{service}") or self.environ.get("AWS_ENDPOINT_URL")
        own = f"https://{host}.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
        return trusted(f"{(named or own).rstrip('/')}{path}", self.reference)

    def _path(self) -> Path:
        home = self.environ.get("HOME") or self.environ.get("USERPROFILE") or "~"
        session = self.profile.get("sso_session") or self.profile["sso_start_url"]
        name = sha1(session.encode(), usedforsecurity=False).hexdigest()
        return Path(home, ".aws", "sso", "cache", f"{name}.json").expanduser()

    def _signed_out(self, why: str) -> SecretError:
        return self._error(f"{why}; run: aws sso login --profile {self.name}")

    def _error(self, why: str) -> SecretError:
        return SecretError(f"The credentials {self.reference} cannot be had: {why}.")


def _object(response: HttpResponse) -> JsonObject:
    try:
        return as_object(response.json())
    except ValueError:
        return {}


def _date(at: int) -> str | None:
    """Write *at*, in seconds since the epoch, as a date, or give None where no calendar has it."""
    try:
        return written_time(at)
    except OverflowError:
        return None


def _load(path: Path) -> JsonObject:
    try:
        return as_object(decoded(path.read_bytes()))
    except (OSError, ValueError):
        return {}


def _store(path: Path, token: JsonObject) -> None:
    """Put *token* in the place of the one before: whoever reads meanwhile sees either, whole, and nobody else does."""
    with suppress(OSError):
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(token, file)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
