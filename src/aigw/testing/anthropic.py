"""The Anthropic Messages dialect, as the provider tells it (docs.anthropic.com/en/api/messages)."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Final

from aigw.testing.dialect import WRONG_KEY, Asked, Said, SseEvent, Trouble, spoil
from aigw.testing.openai import dumps
from aigw.types.json import EMPTY, JsonArray, JsonObject, as_array, as_int, as_object, as_text
from aigw.types.usage import Usage
from aigw.wire import Headers

_PING: Final = SseEvent('{"type":"ping"}', "ping")
_LONG_AGO: Final = "2024-01-01T00:00:00Z"
_REASONS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_TYPES: Final = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class AnthropicDialect:
    """Tells answers and errors as Anthropic's Messages do."""

    overloaded = 529

    def plain(self, said: Said, asked: Asked) -> JsonObject:
        """Give a `message`."""
        usage = spoil(_usage(said.usage), asked.usage_fault)
        message = _message(said, asked) | {"content": list(_blocks(said))} | _stop(said)
        return message | ({} if usage is None else {"usage": usage})

    def events(self, said: Said, asked: Asked) -> Iterator[SseEvent]:
        """Give `message_start` to `message_stop`, with the ping that the provider sends early on."""
        first = spoil(_usage(said.usage) | {"output_tokens": 1}, asked.usage_fault)
        empty: dict[str, object] = {"content": [], "stop_reason": None, "stop_sequence": None}
        message = _message(said, asked) | empty
        yield _event("message_start", {"message": message | ({} if first is None else {"usage": first})})
        for index, (block, deltas) in enumerate(_streamed(said)):
            begun = block["type"] == "tool_use"
            yield _event("content_block_start", {"index": index, "content_block": block}, content=begun)
            if index == 0:
                yield _PING
            for delta, content in deltas:
                yield _event("content_block_delta", {"index": index, "delta": delta}, content=content)
            yield _event("content_block_stop", {"index": index})
        last = spoil(_output(said.usage), asked.usage_fault)
        yield _event("message_delta", {"delta": _stop(said)} | ({} if last is None else {"usage": last}))
        yield _event("message_stop", EMPTY)

    def ping(self) -> SseEvent | None:
        """Give a `ping`."""
        return _PING

    def error(self, trouble: Trouble, number: int) -> JsonObject:
        """Give `{"type": "error", ...}` with the request id."""
        custom = "api_error" if trouble.status >= 500 else "invalid_request_error"  # noqa: PLR2004
        kind = trouble.type or _TYPES.get(trouble.status, custom)
        error: dict[str, object] = {
            "type": kind,
            "message": trouble.message or f"Scripted error with status {trouble.status}.",
        }
        if trouble.code:
            error["details"] = {"error_code": trouble.code}
        return {"type": "error", "error": error, "request_id": _request_id(number)}

    def error_event(self, trouble: Trouble, number: int) -> SseEvent:
        """Give an `error` event."""
        body = self.error(trouble, number)
        return SseEvent(dumps({"type": "error", "error": body["error"]}), "error")

    def headers(self, number: int, *, answered: bool) -> tuple[tuple[str, str], ...]:
        """Give `request-id` and, for what was answered, the rate-limit headers (resets as RFC 3339, in the past)."""
        identity = (("request-id", _request_id(number)), ("anthropic-organization-id", "org_aigwtesting"))
        if not answered:
            return identity
        limits = (("requests", 4000), ("tokens", 500000), ("input-tokens", 400000), ("output-tokens", 100000))
        rates = (
            ((f"{name}-limit", limit), (f"{name}-remaining", max(0, limit - number)), (f"{name}-reset", _LONG_AGO))
            for name, limit in limits
        )
        return (*identity, *((f"anthropic-ratelimit-{name}", str(value)) for rate in rates for name, value in rate))

    def admit(self, headers: Headers, api_key: str | None) -> Trouble | None:
        """Refuse any other key, by either header, and requests that pin no version."""
        keys = {headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")}
        if api_key is not None and api_key not in keys:
            return Trouble(status=401, message=WRONG_KEY)
        if not headers.get("anthropic-version"):
            return _bad("anthropic-version: header is required")
        return None

    def unknown_path(self, what: str) -> Trouble:
        """Give a 404."""
        return Trouble(status=404, message=f"Nothing answers {what}.")

    def listing(self, models: Sequence[str]) -> JsonObject:
        """Give a page of models."""
        data = [{"type": "model", "id": name, "display_name": name, "created_at": _LONG_AGO} for name in models]
        ends = {"first_id": models[0] if models else None, "last_id": models[-1] if models else None}
        return {"data": data, "has_more": False, **ends}

    def refuse(self, body: JsonObject) -> Trouble | None:
        """Refuse what lacks a field, empty text, and tool uses without their results right after them."""
        for name in ("model", "messages"):
            if not body.get(name):
                return _bad(f"{name}: Field required")
        if as_int(body.get("max_tokens")) is None:
            return _bad("max_tokens: Field required")
        return _turn_trouble(as_array(body.get("messages")))


def _message(said: Said, asked: Asked) -> dict[str, object]:
    identity = f"msg_{asked.number:08d}"
    return {"id": identity, "type": "message", "role": "assistant", "model": said.model}


def _request_id(number: int) -> str:
    return f"req_{number:08d}"


def _blocks(said: Said) -> Iterator[JsonObject]:
    if said.thinking:
        yield {"type": "thinking", "thinking": "".join(said.thinking), "signature": said.signature}
    if said.text:
        yield {"type": "text", "text": "".join(said.text)}
    for call in said.calls:
        told: object = None
        with contextlib.suppress(ValueError):
            told = json.loads(call.text or "{}")
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(as_object(told))}


