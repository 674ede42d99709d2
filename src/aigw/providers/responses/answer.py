"""Read a complete answer in OpenAI's Responses dialect.

Source: https://platform.openai.com/docs/api-reference/responses/object. Items nobody knows, and those of tools that the
provider runs by itself, are carried through as `Opaque`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from aigw.errors import APIStatusError, BadRequestError
from aigw.manifest.snapshot import Target
from aigw.providers.failures import Whose, mid_answer
from aigw.providers.openai.usage import usage_of
from aigw.providers.reading import answer_object, arguments_text, call_id, misshapen
from aigw.providers.responses.items import DIALECT
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.kind import Quirks
from aigw.types.parts import Opaque, Part, Reasoning, Refusal, Text, ToolCall
from aigw.types.request import Request
from aigw.types.usage import Usage
from aigw.wire import HttpResponse

CALLS: Final[Mapping[str, str]] = MappingProxyType({"function_call": "arguments", "custom_tool_call": "input"})
"""Items that are calls of the caller's tools, and the field with what is handed to the tool."""

TEXTS: Final = frozenset({"output_text", "text", "input_text"})
"""Types of a text in a message: OpenAI's own, and what others write for it."""

_CALL: Final = frozenset({"type", "id", "call_id", "name", "arguments", "input", "status"})
_KEPT: Final = ("service_tier", "content_filters", "moderation")
_SERVER_TOOLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "web_search_call": "web_search",
        "file_search_call": "file_search",
        "code_interpreter_call": "code_interpreter",
        "image_generation_call": "image_generation",
        "mcp_call": "mcp",
        "x_search_call": "x_search",
    }
)
_BOOKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "input_tokens": "prompt_tokens",
        "output_tokens": "completion_tokens",
        "input_tokens_details": "prompt_tokens_details",
        "output_tokens_details": "completion_tokens_details",
    }
)
_REASONS: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {
        "max_output_tokens": FinishReason.LENGTH,
        "max_tokens": FinishReason.LENGTH,
        "length": FinishReason.LENGTH,
        "content_filter": FinishReason.CONTENT_FILTER,
    }
)
_ABOUT_THE_INPUT: Final = ("invalid_", "image_", "unsupported_", "empty_", "failed_to_download_")
"""How the codes begin that blame what the caller sent: trying again elsewhere helps nobody."""


def read(response: HttpResponse, target: Target, request: Request) -> Answer:
    """Read a complete answer. Raises the mapped error for one that failed, and `APIResponseValidationError`.

    An answer that is still to come (`queued`, asked for with `background`) has no parts.
    """
    provider = target.provider.name
    body = answer_object(response, provider)
    check_for_failure(body, target.provider, response)
    if not isinstance(body.get("output"), list):
        what = "JSON without `output`"
        raise misshapen(what, provider, response)
    return answer_of(body, target, native=request.dialect == DIALECT)


def answer_of(body: JsonObject, target: Target, *, native: bool) -> Answer:
    """Make the answer of *body*, however it ended; *native* says that the caller speaks this dialect, too."""
    items = [as_object(item) for item in as_array(body["output"])]
    seed = body.get("id")
    parts = tuple(part for place, item in enumerate(items) for part in _parts(item, target.id, (seed, place)))
    reason, word = finish(body, calls=any(isinstance(part, ToolCall) for part in parts))
    texts = _spoken(items)
    return Answer(
        choices=(AnswerChoice(parts, reason, 0, word, logprobs_of(texts), message_extra=_cited(texts)),),
        usage=books_of(body, items, target.provider.kind.quirks),
        id=as_text(body.get("id")) or None,
        model=as_text(body.get("model")) or None,
        created=as_int(body.get("created_at")),
        extra=beside(body),
        dialect=DIALECT,
        native=body if native else None,
    )


def check_for_failure(body: JsonObject, provider: Whose, response: HttpResponse | None = None) -> None:
    """Raise the mapped error if *body*, an answer or an event, is a failure instead of one."""
    status = as_text(body.get("status"))
    if body.get("error") or body.get("type") == "error" or body.get("object") == "error":
        raise _failure(body, provider, response)
    if status in {"failed", "cancelled"}:
        raise _failure({"error": {"message": f"the response was {status}", "code": status}}, provider, response)


def _failure(body: JsonObject, provider: Whose, response: HttpResponse | None) -> APIStatusError:
    error = body.get("error") or without(body, frozenset({"type", "object", "sequence_number"}))
    code = as_text(as_object(error).get("code")) or ""
    default = BadRequestError if code.startswith(_ABOUT_THE_INPUT) else None
    return mid_answer({"error": error}, provider, response, default=default)


def finish(body: JsonObject, *, calls: bool) -> tuple[FinishReason, str | None]:
    """Map how an answer ended, and give the provider's own word where the mapping loses something."""
    status = as_text(body.get("status"))
    if status == "incomplete":
        word = as_text(as_object(body.get("incomplete_details")).get("reason"))
        return _REASONS.get(word or "", FinishReason.LENGTH), None if word in _REASONS else word or status
    lost = None if status in {None, "completed", "complete"} else status
    return FinishReason.TOOL_CALLS if calls else FinishReason.STOP, lost


