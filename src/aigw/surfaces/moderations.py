"""`moderations`: OpenAI's client as callers know it, passed through under the same rules as every call."""

from typing import TYPE_CHECKING, Final, Unpack

from aigw.surfaces.planned import Face, Planned, plan_of
from aigw.surfaces.relay_request import planned, reader
from aigw.types.chat_params import CallParams
from aigw.types.moderation_response import ModerationCreateResponse
from aigw.types.operation import Operation
from aigw.types.relay_params import ModerationInput

if TYPE_CHECKING:
    from aigw.pipeline import Engine

_SURFACE: Final = Operation.MODERATIONS.value


@plan_of(CallParams)
def create(*, input: ModerationInput, model: str, **params: Unpack[CallParams]) -> Planned[ModerationCreateResponse]:  # noqa: A002 - OpenAI's name
    """Ask whether texts (or images) are harmful. Raises the errors of `aigw.errors`."""
    return planned(
        {"input": input, "model": model, **params},
        reader(ModerationCreateResponse),
        dialect="openai-moderations",
        operation=Operation.MODERATIONS,
        path="/moderations",
        known=frozenset({"input", "model"}),
    )


class Moderations:
    """`moderations` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        face = Face(engine, _SURFACE)
        self.create = face.plain(create)
        self.with_raw_response = RawModerations(face)


class RawModerations:
    """`moderations.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(create)


class AsyncModerations:
    """`moderations` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        face = Face(engine, _SURFACE)
        self.create = face.awaited(create)
        self.with_raw_response = AsyncRawModerations(face)


class AsyncRawModerations:
    """`moderations.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(create)
