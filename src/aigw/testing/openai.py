"""The OpenAI chat-completions dialect, as the provider tells it (platform.openai.com/docs/api-reference/chat)."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from aigw.testing.dialect import CREATED, WRONG_KEY, Asked, Said, SseEvent, Trouble, spoil
from aigw.types.json import EMPTY, JsonArray, JsonObject, as_array, as_object, as_text
from aigw.types.usage import Usage
from aigw.wire import Headers

DONE: Final = SseEvent("[DONE]")
_FINGERPRINT: Final = "fp_aigwtesting"
_REASONS: Final = {"refusal": "stop"}
_TYPES: Final = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    503: ("service_unavailable_error", "server_is_overloaded"),
}


class OpenAIDialect:
    """Tells answers and errors as OpenAI's chat completions do."""

    overloaded = 503

    def plain(self, said: Said, asked: Asked) -> JsonObject:
        """Give a `chat.completion`."""
        message: dict[str, object] = {"role": "assistant", "content": "".join(said.text) if said.text else None}
        message["refusal"] = "".join(said.refusal) or None
        message["annotations"] = []
        if said.thinking:
            message["reasoning_content"] = "".join(said.thinking)
        if said.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
                for call in said.calls
            ]
        elif not said.refusal and message["content"] is None:
            message["content"] = ""
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(said)}
        usage = spoil(_usage(said.usage), asked.usage_fault)
        return _envelope(said, asked, "chat.completion", [choice]) | ({} if usage is None else {"usage": usage})

    def events(self, said: Said, asked: Asked) -> Iterator[SseEvent]:
        """Give the chunks of a stream, the usage if it was asked for, and `[DONE]`."""
        usage = spoil(_usage(said.usage), asked.usage_fault) if asked.include_usage else None
        place = asked.style.usage_in
        silent = not said.text and bool(said.calls or said.refusal)
        opening: dict[str, object] = {"role": "assistant", "content": None if silent else "", "refusal": None}
        deltas = [(opening, False), *((delta, True) for delta in _deltas(said))]
        every = _told(asked, usage if place == "every_chunk" else None)
        for delta, content in deltas:
            yield _chunk(said, asked, _choice(delta), every, content=content)
        last = _told(asked, usage if place in {"every_chunk", "last_chunk"} else None)
        yield _chunk(said, asked, _choice({}, _reason(said)), last)
        if usage is not None and place == "own_chunk":
            yield _chunk(said, asked, [], {"usage": usage})
        yield DONE

    def ping(self) -> SseEvent | None:
        """Give nothing: this dialect keeps streams alive with comments only."""
        return None

    def error(self, trouble: Trouble, number: int) -> JsonObject:  # noqa: ARG002 - the id is in a header here
        """Give `{"error": {...}}`."""
        custom = ("server_error", None) if trouble.status >= 500 else ("invalid_request_error", None)  # noqa: PLR2004
        kind, code = _TYPES.get(trouble.status, custom)
        if trouble.type or trouble.code:
            kind, code = trouble.type or kind, trouble.code
        message = trouble.message or f"Scripted error with status {trouble.status}."
        return {"error": {"message": message, "type": kind, "param": trouble.param, "code": code}}

    def error_event(self, trouble: Trouble, number: int) -> SseEvent:
        """Give the error as a chunk without an event name."""
        return SseEvent(dumps(self.error(trouble, number)))

    def headers(self, number: int, *, answered: bool) -> tuple[tuple[str, str], ...]:
        """Give `x-request-id` and the rest of what OpenAI's edge adds."""
        identity = (("x-request-id", f"req_{number:08d}"), ("openai-version", "2020-10-01"))
        if not answered:
            return identity
        return (
            *identity,
            ("openai-processing-ms", "1"),
            ("x-ratelimit-limit-requests", "5000"),
            ("x-ratelimit-remaining-requests", str(max(0, 5000 - number))),
            ("x-ratelimit-reset-requests", "12ms"),
            ("x-ratelimit-limit-tokens", "2000000"),
            ("x-ratelimit-remaining-tokens", "1999000"),
            ("x-ratelimit-reset-tokens", "30ms"),
        )

    def admit(self, headers: Headers, api_key: str | None) -> Trouble | None:
        """Refuse any other `Authorization` than the key as bearer."""
        if api_key is None or headers.get("authorization") == f"Bearer {api_key}":
            return None
        return Trouble(status=401, message=WRONG_KEY)

    def unknown_path(self, what: str) -> Trouble:
        """Give a 404 that is not about the model."""
        return Trouble(status=404, type="invalid_request_error", message=f"Nothing answers {what}.")

    def listing(self, models: Sequence[str]) -> JsonObject:
        """Give a `list` of models."""
        data = [{"id": model, "object": "model", "created": CREATED, "owned_by": "aigw-testing"} for model in models]
        return {"object": "list", "data": data}

    def refuse(self, body: JsonObject) -> Trouble | None:
        """Refuse what lacks a field, options of streams without a stream, and tool calls without their results."""
        for name in ("model", "messages"):
            if not body.get(name):
                return _bad(f"Missing required parameter: {name}.", name, "missing_required_parameter")
        if "stream_options" in body and not body.get("stream"):
            return _bad("stream_options is only allowed together with stream.", "stream_options")
        if "parallel_tool_calls" in body and not body.get("tools"):
            return _bad("parallel_tool_calls is only allowed together with tools.", "parallel_tool_calls")
        return _tool_trouble(as_array(body.get("messages")))


