"""Canonical events: what a reply is made of. A complete answer is a stream of one (`Answer`).

A stream is `Started`, then deltas, then for each choice one `ChoiceEnded`, then at most one `UsageReported` that counts
(the last wins), then `Ended`. A stream without `Ended` was cut.

`extra` holds what the provider's chunk said beyond our words, by level, so that a surface of the same dialect can hand
it on: `{"chunk": {...}, "choice": {...}, "delta": {...}}`, absent levels left out.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from aigw.types.embeddings import Embedded
from aigw.types.json import EMPTY, JsonObject
from aigw.types.parts import Part
from aigw.types.quick import quick
from aigw.types.relay import Relayed
from aigw.types.usage import Usage

if TYPE_CHECKING:
    from aigw.errors import APIError


class FinishReason(StrEnum):
    """Why a choice ended: the closed set every provider's word is mapped to."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


@quick
@dataclass(frozen=True, slots=True)
class Started:
    """The provider has accepted the call. `created` is in seconds since the epoch, or None where it is not said."""

    id: str | None = None
    model: str | None = None
    created: int | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of a choice. `logprobs` is OpenAI's object for these tokens, where asked for."""

    text: str
    choice: int = 0
    logprobs: JsonObject | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More thinking of a choice; `signature` and `encrypted` as in `parts.Reasoning`."""

    text: str
    choice: int = 0
    signature: str | None = None
    encrypted: str | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """More of the model's refusal."""

    text: str
    choice: int = 0
    logprobs: JsonObject | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A tool call begins (`id` and `name` set, once a call) or goes on (`arguments` grows).

    `index` counts the tool calls of a choice densely from 0, whatever else the provider's index counts.
    """

    index: int
    choice: int = 0
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    kind: str = "function"
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class OtherDelta:
    """What has no word of ours: an opaque block or fields of a chunk, handed on as they came (see `extra`)."""

    choice: int = 0
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class ChoiceEnded:
    """A choice is complete. `provider_reason` is the provider's own word where the mapping loses something."""

    reason: FinishReason
    choice: int = 0
    provider_reason: str | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class UsageReported:
    """Usage so far, cumulative: a later report replaces an earlier one."""

    usage: Usage
    extra: JsonObject = EMPTY


@dataclass(frozen=True, slots=True)
class Ended:
    """The provider's terminal marker was seen: the stream is whole."""


@quick
@dataclass(frozen=True, slots=True)
class Broken:
    """The stream holds an error here: whoever reads that far raises it. What came before it was good."""

    error: "APIError"


@quick
@dataclass(frozen=True, slots=True)
class Native:
    """One event of the provider's stream as it came, ahead of the canonical events that were read from it.

    Only where the caller's surface speaks the provider's *dialect*, and has no other way to hand on what aigw has no
    word for. It is no content by itself. A stage that changes an answer leaves these out, so that its change holds.
    """

    dialect: str
    event: JsonObject


@quick
@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """One alternative of a complete answer."""

    parts: tuple[Part, ...]
    reason: FinishReason
    index: int = 0
    provider_reason: str | None = None
    logprobs: JsonObject | None = None
    extra: JsonObject = EMPTY
    message_extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: the only event of a reply that was not streamed. `usage` is None where none was reported.

    `native` is the whole body as it came, where the caller's surface speaks the *dialect* it is in (see `Native`).
    """

    choices: tuple[AnswerChoice, ...]
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    created: int | None = None
    extra: JsonObject = EMPTY
    dialect: str = ""
    native: JsonObject | None = None


@quick
@dataclass(frozen=True, slots=True)
class Counted:
    """How many tokens a request would be, as the provider counts."""

    input_tokens: int
    extra: JsonObject = EMPTY


Whole: TypeAlias = Answer | Embedded | Counted | Relayed
"""A complete answer to one of the operations."""

Content: TypeAlias = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | OtherDelta | Whole
"""Events that hand something of the answer to the caller: the first of them ends the time for silent fallback."""

Event: TypeAlias = Content | Native | Started | ChoiceEnded | UsageReported | Ended | Broken
