"""The profiles of AWS's shared files, read as AWS's own tools read them. Pure: the texts come in.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from collections.abc import Mapping
from configparser import Error, RawConfigParser
from typing import Final, TypeAlias

from aigw.errors import SecretError

Profile: TypeAlias = Mapping[str, str]
"""What both files say of a profile. Names are in lower case."""

_NO_DEFAULTS: Final = "\0"
_KEYS: Final = ("aws_access_key_id", "aws_secret_access_key")


def profiles(config: str, credentials: str) -> dict[str, Profile]:
    """Read the texts of the config and the credentials file (empty where there is none).

    Where both have keys, the credentials file's count. What a sign-in says that profiles share (`sso-session`) is said
    of each of them. Raises `SecretError` for a file that cannot be read as such.
    """
    found: dict[str, Profile] = {}
    sessions: dict[str, Profile] = {}
    for section, said in _sections(config, "config").items():
        kind, _, name = section.partition(" ")
        if section == "default":
            found["default"] = said
        elif kind == "profile" and name.strip():
            found[name.strip().strip("\"'")] = said
        elif kind == "sso-session" and name.strip():
            sessions[name.strip().strip("\"'")] = said
    for name, said in _sections(credentials, "credentials").items():
        found[name] = {**found.get(name, {}), **said}
    return {name: {**said, **sessions.get(said.get("sso_session", ""), {})} for name, said in found.items()}


def has_keys(profile: Profile) -> bool:
    """Whether *profile* has a key pair of its own."""
    return all(profile.get(name) for name in _KEYS)


def signs_in(profile: Profile) -> bool:
    """Whether *profile* has the keys of a role that somebody signs in for at IAM Identity Center."""
    return any(profile.get(name) for name in ("sso_account_id", "sso_role_name", "sso_session", "sso_start_url"))


def _sections(text: str, file: str) -> dict[str, Profile]:
    parser = RawConfigParser(default_section=_NO_DEFAULTS, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except Error:
        # The words of these errors quote the line, which may hold a key.
        message = f"AWS's shared {file} file cannot be read: it is not made of [sections] with `name = value` lines."
        raise SecretError(message) from None
    return {name: {key: (value or "").strip() for key, value in parser.items(name)} for name in parser.sections()}
