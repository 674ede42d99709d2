"""`responses.input_items` and `responses.input_tokens`, for both faces, plainly and raw."""

from typing import TYPE_CHECKING, Unpack

from aigw.surfaces.pages import AsyncPages, Listing, Pages
from aigw.surfaces.responses.beside import count
from aigw.surfaces.responses.stored import list_page
from aigw.surfaces.signature import explicit
from aigw.types.responses import ResponseOutputItem
from aigw.types.responses_params import InputItemsParams

if TYPE_CHECKING:
    from aigw.surfaces.planned import Face


class InputItems:
    """`responses.input_items` of a sync gateway."""

    def __init__(self, face: "Face") -> None:
        self._face = face
        self.with_raw_response = RawInputItems(face)

    @explicit(InputItemsParams)
    def list(self, response_id: str, **params: Unpack[InputItemsParams]) -> Pages[ResponseOutputItem]:
        """List what a response was made from: a page of it, whose iterator goes on to the next."""
        return Listing(self._face, list_page, (response_id,), {**params}).page()


class RawInputItems:
    """`responses.input_items.with_raw_response` of a sync gateway."""

    def __init__(self, face: "Face") -> None:
        self.list = face.raw(list_page)


class InputTokens:
    """`responses.input_tokens` of a sync gateway."""

    def __init__(self, face: "Face") -> None:
        self.count = face.plain(count)
        self.with_raw_response = RawInputTokens(face)


class RawInputTokens:
    """`responses.input_tokens.with_raw_response` of a sync gateway."""

    def __init__(self, face: "Face") -> None:
        self.count = face.raw(count)


class AsyncInputItems:
    """`responses.input_items` of an async gateway."""

    def __init__(self, face: "Face") -> None:
        self._face = face
        self.with_raw_response = AsyncRawInputItems(face)

    @explicit(InputItemsParams)
    def list(self, response_id: str, **params: Unpack[InputItemsParams]) -> AsyncPages[ResponseOutputItem]:
        """List what a response was made from: await it for a page, or iterate it with `async for`."""
        return AsyncPages(Listing(self._face, list_page, (response_id,), {**params}))


class AsyncRawInputItems:
    """`responses.input_items.with_raw_response` of an async gateway."""

    def __init__(self, face: "Face") -> None:
        self.list = face.awaited_raw(list_page)


class AsyncInputTokens:
    """`responses.input_tokens` of an async gateway."""

    def __init__(self, face: "Face") -> None:
        self.count = face.awaited(count)
        self.with_raw_response = AsyncRawInputTokens(face)


class AsyncRawInputTokens:
    """`responses.input_tokens.with_raw_response` of an async gateway."""

    def __init__(self, face: "Face") -> None:
        self.count = face.awaited_raw(count)
