"""Write what a candidate cites the way OpenAI does: `url_citation`, with places in the text.

Source: https://ai.google.dev/api/generate-content#GroundingMetadata and #CitationMetadata. Google counts places in
bytes of UTF-8, OpenAI in characters.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text

_SOURCES: Final = ("web", "retrievedContext", "maps")


def annotations(candidate: JsonObject, texts: Sequence[str]) -> list[JsonObject]:
    """Give an annotation for each address that *candidate* cites; *texts* has what each of its parts says aloud."""
    return [*_grounded(as_object(candidate.get("groundingMetadata")), texts), *_cited(candidate, texts)]


def searches(candidate: JsonObject) -> int:
    """Count the searches that Google made for *candidate*."""
    if "groundingMetadata" not in candidate:
        return 0
    return len(as_array(as_object(candidate["groundingMetadata"]).get("webSearchQueries")))


def _grounded(metadata: JsonObject, texts: Sequence[str]) -> Iterator[JsonObject]:
    chunks = as_array(metadata.get("groundingChunks"))
    for item in as_array(metadata.get("groundingSupports")):
        support = as_object(item)
        start, end = _place(as_object(support.get("segment")), texts)
        for number in as_array(support.get("groundingChunkIndices")):
            index = as_int(number)
            if index is not None and 0 <= index < len(chunks):
                yield from _annotation(_source(as_object(chunks[index])), start, end)


def _cited(candidate: JsonObject, texts: Sequence[str]) -> Iterator[JsonObject]:
    metadata = as_object(candidate.get("citationMetadata"))
    for item in as_array(metadata.get("citationSources")) or as_array(metadata.get("citations")):
        source = as_object(item)
        yield from _annotation(source, *_place(source, texts))


def _source(chunk: JsonObject) -> JsonObject:
    return next((found for name in _SOURCES if (found := as_object(chunk.get(name)))), chunk)


def _annotation(source: JsonObject, start: int, end: int) -> Iterator[JsonObject]:
    url = as_text(source.get("uri"))
    if url:
        title = as_text(source.get("title")) or ""
        cited = {"url": url, "title": title, "start_index": start, "end_index": end}
        yield {"type": "url_citation", "url_citation": cited}


def _place(segment: JsonObject, texts: Sequence[str]) -> tuple[int, int]:
    """Give start and end of *segment* in characters of the whole text."""
    part = as_int(segment.get("partIndex"))
    if part is not None and 0 <= part < len(texts) and texts[part]:
        before, text = sum(len(said) for said in texts[:part]), texts[part]
    else:
        before, text = 0, "".join(texts)
    encoded = text.encode("utf-8", "surrogatepass")
    return before + _characters(encoded, segment.get("startIndex")), before + _characters(
        encoded, segment.get("endIndex")
    )


def _characters(encoded: bytes, place: object) -> int:
    return len(encoded[: max(0, as_int(place) or 0)].decode("utf-8", "ignore"))
