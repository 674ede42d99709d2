"""Write canonical answers and events in the words of OpenAI's Responses: pure, and one body for both faces.

Source: https://platform.openai.com/docs/api-reference/responses. Beyond it, an answer of another dialect may have items
of the type `provider_block` (what only its provider has), and `provider_finish_reason` where ours says less.
What a provider said in this very dialect is handed out as it came.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from aigw.surfaces.chat.response import validated
from aigw.surfaces.responses.items import CallItem, Item, MessageItem, ReasoningItem, bodies
from aigw.surfaces.responses.parts import DIALECT
from aigw.types.events import (
    Answer,
    AnswerChoice,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    Native,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text, without
from aigw.types.parts import Opaque, Reasoning, Refusal, Text, ToolCall
from aigw.types.responses import Response, one_of
from aigw.types.responses_events import EVENTS, ResponseOtherEvent, ResponseStreamEvent

if TYPE_CHECKING:
    from aigw.types.usage import Usage

_DEFAULTS: Final[Mapping[str, object]] = {
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What an answer repeats of its request, where that said nothing."""

_INCOMPLETE: Final = {FinishReason.LENGTH: "max_output_tokens", FinishReason.CONTENT_FILTER: "content_filter"}
_GROWS: Final = {"output_text": "text", "refusal": "refusal"}
"""Contents that come in pieces, and the field that grows."""

_TERMINAL: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})

_read_event: Final = one_of(EVENTS, ResponseOtherEvent)


def usage_body(usage: "Usage") -> dict[str, object]:
    """Write *usage* as the Responses object."""
    body: dict[str, object] = {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write + usage.cache_write_1h,
        },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total_tokens,
    }
    if usage.estimated:
        body["estimated"] = True
    return body


