"""Public models of a streamed answer's events, with the names and attributes of the `openai` client.

Source of the shapes: https://platform.openai.com/docs/api-reference/responses-streaming. Events that say the same in
the same fields share a class; what only a provider's own tools say is a `ResponseOtherEvent`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeAlias, TypeVar

from aigw.types.chat import Model
from aigw.types.responses import Loose, Response, ResponseContent, ResponseOutputItem, Thing
from aigw.types.responses_parsed import ParsedResponse

T = TypeVar("T")


class _Event(Model):
    """An event. `sequence_number` counts the events of a stream from 0."""

    sequence_number: int | None = None


class _OfItem(_Event):
    """An event about the item at `output_index`."""

    item_id: str | None = None
    output_index: int


class _OfContent(_OfItem):
    """An event about one content of an item."""

    content_index: int


class ResponseLifecycleEvent(_Event):
    """The answer has begun, goes on or ended; `response` is what is known of it by then."""

    type: Literal[
        "response.created", "response.queued", "response.in_progress", "response.failed", "response.incomplete"
    ]
    response: Response


class ResponseCompletedEvent(_Event):
    """The answer is whole."""

    type: Literal["response.completed"] = "response.completed"
    response: Response


class ResponseOutputItemEvent(_Event):
    """An item of the answer begins, or is complete."""

    type: Literal["response.output_item.added", "response.output_item.done"]
    item: ResponseOutputItem
    output_index: int


class ResponseContentPartEvent(_OfContent):
    """A content of an item begins, or is complete."""

    type: Literal["response.content_part.added", "response.content_part.done"]
    part: ResponseContent


class ResponseTextDeltaEvent(_OfContent):
    """More text."""

    type: Literal["response.output_text.delta"] = "response.output_text.delta"
    delta: str
    logprobs: list[Loose] | None = None


class ResponseTextDoneEvent(_OfContent):
    """A text is complete."""

    type: Literal["response.output_text.done"] = "response.output_text.done"
    text: str
    logprobs: list[Loose] | None = None


class ResponseOutputTextAnnotationAddedEvent(_OfContent):
    """A text refers to something, a web page say."""

    type: Literal["response.output_text.annotation.added"] = "response.output_text.annotation.added"
    annotation: Loose
    annotation_index: int | None = None


class ResponseRefusalDeltaEvent(_OfContent):
    """More of a refusal."""

    type: Literal["response.refusal.delta"] = "response.refusal.delta"
    delta: str


class ResponseRefusalDoneEvent(_OfContent):
    """A refusal is complete."""

    type: Literal["response.refusal.done"] = "response.refusal.done"
    refusal: str


class ResponseFunctionCallArgumentsDeltaEvent(_OfItem):
    """More of a function call's arguments."""

    type: Literal["response.function_call_arguments.delta"] = "response.function_call_arguments.delta"
    delta: str


class ResponseFunctionCallArgumentsDoneEvent(_OfItem):
    """A function call's arguments are complete."""

    type: Literal["response.function_call_arguments.done"] = "response.function_call_arguments.done"
    arguments: str
    name: str | None = None


class ResponseCustomToolCallInputDeltaEvent(_OfItem):
    """More of a custom tool call's input."""

    type: Literal["response.custom_tool_call_input.delta"] = "response.custom_tool_call_input.delta"
    delta: str


class ResponseCustomToolCallInputDoneEvent(_OfItem):
    """A custom tool call's input is complete."""

    type: Literal["response.custom_tool_call_input.done"] = "response.custom_tool_call_input.done"
    input: str


class ResponseReasoningTextDeltaEvent(_OfContent):
    """More of the model's thinking."""

    type: Literal["response.reasoning_text.delta"] = "response.reasoning_text.delta"
    delta: str


class ResponseReasoningTextDoneEvent(_OfContent):
    """A piece of the model's thinking is complete."""

    type: Literal["response.reasoning_text.done"] = "response.reasoning_text.done"
    text: str


class ResponseReasoningSummaryPartEvent(_OfItem):
    """A part of a summary of the model's thinking begins, or is complete."""

    type: Literal["response.reasoning_summary_part.added", "response.reasoning_summary_part.done"]
    part: Loose
    summary_index: int


class ResponseReasoningSummaryTextDeltaEvent(_OfItem):
    """More of a summary of the model's thinking."""

    type: Literal["response.reasoning_summary_text.delta"] = "response.reasoning_summary_text.delta"
    delta: str
    summary_index: int


class ResponseReasoningSummaryTextDoneEvent(_OfItem):
    """A part of a summary of the model's thinking is complete."""

    type: Literal["response.reasoning_summary_text.done"] = "response.reasoning_summary_text.done"
    text: str
    summary_index: int


class ResponseErrorEvent(_Event):
    """The stream failed."""

    type: Literal["error"] = "error"
    code: str | None = None
    message: str | None = None
    param: str | None = None


