"""What a streamed `messages` answer is made of, with the names and attributes of the `anthropic` client.

Source of the shapes: https://docs.claude.com/en/api/messages-streaming; the events that `stream()` adds to them are
those of https://github.com/anthropics/anthropic-sdk-python/blob/main/helpers.md.
"""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Discriminator, Tag

from aigw.types.chat import Model
from aigw.types.json import as_object
from aigw.types.messages import (
    Container,
    ContentBlock,
    Count,
    Message,
    OutputTokensDetails,
    RefusalStopDetails,
    ServerToolUsage,
    TextCitation,
)


class TextDelta(Model):
    """More text."""

    type: Literal["text_delta"] = "text_delta"
    text: str


class InputJSONDelta(Model):
    """More of a tool's input, as JSON text."""

    type: Literal["input_json_delta"] = "input_json_delta"
    partial_json: str


class CitationsDelta(Model):
    """Something the text rests on."""

    type: Literal["citations_delta"] = "citations_delta"
    citation: TextCitation


class ThinkingDelta(Model):
    """More thinking."""

    type: Literal["thinking_delta"] = "thinking_delta"
    thinking: str


class SignatureDelta(Model):
    """The signature of the thinking so far."""

    type: Literal["signature_delta"] = "signature_delta"
    signature: str


class OtherDelta(Model):
    """A delta of any other type; its fields are attributes."""

    type: str


_DELTAS: Final = frozenset({"text_delta", "input_json_delta", "citations_delta", "thinking_delta", "signature_delta"})


def _kind_of_delta(value: object) -> str:
    kind = as_object(value).get("type") or getattr(value, "type", None)
    return kind if isinstance(kind, str) and kind in _DELTAS else "other"


ContentBlockDelta: TypeAlias = Annotated[
    Annotated[TextDelta, Tag("text_delta")]
    | Annotated[InputJSONDelta, Tag("input_json_delta")]
    | Annotated[CitationsDelta, Tag("citations_delta")]
    | Annotated[ThinkingDelta, Tag("thinking_delta")]
    | Annotated[SignatureDelta, Tag("signature_delta")]
    | Annotated[OtherDelta, Tag("other")],
    Discriminator(_kind_of_delta),
]


class MessageStartEvent(Model):
    """The answer begins: a message without content."""

    type: Literal["message_start"] = "message_start"
    message: Message


class ContentBlockStartEvent(Model):
    """A block begins. `index` counts all blocks."""

    type: Literal["content_block_start"] = "content_block_start"
    index: int
    content_block: ContentBlock


class ContentBlockDeltaEvent(Model):
    """A block goes on."""

    type: Literal["content_block_delta"] = "content_block_delta"
    index: int
    delta: ContentBlockDelta


class ContentBlockStopEvent(Model):
    """A block is complete."""

    type: Literal["content_block_stop"] = "content_block_stop"
    index: int


class MessageDelta(Model):
    """What is known of a message at its end."""

    container: Container | None = None
    stop_details: RefusalStopDetails | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class MessageDeltaUsage(Model):
    """Usage so far, cumulative; what is absent has not changed since the start."""

    output_tokens: Count = 0
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: OutputTokensDetails | None = None
    server_tool_use: ServerToolUsage | None = None


class MessageDeltaEvent(Model):
    """The message as a whole changes: why it ended, and its usage."""

    type: Literal["message_delta"] = "message_delta"
    delta: MessageDelta
    usage: MessageDeltaUsage = MessageDeltaUsage()


class MessageStopEvent(Model):
    """The answer is complete."""

    type: Literal["message_stop"] = "message_stop"


class OtherEvent(Model):
    """An event of a type nobody knows yet; its fields are attributes."""

    type: str


RawMessageStreamEvent: TypeAlias = (
    MessageStartEvent
    | ContentBlockStartEvent
    | ContentBlockDeltaEvent
    | ContentBlockStopEvent
    | MessageDeltaEvent
    | MessageStopEvent
    | OtherEvent
)


class TextEvent(Model):
    """More text; `snapshot` is the block's text so far."""

    type: Literal["text"] = "text"
    text: str
    snapshot: str


class CitationEvent(Model):
    """A citation; `snapshot` has all of the block's so far."""

    type: Literal["citation"] = "citation"
    citation: TextCitation
    snapshot: list[TextCitation]


class ThinkingEvent(Model):
    """More thinking; `snapshot` is the block's so far."""

    type: Literal["thinking"] = "thinking"
    thinking: str
    snapshot: str


class SignatureEvent(Model):
    """The signature of a block's thinking."""

    type: Literal["signature"] = "signature"
    signature: str


class InputJsonEvent(Model):
    """More of a tool's input; `snapshot` is as much of it as can be read so far."""

    type: Literal["input_json"] = "input_json"
    partial_json: str
    snapshot: object


class ParsedContentBlockStopEvent(ContentBlockStopEvent):
    """A block is complete: here it is."""

    content_block: ContentBlock


class ParsedMessageStopEvent(MessageStopEvent):
    """The answer is complete: here it is."""

    message: Message


MessageStreamEvent: TypeAlias = (
    RawMessageStreamEvent
    | TextEvent
    | CitationEvent
    | ThinkingEvent
    | SignatureEvent
    | InputJsonEvent
    | ParsedContentBlockStopEvent
    | ParsedMessageStopEvent
)
