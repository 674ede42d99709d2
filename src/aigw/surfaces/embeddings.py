"""`embeddings`: OpenAI's client as callers know it, over the pipeline. Both faces are thin."""

from functools import cached_property
from typing import TYPE_CHECKING

from aigw.surfaces.embeddings_request import SURFACE, create
from aigw.surfaces.planned import Face

if TYPE_CHECKING:
    from aigw.pipeline import Engine


class RawEmbeddings:
    """`embeddings.with_raw_response` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self.create = Face(engine, SURFACE).raw(create)


class StreamedEmbeddings:
    """`embeddings.with_streaming_response` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self.create = Face(engine, SURFACE).streamed(create)


class Embeddings:
    """`embeddings` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.create = Face(engine, SURFACE).plain(create)

    @cached_property
    def with_raw_response(self) -> RawEmbeddings:
        """The same calls, giving status, headers and body along with what was parsed."""
        return RawEmbeddings(self._engine)

    @cached_property
    def with_streaming_response(self) -> StreamedEmbeddings:
        """The same calls as context managers."""
        return StreamedEmbeddings(self._engine)


class AsyncRawEmbeddings:
    """`embeddings.with_raw_response` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self.create = Face(engine, SURFACE).awaited_raw(create)


class AsyncStreamedEmbeddings:
    """`embeddings.with_streaming_response` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self.create = Face(engine, SURFACE).awaited_streamed(create)


class AsyncEmbeddings:
    """`embeddings` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.create = Face(engine, SURFACE).awaited(create)

    @cached_property
    def with_raw_response(self) -> AsyncRawEmbeddings:
        """The same calls, giving status, headers and body along with what was parsed."""
        return AsyncRawEmbeddings(self._engine)

    @cached_property
    def with_streaming_response(self) -> AsyncStreamedEmbeddings:
        """The same calls as context managers."""
        return AsyncStreamedEmbeddings(self._engine)
