"""The real openai package as the judge of the responses we hand out."""

from collections.abc import Iterable, Sequence
from typing import Any

import openai
from openai._models import construct_type
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response as TheirResponse
from openai.types.responses import ResponseStreamEvent as TheirEvent
from pydantic import TypeAdapter

from aigw.surfaces.responses.response import ResponseWriter, response_of
from aigw.types.events import Answer, Event

_STRICT: TypeAdapter[Any] = TypeAdapter(TheirEvent)


def writer(**options: Any) -> ResponseWriter:
    return ResponseWriter(**{"asked": {}, "name": "1", "created": 7, "model": "hint", "issuer": "acme/m-1", **options})


def events_of(events: Iterable[Event], **options: Any) -> list[dict[str, Any]]:
    """Write *events* as events of a response."""
    write = writer(**options)
    return [told.to_dict() for event in events for told in write(event)]


def whole(answer: Answer, **options: Any) -> dict[str, Any]:
    """Write a complete answer."""
    write = writer(**options)
    write.write(answer)
    return response_of(write.response()).to_dict()


def theirs(events: Sequence[dict[str, Any]], *, strict: bool = True) -> dict[str, Any]:
    """Let openai's own accumulator add up *events*; its strict validation accepts each of them first."""
    state = ResponseStreamState(text_format=openai.omit, input_tools=openai.omit)
    for event in events:
        if strict:
            _STRICT.validate_python(event)
        state.handle_event(construct_type(type_=TheirEvent, value=event))
    completed = state._completed_response
    assert completed is not None
    return _as_said(completed.to_dict())


def _as_said(value: Any) -> Any:
    """Leave out what their accumulator adds: the parsed contents that nobody asked for."""
    if isinstance(value, dict):
        return {name: _as_said(said) for name, said in value.items() if name not in {"parsed", "parsed_arguments"}}
    return [_as_said(item) for item in value] if isinstance(value, list) else value


def accepted(body: dict[str, Any]) -> dict[str, Any]:
    """Validate *body* as openai's response, strictly."""
    return TheirResponse.model_validate(body).to_dict()
