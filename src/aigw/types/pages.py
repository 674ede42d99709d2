"""Pages of what a provider lists, in the shape of the `openai` client's."""

from typing import Generic, Literal, TypeVar

from aigw.types.answered import Answered

T = TypeVar("T")


class Page(Answered, Generic[T]):
    """Some of what there is. The next page comes after `last_id`."""

    data: list[T]
    object: Literal["list"] = "list"
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool | None = None

    def has_next_page(self) -> bool:
        """Whether there is more after these."""
        return bool(self.has_more and self.data)