class ResponseWriter:
    """Turns the events of one reply into events of a response, keeping the promises of OpenAI's streams.

    Ids are stable and sequence numbers count from 0; every item and content begins, grows and is done; the last event
    holds the whole response, which `response()` gives as well. *asked* is the body of the request, *name* what ids
    are made of, *issuer* the target that answers.
    """

    def __init__(self, *, asked: JsonObject, name: str, created: int, model: str, issuer: str | None = None) -> None:
        repeated = {field: asked[field] for field in _DEFAULTS if asked.get(field) is not None}
        self._base: dict[str, object] = {
            "id": f"resp_{name}",
            "object": "response",
            "created_at": created,
            "model": model,
            **_DEFAULTS,
            **repeated,
            "store": False,
        }
        self._name = name
        self._issuer = issuer
        self._begun = False
        self._sequence = 0
        self._native: JsonObject | None = None
        self._events: list[JsonObject] = []
        self._items: list[Item] = []
        self._open: MessageItem | ReasoningItem | None = None
        self._calls: dict[int, CallItem] = {}
        self._notes: list[JsonObject] = []
        self._status = "completed"
        self._writers: Mapping[type, Callable[..., None]] = {
            TextDelta: self._text,
            ToolCallDelta: self._call,
            ReasoningDelta: self._reasoning,
            RefusalDelta: self._refusal,
            OtherDelta: self._other,
            ChoiceEnded: self._choice_ended,
            Started: self._start,
            UsageReported: self._report,
            Ended: self._end,
            Answer: self._answer,
        }

    def __call__(self, event: Event) -> Sequence[ResponseStreamEvent]:
        """Give the events of the response that *event* makes."""
        # a reader of events gives one of them, whatever it is given
        return [cast("ResponseStreamEvent", _read_event(body)) for body in self.write(event)]

    def write(self, event: Event) -> list[JsonObject]:
        """Give the events of the response that *event* makes, as JSON."""
        if isinstance(event, Native):
            self._take(event.event)
        elif self._native is None:
            self._writers[type(event)](event)
        events, self._events = self._events, []
        return events

    def response(self) -> JsonObject:
        """Give the response as far as it has come."""
        return self._so_far(self._status) if self._native is None else self._native

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived."""
        return not self._begun and not self._native

    def _take(self, event: JsonObject) -> None:
        """Hand on what the provider itself said."""
        self._native = as_object(event.get("response")) or self._native or EMPTY
        self._events.append(event)

    def _emit(self, kind: str, fields: dict[str, object]) -> None:
        self._events.append({"type": kind, "sequence_number": self._sequence, **fields})
        self._sequence += 1

    def _so_far(self, status: str) -> dict[str, object]:
        return {**self._base, "status": status, "output": bodies(self._items)}

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._emit("response.created", {"response": self._so_far("in_progress")})
            self._emit("response.in_progress", {"response": self._so_far("in_progress")})

    def _start(self, event: Started) -> None:
        if self._begun:
            return
        said = {"created_at": event.created, "model": event.model, "id": _own_id(event.id)}
        self._base.update({name: value for name, value in said.items() if value})
        tier = as_object(event.extra.get("chunk")).get("service_tier")
        if tier is not None:
            self._base["service_tier"] = tier
        self._begin()

    def _added(self, item: Item) -> None:
        self._items.append(item)
        item.begin()

    def _place(self, prefix: str) -> tuple[int, str]:
        self._begin()
        return len(self._items), f"{prefix}_{self._name}_{len(self._items)}"

    def _close(self) -> None:
        if self._open is not None:
            self._open.end("completed")
            self._open = None

    def _message(self) -> MessageItem:
        if not isinstance(self._open, MessageItem):
            self._close()
            self._open = message = MessageItem(self._emit, *self._place("msg"))
            self._added(message)
            for note in self._notes:
                message.annotate(note)
            self._notes = []
        return self._open

    def _text(self, event: TextDelta) -> None:
        if event.text or event.logprobs is not None:
            self._message().text(event.text, event.logprobs, _carried(event.extra, "delta"))

    def _refusal(self, event: RefusalDelta) -> None:
        if event.text:
            self._message().refusal(event.text)

    def _reasoning(self, event: ReasoningDelta) -> None:
        if not (event.text or event.signature or event.encrypted):
            return
        if not isinstance(self._open, ReasoningItem):
            self._close()
            self._open = ReasoningItem(self._emit, *self._place("rs"), self._issuer)
            self._added(self._open)
        if self._open.add(event.text, event.signature, event.encrypted):
            self._close()

    def _call(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.index)
        carried = _carried(event.extra, "tool_call")
        if call is None:
            self._close()
            custom = event.kind == "custom"
            index, name = self._place("ctc" if custom else "fc")
            said = {"call_id": self._call_id(event.id, name), "name": event.name or "", **carried}
            call = self._calls[event.index] = CallItem(self._emit, index, name, said, custom=custom)
            self._added(call)
        call.add(event.arguments, carried)

    def _call_id(self, said: str | None, name: str) -> str:
        """Give the id that a provider *said*, or *name* where it said none or the same one twice.

        A result is matched by it, and so is a call by OpenAI's client, which refuses a stream with two of one id.
        """
        return name if not said or any(item.body.get("call_id") == said for item in self._items) else said

    def _other(self, event: OtherDelta) -> None:
        delta = as_object(event.extra.get("delta"))
        for note in as_array(delta.get("annotations")):
            self._annotate(_flat(as_object(note)))
        for block in as_array(delta.get("provider_blocks")):
            said = as_object(block)
            self._block(Opaque(as_text(said.get("dialect")) or "", as_object(said.get("body"))))

    def _annotate(self, note: JsonObject) -> None:
        if isinstance(self._open, MessageItem):
            self._open.annotate(note)
        else:
            self._notes.append(note)

    def _block(self, block: Opaque) -> None:
        self._close()
        index, name = self._place("blk")
        body: dict[str, object] = {"id": name, "type": "provider_block", "dialect": block.dialect, "body": block.body}
        item = Item(self._emit, index, {"id": name, **block.body} if block.dialect == DIALECT else body)
        self._added(item)
        item.end("completed")

    def _choice_ended(self, event: ChoiceEnded) -> None:
        self._begin()
        reason = _INCOMPLETE.get(event.reason)
        if reason is not None:
            self._status = "incomplete"
            self._base["incomplete_details"] = {"reason": reason}
        if event.provider_reason is not None:
            self._base["provider_finish_reason"] = event.provider_reason
        if self._open is not None:
            self._open.end(self._status)
            self._open = None
        for call in self._calls.values():
            call.end(self._status if call is self._items[-1] else "completed")
        self._calls = {}

    def _report(self, event: UsageReported) -> None:
        self._base["usage"] = usage_body(event.usage)

    def _end(self, event: Ended) -> None:  # noqa: ARG002 - all writers take their event
        self._begin()
        self._emit(f"response.{self._status}", {"response": self._so_far(self._status)})

    def _answer(self, answer: Answer) -> None:
        if answer.native is not None and answer.dialect == DIALECT:
            self._replay(answer.native)
            return
        for event in _events_of(answer):
            self._writers[type(event)](event)

    def _replay(self, body: JsonObject) -> None:
        """Play a whole answer of the provider's own as the stream it might have been."""
        begun: dict[str, object] = {**body, "status": "in_progress", "output": [], "usage": None}
        self._emit("response.created", {"response": begun})
        self._emit("response.in_progress", {"response": begun})
        for index, item in enumerate(as_array(body.get("output"))):
            _replay_item(self._emit, index, as_object(item))
        kind = f"response.{body.get('status')}"
        self._emit(kind if kind in _TERMINAL else "response.completed", {"response": body})
        self._native = body


