"""Public response models of `messages`, with the names and attributes of the `anthropic` client.

Source of the shapes: https://docs.claude.com/en/api/messages. Every model keeps fields it has no word for, and a block
of a type nobody knows yet is an `OtherBlock`: what a provider says beyond the dialect is an attribute, too.
"""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, PrivateAttr, Tag

from aigw.types.answered import Answered
from aigw.types.chat import Model
from aigw.types.json import JsonObject, as_object

Count: TypeAlias = Annotated[int, BeforeValidator(lambda said: 0 if said is None else said)]
"""A number that some hosts of the dialect leave null."""


class CacheCreation(Model):
    """Tokens written to the cache, by how long they stay there."""

    ephemeral_1h_input_tokens: Count = 0
    ephemeral_5m_input_tokens: Count = 0


class ServerToolUsage(Model):
    """How often the provider's own tools were used."""

    web_fetch_requests: Count = 0
    web_search_requests: Count = 0


class OutputTokensDetails(Model):
    """What `output_tokens` is made of, as far as the provider says."""

    thinking_tokens: int | None = None


class Usage(Model):
    """Tokens of an answer. Cached input is counted apart from `input_tokens`; thinking is part of `output_tokens`."""

    input_tokens: Count = 0
    output_tokens: Count = 0
    cache_creation: CacheCreation | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    inference_geo: str | None = None
    output_tokens_details: OutputTokensDetails | None = None
    server_tool_use: ServerToolUsage | None = None
    service_tier: str | None = None
    speed: str | None = None


class Issued(Model):
    """A block that is valid at the target that made it, which it remembers when it is sent back."""

    _issuer: str | None = PrivateAttr(default=None)

    def issued(self, issuer: str | None) -> None:
        """Remember which target made it."""
        self._issuer = issuer

    def issuer_known(self) -> str | None:
        """Give the target that made it, if a gateway handed it out."""
        return self._issuer


class TextCitation(Model):
    """What a text rests on. The kinds differ in how they say where: their fields are attributes."""

    type: str
    cited_text: str | None = None


class TextBlock(Model):
    """Text. `citations` says what it rests on, where that was asked for."""

    type: Literal["text"] = "text"
    text: str
    citations: list[TextCitation] | None = None


class ThinkingBlock(Issued):
    """Thinking shown by the model. It goes back as it is; `signature` is opaque."""

    type: Literal["thinking"] = "thinking"
    thinking: str = ""
    signature: str = ""


class RedactedThinkingBlock(Issued):
    """Thinking that is not shown; `data` is opaque."""

    type: Literal["redacted_thinking"] = "redacted_thinking"
    data: str


class ToolUseBlock(Model):
    """The model asks for a tool of the caller's."""

    type: Literal["tool_use"] = "tool_use"
    id: str
    name: str
    input: object
    caller: JsonObject | None = None
    toolset_name: str | None = None


class ServerToolUseBlock(Model):
    """The model uses a tool of the provider's own: nobody else has to do anything."""

    type: Literal["server_tool_use"] = "server_tool_use"
    id: str
    name: str
    input: object
    caller: JsonObject | None = None


class OtherBlock(Model):
    """Any other block (the result of a tool of the provider's, a container's file); its fields are attributes."""

    type: str


_KNOWN: Final = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"})


def _kind_of_block(value: object) -> str:
    kind = as_object(value).get("type") or getattr(value, "type", None)
    return kind if isinstance(kind, str) and kind in _KNOWN else "other"


ContentBlock: TypeAlias = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ThinkingBlock, Tag("thinking")]
    | Annotated[RedactedThinkingBlock, Tag("redacted_thinking")]
    | Annotated[ToolUseBlock, Tag("tool_use")]
    | Annotated[ServerToolUseBlock, Tag("server_tool_use")]
    | Annotated[OtherBlock, Tag("other")],
    Discriminator(_kind_of_block),
]


class Container(Model):
    """The container that the provider's code tool ran in; `expires_at` is RFC 3339."""

    id: str
    expires_at: str | None = None


class RefusalStopDetails(Model):
    """Why an answer was refused, as far as the provider says."""

    type: str = "refusal"
    category: str | None = None
    explanation: str | None = None


class Message(Answered):
    """A complete answer, or one so far: `stop_reason` is None while it is under way."""

    id: str
    content: list[ContentBlock]
    model: str
    role: Literal["assistant"] = "assistant"
    type: Literal["message"] = "message"
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: RefusalStopDetails | None = None
    container: Container | None = None
    diagnostics: JsonObject | None = None
    usage: Usage = Usage()


class MessageTokensCount(Answered):
    """How many tokens a request would be: system, tools and messages."""

    input_tokens: int
