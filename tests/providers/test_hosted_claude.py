"""Anthropic's dialect as Bedrock and Vertex AI host it: addresses, bodies, frames, refusals and counts."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.eventstreams import chunk, event, failed, invoked
from tests.providers.provider_kit import asked, named, of, response, said, sound, texts

from aigw import errors as e
from aigw.manifest.snapshot import Provider, Target, Unsupported
from aigw.protocols import Adapter
from aigw.providers.anthropic.vertex import VertexAnthropic, VertexAnthropicCountTokens
from aigw.providers.bedrock.count import BedrockCountTokens
from aigw.providers.bedrock.invoke import BedrockAnthropic, BedrockAnthropicCountTokens
from aigw.providers.kinds.table import KINDS
from aigw.surfaces.messages.request import ask, ask_count
from aigw.types.events import Answer, Broken, Ended, Event, Native
from aigw.types.parts import File, Image, Text, ToolResult
from aigw.types.request import Request

BEDROCK, VERTEX = BedrockAnthropic(), VertexAnthropic()
PROFILE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
DATED = "claude-sonnet-4-5@20250929"
PLACE = "https://europe-west1-aiplatform.googleapis.com/v1/projects/acme/locations/europe-west1"
SAID: dict[str, Any] = {
    "model": "m",
    "max_tokens": 50,
    "system": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}]}],
    "metadata": {"user_id": "u"},
}
WRITTEN = {name: value for name, value in SAID.items() if name != "model"}
EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "message_start", "message": {"id": "msg_bdrk_1", "model": "m", "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Sunny\u2028 \U0001f600"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3}},
)
STREAM = invoked(named(*EVENTS))


def at(kind: str, model: str, unsupported: Unsupported = "error", **headers: str) -> Target:
    row = KINDS[kind]
    base = PLACE if kind.startswith("vertex") else "https://bedrock-runtime.eu-west-1.amazonaws.com"
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Target(Provider(kind, row, base, unsupported=unsupported, headers=pairs), model)


AT_BEDROCK, AT_VERTEX = at("bedrock-anthropic", PROFILE), at("vertex-anthropic", DATED)
EACH = pytest.mark.parametrize(("adapter", "kind"), [(BEDROCK, "bedrock-anthropic"), (VERTEX, "vertex-anthropic")])


def sent(adapter: Adapter[Request], request: Request, target: Target) -> tuple[str, dict[str, str], dict[str, Any]]:
    outgoing = adapter.write(request, target).request
    return outgoing.url, dict(outgoing.headers), json.loads(outgoing.body)


def heard(stream: bytes, size: int | None = None, *, native: bool = False) -> list[Event]:
    request = ask({**SAID, "stream": True}).request if native else asked(stream=True)
    decoder = BEDROCK.decoder(AT_BEDROCK, request)
    step = size or max(1, len(stream))
    events = [each for start in range(0, len(stream), step) for each in decoder.feed(stream[start : start + step])]
    return [*events, *decoder.end()]


class TestRequests:
    def test_bedrock_has_the_model_and_whether_to_stream_in_the_address(self) -> None:
        url, headers, body = sent(BEDROCK, ask(SAID).request, AT_BEDROCK)
        streamed, accepting, same = sent(BEDROCK, ask({**SAID, "stream": True}).request, AT_BEDROCK)
        base = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0"

        assert (f"{base}/invoke", f"{base}/invoke-with-response-stream") == (url, streamed)
        assert {"anthropic_version": "bedrock-2023-05-31", **WRITTEN} == body == same
        assert ("application/json", None) == (headers["accept"], headers.get("x-amzn-bedrock-accept"))
        assert "application/vnd.amazon.eventstream" == accepting["accept"]
        assert "application/json" == accepting["x-amzn-bedrock-accept"]

    def test_vertex_has_the_model_in_the_address_and_streams_server_sent_events(self) -> None:
        url, headers, body = sent(VERTEX, ask(SAID).request, AT_VERTEX)
        streamed, accepting, same = sent(VERTEX, ask({**SAID, "stream": True}).request, AT_VERTEX)
        base = f"{PLACE}/publishers/anthropic/models/claude-sonnet-4-5@20250929"

        assert (f"{base}:rawPredict", f"{base}:streamRawPredict") == (url, streamed)
        assert {"anthropic_version": "vertex-2023-10-16", **WRITTEN} == body
        assert {**body, "stream": True} == same
        assert ("application/json", "text/event-stream") == (headers["accept"], accepting["accept"])
        assert "anthropic-version" not in headers

    @EACH
    def test_a_version_that_the_caller_names_is_the_one(self, adapter: Adapter[Request], kind: str) -> None:
        request = ask({**SAID, "extra_body": {"anthropic_version": "2026-10-21"}}).request

        assert "2026-10-21" == sent(adapter, request, at(kind, PROFILE))[2]["anthropic_version"]

    def test_beta_flags_stand_in_the_body_on_bedrock_and_in_a_header_on_vertex(self) -> None:
        request = ask({**SAID, "betas": ["b", "c"]}).request
        declared = {"anthropic_beta": "a,b"}
        _, headers, body = sent(BEDROCK, request, at("bedrock-anthropic", PROFILE, **declared))
        _, with_header, without = sent(VERTEX, request, at("vertex-anthropic", DATED, **declared))

        assert (["a", "b", "c"], "a,b,c") == (body["anthropic_beta"], with_header["anthropic-beta"])
        assert "anthropic-beta" not in headers
        assert "anthropic_beta" not in without

    @EACH
    def test_what_would_have_to_be_fetched_is_refused_or_left_out_with_a_note(
        self, adapter: Adapter[Request], kind: str
    ) -> None:
        image, file = Image(url="https://x/a.png"), File(url="https://x/a.pdf")
        request = asked(said("user", "Look", image), said("assistant", "So?"), said("user", "And", file))
        names = ("messages[0].image.url", "messages[2].file.url")

        assert names == adapter.unsupported(request, at(kind, PROFILE))
        with pytest.raises(e.UnsupportedParameterError):
            adapter.write(request, at(kind, PROFILE))
        outgoing = adapter.write(request, at(kind, PROFILE, "drop"))
        assert ["Look", "So?", "And"] == [
            block["text"] for turn in json.loads(outgoing.request.body)["messages"] for block in turn["content"]
        ]
        assert names == tuple(note.split()[1] for note in outgoing.notes)
        assert b"https://x/a.png" in adapter.write(request, at(kind, PROFILE, "pass")).request.body

    def test_an_image_in_a_tools_result_is_left_out_of_it(self) -> None:
        call = {"id": "t", "name": "f", "input": {}, "type": "tool_use"}
        history = ask({**SAID, "messages": [{"role": "assistant", "content": [call]}]}).request.messages[-1]
        result = ToolResult("t", (Image(url="https://x/a.png"),))
        request = asked(said("user", "Go"), replace(history, verbatim=None), said("tool", result))
        body = json.loads(BEDROCK.write(request, at("bedrock-anthropic", PROFILE, "drop")).request.body)

        assert {"type": "tool_result", "tool_use_id": "t", "content": "(left out)"} == body["messages"][2]["content"][0]

    @EACH
    def test_tiers_and_what_travels_as_anthropics_own_header_are_refused(
        self, adapter: Adapter[Request], kind: str
    ) -> None:
        usual = asked(params={"service_tier": "auto"})
        tiered, personal = asked(params={"service_tier": "default"}), ask({**SAID, "user_profile_id": "p"}).request

        assert ((), ("service_tier",), ("user_profile_id",)) == tuple(
            adapter.unsupported(request, at(kind, PROFILE)) for request in (usual, tiered, personal)
        )
        assert "service_tier" not in sent(adapter, usual, at(kind, PROFILE))[2]
        dropping = at(kind, PROFILE, "drop")
        assert "service_tier" not in sent(adapter, tiered, dropping)[2]
        _, headers, body = sent(adapter, personal, dropping)
        assert {"user_profile_id", "anthropic-user-profile-id"}.isdisjoint({*headers, *body})


class TestStreams:
    @pytest.mark.parametrize("size", [1, 7, None])
    def test_frames_hold_anthropics_own_events_and_reach_callers_of_its_dialect_whole(self, size: int | None) -> None:
        assert [*EVENTS] == [native.event for native in of(Native, heard(STREAM, size, native=True))]
        assert "Sunny\u2028 \U0001f600" == texts(heard(STREAM, size))

    @given(cut=st.integers(0, len(STREAM)), more=st.integers(0, len(STREAM)))
    @settings(max_examples=60)
    def test_any_split_gives_the_same_and_a_cut_never_ends_well(self, cut: int, more: int) -> None:
        decoder = BEDROCK.decoder(AT_BEDROCK, asked(stream=True))
        first, second = sorted((cut, more))
        events = [
            each for part in (STREAM[:first], STREAM[first:second], STREAM[second:]) for each in decoder.feed(part)
        ]

        assert heard(STREAM) == [*events, *decoder.end()]
        assert (first == len(STREAM)) == any(isinstance(each, Ended) for each in heard(STREAM[:first]))

    @pytest.mark.parametrize(
        ("kind", "status", "error"),
        [
            ("internalServerException", 500, e.InternalServerError),
            ("modelStreamErrorException", 424, e.InternalServerError),
            ("modelTimeoutException", 408, e.InternalServerError),
            ("validationException", 400, e.BadRequestError),
            ("throttlingException", 429, e.RateLimitError),
            ("serviceUnavailableException", 503, e.OverloadedError),
        ],
    )
    @pytest.mark.parametrize("as_event", [False, True])
    def test_an_exception_in_the_stream_is_mapped_as_over_http(
        self, kind: str, status: int, error: type[e.APIStatusError], *, as_event: bool
    ) -> None:
        broken = event(kind, {"message": "no"}, "event" if as_event else "exception")
        events = heard(invoked(named(*EVENTS[:3])) + broken)
        told = BEDROCK.error(
            response({"message": "no"}, status, {"x-amzn-errortype": kind[:1].upper() + kind[1:]}), AT_BEDROCK
        )

        assert "Sunny\u2028 \U0001f600" == texts(events)
        assert isinstance(events[-1], Broken)
        assert (error, status) == (type(events[-1].error), events[-1].error.status_code)  # type: ignore[attr-defined]
        assert type(told) is error

    def test_an_error_of_anthropics_own_and_one_of_the_transport_are_errors_too(self) -> None:
        overloaded = chunk({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})

        with pytest.raises(e.OverloadedError):
            sound(heard(overloaded))
        with pytest.raises(e.InternalServerError):
            sound(heard(failed("InternalFailure", "no")))

    def test_a_frame_that_is_damaged_is_an_error_unless_the_answer_was_whole_before(self) -> None:
        torn = bytearray(chunk(EVENTS[2]))
        torn[-6] ^= 1

        with pytest.raises(e.UnreadableAnswerError, match="checksum"):
            sound(heard(invoked(named(*EVENTS[:2])) + bytes(torn)))
        assert heard(STREAM) == heard(STREAM + bytes(torn))

    @pytest.mark.parametrize("payload", [{"bytes": "no base64!"}, {"bytes": "e30"}, [], {"bytes": "/w=="}])
    def test_a_chunk_that_holds_no_event_is_an_error(self, payload: object) -> None:
        with pytest.raises((e.UnreadableAnswerError, e.APIResponseValidationError)):
            sound(heard(event("chunk", payload)))

    @pytest.mark.parametrize("frame", [event("chunk", {}), event("of_tomorrow", {"a": 1}), chunk({"type": "ping"})])
    def test_what_says_nothing_is_passed_over(self, frame: bytes) -> None:
        assert heard(STREAM, native=True) == heard(frame + STREAM, native=True)

    def test_json_over_several_lines_is_one_event(self) -> None:
        spread = b"".join(chunk(json.dumps(each, indent=1).encode()) for each in EVENTS)

        assert heard(STREAM) == heard(spread)

    def test_a_document_in_place_of_a_stream_is_the_answer(self) -> None:
        body = {"id": "msg_1", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
        [answer] = heard(json.dumps(body).encode(), 3, native=True)

        assert isinstance(answer, Answer)
        assert (body, (Text("Hi"),)) == (answer.native, answer.choices[0].parts)
        with pytest.raises(e.UnreadableAnswerError, match="HTML page"):
            sound(heard(b"<html></html>"))

    def test_vertexs_event_for_its_books_reaches_nobody(self) -> None:
        request = ask({**SAID, "stream": True}).request
        books = {"type": "vertex_event", "usage": {"input_tokens": 9}}

        def natives(*events: dict[str, Any]) -> Sequence[object]:
            decoder = VERTEX.decoder(AT_VERTEX, request)
            return [native.event for native in of(Native, [*decoder.feed(named(*events)), *decoder.end()])]

        assert [*EVENTS] == natives(EVENTS[0], books, *EVENTS[1:])


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "m"}}, e.BadRequestError),
            (529, {"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, e.OverloadedError),
            (403, [{"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED"}}], e.PermissionDeniedError),
            (401, {"error": {"code": 401, "message": "m", "status": "UNAUTHENTICATED"}}, e.AuthenticationError),
            (404, {"error": {"code": 404, "message": "m", "status": "NOT_FOUND"}}, e.NotFoundError),
        ],
    )
    def test_vertex_refuses_in_googles_words_or_in_anthropics(
        self, status: int, body: object, error: type[e.APIStatusError]
    ) -> None:
        told = VERTEX.error(response(body, status), AT_VERTEX)

        assert (error, status, f"vertex-anthropic answered {status}: m") == (type(told), told.status_code, told.message)  # type: ignore[attr-defined]


class TestCounts:
    BEDROCK, VERTEX = BedrockAnthropicCountTokens(), VertexAnthropicCountTokens()
    ASKED = {name: value for name, value in SAID.items() if name not in {"max_tokens", "metadata"}}  # noqa: RUF012

    TALK: dict[str, Any] = {  # noqa: RUF012
        "model": "m",
        "system": "S",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }

    def test_bedrock_counts_the_whole_body_of_invoke_by_the_model_behind_a_profile(self) -> None:
        outgoing = self.BEDROCK.write(ask_count(self.ASKED).request, AT_BEDROCK)
        body = json.loads(outgoing.request.body)
        held = json.loads(base64.b64decode(body["input"]["invokeModel"].pop("body"), validate=True))

        assert {"input": {"invokeModel": {}}} == body
        assert {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1} | {
            name: self.ASKED[name] for name in ("system", "messages")
        } == held
        assert outgoing.request.url.endswith("/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens")
        assert ["counted:"] == [note.split()[0] for note in outgoing.notes]

    def test_what_is_counted_with_thinking_has_room_for_it(self) -> None:
        thinking = {"type": "enabled", "budget_tokens": 1024}
        outgoing = self.BEDROCK.write(ask_count({**self.ASKED, "thinking": thinking}).request, AT_BEDROCK)
        held = json.loads(base64.b64decode(json.loads(outgoing.request.body)["input"]["invokeModel"]["body"]))

        assert (1025, thinking) == (held["max_tokens"], held["thinking"])

    @pytest.mark.parametrize(
        ("model", "counted"),
        [
            ("anthropic.claude-3-haiku-20240307-v1:0", None),
            ("zai.glm-4.7", None),
            ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("us-gov.anthropic.claude-haiku-4-5", "anthropic.claude-haiku-4-5"),
            ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
            ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/eu.abc.d", None),
        ],
    )
    def test_only_the_place_of_an_inference_profile_is_taken_out_of_a_name(
        self, model: str, counted: str | None
    ) -> None:
        outgoing = BedrockCountTokens().write(asked(), at("bedrock", model))
        path = (counted or model).replace(":", "%3A").replace("/", "%2F")

        assert outgoing.request.url.endswith(f"/model/{path}/count-tokens")
        assert (counted is not None) == bool(outgoing.notes)

    def test_converse_counts_what_is_said_its_tools_and_its_thinking(self) -> None:
        outgoing = BedrockCountTokens().write(ask_count(self.TALK).request, at("bedrock", PROFILE))

        assert {
            "input": {
                "converse": {
                    "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
                    "system": [{"text": "S"}],
                    "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]},
                    "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
                }
            }
        } == json.loads(outgoing.request.body)

    def test_what_converse_cannot_say_is_not_counted_in_silence(self) -> None:
        request = asked(said("user", "Hi", Image(url="https://x/a.png")))

        assert ("messages[0].image.url",) == BedrockCountTokens().unsupported(request, at("bedrock", PROFILE))

    def test_vertex_counts_with_the_model_in_the_body(self) -> None:
        outgoing = self.VERTEX.write(ask_count(self.ASKED).request, AT_VERTEX).request

        assert f"{PLACE}/publishers/anthropic/models/count-tokens:rawPredict" == outgoing.url
        assert {"anthropic_version": "vertex-2023-10-16", **self.ASKED, "model": DATED} == json.loads(outgoing.body)

    def test_counts_are_read_and_their_absence_is_an_error(self) -> None:
        request = ask_count(self.ASKED).request

        assert 42 == self.BEDROCK.read(response({"inputTokens": 42}), AT_BEDROCK, request).input_tokens
        assert 42 == self.VERTEX.read(response({"input_tokens": 42}), AT_VERTEX, request).input_tokens
        for body in ({}, {"inputTokens": "42"}, {"inputTokens": -1}):
            with pytest.raises(e.APIResponseValidationError):
                self.BEDROCK.read(response(body), AT_BEDROCK, request)
        told = self.BEDROCK.error(response({"__type": "ValidationException", "message": "m"}, 400), AT_BEDROCK)
        assert type(told) is e.BadRequestError
        refused = self.VERTEX.error(response({"error": {"message": "m", "status": "NOT_FOUND"}}, 404), AT_VERTEX)
        assert type(refused) is e.NotFoundError
