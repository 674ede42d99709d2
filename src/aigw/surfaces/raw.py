"""Raw answers, as the openai client's `with_raw_response` and `with_streaming_response` give them.

Status, headers and body are the provider's own, in its own dialect; `parse()` gives what the plain call would have.
There is no `http_request`: what was sent may hold a credential.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Generic, TypeGuard, TypeVar

from aigw.streams import AsyncStream, Stream
from aigw.types.chat import Model
from aigw.wire import Headers, HttpResponse, request_id

if TYPE_CHECKING:
    from os import PathLike

    from aigw.pipeline import Handled
    from aigw.record import Record

R = TypeVar("R")

_DONE: Final = b"data: [DONE]\n\n"


def request_id_of(handled: "Handled") -> str | None:
    """Give the provider's id of the request that answered, if it told one."""
    trail = handled.call.trail
    if trail.attempts and trail.attempts[-1].request_id is not None:
        return trail.attempts[-1].request_id
    return None if trail.response is None else request_id(trail.response.headers)


class _Raw(Generic[R]):
    """What all raw answers tell of the exchange."""

    def __init__(self, handled: "Handled", parsed: R) -> None:
        self._handled = handled
        self._parsed = parsed

    @property
    def http_response(self) -> HttpResponse:
        """The provider's answer. One that came without a wire (`echo`) is a 200 without headers, in OpenAI's words."""
        said = self._handled.call.trail.response
        if said is not None:
            return said
        body = self._parsed.to_json(indent=None).encode() if isinstance(self._parsed, Model) else b""
        return HttpResponse(200, Headers(), body)

    @property
    def status_code(self) -> int:
        """The provider's HTTP status."""
        return self.http_response.status_code

    @property
    def headers(self) -> Headers:
        """The provider's headers, by case-insensitive name."""
        return self.http_response.headers

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, if it told one."""
        return request_id_of(self._handled)

    @property
    def retries_taken(self) -> int:
        """How many sends preceded the one that was answered, fallbacks included."""
        return max(0, len(self._handled.call.trail.attempts) - 1)

    @property
    def elapsed(self) -> timedelta:
        """The time from the call's start to its end, or to now if it is still under way."""
        return timedelta(seconds=self._handled.record().latency_s)

    @property
    def aigw(self) -> "Record":
        """The record of the call as far as it has come."""
        return self._handled.record()


class RawResponse(_Raw[R]):
    """What `with_raw_response` gives, to both faces: the whole answer has been read, unless it is a stream."""

    @property
    def content(self) -> bytes:
        """The provider's body; empty for a stream, whose body is in the stream."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The provider's body as text."""
        return self.http_response.text

    def json(self) -> object:
        """Decode the provider's body. Raises `ValueError` when it is not JSON."""
        return self.http_response.json()

    def parse(self) -> R:
        """Give what the plain call would have given."""
        return self._parsed


def _is_stream(value: object) -> TypeGuard[Stream[object]]:
    return isinstance(value, Stream)


def _is_async_stream(value: object) -> TypeGuard[AsyncStream[object]]:
    return isinstance(value, AsyncStream)


def _frame(chunk: object) -> bytes:
    """Write *chunk* as a server-sent event, the way OpenAI does."""
    said = chunk.to_json(indent=None) if isinstance(chunk, Model) else ""
    return b"data: " + said.encode() + b"\n\n"


class StreamedResponse(_Raw[R]):
    """What `with_streaming_response` gives a sync caller.

    A streamed answer's bytes are its chunks as OpenAI's server-sent events, whatever dialect the provider spoke.
    """

    def parse(self) -> R:
        """Give what the plain call would have given."""
        return self._parsed

    def iter_bytes(self) -> Iterator[bytes]:
        """Iterate the body as it comes."""
        if not _is_stream(self._parsed):
            yield self.http_response.content
            return
        for chunk in self._parsed:
            yield _frame(chunk)
        yield _DONE

    def iter_text(self) -> Iterator[str]:
        """Iterate the body as text, as it comes."""
        for data in self.iter_bytes():
            yield data.decode("utf-8", "replace")

    def iter_lines(self) -> Iterator[str]:
        """Iterate the body by lines."""
        for text in self.iter_text():
            yield from text.removesuffix("\n").split("\n")

    def read(self) -> bytes:
        """Read the body to its end."""
        return b"".join(self.iter_bytes())

    def text(self) -> str:
        """Read the body to its end, as text."""
        return self.read().decode("utf-8", "replace")

    def json(self) -> object:
        """Read and decode the body. Raises `ValueError` when it is not JSON."""
        return HttpResponse(self.status_code, self.headers, self.read()).json()

    def stream_to_file(self, file: "str | PathLike[str]") -> None:
        """Write the body to *file* as it comes."""
        with Path(file).open("wb") as opened:
            opened.writelines(self.iter_bytes())

    def close(self) -> None:
        """End the call now. May be called again."""
        if _is_stream(self._parsed):
            self._parsed.close()


class AsyncStreamedResponse(_Raw[R]):
    """What `with_streaming_response` gives an async caller; see `StreamedResponse`."""

    async def parse(self) -> R:
        """Give what the plain call would have given."""
        return self._parsed

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate the body as it comes."""
        if not _is_async_stream(self._parsed):
            yield self.http_response.content
            return
        async for chunk in self._parsed:
            yield _frame(chunk)
        yield _DONE

    async def iter_text(self) -> AsyncIterator[str]:
        """Iterate the body as text, as it comes."""
        async for data in self.iter_bytes():
            yield data.decode("utf-8", "replace")

    async def iter_lines(self) -> AsyncIterator[str]:
        """Iterate the body by lines."""
        async for text in self.iter_text():
            for line in text.removesuffix("\n").split("\n"):
                yield line

    async def read(self) -> bytes:
        """Read the body to its end."""
        return b"".join([data async for data in self.iter_bytes()])

    async def text(self) -> str:
        """Read the body to its end, as text."""
        return (await self.read()).decode("utf-8", "replace")

    async def json(self) -> object:
        """Read and decode the body. Raises `ValueError` when it is not JSON."""
        return HttpResponse(self.status_code, self.headers, await self.read()).json()

    async def stream_to_file(self, file: "str | PathLike[str]") -> None:
        """Write the body to *file* as it comes."""
        with Path(file).open("wb") as opened:  # noqa: ASYNC230 - a local file takes what the network gives
            async for data in self.iter_bytes():
                opened.write(data)

    async def close(self) -> None:
        """End the call now. May be called again."""
        if _is_async_stream(self._parsed):
            await self._parsed.close()


class StreamedResponseManager(Generic[R]):
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], StreamedResponse[R]]) -> None:
        self._send = send
        self._response: StreamedResponse[R] | None = None

    def __enter__(self) -> StreamedResponse[R]:
        self._response = self._send()
        return self._response

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()


class AsyncStreamedResponseManager(Generic[R]):
    """Sends the call when entered, and ends it when left."""

    def __init__(self, send: Callable[[], Awaitable[AsyncStreamedResponse[R]]]) -> None:
        self._send = send
        self._response: AsyncStreamedResponse[R] | None = None

    async def __aenter__(self) -> AsyncStreamedResponse[R]:
        self._response = await self._send()
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            await self._response.close()
