"""What all adapters need to read an answer: a JSON object, or a named error that says what came instead."""

import json
from hashlib import blake2b
from typing import Final, cast

from pydantic_core import from_json, to_json

from aigw.errors import APIResponseValidationError, UnreadableAnswerError
from aigw.types.json import JsonObject
from aigw.wire import HttpResponse, decoded

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_ADVICE: Final = "Check the provider's base_url and what stands between aigw and it."


def answer_object(response: HttpResponse, provider: str) -> JsonObject:
    """Decode a whole answer. Raises `UnreadableAnswerError`, or `APIResponseValidationError` for JSON of another shape.

    No text of the body is quoted: it may repeat the prompt.
    """
    try:
        body = response.json()
    except ValueError:
        raise unreadable(_what_came(response), provider, response) from None
    if not isinstance(body, dict):
        what = f"JSON {type(body).__name__} instead of an object"
        raise misshapen(what, provider, response)
    return cast("JsonObject", body)


def unreadable(what: str, provider: str, response: HttpResponse | None = None) -> UnreadableAnswerError:
    """Make the error for an answer that is not JSON at all."""
    return UnreadableAnswerError(f"{provider} answered with {what}. {_ADVICE}", response=response, provider=provider)


def misshapen(what: str, provider: str, response: HttpResponse | None = None) -> APIResponseValidationError:
    """Make the error for JSON that is not the dialect's."""
    message = f"{provider} answered with {what}. Check that its kind in the manifest is the dialect it speaks."
    return APIResponseValidationError(message, response=response, provider=provider)


def frame(data: str | bytes, provider: str) -> JsonObject:
    """Decode the data of one event of a stream. Raises as `answer_object`."""
    try:
        # `decoded` does just this for nearly all: one call less for each token.
        body: object = from_json(data, cache_strings="keys")
    except (ValueError, TypeError):
        body = _decoded(data, provider)
    if not isinstance(body, dict):
        what = f"a JSON {type(body).__name__} as an event"
        raise misshapen(what, provider)
    return cast("JsonObject", body)


def _decoded(data: str | bytes, provider: str) -> object:
    try:
        return decoded(data)
    except ValueError:
        what = "a malformed event in its stream"
        raise unreadable(what, provider) from None


def foreign(text: str, provider: str) -> UnreadableAnswerError:
    """Make the error for what came instead of a stream of events."""
    page = text.lstrip()[:1] == "<"
    return unreadable("an HTML page instead of a stream" if page else "something that is no event stream", provider)


def call_id(*seed: object) -> str:
    """Make up an id for a tool call whose provider gave none: the same call always gets the same one."""
    return f"call_{blake2b(repr(seed).encode('utf-8', 'replace'), digest_size=12).hexdigest()}"


def compact(value: object) -> str:
    """Write decoded JSON as text again."""
    try:
        return to_json(value).decode()
    except ValueError:  # for a lone surrogate, which a text may hold
        return _ENCODER.encode(value)


def arguments_text(value: object) -> str:
    """Give a tool call's arguments as JSON text: objects are written out, nothing at all becomes `{}`."""
    if isinstance(value, str):
        return value if value.strip() else "{}"
    return "{}" if value is None else compact(value)


def _what_came(response: HttpResponse) -> str:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = response.content
    head = content[:1024].lstrip()
    if response.truncated:
        return f"more than the {len(content)} bytes that are read of one"
    if not head:
        return "an empty body"
    if head[:1] == b"<" or "html" in kind:
        return "an HTML page"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "bytes that are not UTF-8"
    shown = kind if kind.isascii() and kind.isprintable() and len(kind) < 80 else ""  # noqa: PLR2004 - a sane length
    broken = "JSON that breaks off or is malformed" if head[:1] in b"{[" else "something that is not JSON"
    return f"{broken} (content type {shown or 'not given'}, {len(content)} bytes)"
