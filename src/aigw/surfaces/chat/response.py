"""Write canonical answers and events in the words of OpenAI's chat completions: pure, and one body for both faces.

Source: https://platform.openai.com/docs/api-reference/chat. Beyond it, an answer may carry `reasoning_content` (the
customary name for thinking), `reasoning_details` and `provider_blocks` (opaque, for sending the message back: see
`chat_messages`), and `provider_finish_reason` where ours says less than the provider did.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from aigw.errors import APIResponseValidationError
from aigw.types.chat import Model
from aigw.types.chat_chunk import ChatCompletionChunk
from aigw.types.events import (
    Answer,
    AnswerChoice,
    ChoiceEnded,
    Ended,
    Event,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_object
from aigw.types.parts import Audio, Opaque, Part, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from aigw.types.usage import Usage

M = TypeVar("M", bound=Model)

_ON_EVERY_CHUNK: Final = ("system_fingerprint", "service_tier")


def usage_body(usage: "Usage") -> dict[str, object]:
    """Write *usage* as OpenAI's object; what the provider counts beyond it stays."""
    extra, prompt, completion = usage.extra, usage.prompt_tokens, usage.completion_tokens
    body: dict[str, object] = {
        **extra,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {
            **as_object(extra.get("prompt_tokens_details")),
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write + usage.cache_write_1h,
            "audio_tokens": usage.audio_input,
        },
        "completion_tokens_details": {
            **as_object(extra.get("completion_tokens_details")),
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": usage.audio_output,
        },
    }
    if usage.estimated:
        body["estimated"] = True
    return body


def reasoning_detail(index: int, reasoning: Reasoning, issuer: str | None) -> dict[str, object]:
    """Write signed or encrypted thinking so that it can be sent back; *issuer* is the target it is valid at."""
    hidden = reasoning.encrypted is not None and not reasoning.text
    detail = {
        **reasoning.extra,
        "index": index,
        "type": "reasoning.encrypted" if hidden else "reasoning.text",
        "text": None if hidden else reasoning.text,
        "signature": reasoning.signature,
        "data": reasoning.encrypted,
        "issuer": reasoning.issuer or issuer,
    }
    return {name: value for name, value in detail.items() if value is not None or name == "issuer"}


def tool_call_body(call: ToolCall) -> dict[str, object]:
    """Write a complete tool call."""
    own, written = ("custom", "input") if call.kind == "custom" else ("function", "arguments")
    inner: dict[str, object] = {"name": call.name, written: call.arguments}
    if not call.extra:
        return {"id": call.id, "type": call.kind, own: inner}
    return {**call.extra, "id": call.id, "type": call.kind, own: {**as_object(call.extra.get(own)), **inner}}


def completion_body(answer: Answer, *, id: str, created: int, model: str, issuer: str | None) -> dict[str, object]:  # noqa: A002 - the field's name
    """Write a complete answer; *id*, *created* and *model* stand in for what the provider did not say."""
    body: dict[str, object] = {
        **answer.extra,
        "id": answer.id or id,
        "object": "chat.completion",
        "created": created if answer.created is None else answer.created,
        "model": answer.model or model,
        "choices": [_choice_body(choice, issuer) for choice in answer.choices],
    }
    if answer.usage is not None:
        body["usage"] = usage_body(answer.usage)
    return body


def _choice_body(choice: AnswerChoice, issuer: str | None) -> dict[str, object]:
    body: dict[str, object] = {
        **choice.extra,
        "index": choice.index,
        "message": _message_body(choice, issuer),
        "logprobs": choice.logprobs,
        "finish_reason": choice.reason.value,
    }
    if choice.provider_reason is not None:
        body["provider_finish_reason"] = choice.provider_reason
    return body


