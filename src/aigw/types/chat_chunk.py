"""Public models of a streamed answer's chunks, with the names and attributes of the `openai` client.

Source of the shapes: https://platform.openai.com/docs/api-reference/chat-streaming.
"""

from typing import Literal

from aigw.types.chat import ChoiceLogprobs, CompletionUsage, FinishReason, Model
from aigw.types.json import JsonObject


class ChoiceDeltaFunctionCall(Model):
    """More of a call of the old kind."""

    arguments: str | None = None
    name: str | None = None


class ChoiceDeltaToolCallFunction(Model):
    """More of a function call: the name once, then pieces of the arguments."""

    arguments: str | None = None
    name: str | None = None


class ChoiceDeltaToolCall(Model):
    """More of the tool call `index`; a custom tool's pieces are in the extra field `custom`."""

    index: int
    id: str | None = None
    function: ChoiceDeltaToolCallFunction | None = None
    type: Literal["function", "custom"] | None = None


class ChoiceDelta(Model):
    """What a chunk adds to a message."""

    content: str | None = None
    function_call: ChoiceDeltaFunctionCall | None = None
    refusal: str | None = None
    role: Literal["developer", "system", "user", "assistant", "tool"] | None = None
    tool_calls: list[ChoiceDeltaToolCall] | None = None


class ChunkChoice(Model):
    """What a chunk adds to a choice; `finish_reason` is set on its last one."""

    delta: ChoiceDelta
    finish_reason: FinishReason | None = None
    index: int
    logprobs: ChoiceLogprobs | None = None


class ChatCompletionChunk(Model):
    """A piece of a streamed answer. The one with `usage`, if asked for, is the last and has no choices."""

    id: str
    choices: list[ChunkChoice]
    created: int
    model: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    moderation: JsonObject | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    usage: CompletionUsage | None = None
