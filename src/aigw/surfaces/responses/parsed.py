"""Parse the contents of responses, whole or as their events come. Nothing here waits."""

from typing import Generic, TypeVar, cast

from pydantic import BaseModel

from aigw.surfaces.chat.structured import Parser, check_finish
from aigw.surfaces.chat.structured import parsed_tools as parsed_functions
from aigw.types.json import as_array, as_object, as_text
from aigw.types.responses import Response
from aigw.types.responses_events import (
    ResponseCompletedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseLifecycleEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    WatchedArgumentsDeltaEvent,
    WatchedCompletedEvent,
    WatchedEvent,
    WatchedTextDeltaEvent,
    WatchedTextDoneEvent,
)
from aigw.types.responses_parsed import ParsedResponse

T = TypeVar("T")

_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def parsed_tools(tools: object) -> dict[str, type[BaseModel] | None]:
    """Name the tools among *tools*, in either shape, whose arguments can be relied on: strict ones."""
    found = parsed_functions(tools)
    for tool in as_array(tools):
        name = as_text(as_object(tool).get("name"))
        if name and as_object(tool).get("strict") is True:
            found[name] = None
    return found


def parse_response(response: Response, parser: Parser[T]) -> ParsedResponse[T]:
    """Parse the contents of *response*.

    Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `pydantic.ValidationError` for contents that
    are not what was asked for.
    """
    if parser.is_needed and response.status == "incomplete":
        reason = response.incomplete_details.reason if response.incomplete_details else None
        check_finish(_REASONS.get(reason or ""), response)
    body = response.to_dict()
    body["output"] = [_parsed_item(item, parser) for item in as_array(body["output"])]
    # the parser was made for T
    parsed = cast("ParsedResponse[T]", ParsedResponse.model_validate(body))
    parsed.attach(*response.attached())
    return parsed


def _parsed_item(item: object, parser: Parser[T]) -> object:
    body = as_object(item)
    match body.get("type"):
        case "message":
            return {**body, "content": [_parsed_content(part, parser) for part in as_array(body.get("content"))]}
        case "function_call":
            name, text = as_text(body.get("name")) or "", as_text(body.get("arguments")) or "{}"
            parsed = parser.arguments(name, text)
            return body if parsed is None else {**body, "parsed_arguments": parsed}
        case _:
            return item


def _parsed_content(part: object, parser: Parser[T]) -> object:
    body = as_object(part)
    if body.get("type") != "output_text" or parser.content is None:
        return part
    return {**body, "parsed": parser.parsed(as_text(body.get("text")), None)}


class WatchedState(Generic[T]):
    """Follows one stream's events: texts and arguments so far, contents parsed."""

    def __init__(self, parser: Parser[T]) -> None:
        self._parser = parser
        self._so_far: dict[tuple[int, int], str] = {}
        self._last: Response | None = None

    def handle(self, event: ResponseStreamEvent) -> "WatchedEvent[T]":
        """Give *event* with what is known by now. Raises as `parse_response`."""
        if isinstance(event, ResponseTextDeltaEvent):
            text = self._grown(event.output_index, event.content_index, event.delta)
            return WatchedTextDeltaEvent.model_validate({**event.to_dict(), "snapshot": text})
        if isinstance(event, ResponseFunctionCallArgumentsDeltaEvent):
            arguments = self._grown(event.output_index, -1, event.delta)
            return WatchedArgumentsDeltaEvent.model_validate({**event.to_dict(), "snapshot": arguments})
        if isinstance(event, ResponseTextDoneEvent):
            parsed = self._parser.parsed(event.text, None)
            # the parser was made for T
            return cast(
                "WatchedTextDoneEvent[T]", WatchedTextDoneEvent.model_validate({**event.to_dict(), "parsed": parsed})
            )
        if isinstance(event, ResponseCompletedEvent):
            self._last = event.response
            whole = {"sequence_number": event.sequence_number, "response": self.final()}
            return cast("WatchedCompletedEvent[T]", WatchedCompletedEvent.model_validate(whole))
        if isinstance(event, ResponseLifecycleEvent):
            self._last = event.response
        return event

    def final(self) -> ParsedResponse[T]:
        """Give the complete answer, parsed. Raises as `parse_response`, and `RuntimeError` before anything came."""
        if self._last is None:
            message = "nothing has arrived, so there is no response"
            raise RuntimeError(message)
        return parse_response(self._last, self._parser)

    def _grown(self, item: int, content: int, more: str) -> str:
        text = self._so_far.get((item, content), "") + more
        self._so_far[item, content] = text
        return text
