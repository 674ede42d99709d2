"""What all adapters need to write a request: the body once as bytes, the address, the headers."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, wraps
from importlib import import_module
from typing import Final, TypeAlias, cast
from urllib.parse import quote

from pydantic_core import to_json

from aigw.errors import BadRequestError, UnsupportedParameterError
from aigw.manifest.snapshot import Target
from aigw.types.json import JsonObject
from aigw.types.request import Request

_OF_RESOURCES: Final = ("/responses", "/batches", "/files", "/models")
"""Paths that Azure has beside its deployments."""


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(cast("JsonObject", value))
    message = f"{type(value).__name__} is not a JSON value"
    raise TypeError(message)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)

_NO_JSON: Final = re.compile(rb"[:,\[]-?(?:NaN|Infinity)[,}\]]")
"""How numbers that JSON does not have are written where nobody minds; a text may look like that, too."""


class Ready(list[JsonObject]):
    """Tools that are written as JSON already, for every body they are in; None where JSON cannot express them.

    Nobody may change them.
    """

    __slots__ = ("json",)

    def __init__(self, tools: Sequence[JsonObject]) -> None:
        super().__init__(tools)
        try:
            self.json: bytes | None = encoded({"tools": tools}, "")[len(b'{"tools":') : -1]
        except BadRequestError:
            self.json = None


class ReadyObject(dict[str, object]):
    """Fields that are written as JSON already, as `Ready` is. Nobody may change them."""

    __slots__ = ("json",)

    def __init__(self, fields: JsonObject) -> None:
        super().__init__(fields)
        try:
            self.json: bytes | None = encoded(fields, "")
        except BadRequestError:
            self.json = None


def encoded(body: JsonObject, provider: str) -> bytes:
    """Write *body* as JSON in UTF-8, once. Raises `BadRequestError` for what JSON or UTF-8 cannot express.

    pydantic's encoder takes a quarter of the time of the standard one. Where it fails, or may have written what is no
    JSON, the standard one decides, and says what is wrong. It also takes sets and bytes, as arrays and texts: surfaces
    let none of them through.
    """
    tools = body.get("tools")
    if type(tools) is Ready and tools.json is not None:
        rest = {name: value for name, value in body.items() if name != "tools"}
        return joined(encoded(rest, provider), "tools", tools.json)
    try:
        written = to_json(body, fallback=_plain)
    except (ValueError, TypeError, RecursionError):
        return _standard(body, provider)
    # Two plain searches from the end cost a sixth of what the expression does, which settles the rest.
    suspect = written.rfind(b"NaN") >= 0 or written.rfind(b"Infinity") >= 0
    return _standard(body, provider) if suspect and _NO_JSON.search(written) else written


def joined(written: bytes, name: str, value: bytes) -> bytes:
    """Give the object that is *written* with one more field, whose *value* is written, too."""
    return b'%s%s"%s":%s}' % (written[:-1], b"," if len(written) > len(b"{}") else b"", name.encode(), value)


def followed(body: JsonObject, fields: JsonObject, provider: str) -> bytes:
    """Write the object that has the fields of *body* and then *fields*, which may be written already."""
    if not body or not fields or type(fields) is not ReadyObject or fields.json is None:
        return encoded({**body, **fields}, provider)
    return b"%s,%s" % (encoded(body, provider)[:-1], fields.json[1:])


def _standard(body: JsonObject, provider: str) -> bytes:
    try:
        return _ENCODER.encode(body).encode()
    except UnicodeEncodeError:
        problem = "a text holds a lone surrogate, which UTF-8 cannot express; decode it anew or replace it"
    except ValueError:
        problem = "it holds NaN, infinity or itself, which JSON cannot express; send finite numbers"
    except TypeError as error:
        problem = f"{error}; send dicts, lists, strings, numbers, booleans and None"
    except RecursionError:
        problem = "it is nested too deeply; flatten it"
    message = f"The request to {provider} cannot be written: {problem}."
    raise BadRequestError(message, provider=provider, code="invalid_json") from None


@cache
def user_agent() -> str:
    """Give our name and version, looked up once."""
    metadata = import_module("importlib.metadata")
    try:
        return f"aigw/{metadata.version('aigw')}"
    except metadata.PackageNotFoundError:
        return "aigw/0"


def headers(target: Target, *, stream: bool, own: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[str, str], ...]:
    """Give the headers of a request: *own* ones of the dialect first, and the provider's from the manifest last.

    A later header replaces an earlier one of the same name. The credential is put in when the request is sent.
    """
    return _headers(target.provider.headers, own, stream=stream)


@lru_cache(maxsize=256)
def _headers(
    declared: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...], *, stream: bool
) -> tuple[tuple[str, str], ...]:
    pairs = {
        "content-type": "application/json",
        "accept": "text/event-stream" if stream else "application/json",
        "accept-encoding": "identity",
        "user-agent": user_agent(),
    }
    pairs.update(own)
    for name, value in declared:
        pairs[name.lower()] = value
    return tuple(pairs.items())


def address(target: Target, path: str) -> str:
    """Give the URL of *path* (`/chat/completions`) at *target*, in OpenAI's dialect.

    With an `api_version`, Azure has the deployment in the path: https://learn.microsoft.com/azure/ai-services/openai/reference
    """
    provider = target.provider
    version = provider.settings.get("api_version")
    if version is not None and provider.kind.quirks.deployments:
        place = "" if path.startswith(_OF_RESOURCES) else f"/deployments/{quote(target.model, safe='')}"
        return f"{provider.base_url.removesuffix('/openai/v1')}/openai{place}{path}?api-version={version}"
    kind_base = provider.kind.base_url
    return endpoint(provider.base_url, path, "/v1" if kind_base is None or kind_base.endswith("/v1") else "")


@lru_cache(maxsize=256)
def endpoint(base_url: str, path: str, version: str = "") -> str:
    """Join *base_url* and *path*, whether it ends in a slash, in *version*, or in all of *path* already.

    *version* (`/v1`) is put in between where the base URL has no path at all. A query of the base URL stays at the end.
    """
    base, question, query = base_url.partition("?")
    base = base.rstrip("/")
    if not base.endswith(path):
        bare = "/" not in base.partition("://")[2]
        base = f"{base}{version if bare else ''}{path}"
    return f"{base}{question}{query}"


Judge: TypeAlias = Callable[[Request, Target], tuple[str, ...]]
"""Names what of a request a target cannot express."""


def once(judge: Judge) -> Judge:
    """Let *judge* look at a request once for each target: routing asks, and the writer asks again.

    What was found is kept with the request itself, and goes with it.
    """

    @wraps(judge)
    def judged(request: Request, target: Target) -> tuple[str, ...]:
        known = request.judgements.get((judge, id(target)))
        if known is None:
            # The target is kept, so that no other can take its id.
            known = request.judgements[judge, id(target)] = (target, judge(request, target))
        return cast("tuple[str, ...]", known[1])

    return judged


def refuse(names: Iterable[str], target: Target, dropped: list[str]) -> frozenset[str]:
    """Decide about parameters that *target* cannot express, as its `unsupported` says.

    Gives the names to leave out, each with a note in *dropped*; none if they shall be passed on all the same. Raises
    `UnsupportedParameterError`.
    """
    refused = tuple(names)
    provider = target.provider
    if not refused or target.unsupported == "pass":
        return frozenset()
    if target.unsupported == "error":
        message = (
            f"{target.id} cannot take {', '.join(refused)}. Leave it out, choose another target, "
            f"or set `unsupported: drop` for provider {provider.name!r} in the manifest."
        )
        raise UnsupportedParameterError(
            message,
            param=refused[0],
            code="unsupported_parameter",
            type="invalid_request_error",
            provider=provider.name,
        )
    dropped.extend(f"dropped: {name} ({provider.kind.name} does not take it)" for name in refused)
    return frozenset(refused)
