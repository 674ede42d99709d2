"""Which answers are judged, and by which of their texts."""

from typing import Any

import pytest
from tests.providers.provider_kit import target

from aigw.errors import NonconformingAnswerError
from aigw.policies.conformity import Hearing, schema_of
from aigw.policies.failover import meaning_of
from aigw.types.embeddings import EmbeddingsRequest
from aigw.types.events import (
    Answer,
    AnswerChoice,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.operation import Operation
from aigw.types.parts import Opaque, Part, Reasoning, Refusal, Text, ToolCall
from aigw.types.request import Params, Request
from aigw.types.usage import Usage

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
FORM = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
AT = target()
STOP = ChoiceEnded(FinishReason.STOP)


def request(surface: str = "chat", operation: Operation = Operation.CHAT, **params: Any) -> Request:
    said: Params = {"response_format": FORM, **params}  # type: ignore[typeddict-item]
    return Request("test", "m", (), said, stream=False, verbatim={}, surface=surface, operation=operation)


def test_only_chats_that_ask_for_a_schema_have_one() -> None:
    assert SCHEMA == schema_of(request(), AT)
    assert schema_of(request(response_format={"type": "json_object"}), AT) is None
    assert schema_of(request(response_format={"type": "json_schema"}), AT) is None
    assert schema_of(request(operation=Operation.COUNT_TOKENS), AT) is None
    assert schema_of(EmbeddingsRequest("test", "m", ("a",), {}, {}), AT) is None
    assert schema_of(request(), target(response_format={"type": "text"})) is None


def heard(*events: Event, surface: str = "chat") -> NonconformingAnswerError | None:
    hearing = Hearing(SCHEMA, request(surface), AT)
    for event in events:
        hearing.hear(event)
    try:
        hearing.judge()
    except NonconformingAnswerError as error:
        return error
    return None


def whole(
    *parts: Part, reason: FinishReason = FinishReason.STOP, word: str | None = None, surface: str = "chat"
) -> Any:
    return heard(Answer((AnswerChoice(parts, reason, provider_reason=word),), Usage(input=1)), surface=surface)


GOOD = Text('{"a": 1}')
BAD = Text('{"a": "x"}')
HELD = [
    (Text(""),),
    (Text("  \n"),),
    (Text('{"a"'), Text(": 1}")),
    (Reasoning("hm"), GOOD),
    (BAD, Refusal("no")),
    (BAD, ToolCall("1", "f", "{}")),
    (),
]


@pytest.mark.parametrize("parts", HELD)
def test_answers_that_keep_to_it_or_are_none(parts: tuple[Part, ...]) -> None:
    assert whole(*parts) is None


@pytest.mark.parametrize("reason", [reason for reason in FinishReason if reason is not FinishReason.STOP])
def test_an_answer_that_did_not_end_of_itself_is_not_judged(reason: FinishReason) -> None:
    assert whole(BAD, reason=reason) is None
    assert heard(TextDelta(BAD.text), ChoiceEnded(reason)) is None


def test_a_turn_that_goes_on_is_not_judged() -> None:
    assert whole(BAD, word="pause_turn") is None
    assert whole(BAD, word="end_turn") is not None


def test_an_error_says_where_and_what_it_took() -> None:
    error = whole(BAD)
    assert ("type", "$.a", 1) == (error.keyword, error.path, error.usage.prompt_tokens)
    assert "openai" == error.provider
    meaning = meaning_of(error)
    assert (True, True, False) == (meaning.retry, meaning.move, meaning.counts)


def test_every_choice_is_judged() -> None:
    choices = tuple(AnswerChoice((part,), FinishReason.STOP, index) for index, part in enumerate((GOOD, BAD)))
    assert heard(Answer(choices)) is not None
    events = (TextDelta(GOOD.text), TextDelta(BAD.text, 1), STOP, ChoiceEnded(FinishReason.STOP, 1))
    assert heard(*events) is not None
    assert heard(TextDelta(GOOD.text), TextDelta("{", 1), STOP) is None


def test_a_stream_is_judged_as_its_whole_answer_is() -> None:
    usage = UsageReported(Usage(input=3))
    error = heard(Started(), TextDelta('{"a":'), TextDelta('"x"}'), STOP, usage, Ended())
    assert error is not None
    assert error.usage == usage.usage
    assert heard(ReasoningDelta("hm"), TextDelta('{"a"'), OtherDelta(), TextDelta(": 1}"), STOP) is None
    assert heard(TextDelta("{"), RefusalDelta("no"), STOP) is None
    assert heard(TextDelta("{"), ToolCallDelta(0, id="1", name="f"), STOP) is None


def test_where_texts_come_in_blocks_the_last_counts() -> None:
    search = Opaque("anthropic-messages", {"type": "server_tool_use"})
    for surface, is_good in (("chat", False), ("messages", True), ("responses", True)):
        assert is_good is (whole(Text("Let me look."), search, GOOD, surface=surface) is None)
        events = (TextDelta("Let me look."), OtherDelta(), TextDelta(GOOD.text), OtherDelta(), STOP)
        assert is_good is (heard(*events, surface=surface) is None)
        assert whole(Text("Let me look."), search, BAD, surface=surface) is not None
