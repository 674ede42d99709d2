"""What both faces of `chat.completions` do, written once: read the arguments, send, and read the reply."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

from pydantic import TypeAdapter

from aigw.call import Outcome
from aigw.errors import AigwError, APIResponseValidationError, StreamInterrupted
from aigw.surfaces.chat.request import Asked, ask
from aigw.surfaces.chat.response import ChunkWriter, completion_body, validated
from aigw.surfaces.chat.state import StreamState
from aigw.surfaces.chat.structured import Parser, described_tools, parse_completion, parsed_tools, response_format_of
from aigw.surfaces.raw import request_id_of
from aigw.types.chat import ChatCompletion
from aigw.types.chat_params import Omit, omit
from aigw.types.events import Answer

if TYPE_CHECKING:
    from aigw.pipeline import Engine, Handled
    from aigw.types.chat_parsed import ParsedChatCompletion
    from aigw.types.events import Event

T = TypeVar("T")

Wanted: TypeAlias = type[T] | TypeAdapter[T] | Mapping[str, object] | Omit | None
"""What `response_format` may be where answers are parsed: a type, or a JSON schema that is only sent."""


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """A call whose contents are to be parsed."""

    asked: Asked
    parser: Parser[T]


def read(engine: "Engine", params: Mapping[str, object], method: str = "create") -> Asked:
    """Read the arguments of a call. Raises as `ask`, once the refusal is on record."""
    try:
        return ask(params, method)
    except AigwError as error:
        engine.refused(str(params.get("model")), error, stream=params.get("stream") is True)
        raise


def watch(engine: "Engine", params: Mapping[str, object], wanted: "Wanted[T]", method: str) -> Watched[T]:
    """Read the arguments of `parse` and `stream`: a type as `response_format` is sent as its schema."""
    try:
        response_format, adapter = response_format_of(wanted)
        tools = described_tools(params.get("tools", omit))
    except AigwError as error:
        engine.refused(str(params.get("model")), error, stream=method == "stream")
        raise
    asked = read(engine, {**params, "response_format": response_format, "tools": tools}, method)
    # the adapter was made of the very type the caller named
    return Watched(asked, Parser(cast("TypeAdapter[T] | None", adapter), parsed_tools(tools)))


def chunk_writer(handled: "Handled", asked: Asked, *, include_usage: bool = False) -> ChunkWriter:
    """Make the writer for a streamed reply; usage is written if the caller asked for it, or if *include_usage* says."""
    call = handled.call
    return ChunkWriter(
        id=f"chatcmpl-{call.id}",
        created=int(call.at),
        model=asked.request.model,
        issuer=None if call.trail.target is None else call.trail.target.id,
        include_usage=asked.include_usage or include_usage,
    )


def check_whole(handled: "Handled") -> None:
    """Raise what ended a streamed answer before it was whole, so that a part of one never passes for the answer."""
    ending = handled.reply.ending
    if ending is None or ending.outcome is Outcome.OK:
        return
    if ending.error is not None:
        raise ending.error
    if handled.call.trail.finish_reason is None:
        message = "The stream was closed before its end, so there is no final completion. Read it first, then close it."
        raise StreamInterrupted(message)


async def opened(engine: "Engine", asked: Asked) -> "Handled":
    """Send the call."""
    return await engine.open(asked.request, asked.options)


async def completed(engine: "Engine", asked: Asked) -> "tuple[Handled, ChatCompletion]":
    """Send the call and read its whole answer."""
    handled = await engine.open(asked.request, asked.options)
    completion = await _read(handled, asked)
    completion.attach(handled.record(), request_id_of(handled))
    return handled, completion


async def parsed(engine: "Engine", watched: Watched[T]) -> "tuple[Handled, ParsedChatCompletion[T]]":
    """Send the call, read its whole answer and parse it. Raises as `parse_completion`."""
    handled, completion = await completed(engine, watched.asked)
    return handled, parse_completion(completion, watched.parser)


async def _read(handled: "Handled", asked: Asked) -> ChatCompletion:
    """Read a reply to its end: a complete answer, or the pieces of one where a stage streamed it."""
    completion: ChatCompletion | None = None
    sum_up: _Sum | None = None
    try:
        async for event in handled.reply:
            if isinstance(event, Answer):
                completion = validated(ChatCompletion, _body(handled, event, asked))
            else:
                sum_up = sum_up or _Sum(chunk_writer(handled, asked, include_usage=True))
                sum_up.add(event)
        return completion or _summed(sum_up)
    except APIResponseValidationError as error:
        error.response = handled.call.trail.response
        await handled.reply.abort(error)
        raise


class _Sum:
    """Adds up the pieces of a streamed answer."""

    __slots__ = ("_write", "state")

    def __init__(self, write: ChunkWriter) -> None:
        self._write = write
        self.state: StreamState[object] = StreamState(Parser())

    def add(self, event: "Event") -> None:
        """Add what *event* says."""
        for chunk in self._write(event):
            self.state.add(chunk)


def _summed(pieces: _Sum | None) -> ChatCompletion:
    if pieces is None or pieces.state.is_empty:
        message = "The reply ended without an answer. Try again; if it stays so, look at the provider's status."
        raise APIResponseValidationError(message)
    return validated(ChatCompletion, pieces.state.body())


def _body(handled: "Handled", answer: Answer, asked: Asked) -> dict[str, object]:
    call = handled.call
    issuer = None if call.trail.target is None else call.trail.target.id
    return completion_body(
        answer, id=f"chatcmpl-{call.id}", created=int(call.at), model=asked.request.model, issuer=issuer
    )
