"""Public models of `responses.parse()` and `responses.stream()`: answers whose contents are parsed.

Names and attributes are those of the `openai` client.
"""

from typing import TYPE_CHECKING, Annotated, Generic, TypeAlias, TypeVar

from pydantic import PlainValidator

from aigw.types.responses import (
    ITEMS,
    Response,
    ResponseContent,
    ResponseCustomToolCall,
    ResponseFunctionToolCall,
    ResponseOtherItem,
    ResponseOutputMessage,
    ResponseOutputOther,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseReasoningItem,
    one_of,
)

T = TypeVar("T")


class ParsedResponseOutputText(ResponseOutputText, Generic[T]):
    """Text of the answer, as the `text_format` it was asked in."""

    parsed: T | None = None


if TYPE_CHECKING:
    ParsedContent: TypeAlias = ParsedResponseOutputText[T] | ResponseOutputRefusal | ResponseOutputOther
else:
    _CONTENTS = {"output_text": ParsedResponseOutputText, "refusal": ResponseOutputRefusal}
    ParsedContent = Annotated[object, PlainValidator(one_of(_CONTENTS, ResponseOutputOther))]


class ParsedResponseOutputMessage(ResponseOutputMessage, Generic[T]):
    """A message of the model, its contents parsed."""

    if TYPE_CHECKING:
        content: list[ParsedContent[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    else:
        content: list[ParsedContent]


class ParsedResponseFunctionToolCall(ResponseFunctionToolCall):
    """The model asks for a function; its arguments are parsed into the tool's model if it has one, else JSON."""

    parsed_arguments: object | None = None


if TYPE_CHECKING:
    ParsedResponseOutputItem: TypeAlias = (
        ParsedResponseOutputMessage[T]
        | ParsedResponseFunctionToolCall
        | ResponseCustomToolCall
        | ResponseReasoningItem
        | ResponseOtherItem
    )
else:
    _ITEMS = {**ITEMS, "message": ParsedResponseOutputMessage, "function_call": ParsedResponseFunctionToolCall}
    ParsedResponseOutputItem = Annotated[object, PlainValidator(one_of(_ITEMS, ResponseOtherItem))]


class ParsedResponse(Response, Generic[T]):
    """A complete answer whose contents were parsed."""

    if TYPE_CHECKING:
        output: list[ParsedResponseOutputItem[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    else:
        output: list[ParsedResponseOutputItem]

    @property
    def output_parsed(self) -> T | None:
        """The first parsed content, or None."""
        for item in self.output:
            if isinstance(item, ParsedResponseOutputMessage):
                for part in item.content:
                    if isinstance(part, ParsedResponseOutputText) and part.parsed is not None:
                        return part.parsed
        return None


__all__ = [
    "ParsedResponse",
    "ParsedResponseFunctionToolCall",
    "ParsedResponseOutputMessage",
    "ParsedResponseOutputText",
    "ResponseContent",
]
