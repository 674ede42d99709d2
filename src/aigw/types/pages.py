"""Pages of what a provider lists, in the shape of the `openai` client's."""

from typing import Generic, Literal, TypeVar

from aigw.types.answered import Answered
from aigw.types.json import as_text

T = TypeVar("T")


class Page(Answered, Generic[T]):
    """Some of what there is. The next page comes after the last of `data`, or after `last_id` where that has no id."""

    data: list[T]
    object: Literal["list"] = "list"
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool | None = None

    def has_next_page(self) -> bool:
        """Whether there is more after these, and something to ask for it by."""
        return bool(self.has_more and self.data and self._last())

    def _last(self) -> str | None:
        """Name what the next page comes after."""
        return as_text(getattr(self.data[-1], "id", None)) or self.last_id
