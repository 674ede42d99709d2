"""What a recorded exchange means, read from its raw body by the providers' public documentation and nothing of aigw.

This is a second reading on purpose, kept naive: where it and the adapters agree, neither is likely to be wrong in the
same way. One module a dialect; `meaning_of` finds it by the path that was asked.
"""

from collections.abc import Callable

from tests.journeys.extractors.anthropic import anthropic_meaning, events_meaning, message_meaning
from tests.journeys.extractors.bedrock import bedrock_meaning
from tests.journeys.extractors.cohere import cohere_meaning
from tests.journeys.extractors.embeddings import Vectors, vectors_of
from tests.journeys.extractors.gemini import gemini_meaning
from tests.journeys.extractors.meaning import Call, Counted, Meaning, Refused, Told, events_of, is_stream
from tests.journeys.extractors.openai_chat import openai_meaning
from tests.journeys.extractors.refusals import refusal_of
from tests.journeys.extractors.responses import response_meaning, responses_meaning

__all__ = [
    "Call",
    "Counted",
    "Meaning",
    "Refused",
    "Told",
    "Vectors",
    "anthropic_meaning",
    "bedrock_meaning",
    "cohere_meaning",
    "events_meaning",
    "events_of",
    "gemini_meaning",
    "is_stream",
    "meaning_of",
    "message_meaning",
    "openai_meaning",
    "refusal_of",
    "response_meaning",
    "responses_meaning",
    "vectors_of",
]

_TEXTS: dict[str, Callable[[str], Meaning]] = {
    "/chat/completions": openai_meaning,
    "/responses": responses_meaning,
    "/messages": anthropic_meaning,
    ":generateContent": gemini_meaning,
    ":streamGenerateContent": gemini_meaning,
    "/v2/chat": cohere_meaning,
}


def meaning_of(path: str, body: bytes) -> Meaning:
    """Read *body*, the answer to what was sent to *path*."""
    if path.endswith(("/converse", "/converse-stream")):
        return bedrock_meaning(body)
    return next(read for ending, read in _TEXTS.items() if path.endswith(ending))(body.decode())
