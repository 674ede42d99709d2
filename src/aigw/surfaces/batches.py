"""`batches`: OpenAI's client as callers know it, passed through under the same rules as every call.

A batch lives at the provider that took it, so every method asks for the `model` whose route leads there, and nothing is
ever sent to another target. Making one is not tried again where it may have happened: see `policies.failover`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, Unpack

from aigw.surfaces.pages import AsyncPages, Listing, Pages
from aigw.surfaces.planned import Face, Planned, plan_of
from aigw.surfaces.relay_request import EventReader, in_path, planned, reader
from aigw.surfaces.signature import explicit
from aigw.types.batch import Batch, BatchPage
from aigw.types.chat_params import CallParams
from aigw.types.operation import Operation
from aigw.types.relay_params import BatchCreateParams, BatchListParams

if TYPE_CHECKING:
    from aigw.pipeline import Engine

M = TypeVar("M", Batch, BatchPage)

_SURFACE: Final = Operation.BATCHES.value
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
    return _planned({"model": model, **params}, reader(Batch), f"{_ROOT}/{in_path(batch_id, 'batch_id')}", method="GET")


@plan_of(CallParams)
def cancel(batch_id: str, *, model: str, **params: Unpack[CallParams]) -> Planned[Batch]:
    """Stop a batch; what is done of it stays. Raises the errors of `aigw.errors`."""
    return _planned({"model": model, **params}, reader(Batch), f"{_ROOT}/{in_path(batch_id, 'batch_id')}/cancel")


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


class Batches:
    """`batches` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = face = Face(engine, _SURFACE)
        self.create = face.plain(create)
        self.retrieve = face.plain(retrieve)
        self.cancel = face.plain(cancel)
        self.with_raw_response = RawBatches(face)

    @explicit(BatchListParams)
    def list(self, *, model: str, **params: Unpack[BatchListParams]) -> Pages[Batch]:
        """List batches, newest first: a page of them, whose iterator goes on to the next."""
        return Listing(self._face, list_page, (), {"model": model, **params}).page()


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
    def list(self, *, model: str, **params: Unpack[BatchListParams]) -> AsyncPages[Batch]:
        """List batches, newest first: await it for a page, or iterate it with `async for`."""
        return AsyncPages(Listing(self._face, list_page, (), {"model": model, **params}))


class AsyncRawBatches:
    """`batches.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(create)
        self.retrieve = face.awaited_raw(retrieve)
        self.cancel = face.awaited_raw(cancel)
        self.list = face.awaited_raw(list_page)
