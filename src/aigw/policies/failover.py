"""What each failure means: whether to send again, to go to another target, and whether it speaks against the target."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aigw.errors import APIError, APIStatusError, APITimeoutError, Failure, NonconformingAnswerError, SecretError
from aigw.types.operation import Operation
from aigw.types.relay import RelayRequest
from aigw.types.request import AnyRequest, Request


@dataclass(frozen=True, slots=True)
class Meaning:
    """What follows from a failure.

    `retry`: the same target may answer if asked again. `move`: another target may be asked, if the route lists the
    failure. `counts`: it is the target's fault and counts against its breaker; otherwise it counts neither way.
    """

    retry: bool
    move: bool
    counts: bool


_PASSING: Final = Meaning(retry=True, move=True, counts=True)
_EXHAUSTED: Final = Meaning(retry=False, move=True, counts=True)
_OURS: Final = Meaning(retry=False, move=True, counts=False)
_UNBLAMED: Final = Meaning(retry=True, move=True, counts=False)
_FINAL: Final = Meaning(retry=False, move=False, counts=False)

MEANINGS: Final[Mapping[Failure, Meaning]] = MappingProxyType(
    {
        Failure.RATE_LIMITED: _PASSING,
        Failure.QUOTA: _EXHAUSTED,
        Failure.OVERLOADED: _PASSING,
        Failure.SERVER: _PASSING,
        Failure.TIMEOUT: _PASSING,
        Failure.CONNECTION: _PASSING,
        Failure.INTERRUPTED: _PASSING,
        Failure.UNREADABLE: _PASSING,
        Failure.AUTH: _OURS,
        Failure.PERMISSION: _OURS,
        Failure.NOT_FOUND: _OURS,
        Failure.BAD_REQUEST: _OURS,
        Failure.CONTEXT_LENGTH: _OURS,
        Failure.CONTENT_POLICY: _OURS,
        Failure.UNSUPPORTED: _OURS,
        Failure.LOCAL: _FINAL,
    }
)
"""One row for each failure; a test checks that none is missing."""

_UNCONFIRMED: Final = frozenset(
    {Failure.SERVER, Failure.TIMEOUT, Failure.CONNECTION, Failure.INTERRUPTED, Failure.UNREADABLE}
)
"""Failures that leave open whether what was asked for has happened."""


def failure_of(error: Exception) -> Failure:
    """Name the failure behind *error*. A secret that cannot be had is the target's `auth`; the rest is `local`."""
    if isinstance(error, APIError):
        return error.failure
    return Failure.AUTH if isinstance(error, SecretError) else Failure.LOCAL


def meaning_of(error: Exception) -> Meaning:
    """Tell what *error* means. The call's own deadline says nothing about the target, and nothing helps against it.

    Nor does an answer that is not of the caller's schema: one caller's demanding schema must not cost all the target.
    """
    if isinstance(error, APITimeoutError) and error.phase == "deadline":
        return _FINAL
    if isinstance(error, NonconformingAnswerError):
        return _UNBLAMED
    return MEANINGS[failure_of(error)]


def may_move(error: Exception, fallback_on: AbstractSet[Failure]) -> bool:
    """Whether another target may be asked after *error*, on a route that falls back on *fallback_on*."""
    return meaning_of(error).move and failure_of(error) in fallback_on


def forbids_retry(error: Exception) -> bool:
    """Whether the provider said with *error* that sending the same again is pointless (`x-should-retry: false`)."""
    if not isinstance(error, APIStatusError):
        return False
    return error.response.headers.get("x-should-retry", "").strip().lower() == "false"


def may_repeat(request: AnyRequest, error: Exception) -> bool:
    """Whether sending *request* again after *error* makes nothing twice that lasts: a batch, but not an answer.

    An answer that was lost costs money and no more. A batch whose making was not confirmed may be running, and so may
    an answer in the background; a conversation that a provider keeps may have taken the turn already.
    """
    return not _lasts(request) or failure_of(error) not in _UNCONFIRMED


def _lasts(request: AnyRequest) -> bool:
    """Whether *request* leaves something behind at the provider beside its answer."""
    if isinstance(request, Request):
        return bool(request.other.get("conversation")) or request.other.get("background") is True
    if not isinstance(request, RelayRequest) or request.operation is not Operation.BATCHES:
        return False
    return request.method == "POST" and not request.path.endswith("/cancel")


def wait_asked_for(error: Exception) -> float | None:
    """Give the seconds the provider asked us to wait with *error*, or None where it did not."""
    return error.retry_after if isinstance(error, APIStatusError) else None
