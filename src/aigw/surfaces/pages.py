"""Pages of what a provider lists, for both faces: each knows how it was asked for, and goes on to the next.

`model_dump()` and the like tell of one page only.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

from pydantic import PrivateAttr

from aigw.types.pages import Page

if TYPE_CHECKING:
    from aigw.surfaces.planned import Face, Planned

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How a list is asked for: the plan of a call, and what the caller said to it."""

    face: "Face"
    plan: "Callable[..., Planned[Page[T]]]"
    places: tuple[object, ...]
    said: Mapping[str, object]

    def after(self, last: str | None) -> "Listing[T]":
        """Give what to ask for what comes after *last*."""
        return replace(self, said={**self.said, "after": last})

    def page(self) -> "Pages[T]":
        """Ask in the sync face."""
        return Pages[T].of(self.face.plain(self.plan)(*self.places, **self.said), self)

    async def awaited(self) -> "AsyncPage[T]":
        """Ask in the async face."""
        return AsyncPage[T].of(await self.face.awaited(self.plan)(*self.places, **self.said), self)


class _Listed(Page[T], Generic[T]):
    """A page that knows how it was asked for."""

    _listing: "Listing[T]" = PrivateAttr()

    @classmethod
    def of(cls, page: Page[T], listing: "Listing[T]") -> Self:
        """Make *page* one that can go on, as *listing* says."""
        made = cls.model_construct(page.model_fields_set, **dict(page))
        listed = cast("Self", made)  # pyright: ignore[reportUnnecessaryCast] - mypy needs it
        listed.attach(*page.attached())
        listed._listing = listing  # noqa: SLF001 - its own
        return listed

    def _following(self) -> "Listing[T]":
        """Say what to ask for next. Raises `RuntimeError` where nothing follows, as the openai client does."""
        if not self.has_next_page():
            message = "no page follows this one; ask `has_next_page()` before `get_next_page()`"
            raise RuntimeError(message)
        return self._listing.after(self._last())


class Pages(_Listed[T], Generic[T]):
    """A page of a sync gateway. Iterating it goes on to the pages after it."""

    def get_next_page(self) -> "Pages[T]":
        """Ask for what comes after these. Raises `RuntimeError` if nothing does, and as the first page's call."""
        return self._following().page()

    def __iter__(self) -> Iterator[T]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        page = self
        while True:
            yield from page.data
            if not page.has_next_page():
                return
            page = page.get_next_page()


class AsyncPage(_Listed[T], Generic[T]):
    """A page of an async gateway. Iterating it with `async for` goes on to the pages after it."""

    async def get_next_page(self) -> "AsyncPage[T]":
        """Ask for what comes after these. Raises `RuntimeError` if nothing does, and as the first page's call."""
        return await self._following().awaited()

    async def __aiter__(self) -> AsyncIterator[T]:
        page = self
        while True:
            for item in page.data:
                yield item
            if not page.has_next_page():
                return
            page = await page.get_next_page()


class AsyncPages(Generic[T]):
    """Pages of an async gateway: await it for the first, or iterate all there is with `async for`."""

    def __init__(self, listing: Listing[T]) -> None:
        self._listing = listing

    def __await__(self) -> Generator[object, None, AsyncPage[T]]:
        return self._listing.awaited().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in await self:
            yield item
