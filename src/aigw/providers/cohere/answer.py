"""Read a complete answer in Cohere's chat dialect (v2). Source: https://docs.cohere.com/reference/chat."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.cohere.messages import DIALECT
from aigw.providers.failures import Whose, mid_answer
from aigw.providers.reading import answer_object, arguments_text, call_id, misshapen
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import EMPTY, JsonObject, as_array, as_count, as_int, as_object, as_text, without
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.types.usage import Usage
from aigw.wire import HttpResponse

_ANSWER: Final = frozenset({"id", "message", "finish_reason", "usage", "logprobs", "meta"})
_MESSAGE: Final = frozenset({"role", "content", "tool_calls", "citations"})
_CALL: Final = frozenset({"id", "type", "function"})
_COUNTED: Final = frozenset({"tokens", "cached_tokens"})

_REASONS: Final[Mapping[str, tuple[FinishReason, bool]]] = MappingProxyType(
    {
        "COMPLETE": (FinishReason.STOP, False),
        "STOP_SEQUENCE": (FinishReason.STOP, True),
        "MAX_TOKENS": (FinishReason.LENGTH, False),
        "TOOL_CALL": (FinishReason.TOOL_CALLS, False),
        "ERROR_TOXIC": (FinishReason.CONTENT_FILTER, True),
    }
)
"""Cohere's words, ours, and whether something is lost between them."""

_NOTHING: Final = Text("")
_FAILURES: Final = frozenset({"ERROR", "ERROR_LIMIT", "TIMEOUT"})


def read(response: HttpResponse, target: Target) -> Answer:
    """Read a complete answer. Raises the mapped error for one inside a 200, and `APIResponseValidationError`."""
    provider = target.provider.name
    body = answer_object(response, provider)
    check_for_error(body, target.provider, response)
    if not isinstance(body.get("message"), Mapping):
        what = "JSON without `message`"
        raise misshapen(what, provider, response)
    message = as_object(body["message"])
    calls = tuple(_calls(message, body.get("id")))
    reason, word = finish(body, calls=bool(calls), provider=provider, response=response)
    said = (*_parts(message, target.id), *calls)
    choice = AnswerChoice(
        parts=tuple(part for part in said if part != _NOTHING) or said[:1],
        reason=reason,
        provider_reason=word,
        logprobs=logprobs_of(as_array(body.get("logprobs"))),
        message_extra=_beside(message),
    )
    return Answer(
        choices=(choice,),
        usage=usage_of(as_object(body.get("usage"))),
        id=as_text(body.get("id")) or None,
        extra=without(body, _ANSWER),
        dialect=DIALECT,
    )


def check_for_error(body: JsonObject, provider: Whose, response: HttpResponse | None = None) -> None:
    """Raise the mapped error if *body*, an answer or an event of one, holds an error: its message is a text then."""
    if body.get("error") or (isinstance(body.get("message"), str) and "embeddings" not in body):
        raise mid_answer(body, provider, response)


def finish(
    ending: JsonObject, *, calls: bool, provider: str, response: HttpResponse | None = None
) -> tuple[FinishReason, str | None]:
    """Map the reason of an *ending*, and give Cohere's own word where the mapping loses something.

    Raises the mapped error where the word means that the provider failed.
    """
    word = as_text(ending.get("finish_reason")) or None
    plain = (word or "").upper()
    if plain in _FAILURES:
        said = as_text(ending.get("error")) or f"finish_reason is {plain}"
        raise mid_answer({"message": said, "code": plain.lower()}, provider, response)
    reason, loses = _REASONS.get(plain, (FinishReason.STOP, True))
    if calls and reason is FinishReason.STOP:
        return FinishReason.TOOL_CALLS, word
    return reason, word if loses else None


def usage_of(books: JsonObject) -> Usage | None:
    """Make disjoint buckets of the tokens that were read and written; what is billed, which may be less, stays beside.

    Cached tokens are inside those that were read.
    """
    tokens = as_object(books.get("tokens")) or as_object(books.get("billed_units"))
    if not tokens:
        return None
    return Usage.of_totals(
        prompt=_count(tokens, "input_tokens"),
        completion=_count(tokens, "output_tokens"),
        cache_read=min(_count(books, "cached_tokens"), _count(tokens, "input_tokens")),
        extra=without(books, _COUNTED),
    )


