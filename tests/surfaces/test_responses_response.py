import copy
import json
import pickle
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.surfaces.responses_judge import accepted, events_of, theirs, whole, writer

from aigw.surfaces.responses.input import read_input
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
from aigw.types.parts import Opaque, Part, Reasoning, Refusal, Text, ToolCall
from aigw.types.responses import Response
from aigw.types.usage import Usage

STOP = FinishReason.STOP
TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
USAGE = Usage(input=5, cache_read=3, cache_write=1, cache_write_1h=2, output=2, reasoning=4)
CITED = {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 2}}


def answer(*parts: Part, reason: FinishReason = STOP, **more: Any) -> Answer:
    return Answer((AnswerChoice(parts, reason, **more),), USAGE, "chatcmpl-1", "m-1", 9, {"service_tier": "default"})


STREAM: list[Event] = [
    Started("chatcmpl-1", "m-1", 9, {"chunk": {"service_tier": "default"}}),
    ReasoningDelta("I "),
    ReasoningDelta("think"),
    ReasoningDelta("", signature="s1"),
    TextDelta("Hi", logprobs={"content": [TOKEN]}),
    TextDelta(" there"),
    OtherDelta(extra={"delta": {"annotations": [{"index": 0, **CITED}]}}),
    RefusalDelta("but no"),
    ToolCallDelta(0, id="c1", name="f", extra={"tool_call": {"extra_content": {"google": {"thought_signature": "x"}}}}),
    ToolCallDelta(0, arguments='{"a":'),
    ToolCallDelta(1, id="c2", name="g", kind="custom"),
    ToolCallDelta(0, arguments="1}"),
    ToolCallDelta(1, arguments="free text", kind="custom"),
    ToolCallDelta(2, id="c3", name="h"),
    ChoiceEnded(FinishReason.TOOL_CALLS),
    UsageReported(USAGE),
    Ended(),
]
WHOLE = answer(
    Reasoning("I think", signature="s1"),
    Text("Hi there"),
    Refusal("but no"),
    ToolCall("c1", "f", '{"a":1}', extra={"extra_content": {"google": {"thought_signature": "x"}}}),
    ToolCall("c2", "g", "free text", "custom"),
    ToolCall("c3", "h", "{}"),
    reason=FinishReason.TOOL_CALLS,
    logprobs={"content": [TOKEN]},
    message_extra={"annotations": [CITED]},
)


def test_a_stream_ends_with_the_response_that_the_plain_call_gives():
    assert whole(WHOLE) == events_of(STREAM)[-1]["response"]


def test_openais_accumulator_accepts_a_stream_and_ends_with_the_plain_response():
    assert accepted(whole(WHOLE)) == theirs(events_of(STREAM))


def test_a_complete_answer_where_a_stream_was_asked_for_is_played_as_one():
    assert whole(WHOLE) == theirs(events_of([WHOLE]))


def test_events_come_in_the_documented_order_with_growing_numbers():
    events = events_of([Started(), TextDelta("a"), TextDelta("b"), ChoiceEnded(STOP), Ended()])
    assert [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ] == [event["type"] for event in events]
    assert list(range(10)) == [event["sequence_number"] for event in events]
    assert "ab" == events[6]["text"]


def test_a_stream_cut_at_any_event_never_tells_its_end():
    for length in range(len(STREAM)):
        told = {event["type"] for event in events_of(STREAM[:length])}
        assert not told & {"response.completed", "response.incomplete", "response.failed"}


def test_ids_stay_the_same_from_the_first_event_of_an_item_to_the_last():
    events = events_of(STREAM)
    items = {event["item"]["id"]: event["output_index"] for event in events if "item" in event}
    assert all(items[event["item_id"]] == event["output_index"] for event in events if "item_id" in event)
    assert list(items) == [item["id"] for item in events[-1]["response"]["output"]]
    assert {"resp_1"} == {event["response"]["id"] for event in events if "response" in event}


