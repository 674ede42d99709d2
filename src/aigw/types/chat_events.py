"""What `stream()` hands out: a chunk, then what it changed. Types and attributes are those of the `openai` client.

Source of the names: https://github.com/openai/openai-python/blob/main/helpers.md.
"""

from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from pydantic import PrivateAttr, computed_field

from aigw.types.chat import ChatCompletionTokenLogprob, Model
from aigw.types.chat_chunk import ChatCompletionChunk
from aigw.types.chat_parsed import ParsedChatCompletionSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class ChunkEvent(Model):
    """A chunk came. `snapshot` is the answer so far, built when it is asked for."""

    type: Literal["chunk"] = "chunk"
    chunk: ChatCompletionChunk
    _look: "Callable[[], ParsedChatCompletionSnapshot[object]] | None" = PrivateAttr(default=None)

    @classmethod
    def of(cls, chunk: ChatCompletionChunk, look: "Callable[[], ParsedChatCompletionSnapshot[object]]") -> "ChunkEvent":
        """Make the event for *chunk*; *look* gives the answer so far."""
        event = cls(chunk=chunk)
        event._look = look
        return event

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties
    @property
    def snapshot(self) -> ParsedChatCompletionSnapshot[object]:
        """The answer so far."""
        if self._look is None:
            message = "this event was not made by a stream, so there is no answer to look at"
            raise AttributeError(message)
        return self._look()


class ContentDeltaEvent(Model):
    """More text. `parsed` is what can be read of it as JSON so far, if a `response_format` was given."""

    type: Literal["content.delta"] = "content.delta"
    delta: str
    snapshot: str
    parsed: object | None = None


class ContentDoneEvent(Model, Generic[T]):
    """The text of a choice is complete."""

    type: Literal["content.done"] = "content.done"
    content: str
    parsed: T | None = None


class RefusalDeltaEvent(Model):
    """More of a refusal."""

    type: Literal["refusal.delta"] = "refusal.delta"
    delta: str
    snapshot: str


class RefusalDoneEvent(Model):
    """A refusal is complete."""

    type: Literal["refusal.done"] = "refusal.done"
    refusal: str


class FunctionToolCallArgumentsDeltaEvent(Model):
    """More of a tool call's arguments; `arguments` is the text so far."""

    type: Literal["tool_calls.function.arguments.delta"] = "tool_calls.function.arguments.delta"
    name: str
    index: int
    arguments: str
    parsed_arguments: object | None = None
    arguments_delta: str


class FunctionToolCallArgumentsDoneEvent(Model):
    """A tool call's arguments are complete."""

    type: Literal["tool_calls.function.arguments.done"] = "tool_calls.function.arguments.done"
    name: str
    index: int
    arguments: str
    parsed_arguments: object | None = None


class LogprobsContentDeltaEvent(Model):
    """Log probabilities of more text."""

    type: Literal["logprobs.content.delta"] = "logprobs.content.delta"
    content: list[ChatCompletionTokenLogprob]
    snapshot: list[ChatCompletionTokenLogprob]


class LogprobsContentDoneEvent(Model):
    """Log probabilities of the whole text."""

    type: Literal["logprobs.content.done"] = "logprobs.content.done"
    content: list[ChatCompletionTokenLogprob]


class LogprobsRefusalDeltaEvent(Model):
    """Log probabilities of more of a refusal."""

    type: Literal["logprobs.refusal.delta"] = "logprobs.refusal.delta"
    refusal: list[ChatCompletionTokenLogprob]
    snapshot: list[ChatCompletionTokenLogprob]


class LogprobsRefusalDoneEvent(Model):
    """Log probabilities of the whole refusal."""

    type: Literal["logprobs.refusal.done"] = "logprobs.refusal.done"
    refusal: list[ChatCompletionTokenLogprob]


ChatCompletionStreamEvent: TypeAlias = (
    ChunkEvent
    | ContentDeltaEvent
    | ContentDoneEvent[T]
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | FunctionToolCallArgumentsDeltaEvent
    | FunctionToolCallArgumentsDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)