def books_of(body: JsonObject, items: Iterable[JsonObject], quirks: Quirks) -> Usage | None:
    """Make disjoint buckets of an answer's usage, whose details are inside their totals, and count its tools' use."""
    books = {_BOOKS.get(name, name): value for name, value in as_object(body.get("usage")).items()}
    usage = usage_of(books, quirks)
    if usage is None:
        return None
    used: dict[str, int] = {}
    for item in items:
        tool = _SERVER_TOOLS.get(as_text(item.get("type")) or "")
        if tool is not None:
            used[tool] = used.get(tool, 0) + 1
    searches = as_int(as_object(as_object(body.get("tool_usage")).get("web_search")).get("num_requests"))
    if searches:
        used["web_search"] = searches
    return replace(usage, server_tools=used) if used else usage


def beside(body: JsonObject) -> JsonObject:
    """Give what an answer says beyond our words that callers of other dialects know, too; most of it is an echo."""
    return {name: body[name] for name in _KEPT if body.get(name)} or EMPTY


def reasoning_texts(item: JsonObject) -> Iterator[tuple[str, int, str]]:
    """Give the texts of a reasoning item in order: those of its summary, then those of the thinking itself."""
    for family, name in (("summary", "summary"), ("reasoning", "content")):
        for index, piece in enumerate(as_array(item.get(name))):
            yield family, index, as_text(as_object(piece).get("text")) or ""


def tool_input(item: JsonObject, kind: str) -> str:
    """Give what a call hands to its tool: JSON text for a function, any text for a custom tool."""
    value = item.get(CALLS[kind])
    if kind == "function_call":
        return arguments_text(value)
    return value if isinstance(value, str) else "" if value is None else arguments_text(value)


def beyond_call(item: JsonObject) -> JsonObject:
    """Give what a call says beyond our words, without its item's id, which means nothing without a stored copy."""
    return {name: value for name, value in without(item, _CALL).items() if value is not None} or EMPTY


def annotation(said: JsonObject, start: int) -> JsonObject:
    """Write an annotation of a text that begins at *start* as chat completions do; other kinds stay as they are."""
    if said.get("type") != "url_citation":
        return said
    places = {
        name: start + place for name in ("start_index", "end_index") if (place := as_int(said.get(name))) is not None
    }
    return {"type": "url_citation", "url_citation": {**without(said, frozenset({"type", *places})), **places}}


def logprobs_of(pieces: Sequence[JsonObject]) -> JsonObject | None:
    """Collect the log probabilities of texts in the shape of chat completions, or give None where there are none."""
    tokens = [token for piece in pieces for token in as_array(piece.get("logprobs"))]
    return {"content": tokens, "refusal": None} if tokens else None


def _parts(item: JsonObject, issuer: str, seed: tuple[object, ...]) -> Iterator[Part]:
    kind = as_text(item.get("type")) or ""
    if kind == "message":
        yield from _message(item, issuer)
    elif kind == "reasoning":
        text = "".join(piece for _, _, piece in reasoning_texts(item))
        encrypted, name = as_text(item.get("encrypted_content")) or None, as_text(item.get("id"))
        if text or encrypted:
            yield Reasoning(text, None, encrypted, issuer, {"id": name} if name else EMPTY)
    elif kind in CALLS:
        name = as_text(item.get("name")) or ""
        yield ToolCall(
            as_text(item.get("call_id")) or call_id(*seed, name),
            name,
            tool_input(item, kind),
            "function" if kind == "function_call" else "custom",
            beyond_call(item),
        )
    elif item:
        yield Opaque(DIALECT, item)


def _message(item: JsonObject, issuer: str) -> Iterator[Part]:
    if isinstance(item.get("content"), str):
        yield Text(as_text(item["content"]) or "")
    for piece in map(as_object, as_array(item.get("content"))):
        kind = as_text(piece.get("type"))
        if kind in TEXTS:
            yield Text(as_text(piece.get("text")) or "")
        elif kind == "refusal":
            yield Refusal(as_text(piece.get("refusal")) or "")
        elif kind == "reasoning_text":
            yield Reasoning(as_text(piece.get("text")) or "", issuer=issuer)
        elif piece:
            yield Opaque(DIALECT, {"type": "message", "role": "assistant", "content": [piece]})


def _spoken(items: Iterable[JsonObject]) -> list[JsonObject]:
    """Give the texts of all messages, as the provider wrote them."""
    return [
        piece
        for item in items
        if item.get("type") == "message"
        for piece in map(as_object, as_array(item.get("content")))
        if as_text(piece.get("type")) in TEXTS
    ]


def _cited(texts: Iterable[JsonObject]) -> JsonObject:
    """Collect the annotations of all *texts*, with their places in the whole of it."""
    found: list[JsonObject] = []
    start = 0
    for piece in texts:
        found += (annotation(as_object(said), start) for said in as_array(piece.get("annotations")) if as_object(said))
        start += len(as_text(piece.get("text")) or "")
    return {"annotations": found} if found else EMPTY
