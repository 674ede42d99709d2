"""What proves to a provider who calls. Values are left out of representations; adapters never see any of these."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Key:
    """A provider's API key, sent in the header its kind names."""

    value: str = field(repr=False)

    @property
    def expires_at(self) -> None:
        """A key has no end that anybody told us of."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """An OAuth access token, sent as `Authorization: Bearer`. `expires_at` is in seconds since the epoch."""

    value: str = field(repr=False)
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """An AWS key pair, which signs requests and is not sent itself; `region` is what its source says, if it does."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str | None = None
    expires_at: float | None = None


Credential: TypeAlias = Key | Bearer | AwsKeys


def secret_values(credential: Credential | None) -> tuple[str, ...]:
    """Give the values of *credential* that must show up nowhere."""
    if credential is None:
        return ()
    if isinstance(credential, AwsKeys):
        return tuple(filter(None, (credential.secret_access_key, credential.session_token)))
    return (credential.value,)
