"""Whatever is wrong with what comes in has a name, says what to do, and is on record, in both faces."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, NOBODY, Journey, manifest, provider, steps

import aigw
from aigw.call import Outcome
from aigw.testing import (
    AnthropicServer,
    Html,
    HugeError,
    InvalidUtf8,
    ManifestServer,
    OpenAIServer,
    ProviderServer,
    Raw,
    RawStream,
    Reply,
    Text,
    Truncated,
)

IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]}
AUDIO = {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}]}


def refused(journey: Journey, error: Any, kind: type[Exception], *words: str) -> None:
    """Check that *error* is of *kind*, says *words*, and was put on record before anybody was called."""
    assert kind is type(error)
    for word in words:
        assert word in str(error)
    record = journey.record
    assert (Outcome.REFUSED, kind.__name__, ()) == (record.outcome, record.error, record.attempts)
    assert 1 == len(journey.records.records)


class TestWhatTheCallerSays:
    @pytest.mark.parametrize(
        ("asked", "hint"),
        [("chta", "Did you mean 'chat'?"), ("zzzz", "It has: chat"), ("first/m", "does not allow direct names")],
    )
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_an_unknown_model_is_told_with_those_that_are_near(
        self, journey: Journey, openai: OpenAIServer, asked: str, hint: str, streamed: bool
    ) -> None:
        journey.start(manifest(openai))
        error = journey.fail(model=asked, stream=streamed)
        refused(journey, error, aigw.ModelNotFoundError, asked, hint)
        assert (404, "model") == (error.status_code, error.param)
        assert (asked, 1, streamed) == (journey.record.model, journey.record.serial, journey.record.stream)
        assert not openai.requests

    @pytest.mark.parametrize(("model", "word"), [("gpt-4o", "echo/"), ("openai/gpt-4o", "Set OPENAI_API_KEY")])
    def test_without_manifest_and_key_it_says_which_variable_to_set(
        self, journey: Journey, model: str, word: str
    ) -> None:
        journey.start(None)
        error = journey.fail(model=model)
        refused(journey, error, aigw.ModelNotFoundError, "no manifest", "AIGW_MANIFEST", word)

    @pytest.mark.parametrize(
        ("messages", "word"),
        [
            ([], "messages"),
            ("hello", "messages"),
            (None, "messages"),
            ([{"role": "user"}], "messages[0].content"),
            ([{"content": "hi"}], "messages[0].role"),
            ([{"role": "robot", "content": "hi"}], "messages[0].role"),
            (["hi"], "messages[0]"),
        ],
        ids=["empty", "text", "none", "no-content", "no-role", "unknown-role", "no-object"],
    )
    def test_messages_that_are_none_are_refused_with_their_place(
        self, journey: Journey, openai: OpenAIServer, messages: object, word: str
    ) -> None:
        journey.start(manifest(openai))
        error = journey.fail(messages=messages)
        refused(journey, error, aigw.BadRequestError, word)
        assert (400, "chat") == (error.status_code, journey.record.model)
        assert error.param.startswith("messages")
        assert not openai.requests

    def test_a_part_that_no_target_can_take_is_refused_with_its_place(self, journey: Journey) -> None:
        with AnthropicServer() as server:
            journey.start(manifest(server))
            error = journey.fail(messages=[AUDIO])
            refused(journey, error, aigw.UnsupportedParameterError, "messages[0]", "first/m: unsupported:")
            assert not server.requests
        (candidate,) = journey.record.candidates
        assert not candidate.eligible
        assert candidate.reason.startswith("unsupported:")

    def test_a_part_that_one_target_can_take_goes_there(self, journey: Journey, openai: OpenAIServer) -> None:
        with AnthropicServer() as server:
            journey.start(manifest(server, openai))
            answer = journey.ask(messages=[AUDIO])
            assert "second/m" == answer.aigw.target
            assert [False, True] == [each.eligible for each in answer.aigw.candidates]
            assert not server.requests

    @pytest.mark.parametrize(
        ("keyword", "hint"),
        [
            ("temprature", "did you mean 'temperature'?"),
            ("max_token", "did you mean 'max_tokens'?"),
            ("guided_json", "extra_body"),
        ],
    )
    def test_an_unknown_keyword_is_an_error_that_suggests_the_near_one(
        self, journey: Journey, openai: OpenAIServer, keyword: str, hint: str
    ) -> None:
        journey.start(manifest(openai))
        error = journey.fail(**{keyword: 1})
        assert isinstance(error, TypeError)
        refused(journey, error, aigw.UnexpectedArgumentError, keyword, hint)

    @pytest.mark.parametrize(
        ("said", "param"),
        [
            ({"temperature": "hot"}, "temperature"),
            ({"max_tokens": 1.5}, "max_tokens"),
            ({"timeout": "soon"}, "timeout"),
            ({"timeout": -1}, "timeout"),
            ({"timeout": 0}, "timeout"),
            ({"max_retries": -1}, "max_retries"),
            ({"extra_body": [1]}, "extra_body"),
            ({"extra_headers": {"x-note": "a\r\nx-evil: b"}}, "extra_headers.x-note"),
            ({"extra_headers": {"x-note": "\u20ac"}}, "extra_headers.x-note"),
            ({"extra_headers": {"x note": "a"}}, "extra_headers.x note"),
            ({"extra_headers": {"\u00e9": "a"}}, "extra_headers.\u00e9"),
            ({"extra_headers": {"Authorization": "Bearer mine"}}, "extra_headers"),
            ({"extra_headers": {"Transfer-Encoding": "chunked"}}, "extra_headers"),
            ({"extra_headers": {"x-api-key": "mine"}}, "extra_headers"),
            ({"model": ""}, "model"),
            ({"model": 7}, "model"),
        ],
        ids=str,
    )
    def test_a_value_that_cannot_be_is_refused_with_its_name(
        self, journey: Journey, openai: OpenAIServer, said: dict[str, object], param: str
    ) -> None:
        journey.start(manifest(openai))
        error = journey.fail(**said)
        refused(journey, error, aigw.BadRequestError)
        assert param == error.param
        assert "mine" not in str(error)
        assert not openai.requests
        assert {} == dict(journey.gw.health())

    def test_a_header_of_the_gateway_is_looked_at_like_a_header_of_the_call(
        self, journey: Journey, openai: OpenAIServer
    ) -> None:
        journey.gw = journey.start(manifest(openai)).with_options(extra_headers={"x-note": "caf\u00e9 \u20ac"})
        refused(journey, journey.fail(), aigw.BadRequestError, "x-note")

    def test_a_header_may_have_spaces_around_it(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai))
        journey.ask(extra_headers={"x-note": " a b "})
        assert "a b" == openai.requests[0].headers["x-note"]

    def test_a_key_that_is_not_there_is_told_by_its_reference(self, journey: Journey, openai: OpenAIServer) -> None:
        document = manifest(openai)
        document["providers"] = {"first": provider(openai, api_key="env:NO_SUCH_KEY")}
        journey.start(document)
        error = journey.fail()
        refused(journey, error, aigw.AuthenticationError, "NO_SUCH_KEY", "not set")
        assert ["no_secret"] == [each.reason for each in journey.record.candidates]


class TestManifestsThatCannotServe:
    @pytest.mark.parametrize(
        ("document", "words"),
        [
            (b"schema: aigw/v1\n  serial: [1\n", (":2:",)),
            (b'{"schema": "aigw/v1", "serial": 1,', (":1:",)),
            (b"<html>Sign in</html>", ()),
            (b"", ()),
            (b"\xff\xfe\x00", ()),
            (b"schema: aigw/v2\nserial: 1\n", ("aigw/v2", "upgrade aigw", ":1:")),
            (b"schema: aigw/v1\nserial: 1\nserial: 2\n", ("serial", "twice", ":3:")),
            (
                b"schema: aigw/v1\nserial: 1\nproviders: {e: {kind: echo}}\nroute: []\n",
                (":4: route: unknown key; did you mean 'routes'?",),
            ),
        ],
        ids=["yaml", "json", "html", "empty", "bytes", "newer-schema", "duplicate-key", "misspelt"],
    )
    @pytest.mark.parametrize("place", ["url", "file"])
    def test_a_document_that_is_wrong_says_where(
        self, journey: Journey, tmp_path: Path, document: bytes, words: tuple[str, ...], place: str
    ) -> None:
        file = tmp_path / "manifest.yaml"
        file.write_bytes(document)
        with ManifestServer(document) as origin:
            journey.start(origin.url if place == "url" else str(file))
            error = journey.fail()
            status = journey.gw.manifest.status()
        refused(journey, error, aigw.ManifestInvalidError)
        for word in words:
            assert word in "\n".join([str(error), *error.problems])
        assert (origin.url if place == "url" else str(file)) == error.source
        assert "none" == status.state
        assert status.rejected == error.problems
        assert 0 == journey.record.serial

    @pytest.mark.parametrize(
        "document",
        ["schema: aigw/v9\nserial: 1\n", '{"schema": ', {"schema": "aigw/v1"}, "{}"],
        ids=["newer", "json", "incomplete", "nothing"],
    )
    def test_one_given_in_place_is_refused_at_once(self, face: Any, document: object) -> None:
        with pytest.raises(aigw.ManifestInvalidError) as caught:
            face.gateway(manifest=document)
        assert caught.value.problems

    @pytest.mark.parametrize("source", ["", "ftp://host/manifest", "https://", 7], ids=str)
    def test_what_is_no_source_is_refused_at_once(self, face: Any, source: object) -> None:
        with pytest.raises((aigw.ConfigurationError, TypeError)):
            face.gateway(manifest=source)

    def test_a_file_that_is_not_there_is_named(self, journey: Journey, tmp_path: Path) -> None:
        journey.start(tmp_path / "gone.yaml")
        refused(journey, journey.fail(), aigw.ManifestUnavailableError, "gone.yaml", "No such file")

    def test_an_address_nobody_answers_at_is_told_with_what_to_do(self, journey: Journey) -> None:
        journey.start(NOBODY)
        refused(journey, journey.fail(), aigw.ManifestUnavailableError, "127.0.0.1:9", "no last good copy")

    def test_another_document_under_the_same_serial_is_refused_and_the_first_keeps_serving(
        self, journey: Journey, openai: OpenAIServer
    ) -> None:
        with ManifestServer(manifest(openai)) as origin:
            gw = journey.start(origin.url)
            journey.ask()
            origin.publish({**manifest(openai), "tags": {"changed": "yes"}})
            with pytest.raises(aigw.ManifestConflictError, match="raise the serial"):
                journey.face.do(gw.refresh())
            assert 1 == journey.ask().aigw.serial
            assert "raise the serial" in gw.manifest.status().last_error


UNREADABLE = [
    pytest.param(Raw(body=b"I am not JSON."), id="not-json"),
    pytest.param(Raw(body=b""), id="empty"),
    pytest.param(Raw(body=b"[]"), id="list"),
    pytest.param(Raw(body=b'"text"'), id="text"),
    pytest.param(Raw(body=b"{}"), id="no-answer"),
    pytest.param(Raw(body=b"[" * 100_000), id="deep"),
    pytest.param(Html(200), id="html"),
    pytest.param(Truncated(Text("One two three.")), id="truncated"),
    pytest.param(InvalidUtf8(), id="invalid-utf-8"),
]


class TestWhatProvidersAnswer:
    @pytest.mark.parametrize("reply", UNREADABLE)
    def test_an_answer_that_cannot_be_read_is_named_and_on_record(
        self, journey: Journey, first: ProviderServer, reply: Reply
    ) -> None:
        first.always(reply)
        journey.start(manifest(first, max_retries=0))
        error = journey.fail()
        assert isinstance(error, aigw.APIResponseValidationError)
        assert 200 == error.status_code
        assert "first" in str(error)
        assert len(str(error)) < 1000
        assert [("first/m", 1, 200, type(error).__name__)] == steps(error.attempts)
        assert (Outcome.ERROR, 200) == (journey.record.outcome, journey.record.status_code)

    @pytest.mark.parametrize("reply", UNREADABLE)
    def test_it_moves_to_the_next_target(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, reply: Reply
    ) -> None:
        first.always(reply)
        journey.start(manifest(first, second, max_retries=0))
        assert "second/m" == journey.ask().aigw.target

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param(Html(200), id="html"),
            pytest.param(Raw(body=b"not json"), id="not-json"),
            pytest.param(RawStream(chunks=[b"data: {not json}\n\n"]), id="bad-frame"),
            pytest.param(RawStream(chunks=[b"data: \xff\xfe\n\n"]), id="bytes"),
            pytest.param(RawStream(chunks=[b"data: [1]\n\n"]), id="list"),
            pytest.param(RawStream(chunks=[b"no stream at all"]), id="text"),
            pytest.param(RawStream(chunks=[b"data: " + b"x" * 4_000_000]), id="endless-line"),
            pytest.param(RawStream(chunks=[]), id="nothing"),
        ],
    )
    def test_a_stream_that_cannot_be_read_is_named_and_moves_to_the_next_target(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, reply: Reply
    ) -> None:
        first.always(reply)
        journey.start(manifest(first, max_retries=0))
        error = journey.fail(stream=True)
        assert isinstance(error, aigw.APIResponseValidationError | aigw.StreamInterrupted)
        assert len(str(error)) < 1000
        journey.start(manifest(first, second, max_retries=0))
        text, ended = journey.read(journey.stream())
        assert (True, None) == (bool(text), ended)

    def test_invalid_utf_8_inside_a_stream_is_never_handed_over(self, journey: Journey, first: ProviderServer) -> None:
        first.always(InvalidUtf8())
        journey.start(manifest(first, max_retries=0))
        try:
            text, error = journey.read(journey.stream())
        except aigw.APIResponseValidationError as caught:
            text, error = "", caught
        assert "\ufffd" not in text
        assert isinstance(error, aigw.APIError)

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_a_huge_error_body_is_cut_not_kept(self, journey: Journey, first: ProviderServer, streamed: bool) -> None:
        first.always(HugeError(500))
        journey.start(manifest(first, max_retries=0))
        error = journey.fail(stream=streamed)
        assert aigw.InternalServerError is type(error)
        assert len(str(error)) < 1000
        assert len(repr(error.body)) < 200_000
        assert len(error.response.content) < 200_000
        assert error.response.truncated

    def test_an_html_error_page_names_the_likely_cause(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Html(404))
        journey.start(manifest(first, max_retries=0))
        error = journey.fail()
        assert aigw.NotFoundError is type(error)
        assert "base_url" in str(error)
        assert not re.search("<html|<h1", str(error))


def test_a_call_that_was_refused_leaves_the_next_one_alone(journey: Journey, openai: OpenAIServer) -> None:
    journey.start(manifest(openai))
    journey.fail(messages=[])
    assert "Hello from m." == journey.ask().choices[0].message.content
    assert [Outcome.REFUSED, Outcome.OK] == [record.outcome for record in journey.records.records]
    assert 2 == len({record.call_id for record in journey.records.records})


@pytest.mark.parametrize("method", ["parse", "stream", "with_raw_response", "with_streaming_response"])
def test_every_way_to_call_refuses_alike(journey: Journey, openai: OpenAIServer, method: str) -> None:
    completions = journey.start(manifest(openai)).chat.completions
    call = getattr(completions, method)
    call = call if callable(call) else call.create
    with pytest.raises(aigw.BadRequestError) as caught:
        journey.face.do(call(model="chat", messages=[]))
    refused(journey, caught.value, aigw.BadRequestError, "messages")


def test_images_are_taken_by_both_dialects(journey: Journey, first: ProviderServer) -> None:
    journey.start(manifest(first))
    assert journey.ask(messages=[IMAGE, *MESSAGES]).choices[0].message.content
