"""Content blocks of a Bedrock stream while they grow."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from aigw.types.json import JsonObject, as_array, as_object
from aigw.wire import decoded


@dataclass(slots=True)
class Block:
    """A content block under way. `call` is its dense place among the tool calls; `pieces` is JSON that has come.

    `opaque` is what a block of Bedrock's own grows into; `signature` and `redacted` are handed on when it ends.
    """

    call: int | None = None
    answer: bool = False
    pieces: list[str] = field(default_factory=list[str])
    opaque: dict[str, object] = field(default_factory=dict[str, object])
    signature: list[str] = field(default_factory=list[str])
    redacted: list[str] = field(default_factory=list[str])
    start: int = 0


def grow(body: dict[str, object], delta: JsonObject) -> None:
    """Add a delta of a block of Bedrock's own to *body*: texts and lists grow, fields of objects are laid over."""
    for name, value in delta.items():
        before = body.get(name)
        if as_array(value):
            items = [*as_array(as_object(before).get("content")), *as_array(value)]
            body[name] = {**as_object(before), "content": items}
        elif as_object(value):
            body[name] = {**as_object(before), **as_object(value)}
        else:
            body[name] = value


def input_of(text: str) -> object:
    """Decode the input of a tool's use, or give the text where it is no JSON."""
    try:
        return decoded(text)
    except ValueError:
        return text


def joined(pieces: list[str]) -> str | None:
    """Put together base64 that came in pieces, each of which may end in padding."""
    if len(pieces) < 2:  # noqa: PLR2004 - one piece needs no putting together
        return "".join(pieces) or None
    try:
        return b64encode(b"".join(b64decode(piece) for piece in pieces)).decode("ascii")
    except ValueError:
        return "".join(pieces)
