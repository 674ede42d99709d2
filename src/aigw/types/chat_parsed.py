"""Public models of `parse()` and `stream()`: answers whose contents are parsed, whole or so far.

Names and attributes are those of the `openai` client. Lists are narrowed the way it does; nobody appends to an answer.
"""

from typing import TYPE_CHECKING, Annotated, Generic, TypeAlias, TypeVar

from pydantic import Discriminator, Tag

from aigw.types.chat import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageFunctionToolCall,
    Choice,
    FinishReason,
    Function,
    kind_of_tool_call,
)

T = TypeVar("T")


class ParsedFunction(Function):
    """A function call whose arguments were parsed: into the tool's model if it has one, else JSON (strict tools)."""

    parsed_arguments: object | None = None


class ParsedFunctionToolCall(ChatCompletionMessageFunctionToolCall):
    """The model asks for a function; its arguments are parsed."""

    function: ParsedFunction  # pyright: ignore[reportIncompatibleVariableOverride] - narrowed


if TYPE_CHECKING:
    # Custom tool calls are kept in the list, but the openai client's type of it names functions only.
    ParsedToolCall: TypeAlias = ParsedFunctionToolCall
else:
    ParsedToolCall = Annotated[
        Annotated[ParsedFunctionToolCall, Tag("function")]
        | Annotated[ChatCompletionMessageCustomToolCall, Tag("custom")],
        Discriminator(kind_of_tool_call),
    ]


class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[T]):
    """The answer, with its content as the `response_format` it was asked in; None if there is a refusal instead."""

    parsed: T | None = None
    tool_calls: list[ParsedToolCall] | None = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]


class ParsedChoice(Choice, Generic[T]):
    """One alternative of a parsed answer."""

    message: ParsedChatCompletionMessage[T]  # pyright: ignore[reportIncompatibleVariableOverride] - narrowed


class ParsedChatCompletion(ChatCompletion, Generic[T]):
    """A complete answer whose contents were parsed."""

    choices: list[ParsedChoice[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]


class ParsedChoiceSnapshot(ParsedChoice[T], Generic[T]):
    """One alternative of an answer so far: `finish_reason` is None until it is complete."""

    finish_reason: FinishReason | None = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]


class ParsedChatCompletionSnapshot(ParsedChatCompletion[T], Generic[T]):
    """An answer so far."""

    choices: list[ParsedChoiceSnapshot[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
