"""Read token usage from Google's books.

Sources: https://ai.google.dev/api/generate-content#UsageMetadata and
https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#UsageMetadata. Cached
tokens are inside the prompt, tokens of tools' results are beside it, and thoughts are beside the candidates' tokens.
"""

from typing import Final

from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.usage import Usage

_COUNTED: Final = frozenset(
    {
        "promptTokenCount",
        "candidatesTokenCount",
        "totalTokenCount",
        "cachedContentTokenCount",
        "thoughtsTokenCount",
        "toolUsePromptTokenCount",
    }
)


def usage_of(books: JsonObject, searches: int = 0) -> Usage | None:
    """Make disjoint buckets, with the number of *searches* that Google made; None where nothing was counted."""
    if not books:
        return None
    prompt, by_tools = count(books.get("promptTokenCount")), count(books.get("toolUsePromptTokenCount"))
    thoughts, written = count(books.get("thoughtsTokenCount")), count(books.get("candidatesTokenCount"))
    if thoughts and thoughts <= written and count(books.get("totalTokenCount")) == prompt + by_tools + written:
        written -= thoughts  # seen from some models: the thoughts are inside after all
    cached = min(prompt, count(books.get("cachedContentTokenCount")))
    heard, seen = _media(books, "promptTokensDetails", prompt - cached, less="cacheTokensDetails")
    spoken, drawn = _media(books, "candidatesTokensDetails", written)
    return Usage(
        input=prompt + by_tools - cached - heard - seen,
        cache_read=cached,
        output=written - spoken - drawn,
        reasoning=thoughts,
        audio_input=heard,
        image_input=seen,
        audio_output=spoken,
        image_output=drawn,
        server_tools={"google_search": searches} if searches else {},
        extra=without(books, _COUNTED),
    )


def count(value: object) -> int:
    """Give a count of tokens. Google's JSON may write whole numbers as text; what is no number counts nothing."""
    if type(value) is int:
        return max(value, 0)
    if value is None:
        return 0
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        return int(value[:18])
    return max(0, as_int(value) or 0)


def _media(books: JsonObject, name: str, most: int, less: str = "") -> tuple[int, int]:
    """Give the tokens of sound and of images in the list *name* that are not in the list *less*, *most* of them all."""
    details = as_array(books.get(name))
    if not details or (len(details) == 1 and as_object(details[0]).get("modality") == "TEXT"):
        return 0, 0
    cached = as_array(books.get(less))
    sound = min(most, max(0, _of(details, "AUDIO") - _of(cached, "AUDIO")))
    return sound, min(most - sound, max(0, _of(details, "IMAGE") - _of(cached, "IMAGE")))


def _of(details: object, modality: str) -> int:
    rows = (as_object(row) for row in as_array(details))
    return sum(count(row.get("tokenCount")) for row in rows if as_text(row.get("modality")) == modality)
