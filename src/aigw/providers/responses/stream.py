"""Read a streamed answer in OpenAI's Responses dialect.

Source: https://platform.openai.com/docs/api-reference/responses-streaming. What comes in pieces comes again whole, when
its part, its item and the answer are done: whatever was not handed on by then is handed on then, once. Events nobody
knows are ignored here; a caller of this dialect gets each one as it came, besides.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.framing.decoding import SseDecoder
from aigw.providers.reading import call_id, frame
from aigw.providers.responses.answer import (
    CALLS,
    TEXTS,
    annotation,
    beside,
    beyond_call,
    books_of,
    check_for_failure,
    finish,
    logprobs_of,
    read,
    reasoning_texts,
    tool_input,
)
from aigw.providers.responses.items import DIALECT
from aigw.providers.responses.progress import Item, Items
from aigw.types.events import (
    ChoiceEnded,
    Ended,
    Event,
    Native,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text
from aigw.types.request import Request

_PIECES: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "response.output_text.delta": ("message", "text", "content_index", "delta"),
        "response.output_text.done": ("message", "text", "content_index", "text"),
        "response.refusal.delta": ("message", "refusal", "content_index", "delta"),
        "response.refusal.done": ("message", "refusal", "content_index", "refusal"),
        "response.reasoning_summary_text.delta": ("reasoning", "summary", "summary_index", "delta"),
        "response.reasoning_summary_text.done": ("reasoning", "summary", "summary_index", "text"),
        "response.reasoning_text.delta": ("reasoning", "reasoning", "content_index", "delta"),
        "response.reasoning_text.done": ("reasoning", "reasoning", "content_index", "text"),
    }
)
"""Events that hold a text or more of it: its item's type, its family, and the fields with its place and itself."""

_INPUTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "response.function_call_arguments.delta": ("function_call", "delta"),
        "response.custom_tool_call_input.delta": ("custom_tool_call", "delta"),
        "response.function_call_arguments.done": ("function_call", ""),
        "response.custom_tool_call_input.done": ("custom_tool_call", ""),
    }
)
_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesDecoder(SseDecoder):
    """Events of the dialect to ours. `Ended` comes with `response.completed` or `.incomplete` and with nothing else."""

    __slots__ = ("_annotations", "_done", "_items", "_native", "_opaque", "_quirks", "_seed", "_started", "_text")

    def __init__(self, target: Target, request: Request) -> None:
        super().__init__(target, partial(read, request=request))
        self._native = request.dialect == DIALECT
        self._quirks = target.provider.kind.quirks
        self._items = Items()
        self._seed: object = None
        self._opaque = 0
        self._annotations = 0
        self._text = 0
        self._started = False
        self._done = False

    def _at_end(self, events: list[Event]) -> None:
        """Without its terminal event the answer was cut, and nothing follows."""

    def _event(self, name: str, text: str, events: list[Event]) -> None:
        if self._done or (text[0] == "[" and text.strip() == "[DONE]"):
            return
        body = frame(text, self._provider)
        if self._native:
            events.append(Native(DIALECT, body))
        kind = as_text(body.get("type")) or name
        if kind[:9] != "response." or kind == "response.error":
            check_for_failure({**body, "type": "error"} if "error" in kind else body, self._target.provider)
            return
        if not self._started:
            self._begin(as_object(body.get("response")), events)
        if kind in _PIECES:
            self._piece(kind, body, events)
        elif kind in _INPUTS:
            self._input(kind, body, events)
        elif kind in _ENDS:
            self._end(kind, as_object(body.get("response")) or body, events)
        else:
            self._part_or_item(kind, body, events)

    def _begin(self, response: JsonObject, events: list[Event]) -> None:
        self._started = True
        self._seed = response.get("id")
        model, created = as_text(response.get("model")), as_int(response.get("created_at"))
        events.append(Started(as_text(response.get("id")) or None, model or None, created))

    def _part_or_item(self, kind: str, body: JsonObject, events: list[Event]) -> None:
        match kind:
            case "response.output_item.added":
                self._add(as_object(body.get("item")), as_int(body.get("output_index")), events)
            case "response.output_item.done":
                said = as_object(body.get("item"))
                self._complete(self._items.finished(said, as_int(body.get("output_index"))), said, events)
            case "response.content_part.done":
                part = as_object(body.get("part"))
                place = as_int(body.get("content_index")) or 0
                if as_text(part.get("type")) in {*TEXTS, "refusal"}:
                    self._message_part(self._item("message", body), place, part, events)
            case "response.output_text.annotation.added":
                item = self._item("message", body)
                index = as_int(body.get("content_index")) or 0
                self._cite(item, index, item.cited.get(index, 0), as_object(body.get("annotation")), events)
            case _:
                pass

    def _item(self, kind: str, body: JsonObject) -> Item:
        return self._items.going_on(kind, as_int(body.get("output_index")), as_text(body.get("item_id")))

    def _add(self, body: JsonObject, slot: int | None, events: list[Event]) -> None:
        item = self._items.begin(as_text(body.get("type")) or "", slot, as_text(body.get("id")), body)
        if item.kind in CALLS and body.get("name") and body.get("call_id"):
            self._name(item, events)

    def _name(self, item: Item, events: list[Event]) -> None:
        """Hand on a call's beginning: its id and name, and what has come of its input by now."""
        self._items.name(item)
        name = as_text(item.body.get("name")) or ""
        known = as_text(item.body.get("call_id")) or call_id(self._seed, item.slot, name)
        kind = "function" if item.kind == "function_call" else "custom"
        beyond = beyond_call(item.body)
        extra: JsonObject = {"tool_call": beyond} if beyond else EMPTY
        told = "".join(item.told.get("input", ()))
        events.append(ToolCallDelta(item.call, 0, known, name, told, kind, extra))

    def _piece(self, kind: str, body: JsonObject, events: list[Event]) -> None:
        owner, family, place, field_name = _PIECES[kind]
        item = self._item(owner, body)
        index, text = as_int(body.get(place)) or 0, as_text(body.get(field_name)) or ""
        if field_name == "delta":
            if text:
                self._say(item, family, index, text, logprobs_of((body,)) if body.get("logprobs") else None, events)
        else:
            self._say_rest(item, family, index, text, body, events)

    def _say_rest(  # noqa: PLR0913, PLR0917 - called for every token; an object for these would cost more than the rest
        self, item: Item, family: str, index: int, whole: str, said: JsonObject, events: list[Event]
    ) -> None:
        key = (family, index)
        rest = item.rest(key, whole)
        if rest or (rest is not None and family == "text"):
            self._say(item, family, index, rest, None if key in item.told else logprobs_of((said,)), events)

    def _say(  # noqa: PLR0913, PLR0917 - as above
        self, item: Item, family: str, index: int, text: str, logprobs: JsonObject | None, events: list[Event]
    ) -> None:
        item.told.setdefault((family, index), []).append(text)
        if family == "text":
            item.starts.setdefault(index, self._text)
            self._text += len(text)
            events.append(TextDelta(text, 0, logprobs))
        elif family == "refusal":
            events.append(RefusalDelta(text))
        else:
            events.append(ReasoningDelta(text))

    def _input(self, kind: str, body: JsonObject, events: list[Event]) -> None:
        owner, field_name = _INPUTS[kind]
        item = self._item(owner, body)
        if field_name:
            self._hand_over(item, as_text(body.get("delta")) or "", events)
        else:
            self._whole_input(item, body, events)

    def _hand_over(self, item: Item, text: str, events: list[Event]) -> None:
        """Hand on more of a call's input, or hold it back until the call has a name."""
        if text:
            item.told.setdefault("input", []).append(text)
            if item.named:
                kind = "function" if item.kind == "function_call" else "custom"
                events.append(ToolCallDelta(item.call, arguments=text, kind=kind))

    def _whole_input(self, item: Item, body: JsonObject, events: list[Event]) -> None:
        if not item.named and body.get("name") and item.body.get("call_id"):
            item.body = {**item.body, "name": body["name"]}
            self._name(item, events)
        if body.get(CALLS[item.kind]):
            self._hand_over(item, item.rest("input", tool_input(body, item.kind)) or "", events)

    def _complete(self, item: Item, body: JsonObject, events: list[Event]) -> None:
        """Hand on what of an item that is whole was not handed on yet."""
        if item.kind == "message":
            if isinstance(body.get("content"), str):
                self._say_rest(item, "text", 0, as_text(body["content"]) or "", body, events)
            for index, part in enumerate(as_array(body.get("content"))):
                self._message_part(item, index, as_object(part), events)
        elif item.kind == "reasoning":
            for family, index, text in reasoning_texts(body):
                self._say_rest(item, family, index, text, EMPTY, events)
            self._seal(item, body, events)
        elif item.kind in CALLS:
            self._close_call(item, body, events)
        elif not item.done and body:
            self._block(body, events)
        item.done = True

    def _message_part(self, item: Item, index: int, part: JsonObject, events: list[Event]) -> None:
        match as_text(part.get("type")):
            case kind if kind in TEXTS:
                self._say_rest(item, "text", index, as_text(part.get("text")) or "", part, events)
                for place, said in enumerate(as_array(part.get("annotations"))):
                    self._cite(item, index, place, as_object(said), events)
            case "refusal":
                self._say_rest(item, "refusal", index, as_text(part.get("refusal")) or "", part, events)
            case "reasoning_text":
                self._say_rest(item, "reasoning", index, as_text(part.get("text")) or "", part, events)
            case _ if part and not item.done:
                self._block({"type": "message", "role": "assistant", "content": [part]}, events)
            case _:
                pass

    def _cite(self, item: Item, index: int, place: int, said: JsonObject, events: list[Event]) -> None:
        """Hand on the annotation at *place* of a text, unless it was already."""
        if not said or place < item.cited.get(index, 0):
            return
        item.cited[index] = place + 1
        written = {"index": self._annotations, **annotation(said, item.starts.get(index, self._text))}
        self._annotations += 1
        events.append(OtherDelta(extra={"delta": {"annotations": [written]}}))

    def _seal(self, item: Item, body: JsonObject, events: list[Event]) -> None:
        encrypted, name = as_text(body.get("encrypted_content")), as_text(body.get("id"))
        if encrypted and not item.sealed:
            item.sealed = True
            extra: JsonObject = {"reasoning": {"id": name}} if name else EMPTY
            events.append(ReasoningDelta("", encrypted=encrypted, extra=extra))

    def _close_call(self, item: Item, body: JsonObject, events: list[Event]) -> None:
        if item.done:
            return
        item.body = {**item.body, **{name: value for name, value in body.items() if value is not None}}
        if not item.named:
            self._name(item, events)
        whole = tool_input(item.body, item.kind)
        told = "".join(item.told.get("input", ()))
        if whole.startswith(told) or not told.strip():
            self._hand_over(item, whole.removeprefix(told), events)

    def _block(self, body: JsonObject, events: list[Event]) -> None:
        """Hand on a block that only this dialect has."""
        block = {"index": self._opaque, "dialect": DIALECT, "body": body}
        self._opaque += 1
        events.append(OtherDelta(extra={"delta": {"provider_blocks": [block]}}))

    def _end(self, kind: str, response: JsonObject, events: list[Event]) -> None:
        """End the answer with its terminal event, which has all of it once more."""
        output = [as_object(item) for item in as_array(response.get("output"))]
        usage = books_of(response, output or self._items.bodies, self._quirks)
        if kind == "response.failed" or response.get("error") or response.get("status") == "failed":
            if usage is not None:
                events.append(UsageReported(usage))
            check_for_failure({**response, "status": "failed"}, self._target.provider)
        for slot, body in enumerate(output):
            self._complete(self._items.settled(body, slot), body, events)
        for item in self._items.open:
            self._complete(item, item.body, events)
        self._done = True
        cut = kind == "response.incomplete" or response.get("status") == "incomplete"
        said: JsonObject = {**response, "status": "incomplete" if cut else "completed"}
        reason, word = finish(said, calls=self._items.calls > 0)
        more = beside(response)
        events.append(ChoiceEnded(reason, 0, word, {"chunk": more} if more else EMPTY))
        if usage is not None:
            events.append(UsageReported(usage))
        events.append(Ended())
