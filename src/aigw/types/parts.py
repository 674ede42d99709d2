"""Typed parts of a message: what guards, counters and adapters look at, whatever dialect the caller spoke.

Every part has `extra`: fields of the caller's or the provider's own object that aigw has no word for. A writer of the
same dialect puts them back, so nothing is lost; a writer of another dialect leaves them out.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from aigw.types.json import EMPTY, JsonObject
from aigw.types.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class Image:
    """An image, by `url` (http or https) or as base64 `data` with its `media_type`; exactly one of the two is set."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class Audio:
    """Audio as base64 `data` with its `format` (`wav`, `mp3`), or the `id` of an earlier answer's audio."""

    data: str | None = None
    format: str | None = None
    id: str | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class File:
    """A document: by provider's `file_id`, by `url`, or as base64 `data` with its `media_type`."""

    file_id: str | None = None
    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    filename: str | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. `arguments` is JSON text (never empty: no arguments are `{}`); free text if custom."""

    id: str
    name: str
    arguments: str
    kind: Literal["function", "custom"] = "function"
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class ToolResult:
    """The caller's answer to the tool call `call_id`."""

    call_id: str
    content: "tuple[Text | Image | File, ...]"
    is_error: bool = False
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class Reasoning:
    """Thinking shown by a model. `signature` and `encrypted` are opaque and valid at `issuer` (a target id) only."""

    text: str
    signature: str | None = None
    encrypted: str | None = None
    issuer: str | None = None
    extra: JsonObject = EMPTY


@quick
@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's own words for why it will not answer."""

    text: str


@quick
@dataclass(frozen=True, slots=True)
class Opaque:
    """A block that only `dialect` has (a server tool's use or result, say); carried through, never translated."""

    dialect: str
    body: JsonObject


Part: TypeAlias = Text | Image | Audio | File | ToolCall | ToolResult | Reasoning | Refusal | Opaque
