"""How stores at the far end of a network are talked to: one request, one whole answer, refusals in plain words."""

from collections.abc import Coroutine
from typing import Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from aigw.call import Deadline, Patience, Timeouts
from aigw.errors import AigwError, APIConnectionError
from aigw.manifest.publishing.releases import StoreConflictError, StoreError, is_pointer
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.wire import HttpRequest, HttpResponse

T = TypeVar("T")

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
CONFLICT: Final = 412
CONFLICTS: Final = frozenset({409, CONFLICT})
NOT_FOUND: Final = 404
FORBIDDEN: Final = frozenset({401, 403})
CONTENT_TYPE: Final = "application/json"

_LIMIT: Final = 2 * 1024 * 1024
_PATIENCE_S: Final = 30.0
_TIMEOUTS: Final = Timeouts(connect=5.0, total=_PATIENCE_S)


class Door:
    """Sends the requests of the store *label*, blocking. All it raises is `StoreError`."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.runtime = BlockingRuntime()

    def send(self, request: HttpRequest) -> HttpResponse:
        """Give the answer to *request*, whatever its status. Redirects are not followed: a write has one place."""
        try:
            return run(self._sent(request))
        except APIConnectionError as error:
            message = f"{self.label} cannot be reached: {error}"
            raise StoreError(message) from error

    def wait(self, work: Coroutine[object, object, T]) -> T:
        """Wait for credentials. Raises what *work* raises."""
        return run(work)

    def deadline(self) -> Deadline:
        """Give the moment by which something that begins now has to be over."""
        return Deadline(self.runtime.monotonic() + _PATIENCE_S)

    def conflict(self, key: str) -> NoReturn:
        """Say that somebody else has written *key*."""
        message = (
            f"{self.label}: {key} was written by somebody else meanwhile; look at what is there, and run it again."
        )
        raise StoreConflictError(message)

    def refuse(self, did: str, key: str, response: HttpResponse, advice: str = "") -> NoReturn:
        """Say that *key* could not be read or written, with the status and a word of *advice*."""
        advised = advice or _ADVICE.get(response.status_code, "look into the server's log")
        message = f"{self.label}: {key} could not be {did}: HTTP status {response.status_code}; {advised}."
        raise StoreError(message)

    async def _sent(self, request: HttpRequest) -> HttpResponse:
        patience = Patience(self.runtime.monotonic, _TIMEOUTS, self.deadline())
        exchange = await self.runtime.send(f"store|{urlsplit(request.url).netloc}", request, patience)
        try:
            content, truncated = await exchange.read(_LIMIT)
        finally:
            await exchange.aclose()
        if truncated:
            message = f"{self.label}: what is there is larger than any manifest."
            raise StoreError(message)
        return HttpResponse(exchange.status, exchange.headers, content)


_ADVICE: Final = {
    301: "it is elsewhere; name that place",
    302: "it is elsewhere; name that place",
    307: "it is elsewhere; name that place",
    308: "it is elsewhere; name that place",
    401: "it wants credentials: --header 'Authorization=env:NAME'",
    403: "these credentials may not do that",
    404: "there is no such place; create it first",
    405: "it takes no PUT",
    409: "the folder above may be missing; create it first",
    411: "it takes no PUT of ours",
    413: "it takes no document of this size",
    501: "it takes no PUT",
}


def cache_control(key: str) -> str:
    """Say how long whoever fetches *key* may keep it: the pointer is asked for each time, all else stays as it is."""
    return "no-cache" if is_pointer(key) else "public, max-age=31536000, immutable"


def is_private(url: str) -> bool:
    """Whether a credential may be sent to *url*: over TLS, or to this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def check_private(url: str) -> None:
    """Raise `StoreError` where a credential must not be sent to *url*."""
    if not is_private(url):
        host = urlsplit(url).hostname
        message = f"Credentials go over https, or to this machine, and {host} is neither. Use https."
        raise StoreError(message)


def as_store_error(label: str, error: AigwError) -> StoreError:
    """Give *error*, about credentials of *label*, as one of the store."""
    message = f"{label}: {error}"
    return StoreError(message)
