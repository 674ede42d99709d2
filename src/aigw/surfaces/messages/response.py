"""Write canonical answers of any dialect in the words of Anthropic's Messages: pure, and one body for both faces.

Source: https://docs.claude.com/en/api/messages. An answer in Anthropic's own dialect is handed out as it came instead.
Beyond the dialect, a block may carry `issuer` (the target its thinking is valid at) and `extra_content` (what a
provider wants back beside it), and there is the `provider_block`, which only its `dialect` has: see `messages_content`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from aigw.surfaces.messages.content import DIALECT, FOREIGN_BLOCK
from aigw.types.events import Answer, FinishReason
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text
from aigw.types.parts import Opaque, Part, Reasoning, Refusal, Text, ToolCall
from aigw.wire import decoded

if TYPE_CHECKING:
    from aigw.types.usage import Usage

STOPS: Final[Mapping[FinishReason, str]] = MappingProxyType(
    {
        FinishReason.STOP: "end_turn",
        FinishReason.LENGTH: "max_tokens",
        FinishReason.TOOL_CALLS: "tool_use",
        FinishReason.CONTENT_FILTER: "refusal",
    }
)
_OWN_WORDS: Final = frozenset(
    {*STOPS.values(), "stop_sequence", "pause_turn", "compaction", "model_context_window_exceeded"}
)
_INVALID: Final = "INVALID_JSON"
"""Anthropic's own name for a tool's input that is no JSON object."""


def usage_body(usage: "Usage") -> dict[str, object]:
    """Write *usage* as Anthropic's object: cached input apart, thinking within the output."""
    written = usage.cache_write + usage.cache_write_1h
    body: dict[str, object] = {
        "input_tokens": usage.input + usage.audio_input + usage.image_input,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.completion_tokens,
    }
    if usage.reasoning:
        body["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    if usage.server_tools:
        counts = {f"{name}_requests": count for name, count in usage.server_tools.items()}
        body["server_tool_use"] = {"web_fetch_requests": 0, "web_search_requests": 0, **counts}
    if usage.cache_write_1h:
        body["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }
    return body


def stop_of(reason: FinishReason, word: str | None, extra: JsonObject, *, refused: bool) -> dict[str, object]:
    """Write why an answer ended: in the provider's *word* if it is one of Anthropic's."""
    stop = word if word in _OWN_WORDS else STOPS[reason]
    if refused and reason is FinishReason.STOP:
        stop = "refusal"
    return {"stop_reason": stop, "stop_sequence": as_text(extra.get("stop_sequence"))}


def text_body(text: str, extra: JsonObject = EMPTY) -> dict[str, object]:
    """Write a block of text."""
    return _with_extra({"type": "text", "text": text}, extra)


def thinking_body(text: str, signature: str | None, issuer: str | None, extra: JsonObject = EMPTY) -> dict[str, object]:
    """Write a block of thinking; *issuer* is the target it is valid at."""
    return {**extra, "type": "thinking", "thinking": text, "signature": signature or "", "issuer": issuer}


def redacted_body(data: str, issuer: str | None, extra: JsonObject = EMPTY) -> dict[str, object]:
    """Write a block of thinking that is not shown."""
    return {**extra, "type": "redacted_thinking", "data": data, "issuer": issuer}


def tool_body(call_id: str, name: str, given: object, extra: JsonObject = EMPTY) -> dict[str, object]:
    """Write a block that asks for a tool."""
    return _with_extra({"type": "tool_use", "id": call_id, "name": name, "input": given}, extra)


def opaque_body(dialect: str, body: JsonObject) -> dict[str, object]:
    """Write a block that only *dialect* has."""
    return dict(body) if dialect == DIALECT else {"type": FOREIGN_BLOCK, "dialect": dialect, "body": body}


def tool_input(text: str) -> object:
    """Read a tool's input, as much of it as can be read if it was cut off."""
    if not text.strip():
        return {}
    try:
        read = decoded(text, partial=True)
    except ValueError:
        return {_INVALID: text}
    given = as_object(read)
    return given if isinstance(read, dict) else {_INVALID: text}


def annotations_of(extra: JsonObject) -> list[object]:
    """Give what an answer cites, as it was told: Anthropic's own citations need what nobody else tells."""
    return list(as_array(extra.get("annotations")))


def _with_extra(block: dict[str, object], extra: JsonObject) -> dict[str, object]:
    return {**block, "extra_content": extra["extra_content"]} if "extra_content" in extra else block


def blocks_of(parts: Iterable[Part], issuer: str | None) -> list[dict[str, object]]:
    """Write the parts of an answer; neighbouring texts are one block, and so is neighbouring thinking."""
    blocks: list[dict[str, object]] = []
    for part in parts:
        match part:
            case Text(text=text, extra=extra) if text or "extra_content" in extra:
                _join(blocks, "text", text_body(text, extra))
            case Refusal(text=text) if text:
                _join(blocks, "text", text_body(text))
            case Reasoning():
                _add_thinking(blocks, part, part.issuer or issuer)
            case ToolCall():
                blocks.append(tool_body(part.id, part.name, tool_input(part.arguments), part.extra))
            case Opaque(dialect=dialect, body=body):
                blocks.append(opaque_body(dialect, body))
            case _:
                pass
    return blocks


def _join(blocks: list[dict[str, object]], name: str, block: dict[str, object]) -> None:
    last = blocks[-1] if blocks else {}
    if last.get("type") != block["type"] or last.get("signature"):
        blocks.append(block)
        return
    blocks[-1] = {**last, **block, name: f"{last[name]}{block[name]}"}


def _add_thinking(blocks: list[dict[str, object]], part: Reasoning, issuer: str | None) -> None:
    shown = part.text or part.signature
    if shown:
        beside = EMPTY if part.encrypted else part.extra
        _join(blocks, "thinking", thinking_body(part.text, part.signature, issuer, beside))
    if part.encrypted:
        blocks.append(redacted_body(part.encrypted, issuer, part.extra))


def message_body(
    answer: Answer,
    *,
    id: str,  # noqa: A002 - the field's name
    model: str,
    issuer: str | None,
) -> dict[str, object]:
    """Write a complete answer; *id* and *model* stand in for what the provider did not say."""
    choice = next((choice for choice in answer.choices if choice.index == 0), None)
    body: dict[str, object] = {
        "id": answer.id or id,
        "type": "message",
        "role": "assistant",
        "model": answer.model or model,
        "content": [] if choice is None else blocks_of(choice.parts, issuer),
    }
    if choice is None:
        body.update(stop_reason="end_turn", stop_sequence=None)
    else:
        refused = any(isinstance(part, Refusal) for part in choice.parts)
        body.update(stop_of(choice.reason, choice.provider_reason, choice.extra, refused=refused))
        cited = annotations_of(choice.message_extra)
        if cited:
            body["annotations"] = cited
    body["usage"] = {"input_tokens": 0, "output_tokens": 0} if answer.usage is None else usage_body(answer.usage)
    return body


def level(extra: JsonObject, name: str) -> JsonObject:
    """Give what an event's *extra* says at the level *name*."""
    return as_object(extra[name]) if name in extra else EMPTY
