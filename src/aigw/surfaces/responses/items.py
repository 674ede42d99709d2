"""Items of an answer under way, each with the events that tell of it: pure, in the words of OpenAI's Responses.

Source: https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from aigw.surfaces.responses.seal import sealed
from aigw.types.json import JsonObject, as_array, as_object
from aigw.types.parts import Reasoning

Emit: TypeAlias = "Callable[[str, dict[str, object]], None]"
"""Takes the type of an event and its fields."""


class Item:
    """One item at `index` of the output. `body` is what is known of it."""

    __slots__ = ("_emit", "_place", "body")

    def __init__(self, emit: Emit, index: int, body: dict[str, object]) -> None:
        self._emit = emit
        self._place: dict[str, object] = {"item_id": body["id"], "output_index": index}
        self.body = body

    def begin(self) -> None:
        """Tell that the item begins."""
        self._emit("response.output_item.added", {"output_index": self._place["output_index"], "item": {**self.body}})

    def end(self, status: str) -> None:
        """Tell that the item is complete, or (by *status*) as complete as it gets."""
        if "status" in self.body:
            self.body["status"] = status
        self._emit("response.output_item.done", {"output_index": self._place["output_index"], "item": {**self.body}})

    def _tell(self, kind: str, fields: dict[str, object]) -> None:
        self._emit(kind, {**self._place, **fields})


class MessageItem(Item):
    """A message: texts and refusals, one content after the other."""

    __slots__ = ("_content", "_logprobs", "_notes", "_part", "_pieces")

    def __init__(self, emit: Emit, index: int, name: str) -> None:
        body: dict[str, object] = {"id": name, "type": "message", "status": "in_progress", "role": "assistant"}
        super().__init__(emit, index, {**body, "content": []})
        self._content: list[JsonObject] = []
        self._part: dict[str, object] = {}
        self._pieces: list[str] = []
        self._logprobs: list[object] = []
        self._notes: list[object] = []

    def text(self, text: str, logprobs: JsonObject | None, extra: JsonObject) -> None:
        """Add to the text."""
        self._open("output_text")
        tokens = as_array(as_object(logprobs).get("content"))
        self._logprobs += tokens
        self._pieces.append(text)
        self._part.update(extra)
        self._say("response.output_text.delta", {"delta": text, "logprobs": tokens})

    def refusal(self, text: str) -> None:
        """Add to the refusal."""
        self._open("refusal")
        self._pieces.append(text)
        self._say("response.refusal.delta", {"delta": text})

    def annotate(self, note: JsonObject) -> None:
        """Add what the text refers to."""
        self._open("output_text")
        fields: dict[str, object] = {"annotation_index": len(self._notes), "annotation": note}
        self._notes.append(note)
        self._say("response.output_text.annotation.added", fields)

    def end(self, status: str) -> None:
        """Tell that the message is complete."""
        self._close()
        self.body["content"] = self._content
        super().end(status)

    def _say(self, kind: str, fields: dict[str, object]) -> None:
        self._tell(kind, {"content_index": len(self._content), **fields})

    def _open(self, kind: str) -> None:
        if self._part.get("type") == kind:
            return
        self._close()
        empty: dict[str, object] = {"text": "", "annotations": [], "logprobs": []}
        self._part = {"type": kind, **({"refusal": ""} if kind == "refusal" else empty)}
        self._say("response.content_part.added", {"part": {**self._part}})

    def _close(self) -> None:
        if not self._part:
            return
        text = "".join(self._pieces)
        if self._part["type"] == "refusal":
            self._part["refusal"] = text
            self._say("response.refusal.done", {"refusal": text})
        else:
            self._part.update(text=text, annotations=self._notes, logprobs=self._logprobs)
            self._say("response.output_text.done", {"text": text, "logprobs": self._logprobs})
        self._say("response.content_part.done", {"part": self._part})
        self._content.append(self._part)
        self._part, self._pieces, self._logprobs, self._notes = {}, [], [], []


class ReasoningItem(Item):
    """The model's thinking, with what makes it acceptable where it came from."""

    __slots__ = ("_issuer", "_opaque", "_pieces")

    def __init__(self, emit: Emit, index: int, name: str, issuer: str | None) -> None:
        super().__init__(emit, index, {"id": name, "type": "reasoning", "summary": [], "content": []})
        self._issuer = issuer
        self._opaque: tuple[str | None, str | None] = None, None
        self._pieces: list[str] = []

    def add(self, text: str, signature: str | None, encrypted: str | None) -> bool:
        """Add to the thinking, and say whether that was all of it: what is opaque comes last."""
        if text:
            if not self._pieces:
                self._say("response.content_part.added", {"part": {"type": "reasoning_text", "text": ""}})
            self._pieces.append(text)
            self._say("response.reasoning_text.delta", {"delta": text})
        self._opaque = signature, encrypted
        return signature is not None or encrypted is not None

    def end(self, status: str) -> None:
        """Tell that the thinking is complete."""
        text = "".join(self._pieces)
        if text:
            part = {"type": "reasoning_text", "text": text}
            self.body["content"] = [part]
            self._say("response.reasoning_text.done", {"text": text})
            self._say("response.content_part.done", {"part": part})
        token = sealed(Reasoning(text, *self._opaque), self._issuer)
        if token is not None:
            self.body["encrypted_content"] = token
        super().end(status)

    def _say(self, kind: str, fields: dict[str, object]) -> None:
        self._tell(kind, {"content_index": 0, **fields})


class CallItem(Item):
    """A call of a function or of a custom tool. Arguments of a function are never empty."""

    __slots__ = ("_custom", "_pieces")

    def __init__(self, emit: Emit, index: int, name: str, call: JsonObject, *, custom: bool) -> None:
        self._custom = custom
        kind, written = ("custom_tool_call", "input") if custom else ("function_call", "arguments")
        status = {} if custom else {"status": "in_progress"}
        super().__init__(emit, index, {"id": name, "type": kind, **call, written: "", **status})
        self._pieces: list[str] = []

    def add(self, text: str, extra: JsonObject) -> None:
        """Add to the arguments."""
        self.body.update(extra)
        if text:
            self._pieces.append(text)
            kind = "custom_tool_call_input" if self._custom else "function_call_arguments"
            self._tell(f"response.{kind}.delta", {"delta": text})

    def end(self, status: str) -> None:
        """Tell that the call is complete."""
        if self._custom:
            self.body["input"] = "".join(self._pieces)
            self._tell("response.custom_tool_call_input.done", {"input": self.body["input"]})
        else:
            if not "".join(self._pieces).strip():
                self.add("{}", {})
            self.body["arguments"] = "".join(self._pieces)
            fields = {"name": self.body["name"], "arguments": self.body["arguments"]}
            self._tell("response.function_call_arguments.done", fields)
        super().end(status)


def bodies(items: Sequence[Item]) -> list[JsonObject]:
    """Give what is known of *items*."""
    return [item.body for item in items]
