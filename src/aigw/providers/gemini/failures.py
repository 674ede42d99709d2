"""Refine an error of Google's: what its details say of quotas, keys and waiting.

Sources: https://cloud.google.com/apis/design/errors (`google.rpc.Status` and its details) and
https://ai.google.dev/gemini-api/docs/rate-limits. One sentence ("You exceeded your current quota") stands for a limit
of a minute and for a cap of a day, so the details decide.
"""

import re
from collections.abc import Iterator
from typing import Final

from aigw.errors import APIStatusError, AuthenticationError, QuotaExceededError, RateLimitError
from aigw.providers.failures import Whose, mid_answer, refusal
from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.waits import duration
from aigw.wire import HttpResponse

_RETRY_IN: Final = re.compile(r"retry in (\d+(?:\.\d+)?m?s)", re.IGNORECASE)
_NOTHING_LEFT: Final = re.compile(r"\blimit: 0\b")
_HARD: Final = ("perday", "permonth")
_MONEY: Final = ("prepay", "prepaid", "credits are depleted", "spend cap", "spending cap", "billing account")
_BAD_KEYS: Final = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "ACCESS_TOKEN_EXPIRED", "CREDENTIALS_MISSING"})


def google_refusal(response: HttpResponse, provider: Whose) -> APIStatusError:
    """Map a response with an error status. Never raises."""
    return _refined(refusal(response, provider), _body(response))


def google_mid_answer(body: object, provider: Whose, response: HttpResponse | None = None) -> APIStatusError:
    """Map an error that came inside an answer with a success status."""
    return _refined(mid_answer(body, provider, response), body)


def error_of(body: object) -> JsonObject:
    """Give the error object of *body*, which may stand in a list of one; an empty one where there is none."""
    whole = as_object(body) or as_object(next(iter(as_array(body)), None))
    return as_object(whole.get("error"))


def _body(response: HttpResponse) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _refined(error: APIStatusError, body: object) -> APIStatusError:
    said = error_of(body)
    if not said:
        return error
    details = [as_object(detail) for detail in as_array(said.get("details"))]
    word, reason = as_text(said.get("status")), next(_texts(details, "reason"), None)
    wait = error.retry_after
    if wait is None:
        wait = _wait(details, as_text(said.get("message")) or "")
    return _kind(error, said, details, reason)(
        error.message,
        response=error.response,
        body=error.body,
        code=reason or word or error.code,
        param=error.param or _field(details),
        type=word or error.type,
        request_id=error.request_id,
        retry_after=wait,
        status_code=error.status_code,
        provider=error.provider,
    )


def _kind(
    error: APIStatusError, said: JsonObject, details: list[JsonObject], reason: str | None
) -> type[APIStatusError]:
    if reason in _BAD_KEYS:
        return AuthenticationError
    if error.status_code != 429:  # noqa: PLR2004 - HTTP's own numbers read best
        return type(error)
    message = (as_text(said.get("message")) or "").lower()
    if _is_hard(details, message):
        return QuotaExceededError
    is_for_now = any(_violations(details)) or _wait(details, message) is not None
    return RateLimitError if is_for_now else type(error)


def _is_hard(details: list[JsonObject], message: str) -> bool:
    """Whether waiting a little does not help: a cap of a day, money, or a quota of nothing at all."""
    if _NOTHING_LEFT.search(message) or any(word in message for word in _MONEY):
        return True
    for violation in _violations(details):
        name = (as_text(violation.get("quotaId")) or "").lower()
        if any(word in name for word in _HARD) or str(violation.get("quotaValue")) == "0":
            return True
    return False


def _violations(details: list[JsonObject]) -> Iterator[JsonObject]:
    for detail in details:
        yield from (as_object(violation) for violation in as_array(detail.get("violations")))


def _wait(details: list[JsonObject], message: str) -> float | None:
    """Give the seconds to wait: `RetryInfo.retryDelay` (`46s`), or what the message says ("retry in 46.2s")."""
    stated = next(_texts(details, "retryDelay"), None)
    if stated is None:
        spoken = _RETRY_IN.search(message)
        stated = spoken[1] if spoken else ""
    return duration(stated)


def _field(details: list[JsonObject]) -> str | None:
    violations = (as_object(found) for detail in details for found in as_array(detail.get("fieldViolations")))
    return next(_texts(violations, "field"), None)


def _texts(objects: "Iterator[JsonObject] | list[JsonObject]", name: str) -> Iterator[str]:
    return (text for item in objects if (text := as_text(item.get(name))))
