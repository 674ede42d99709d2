"""AWS keys from wherever AWS's own tools look for them, in the same order.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html. `aws:default` asks the
environment, a web identity, the profile, the container and the instance, one after the other; `aws:NAME` asks the
profile NAME and nothing else.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aigw.call import Deadline
from aigw.credentials import aws_sts
from aigw.credentials.aws_machine import container_keys, fetched, file_text, instance_keys
from aigw.credentials.aws_process import process_keys
from aigw.credentials.aws_profiles import Profile, has_keys, profiles, signs_in
from aigw.credentials.aws_sso import SignIn
from aigw.errors import SecretError
from aigw.manifest.snapshot import Provider
from aigw.policies.sigv4 import signed
from aigw.protocols import Runtime
from aigw.types.credential import AwsKeys, Bearer

DEFAULT: Final = "default"

_KEY_S: Final = 360.0
"""How long a key of the environment is kept before it is read again, the renewal ahead of its end counted in."""

_REGION: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")


class AwsSource:
    """Gives AWS keys for `aws:default` and `aws:PROFILE`. The environment is read each time keys are asked for."""

    scheme = "aws"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    async def obtain(
        self, reference: str, provider: Provider, runtime: Runtime, deadline: Deadline
    ) -> AwsKeys | Bearer:
        """Give the keys for *reference*, or Bedrock's own key where the environment has one, as AWS's tools prefer.

        Raises `SecretError`, or `APIConnectionError` where a service is not there.
        """
        own = next((self._environ[name] for name in provider.kind.key_env if self._environ.get(name)), None)
        if own is not None and reference in {"", DEFAULT}:
            return Bearer(own.strip(), runtime.time() + _KEY_S)
        known = await _read_profiles(self._environ, runtime)
        named = None if reference in {"", DEFAULT} else reference
        profile = named or self._environ.get("AWS_PROFILE") or self._environ.get("AWS_DEFAULT_PROFILE") or DEFAULT
        region = next((self._environ[name] for name in _REGION if self._environ.get(name)), None)
        region = provider.settings.get("region") or region or known.get(profile, {}).get("region")
        search = _Search(self._environ, known, region, f"aws:{reference or DEFAULT}", runtime, deadline)
        if named is None:
            return await search.everywhere(profile)
        return await search.of_profile(named)


async def _read_profiles(environ: Mapping[str, str], runtime: Runtime) -> dict[str, Profile]:
    texts: list[str] = []
    for variable, usual in (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")):
        path = environ.get(variable) or _usual(environ, usual)
        there = await runtime.offload(Path(path).is_file)
        texts.append(await file_text(runtime, path, f"AWS's shared {usual} file") if there else "")
    return profiles(*texts)


def _usual(environ: Mapping[str, str], name: str) -> str:
    home = environ.get("HOME") or environ.get("USERPROFILE") or "~"
    return str(Path(home, ".aws", name))


@dataclass(frozen=True, slots=True)
class _Search:
    """One search for keys: where to look, and what it needs for that."""

    environ: Mapping[str, str]
    known: Mapping[str, Profile]
    region: str | None
    reference: str
    runtime: Runtime
    deadline: Deadline

    async def everywhere(self, profile: str) -> AwsKeys:
        """Look in all places in their order; *profile* is the one to use of the shared files."""
        keys = self._of_environment() or await self._of_web_identity(self.environ, "AWS_")
        if keys is None and (profile != DEFAULT or _says_how(self.known.get(profile, {}))):
            keys = await self.of_profile(profile)
        if keys is None:
            keys = await container_keys(self.environ, self.region, self.runtime, self.deadline)
        if keys is None:
            keys = await instance_keys(self.environ, self.region, self.runtime, self.deadline)
        if keys is None:
            message = (
                f"There are no AWS credentials for {self.reference}: none in the environment (AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY), no web identity, no profile, no container and no instance has any."
            )
            raise SecretError(message)
        return keys

    async def of_profile(self, name: str, asking: tuple[str, ...] = ()) -> AwsKeys:
        """Give the keys of profile *name*; *asking* are the profiles that are to be assumed from it."""
        profile = self.known.get(name)
        if profile is None:
            known = ", ".join(sorted(self.known)) or "none"
            why = f"there is no profile {name!r} in AWS's shared files (there: {known})"
            raise self._error(why)
        if profile.get("role_arn") and not (name in asking and has_keys(profile)):
            return await self._of_role(name, profile, asking)
        if signs_in(profile):
            signed_in = SignIn(name, profile, self.environ, self.reference, self.runtime, self.deadline)
            return await signed_in.keys(self.region)
        if has_keys(profile):
            token = profile.get("aws_session_token")
            return AwsKeys(profile["aws_access_key_id"], profile["aws_secret_access_key"], token, self.region)
        return await self._of_process(name, profile)

    async def _of_process(self, name: str, profile: Profile) -> AwsKeys:
        command = profile.get("credential_process")
        if not command:
            why = f"profile {name!r} has no aws_access_key_id with an aws_secret_access_key"
            raise self._error(why)
        try:
            return await process_keys(command, self.environ, self.region, self.runtime, self.deadline)
        except SecretError as error:
            why = f"profile {name!r}: {error}"
            raise self._error(why) from None

    def _of_environment(self) -> AwsKeys | None:
        key_id, secret = self.environ.get("AWS_ACCESS_KEY_ID"), self.environ.get("AWS_SECRET_ACCESS_KEY")
        if bool(key_id) != bool(secret):
            why = "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set"
            raise self._error(why)
        if not key_id or not secret:
            return None
        return AwsKeys(key_id, secret, self.environ.get("AWS_SESSION_TOKEN") or None, self.region)

    async def _of_web_identity(self, said: Mapping[str, str], prefix: str) -> AwsKeys | None:
        """Assume a role with the token of a file, as *said* in the environment or a profile."""
        file = said.get(f"{prefix}WEB_IDENTITY_TOKEN_FILE" if prefix else "web_identity_token_file")
        role = said.get(f"{prefix}ROLE_ARN" if prefix else "role_arn")
        if not file or not role:
            return None
        token = await file_text(self.runtime, file, "The web identity's token file")
        name = said.get(f"{prefix}ROLE_SESSION_NAME" if prefix else "role_session_name")
        parameters = {
            "RoleArn": role,
            "RoleSessionName": name or self._session_name(),
            "WebIdentityToken": token.strip(),
        }
        request = aws_sts.asking(aws_sts.address(self.region, self.environ), "AssumeRoleWithWebIdentity", parameters)
        return aws_sts.role_keys(await fetched(self.runtime, request, self.deadline), self.region, self.reference)

    async def _of_role(self, name: str, profile: Profile, asking: tuple[str, ...]) -> AwsKeys:
        if name in asking:
            why = f"profile {name!r} is to be assumed from itself (source_profile goes in a circle)"
            raise self._error(why)
        if profile.get("mfa_serial"):
            why = f"profile {name!r} wants a code from a device (mfa_serial), which a service has not"
            raise self._error(why)
        keys = await self._of_web_identity(profile, "")
        if keys is not None:
            return keys
        source = await self._source(name, profile, (*asking, name))
        parameters = {
            "RoleArn": profile["role_arn"],
            "RoleSessionName": profile.get("role_session_name") or self._session_name(),
            "DurationSeconds": profile.get("duration_seconds", ""),
            "ExternalId": profile.get("external_id", ""),
        }
        request = aws_sts.asking(aws_sts.address(self.region, self.environ), "AssumeRole", parameters)
        region = self.region or aws_sts.GLOBAL_REGION
        request = signed(request, source, region, "sts", self.runtime.time())
        return aws_sts.role_keys(await fetched(self.runtime, request, self.deadline), self.region, self.reference)

    async def _source(self, name: str, profile: Profile, asking: tuple[str, ...]) -> AwsKeys:
        """Give the keys by which the role of profile *name* is assumed."""
        origin, source = profile.get("source_profile"), profile.get("credential_source", "")
        keys: AwsKeys | None = None
        if origin:
            return await self.of_profile(origin, asking)
        match source.lower():
            case "environment":
                keys = self._of_environment()
            case "ecscontainer":
                keys = await container_keys(self.environ, self.region, self.runtime, self.deadline)
            case "ec2instancemetadata":
                keys = await instance_keys(self.environ, self.region, self.runtime, self.deadline)
            case _:
                why = f"profile {name!r} has a role_arn, and neither source_profile nor credential_source"
                raise self._error(why)
        if keys is None:
            why = f"profile {name!r} takes its role with keys of {source}, where there are none"
            raise self._error(why)
        return keys

    def _session_name(self) -> str:
        return self.environ.get("AWS_ROLE_SESSION_NAME") or f"aigw-{int(self.runtime.time())}"

    def _error(self, why: str) -> SecretError:
        return SecretError(f"The credentials {self.reference} cannot be had: {why}.")


def _says_how(profile: Profile) -> bool:
    """Whether *profile* says anything about credentials; many only set a region."""
    told = any(profile.get(name) for name in ("role_arn", "aws_access_key_id", "credential_process"))
    return told or signs_in(profile)
