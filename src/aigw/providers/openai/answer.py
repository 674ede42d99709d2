"""Read a complete answer in OpenAI's Chat Completions dialect, as OpenAI and its many imitators send it.

Sources: https://platform.openai.com/docs/api-reference/chat/object, and the hosts' references for what deviates.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import APIStatusError, InternalServerError, OverloadedError
from aigw.manifest.snapshot import Target
from aigw.providers.failures import Whose, mid_answer
from aigw.providers.openai.messages import DIALECT
from aigw.providers.openai.usage import usage_of
from aigw.providers.reading import answer_object, arguments_text, call_id, misshapen
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.kind import Quirks, read_from
from aigw.types.parts import Audio, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from aigw.wire import HttpResponse

_ANSWER: Final = frozenset({"id", "object", "created", "model", "choices", "usage", "error"})
_CHOICE: Final = frozenset({"index", "message", "finish_reason", "logprobs", "delta"})
_MESSAGE: Final = frozenset({"role", "content", "refusal", "tool_calls", "function_call", "reasoning_content"})
_CALL: Final = frozenset({"id", "type", "function", "custom", "index"})
_FUNCTION: Final = frozenset({"name", "arguments", "input"})
_AUDIO: Final = frozenset({"id", "data"})

_REASONS: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {
        **{reason.value: reason for reason in FinishReason},
        "function_call": FinishReason.TOOL_CALLS,
        "tool_use": FinishReason.TOOL_CALLS,
        "eos": FinishReason.STOP,
        "eos_token": FinishReason.STOP,
        "stop_sequence": FinishReason.STOP,
        "end_turn": FinishReason.STOP,
        "max_tokens": FinishReason.LENGTH,
        "model_length": FinishReason.LENGTH,
        "model_context_window_exceeded": FinishReason.LENGTH,
        "safety": FinishReason.CONTENT_FILTER,
        "sensitive": FinishReason.CONTENT_FILTER,
        "refusal": FinishReason.CONTENT_FILTER,
        "recitation": FinishReason.CONTENT_FILTER,
    }
)
_FAILURES: Final[Mapping[str, type[APIStatusError]]] = MappingProxyType(
    {
        "error": InternalServerError,
        "network_error": InternalServerError,
        "insufficient_system_resource": OverloadedError,
    }
)


def read(response: HttpResponse, target: Target) -> Answer:
    """Read a complete answer. Raises the mapped error for one inside a 200, and `APIResponseValidationError`."""
    provider = target.provider.name
    body = answer_object(response, provider)
    check_for_error(body, target.provider, response)
    if not isinstance(body.get("choices"), list):
        what = "JSON without `choices`"
        raise misshapen(what, provider, response)
    return Answer(
        choices=tuple(
            _choice(choice, place, body, target, response) for place, choice in enumerate(as_array(body["choices"]))
        ),
        usage=usage_of(body.get("usage") or as_object(body.get("x_groq")).get("usage"), target.provider.kind.quirks),
        id=as_text(body.get("id")) or None,
        model=as_text(body.get("model")) or None,
        created=as_int(body.get("created")),
        extra=without(body, _ANSWER),
    )


def check_for_error(body: JsonObject, provider: Whose, response: HttpResponse | None = None) -> None:
    """Raise the mapped error if *body*, an answer or a chunk of one, holds an error instead."""
    hidden = as_object(body.get("x_groq")).get("error")
    if body.get("error") or body.get("object") == "error":
        raise mid_answer(body, provider, response)
    if hidden:
        raise mid_answer({"error": hidden}, provider, response)


def finish(
    said: object, *, calls: bool, quirks: Quirks, provider: str, response: HttpResponse | None = None
) -> tuple[FinishReason, str | None]:
    """Map a finish reason, and give the provider's own word where the mapping loses something.

    A plain stop beside tool calls is `tool_calls`; a word nobody knows is a stop. Raises where the word means that the
    provider failed.
    """
    word = as_text(said) or None
    plain = "" if word is None else quirks.finish_reasons.get(word, word).lower()
    if plain in _FAILURES:
        body = {"error": {"message": f"finish_reason is {plain!r}", "code": plain}}
        raise mid_answer(body, provider, response, default=_FAILURES[plain])
    reason = _REASONS.get(plain, FinishReason.STOP)
    if calls and reason is FinishReason.STOP:
        reason = FinishReason.TOOL_CALLS
    return reason, None if word == reason.value else word


def pieces(content: object) -> Iterator[tuple[str, str | JsonObject]]:
    """Split message content into (`text`, str), (`thinking`, str) and (`block`, object), in order.

    Content is a string almost everywhere, and a list at Mistral (text and thinking) and for multimodal answers.
    """
    if isinstance(content, str):
        yield "text", content
        return
    for item in as_array(content):
        block = as_object(item)
        kind = block.get("type")
        if isinstance(item, str):
            yield "text", item
        elif kind in {"text", "output_text"}:
            yield "text", as_text(block.get("text")) or ""
        elif kind == "thinking":
            yield "thinking", _thinking(block.get("thinking"))
        elif block:
            yield "block", block


def thought(message: JsonObject, fields: tuple[str, ...]) -> str:
    """Give a message's or delta's reasoning text, of the first of *fields* that has any: some servers send several."""
    for name in fields:
        text = message.get(name)
        if text and isinstance(text, str):
            return text
    return ""


def _thinking(value: object) -> str:
    return (
        value
        if isinstance(value, str)
        else "".join(as_text(as_object(item).get("text")) or "" for item in as_array(value))
    )


def _choice(said: object, place: int, body: JsonObject, target: Target, response: HttpResponse) -> AnswerChoice:
    choice = as_object(said)
    message = choice.get("message")
    provider = target.provider.name
    if not isinstance(message, Mapping):
        what = f"a choice without `message` (choices[{place}])"
        raise misshapen(what, provider, response)
    spoken = as_object(choice.get("message"))
    number = as_int(choice.get("index"))
    index = place if number is None else number
    calls = tuple(_calls(spoken, (body.get("id"), body.get("created"), index)))
    reason, word = finish(
        choice.get("finish_reason"),
        calls=bool(calls),
        quirks=target.provider.kind.quirks,
        provider=provider,
        response=response,
    )
    return AnswerChoice(
        parts=(*_parts(spoken, target.id, read_from(target.provider.kind.quirks.reasoning)), *calls),
        reason=reason,
        index=index,
        provider_reason=word,
        logprobs=as_object(choice.get("logprobs")) or None,
        extra=without(choice, _CHOICE),
        message_extra=without(spoken, _MESSAGE | {"audio"} if as_object(spoken.get("audio")) else _MESSAGE),
    )


def _parts(message: JsonObject, issuer: str, reasoning: tuple[str, ...]) -> Iterator[Part]:
    thinking = thought(message, reasoning)
    if thinking:
        yield Reasoning(thinking, issuer=issuer)
    for kind, piece in pieces(message.get("content")):
        if not isinstance(piece, str):
            yield Opaque(DIALECT, piece)
        elif kind == "text":
            yield Text(piece)
        elif piece and not thinking:
            yield Reasoning(piece, issuer=issuer)
    refusal = as_text(message.get("refusal"))
    if refusal:
        yield Refusal(refusal)
    audio = as_object(message.get("audio"))
    if audio:
        yield Audio(as_text(audio.get("data")), None, as_text(audio.get("id")), without(audio, _AUDIO))


def _calls(message: JsonObject, seed: tuple[object, ...]) -> Iterable[ToolCall]:
    for place, item in enumerate(as_array(message.get("tool_calls"))):
        yield _call(as_object(item), (*seed, place))
    legacy = as_object(message.get("function_call"))
    if legacy and not as_array(message.get("tool_calls")):
        yield _call({"function": legacy}, (*seed, 0))


def _call(said: JsonObject, seed: tuple[object, ...]) -> ToolCall:
    custom = as_object(said.get("custom"))
    function = custom or as_object(said.get("function"))
    name = as_text(function.get("name")) or ""
    return ToolCall(
        id=known_id(said) or call_id(*seed, name),
        name=name,
        arguments=(as_text(custom.get("input")) or "") if custom else arguments_text(function.get("arguments")),
        kind="custom" if custom else "function",
        extra=beyond_call(said),
    )


def beyond_call(said: JsonObject) -> JsonObject:
    """Give what a tool call says beyond our words, beside its function and inside it."""
    own = "custom" if said.get("custom") else "function"
    inside = without(as_object(said.get(own)), _FUNCTION)
    return {**without(said, _CALL), own: inside} if inside else without(said, _CALL)


def known_id(call: JsonObject) -> str | None:
    """Give a tool call's id, if it has one: Mistral's SDK spells a missing one `null`."""
    said = as_text(call.get("id"))
    return None if said in {"", "null"} else said
