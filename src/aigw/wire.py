"""What adapters write and read: HTTP as plain data, without a client."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar, cast, overload
from urllib.parse import urlencode, urlsplit

from pydantic_core import from_json

from aigw.types.json import as_array, as_object
from aigw.types.quick import quick

T = TypeVar("T")


class Headers(Mapping[str, str]):
    """Response headers, by case-insensitive name; a repeated header's values are joined with a comma (RFC 9110 5.3)."""

    __slots__ = ("_values",)

    def __init__(self, pairs: "Mapping[str, str] | list[tuple[str, str]] | tuple[tuple[str, str], ...]" = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
            key = name.lower()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    @overload
    def get(self, key: str, /) -> str | None: ...

    @overload
    def get(self, key: str, /, default: str) -> str: ...

    @overload
    def get(self, key: str, /, default: T) -> str | T: ...

    def get(self, key: str, /, default: object = None) -> object:
        """Give the value of a header, or *default*."""
        # The mixin's own goes through an exception for each header that is absent.
        return self._values.get(key.lower(), default)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({self._values!r})"


@quick
@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request ready to be sent. Headers may hold a credential, so the representation shows neither them nor body."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response that was read to its end (or to a limit: `truncated`), as callers see it on errors and raw answers."""

    status_code: int
    headers: Headers
    content: bytes = field(default=b"", repr=False)
    truncated: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success (2xx)."""
        return is_success(self.status_code)

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> object:
        """Decode the body. Raises `ValueError` when it is not JSON in UTF-8."""
        return decoded(self.content)


def decoded(text: bytes | str, *, partial: bool = False) -> object:
    """Decode JSON, or with *partial* as much as there is of one that was cut off. Raises `ValueError`.

    pydantic's decoder takes half the time of the standard one, and less where it remembers keys only; what it refuses
    (lone surrogates, deep nesting) the standard one has a last look at.
    """
    try:
        return cast("object", from_json(text, allow_partial=partial, cache_strings="keys"))
    except (ValueError, TypeError):  # a text with a lone surrogate is, to pydantic, none
        pass
    try:
        return cast("object", json.loads(text))
    except RecursionError:
        message = "the JSON is nested too deeply"
        raise ValueError(message) from None


_REQUEST_IDS: Final = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-ms-request-id",
    "mistral-correlation-id",
    "x-amzn-requestid",
)


def request_id(headers: Headers) -> str | None:
    """Give the provider's name for a request, from whichever header of the answer has it."""
    return next((found for name in _REQUEST_IDS if (found := headers.get(name))), None)


def is_success(status: int) -> bool:
    """Whether *status* is one of success (2xx)."""
    return 200 <= status < 300  # noqa: PLR2004 - RFC 9110 15.3


def with_query(url: str, query: Mapping[str, object]) -> str:
    """Give *url* with *query* added to its own: lists repeat their name, objects have brackets, null is left out."""
    pairs = [pair for name, value in query.items() for pair in _spelled(name, value)]
    if not pairs:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(pairs)}"


def _spelled(name: str, value: object) -> Iterator[tuple[str, object]]:
    if inner_fields := as_object(value):
        for inner, item in inner_fields.items():
            yield from _spelled(f"{name}[{inner}]", item)
    elif items := as_array(value):
        for item in items:
            yield from _spelled(name, item)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None and not isinstance(value, Mapping | list | tuple):
        yield name, value
