"""Keeps a key out of what its provider says: error texts, codes, bodies and headers may quote what was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from aigw.errors import APIError, APIResponseValidationError, APIStatusError
from aigw.wire import Headers

if TYPE_CHECKING:
    from aigw.wire import HttpResponse

E = TypeVar("E", bound=APIError)

MASK: Final = "***"
CUT: Final = "…"
"""What a text that was cut to a length ends with."""
SHORTEST: Final = 6
"""A shorter key is a placeholder (`none`, `x`), and taking it out would spoil words that are none."""


def masked(error: E, secrets: Iterable[str]) -> E:
    """Give *error*, with every trace of *secrets* taken out of it in place."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _mask(error, secret)
    return error


def without(response: "HttpResponse", secrets: Iterable[str]) -> "HttpResponse":
    """Give *response* with every trace of *secrets* taken out of its headers and its content."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            response = _response(response, secret)
    return response


def _mask(error: APIError, secret: str) -> None:
    error.args = tuple(_clean(value, secret) for value in error.args)
    for name, value in vars(error).items():
        if isinstance(value, str | Mapping | list):
            setattr(error, name, _clean(cast("object", value), secret))
    if isinstance(error, APIStatusError | APIResponseValidationError) and error.response is not None:
        error.response = _response(error.response, secret)


def _clean(value: object, secret: str) -> object:
    if isinstance(value, str):
        return _uncut(value.replace(secret, MASK), secret)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_clean(name, secret): _clean(item, secret) for name, item in items}
    if isinstance(value, list):
        return [_clean(item, secret) for item in cast("list[object]", value)]
    return value


def _uncut(text: str, secret: str) -> str:
    """Give *text* without the beginning of *secret* at its end, where it was cut to a length."""
    body = text.removesuffix(CUT)
    for length in range(len(secret) - 1, SHORTEST - 1, -1):
        if body.endswith(secret[:length]):
            return body[:-length] + MASK + text[len(body) :]
    return text


def _response(response: "HttpResponse", secret: str) -> "HttpResponse":
    headers = Headers({name: value.replace(secret, MASK) for name, value in response.headers.items()})
    return replace(response, headers=headers, content=response.content.replace(secret.encode(), MASK.encode()))
