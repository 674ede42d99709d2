"""What a call puts on the wire: a server that writes requests down and refuses them all, and how two of them differ.

Nobody's answer matters here, so there is one for everybody: a 400, which no client tries again.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.differential.corpus import Case

import aigw
from aigw.providers.registry import kinds
from aigw.testing import Received, RecordCapture
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Transmission

KEY: Final = "key-of-upstream"
ABSENT: Final = "absent"
REFUSED: Final = "refused"
_HEADERS: Final = (
    *("content-type", "authorization", "x-api-key", "api-key", "x-goog-api-key"),
    *("anthropic-version", "anthropic-beta"),
)
_REFUSAL: Final = Transmission(
    status=400,
    headers=(("content-type", "application/json"),),
    steps=(Frame(b'{"type":"error","message":"no","error":{"type":"invalid_request_error","message":"no"}}'),),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it reached the wire, or why none did (`refused`). `notes` are those of our record."""

    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    refused: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two requests differ: a dotted path, and both values as JSON text (`absent` for none)."""

    path: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.path}: ours {self.ours[:200]} | theirs {self.theirs[:200]}"


class Wire:
    """A provider on loopback that refuses everything, and gateways and clients pointed at it. A context manager."""

    def __init__(self) -> None:
        self._server = Server(lambda _: _REFUSAL)
        self._gateways: dict[str, tuple[aigw.Gateway, RecordCapture]] = {}

    @property
    def origin(self) -> str:
        """Scheme, host and port, for the base URL of a client."""
        return self._server.origin

    def base_url(self, kind: str) -> str:
        """Give the base URL of *kind*, moved here."""
        return self.origin + urlsplit(kinds()[kind].base_url or "/v1").path.rstrip("/")

    def ours(self, kind: str, case: Case, model: str, **provider: object) -> Sent:
        """Make the call of *case* through a gateway whose only provider is of *kind* (with fields *provider*)."""
        return self.through(kind, lambda gateway: asked(gateway, case, f"upstream/{model}"), **provider)

    def through(self, kind: str, call: Callable[[aigw.Gateway], object], **provider: object) -> Sent:
        """Make *call* through a gateway whose only provider, `upstream`, is of *kind*, and give what was sent."""
        gateway, capture = self._gateway(kind, provider)
        capture.clear()
        sent = self.theirs(lambda: call(gateway), aigw.AigwError)
        notes = capture.last.notes if capture.records else ()
        return Sent(sent.method, sent.path, sent.headers, sent.body, sent.refused, notes)

    def theirs(self, call: Callable[[], object], *refusals: type[Exception]) -> Sent:
        """Make *call* and give what was sent; *refusals* are what a client raises before it sends anything."""
        before = len(self._server.requests)
        try:
            call()
        except Exception as error:
            sent = self._server.requests[before:]
            if not sent and not isinstance(error, refusals):
                raise
            reason = f"{type(error).__name__}: {error}"
        else:
            reason = "answered"
            sent = self._server.requests[before:]
        if not sent:
            return Sent(refused=reason)
        (request,) = sent
        return seen(request)

    def _gateway(self, kind: str, fields: dict[str, object]) -> tuple[aigw.Gateway, RecordCapture]:
        name = json.dumps([kind, fields], sort_keys=True)
        if name not in self._gateways:
            told = {"base_url": self.base_url(kind), "api_key": "env:UPSTREAM_KEY", "unsupported": "drop"}
            manifest = {
                "schema": "aigw/v1",
                "serial": 1,
                "providers": {"upstream": {"kind": kind, **told, **fields}},
                "allow_direct": True,
            }
            capture = RecordCapture()
            self._gateways[name] = (aigw.Gateway(manifest=manifest, sinks=[capture], max_retries=0), capture)
        return self._gateways[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for gateway, _ in self._gateways.values():
            gateway.close()
        self._server.close()


def asked(gateway: aigw.Gateway, case: Case, model: str) -> object:
    """Make the call of *case* on the surface for chat, and read a stream to its end."""
    answer = gateway.chat.completions.create(model=model, **case.arguments)
    return list(answer) if case.params.get("stream") else answer


def seen(request: Received) -> Sent:
    """Give what matters of *request*."""
    headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
    headers["content-type"] = headers.get("content-type", "").partition(";")[0]
    signature = headers.get("authorization", "")
    if signature.startswith("AWS4"):
        headers["authorization"] = signature.partition(" ")[0]
    path = f"{request.path}?{request.query}" if request.query else request.path
    return Sent(request.method, path, headers, json.loads(request.body))


def differences(ours: Sent, theirs: Sent) -> list[Difference]:
    """Compare method, path, headers and body, field by field; numbers by value, texts letter by letter."""
    if ours.refused or theirs.refused:
        if ours.refused and theirs.refused:
            return []
        return [Difference(REFUSED, ours.refused or "sent", theirs.refused or "sent")]
    first = {"method": ours.method, "path": ours.path, "headers": ours.headers, "body": ours.body}
    second = {"method": theirs.method, "path": theirs.path, "headers": theirs.headers, "body": theirs.body}
    return list(_compared("", first, second))


def _compared(path: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            below = f"{path}.{name}" if path else name
            if name in ours and name in theirs:
                yield from _compared(below, ours[name], theirs[name])
            else:
                yield Difference(below, written(ours.get(name, _NOTHING)), written(theirs.get(name, _NOTHING)))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _compared(f"{path}.{place}", one, other)
    elif isinstance(ours, bool) != isinstance(theirs, bool) or ours != theirs:
        yield Difference(path, written(ours), written(theirs))


_NOTHING: Final = object()


def written(value: object) -> str:
    """Write a value as JSON text, with its keys sorted; `absent` for none at all."""
    return ABSENT if value is _NOTHING else json.dumps(value, ensure_ascii=False, sort_keys=True)
