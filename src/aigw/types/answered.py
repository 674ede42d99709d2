"""Base of the public response models that are answers to a call: each carries the call's record."""

from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from aigw.types.chat import Model

if TYPE_CHECKING:
    from aigw.record import Record


class Answered(Model):
    """An answer. `aigw` says how it came about; it and `_request_id` are no part of `model_dump()`."""

    _attached: "tuple[Record | None, str | None]" = PrivateAttr(default=(None, None))

    @property
    def aigw(self) -> "Record":
        """The record of the call. Raises `AttributeError` on an object that no gateway made."""
        record = self._attached[0]
        if record is None:
            message = f"this {type(self).__name__} was not made by a gateway, so it has no record"
            raise AttributeError(message)
        return record

    @property
    def _request_id(self) -> str | None:
        """The provider's id of the request, under the openai client's name for it."""
        return self._attached[1]

    def attach(self, record: "Record | None", request_id: str | None) -> None:
        """Remember the *record* of the call and the provider's *request_id*."""
        self._attached = record, request_id

    def attached(self) -> "tuple[Record | None, str | None]":
        """Give what `attach` remembered."""
        return self._attached
