import copy
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.surfaces.judge import accepted, chunks_of, ours, theirs

from aigw.surfaces.chat.request import ask
from aigw.surfaces.chat.response import completion_body
from aigw.types.chat import ChatCompletion
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
from aigw.types.parts import Audio, Opaque, Reasoning, Refusal, Text, ToolCall
from aigw.types.usage import Usage

STOP = FinishReason.STOP
CALLS = FinishReason.TOOL_CALLS
LOGPROBS = {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}], "refusal": None}
USAGE = Usage(input=5, cache_read=3, cache_write=1, output=2, reasoning=4, extra={"cost": 0.1})

WHOLE = Answer(
    id="chatcmpl-A1",
    model="m-1-2026",
    created=1795132800,
    extra={"system_fingerprint": "fp", "service_tier": "default", "x_vendor": {"a": 1}},
    usage=USAGE,
    choices=(
        AnswerChoice(
            (Reasoning("hm", signature="s1"), Reasoning("", encrypted="e"), Text("Hi "), Text("there")),
            STOP,
            provider_reason="end_turn",
            logprobs=LOGPROBS,
            extra={"content_filter_results": {}},
            message_extra={"annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]},
        ),
        AnswerChoice((ToolCall("c1", "f", "{}"), ToolCall("c2", "g", '{"a":1}', extra={"sig": "x"})), CALLS, 1),
        AnswerChoice((Refusal("I can't"),), STOP, 2),
    ),
)


def written(answer: Answer) -> dict[str, Any]:
    return completion_body(answer, id="chatcmpl-call_1", created=7, model="hint", issuer="acme/m-1")


def completion(answer: Answer) -> ChatCompletion:
    return ChatCompletion.model_validate(written(answer))


def test_complete_answer_has_openais_attributes() -> None:
    found = completion(WHOLE)
    first, second, third = found.choices

    assert ("chatcmpl-A1", "m-1-2026", 1795132800, "fp") == (
        found.id,
        found.model,
        found.created,
        found.system_fingerprint,
    )
    assert ("Hi there", None, "assistant") == (first.message.content, first.message.refusal, first.message.role)
    assert ["{}", '{"a":1}'] == [call.function.arguments for call in second.message.tool_calls or []]  # type: ignore[union-attr]
    assert "I can't" == third.message.refusal
    assert (9, 6, 15) == (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.total_tokens)  # type: ignore[union-attr]
    assert "end_turn" == first.model_extra["provider_finish_reason"]  # type: ignore[index]
    assert "hm" == first.message.reasoning_content  # type: ignore[attr-defined]


def test_what_the_provider_says_beyond_the_dialect_is_kept() -> None:
    found = written(WHOLE)

    assert {"a": 1} == found["x_vendor"]
    assert {} == found["choices"][0]["content_filter_results"]
    assert 0.1 == found["usage"]["cost"]


def test_what_was_written_to_the_cache_counts_whatever_its_lifetime() -> None:
    usage = Usage(input=1, cache_read=2, cache_write=3, cache_write_1h=4, output=5)
    body = completion(Answer((AnswerChoice((Text("x"),), STOP),), usage)).to_dict()["usage"]

    assert 10 == body["prompt_tokens"]  # type: ignore[index]
    assert {"cached_tokens": 2, "cache_write_tokens": 7, "audio_tokens": 0} == body["prompt_tokens_details"]  # type: ignore[index]


def test_id_created_and_model_are_never_missing() -> None:
    found = completion(Answer((AnswerChoice((Text("x"),), STOP),)))

    assert ("chatcmpl-call_1", 7, "hint", None) == (found.id, found.created, found.model, found.usage)


def test_openais_model_accepts_the_dump_and_has_the_same_keys() -> None:
    body = completion(Answer(WHOLE.choices[1:2], USAGE)).model_dump()
    judged = accepted(body)

    assert shape(judged) == shape(body)


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def test_record_and_request_id_are_no_part_of_a_dump() -> None:
    found = completion(WHOLE)
    found.attach("the record", "req-1")  # type: ignore[arg-type]

    assert ("the record", "req-1") == (found.aigw, found._request_id)
    assert not {"aigw", "_aigw", "_request_id"} & found.model_dump().keys()
    assert "the record" not in found.model_dump_json() + found.to_json() + str(found.to_dict()) + repr(found)


def test_completion_survives_pickle_and_copy_with_its_record() -> None:
    found = completion(WHOLE)
    found.attach("the record", "req-1")  # type: ignore[arg-type]

    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert found == twin
        assert ("the record", "req-1") == (twin.aigw, twin._request_id)


def test_completion_without_a_gateway_has_no_record() -> None:
    with pytest.raises(AttributeError):
        _ = completion(WHOLE).aigw


def test_to_dict_leaves_out_what_the_provider_did_not_say() -> None:
    found = completion(Answer((AnswerChoice((Text("x"),), STOP),)))

    assert "usage" not in found.to_dict()
    assert found.model_dump()["usage"] is None
    assert ChatCompletion.model_validate_json(found.to_json()) == found


def streamed(*events: Event) -> list[Event]:
    return [Started("chatcmpl-A1", "m-1", 5, {"chunk": {"system_fingerprint": "fp"}}), *events, Ended()]


TOOLS = streamed(
    ReasoningDelta("let "),
    ReasoningDelta("me"),
    ReasoningDelta("", signature="sig"),
    TextDelta("a"),
    TextDelta("b", logprobs=LOGPROBS),
    ToolCallDelta(0, id="c1", name="f"),
    ToolCallDelta(0, arguments='{"x"'),
    ToolCallDelta(0, arguments=":1}"),
    ToolCallDelta(1, id="c2", name="g"),
    ChoiceEnded(CALLS),
    UsageReported(Usage(input=1)),
    UsageReported(USAGE),
)


def test_openais_accumulator_agrees_with_ours() -> None:
    chunks = chunks_of(TOOLS, include_usage=True)

    assert theirs(chunks) == ours(chunks)


def test_one_id_one_created_and_one_model_in_a_stream() -> None:
    chunks = chunks_of([*TOOLS[:3], Started("other", "other", 99), *TOOLS[3:]], include_usage=True)

    assert {("chatcmpl-A1", 5, "m-1")} == {(chunk.id, chunk.created, chunk.model) for chunk in chunks}
    assert {"fp"} == {chunk.system_fingerprint for chunk in chunks}


def test_fallbacks_stand_in_for_what_a_stream_does_not_say() -> None:
    chunk = chunks_of([Started(), TextDelta("x")])[0]

    assert ("chatcmpl-fallback", 7, "hint") == (chunk.id, chunk.created, chunk.model)


def test_first_delta_of_each_choice_has_the_role_and_one_chunk_finishes_it() -> None:
    events = streamed(
        TextDelta("a"),
        TextDelta("b", 1),
        TextDelta("a"),
        ChoiceEnded(STOP),
        ChoiceEnded(STOP),
        RefusalDelta("no", 1),
        ChoiceEnded(STOP, 1),
    )
    chunks = chunks_of(events)
    of = {index: [c.choices[0] for c in chunks if c.choices[0].index == index] for index in (0, 1)}

    for choices in of.values():
        assert ["assistant"] + [None] * (len(choices) - 1) == [choice.delta.role for choice in choices]
        assert [None] * (len(choices) - 1) + ["stop"] == [choice.finish_reason for choice in choices]
    assert theirs(chunks) == ours(chunks)


def test_arguments_are_never_empty() -> None:
    calls = theirs(chunks_of(TOOLS))["choices"][0]["message"]["tool_calls"]

    assert ['{"x":1}', "{}"] == [call["function"]["arguments"] for call in calls]


@pytest.mark.parametrize("include_usage", [False, True])
def test_usage_comes_in_one_last_chunk_without_choices_if_asked_for(include_usage: bool) -> None:
    chunks = chunks_of(TOOLS, include_usage=include_usage)
    with_usage = [chunk for chunk in chunks if chunk.usage is not None]

    assert include_usage == bool(with_usage)
    assert all(chunk.choices for chunk in chunks if chunk not in with_usage)
    for chunk in with_usage:
        assert chunks[-1] is chunk
        assert [] == chunk.choices
        assert 15 == chunk.usage.total_tokens  # type: ignore[union-attr]


def test_signed_thinking_survives_a_round_trip_through_the_callers_messages() -> None:
    message = theirs(chunks_of(TOOLS))["choices"][0]["message"]
    read = ask({"model": "m", "messages": [message]}).request.messages[0]

    assert "let me" == message["reasoning_content"]
    assert (Reasoning("let me", "sig", issuer="acme/m-1"), Text("ab")) == read.parts[:2]
    assert read.verbatim is not None
    assert "reasoning_details" not in read.verbatim


def test_opaque_blocks_survive_a_round_trip_and_are_not_sent_as_they_are() -> None:
    block = Opaque("anthropic-messages", {"type": "server_tool_use", "id": "s"})
    message = completion(Answer((AnswerChoice((block, Text("x")), STOP),))).choices[0].message
    read = ask({"model": "m", "messages": [message]}).request.messages[0]

    assert (block, Text("x")) == read.parts
    assert {"role": "assistant", "content": "x"} == read.verbatim


def test_extras_of_every_level_are_handed_on() -> None:
    extra = {"chunk": {"x_groq": 1}, "choice": {"token_ids": [1]}, "delta": {"reasoning_details": [{"index": 0}]}}
    first, last = chunks_of(
        [
            OtherDelta(0, {"chunk": {"prompt_filter_results": []}}),
            ReasoningDelta("x", signature="s", extra=extra),
            ChoiceEnded(STOP, provider_reason="eos", extra={"choice": {"stop_reason": 2}}),
        ]
    )

    assert ([], 1) == (first.prompt_filter_results, first.x_groq)  # type: ignore[attr-defined]
    assert [1] == first.choices[0].token_ids  # type: ignore[attr-defined]
    assert [{"index": 0}] == first.choices[0].delta.reasoning_details  # type: ignore[attr-defined]
    assert (2, "eos") == (last.choices[0].stop_reason, last.choices[0].provider_finish_reason)  # type: ignore[attr-defined]


def test_custom_tool_calls_keep_their_free_text() -> None:
    chunks = chunks_of([ToolCallDelta(0, id="c", name="g", arguments="ab", kind="custom"), ChoiceEnded(CALLS)])
    state = ours(chunks)

    call = state["choices"][0]["message"]["tool_calls"][0]
    assert ("custom", {"name": "g", "input": "ab"}) == (call["type"], call["custom"])


def test_a_complete_answer_streams_as_what_it_is() -> None:
    whole = Answer(WHOLE.choices, WHOLE.usage, "i", "m", 3)
    chunks = chunks_of([whole], include_usage=True)
    found = ours(chunks)
    expected = completion(whole).model_dump(exclude_none=True)

    assert expected["usage"] == found["usage"]
    for said, added in zip(expected["choices"], found["choices"], strict=True):
        assert said["finish_reason"] == added["finish_reason"]
        for name in ("content", "refusal", "annotations", "reasoning_content", "reasoning_details"):
            assert said["message"].get(name) == added["message"].get(name), name


def test_spoken_answers_have_their_audio() -> None:
    audio = Audio("AA==", None, "a-1", {"expires_at": 9, "transcript": "hi"})
    found = completion(Answer((AnswerChoice((audio,), STOP),))).choices[0].message.audio

    assert found is not None
    assert ("a-1", "AA==", 9, "hi") == (found.id, found.data, found.expires_at, found.transcript)


DELTA = st.one_of(
    st.builds(TextDelta, st.text(), st.integers(0, 2)),
    st.builds(ReasoningDelta, st.text(), st.integers(0, 2), st.none() | st.text(min_size=1)),
    st.builds(RefusalDelta, st.text(), st.integers(0, 2)),
)


@settings(deadline=None)
@given(st.lists(DELTA), st.lists(st.text(), max_size=4))
def test_any_stream_adds_up_to_the_same_for_both_accumulators(deltas: list[Event], arguments: list[str]) -> None:
    calls = [
        event
        for index, text in enumerate(arguments)
        for event in (ToolCallDelta(index, id=f"c{index}", name="f"), ToolCallDelta(index, arguments=text))
    ]
    begun: list[Event] = [TextDelta("", index) for index in range(3)]
    events = streamed(*begun, *deltas, *calls, *(ChoiceEnded(STOP, index) for index in range(3)), UsageReported(USAGE))
    chunks = chunks_of(events, include_usage=True)

    assert theirs(chunks) == ours(chunks)
