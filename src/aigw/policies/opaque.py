"""What of a conversation only its issuer can read: signatures, encrypted thinking, ids of stored thinking.

All surfaces and dialects have these in the same canonical places: `Reasoning.signature`, `.encrypted` and the `id` in
its `extra`; `extra_content.google.thought_signature` in the `extra` of a text, a tool call or a whole message; and
`encrypted_content` of a block that has no word of ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.types.request import Message, Request

BESIDE: Final = "extra_content"
"""The field in which Google's OpenAI endpoint gives a thought signature, as aigw does everywhere."""

_BOUND: Final = (Reasoning, Opaque)
_BEARERS: Final = (Text, ToolCall)
"""Tuples, made once: these checks run for every part of every call."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One opaque text: the name it is remembered by, and the target that is said to have issued it."""

    name: str
    issuer: str | None = None


def mark(text: str) -> str:
    """Give the name by which an opaque *text* is remembered: the text itself may be long, and is nobody's business."""
    return f"opaque:{blake2b(text.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def google_of(extra: JsonObject) -> JsonObject:
    """Give what Google wants back beside a text or a call."""
    return as_object(as_object(extra.get(BESIDE)).get("google")) if BESIDE in extra else as_object(None)


def seal_beside(extra: JsonObject) -> Seal | None:
    """Give the thought signature in *extra*, if there is one."""
    google = google_of(extra)
    signature = as_text(google.get("thought_signature"))
    return Seal(mark(signature), as_text(google.get("issuer"))) if signature else None


def seal_of(part: Part) -> Seal | None:
    """Give what is opaque of *part*, if anything is."""
    match part:
        case Reasoning(signature=signature, encrypted=encrypted, issuer=issuer, extra=extra):
            text = signature or encrypted
            kept = as_text(extra.get("id"))
            return Seal(mark(text), issuer) if text else Seal(kept, issuer) if kept else None
        case Text(extra=extra) | ToolCall(extra=extra) if extra:
            return seal_beside(extra)
        case Opaque(body=body):
            text = as_text(body.get("encrypted_content"))
            return Seal(mark(text)) if text else None
        case _:
            return None


def carries(request: Request) -> bool:
    """Whether anything of *request* is opaque, or says who issued it. Nothing is, in most calls: this must be quick."""
    for message in request.messages:
        if message.extra and BESIDE in message.extra:
            return True
        for part in message.parts:
            if isinstance(part, _BOUND) or (isinstance(part, _BEARERS) and part.extra and BESIDE in part.extra):
                return True
    return False


def seals(message: Message) -> Iterator[Seal]:
    """Give what is opaque of *message*, in its order."""
    for part in message.parts:
        seal = seal_of(part)
        if seal is not None:
            yield seal
    whole = seal_beside(message.extra) if message.extra else None
    if whole is not None:
        yield whole
