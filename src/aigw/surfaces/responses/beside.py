"""The plans of what can be asked about a conversation beside its answer: how long it is, and to make it shorter."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Unpack

from aigw.errors import APIResponseValidationError
from aigw.surfaces.chat.response import validated
from aigw.surfaces.planned import Planned, plan_of
from aigw.surfaces.responses.request import ask
from aigw.types.chat_params import omit
from aigw.types.events import Answer, Counted
from aigw.types.operation import Operation
from aigw.types.responses_params import CompactParams, Input, InputTokensParams
from aigw.types.responses_stored import CompactedResponse, InputTokenCountResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aigw.call import Options
    from aigw.types.events import Event
    from aigw.types.request import Request

_OF_COMPACT: Final = frozenset(CompactParams.__annotations__) | {"input", "model"}
_OF_COUNT: Final = frozenset(InputTokensParams.__annotations__) | {"input", "model"}


@plan_of(CompactParams)
def compact(*, model: str, input: Input = omit, **params: Unpack[CompactParams]) -> Planned[CompactedResponse]:  # noqa: A002 - the API's name
    """Make a conversation shorter, in a form for its provider only. Raises the errors of `aigw.errors`."""
    said = {"model": model, "input": input, **params}
    request, options = _asked(said, "compact", _OF_COMPACT, "openai-compact", Operation.COMPACT)
    return Planned(request, options, _compacted)


@plan_of(InputTokensParams)
def count(
    *,
    model: str,
    input: Input = omit,  # noqa: A002 - the API's name
    **params: Unpack[InputTokensParams],
) -> Planned[InputTokenCountResponse]:
    """Ask how many tokens a request would be, as the provider counts. Raises the errors of `aigw.errors`."""
    said = {"model": model, "input": input, **params}
    request, options = _asked(said, "count", _OF_COUNT, "openai-input-tokens", Operation.COUNT_TOKENS)
    return Planned(request, options, _counted)


def _asked(
    said: "Mapping[str, object]", method: str, known: frozenset[str], dialect: str, operation: Operation
) -> "tuple[Request, Options]":
    """Read the arguments of *method* as those of a call for an answer, by a dialect and operation of its own."""
    asked = ask(said, method, known)
    return replace(asked.request, dialect=dialect, operation=operation), asked.options


def _compacted(event: "Event") -> CompactedResponse:
    if isinstance(event, Answer) and event.native is not None:
        return validated(CompactedResponse, {**event.native})
    raise _unexpected(event, "a shorter conversation")


def _counted(event: "Event") -> InputTokenCountResponse:
    if isinstance(event, Counted):
        body = {**event.extra, "input_tokens": event.input_tokens, "object": "response.input_tokens"}
        return validated(InputTokenCountResponse, body)
    raise _unexpected(event, "a count")


def _unexpected(event: "Event", wanted: str) -> APIResponseValidationError:
    return APIResponseValidationError(f"The reply holds {type(event).__name__} where {wanted} belongs.")