def _streamed(said: Said) -> Iterator[tuple[JsonObject, list[tuple[JsonObject, bool]]]]:
    """Give each block as it starts, and its deltas: True for those that are tokens."""
    if said.thinking:
        deltas = [({"type": "thinking_delta", "thinking": token}, True) for token in said.thinking]
        signed = ({"type": "signature_delta", "signature": said.signature}, False)
        yield {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
    if said.text:
        yield {"type": "text", "text": ""}, [({"type": "text_delta", "text": token}, True) for token in said.text]
    for call in said.calls:
        pieces = [({"type": "input_json_delta", "partial_json": piece}, True) for piece in call.pieces]
        empty = ({"type": "input_json_delta", "partial_json": ""}, False)
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, [empty, *pieces]


def _stop(said: Said) -> dict[str, object]:
    reason = _REASONS.get(said.finish_reason, said.finish_reason)
    details = (
        {"type": "refusal", "category": None, "explanation": "".join(said.refusal) or None}
        if reason == "refusal"
        else None
    )
    return {"stop_reason": reason, "stop_sequence": None, "stop_details": details}


def _usage(usage: Usage) -> dict[str, object]:
    return {
        "input_tokens": usage.input + usage.audio_input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
        **_output(usage),
        **usage.extra,
    }


def _output(usage: Usage) -> dict[str, object]:
    told: dict[str, object] = {"output_tokens": usage.completion_tokens}
    if usage.reasoning:
        told["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return told


def _event(name: str, body: JsonObject, *, content: bool = False) -> SseEvent:
    return SseEvent(dumps({"type": name, **body}), name, content)


def _bad(message: str) -> Trouble:
    return Trouble(status=400, message=message)


def _turn_trouble(messages: JsonArray) -> Trouble | None:
    """Find the first empty text, tool use without its result in the next turn, or result without its tool use."""
    wanted: list[str | None] = []
    for place, item in enumerate([*messages, EMPTY]):
        message = as_object(item)
        blocks = [as_object(block) for block in as_array(message.get("content"))]
        if any(block.get("type") == "text" and not block.get("text") for block in blocks):
            return _bad(f"messages.{place}: text content blocks must be non-empty")
        results = [as_text(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"]
        leading = [block.get("type") for block in blocks[: len(results)]]
        if sorted(map(str, results)) != sorted(map(str, wanted)):
            return _bad(f"messages.{place}: each tool_use needs one tool_result in the next message, and the reverse")
        if set(leading) - {"tool_result"}:
            return _bad(f"messages.{place}: tool_result blocks must come first")
        wanted = [as_text(block.get("id")) for block in blocks if block.get("type") == "tool_use"]
    return None
