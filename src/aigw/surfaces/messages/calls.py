"""What both faces of `messages` do, written once: read the arguments, send, and read the reply."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aigw.errors import AigwError, APIResponseValidationError
from aigw.surfaces.chat.request import Asked
from aigw.surfaces.chat.response import validated
from aigw.surfaces.messages.request import SURFACE, ask, ask_count
from aigw.surfaces.messages.response import message_body
from aigw.surfaces.messages.state import MessageState, made
from aigw.surfaces.messages.writer import EventWriter, native_body
from aigw.surfaces.raw import request_id_of
from aigw.types.events import Answer, Counted
from aigw.types.messages import Message, MessageTokensCount

if TYPE_CHECKING:
    from aigw.pipeline import Engine, Handled


def read(engine: "Engine", params: Mapping[str, object], method: str = "create") -> Asked:
    """Read the arguments of a call. Raises as `ask`, once the refusal is on record."""
    try:
        return ask_count(params) if method == "count_tokens" else ask(params, method)
    except AigwError as error:
        engine.refused(str(params.get("model")), error, stream=params.get("stream") is True, surface=SURFACE)
        raise


def issuer_of(handled: "Handled") -> str | None:
    """Give the target that answers."""
    target = handled.call.trail.target
    return None if target is None else target.id


def event_writer(handled: "Handled", asked: Asked) -> EventWriter:
    """Make the writer for a streamed reply."""
    return EventWriter(id=f"msg_{handled.call.id}", model=asked.request.model, issuer=issuer_of(handled))


async def opened(engine: "Engine", asked: Asked) -> "Handled":
    """Send the call."""
    return await engine.open(asked.request, asked.options)


async def completed(engine: "Engine", asked: Asked) -> "tuple[Handled, Message]":
    """Send the call and read its whole answer: complete, or in pieces where a stage streamed it."""
    handled = await opened(engine, asked)
    message: Message | None = None
    state, write = MessageState(issuer_of(handled)), event_writer(handled, asked)
    try:
        async for event in handled.reply:
            if isinstance(event, Answer):
                message = _made(handled, event, asked)
                continue
            for written in write(event):
                state.add(written)
        message = message or _summed(state)
    except APIResponseValidationError as error:
        error.response = handled.call.trail.response
        await handled.reply.abort(error)
        raise
    message.attach(handled.record(), request_id_of(handled))
    return handled, message


async def counted(engine: "Engine", asked: Asked) -> "tuple[Handled, MessageTokensCount]":
    """Send the request to be counted, and read the count."""
    handled = await opened(engine, asked)
    count: MessageTokensCount | None = None
    try:
        async for event in handled.reply:
            if isinstance(event, Counted):
                count = validated(MessageTokensCount, {**event.extra, "input_tokens": event.input_tokens})
    except APIResponseValidationError as error:
        error.response = handled.call.trail.response
        await handled.reply.abort(error)
        raise
    if count is None:
        message = "The reply ended without a count. Try again; if it stays so, look at the provider's status."
        raise APIResponseValidationError(message)
    count.attach(handled.record(), request_id_of(handled))
    return handled, count


def _made(handled: "Handled", answer: Answer, asked: Asked) -> Message:
    body = native_body(answer)
    issuer = issuer_of(handled)
    if body is None:
        body = message_body(answer, id=f"msg_{handled.call.id}", model=asked.request.model, issuer=issuer)
    return made(body, issuer)


def _summed(state: MessageState) -> Message:
    if state.is_empty:
        message = "The reply ended without an answer. Try again; if it stays so, look at the provider's status."
        raise APIResponseValidationError(message)
    return state.message()
