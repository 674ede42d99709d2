"""Calls whose answer is one thing: planned once as a pure function, then made by either face, plainly or raw.

A *plan* reads a call's arguments and says what to send and how to read the answer. A face offers it as a method of its
own, with the plan's signature.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial, wraps
from os import PathLike
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, get_args

from aigw.call import Options
from aigw.errors import AigwError, APIResponseValidationError
from aigw.runtime.drive import run
from aigw.surfaces.binary import BinaryResponse
from aigw.surfaces.raw import (
    AsyncStreamedResponse,
    AsyncStreamedResponseManager,
    RawResponse,
    StreamedResponse,
    StreamedResponseManager,
    request_id_of,
)
from aigw.surfaces.signature import explicit
from aigw.types.answered import Answered
from aigw.types.request import AnyRequest
from aigw.types.responses import Response

if TYPE_CHECKING:
    from aigw.pipeline import Engine, Handled
    from aigw.types.events import Event

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., object])


def plan_of(params: type) -> Callable[[F], F]:
    """Make a decorator for plans: it spells out the keywords of *params*, and what the caller will be given."""

    def describe(plan: F) -> F:
        described = explicit(params)(plan)
        written = inspect.signature(described)
        vars(described)["__signature__"] = written.replace(return_annotation=get_args(written.return_annotation)[0])
        return described

    return describe


@dataclass(frozen=True, slots=True)
class Planned(Generic[R_co]):
    """What to send, and how to make the caller's answer of the one event that comes back."""

    request: AnyRequest
    options: Options
    read: "Callable[[Event], R_co]"


class Face:
    """Makes methods of plans, for one surface of one gateway. *surface* is what records call it."""

    def __init__(self, engine: "Engine", surface: str) -> None:
        self._engine = engine
        self._surface = surface

    def plain(self, plan: Callable[P, Planned[R]]) -> Callable[P, R]:
        """Give the method of a sync gateway."""

        @wraps(plan)
        def method(*args: P.args, **kwargs: P.kwargs) -> R:
            return run(self._made(plan, *args, **kwargs))[1]

        return method

    def awaited(self, plan: Callable[P, Planned[R]]) -> Callable[P, Coroutine[object, object, R]]:
        """Give the method of an async gateway."""

        @wraps(plan)
        async def method(*args: P.args, **kwargs: P.kwargs) -> R:
            return (await self._made(plan, *args, **kwargs))[1]

        return method

    def raw(self, plan: Callable[P, Planned[R]]) -> Callable[P, RawResponse[R]]:
        """Give the method of `with_raw_response`, sync."""

        @wraps(plan)
        def method(*args: P.args, **kwargs: P.kwargs) -> RawResponse[R]:
            return RawResponse(*run(self._made(plan, *args, **kwargs)))

        return method

    def awaited_raw(self, plan: Callable[P, Planned[R]]) -> Callable[P, Coroutine[object, object, RawResponse[R]]]:
        """Give the method of `with_raw_response`, async."""

        @wraps(plan)
        async def method(*args: P.args, **kwargs: P.kwargs) -> RawResponse[R]:
            return RawResponse(*await self._made(plan, *args, **kwargs))

        return method

    def streamed(self, plan: Callable[P, Planned[R]]) -> Callable[P, StreamedResponseManager[R]]:
        """Give the method of `with_streaming_response`, sync."""

        @wraps(plan)
        def method(*args: P.args, **kwargs: P.kwargs) -> StreamedResponseManager[R]:
            return StreamedResponseManager(lambda: StreamedResponse(*run(self._made(plan, *args, **kwargs))))

        return method

    def awaited_streamed(self, plan: Callable[P, Planned[R]]) -> Callable[P, AsyncStreamedResponseManager[R]]:
        """Give the method of `with_streaming_response`, async."""

        @wraps(plan)
        def method(*args: P.args, **kwargs: P.kwargs) -> AsyncStreamedResponseManager[R]:
            async def send() -> AsyncStreamedResponse[R]:
                return AsyncStreamedResponse(*await self._made(plan, *args, **kwargs))

            return AsyncStreamedResponseManager(send)

        return method

    async def _made(self, plan: Callable[P, Planned[R]], *args: P.args, **kwargs: P.kwargs) -> "tuple[Handled, R]":
        """Make the call and read its answer."""
        handled, planned = await self.begun(plan, *args, **kwargs)
        answer = await _read(handled, planned)
        if isinstance(answer, Answered | BinaryResponse | Response):
            answer.attach(handled.record(), request_id_of(handled))
        return handled, answer

    async def begun(
        self, plan: Callable[P, Planned[R]], *args: P.args, **kwargs: P.kwargs
    ) -> "tuple[Handled, Planned[R]]":
        """Make the call, and leave its answer to be read; one whose arguments cannot be read is on record, too."""
        try:
            if any(map(_is_on_disk, kwargs.values())):
                planned = await self._engine.offload(partial(plan, *args, **kwargs))
            else:
                planned = plan(*args, **kwargs)
        except AigwError as error:
            streamed = kwargs.get("stream") is True
            self._engine.refused(str(kwargs.get("model") or ""), error, stream=streamed, surface=self._surface)
            raise
        return await self._engine.open(planned.request, planned.options), planned


async def _read(handled: "Handled", planned: Planned[R]) -> R:
    try:
        return _last([planned.read(event) async for event in handled.reply])
    except APIResponseValidationError as error:
        error.response = error.response or handled.call.trail.response
        await handled.reply.abort(error)
        raise


def _last(answers: list[R]) -> R:
    if answers:
        return answers[-1]
    message = "The reply ended without an answer. Try again; if it stays so, look at the provider's status."
    raise APIResponseValidationError(message)


def _is_on_disk(value: object) -> bool:
    """Whether reading the argument *value* means reading a file, which must not hold up an event loop."""
    if isinstance(value, list | tuple):
        return any(map(_is_on_disk, value))  # pyright: ignore[reportUnknownArgumentType] - anything may be in it
    return isinstance(value, PathLike) or hasattr(value, "read")