def logprobs_of(items: Sequence[object]) -> JsonObject | None:
    """Write log probabilities the way OpenAI does, a piece of text with the sum of its tokens' for each of theirs."""
    pieces = [_piece(as_object(item)) for item in items]
    return {"content": pieces, "refusal": None} if pieces else None


def annotations(citation: JsonObject, start: int) -> Iterator[JsonObject]:
    """Write a citation of pages the way OpenAI does, for text that begins at *start*; others have no such form."""
    if (as_text(citation.get("type")) or "TEXT_CONTENT") != "TEXT_CONTENT":
        return
    begin, end = as_int(citation.get("start")) or 0, as_int(citation.get("end")) or 0
    for source in map(as_object, as_array(citation.get("sources"))):
        document = as_object(source.get("document")) or as_object(source.get("tool_output"))
        url = as_text(document.get("url"))
        if url is not None:
            title = as_text(document.get("title")) or ""
            page = {"url": url, "title": title, "start_index": start + begin, "end_index": start + end}
            yield {"type": "url_citation", "url_citation": page}


def call_extra(said: JsonObject) -> JsonObject:
    """Give what a tool call says beyond our words."""
    return without(said, _CALL)


def _count(source: JsonObject, name: str) -> int:
    return as_count(source.get(name))


def _piece(said: JsonObject) -> JsonObject:
    numbers = [number for number in as_array(said.get("logprobs")) if isinstance(number, int | float)]
    text = as_text(said.get("text")) or ""
    beyond = without(said, frozenset({"text", "logprobs"}))
    return {**beyond, "token": text, "logprob": sum(numbers), "bytes": None, "top_logprobs": []}


def _parts(message: JsonObject, issuer: str) -> Iterator[Part]:
    """Give thinking, plan and text, in this order: the plan is thinking that comes before tool calls."""
    content = message.get("content")
    blocks: list[object] = [{"type": "text", "text": content}] if isinstance(content, str) else [*as_array(content)]
    spoken = [part for block in blocks if (part := _part(block, issuer)) is not None]
    yield from (part for part in spoken if isinstance(part, Reasoning))
    plan = as_text(message.get("tool_plan"))
    if plan:
        yield Reasoning(plan, issuer=issuer)
    yield from (part for part in spoken if not isinstance(part, Reasoning))


def _part(said: object, issuer: str) -> Part | None:
    block = as_object(said)
    match block.get("type"):
        case "text":
            return Text(as_text(block.get("text")) or "")
        case "thinking":
            return Reasoning(as_text(block.get("thinking")) or "", issuer=issuer)
        case _:
            return Opaque(DIALECT, block) if block else None


def _calls(message: JsonObject, seed: object) -> Iterator[ToolCall]:
    for place, item in enumerate(as_array(message.get("tool_calls"))):
        said = as_object(item)
        function = as_object(said.get("function"))
        name = as_text(function.get("name")) or ""
        yield ToolCall(
            id=as_text(said.get("id")) or call_id(seed, place, name),
            name=name,
            arguments=arguments_text(function.get("arguments")),
            extra=call_extra(said),
        )


def _beside(message: JsonObject) -> JsonObject:
    """Collect what stands beside the content: the plan, citations raw, and cited pages also as OpenAI's annotations."""
    beside = {name: value for name, value in without(message, _MESSAGE).items() if value not in (None, "", [], {})}
    citations = [as_object(citation) for citation in as_array(message.get("citations"))]
    if citations:
        beside["citations"] = citations
        starts = _starts(message)
        pages = [
            page
            for citation in citations
            for page in annotations(citation, starts.get(as_int(citation.get("content_index")) or 0, 0))
        ]
        if pages:
            beside["annotations"] = pages
    return beside or EMPTY


def _starts(message: JsonObject) -> Mapping[int, int]:
    """Give where in the whole text each text block begins, by its place in the content."""
    starts: dict[int, int] = {}
    length = 0
    for place, block in enumerate(map(as_object, as_array(message.get("content")))):
        if block.get("type") == "text":
            starts[place] = length
            length += len(as_text(block.get("text")) or "")
    return starts