class ResponseOtherEvent(Thing):
    """An event of another type: what a provider's own tool does, say."""

    if TYPE_CHECKING:
        sequence_number: int | None = None
        type: Literal[
            "response.web_search_call.in_progress", "response.web_search_call.searching",
            "response.web_search_call.completed", "response.file_search_call.in_progress",
            "response.file_search_call.searching", "response.file_search_call.completed",
            "response.code_interpreter_call.in_progress", "response.code_interpreter_call.interpreting",
            "response.code_interpreter_call.completed", "response.code_interpreter_call_code.delta",
            "response.code_interpreter_call_code.done", "response.image_generation_call.in_progress",
            "response.image_generation_call.generating", "response.image_generation_call.partial_image",
            "response.image_generation_call.completed", "response.mcp_call.in_progress", "response.mcp_call.completed",
            "response.mcp_call.failed", "response.mcp_call_arguments.delta", "response.mcp_call_arguments.done",
            "response.mcp_list_tools.in_progress", "response.mcp_list_tools.completed",
            "response.mcp_list_tools.failed", "response.audio.delta", "response.audio.done",
        ]  # fmt: skip
    else:
        sequence_number: object = None
        type: object = None


ResponseStreamEvent: TypeAlias = (
    ResponseLifecycleEvent
    | ResponseCompletedEvent
    | ResponseOutputItemEvent
    | ResponseContentPartEvent
    | ResponseTextDeltaEvent
    | ResponseTextDoneEvent
    | ResponseOutputTextAnnotationAddedEvent
    | ResponseRefusalDeltaEvent
    | ResponseRefusalDoneEvent
    | ResponseFunctionCallArgumentsDeltaEvent
    | ResponseFunctionCallArgumentsDoneEvent
    | ResponseCustomToolCallInputDeltaEvent
    | ResponseCustomToolCallInputDoneEvent
    | ResponseReasoningTextDeltaEvent
    | ResponseReasoningTextDoneEvent
    | ResponseReasoningSummaryPartEvent
    | ResponseReasoningSummaryTextDeltaEvent
    | ResponseReasoningSummaryTextDoneEvent
    | ResponseErrorEvent
    | ResponseOtherEvent
)

EVENTS: Final[Mapping[str, type[Model]]] = {
    **dict.fromkeys(
        (f"response.{word}" for word in ("created", "queued", "in_progress", "failed", "incomplete")),
        ResponseLifecycleEvent,
    ),
    **dict.fromkeys((f"response.output_item.{word}" for word in ("added", "done")), ResponseOutputItemEvent),
    **dict.fromkeys((f"response.content_part.{word}" for word in ("added", "done")), ResponseContentPartEvent),
    **dict.fromkeys(
        (f"response.reasoning_summary_part.{word}" for word in ("added", "done")), ResponseReasoningSummaryPartEvent
    ),
    "response.completed": ResponseCompletedEvent,
    "response.output_text.delta": ResponseTextDeltaEvent,
    "response.output_text.done": ResponseTextDoneEvent,
    "response.output_text.annotation.added": ResponseOutputTextAnnotationAddedEvent,
    "response.refusal.delta": ResponseRefusalDeltaEvent,
    "response.refusal.done": ResponseRefusalDoneEvent,
    "response.function_call_arguments.delta": ResponseFunctionCallArgumentsDeltaEvent,
    "response.function_call_arguments.done": ResponseFunctionCallArgumentsDoneEvent,
    "response.custom_tool_call_input.delta": ResponseCustomToolCallInputDeltaEvent,
    "response.custom_tool_call_input.done": ResponseCustomToolCallInputDoneEvent,
    "response.reasoning_text.delta": ResponseReasoningTextDeltaEvent,
    "response.reasoning_text.done": ResponseReasoningTextDoneEvent,
    "response.reasoning_summary_text.delta": ResponseReasoningSummaryTextDeltaEvent,
    "response.reasoning_summary_text.done": ResponseReasoningSummaryTextDoneEvent,
    "error": ResponseErrorEvent,
}
"""The class of each type of event; any other type is a `ResponseOtherEvent`."""


class WatchedTextDeltaEvent(ResponseTextDeltaEvent):
    """More text; `snapshot` is the text so far."""

    snapshot: str


class WatchedTextDoneEvent(ResponseTextDoneEvent, Generic[T]):
    """A text is complete; `parsed` is what it says in the `text_format` that was asked for."""

    parsed: T | None = None


class WatchedArgumentsDeltaEvent(ResponseFunctionCallArgumentsDeltaEvent):
    """More of a function call's arguments; `snapshot` is what has come of them so far."""

    snapshot: str


class WatchedCompletedEvent(ResponseCompletedEvent, Generic[T]):
    """The answer is whole, and parsed."""

    response: ParsedResponse[T]  # pyright: ignore[reportIncompatibleVariableOverride] - narrowed


WatchedEvent: TypeAlias = (
    WatchedTextDeltaEvent
    | WatchedTextDoneEvent[T]
    | WatchedArgumentsDeltaEvent
    | WatchedCompletedEvent[T]
    | ResponseLifecycleEvent
    | ResponseOutputItemEvent
    | ResponseContentPartEvent
    | ResponseOutputTextAnnotationAddedEvent
    | ResponseRefusalDeltaEvent
    | ResponseRefusalDoneEvent
    | ResponseFunctionCallArgumentsDoneEvent
    | ResponseCustomToolCallInputDeltaEvent
    | ResponseCustomToolCallInputDoneEvent
    | ResponseReasoningTextDeltaEvent
    | ResponseReasoningTextDoneEvent
    | ResponseReasoningSummaryPartEvent
    | ResponseReasoningSummaryTextDeltaEvent
    | ResponseReasoningSummaryTextDoneEvent
    | ResponseErrorEvent
    | ResponseOtherEvent
)
