"""What an exchange means, in words that every dialect can be read into. Nothing here is aigw's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; `arguments` is JSON text (free text if custom), `id` is empty where the provider gives none."""

    id: str
    name: str
    arguments: str
    kind: str = "function"


@dataclass(frozen=True, slots=True)
class Told:
    """One choice of an answer. What was not said is empty."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: tuple[Call, ...] = ()
    ending: str = "stop"
    logprobs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens, by the totals OpenAI documents: details are inside them."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """A whole answer; `id` and `model` are None where the provider names none.

    `signatures` and `hidden` (encrypted thinking) are opaque, `opaque` the kinds of block that only the provider knows.
    """

    id: str | None
    model: str | None
    choices: tuple[Told, ...]
    counted: Counted | None
    signatures: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal: the class of error it stands for, and the provider's words. None is what it did not say."""

    error: str
    status: int | None
    message: str
    type: str | None
    code: str | None


def is_stream(text: str) -> bool:
    """Whether *text* is a stream of server-sent events rather than one JSON document."""
    return not text.lstrip().startswith(("{", "["))


def data_of(text: str) -> Iterator[str]:
    """Give the data of each event of a stream, line by line: none of the recordings spreads one over two lines."""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip(" ")


def events_of(text: str) -> list[dict[str, Any]]:
    """Give the JSON of each event of a stream; the sentinel at the end of OpenAI's is none."""
    return [json.loads(data) for data in data_of(text) if data not in {"", "[DONE]"}]


def arguments_of(arguments: Any) -> str:
    """Give arguments as JSON text: some send an object, and nothing at all means no arguments."""
    said = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return said if said.strip() else "{}"


def ending_of(word: str, words: dict[str, str], *, calls: bool) -> str:
    """Look *word* up in the provider's *words*; an answer with calls that stopped, stopped for them."""
    if word not in words:
        message = f"{word!r} is not among the documented reasons; look up what the provider means by it"
        raise ValueError(message)
    return "tool_calls" if calls and words[word] == "stop" else words[word]
