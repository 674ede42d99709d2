"""Read a complete answer in Anthropic's Messages dialect.

Source: https://docs.claude.com/en/api/messages. Blocks nobody knows yet are carried through as `Opaque`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.anthropic.blocks import DIALECT
from aigw.providers.failures import mid_answer
from aigw.providers.reading import answer_object, call_id, compact, misshapen
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import EMPTY, JsonObject, as_array, as_count, as_object, as_text, without
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.types.usage import Usage
from aigw.wire import HttpResponse

_MESSAGE: Final = frozenset({"id", "type", "role", "model", "content", "usage", "stop_reason"})
_ENDING: Final = frozenset({"stop_sequence", "stop_details"})
_KNOWN: Final = _MESSAGE | _ENDING
_CALL: Final = frozenset({"type", "id", "name", "input"})
_COUNTED: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens_details"}
)

_REASONS: Final[Mapping[str, tuple[FinishReason, bool]]] = MappingProxyType(
    {
        "end_turn": (FinishReason.STOP, False),
        "max_tokens": (FinishReason.LENGTH, False),
        "tool_use": (FinishReason.TOOL_CALLS, False),
        "stop_sequence": (FinishReason.STOP, True),
        "pause_turn": (FinishReason.STOP, True),
        "compaction": (FinishReason.STOP, True),
        "model_context_window_exceeded": (FinishReason.LENGTH, True),
        "refusal": (FinishReason.CONTENT_FILTER, True),
    }
)
"""Anthropic's words, ours, and whether something is lost between them."""


def read(response: HttpResponse, target: Target, *, native: bool = False) -> Answer:
    """Read a complete answer, with its body as it came if *native*.

    Raises the mapped error for one inside a 200, and `APIResponseValidationError`.
    """
    provider = target.provider.name
    body = answer_object(response, provider)
    if body.get("type") == "error" or body.get("error"):
        raise mid_answer(body, target.provider, response)
    if not isinstance(body.get("content"), list):
        what = "JSON without `content`"
        raise misshapen(what, provider, response)
    blocks = [as_object(block) for block in as_array(body["content"])]
    parts = tuple(_part(block, target.id, (body.get("id"), place)) for place, block in enumerate(blocks))
    reason, word = finish(body.get("stop_reason"), calls=any(isinstance(part, ToolCall) for part in parts))
    ending = {name: body[name] for name in _ENDING if body.get(name) is not None}
    choice = AnswerChoice(
        parts=parts,
        reason=reason,
        provider_reason=word,
        extra=ending or EMPTY,
        message_extra=_cited(blocks),
    )
    return Answer(
        choices=(choice,),
        usage=usage_of(as_object(body.get("usage"))),
        id=as_text(body.get("id")),
        model=as_text(body.get("model")),
        extra=without(body, _KNOWN),
        dialect=DIALECT,
        native=body if native else None,
    )


def finish(said: object, *, calls: bool) -> tuple[FinishReason, str | None]:
    """Map a stop reason, and give Anthropic's own word where the mapping loses something."""
    word = as_text(said)
    reason, loses = _REASONS.get(word or "", (FinishReason.STOP, True))
    if calls and reason is FinishReason.STOP:
        return FinishReason.TOOL_CALLS, word
    return reason, word if loses else None


def usage_of(books: JsonObject) -> Usage | None:
    """Make disjoint buckets: Anthropic counts cached input apart already, and thinking inside the output."""
    if not books:
        return None
    output = _count(books, "output_tokens")
    thinking = min(output, _count(as_object(books.get("output_tokens_details")), "thinking_tokens"))
    lifetimes = as_object(books.get("cache_creation"))
    for_an_hour = _count(lifetimes, "ephemeral_1h_input_tokens")
    written = max(
        _count(books, "cache_creation_input_tokens"), for_an_hour + _count(lifetimes, "ephemeral_5m_input_tokens")
    )
    return Usage(
        input=_count(books, "input_tokens"),
        cache_read=_count(books, "cache_read_input_tokens"),
        cache_write=written - for_an_hour,
        cache_write_1h=for_an_hour,
        output=output - thinking,
        reasoning=thinking,
        server_tools=_server_tools(as_object(books.get("server_tool_use"))),
        extra=without(books, _COUNTED),
    )


def _server_tools(said: JsonObject) -> Mapping[str, int]:
    """Read how often each of the provider's own tools was used (`web_search_requests`)."""
    counts = {name.removesuffix("_requests"): _count(said, name) for name in said}
    return {name: count for name, count in counts.items() if count}


def annotation(citation: JsonObject, start: int, end: int) -> JsonObject | None:
    """Write a citation of a web page the way OpenAI does, or give None for one of another kind."""
    url = as_text(citation.get("url"))
    if url is None:
        return None
    title = as_text(citation.get("title")) or ""
    return {
        "type": "url_citation",
        "url_citation": {"url": url, "title": title, "start_index": start, "end_index": end},
    }


def _count(source: JsonObject, name: str) -> int:
    return as_count(source[name]) if name in source else 0


def _part(block: JsonObject, issuer: str, seed: tuple[object, ...]) -> Part:
    match block.get("type"):
        case "text":
            citations = as_array(block.get("citations"))
            return Text(as_text(block.get("text")) or "", {"citations": citations} if citations else EMPTY)
        case "thinking":
            signature = as_text(block.get("signature")) or None
            return Reasoning(as_text(block.get("thinking")) or "", signature, issuer=issuer)
        case "redacted_thinking":
            return Reasoning("", encrypted=as_text(block.get("data")), issuer=issuer)
        case "tool_use":
            name = as_text(block.get("name")) or ""
            arguments = compact(as_object(block.get("input")) or {})
            return ToolCall(
                as_text(block.get("id")) or call_id(*seed, name), name, arguments, extra=without(block, _CALL)
            )
        case _:
            return Opaque(DIALECT, block)


def _cited(blocks: list[JsonObject]) -> JsonObject:
    """Collect what the text cites: raw, and pages also as OpenAI's annotations with their places in the whole text."""
    citations = [as_object(citation) for block in blocks for citation in as_array(block.get("citations"))]
    if not citations:
        return EMPTY
    annotations = list(_annotations(blocks))
    return {"citations": citations, "annotations": annotations} if annotations else {"citations": citations}


def _annotations(blocks: list[JsonObject]) -> Iterator[JsonObject]:
    start = 0
    for block in blocks:
        text = as_text(block.get("text")) if block.get("type") == "text" else None
        end = start + len(text or "")
        for citation in as_array(block.get("citations")):
            written = annotation(as_object(citation), start, end)
            if written is not None:
                yield written
        start = end