def _message_body(choice: AnswerChoice, issuer: str | None) -> dict[str, object]:
    parts = choice.parts
    texts: list[str] = []
    refusals: list[str] = []
    calls: list[dict[str, object]] = []
    for part in parts:
        if isinstance(part, Text):
            texts.append(part.text)
        elif isinstance(part, ToolCall):
            calls.append(tool_call_body(part))
        elif isinstance(part, Refusal):
            refusals.append(part.text)
    body: dict[str, object] = {
        **choice.message_extra,
        "role": "assistant",
        "content": "".join(texts) if texts else None,
        "refusal": "".join(refusals) if refusals else None,
    }
    if calls:
        body["tool_calls"] = calls
    if len(texts) + len(refusals) + len(calls) < len(parts):
        _tell_reasoning(body, [part for part in parts if isinstance(part, Reasoning)], issuer)
        body.update(_beside(parts))
    return body


def _tell_reasoning(body: dict[str, object], thinking: Sequence[Reasoning], issuer: str | None) -> None:
    """Add what is known of the model's thinking; the provider's own details, if it sent any, are left as they are."""
    text = "".join(part.text for part in thinking)
    if text:
        body["reasoning_content"] = text
    opaque = [part for part in thinking if part.signature is not None or part.encrypted is not None]
    if opaque and "reasoning_details" not in body:
        body["reasoning_details"] = [reasoning_detail(index, part, issuer) for index, part in enumerate(opaque)]


def _beside(parts: Sequence[Part]) -> dict[str, object]:
    """Write the parts that are neither text nor thinking nor calls: fields of their own beside the content."""
    body: dict[str, object] = {}
    blocks = [{"dialect": part.dialect, "body": part.body} for part in parts if isinstance(part, Opaque)]
    if blocks:
        body["provider_blocks"] = [{"index": index, **block} for index, block in enumerate(blocks)]
    for part in parts:
        if isinstance(part, Audio):
            body["audio"] = {**part.extra, "id": part.id, "data": part.data}
    return body


class _ChoiceSoFar:
    """What must be remembered of a choice to write its next chunk."""

    __slots__ = ("begun", "calls", "details", "ended", "thinking")

    def __init__(self) -> None:
        self.begun = False
        self.ended = False
        self.calls: dict[int, bool] = {}
        """Function calls begun, and whether anything of their arguments has come."""
        self.thinking: list[str] = []
        self.details = 0


