"""Answers in Bedrock's Converse dialect: whole, streamed and refused, written by hand after the public reference."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.eventstreams import event, failed, framed, header, stream
from tests.providers.provider_kit import ANY, asked, decoded, folded, of, response, speaker, summary, target, texts

from aigw.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ContextLengthExceededError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    UnreadableAnswerError,
)
from aigw.types.events import (
    Answer,
    Broken,
    ChoiceEnded,
    Ended,
    OtherDelta,
    ReasoningDelta,
    ToolCallDelta,
    UsageReported,
)
from aigw.types.parts import Opaque, Reasoning, Text, ToolCall
from aigw.types.request import Params
from aigw.wire import Headers, HttpResponse

AT = target("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
NOVA = target("bedrock", "us.amazon.nova-lite-v1:0")
USAGE = {"inputTokens": 30, "outputTokens": 12, "totalTokens": 42}
FORMAT: Params = {"response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": {}}}}
TALK: tuple[tuple[str, object], ...] = (
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}, "p": "ab"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s1"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Let me "}, "p": "abcd"}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "look\u2028\U0001f600."}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t1", "name": "look"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"city":'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '"Rome"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("contentBlockStart", {"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "t2", "name": "nothing"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 3, "delta": {"toolUse": {"input": ""}}}),
    ("contentBlockStop", {"contentBlockIndex": 3}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": {**USAGE, "cacheReadInputTokens": 5}, "metrics": {"latencyMs": 550}}),
)
WHOLE: dict[str, Any] = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s1"}}},
                {"text": "Let me look\u2028\U0001f600."},
                {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"city": "Rome"}}},
                {"toolUse": {"toolUseId": "t2", "name": "nothing", "input": {}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {**USAGE, "cacheReadInputTokens": 5},
    "metrics": {"latencyMs": 550},
}


def read(body: object, request: Any = ANY, at: Any = AT) -> Answer:
    answer = speaker(at).read(response(body), at, request)
    assert isinstance(answer, Answer)
    return answer


def answering(*blocks: object, reason: str = "end_turn", **more: object) -> dict[str, object]:
    message = {"role": "assistant", "content": list(blocks)}
    return {"output": {"message": message}, "stopReason": reason, "usage": USAGE, **more}


def streamed(data: bytes, request: Any, at: Any = AT) -> list[Any]:
    decoder = speaker(at).decoder(at, request)
    return [*decoder.feed(data), *decoder.end()]


def without_spaces(story: dict[str, Any]) -> dict[str, Any]:
    for choice in story["choices"].values():
        choice["calls"] = [[id_, name, json.loads(arguments)] for id_, name, arguments in choice["calls"]]
    return story


class TestWhole:
    def test_an_answer_says_what_bedrock_said(self) -> None:
        answer = read(WHOLE)

        assert answer.choices[0].parts == (
            Reasoning("Hm", "s1", issuer=AT.id),
            Text("Let me look\u2028\U0001f600."),
            ToolCall("t1", "look", '{"city":"Rome"}'),
            ToolCall("t2", "nothing", "{}"),
        )
        assert answer.choices[0].reason == "tool_calls"
        assert answer.extra == {"metrics": {"latencyMs": 550}}
        assert answer.dialect == "bedrock-converse"

    @pytest.mark.parametrize(
        ("said", "reason", "word"),
        [
            ("end_turn", "stop", None),
            ("stop_sequence", "stop", "stop_sequence"),
            ("max_tokens", "length", None),
            ("model_context_window_exceeded", "length", "model_context_window_exceeded"),
            ("guardrail_intervened", "content_filter", "guardrail_intervened"),
            ("content_filtered", "content_filter", "content_filtered"),
            ("something_new", "stop", "something_new"),
            (None, "stop", None),
        ],
    )
    def test_a_stop_reason_is_mapped_and_kept_where_that_loses_something(
        self, said: Any, reason: str, word: Any
    ) -> None:
        choice = read(answering({"text": "x"}, reason=said)).choices[0]

        assert (reason, word) == (choice.reason, choice.provider_reason)

    @pytest.mark.parametrize("word", ["malformed_model_output", "malformed_tool_use"])
    def test_a_malformed_output_is_the_providers_failure_in_both_forms(self, word: str) -> None:
        with pytest.raises(InternalServerError, match=word):
            read(answering({"text": "x"}, reason=word))
        events = streamed(stream(("messageStart", {}), ("messageStop", {"stopReason": word})), ANY)
        assert isinstance(events[-1], Broken)
        assert isinstance(events[-1].error, InternalServerError)

    def test_cached_tokens_are_counted_beside_the_input_and_by_lifetime(self) -> None:
        usage = {
            "inputTokens": 10,
            "outputTokens": 5,
            "totalTokens": 115,
            "cacheReadInputTokens": 40,
            "cacheReadInputTokenCount": 40,
            "cacheWriteInputTokens": 60,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 50}, {"ttl": "5m", "inputTokens": 10}],
            "serverToolUsage": {"webSearchRequests": 2},
            "news": 1,
        }

        found = read({**answering({"text": "x"}), "usage": usage}).usage

        assert found is not None
        assert (10, 40, 10, 50, 5) == (
            found.input,
            found.cache_read,
            found.cache_write,
            found.cache_write_1h,
            found.output,
        )
        assert (110, 115) == (found.prompt_tokens, found.total_tokens)
        assert found.server_tools == {"webSearchRequests": 2}
        assert found.extra == {"news": 1}

    def test_tools_bedrock_ran_itself_are_carried_through_and_are_no_calls(self) -> None:
        use = {"toolUse": {"toolUseId": "s", "name": "code", "input": {"a": 1}, "type": "server_tool_use"}}
        result = {"toolResult": {"toolUseId": "s", "content": [{"json": {"b": 2}}], "type": "code_result"}}

        choice = read(answering(use, result, {"text": "done"})).choices[0]

        assert choice.parts == (Opaque("bedrock-converse", use), Opaque("bedrock-converse", result), Text("done"))
        assert choice.reason == "stop"

    def test_redacted_thinking_and_new_blocks_survive(self) -> None:
        parts = read(answering({"reasoningContent": {"redactedContent": "AAAA"}}, {"hologram": {}})).choices[0].parts

        assert parts == (Reasoning("", encrypted="AAAA", issuer=AT.id), Opaque("bedrock-converse", {"hologram": {}}))

    def test_citations_stand_on_the_text_and_pages_have_their_places(self) -> None:
        page = {"title": "T", "location": {"web": {"url": "https://a.example", "domain": "a.example"}}}
        cited = {"citationsContent": {"content": [{"text": "It is "}, {"text": "so."}], "citations": [page]}}

        choice = read(answering({"text": "Well: "}, cited)).choices[0]

        assert choice.parts == (Text("Well: "), Text("It is so.", {"citations": [page]}))
        assert choice.message_extra == {
            "citations": [page],
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {"url": "https://a.example", "title": "T", "start_index": 6, "end_index": 15},
                }
            ],
        }

    def test_the_tool_that_is_the_answer_becomes_its_text(self) -> None:
        use = {"toolUse": {"toolUseId": "t", "name": "city", "input": {"a": "Rome"}}}

        choice = read(answering(use, reason="tool_use"), asked(params=FORMAT), NOVA).choices[0]

        assert choice.parts == (Text('{"a":"Rome"}'),)
        assert choice.reason == "stop"

    def test_a_changed_name_is_changed_back(self) -> None:
        tool = {"type": "function", "function": {"name": "my.tool"}}
        request = asked(params={"tools": [tool]})
        body = json.loads(speaker(AT).write(request, AT).request.body)
        name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
        use = {"toolUseId": "t", "name": name}

        whole = read(answering({"toolUse": {**use, "input": {}}}), request)
        events = streamed(stream(("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}})), request)

        assert name != "my.tool"
        assert whole.choices[0].parts == (ToolCall("t", "my.tool", "{}"),)
        assert of(ToolCallDelta, events)[0].name == "my.tool"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[]", {}, {"output": None}, {"output": {"message": []}}])
    def test_what_is_no_answer_is_a_named_error(self, body: object) -> None:
        with pytest.raises(APIResponseValidationError):
            read(body)


class TestStreamed:
    @pytest.mark.parametrize("size", [None, 1, 3, 64])
    def test_a_stream_says_what_the_whole_answer_says(self, size: int | None) -> None:
        events = decoded(stream(*TALK), AT, size)

        assert without_spaces(summary(read(WHOLE))) == without_spaces(folded(events))
        assert of(UsageReported, events)[0].extra == {"chunk": {"metrics": {"latencyMs": 550}}}

    @pytest.mark.parametrize("count", range(len(TALK)))
    def test_a_cut_after_any_event_never_ends_cleanly(self, count: int) -> None:
        assert not of(Ended, streamed(stream(*TALK[:count]), ANY))

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_a_cut_anywhere_never_ends_cleanly_and_gives_a_beginning(self, data: st.DataObject) -> None:
        whole = stream(*TALK)
        length = data.draw(st.integers(0, len(whole) - 1))

        events = streamed(whole[:length], ANY)

        assert not of(Ended, events)
        assert texts(streamed(whole, ANY)).startswith(texts(events))

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.integers(0, 3000), max_size=20))
    def test_any_split_gives_the_same_events(self, cuts: list[int]) -> None:
        whole = stream(*TALK)
        places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
        decoder = speaker(AT).decoder(AT, ANY)

        events = [found for start, end in pairwise(places) for found in decoder.feed(whole[start:end])]

        assert streamed(whole, ANY) == [*events, *decoder.end()]

    def test_metadata_before_the_end_of_the_message_counts_too(self) -> None:
        events = streamed(stream(*TALK[:-2], TALK[-1], TALK[-2]), ANY)

        assert isinstance(events[-1], Ended)
        assert isinstance(events[-2], ChoiceEnded)

    def test_events_nobody_knows_and_what_follows_the_end_are_ignored(self) -> None:
        odd = framed(header(":message-type", "telegram"), b"??") + event("ping", {}) + framed(b"", b"")

        assert (
            streamed(stream(*TALK), ANY)
            == streamed(odd + stream(*TALK) + stream(*TALK), ANY)[0:1] + streamed(stream(*TALK), ANY)[1:]
        )

    def test_signatures_and_redacted_thinking_come_once_a_block(self) -> None:
        def thinking(index: int, **said: str) -> tuple[str, object]:
            return "contentBlockDelta", {"contentBlockIndex": index, "delta": {"reasoningContent": said}}

        events = streamed(
            stream(
                thinking(0, signature="ab"),
                thinking(0, signature="cd"),
                ("contentBlockStop", {"contentBlockIndex": 0}),
                thinking(1, redactedContent="YQ=="),
                thinking(1, redactedContent="Yg=="),
                ("messageStop", {"stopReason": "end_turn"}),
            ),
            ANY,
        )

        assert of(ReasoningDelta, events) == [
            ReasoningDelta("", signature="abcd"),
            ReasoningDelta("", encrypted="YWI="),
        ]

    def test_tools_bedrock_ran_itself_are_handed_on_whole(self) -> None:
        use = {"toolUseId": "s", "name": "code", "type": "server_tool_use"}
        events = streamed(
            stream(
                ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}}),
                ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"a":1}'}}}),
                ("contentBlockStop", {"contentBlockIndex": 0}),
                ("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolResult": {"toolUseId": "s"}}}),
                ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolResult": [{"json": {"b": 2}}]}}),
                ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolResult": [{"text": "c"}]}}),
                ("contentBlockStop", {"contentBlockIndex": 1}),
                ("messageStop", {"stopReason": "end_turn"}),
            ),
            ANY,
        )

        blocks = [found.extra["delta"]["provider_blocks"][0] for found in of(OtherDelta, events)]
        assert [block["index"] for block in blocks] == [0, 1]
        assert [block["body"] for block in blocks] == [
            {"toolUse": {**use, "input": {"a": 1}}},
            {"toolResult": {"toolUseId": "s", "content": [{"json": {"b": 2}}, {"text": "c"}]}},
        ]
        assert not of(ToolCallDelta, events)

    def test_the_tool_that_is_the_answer_is_streamed_as_text(self) -> None:
        use = {"toolUseId": "t", "name": "city"}
        events = streamed(
            stream(
                ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}}),
                ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"a":'}}}),
                ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "1}"}}}),
                ("contentBlockStop", {"contentBlockIndex": 0}),
                ("messageStop", {"stopReason": "tool_use"}),
            ),
            asked(params=FORMAT),
            NOVA,
        )

        assert texts(events) == '{"a":1}'
        assert not of(ToolCallDelta, events)
        assert of(ChoiceEnded, events)[0].reason == "stop"

    def test_citations_come_in_their_place(self) -> None:
        page = {"title": "T", "location": {"web": {"url": "https://a.example"}}}
        events = streamed(
            stream(
                ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "So."}}),
                ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"citation": page}}),
            ),
            ANY,
        )

        said = of(OtherDelta, events)[0].extra["delta"]
        assert said["citations"] == [{"index": 0, **page}]
        assert said["annotations"][0]["url_citation"]["end_index"] == 3

    @pytest.mark.parametrize("size", [None, 1])
    def test_a_whole_answer_where_a_stream_was_asked_for_is_read(self, size: int | None) -> None:
        data = json.dumps(WHOLE).encode()

        assert summary(read(WHOLE)) == summary(decoded(data, AT, size)[0])  # type: ignore[arg-type]

    @pytest.mark.parametrize("data", [b"<html>", b"oops", b"{", b"data: {}\n\n"])
    def test_what_is_no_stream_is_a_named_error(self, data: bytes) -> None:
        events = streamed(data, ANY)

        assert isinstance(events[-1], Broken)
        assert isinstance(events[-1].error, APIResponseValidationError)

    def test_a_broken_frame_comes_in_its_place_and_nothing_after_it(self) -> None:
        broken = bytearray(event("contentBlockDelta", {"delta": {"text": "no"}}))
        broken[-20] ^= 1

        events = streamed(stream(*TALK[:5]) + bytes(broken) + stream(*TALK[5:]), ANY)

        assert texts(events) == "Let me "
        assert isinstance(events[-1], Broken)
        assert isinstance(events[-1].error, UnreadableAnswerError)


ERRORS = [
    ("ValidationException", 400, BadRequestError),
    ("ServiceQuotaExceededException", 400, QuotaExceededError),
    ("AccessDeniedException", 403, PermissionDeniedError),
    ("UnrecognizedClientException", 403, AuthenticationError),
    ("InvalidSignatureException", 403, AuthenticationError),
    ("ExpiredTokenException", 403, AuthenticationError),
    ("ResourceNotFoundException", 404, NotFoundError),
    ("ModelTimeoutException", 408, InternalServerError),
    ("ModelErrorException", 424, InternalServerError),
    ("ThrottlingException", 429, RateLimitError),
    ("ModelNotReadyException", 429, RateLimitError),
    ("InternalServerException", 500, InternalServerError),
    ("ServiceUnavailableException", 503, OverloadedError),
]


class TestErrors:
    @pytest.mark.parametrize(("kind", "status", "error"), ERRORS)
    @pytest.mark.parametrize("place", ["header", "address", "body", "namespace"])
    def test_a_refusal_is_known_by_its_type_wherever_it_stands(
        self, kind: str, status: int, error: type[APIError], place: str
    ) -> None:
        said: dict[str, str] = {"message": "Because."}
        headers = {"x-amzn-requestid": "r-1"}
        if place == "body":
            said["__type"] = kind
        elif place == "namespace":
            said["__type"] = f"com.amazon.coral.service#{kind}"
        else:
            headers["x-amzn-errortype"] = f"{kind}:http://internal.amazon.com/" if place == "address" else kind

        raised: Any = speaker(AT).error(response(said, status, headers), AT)

        assert type(raised) is error
        assert (status, kind, "r-1", said) == (raised.status_code, raised.code, raised.request_id, raised.body)
        assert str(raised) == f"bedrock answered {status}: Because."

    @pytest.mark.parametrize(
        ("kind", "status", "error"),
        [*ERRORS, ("ModelStreamErrorException", 424, InternalServerError)],
    )
    @pytest.mark.parametrize("form", ["exception", "error", "event"])
    def test_an_exception_inside_a_stream_is_mapped_like_its_http_form(
        self, kind: str, status: int, error: type[APIError], form: str
    ) -> None:
        name = kind[0].lower() + kind[1:]
        frame = failed(kind, "Because.") if form == "error" else event(name, {"message": "Because."}, form)

        events = streamed(stream(*TALK[:5]) + frame, ANY)

        assert isinstance(events[-1], Broken)
        raised: Any = events[-1].error
        assert type(raised) is error
        assert (status, kind) == (raised.status_code, raised.code)
        assert "Because." in str(raised)

    def test_the_models_own_words_are_told(self) -> None:
        body = {"message": "Failed", "originalMessage": "out of memory", "originalStatusCode": 500}

        events = streamed(event("modelStreamErrorException", body, "exception"), ANY)

        assert "Failed: out of memory" in str(events[-1].error)

    @pytest.mark.parametrize("kind", ["ValidationException", ""])
    def test_a_prompt_that_is_too_long_is_told_by_its_message(self, kind: str) -> None:
        said = {"message": "Input is too long for requested model."}

        raised = speaker(AT).error(response(said, 400, {"x-amzn-errortype": kind}), AT)

        assert isinstance(raised, ContextLengthExceededError)

    def test_too_many_tokens_a_minute_is_a_rate_and_no_length(self) -> None:
        body = {"message": "Too many tokens, please wait before trying again."}
        headers = {"x-amzn-errortype": "ThrottlingException"}

        assert type(speaker(AT).error(response(body, 429, headers), AT)) is RateLimitError
        assert type(streamed(event("throttlingException", body, "exception"), ANY)[-1].error) is RateLimitError

    @pytest.mark.parametrize("body", [b"", b"<html>bad gateway", b"[1]", b"null", b'{"Message": null}'])
    def test_a_body_nobody_can_read_leaves_the_status_to_decide(self, body: bytes) -> None:
        raised = speaker(AT).error(HttpResponse(503, Headers(), body), AT)

        assert isinstance(raised, OverloadedError)
        assert isinstance(raised, APIStatusError)


NAMES = [
    "output",
    "message",
    "content",
    "text",
    "toolUse",
    "toolUseId",
    "name",
    "input",
    "type",
    "reasoningContent",
    "reasoningText",
    "signature",
    "redactedContent",
    "citationsContent",
    "citations",
    "location",
    "web",
    "url",
    "usage",
    "inputTokens",
    "cacheDetails",
    "stopReason",
    "delta",
    "start",
    "contentBlockIndex",
    "toolResult",
    "citation",
    "image",
    "__type",
    "serverToolUsage",
]
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(JSON, st.booleans())
def test_odd_answers_are_read_or_are_named_errors(said: object, inside: bool) -> None:
    body = {"output": {"message": {"content": [said, said]}}, "usage": said, "stopReason": said} if inside else said
    with suppress(APIError):
        read(body)

    assert isinstance(speaker(AT).error(response(said, 400), AT), APIError)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted({name for name, _ in TALK})), JSON), max_size=8))
def test_odd_events_are_read_or_are_named_errors(events: list[tuple[str, object]]) -> None:
    for found in streamed(stream(*events), ANY):
        assert not isinstance(found, Broken) or isinstance(found.error, APIError)
