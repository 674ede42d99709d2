"""`batches`: OpenAI's client as callers know it, passed through under the same rules as every call.

A batch lives at the provider that took it, so every method asks for the `model` whose route leads there, and nothing is
ever sent to another target. Making one is not tried again where it may have happened: see `policies.failover`.
"""

from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar, Unpack, cast
from urllib.parse import quote

from pydantic import PrivateAttr

from aigw.surfaces.arguments import refuse
from aigw.surfaces.planned import Face, Planned, plan_of
from aigw.surfaces.relay_request import EventReader, planned, reader
from aigw.surfaces.signature import explicit
from aigw.types.batch import Batch, BatchPage
from aigw.types.chat_params import CallParams
from aigw.types.operation import Operation
from aigw.types.relay_params import BatchCreateParams, BatchListParams

if TYPE_CHECKING:
    from aigw.pipeline import Engine

M = TypeVar("M", Batch, BatchPage)

_SURFACE: Final = Operation.BATCHES.value
_Asked: TypeAlias = tuple[Face, BatchListParams, str]
_ROOT: Final = "/batches"
_REQUIRED: Final = frozenset({"completion_window", "endpoint", "input_file_id", "model"})


@plan_of(BatchCreateParams)
def create(
    *, completion_window: str, endpoint: str, input_file_id: str, model: str, **params: Unpack[BatchCreateParams]
) -> Planned[Batch]:
    """Have the requests in a file done when there is time. *model* says where. Raises the errors of `aigw.errors`."""
    known = frozenset(BatchCreateParams.__annotations__) | _REQUIRED
    said = {
        "completion_window": completion_window,
        "endpoint": endpoint,
        "input_file_id": input_file_id,
        "model": model,
        **params,
    }
    return _planned(said, reader(Batch), _ROOT, known)


@plan_of(CallParams)
def retrieve(batch_id: str, *, model: str, **params: Unpack[CallParams]) -> Planned[Batch]:
    """Look at a batch. Raises the errors of `aigw.errors`."""
    return _planned({"model": model, **params}, reader(Batch), f"{_ROOT}/{_id(batch_id)}", method="GET")


@plan_of(CallParams)
def cancel(batch_id: str, *, model: str, **params: Unpack[CallParams]) -> Planned[Batch]:
    """Stop a batch; what is done of it stays. Raises the errors of `aigw.errors`."""
    return _planned({"model": model, **params}, reader(Batch), f"{_ROOT}/{_id(batch_id)}/cancel")


@plan_of(BatchListParams)
def list_page(*, model: str, **params: Unpack[BatchListParams]) -> Planned[BatchPage]:
    """List batches, newest first: a page of them, whose iterator goes on to the next. Raises as `retrieve`."""
    known = frozenset(BatchListParams.__annotations__) | {"model"}
    return _planned({"model": model, **params}, reader(BatchPage), _ROOT, known, method="GET")


def _planned(
    said: Mapping[str, object],
    read: EventReader[M],
    path: str,
    known: frozenset[str] = frozenset({"model"}),
    *,
    method: str = "POST",
) -> Planned[M]:
    return planned(
        said,
        read,
        dialect="openai-batches",
        operation=Operation.BATCHES,
        path=path,
        known=known,
        method=method,
        names_model=False,
    )


def _id(said: object) -> str:
    """Give an id as it may stand in a path."""
    if not isinstance(said, str) or not said.strip(". "):
        refuse("batch_id", "must be the id of a batch, as text", "invalid_value")
    return quote(said, safe="")


class _Listed(BatchPage):
    """A page of batches that knows how it was asked for. `model_dump()` and the like tell of this page only."""

    _asked: _Asked = PrivateAttr()

    @classmethod
    def of(cls, page: BatchPage, asked: _Asked) -> Self:
        """Make *page* one that can go on, as it was *asked* for."""
        made = cls.model_construct(page.model_fields_set, **dict(page))
        listed = cast("Self", made)  # pyright: ignore[reportUnnecessaryCast] - mypy needs it
        listed.attach(*page.attached())
        listed._asked = asked  # noqa: SLF001 - its own
        return listed

    def _following(self) -> _Asked:
        """Say what to ask for next. Raises `RuntimeError` where nothing follows, as the openai client does."""
        if not self.has_next_page():
            message = "no page follows this one; ask `has_next_page()` before `get_next_page()`"
            raise RuntimeError(message)
        face, said, model = self._asked
        return face, {**said, "after": self.data[-1].id}, model


class Pages(_Listed):
    """A page of batches of a sync gateway. Iterating it goes on to the pages after it."""

    def get_next_page(self) -> "Pages":
        """Ask for the batches after these. Raises `RuntimeError` if there are none, and as `retrieve`."""
        return _page(self._following())

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        page = self
        while True:
            yield from page.data
            if not page.has_next_page():
                return
            page = page.get_next_page()


class AsyncPage(_Listed):
    """A page of batches of an async gateway. Iterating it with `async for` goes on to the pages after it."""

    async def get_next_page(self) -> "AsyncPage":
        """Ask for the batches after these. Raises `RuntimeError` if there are none, and as `retrieve`."""
        return await _async_page(self._following())

    async def __aiter__(self) -> AsyncIterator[Batch]:
        page = self
        while True:
            for batch in page.data:
                yield batch
            if not page.has_next_page():
                return
            page = await page.get_next_page()


class AsyncPages:
    """Pages of batches of an async gateway: await it for the first, or iterate all batches with `async for`."""

    def __init__(self, face: Face, said: BatchListParams, model: str) -> None:
        self._asked = face, said, model

    def __await__(self) -> Generator[object, None, AsyncPage]:
        return _async_page(self._asked).__await__()

    async def __aiter__(self) -> AsyncIterator[Batch]:
        async for batch in await self:
            yield batch


def _page(asked: _Asked) -> Pages:
    face, said, model = asked
    return Pages.of(face.plain(list_page)(model=model, **said), asked)


async def _async_page(asked: _Asked) -> AsyncPage:
    face, said, model = asked
    return AsyncPage.of(await face.awaited(list_page)(model=model, **said), asked)


class Batches:
    """`batches` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = face = Face(engine, _SURFACE)
        self.create = face.plain(create)
        self.retrieve = face.plain(retrieve)
        self.cancel = face.plain(cancel)
        self.with_raw_response = RawBatches(face)

    @explicit(BatchListParams)
    def list(self, *, model: str, **params: Unpack[BatchListParams]) -> Pages:
        """List batches, newest first: a page of them, whose iterator goes on to the next."""
        return _page((self._face, params, model))


class RawBatches:
    """`batches.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(create)
        self.retrieve = face.raw(retrieve)
        self.cancel = face.raw(cancel)
        self.list = face.raw(list_page)


class AsyncBatches:
    """`batches` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = face = Face(engine, _SURFACE)
        self.create = face.awaited(create)
        self.retrieve = face.awaited(retrieve)
        self.cancel = face.awaited(cancel)
        self.with_raw_response = AsyncRawBatches(face)

    @explicit(BatchListParams)
    def list(self, *, model: str, **params: Unpack[BatchListParams]) -> AsyncPages:
        """List batches, newest first: await it for a page, or iterate it with `async for`."""
        return AsyncPages(self._face, params, model)


class AsyncRawBatches:
    """`batches.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(create)
        self.retrieve = face.awaited_raw(retrieve)
        self.cancel = face.awaited_raw(cancel)
        self.list = face.awaited_raw(list_page)