def dumps(value: object) -> str:
    """Write JSON as providers do: without needless spaces, non-ASCII characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _deltas(said: Said) -> Iterator[JsonObject]:
    for token in said.thinking:
        yield {"reasoning_content": token}
    for token in said.text:
        yield {"content": token}
    for token in said.refusal:
        yield {"refusal": token}
    for index, call in enumerate(said.calls):
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        for piece in call.pieces:
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _choice(delta: JsonObject, reason: str | None = None) -> list[JsonObject]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]


def _told(asked: Asked, usage: JsonObject | None) -> JsonObject:
    return {"usage": usage} if asked.include_usage else EMPTY


def _chunk(
    said: Said, asked: Asked, choices: list[JsonObject], extra: JsonObject, *, content: bool = False
) -> SseEvent:
    return SseEvent(dumps(_envelope(said, asked, "chat.completion.chunk", choices) | dict(extra)), content=content)


def _envelope(said: Said, asked: Asked, kind: str, choices: list[JsonObject]) -> dict[str, object]:
    return {
        "id": f"chatcmpl-{asked.number:08d}",
        "object": kind,
        "created": CREATED,
        "model": said.model,
        "choices": choices,
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }


def _reason(said: Said) -> str:
    return _REASONS.get(said.finish_reason, said.finish_reason)


def _usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
            "audio_tokens": usage.audio_input,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": usage.audio_output,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        **usage.extra,
    }


def _bad(message: str, param: str, code: str | None = None) -> Trouble:
    return Trouble(status=400, message=message, param=param, code=code)


def _tool_trouble(messages: JsonArray) -> Trouble | None:
    """Find the first call without a result before the next turn, or a result without its call."""
    pending: set[str | None] = set()
    for place, item in enumerate([*messages, EMPTY]):
        message = as_object(item)
        if message.get("role") == "tool":
            if as_text(message.get("tool_call_id")) not in pending:
                return _bad("A tool message answers no tool call of the turn before it.", f"messages.[{place}].role")
            pending.discard(as_text(message.get("tool_call_id")))
        elif pending:
            return _bad("Tool calls must each be answered by a tool message at once.", f"messages.[{place}].role")
        else:
            pending = {as_text(as_object(call).get("id")) for call in as_array(message.get("tool_calls"))}
    return None
