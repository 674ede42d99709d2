"""`gw.models`: the names a caller may use, as the manifest in force has them. Nobody is called."""

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from typing import TypeAlias

from pydantic import BaseModel

from aigw.manifest.snapshot import Snapshot
from aigw.policies.selection import find_route
from aigw.runtime.drive import run

Snapshots: TypeAlias = Callable[[], Coroutine[object, None, Snapshot]]


class Model(BaseModel):
    """A name callers may use. `owned_by` is `route`, or the provider of a model with one target."""

    id: str
    created: int = 0
    object: str = "model"
    owned_by: str


class Page(BaseModel):
    """All models at once, in the shape of OpenAI's list."""

    data: list[Model]
    object: str = "list"

    def __iter__(self) -> Iterator[Model]:  # type: ignore[override]  # as the openai client's page: over its data
        return iter(self.data)

    def has_next_page(self) -> bool:
        """Say that there is only this page."""
        return False


class Models:
    """The models of a sync gateway."""

    def __init__(self, snapshot: Snapshots) -> None:
        self._snapshot = snapshot

    def list(self) -> Page:
        """List the routes and models of the manifest."""
        return run(_listed(self._snapshot))

    def retrieve(self, model: str) -> Model:
        """Give one model. Raises `ModelNotFoundError`."""
        return run(_retrieved(self._snapshot, model))


class AsyncModels:
    """The models of an async gateway."""

    def __init__(self, snapshot: Snapshots) -> None:
        self._snapshot = snapshot

    def list(self) -> "AsyncPage":
        """List the routes and models of the manifest: await it for a page, or iterate it with `async for`."""
        return AsyncPage(self._snapshot)

    async def retrieve(self, model: str) -> Model:
        """Give one model. Raises `ModelNotFoundError`."""
        return await _retrieved(self._snapshot, model)


class AsyncPage:
    """A page to be awaited or iterated, as the openai client has it."""

    def __init__(self, snapshot: Snapshots) -> None:
        self._snapshot = snapshot

    def __await__(self) -> Generator[object, None, Page]:
        return _listed(self._snapshot).__await__()

    async def __aiter__(self) -> AsyncIterator[Model]:
        for model in await _listed(self._snapshot):
            yield model


async def _listed(snapshot: Snapshots) -> Page:
    pinned = await snapshot()
    return Page(data=[_model(pinned, name) for name in sorted(pinned.routes)])


async def _retrieved(snapshot: Snapshots, name: str) -> Model:
    pinned = await snapshot()
    find_route(pinned, name)
    return _model(pinned, name)


def _model(snapshot: Snapshot, name: str) -> Model:
    targets = find_route(snapshot, name).targets
    return Model(id=name, owned_by=targets[0].provider.name if len(targets) == 1 else "route")
