"""Turn a provider's refusal, whatever its shape, into the most specific error of `aigw.errors`.

Within what its status allows, the provider's code or type decides first, then its message (never the whole body, which
may quote the prompt), then the status alone. What a kind's own table of errors says comes before what providers share.
Nothing that looks like a key survives: not in the message, the body or the response kept on the error.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from aigw.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ContentPolicyError,
    ContextLengthExceededError,
    Failure,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    Refused,
)
from aigw.manifest.snapshot import Provider
from aigw.providers.words import (
    AUTH_PHRASES,
    BY_CODE,
    BY_STATUS,
    POLICY_PHRASES,
    QUOTA_PHRASES,
    STATUS_OF,
    speaks_of_context,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text
from aigw.types.keys import without_keys
from aigw.types.kind import Meter
from aigw.waits import retry_after
from aigw.wire import Headers, HttpResponse, request_id

Whose: TypeAlias = Provider | str
"""Who refused: a provider, or the name of one whose kind has nothing to say of it."""

REFUSALS: Final[Mapping[Refused, type[APIStatusError]]] = MappingProxyType(
    {
        Failure.RATE_LIMITED: RateLimitError,
        Failure.QUOTA: QuotaExceededError,
        Failure.OVERLOADED: OverloadedError,
        Failure.SERVER: InternalServerError,
        Failure.AUTH: AuthenticationError,
        Failure.PERMISSION: PermissionDeniedError,
        Failure.NOT_FOUND: NotFoundError,
        Failure.BAD_REQUEST: BadRequestError,
        Failure.CONTEXT_LENGTH: ContextLengthExceededError,
        Failure.CONTENT_POLICY: ContentPolicyError,
    }
)
"""The class of each failure that a kind's table of errors may name."""

MESSAGE_LIMIT: Final = 500
"""Characters of a provider's message that an error quotes."""

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a refusal's body that an error keeps."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Said:
    """What an error body says, whatever its shape. `status` is a status it names itself; `codes` are in lower case.

    `upstream` is the code of another provider whose words this one hands on; it is among `codes`, too.
    """

    message: str = ""
    code: str | None = None
    type: str | None = None
    param: str | None = None
    status: int | None = None
    request_id: str | None = None
    codes: frozenset[str] = frozenset()
    upstream: str | None = None
    flagged: bool = False


