"""Answers that are bytes: spoken text."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from aigw.record import Record
    from aigw.wire import HttpResponse


class BinaryResponse:
    """Bytes, as the openai client's `HttpxBinaryResponseContent` gives them; all of them have been read."""

    def __init__(self, response: "HttpResponse") -> None:
        self.response = response
        self._record: Record | None = None
        self._request_id: str | None = None

    def attach(self, record: "Record", request_id: str | None) -> None:
        """Remember the *record* of the call and the provider's *request_id*."""
        self._record, self._request_id = record, request_id

    @property
    def aigw(self) -> "Record":
        """The record of the call. Raises `AttributeError` on an object that no gateway made."""
        if self._record is None:
            message = "this answer was not made by a gateway, so it has no record"
            raise AttributeError(message)
        return self._record

    @property
    def content(self) -> bytes:
        """The bytes."""
        return self.response.content

    @property
    def text(self) -> str:
        """The bytes as text."""
        return self.response.text

    def read(self) -> bytes:
        """Give the bytes."""
        return self.content

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Iterate the bytes, *chunk_size* at a time."""
        content = self.content
        step = chunk_size or len(content) or 1
        for start in range(0, len(content), step):
            yield content[start : start + step]

    def write_to_file(self, file: "str | PathLike[str]") -> None:
        """Write the bytes to *file*."""
        Path(file).write_bytes(self.content)

    def stream_to_file(self, file: "str | PathLike[str]", *, chunk_size: int | None = None) -> None:  # noqa: ARG002 - the openai client's
        """Write the bytes to *file*, under the openai client's older name for it."""
        self.write_to_file(file)

    def close(self) -> None:
        """There is nothing left to close."""

    async def aread(self) -> bytes:
        """Give the bytes."""
        return self.content

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Iterate the bytes, *chunk_size* at a time."""
        for piece in self.iter_bytes(chunk_size):
            yield piece

    async def aclose(self) -> None:
        """There is nothing left to close."""
