"""What both faces of `responses` do, written once: read the arguments, send, and read the reply."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

from pydantic import TypeAdapter

from aigw.errors import AigwError, APIResponseValidationError
from aigw.surfaces.arguments import object_at, refuse
from aigw.surfaces.chat.request import Asked
from aigw.surfaces.chat.structured import Parser, described_tools, response_format_of
from aigw.surfaces.raw import request_id_of
from aigw.surfaces.responses.parsed import parse_response, parsed_tools
from aigw.surfaces.responses.request import SURFACE, ask
from aigw.surfaces.responses.response import ResponseWriter, response_of
from aigw.surfaces.responses.tools import text_format
from aigw.types.chat_params import Omit, is_omitted
from aigw.types.json import EMPTY, as_object

if TYPE_CHECKING:
    from aigw.pipeline import Engine, Handled
    from aigw.types.responses import Response
    from aigw.types.responses_parsed import ParsedResponse

T = TypeVar("T")

Wanted: TypeAlias = type[T] | TypeAdapter[T] | Omit | None
"""What `text_format` may be: the type an answer is parsed into."""


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
        engine.refused(str(params.get("model")), error, stream=params.get("stream") is True, surface=SURFACE)
        raise


def watch(engine: "Engine", params: Mapping[str, object], wanted: "Wanted[T]", method: str) -> Watched[T]:
    """Read the arguments of `parse` and `stream`: a type as `text_format` is sent as its schema."""
    try:
        adapter, text = _text(params, wanted)
        tools = described_tools(params.get("tools"))
    except AigwError as error:
        engine.refused(str(params.get("model")), error, stream=method == "stream", surface=SURFACE)
        raise
    asked = read(engine, params if text is None else {**params, "text": text}, method)
    return Watched(asked, Parser(adapter, parsed_tools(tools)))


def _text(params: Mapping[str, object], wanted: "Wanted[T]") -> tuple["TypeAdapter[T] | None", object]:
    """Give what parses the answer, and the `text` to send for *wanted*; None for both where nothing is wanted."""
    if isinstance(wanted, Mapping):
        refuse("text_format", "must be a type; a JSON schema goes into text={'format': …}", "invalid_type")
    form, adapter = response_format_of(wanted)
    if adapter is None:
        return None, None
    said = params.get("text")
    text = EMPTY if said is None or is_omitted(said) else object_at(said, "text", "an object")
    if text.get("format") is not None:
        refuse("text_format", "say either text_format or text.format", "unsupported_value")
    # the adapter was made of the very type the caller named
    return cast("TypeAdapter[T]", adapter), {**text, "format": text_format(as_object(form))}


def event_writer(handled: "Handled", asked: Asked) -> ResponseWriter:
    """Make the writer for a reply."""
    call = handled.call
    return ResponseWriter(
        asked=asked.request.verbatim,
        name=call.id.removeprefix("call_"),
        created=int(call.at),
        model=asked.request.model,
        issuer=None if call.trail.target is None else call.trail.target.id,
    )


async def opened(engine: "Engine", asked: Asked) -> "Handled":
    """Send the call."""
    return await engine.open(asked.request, asked.options)


async def completed(engine: "Engine", asked: Asked) -> "tuple[Handled, Response]":
    """Send the call and read its whole answer."""
    handled = await engine.open(asked.request, asked.options)
    response = await _read(handled, asked)
    response.attach(handled.record(), request_id_of(handled))
    return handled, response


async def parsed(engine: "Engine", watched: Watched[T]) -> "tuple[Handled, ParsedResponse[T]]":
    """Send the call, read its whole answer and parse it. Raises as `parse_response`."""
    handled, response = await completed(engine, watched.asked)
    return handled, parse_response(response, watched.parser)


async def _read(handled: "Handled", asked: Asked) -> "Response":
    """Read a reply to its end: a complete answer, or the pieces of one where a stage streamed it."""
    writer = event_writer(handled, asked)
    try:
        async for event in handled.reply:
            writer.write(event)
        return _whole(writer)
    except APIResponseValidationError as error:
        error.response = handled.call.trail.response
        await handled.reply.abort(error)
        raise


def _whole(writer: ResponseWriter) -> "Response":
    if writer.is_empty:
        message = "The reply ended without an answer. Try again; if it stays so, look at the provider's status."
        raise APIResponseValidationError(message)
    return response_of(writer.response())
