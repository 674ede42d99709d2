"""Whether an answer keeps to the JSON schema its caller gave, whatever the target was sent or has promised."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aigw.errors import NonconformingAnswerError
from aigw.policies.json_schemas import Mismatch, mismatch
from aigw.types.events import (
    Answer,
    ChoiceEnded,
    Event,
    FinishReason,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.json import JsonObject, as_object
from aigw.types.operation import Operation
from aigw.types.parts import Refusal, Text, ToolCall
from aigw.types.request import AnyRequest, Request

if TYPE_CHECKING:
    from aigw.manifest.snapshot import Target
    from aigw.types.usage import Usage
    from aigw.wire import HttpResponse

_UNFINISHED: Final = frozenset({"pause_turn"})
"""Words of providers for an answer that ended well and goes on in the next."""


def schema_of(request: AnyRequest, target: "Target") -> JsonObject | None:
    """Give the schema that an answer of *target* has to keep to, or None. What the manifest sets is its own."""
    if not isinstance(request, Request):
        return None
    form = request.params.get("response_format")
    if form is None or "response_format" in target.params or request.operation is not Operation.CHAT:
        return None
    if form.get("type") != "json_schema":
        return None
    return as_object(as_object(form.get("json_schema")).get("schema")) or None


class Hearing:
    """Hears one answer, whole or event by event, and judges it at its end.

    An answer is judged where it is text that ended of itself: one that is cut, withheld, refused, or that calls a tool
    is what it is. Callers in the shape of chat get all text as one; others get it in blocks, of which the last counts
    where all together are no JSON (what a model says before it searches, say).
    """

    __slots__ = ("_choices", "_in_blocks", "_schema", "_target", "_usage")

    def __init__(self, schema: JsonObject, request: AnyRequest, target: "Target") -> None:
        self._schema = schema
        self._target = target
        self._in_blocks = request.surface != "chat"
        self._choices: dict[int, _Said] = {}
        self._usage: Usage | None = None

    def hear(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Answer):
            self._hear_whole(event)
        elif isinstance(event, UsageReported):
            self._usage = event.usage
        elif isinstance(event, TextDelta | RefusalDelta | ToolCallDelta | ReasoningDelta | OtherDelta | ChoiceEnded):
            said = self._choices.setdefault(event.choice, _Said())
            if isinstance(event, TextDelta):
                said.blocks[-1].append(event.text)
            elif isinstance(event, ChoiceEnded):
                said.is_done = _is_done(event.reason, event.provider_reason)
            elif isinstance(event, RefusalDelta | ToolCallDelta):
                said.is_other = True
            elif said.blocks[-1]:
                said.blocks.append([])

    def judge(self, response: "HttpResponse | None" = None) -> None:
        """Judge what was heard. Raises `NonconformingAnswerError`, or `UncheckableSchemaError` for a useless schema."""
        for said in self._choices.values():
            if not said.is_done or said.is_other:
                continue
            found = self._found(["".join(block) for block in said.blocks])
            if found is not None:
                raise self._error(found, response)

    def _hear_whole(self, answer: Answer) -> None:
        self._usage = answer.usage
        for position, choice in enumerate(answer.choices):
            said = self._choices.setdefault(position, _Said())
            said.is_done = _is_done(choice.reason, choice.provider_reason)
            for part in choice.parts:
                if isinstance(part, Text):
                    said.blocks[-1].append(part.text)
                elif isinstance(part, Refusal | ToolCall):
                    said.is_other = True
                elif said.blocks[-1]:
                    said.blocks.append([])

    def _found(self, blocks: Sequence[str]) -> Mismatch | None:
        text = "".join(blocks)
        if not text.strip():
            return None
        found = mismatch(text, self._schema)
        last = next(block for block in reversed(blocks) if block.strip())
        if found is None or not self._in_blocks or last == text:
            return found
        return mismatch(last, self._schema)

    def _error(self, found: Mismatch, response: "HttpResponse | None") -> NonconformingAnswerError:
        message = (
            f"The answer of {self._target.id} is not of the schema in response_format: {found}. Ask again, choose a "
            "model that can be held to a schema, or ask for less with it."
        )
        return NonconformingAnswerError(
            message,
            keyword=found.keyword,
            path=found.path,
            usage=self._usage,
            response=response,
            provider=self._target.provider.name,
        )


class _Said:
    """What is known of one choice: its text in blocks, whether it ended of itself, and whether it is something else."""

    __slots__ = ("blocks", "is_done", "is_other")

    def __init__(self) -> None:
        self.blocks: list[list[str]] = [[]]
        self.is_done = False
        self.is_other = False


def _is_done(reason: FinishReason, word: str | None) -> bool:
    return reason is FinishReason.STOP and word not in _UNFINISHED