class ChunkWriter:
    """Turns the events of one reply into chunks, keeping the promises of OpenAI's streams.

    One id and one `created` a stream; `role` in the first delta of each choice; one chunk with a `finish_reason` for
    each; arguments that are never empty; usage in one last chunk without choices, only if *include_usage*. *id*,
    *created* and *model* stand in for what the provider does not say; *issuer* is the target that answers.
    """

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - the field's name
        created: int,
        model: str,
        issuer: str | None = None,
        include_usage: bool = False,
    ) -> None:
        self._base: dict[str, object] = {
            "id": id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
        }
        self._issuer = issuer
        self._include_usage = include_usage
        self._started = False
        self._choices: dict[int, _ChoiceSoFar] = {}
        self._usage: UsageReported | None = None
        self._pending: JsonObject = EMPTY
        self._usual: JsonObject = EMPTY
        self._seen: JsonObject = EMPTY
        self._writers: Mapping[type, Callable[..., Sequence[ChatCompletionChunk]]] = {
            TextDelta: self._text,
            ToolCallDelta: self._tool_call,
            ReasoningDelta: self._reasoning,
            RefusalDelta: self._refusal,
            OtherDelta: self._other,
            ChoiceEnded: self._choice_ended,
            Started: self._start,
            UsageReported: self._report,
            Ended: self._end,
            Answer: self._answer,
        }

    def __call__(self, event: Event) -> Sequence[ChatCompletionChunk]:
        """Give the chunks that *event* makes: none, one, or (for a complete answer) all of them."""
        return self._writers[type(event)](event)

    def _start(self, event: Started) -> Sequence[ChatCompletionChunk]:
        if not self._started:
            self._started = True
            said = {"id": event.id, "created": event.created, "model": event.model}
            self._base.update({name: value for name, value in said.items() if value is not None and value != ""})
        self._hold(event.extra)
        return ()

    def _hold(self, extra: JsonObject) -> None:
        """Keep what has no chunk of its own for the next one."""
        if extra:
            self._pending = {
                level: {**as_object(self._pending.get(level)), **as_object(extra.get(level))}
                for level in {*self._pending, *extra}
            }

    def _text(self, event: TextDelta) -> Sequence[ChatCompletionChunk]:
        extra, so_far = event.extra, self._choices.get(event.choice)
        if so_far is None or not so_far.begun or self._pending or (extra and extra is not self._seen):
            return self._chunk(event.choice, {"content": event.text}, extra, event.logprobs)
        # Most chunks are this one: more text of a choice that has begun, and nothing new beside it.
        choice = {"index": event.choice, "delta": {"content": event.text}, "logprobs": event.logprobs}
        choice["finish_reason"] = None
        return (validated(ChatCompletionChunk, {**self._base, "choices": [choice]}),)

    def _refusal(self, event: RefusalDelta) -> Sequence[ChatCompletionChunk]:
        return self._chunk(event.choice, {"refusal": event.text}, event.extra, event.logprobs)

    def _other(self, event: OtherDelta) -> Sequence[ChatCompletionChunk]:
        if "delta" in event.extra or "choice" in event.extra:
            return self._chunk(event.choice, {}, event.extra)
        self._hold(event.extra)
        return ()

    def _reasoning(self, event: ReasoningDelta) -> Sequence[ChatCompletionChunk]:
        so_far = self._so_far(event.choice)
        delta: dict[str, object] = {}
        if event.text:
            so_far.thinking.append(event.text)
            delta["reasoning_content"] = event.text
        opaque = event.signature is not None or event.encrypted is not None
        if opaque and "reasoning_details" not in as_object(event.extra.get("delta")):
            extra = as_object(event.extra.get("reasoning"))
            whole = Reasoning("".join(so_far.thinking), event.signature, event.encrypted, extra=extra)
            delta["reasoning_details"] = [reasoning_detail(so_far.details, whole, self._issuer)]
            so_far.details += 1
            so_far.thinking = []
        return self._chunk(event.choice, delta, event.extra)

    def _tool_call(self, event: ToolCallDelta) -> Sequence[ChatCompletionChunk]:
        own, written = ("custom", "input") if event.kind == "custom" else ("function", "arguments")
        inner: dict[str, object] = {written: event.arguments}
        call: dict[str, object] = {"index": event.index, own: inner}
        if event.name is not None:
            inner["name"] = event.name
        if event.id is not None:
            call["id"] = event.id
            call["type"] = event.kind
        if event.kind != "custom":
            calls = self._so_far(event.choice).calls
            calls[event.index] = bool(event.arguments) or calls.get(event.index, False)
        if "tool_call" in event.extra:
            call = {**as_object(event.extra["tool_call"]), **call}
        return self._chunk(event.choice, {"tool_calls": [call]}, event.extra)

    def _choice_ended(self, event: ChoiceEnded) -> Sequence[ChatCompletionChunk]:
        so_far = self._so_far(event.choice)
        if so_far.ended:
            return ()
        so_far.ended = True
        empty = [index for index, written in so_far.calls.items() if not written]
        calls = [{"index": index, "function": {"arguments": "{}"}} for index in empty]
        extra = event.extra
        if event.provider_reason is not None:
            said = {**as_object(extra.get("choice")), "provider_finish_reason": event.provider_reason}
            extra = {**extra, "choice": said}
        return self._chunk(event.choice, {"tool_calls": calls} if calls else {}, extra, reason=event.reason.value)

    def _report(self, event: UsageReported) -> Sequence[ChatCompletionChunk]:
        self._usage = event
        return ()

    def _end(self, event: Ended) -> Sequence[ChatCompletionChunk]:  # noqa: ARG002 - all writers take their event
        if self._usage is None or not self._include_usage:
            return ()
        held = {**as_object(self._pending.get("chunk")), **as_object(self._usage.extra.get("chunk"))}
        self._pending = EMPTY
        return (
            validated(
                ChatCompletionChunk, {**held, **self._base, "choices": [], "usage": usage_body(self._usage.usage)}
            ),
        )

    def _answer(self, answer: Answer) -> Sequence[ChatCompletionChunk]:
        return [chunk for event in _events_of(answer) for chunk in self(event)]

    def _so_far(self, choice: int) -> _ChoiceSoFar:
        so_far = self._choices.get(choice)
        if so_far is None:
            so_far = self._choices[choice] = _ChoiceSoFar()
        return so_far

    def _chunk(
        self,
        index: int,
        delta: dict[str, object],
        extra: JsonObject,
        logprobs: JsonObject | None = None,
        reason: str | None = None,
    ) -> Sequence[ChatCompletionChunk]:
        so_far = self._choices.get(index) or self._so_far(index)
        if not so_far.begun:
            so_far.begun = True
            if logprobs is not None:
                # openai's own accumulator counts the log probabilities of a choice's very first chunk twice
                opening = self._chunk(index, {"role": "assistant"}, EMPTY)
                return (*opening, *self._chunk(index, delta, extra, logprobs, reason))
            delta = {"role": "assistant", **delta}
        choice: dict[str, object] = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        body = {**self._base, "choices": [choice]}
        # Most chunks repeat what the first one said of the whole stream, and nothing else: often in the same object.
        if self._pending or (extra and extra is not self._seen and extra != self._usual):
            body = self._with_extra(body, choice, extra)
        elif extra:
            self._seen = extra
        return (validated(ChatCompletionChunk, body),)

    def _with_extra(self, body: dict[str, object], choice: dict[str, object], extra: JsonObject) -> dict[str, object]:
        """Lay our own words over what the provider said beyond them, level by level."""
        self._hold(extra)
        held, self._pending = self._pending, EMPTY
        choice["delta"] = {**as_object(held.get("delta")), **as_object(choice["delta"])}
        body["choices"] = [{**as_object(held.get("choice")), **choice}]
        beyond = as_object(held.get("chunk"))
        usual = {name: beyond[name] for name in _ON_EVERY_CHUNK if name in beyond}
        if usual:
            self._base.update(usual)
            self._usual = {"chunk": usual}
            self._seen = EMPTY
        return {**beyond, **body}


