"""Answers in Google's dialect, whole and streamed: content, endings, usage, citations and errors."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.provider_kit import ANY, asked, decoded, folded, of, response, speaker, summary, target, texts

from aigw import errors as e
from aigw.types.events import (
    Answer,
    Broken,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    OtherDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.parts import Opaque, Reasoning, Text, ToolCall
from aigw.types.request import Request

AT = target("gemini", "gemini-3.5-flash")
USAGE = {
    "promptTokenCount": 30,
    "cachedContentTokenCount": 10,
    "toolUsePromptTokenCount": 5,
    "candidatesTokenCount": 7,
    "thoughtsTokenCount": 20,
    "totalTokenCount": 62,
    "trafficType": "ON_DEMAND",
}
WEATHER = {"functionCall": {"name": "weather", "args": {"city": "Zürich"}}, "thoughtSignature": "c2ln"}


def body(*parts: Mapping[str, Any], finish: str | None = "STOP", **candidate: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **candidate}
    if finish is not None:
        said["finishReason"] = finish
    return {"candidates": [said], "modelVersion": "gemini-3.5-flash", "responseId": "r1"}


def read(content: object) -> Answer:
    answer = speaker(AT).read(response(content), AT, ANY)
    assert isinstance(answer, Answer)
    return answer


def stream(*chunks: object, ending: str = "\r\n\r\n") -> bytes:
    return "".join(f"data: {json.dumps(chunk, ensure_ascii=False)}{ending}" for chunk in chunks).encode()


def raw(data: bytes, size: int | None = None, request: Request = ANY) -> list[Event]:
    decoder = speaker(AT).decoder(AT, request)
    step = size or max(1, len(data))
    events = [event for start in range(0, len(data), step) for event in decoder.feed(data[start : start + step])]
    return [*events, *decoder.end()]


def broken(events: Sequence[Event]) -> e.APIError:
    assert isinstance(events[-1], Broken)
    return events[-1].error


def test_thoughts_text_and_calls_are_told_apart() -> None:
    (choice,) = read(body({"text": "Hm", "thought": True}, {"text": "It is"}, {"text": " 21"}, WEATHER)).choices
    assert Reasoning("Hm", issuer=AT.id) == choice.parts[0]
    assert (Text("It is"), Text(" 21")) == choice.parts[1:3]
    call = choice.parts[3]
    assert isinstance(call, ToolCall)
    assert ("weather", '{"city":"Zürich"}') == (call.name, call.arguments)
    assert {"extra_content": {"google": {"thought_signature": "c2ln", "issuer": AT.id}}} == call.extra
    assert (FinishReason.TOOL_CALLS, None) == (choice.reason, choice.provider_reason)


def test_a_call_has_googles_id_or_one_that_is_always_the_same() -> None:
    named = {"functionCall": {"id": "fc1", "name": "f"}}
    parts = read(body(named, WEATHER, WEATHER)).choices[0].parts
    ids = [part.id for part in parts if isinstance(part, ToolCall)]
    assert "fc1" == ids[0]
    assert 3 == len(set(ids))
    assert parts == read(body(named, WEATHER, WEATHER)).choices[0].parts
    assert "{}" == getattr(parts[0], "arguments", None)


def test_the_signature_of_a_text_stands_beside_the_message_too() -> None:
    (choice,) = read(body({"text": "hi", "thoughtSignature": "c2ln"})).choices
    google = {"thought_signature": "c2ln", "issuer": AT.id}
    assert {"extra_content": {"google": google}} == choice.parts[0].extra == choice.message_extra  # type: ignore[union-attr]


def test_parts_nobody_has_a_word_for_are_carried_through() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "x"}
    assert (Opaque("gemini", code),) == read(body(code)).choices[0].parts


@pytest.mark.parametrize(
    ("word", "reason", "kept"),
    [
        ("STOP", FinishReason.STOP, None),
        ("MAX_TOKENS", FinishReason.LENGTH, None),
        ("SAFETY", FinishReason.CONTENT_FILTER, "SAFETY"),
        ("RECITATION", FinishReason.CONTENT_FILTER, "RECITATION"),
        ("PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER, "PROHIBITED_CONTENT"),
        ("SPII", FinishReason.CONTENT_FILTER, "SPII"),
        ("MODEL_ARMOR", FinishReason.CONTENT_FILTER, "MODEL_ARMOR"),
        ("IMAGE_SAFETY", FinishReason.CONTENT_FILTER, "IMAGE_SAFETY"),
        ("MALFORMED_FUNCTION_CALL", FinishReason.STOP, "MALFORMED_FUNCTION_CALL"),
        ("SOMETHING_NEW", FinishReason.STOP, "SOMETHING_NEW"),
    ],
)
def test_endings_keep_googles_word_where_something_is_lost(word: str, reason: FinishReason, kept: str | None) -> None:
    (choice,) = read(body({"text": "x"}, finish=word)).choices
    assert (reason, kept) == (choice.reason, choice.provider_reason)
    (ended,) = of(ChoiceEnded, raw(stream(body({"text": "x"}, finish=word))))
    assert (reason, kept) == (ended.reason, ended.provider_reason)


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("MALFORMED_FUNCTION_CALL", e.InternalServerError),
        ("OTHER", e.InternalServerError),
        ("MISSING_THOUGHT_SIGNATURE", e.BadRequestError),
    ],
)
def test_a_model_that_failed_without_a_word_is_an_error_in_both_forms(word: str, error: type[e.APIError]) -> None:
    content = body(finish=word, finishMessage="what went wrong")
    with pytest.raises(error, match="what went wrong"):
        read(content)
    assert isinstance(broken(raw(stream(content))), error)


def test_an_unexpected_call_that_came_is_handed_on() -> None:
    (choice,) = read(body(WEATHER, finish="UNEXPECTED_TOOL_CALL")).choices
    assert (FinishReason.TOOL_CALLS, "UNEXPECTED_TOOL_CALL") == (choice.reason, choice.provider_reason)


@pytest.mark.parametrize("finish", ["SAFETY", "MAX_TOKENS"])
def test_a_candidate_without_content_is_an_empty_answer(finish: str) -> None:
    content = {"candidates": [{"finishReason": finish, "index": 0}], "responseId": "r"}
    assert () == read(content).choices[0].parts
    assert summary(read(content)) == folded(decoded(stream(content), AT))


def test_a_blocked_prompt_is_an_empty_choice_that_was_filtered() -> None:
    content = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 3}}
    answer = read(content)
    assert (FinishReason.CONTENT_FILTER, "PROHIBITED_CONTENT") == (
        answer.choices[0].reason,
        answer.choices[0].provider_reason,
    )
    assert {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}} == answer.extra
    events = raw(stream(content))
    assert [FinishReason.CONTENT_FILTER] == [event.reason for event in of(ChoiceEnded, events)]
    assert isinstance(events[-1], Ended)


def test_usage_is_disjoint_and_thoughts_are_added_once() -> None:
    usage = read({**body({"text": "x"}), "usageMetadata": USAGE}).usage
    assert usage is not None
    assert (25, 10, 7, 20) == (usage.input, usage.cache_read, usage.output, usage.reasoning)
    assert 62 == usage.total_tokens
    assert {"trafficType": "ON_DEMAND"} == usage.extra
    inside = {"promptTokenCount": 10, "candidatesTokenCount": 30, "thoughtsTokenCount": 20, "totalTokenCount": 40}
    other = read({**body({"text": "x"}), "usageMetadata": inside}).usage
    assert other is not None
    assert (10, 20, 40) == (other.output, other.reasoning, other.total_tokens)


def test_sound_and_images_have_buckets_of_their_own() -> None:
    books = {
        "promptTokenCount": "100",
        "cachedContentTokenCount": 20,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 40},
            {"modality": "AUDIO", "tokenCount": 50},
            {"modality": "IMAGE", "tokenCount": 10},
        ],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 20}],
        "candidatesTokenCount": 9,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 8}, {"modality": "TEXT", "tokenCount": 1}],
        "totalTokenCount": 109,
    }
    usage = read({**body({"text": "x"}), "usageMetadata": books}).usage
    assert usage is not None
    assert (40, 20, 30, 10) == (usage.input, usage.cache_read, usage.audio_input, usage.image_input)
    assert (1, 8) == (usage.output, usage.image_output)
    assert (100, 9) == (usage.prompt_tokens, usage.completion_tokens)


def test_what_is_cited_has_its_place_in_characters_and_searches_are_counted() -> None:
    grounding = {
        "webSearchQueries": ["a", "b"],
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}, {"web": {}}],
        "groundingSupports": [
            {"segment": {"startIndex": 8, "endIndex": 11}, "groundingChunkIndices": [0, 1, 7, "x"]},
        ],
    }
    content = {**body({"text": "Zürich: sun"}, groundingMetadata=grounding), "usageMetadata": {"promptTokenCount": 1}}
    answer = read(content)
    cited = {"url": "https://a.example", "title": "A", "start_index": 7, "end_index": 10}
    assert {"annotations": [{"type": "url_citation", "url_citation": cited}]} == answer.choices[0].message_extra
    assert {"groundingMetadata": grounding} == answer.choices[0].extra
    assert answer.usage is not None
    assert {"google_search": 2} == answer.usage.server_tools
    events = raw(stream(content))
    (other,) = of(OtherDelta, events)
    assert [{"index": 0, "type": "url_citation", "url_citation": cited}] == other.extra["delta"]["annotations"]
    assert {"google_search": 2} == of(UsageReported, events)[-1].usage.server_tools
    assert {"choice": {"groundingMetadata": grounding}} == of(ChoiceEnded, events)[0].extra


@pytest.mark.parametrize("finish", ["STOP", None])
def test_usage_is_read_now_and_then_on_the_way_and_at_the_end_even_of_a_stream_that_was_cut(finish: str | None) -> None:
    chunks = [
        {**body({"text": "x"}, finish=None), "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": number}}
        for number in range(1, 40)
    ]
    last = {**body({"text": "!"}, finish=finish), "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 40}}
    found = [event.usage.completion_tokens for event in of(UsageReported, raw(stream(*chunks, last)))]

    assert (1, 40) == (found[0], found[-1])
    assert len(found) < 10


def test_log_probabilities_are_openais() -> None:
    result = {
        "chosenCandidates": [{"token": "é", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "é", "logProbability": -0.5}, {"token": "e"}]}],
    }
    content = body({"text": "é"}, logprobsResult=result)
    row = {"token": "é", "logprob": -0.5, "bytes": [195, 169]}
    other = {"token": "e", "logprob": 0.0, "bytes": [101]}
    wanted = {"content": [{**row, "top_logprobs": [row, other]}], "refusal": None}
    assert wanted == read(content).choices[0].logprobs
    assert [wanted] == [event.logprobs for event in of(TextDelta, raw(stream(content)))]


def test_the_time_is_read_where_it_is_said() -> None:
    assert 1748726630 == read({**body({"text": "x"}), "createTime": "2025-05-31T21:23:50.139470Z"}).created
    assert read({**body({"text": "x"}), "createTime": "soon"}).created is None


GOOD = (
    body({"text": "Let me", "thought": True}, finish=None),
    {**body({"text": " see…\u2028"}, finish=None), "usageMetadata": {"promptTokenCount": 30}},
    body(WEATHER, {"functionCall": {"name": "now"}}, finish=None),
    {"usageMetadata": {"promptTokenCount": 30}},
    {**body({"text": "", "thoughtSignature": "c2ln"}), "usageMetadata": USAGE},
)
WHOLE = {
    **body(
        {"text": "Let me", "thought": True},
        {"text": " see…\u2028"},
        WEATHER,
        {"functionCall": {"name": "now"}},
        {"text": "", "thoughtSignature": "c2ln"},
    ),
    "usageMetadata": USAGE,
}


def test_a_stream_says_what_the_plain_answer_says() -> None:
    assert summary(read(WHOLE)) == folded(decoded(stream(*GOOD), AT))


@given(st.integers(min_value=1, max_value=40), st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"]))
def test_any_split_of_the_bytes_gives_the_same_events(size: int, ending: str) -> None:
    data = stream(*GOOD, ending=ending)
    assert raw(data) == raw(data, size)


def test_a_cut_at_any_byte_before_the_last_event_never_ends_well() -> None:
    data = stream(*GOOD)
    for end in range(len(data) - len(stream(GOOD[-1]))):
        assert not of(Ended, raw(data[:end]))


def test_a_signature_on_an_empty_text_is_not_lost() -> None:
    (last,) = [event for event in of(TextDelta, raw(stream(*GOOD))) if event.extra]
    google = {"thought_signature": "c2ln", "issuer": AT.id}
    assert ("", {"delta": {"extra_content": {"google": google}}}) == (last.text, last.extra)


def test_calls_are_counted_densely_and_come_whole() -> None:
    calls = of(ToolCallDelta, raw(stream(*GOOD)))
    assert [(0, "weather", '{"city":"Zürich"}'), (1, "now", "{}")] == [
        (call.index, call.name, call.arguments) for call in calls
    ]


def test_an_ending_that_comes_with_every_event_counts_once() -> None:
    events = raw(stream(body({"text": "a"}), body({"text": "b"}), body({"text": "c"}, finish="MAX_TOKENS")))
    assert "abc" == texts(events)
    assert [FinishReason.LENGTH] == [event.reason for event in of(ChoiceEnded, events)]


def test_alternatives_are_told_apart_in_a_stream() -> None:
    def one(index: int, text: str, finish: str | None = None) -> dict[str, Any]:
        return body({"text": text}, finish=finish, index=index)

    events = raw(stream(one(0, "a"), one(1, "x"), one(0, "b", "STOP"), one(1, "y", "MAX_TOKENS")))
    assert ("ab", "xy") == (texts(events, 0), texts(events, 1))
    assert [(0, "stop"), (1, "length")] == [(event.choice, event.reason.value) for event in of(ChoiceEnded, events)]
    unfinished = raw(stream(one(0, "a", "STOP"), one(1, "x")))
    assert not of(Ended, unfinished)


def test_a_stream_cut_before_an_alternative_began_never_ends_well() -> None:
    two, first, second = asked(params={"n": 2}), body({"text": "a"}), body({"text": "x"}, index=1)
    assert not of(Ended, raw(stream(first), request=two))
    assert of(Ended, raw(stream(first, second), request=two))


def test_arguments_that_come_piece_by_piece_become_one_object() -> None:
    def part(**call: Any) -> dict[str, Any]:
        return body({"functionCall": call}, finish=None)

    events = raw(
        stream(
            part(name="f", id="1", willContinue=True),
            part(partialArgs=[{"jsonPath": "$.city", "stringValue": "Zür", "willContinue": True}], willContinue=True),
            part(partialArgs=[{"jsonPath": "$.city", "stringValue": "ich"}], willContinue=True),
            part(partialArgs=[{"jsonPath": "$.days[0].n", "numberValue": 3}], willContinue=True),
            part(partialArgs=[{"jsonPath": "$['odd name']", "nullValue": "NULL_VALUE"}]),
            body({"text": ""}),
        )
    )
    calls = of(ToolCallDelta, events)
    assert [("1", "f", ""), (None, None, '{"city":"Zürich","days":[{"n":3}],"odd name":null}')] == [
        (call.id, call.name, call.arguments) for call in calls
    ]
    assert [0, 0] == [call.index for call in calls]
    assert FinishReason.TOOL_CALLS == of(ChoiceEnded, events)[0].reason


UNAVAILABLE = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize(
    "tail",
    [
        stream(UNAVAILABLE),
        json.dumps(UNAVAILABLE, indent=2).encode(),
        json.dumps([UNAVAILABLE], indent=2).encode() + b"\r\n\r\n",
        b"event: error\r\n" + stream(UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("before", [b"", stream(GOOD[0])])
def test_an_error_inside_a_stream_maps_like_its_http_form(before: bytes, tail: bytes) -> None:
    error = broken(raw(before + tail))
    assert isinstance(error, e.OverloadedError)
    assert (503, "UNAVAILABLE") == (error.status_code, error.code)


def test_a_whole_answer_instead_of_a_stream_is_read() -> None:
    (event,) = raw(json.dumps(WHOLE, indent=1).encode())
    assert read(WHOLE) == event


def test_what_is_no_stream_at_all_is_named() -> None:
    assert isinstance(broken(raw(b"<html>\n<body>sign in</body></html>\n")), e.UnreadableAnswerError)
    assert [] == raw(b"")


@pytest.mark.parametrize("content", [{}, {"candidates": []}, {"candidates": None}, {"usageMetadata": USAGE}, []])
def test_what_is_not_the_dialect_is_a_named_error(content: object) -> None:
    with pytest.raises(e.APIResponseValidationError):
        read(content)


def test_an_error_inside_a_success_is_mapped() -> None:
    with pytest.raises(e.OverloadedError):
        read(UNAVAILABLE)


NAMES = st.sampled_from(
    [
        "candidates",
        "content",
        "parts",
        "text",
        "thought",
        "functionCall",
        "args",
        "name",
        "id",
        "willContinue",
        "partialArgs",
        "jsonPath",
        "stringValue",
        "finishReason",
        "index",
        "usageMetadata",
        "promptTokenCount",
        "promptTokensDetails",
        "modality",
        "tokenCount",
        "groundingMetadata",
        "groundingSupports",
        "groundingChunks",
        "groundingChunkIndices",
        "segment",
        "startIndex",
        "partIndex",
        "web",
        "uri",
        "citationMetadata",
        "citations",
        "logprobsResult",
        "chosenCandidates",
        "topCandidates",
        "token",
        "logProbability",
        "promptFeedback",
        "blockReason",
        "responseId",
        "createTime",
        "error",
        "details",
        "violations",
        "retryDelay",
        "message",
        "status",
        "code",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 600)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "STOP", "OTHER", "x", "12", "$.a[0].b", "$", "SAFETY", "\ud800"])
)
JUNK = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
CANDIDATE = st.dictionaries(NAMES, JUNK, max_size=6) | st.builds(
    lambda parts, rest: {**rest, "content": {"parts": parts}},
    st.lists(st.dictionaries(NAMES, JUNK, max_size=4), max_size=3),
    st.dictionaries(NAMES, JUNK, max_size=4),
)
ODD = JUNK | st.builds(
    lambda candidates, rest: {**rest, "candidates": candidates},
    st.lists(CANDIDATE, max_size=3),
    st.dictionaries(NAMES, JUNK, max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(ODD)
def test_odd_answers_raise_named_errors_only(content: object) -> None:
    with suppress(e.APIError):
        read(content)


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD, max_size=4))
def test_odd_streams_break_with_named_errors_only(chunks: list[object]) -> None:
    data = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode()
    for event in raw(data):
        assert not isinstance(event, Started) or event.created is None or isinstance(event.created, int)


@settings(max_examples=200, deadline=None)
@given(ODD, st.sampled_from([400, 402, 403, 404, 429, 499, 500, 503, 504]))
def test_odd_refusals_are_still_refusals(content: object, status: int) -> None:
    assert status == speaker(AT).error(response(content, status), AT).status_code
