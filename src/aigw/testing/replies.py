"""What a scripted provider answers: said in no dialect, so that one script serves every server.

Wherever a fault takes a `token`, it strikes after that many tokens of the answer: frames of the stream that carry text,
reasoning, refusal, or a tool call's name or arguments. 0 is before the first of them, a number past the last is before
the terminal marker. On a request that was not streamed it strikes in the middle of the body.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, TypeAlias

from aigw.types.json import EMPTY, JsonObject
from aigw.types.usage import Usage

_WORDS = re.compile(r"\S+\s*|\s+")
_FRAGMENT = 8

UsageFault: TypeAlias = Literal["missing", "null", "zero", "negative", "text", "inflated"]


@dataclass(frozen=True, slots=True)
class Text:
    """A text answer; without one, a greeting that names the model (`Hello from gpt-4o.`).

    Where the request asks for a JSON schema, the greeting is a value of it, as a model that is held to one would give.

    `chunks` are the tokens it is streamed in: word by word unless said otherwise. `usage` counts the tokens streamed
    unless said otherwise, `model` is the one asked for. `finish_reason` is one of ours (`stop`, `length`, …), told in
    the dialect's words, or any other word, told as it is.
    """

    text: str | None = None
    _: KW_ONLY
    chunks: Sequence[str] | None = None
    usage: Usage | None = None
    model: str | None = None
    finish_reason: str | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` if text and chunks contradict each other."""
        if self.text is not None and self.chunks is not None and "".join(self.chunks) != self.text:
            message = "the chunks of a Text must join to its text; give one of the two"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool. `arguments` as JSON text are told as they are, broken ones too.

    `fragments` are the pieces the arguments are streamed in: a few characters each unless said otherwise. `id` is made
    up, stably, unless given.
    """

    name: str
    arguments: JsonObject | str = EMPTY
    _: KW_ONLY
    id: str | None = None
    fragments: Sequence[str] | None = None

    @property
    def text(self) -> str:
        """The arguments as JSON text."""
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(dict(self.arguments), ensure_ascii=False)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The arguments as they are streamed."""
        if self.fragments is not None:
            return tuple(self.fragments)
        return tuple(self.text[start : start + _FRAGMENT] for start in range(0, len(self.text), _FRAGMENT))


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Calls of tools, in parallel if more than one, after some text if there is any."""

    calls: Sequence[ToolCall]
    text: str = ""
    _: KW_ONLY
    usage: Usage | None = None
    model: str | None = None
    finish_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal by the model itself: OpenAI's `refusal`, Anthropic's stop reason with an explanation and no content."""

    text: str = "I cannot help with that."
    _: KW_ONLY
    usage: Usage | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Thinking, then a text.

    `reasoning_content` in the OpenAI dialect (the compatible servers' way), a signed `thinking` block in Anthropic's.
    """

    thinking: str
    text: str = "Done."
    _: KW_ONLY
    signature: str = "c2lnbmVk"
    usage: Usage | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A response verbatim. A `content-length` is added unless the headers have one."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class RawStream:
    """A streamed response verbatim: each chunk is written by itself, and counts as a token for the faults."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream; charset=utf-8"})
    chunks: Sequence[bytes] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Status:
    """A refusal with *status* in the dialect's error shape: its usual code, type and message unless given.

    `retry_after` goes out in seconds or, as text, as it is; without it there is no hint at all. Anthropic knows no
    `code` beside its type: there it becomes `details.error_code`.
    """

    status: int
    _: KW_ONLY
    retry_after: float | str | None = None
    retry_after_ms: float | None = None
    should_retry: bool | None = None
    code: str | None = None
    type: str | None = None
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Html:
    """A page of HTML where JSON was expected, with a 502 or, worse, a 200."""

    status: int = 502


@dataclass(frozen=True, slots=True)
class HugeError:
    """An error in the dialect's shape whose body is at least *size* bytes long."""

    status: int = 500
    _: KW_ONLY
    size: int = 10_000_000


@dataclass(frozen=True, slots=True)
class InvalidUtf8:
    """A text answer with a byte in it that cannot be UTF-8."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (TCP RST) instead of an answer."""


