"""Ask a token endpoint for an OAuth 2.0 access token (RFC 6749 5), and read what it answers."""

from typing import Final
from urllib.parse import urlsplit

from aigw.call import Patience
from aigw.errors import SecretError
from aigw.protocols import Runtime
from aigw.types.credential import Bearer
from aigw.types.json import JsonObject, as_int, as_object, as_text
from aigw.wire import HttpRequest, HttpResponse

LIFE_S: Final = 3600
"""How long a token lasts whose endpoint does not say."""

_LIMIT: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


async def granted(request: HttpRequest, named: str, runtime: Runtime, patience: Patience) -> Bearer:
    """Send *request* and give the token it is answered with; *named* is the reference, for messages.

    Raises `SecretError` for a refusal, with the endpoint's own reason, and `APIConnectionError`.
    """
    asked = int(runtime.time())
    host = urlsplit(request.url).hostname or ""
    exchange = await runtime.send(f"credentials|{urlsplit(request.url).netloc}", request, patience)
    try:
        content, truncated = await exchange.read(_LIMIT)
    finally:
        await exchange.aclose()
    response = HttpResponse(exchange.status, exchange.headers, content, truncated)
    body = _decoded(response)
    token = as_text(body.get("access_token"))
    if not response.is_success or not token:
        reason = as_text(body.get("error_description")) or as_text(body.get("error")) or "no reason was given"
        message = f"{named}: {host} gave no token (status {response.status_code}): {reason[:200]}"
        raise SecretError(message)
    if not token.isascii() or not token.isprintable():
        message = f"{named}: the token has characters that a header cannot carry."
        raise SecretError(message)
    return Bearer(token, asked + _life(body, asked))


def trusted(url: str, named: str) -> str:
    """Give *url* if a credential may go there: over TLS, or to this very machine. Raises `SecretError`."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    message = f"{named}: the address of its token endpoint is not https, and a credential goes nowhere else."
    raise SecretError(message)


def _life(body: JsonObject, now: int) -> int:
    """Give the seconds a token lasts: as a number, as text, or as the moment of its end, as Azure does."""
    said = _whole(body.get("expires_in"))
    if said is None:
        ends = _whole(body.get("expires_on"))
        said = None if ends is None else ends - now
    return said if said is not None and said > 0 else LIFE_S


def _whole(value: object) -> int | None:
    text = as_text(value)
    return int(text) if text is not None and text.isdecimal() else as_int(value)


def _decoded(response: HttpResponse) -> JsonObject:
    try:
        return as_object(response.json())
    except ValueError:
        return {}