def for_people(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Give *text* on one line, without control characters or keys, and not longer than *limit* characters."""
    cleaned = without_keys(_CONTROL.sub(" ", text[: limit * 4])).strip()
    return cleaned if len(cleaned) <= limit else f"{cleaned[:limit]}…"


def refusal(response: HttpResponse, provider: Whose) -> APIStatusError:
    """Map a response with an error status. Never raises: where the body cannot be read, the status decides."""
    name, own, meters = _columns(provider)
    body = _decoded(response)
    said = hear(body)
    error = _kind(response.status_code, said, own)
    words = for_people(said.message) or _without_words(response, body)
    return error(
        f"{name} answered {response.status_code}: {words}",
        response=_bounded(response),
        body=_kept(body),
        code=said.code,
        param=said.param,
        type=said.type,
        request_id=request_id(response.headers) or said.request_id,
        retry_after=_rest(response.headers, error, said, meters),
        status_code=response.status_code,
        provider=name,
    )


def mid_answer(
    body: object, provider: Whose, response: HttpResponse | None = None, default: type[APIStatusError] | None = None
) -> APIStatusError:
    """Map an error that came inside an answer with a success status: in its body, or as an event of a stream.

    *default* is the class to use where the error says nothing that decides.
    """
    name, own, meters = _columns(provider)
    said = hear(body)
    status = _status_over_http(said)
    error = _kind(status, said, own)
    if error is InternalServerError and default is not None and not status:
        error = default
    words = for_people(said.message) or "no reason was given"
    headers = Headers() if response is None else response.headers
    return error(
        f"{name} broke off its answer: {words}",
        response=None if response is None else _bounded(response),
        body=_kept(body),
        code=said.code,
        param=said.param,
        type=said.type,
        request_id=request_id(headers) or said.request_id,
        retry_after=_rest(headers, error, said, meters),
        status_code=status or error.default_status,
        provider=name,
    )


def _columns(provider: Whose) -> tuple[str, Mapping[str, Refused], tuple[Meter, ...]]:
    """Give the name of *provider*, and its kind's own table of errors and meters."""
    if isinstance(provider, str):
        return provider, {}, ()
    return provider.name, provider.kind.errors, provider.kind.rate_limits


def _rest(headers: Headers, error: type[APIStatusError], said: Said, meters: tuple[Meter, ...]) -> float | None:
    """Give the seconds to leave the provider alone for after *error*, where it says so."""
    limited = issubclass(error, RateLimitError)
    return retry_after(headers, limited=limited, message=said.message, meters=meters)


def hear(body: object) -> Said:
    """Find message, code, type and param in an error body of any of the shapes providers use."""
    if as_array(body):
        body = as_array(body)[0]
    whole = as_object(body)
    inner = whole.get("error")
    error = as_object(inner) or as_object(whole.get("detail")) or whole
    message = as_text(inner) or _message(error)
    code, kind = _code(error, whole), _word(error, whole, "type") or _word(error, whole, "error_type")
    details, metadata = as_object(error.get("details")), as_object(error.get("metadata"))
    upstream = _upstream(metadata)
    if upstream.message and upstream.message not in message:
        message = f"{message}: {upstream.message}"
    words = {code, kind, _plain(details.get("error_code")), _plain(metadata.get("error_type")), upstream.code}
    words |= {_plain(as_object(error.get("innererror")).get("code")), _plain(error.get("status"))}
    return Said(
        message=message,
        code=code,
        type=kind,
        param=_word(error, whole, "param"),
        status=_status(error, whole),
        request_id=as_text(whole.get("request_id")) or _own_id(whole),
        codes=frozenset(word.lower() for word in words if word),
        upstream=(upstream.code or "").lower() or None,
        flagged="flagged_input" in metadata or "reasons" in metadata,
    )


def _kind(status: int, said: Said, own: Mapping[str, Refused]) -> type[APIStatusError]:
    by_code = _by_code(status, said, own)
    if by_code is not None:
        return by_code
    message = said.message.lower()
    if status == 403 and said.flagged:  # noqa: PLR2004 - HTTP's own numbers read best
        return ContentPolicyError
    if status in {0, 400, 402, 403, 404, 413, 422, 429}:
        by_message = _by_message(status, message)
        if by_message is not None:
            return by_message
    if status == 498 and "token" in message:  # noqa: PLR2004 - Cohere's invalid token; elsewhere no capacity
        return AuthenticationError
    named = own.get(str(status))
    known = BY_STATUS.get(status) if named is None else REFUSALS[named]
    if known is not None:
        return known
    return BadRequestError if 300 <= status < 500 else InternalServerError  # noqa: PLR2004 - ranges of RFC 9110


def _status_over_http(said: Said) -> int:
    """Give the status that the same error has over HTTP: it says so itself, or its code or type does; 0 if none do."""
    if said.status is not None:
        return said.status
    words = (said.code, said.type, *sorted(said.codes))
    return next((STATUS_OF[word.lower()] for word in words if word and word.lower() in STATUS_OF), 0)


def _by_code(status: int, said: Said, own: Mapping[str, Refused]) -> type[APIStatusError] | None:
    """Find the class that the codes decide: by the provider's *own* table, and else by what providers share."""
    theirs = {REFUSALS[own[code]] for code in said.codes if code in own and code != said.upstream}
    shared = {BY_CODE[code] for code in said.codes if code in BY_CODE}
    return _fitting(status, theirs, plain=True) or _fitting(status, shared, plain=status in {0, 400})


def _fitting(status: int, found: set[type[APIStatusError]], *, plain: bool) -> type[APIStatusError] | None:
    """Give the narrower of those *found* that fit the status; those that a status could say, too, only if *plain*."""
    if status >= 500:  # noqa: PLR2004 - the provider's own failures can only be told apart by capacity
        return OverloadedError if OverloadedError in found else None
    if status in {401, 404}:
        return None
    if status == 413 and found == {RateLimitError}:  # noqa: PLR2004 - Groq: one request above the limit of a minute
        return ContextLengthExceededError
    for error in (QuotaExceededError, ContextLengthExceededError, ContentPolicyError, RateLimitError, OverloadedError):
        if error in found and not (error is QuotaExceededError and RateLimitError in found and status != 429):  # noqa: PLR2004
            return error
    return next(iter(sorted(found, key=lambda error: error.__name__)), None) if plain else None


def _by_message(status: int, message: str) -> type[APIStatusError] | None:
    if status != 429 and speaks_of_context(message):  # noqa: PLR2004 - "too many tokens" a minute is a rate
        return ContextLengthExceededError
    if any(phrase in message for phrase in QUOTA_PHRASES):
        return QuotaExceededError
    if status in {0, 400, 403} and any(phrase in message for phrase in POLICY_PHRASES):
        return ContentPolicyError
    if status in {0, 400} and any(phrase in message for phrase in AUTH_PHRASES):
        return AuthenticationError
    return None


def _message(error: JsonObject) -> str:
    """Find the words for people; validation errors come as a list of findings with their places."""
    for name in ("message", "detail", "msg", "error", "title", "errors", "data"):
        value = error.get(name)
        if isinstance(value, str) and value:
            return value
        if as_object(value):
            return _message(as_object(value))
        findings = [_finding(as_object(item)) or as_text(item) or "" for item in as_array(value)[:5]]
        if any(findings):
            return "; ".join(finding for finding in findings if finding)
    return ""


def _finding(item: JsonObject) -> str:
    words = as_text(item.get("msg")) or as_text(item.get("message")) or ""
    place = ".".join(str(step) for step in as_array(item.get("loc")))
    return f"{place}: {words}" if place and words else words


def _code(error: JsonObject, whole: JsonObject) -> str | None:
    """Give the code, which Cloudflare has in a list of errors."""
    listed = as_object(next(iter(as_array(whole.get("errors"))), None))
    return _word(error, whole, "code") or _plain(listed.get("code"))


def _own_id(whole: JsonObject) -> str | None:
    """Give the id beside a bare message, which is how Cohere names a request."""
    return as_text(whole.get("id")) if isinstance(whole.get("message"), str) and "code" not in whole else None


def _upstream(metadata: JsonObject) -> Said:
    """Hear what a router's own upstream said, which OpenRouter hands on as text or object in `metadata.raw`."""
    raw = metadata.get("raw")
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return Said()
    return hear({**as_object(raw), "metadata": EMPTY}) if as_object(raw) else Said()


def _word(error: JsonObject, whole: JsonObject, name: str) -> str | None:
    inner = _plain(error.get(name))
    if inner is not None or whole is error:
        return inner
    outer = _plain(whole.get(name))
    return None if name == "type" and outer == "error" else outer


def _plain(value: object) -> str | None:
    """Give a code as text: some providers send numbers."""
    number = as_int(value)
    return (as_text(value) or None) if number is None else str(number)


def _status(error: JsonObject, whole: JsonObject) -> int | None:
    for source in (error, whole):
        for name in ("status_code", "http_status_code", "raw_status_code", "code", "status"):
            status = as_int(source.get(name))
            if status is not None and 400 <= status < 600:  # noqa: PLR2004 - error statuses
                return status
    return None


def _without_words(response: HttpResponse, body: object) -> str:
    if 300 <= response.status_code < 400:  # noqa: PLR2004 - redirects of RFC 9110
        return "a redirect, which is never followed with a key in hand; correct the provider's base_url"
    if not response.content.strip():
        return "an empty body"
    if response.truncated:
        return f"a body of which no more than {len(response.content) // 1024} KiB was read; its status decides"
    if isinstance(body, str):
        kind = response.headers.get("content-type", "no content type")
        return f"a body that is not JSON ({for_people(kind, 60)}); check base_url and what stands in between"
    return "no reason was given"


def _decoded(response: HttpResponse) -> object:
    """Decode the body: JSON where it is JSON, else its text (bounded), else None."""
    if not response.content.strip():
        return None
    try:
        return response.json()
    except ValueError:
        return response.content[:BODY_LIMIT].decode("utf-8", "replace")


def _kept(body: object) -> object:
    """Give what an error keeps of *body*: its `error` object where there is one, bounded and without keys."""
    kept: object = as_object(as_object(body).get("error")) or body
    try:
        text = kept if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    clean = without_keys(text[:BODY_LIMIT])
    if isinstance(kept, str) or len(text) > BODY_LIMIT:
        return clean
    if clean == text:
        return kept
    try:
        decoded: object = json.loads(clean)
    except ValueError:
        return clean
    return decoded


def _bounded(response: HttpResponse) -> HttpResponse:
    """Give *response* as an error keeps it: bounded, and without anything that looks like a key."""
    content = response.content[:BODY_LIMIT]
    clean = without_keys(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if clean == response.content:
        return response
    return replace(response, content=clean, truncated=response.truncated or len(response.content) > BODY_LIMIT)
