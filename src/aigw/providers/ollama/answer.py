"""Read a complete answer in Ollama's native dialect.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.failures import mid_answer
from aigw.providers.ollama.messages import DIALECT
from aigw.providers.reading import answer_object, arguments_text, call_id, misshapen
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.parts import Part, Reasoning, Text, ToolCall
from aigw.types.usage import Usage
from aigw.wire import HttpResponse

ANSWER: Final = frozenset(
    {"model", "created_at", "message", "done", "done_reason", "prompt_eval_count", "eval_count", "logprobs", "error"}
)
MESSAGE: Final = frozenset({"role", "content", "thinking", "tool_calls"})
_CALL: Final = frozenset({"id", "type", "function"})
_FUNCTION: Final = frozenset({"name", "arguments", "index"})

_REASONS: Final[Mapping[str, tuple[FinishReason, bool]]] = MappingProxyType(
    {
        "stop": (FinishReason.STOP, False),
        "length": (FinishReason.LENGTH, False),
        "load": (FinishReason.STOP, True),
        "unload": (FinishReason.STOP, True),
    }
)
"""Ollama's words, ours, and whether something is lost between them."""


def read(response: HttpResponse, target: Target) -> Answer:
    """Read a complete answer. Raises the mapped error for one inside a 200, and `APIResponseValidationError`."""
    provider = target.provider.name
    body = answer_object(response, provider)
    if body.get("error"):
        raise mid_answer(body, target.provider, response)
    if not isinstance(body.get("message"), Mapping):
        what = "JSON without `message`"
        raise misshapen(what, provider, response)
    if body.get("done") is False:
        what = "an answer that is not done"
        raise misshapen(what, provider, response)
    message = as_object(body["message"])
    calls = tuple(call for call, _ in tool_calls(message, body.get("created_at"), 0))
    reason, word = finish(body.get("done_reason"), calls=bool(calls))
    choice = AnswerChoice(
        parts=(*_parts(message, target.id), *calls),
        reason=reason,
        provider_reason=word,
        logprobs=logprobs_of(body),
        message_extra=without(message, MESSAGE),
    )
    return Answer(
        choices=(choice,),
        usage=usage_of(body),
        model=as_text(body.get("model")) or None,
        created=epoch(body.get("created_at")),
        extra=without(body, ANSWER),
        dialect=DIALECT,
    )


def finish(said: object, *, calls: bool) -> tuple[FinishReason, str | None]:
    """Map `done_reason`, and give Ollama's own word where the mapping loses something. Calls end in a stop, too."""
    word = as_text(said) or None
    reason, loses = _REASONS.get(word or "stop", (FinishReason.STOP, True))
    if calls and reason is FinishReason.STOP:
        return FinishReason.TOOL_CALLS, word
    return reason, word if loses else None


def usage_of(body: JsonObject) -> Usage | None:
    """Read the counts. Old servers leave out the prompt's where all of it was cached: that is marked, not guessed."""
    prompt, written = as_int(body.get("prompt_eval_count")), as_int(body.get("eval_count"))
    if prompt is None and written is None:
        return None
    return Usage(input=max(0, prompt or 0), output=max(0, written or 0), estimated=prompt is None or written is None)


def logprobs_of(body: JsonObject) -> JsonObject | None:
    """Write log probabilities the way OpenAI does, or give None where there are none."""
    tokens = [_token(as_object(item)) for item in as_array(body.get("logprobs"))]
    return {"content": tokens, "refusal": None} if tokens else None


def epoch(written: object) -> int | None:
    """Give a time (RFC 3339, down to nanoseconds) in seconds since the epoch, or None for anything else."""
    try:
        return int(datetime.fromisoformat(as_text(written) or "").timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def tool_calls(message: JsonObject, seed: object, before: int) -> Iterator[tuple[ToolCall, int]]:
    """Read complete tool calls, each with its dense number, of which *before* are taken.

    Old servers give no ids: they are made of *seed*, so that the same answer always has the same ones.
    """
    for number, item in enumerate(as_array(message.get("tool_calls")), before):
        said = as_object(item)
        function = as_object(said.get("function"))
        name = as_text(function.get("name")) or ""
        arguments = arguments_text(function.get("arguments"))
        inside = without(function, _FUNCTION)
        beyond = without(said, _CALL)
        yield (
            ToolCall(
                id=as_text(said.get("id")) or call_id(seed, number, name, arguments),
                name=name,
                arguments=arguments,
                extra={**beyond, "function": inside} if inside else beyond,
            ),
            number,
        )


def _parts(message: JsonObject, issuer: str) -> Iterator[Part]:
    thinking = as_text(message.get("thinking"))
    if thinking:
        yield Reasoning(thinking, issuer=issuer)
    content = as_text(message.get("content"))
    if content or (content == "" and not thinking and not message.get("tool_calls")):
        yield Text(content)


def _token(said: JsonObject) -> JsonObject:
    top = [{"bytes": None, **as_object(item)} for item in as_array(said.get("top_logprobs"))]
    return {"bytes": None, **said, "top_logprobs": top}
