"""Read a complete answer in Bedrock's Converse dialect.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. Blocks nobody knows yet, and
those of tools that Bedrock ran by itself, are carried through as `Opaque`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import InternalServerError
from aigw.manifest.snapshot import Target
from aigw.providers.bedrock.media import DIALECT
from aigw.providers.bedrock.names import Asked
from aigw.providers.failures import mid_answer
from aigw.providers.reading import answer_object, call_id, compact, misshapen
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import EMPTY, JsonObject, as_array, as_count, as_int, as_object, as_text, without
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.types.usage import Usage
from aigw.wire import HttpResponse

_ANSWER: Final = frozenset({"output", "stopReason", "usage"})
_CALL: Final = frozenset({"toolUseId", "name", "input", "type"})
_COUNTED: Final = frozenset(
    {
        "inputTokens",
        "outputTokens",
        "totalTokens",
        "cacheReadInputTokens",
        "cacheWriteInputTokens",
        "cacheReadInputTokenCount",
        "cacheWriteInputTokenCount",
        "cacheDetails",
        "serverToolUsage",
    }
)
_REASONS: Final[Mapping[str, tuple[FinishReason, bool]]] = MappingProxyType(
    {
        "end_turn": (FinishReason.STOP, False),
        "stop_sequence": (FinishReason.STOP, True),
        "max_tokens": (FinishReason.LENGTH, False),
        "model_context_window_exceeded": (FinishReason.LENGTH, True),
        "tool_use": (FinishReason.TOOL_CALLS, False),
        "guardrail_intervened": (FinishReason.CONTENT_FILTER, True),
        "content_filtered": (FinishReason.CONTENT_FILTER, True),
    }
)
"""Bedrock's words, ours, and whether something is lost between them."""

_FAILED: Final = frozenset({"malformed_model_output", "malformed_tool_use"})
"""Words for an answer the model made no sense of itself: asking again helps."""


def read(response: HttpResponse, target: Target, asked: Asked) -> Answer:
    """Read a complete answer. Raises `APIResponseValidationError`, or `InternalServerError` for a malformed output."""
    provider = target.provider.name
    body = answer_object(response, provider)
    message = as_object(as_object(body.get("output")).get("message"))
    if not isinstance(message.get("content"), list):
        what = "JSON without `output.message.content`"
        raise misshapen(what, provider, response)
    blocks = [as_object(block) for block in as_array(message["content"])]
    parts = tuple(part for place, block in enumerate(blocks) for part in _parts(block, place, target.id, asked))
    reason, word = finish(body.get("stopReason"), provider, calls=any(isinstance(part, ToolCall) for part in parts))
    choice = AnswerChoice(parts=parts, reason=reason, provider_reason=word, message_extra=_cited(blocks))
    return Answer(
        choices=(choice,),
        usage=usage_of(as_object(body.get("usage"))),
        extra=without(body, _ANSWER),
        dialect=DIALECT,
    )


def finish(said: object, provider: str, *, calls: bool) -> tuple[FinishReason, str | None]:
    """Map a stop reason, and give Bedrock's own word where the mapping loses something.

    Without calls left, the one call was the answer itself. Raises `InternalServerError` for a malformed output.
    """
    word = as_text(said)
    if word in _FAILED:
        body = {"error": {"message": f"the model's output was malformed ({word})", "code": word}}
        raise mid_answer(body, provider, default=InternalServerError)
    reason, loses = _REASONS.get(word or "", (FinishReason.STOP, True))
    if calls and reason is FinishReason.STOP:
        return FinishReason.TOOL_CALLS, word
    if not calls and reason is FinishReason.TOOL_CALLS:
        return FinishReason.STOP, word
    return reason, word if loses else None


def usage_of(books: JsonObject) -> Usage | None:
    """Make disjoint buckets: Bedrock counts what was read from a cache or written to one beside the input."""
    if not books:
        return None
    written = max(_count(books, "cacheWriteInputTokens"), _count(books, "cacheWriteInputTokenCount"))
    details = [as_object(detail) for detail in as_array(books.get("cacheDetails"))]
    for_an_hour = min(written, sum(_count(detail, "inputTokens") for detail in details if detail.get("ttl") == "1h"))
    tools = {name: count for name, value in as_object(books.get("serverToolUsage")).items() if (count := as_int(value))}
    return Usage(
        input=_count(books, "inputTokens"),
        cache_read=max(_count(books, "cacheReadInputTokens"), _count(books, "cacheReadInputTokenCount")),
        cache_write=written - for_an_hour,
        cache_write_1h=for_an_hour,
        output=_count(books, "outputTokens"),
        server_tools=tools,
        extra=without(books, _COUNTED),
    )


def arguments_of(said: object) -> str:
    """Write a tool call's input, an object, as JSON text."""
    return compact(as_object(said) or {})


def annotation(citation: JsonObject, start: int, end: int) -> JsonObject | None:
    """Write a citation of a web page the way OpenAI does, or give None for one of another kind."""
    url = as_text(as_object(as_object(citation.get("location")).get("web")).get("url"))
    if url is None:
        return None
    cited = {"url": url, "title": as_text(citation.get("title")) or "", "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": cited}


def thought(body: JsonObject, issuer: str) -> Reasoning:
    """Read a block of thinking: text with its signature, or what only the model can read."""
    told = as_object(body.get("reasoningText"))
    redacted = as_text(body.get("redactedContent"))
    return Reasoning(
        as_text(told.get("text")) or "", as_text(told.get("signature")) or None, encrypted=redacted, issuer=issuer
    )


def _count(source: JsonObject, name: str) -> int:
    return as_count(source[name]) if name in source else 0


def _parts(block: JsonObject, place: int, issuer: str, asked: Asked) -> Iterator[Part]:
    text = as_text(block.get("text"))
    if text is not None:
        yield Text(text)
        return
    call, cited = as_object(block.get("toolUse")), as_object(block.get("citationsContent"))
    if call and call.get("type", "tool_use") == "tool_use":
        yield _call(call, place, asked)
    elif cited:
        citations = as_array(cited.get("citations"))
        yield Text(_cited_text(cited), {"citations": citations} if citations else EMPTY)
    elif as_object(block.get("reasoningContent")):
        yield thought(as_object(block["reasoningContent"]), issuer)
    elif block:
        yield Opaque(DIALECT, block)


def _call(call: JsonObject, place: int, asked: Asked) -> Part:
    name = as_text(call.get("name")) or ""
    arguments = arguments_of(call.get("input"))
    if name == asked.answer_tool:
        return Text(arguments)
    known = as_text(call.get("toolUseId"))
    return ToolCall(known or call_id(place, name, arguments), asked.name(name), arguments, extra=without(call, _CALL))


def _cited_text(cited: JsonObject) -> str:
    return "".join(as_text(as_object(piece).get("text")) or "" for piece in as_array(cited.get("content")))


def _cited(blocks: list[JsonObject]) -> JsonObject:
    """Collect what the text cites: raw, and pages also as OpenAI's annotations with their places in the whole text."""
    citations: list[JsonObject] = []
    annotations: list[JsonObject] = []
    start = 0
    for block in blocks if any("citationsContent" in block for block in blocks) else ():
        cited = as_object(block.get("citationsContent"))
        end = start + len(_cited_text(cited) if cited else as_text(block.get("text")) or "")
        for citation in map(as_object, as_array(cited.get("citations"))):
            citations.append(citation)
            written = annotation(citation, start, end)
            annotations += [] if written is None else [written]
        start = end
    if not citations:
        return EMPTY
    return {"citations": citations, "annotations": annotations} if annotations else {"citations": citations}