def test_arguments_of_calls_that_come_by_turns_stay_apart_and_are_never_empty():
    [_, _, first, second, third] = events_of(STREAM)[-1]["response"]["output"]
    assert ('{"a":1}', "c1") == (first["arguments"], first["call_id"])
    assert ("free text", "custom_tool_call") == (second["input"], second["type"])
    assert "{}" == third["arguments"]


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        (FinishReason.STOP, "completed", None),
        (FinishReason.TOOL_CALLS, "completed", None),
        (FinishReason.LENGTH, "incomplete", {"reason": "max_output_tokens"}),
        (FinishReason.CONTENT_FILTER, "incomplete", {"reason": "content_filter"}),
    ],
)
def test_the_status_says_how_the_answer_ended(reason: FinishReason, status: str, details: object):
    events = events_of([TextDelta("a"), ChoiceEnded(reason), Ended()])
    assert f"response.{status}" == events[-1]["type"]
    response = events[-1]["response"]
    assert (status, details) == (response["status"], response["incomplete_details"])
    assert status == response["output"][0]["status"]
    assert response["output"] == whole(answer(Text("a"), reason=reason))["output"]


def test_usage_is_told_with_its_details_in_openais_totals():
    usage = whole(WHOLE)["usage"]
    assert {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 3},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 17,
    } == usage


def test_an_answer_repeats_what_its_request_asked_for():
    asked = {"instructions": "be brief", "temperature": 0.5, "tools": [{"type": "function", "name": "f"}], "input": "x"}
    response = whole(WHOLE, asked=asked)
    assert ("be brief", 0.5, asked["tools"]) == tuple(
        response[name] for name in ("instructions", "temperature", "tools")
    )
    assert False is response["store"]
    assert "input" not in response


def test_signed_thinking_comes_back_whole_even_if_its_item_keeps_nothing_but_the_token():
    [item, *_] = whole(WHOLE)["output"]
    kept = {"type": "reasoning", "id": item["id"], "summary": [], "encrypted_content": item["encrypted_content"]}
    [message] = read_input([kept])
    assert (Reasoning("I think", "s1", None, "acme/m-1"),) == message.parts
    assert message.verbatim is None


def test_each_signed_thought_is_an_item_of_its_own():
    events = [ReasoningDelta("a", signature="1"), ReasoningDelta("b"), ReasoningDelta("", encrypted="2"), Ended()]
    streamed = events_of(events)[-1]["response"]["output"]
    plain = whole(answer(Reasoning("a", "1"), Reasoning("b", encrypted="2")))["output"]
    assert streamed == plain
    assert ["a", "b"] == [item["content"][0]["text"] for item in plain]


def test_a_block_that_only_its_provider_has_goes_out_and_comes_back():
    block = Opaque("anthropic-messages", {"type": "server_tool_use", "id": "st_1"})
    output = whole(answer(Text("a"), block, Text("b")))["output"]
    assert ["message", "provider_block", "message"] == [item["type"] for item in output]
    [message] = read_input(output)
    assert (Text("a"), block, Text("b")) == message.parts


NATIVE: dict[str, Any] = {
    "id": "resp_abc",
    "object": "response",
    "created_at": 12.0,
    "status": "completed",
    "model": "gpt-9",
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "s"}], "x_new": [{"a": 1}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [
                {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []},
                {"type": "refusal", "refusal": "no"},
                {"type": "hologram", "depth": 3},
            ],
        },
        {"type": "message", "id": "msg_2", "content": None},
    ],
    "usage": {"input_tokens": 1, "input_tokens_details": None, "output_tokens": 2, "total_tokens": 3},
    "store": True,
    "x_vendor": {"deep": {"er": [1]}},
}


def test_a_response_of_the_providers_own_is_handed_out_as_it_came():
    native = Answer((), native=NATIVE, dialect="openai-responses")
    response = Response.model_validate(NATIVE)
    assert NATIVE == whole(native) == response.to_dict()
    assert 1 == response.x_vendor["deep"]["er"][0]
    assert ("q", 3) == (response.output[1].action.query, response.output[3].content[2].depth)
    assert "Hi" == response.output_text