def _own_id(name: str | None) -> str | None:
    """Give *name* if it is a response's id: ids of other dialects mean nothing to who continues a response."""
    return name if name is not None and name.startswith("resp_") else None


def _carried(extra: JsonObject, level: str) -> JsonObject:
    """Give what must come back with a part: thought signatures, under the name that Gemini's OpenAI endpoint uses."""
    if not extra:
        return EMPTY
    content = extra.get("extra_content") or as_object(extra.get(level)).get("extra_content")
    return {"extra_content": content} if content else EMPTY


def _flat(note: JsonObject) -> JsonObject:
    """Give an annotation of Chat Completions in the flat form of Responses."""
    kind = as_text(note.get("type")) or ""
    return {"type": kind, **as_object(note[kind])} if kind in note else without(note, frozenset({"index"}))


def _events_of(answer: Answer) -> list[Event]:
    """Play a complete answer as the stream it might have been."""
    tier = {"service_tier": answer.extra["service_tier"]} if "service_tier" in answer.extra else EMPTY
    events: list[Event] = [Started(answer.id, answer.model, answer.created, {"chunk": tier})]
    for choice in answer.choices[:1]:
        events += _events_of_choice(choice)
    if answer.usage is not None:
        events.append(UsageReported(answer.usage))
    return [*events, Ended()]


def _events_of_choice(choice: AnswerChoice) -> list[Event]:
    events: list[Event] = []
    notes = as_array(choice.message_extra.get("annotations"))
    texts = [part for part in choice.parts if isinstance(part, Text)]
    calls, logprobs = 0, choice.logprobs
    for part in choice.parts:
        if isinstance(part, Reasoning):
            events.append(ReasoningDelta(part.text, 0, part.signature, part.encrypted))
        elif isinstance(part, Text):
            events.append(TextDelta(part.text, 0, logprobs, part.extra))
            logprobs = None
            if notes and part is texts[-1]:
                events.append(OtherDelta(extra={"delta": {"annotations": notes}}))
        elif isinstance(part, Refusal):
            events.append(RefusalDelta(part.text))
        elif isinstance(part, ToolCall):
            extra = {"tool_call": part.extra} if part.extra else EMPTY
            events.append(ToolCallDelta(calls, 0, part.id, part.name, part.arguments, part.kind, extra))
            calls += 1
        elif isinstance(part, Opaque):
            block = {"dialect": part.dialect, "body": part.body}
            events.append(OtherDelta(extra={"delta": {"provider_blocks": [block]}}))
    return [*events, ChoiceEnded(choice.reason, 0, choice.provider_reason)]


def _replay_item(emit: Callable[[str, dict[str, object]], None], index: int, item: JsonObject) -> None:
    place: dict[str, object] = {"output_index": index, "item_id": item.get("id")}
    kind = item.get("type")
    empty: JsonObject = (
        {"content": []} if kind == "message" else {"arguments": ""} if kind == "function_call" else EMPTY
    )
    emit("response.output_item.added", {"output_index": index, "item": {**item, **empty}})
    if kind == "function_call":
        emit("response.function_call_arguments.delta", {**place, "delta": item.get("arguments")})
        emit("response.function_call_arguments.done", {**place, "arguments": item.get("arguments")})
    for number, part in enumerate(as_array(item.get("content")) if kind == "message" else ()):
        _replay_content(emit, {**place, "content_index": number}, as_object(part))
    emit("response.output_item.done", {"output_index": index, "item": item})


def _replay_content(emit: Callable[[str, dict[str, object]], None], place: dict[str, object], part: JsonObject) -> None:
    own = _GROWS.get(as_text(part.get("type")) or "")
    emit("response.content_part.added", {**place, "part": part if own is None else {**part, own: ""}})
    if own is not None:
        emit(f"response.{part['type']}.delta", {**place, "delta": part.get(own)})
        emit(f"response.{part['type']}.done", {**place, own: part.get(own)})
    emit("response.content_part.done", {**place, "part": part})


def response_of(body: JsonObject) -> Response:
    """Make the public response of *body*. Raises `APIResponseValidationError` for what is none."""
    return validated(Response, {**body})
