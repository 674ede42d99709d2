"""Map Bedrock's errors, which say their type in a header, in the body or in a frame of a stream.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html, and the errors of `Converse`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from aigw.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ContextLengthExceededError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
)
from aigw.providers import failures
from aigw.types.json import JsonObject, as_object, as_text
from aigw.wire import HttpResponse

_TYPES: Final[Mapping[str, tuple[int, type[APIStatusError]]]] = MappingProxyType(
    {
        "ValidationException": (400, BadRequestError),
        "ServiceQuotaExceededException": (400, QuotaExceededError),
        "ConflictException": (400, ConflictError),
        "AccessDeniedException": (403, PermissionDeniedError),
        "UnrecognizedClientException": (403, AuthenticationError),
        "InvalidSignatureException": (403, AuthenticationError),
        "InvalidClientTokenId": (403, AuthenticationError),
        "ExpiredTokenException": (403, AuthenticationError),
        "IncompleteSignatureException": (403, AuthenticationError),
        "IncompleteSignature": (403, AuthenticationError),
        "SignatureDoesNotMatch": (403, AuthenticationError),
        "MissingAuthenticationTokenException": (403, AuthenticationError),
        "ResourceNotFoundException": (404, NotFoundError),
        "ModelTimeoutException": (408, InternalServerError),
        "ModelErrorException": (424, InternalServerError),
        "ModelStreamErrorException": (424, InternalServerError),
        "ThrottlingException": (429, RateLimitError),
        "ModelNotReadyException": (429, RateLimitError),
        "InternalServerException": (500, InternalServerError),
        "ServiceUnavailableException": (503, OverloadedError),
    }
)
"""Bedrock's types of error, each with its status and what it is to us, where its message says nothing narrower."""


def refusal(response: HttpResponse, provider: str) -> APIStatusError:
    """Map a response with an error status. Never raises: where the body cannot be read, the status decides."""
    body = _object(response)
    kind = _plain(response.headers.get("x-amzn-errortype") or as_text(body.get("__type")) or as_text(body.get("code")))
    raw = failures.refusal(response, provider)
    if not kind:
        return _narrowed(failures.refusal(_spoken(response, body, None), provider), None, raw) if body else raw
    return _narrowed(failures.refusal(_spoken(response, body, kind), provider), kind, raw)


def in_stream(kind: str, body: JsonObject, provider: str) -> APIStatusError:
    """Map an exception that came as a frame of a stream as its HTTP form would be."""
    name = _plain(kind)
    status = _TYPES.get(name, (500, InternalServerError))[0]
    told = {"error": {"message": _message(body), "code": name or None, "status": status}}
    return _narrowed(failures.mid_answer(told, provider), name, None)


def _narrowed(error: APIStatusError, kind: str | None, raw: APIStatusError | None) -> APIStatusError:
    """Give *error* as the class its *kind* stands for, unless its message decided for a narrower one already."""
    wanted = _TYPES.get(kind or "", (0, type(error)))[1]
    if isinstance(error, ContextLengthExceededError | QuotaExceededError) or issubclass(type(error), wanted):
        wanted = type(error)
    return wanted(
        error.message,
        response=error.response if raw is None else raw.response,
        body=error.body if raw is None else raw.body,
        code=kind or error.code,
        param=error.param,
        type=error.type,
        request_id=error.request_id,
        retry_after=error.retry_after,
        status_code=error.status_code,
        provider=error.provider,
    )


def _spoken(response: HttpResponse, body: JsonObject, kind: str | None) -> HttpResponse:
    """Give *response* with its error in the words that all providers' errors are read from."""
    if not body:
        return response
    content = json.dumps({"error": {"message": _message(body), "code": kind}}).encode()
    return replace(response, content=content)


def _message(body: JsonObject) -> str:
    said = as_text(body.get("message")) or as_text(body.get("Message")) or ""
    cause = as_text(body.get("originalMessage")) or ""
    return said if not cause or cause in said else f"{said}: {cause}" if said else cause


def _object(response: HttpResponse) -> JsonObject:
    try:
        return as_object(response.json())
    except ValueError:
        return {}


def _plain(kind: str | None) -> str:
    """Give a type's name alone, capitalised as over HTTP: it may come with a namespace, an address or in camel case."""
    name = (kind or "").partition(":")[0].rpartition("#")[2].strip()
    return name[:1].upper() + name[1:]