def test_a_response_of_the_providers_own_is_played_as_the_stream_it_might_have_been():
    message = {**NATIVE["output"][3], "content": NATIVE["output"][3]["content"][:2]}
    native = {**NATIVE, "output": [*NATIVE["output"][:3], message]}
    events = events_of([Answer((), native=native, dialect="openai-responses")])
    assert native["output"] == theirs(events, strict=False)["output"]
    assert native == events[-1]["response"]
    assert all(after["sequence_number"] == before["sequence_number"] + 1 for before, after in pairwise(events))


def test_events_of_the_providers_own_are_handed_out_as_they_came_and_ours_are_not():
    said: list[dict[str, Any]] = [
        {"type": "response.created", "sequence_number": 4, "response": {**NATIVE, "output": []}},
        {"type": "response.output_text.delta", "sequence_number": 5, "output_index": 0, "content_index": 0,
         "item_id": "m", "delta": "Hi", "obfuscation": "zz"},
        {"type": "response.x_call.searching", "sequence_number": 6, "query": {"a": [1]}},
        {"type": "response.output_text.delta", "delta": None},
        {"type": "response.completed", "sequence_number": 7, "response": NATIVE},
    ]  # fmt: skip
    events: list[Event] = []
    for one in said:
        events += (Native("openai-responses", one), TextDelta("Hi"))
    write = writer()
    assert said == [told.to_dict() for event in [*events, Ended()] for told in write(event)]
    assert NATIVE == write.response()


def test_what_is_repeated_of_a_request_has_attributes_and_its_schemas_are_dicts():
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    said = {"id": "r", "output": [], "tools": [tool], "reasoning": {"effort": "low"}, "tool_choice": {"type": "mcp"}}
    response = Response.model_validate(said)
    assert ("f", {"type": "object"}) == (response.tools[0].name, response.tools[0].parameters)
    assert ("low", "mcp") == (response.reasoning.effort, response.tool_choice.type)
    assert said == response.to_dict()


def test_public_models_survive_pickle_copy_and_json():
    response = Response.model_validate(whole(WHOLE))
    assert response == pickle.loads(pickle.dumps(response)) == copy.deepcopy(response)
    assert whole(WHOLE) == json.loads(response.to_json())
    assert response == Response.model_validate_json(response.to_json())


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "text", "content"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(_json, max_size=4), _json, _json)
def test_no_item_content_or_usage_of_another_shape_makes_a_response_unreadable(
    output: list[Any], usage: Any, text: Any
):
    body = {"id": "r", "output": output, "usage": usage, "text": text, "tools": output, "error": text}
    assert body == Response.model_validate(body).to_dict()


_delta = st.one_of(
    st.builds(TextDelta, st.text(max_size=3)),
    st.builds(RefusalDelta, st.text(min_size=1, max_size=3)),
    st.builds(ReasoningDelta, st.text(max_size=3), st.just(0), st.none() | st.just("sig")),
    st.builds(
        ToolCallDelta, st.integers(0, 2), st.just(0), st.just("c"), st.just("f"), st.sampled_from(["", "{}", '{"a"'])
    ),
)


def test_calls_of_one_id_are_told_apart_so_that_a_result_is_of_one_of_them():
    calls = [ToolCallDelta(index, 0, "c", name, "{}") for index, name in enumerate("fgh")]
    events = events_of([Started(), *calls, ChoiceEnded(STOP), Ended()])
    told = theirs(events)["output"]
    assert ["f", "g", "h"] == [call["name"] for call in told]
    assert "c" == told[0]["call_id"]
    assert 3 == len({call["call_id"] for call in told})


@settings(deadline=None)
@given(st.lists(_delta, max_size=8))
def test_openais_accumulator_accepts_any_order_of_events(deltas: list[Event]):
    events = events_of([Started(), *deltas, ChoiceEnded(STOP), Ended()])
    assert events[-1]["response"]["output"] == theirs(events)["output"]
    begun = [event["output_index"] for event in events if event["type"] == "response.output_item.added"]
    done = [event["output_index"] for event in events if event["type"] == "response.output_item.done"]
    assert begun == sorted(begun) == sorted(done)