@dataclass(frozen=True, slots=True)
class Hang:
    """The request is accepted and nothing happens, until the client gives up or the server closes.

    With `until`, *reply* comes once that event is set: a way to hold calls in flight without sleeping.
    """

    reply: "Reply" = Text()
    _: KW_ONLY
    until: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Drip:
    """*reply*, with `delay_s` seconds before each frame of its stream (or before each half of its body)."""

    reply: "Reply" = Text()
    _: KW_ONLY
    delay_s: float = 0.05


@dataclass(frozen=True, slots=True)
class CutAt:
    """*reply*, closed (FIN) after *token* tokens, without the dialect's terminal marker.

    `clean` ends the HTTP body properly, so that only the missing marker tells; otherwise the body breaks off too. A
    body that was not streamed always breaks off.
    """

    reply: "Reply" = Text()
    _: KW_ONLY
    token: int = 1
    clean: bool = True


@dataclass(frozen=True, slots=True)
class ResetAt:
    """*reply*, reset (TCP RST) after *token* tokens."""

    reply: "Reply" = Text()
    _: KW_ONLY
    token: int = 1


@dataclass(frozen=True, slots=True)
class StallAt:
    """*reply*, stopped after *token* tokens with the connection open; it goes on once `until` is set, if ever."""

    reply: "Reply" = Text()
    _: KW_ONLY
    token: int = 1
    until: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class MalformedFrame:
    """*reply*, with one frame of broken JSON after *token* tokens; the rest follows as if nothing had happened."""

    reply: "Reply" = Text()
    _: KW_ONLY
    token: int = 1


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """*reply* with status 200, broken off after *token* tokens by an error event in the dialect's shape.

    A request that was not streamed gets a 200 whose body is the error.
    """

    reply: "Reply" = Text()
    _: KW_ONLY
    token: int = 1
    type: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class WrongUsage:
    """*reply* with usage that is missing, `null`, all zeros, negative, told as text, or a thousand times too high."""

    reply: "Reply" = Text()
    _: KW_ONLY
    fault: UsageFault = "missing"


@dataclass(frozen=True, slots=True)
class Truncated:
    """*reply* that ends in the middle of its JSON: of the body, or of the stream's last token.

    With `honest_length` HTTP finds nothing wrong with it; otherwise more bytes are announced than come.
    """

    reply: "Reply" = Text()
    _: KW_ONLY
    honest_length: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SseStyle:
    """How streams are written, within what the standard for server-sent events and the dialect allow.

    `comment` comes before each event, as does the dialect's `ping` with `pings`. `multiline` spreads each JSON over
    several `data:` lines. `space` is the optional one after the colon, `last_blank_line` the one that ends the last
    event. `write_size` cuts writes into pieces of so many bytes. `usage_in` says where the OpenAI dialect reports usage
    if it was asked to: `own_chunk` as OpenAI, the others as compatible servers.
    """

    newline: Literal["\n", "\r\n", "\r"] = "\n"
    bom: bool = False
    comment: str | None = None
    pings: bool = False
    multiline: bool = False
    space: bool = True
    last_blank_line: bool = True
    write_size: int | None = None
    usage_in: Literal["own_chunk", "last_chunk", "every_chunk"] = "own_chunk"


@dataclass(frozen=True, slots=True)
class Styled:
    """*reply*, streamed in this style instead of the server's."""

    reply: "Reply" = Text()
    style: SseStyle = SseStyle()


Saying: TypeAlias = Text | ToolCalls | Refusal | Reasoning
"""Replies that are an answer of the model."""

Fault: TypeAlias = (
    Hang | Drip | CutAt | ResetAt | StallAt | MalformedFrame | ErrorEvent | WrongUsage | Truncated | Styled
)
"""Replies that do something to another reply."""

Reply: TypeAlias = Saying | Fault | Raw | RawStream | Status | Html | HugeError | InvalidUtf8 | Reset
"""Anything a server can be told to answer."""


def words(text: str) -> tuple[str, ...]:
    """Split *text* into the tokens it is streamed in: words with the white space after them."""
    return tuple(_WORDS.findall(text))