def validated(model: type[M], body: dict[str, object]) -> M:
    """Make a *model* of *body*. Raises `APIResponseValidationError`, which names the place and quotes nothing."""
    try:
        # Without the options of `model_validate`, a tenth of the time that a chunk takes is left.
        made: M = model.__pydantic_validator__.validate_python(body)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
    else:
        return made
    message = f"The answer is not the dialect's: {place} has another shape. Check the provider's kind in the manifest."
    raise APIResponseValidationError(message)


def _events_of(answer: Answer) -> list[Event]:
    """Play a complete answer as the stream it might have been."""
    events: list[Event] = [Started(answer.id, answer.model, answer.created, {"chunk": answer.extra})]
    for choice in answer.choices:
        events += _events_of_choice(choice)
    if answer.usage is not None:
        events.append(UsageReported(answer.usage))
    return [*events, Ended()]


def _events_of_choice(choice: AnswerChoice) -> list[Event]:
    index = choice.index
    beside = {**choice.message_extra, **_beside(choice.parts)}
    events: list[Event] = [OtherDelta(index, {"delta": beside})] if beside else []
    calls, logprobs = 0, choice.logprobs
    for part in choice.parts:
        if isinstance(part, Reasoning):
            events.append(ReasoningDelta(part.text, index, part.signature, part.encrypted))
        elif isinstance(part, Text):
            events.append(TextDelta(part.text, index, logprobs))
            logprobs = None
        elif isinstance(part, Refusal):
            events.append(RefusalDelta(part.text, index, logprobs))
            logprobs = None
        elif isinstance(part, ToolCall):
            extra = {"tool_call": part.extra} if part.extra else EMPTY
            events.append(ToolCallDelta(calls, index, part.id, part.name, part.arguments, part.kind, extra))
            calls += 1
    extra = {"choice": choice.extra} if choice.extra else EMPTY
    events.append(ChoiceEnded(choice.reason, index, choice.provider_reason, extra))
    return events
