"""Dispatch: innermost. Sends one attempt to one target and reads its answer, whole or as a stream."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from aigw.call import Call, One, Patience, Reply
from aigw.credentials.cache import Credentials
from aigw.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    PermissionDeniedError,
    UnsupportedParameterError,
)
from aigw.manifest.snapshot import Provider, Target
from aigw.policies.affinity import Issuers
from aigw.policies.authorization import authorised
from aigw.policies.crossing import crossed
from aigw.policies.headers import joined, passing, unflagged
from aigw.policies.masking import masked, without
from aigw.protocols import Adapter, AdapterFinder, AnyAdapter, Decoder, Exchange, OfflineAdapter, Runtime, is_offline
from aigw.stages.heard import Heard, hearing_of, judge
from aigw.types.credential import Credential, secret_values
from aigw.types.events import Broken, ChoiceEnded, Ended, Event, Native, Started, UsageReported
from aigw.wire import HttpRequest, HttpResponse, is_success, with_query

ANSWER_LIMIT = 64 * 1024 * 1024
ERROR_LIMIT = 256 * 1024
WHOLE = ("application/json", "text/html")
LIFECYCLE = (Started, Native, ChoiceEnded, UsageReported, Ended)


class Dispatch:
    """Writes the request with the target's adapter, sends it through the runtime, and reads what comes back."""

    def __init__(self, runtime: Runtime, adapters: AdapterFinder, credentials: Credentials, issuers: Issuers) -> None:
        self._runtime = runtime
        self._adapters = adapters
        self._credentials = credentials
        self._issuers = issuers

    async def __call__(self, call: Call) -> Reply:
        """Send the attempt that *call* is aimed at. Raises the errors of `aigw.errors`."""
        call, target, adapter = self._fitted(call)
        if is_offline(adapter):
            _noted(call, _left_out(adapter, call, target))
            return Reply(Played(adapter.play(call.request, target)))
        credential = await self._credentials.of(target.provider, self._runtime, call.deadline)
        try:
            return await self._send(call, target, adapter, credential)
        except APIError as error:
            error.provider = error.provider or target.provider.name
            masked(error, secret_values(credential))
            if isinstance(error, AuthenticationError):
                self._credentials.forget(target.provider)
            raise

    def rehearse(self, call: Call) -> None:
        """Note what writing for the target that *call* is aimed at leaves out. Raises what writing raises."""
        call, target, adapter = self._fitted(call)
        if not is_offline(adapter):
            _noted(call, adapter.write(call.request, target).notes)

    def _fitted(self, call: Call) -> tuple[Call, Target, AnyAdapter]:
        """Give *call* without what is for others than its target, that target, and what to write for it with."""
        target = call.target
        if target is None:
            message = "dispatch needs a call that is aimed at a target"
            raise ValueError(message)
        adapter = self._adapters(target.provider.kind, call.request)
        if adapter is None:
            message = f"{target.id} does no {call.request.operation}. Choose a route to a target that does."
            raise UnsupportedParameterError(
                message, param="model", code="unsupported_operation", type="invalid_request_error"
            )
        kind = target.provider.kind
        request, notes = unflagged(call.request, kind)
        alone = call.route is not None and len(call.route.targets) == 1
        request, stripped = crossed(request, target, adapter.dialect, self._issuers.of, alone=alone)
        headers, withheld = passing(call.options.extra_headers, kind)
        _noted(call, (*notes, *stripped, *withheld))
        if withheld:
            call = replace(call, options=replace(call.options, extra_headers=headers))
        return call if request is call.request else replace(call, request=request), target, adapter

    async def _send(self, call: Call, target: Target, adapter: Adapter[Any], credential: Credential | None) -> Reply:
        request = self._written(call, target, adapter, credential)
        timeouts = call.timeouts or target.timeouts
        streamed = call.request.stream
        patience = Patience(self._runtime.monotonic, timeouts, call.deadline, streamed=streamed)
        exchange = await self._runtime.send(target.provider.key, request, patience)
        try:
            if streamed and is_success(exchange.status) and not _is_whole(exchange):
                call.trail.response = HttpResponse(exchange.status, exchange.headers)
                decoder = adapter.decoder(target, call.request)
                stream = Streamed(exchange, decoder, patience, secret_values(credential))
                hearing = hearing_of(call, target, adapter)
                return Reply(stream if hearing is None else Heard(stream, hearing, call.trail))
            response = await _read(exchange)
        except BaseException:
            await exchange.aclose()
            raise
        await exchange.aclose()
        if not response.is_success:
            # Before it is read: what is cut to a length afterwards must not end within a key.
            raise adapter.error(without(response, secret_values(credential)), target)
        call.trail.response = response
        answer = adapter.read(response, target, call.request)
        hearing = hearing_of(call, target, adapter)
        if hearing is not None:
            hearing.hear(answer)
            judge(hearing, call.trail, response)
        return Reply(One(answer))

    def _written(self, call: Call, target: Target, adapter: Adapter[Any], credential: Credential | None) -> HttpRequest:
        """Give the request as it is sent: written, with the caller's extras, and authorised last of all."""
        outgoing = adapter.write(call.request, target)
        _noted(call, outgoing.notes)
        request = _with_extras(outgoing.request, call)
        if credential is None:
            return request
        _check_host(request.url, target.provider)
        return authorised(request, credential, target.provider, self._runtime.time())


class Streamed:
    """Events of a streamed answer, decoded as its bytes arrive."""

    __slots__ = ("_decoder", "_exchange", "_finished", "_open", "_patience", "_pending", "_secrets")

    def __init__(self, exchange: Exchange, decoder: Decoder, patience: Patience, secrets: tuple[str, ...]) -> None:
        self._exchange = exchange
        self._decoder = decoder
        self._patience = patience
        self._secrets = secrets
        self._pending: deque[Event] = deque()
        self._open = True
        self._finished = False

    async def __anext__(self) -> Event:
        while not self._pending:
            if not self._open:
                raise StopAsyncIteration
            await self._receive()
        event = self._pending.popleft()
        if isinstance(event, Broken):
            raise masked(event.error, self._secrets)
        if not isinstance(event, LIFECYCLE):
            self._patience.progressed()
        elif isinstance(event, Ended):
            self._finished = True
            self._patience.ended()
        return event

    async def aclose(self) -> None:
        """Give the connection back if the answer was read to its end, else drop it at once."""
        self._open = False
        await self._exchange.aclose()

    async def _receive(self) -> None:
        try:
            data = await self._exchange.chunk()
        except APIConnectionError:
            # The answer is whole: a connection that does not end well after it is only not worth keeping.
            if not self._finished:
                raise
            data = b""
        if data:
            self._pending.extend(self._decoder.feed(data))
        else:
            self._open = False
            self._pending.extend(self._decoder.end())


class Played:
    """Events of an answer that needed no wire."""

    __slots__ = ("_events",)

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = deque(events)

    async def __anext__(self) -> Event:
        if not self._events:
            raise StopAsyncIteration
        return self._events.popleft()

    async def aclose(self) -> None:
        """Nothing is left to be played."""
        self._events.clear()


def _noted(call: Call, notes: Sequence[str]) -> None:
    """Put *notes* on record, each once."""
    for note in notes:
        if note not in call.trail.notes:
            call.trail.notes.append(note)


def _left_out(adapter: OfflineAdapter[Any], call: Call, target: Target) -> tuple[str, ...]:
    """Note what an adapter that writes nothing leaves out."""
    if target.unsupported == "pass":
        return ()
    name = target.provider.kind.name
    return tuple(f"dropped: {one} ({name} does not take it)" for one in adapter.unsupported(call.request, target))


def _is_whole(exchange: Exchange) -> bool:
    """Whether an answer that was asked for as a stream came as one document (or as a page of some proxy)."""
    return exchange.headers.get("content-type", "").lower().startswith(WHOLE)


async def _read(exchange: Exchange) -> HttpResponse:
    limit = ANSWER_LIMIT if is_success(exchange.status) else ERROR_LIMIT
    content, truncated = await exchange.read(limit)
    return HttpResponse(exchange.status, exchange.headers, content, truncated)


def _with_extras(request: HttpRequest, call: Call) -> HttpRequest:
    options = call.options
    if not options.extra_headers and not options.extra_query:
        return request
    url = with_query(request.url, options.extra_query)
    return replace(request, url=url, headers=joined(request.headers, options.extra_headers))


def _check_host(url: str, provider: Provider) -> None:
    if not _declared(url, provider.hosts):
        host = urlsplit(url).netloc
        message = (
            f"The key of provider {provider.name!r} may not be sent to {host}: the manifest declares "
            f"{', '.join(sorted(provider.hosts)) or 'no hosts'} for it. Add the host to the provider's `hosts`."
        )
        raise PermissionDeniedError(message, code="undeclared_host", provider=provider.name)


@lru_cache(maxsize=1024)
def _declared(url: str, hosts: frozenset[str]) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    names = {host, parts.netloc.rpartition("@")[2]}
    return bool(names & hosts) or any(entry.startswith(".") and host.endswith(entry) for entry in hosts)
