"""Keys and prompts stay where they belong: with the provider, and nowhere a human or a file would find them."""

import copy
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import Journey, manifest, provider

import aigw
from aigw.sinks.jsonl import JsonLinesSink
from aigw.testing import (
    CutAt,
    ErrorEvent,
    Hang,
    Html,
    ManifestServer,
    OpenAIServer,
    ProviderServer,
    Raw,
    RawStream,
    Received,
    Reply,
    Reset,
    Status,
    Text,
    Truncated,
)

KEY = "CANARYKEYq7f3b1zz90210"
"""The provider's key: of no known shape, so that nothing but knowing it can hide it."""
OWN_KEY = "vk-CANARYOWNKEY55501"
PROMPT = "CANARYPROMPT the treasure lies under the old oak"
QUERY = "CANARYQUERYa83f"
MESSAGES = [{"role": "user", "content": PROMPT}]
CANARIES = ("CANARYKEY", "CANARYOWNKEY", "CANARYPROMPT", "CANARYQUERY")
BRIEF = aigw.Timeouts(total=0.05, first_token=0.05, idle=0.05)


def keyed(*servers: ProviderServer | str, key: str = "env:CANARY_KEY") -> dict[str, object]:
    document = manifest(*servers, max_retries=0)
    document["providers"] = {
        name: provider(server, api_key=key) for name, server in zip(("first", "second"), servers, strict=False)
    }
    return document


def clean(*seen: object) -> None:
    for text in map(str, seen):
        for canary in CANARIES:
            assert canary not in text


def told(error: BaseException) -> list[object]:
    """Everything an error may show, with all its causes, as it is and after a trip through pickle and copy."""
    shown: list[object] = ["".join(traceback.format_exception(error))]
    for one in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        shown += [one, repr(one), one.args, vars(one), getattr(one, "body", None), one.__cause__, one.__context__]
        response = getattr(one, "response", None)
        if response is not None:
            shown += [response, response.text, dict(response.headers)]
    return shown


@pytest.fixture(autouse=True)
def _canaries(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("CANARY_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    for name in ("asyncio", "aigw", "tenacity"):
        caplog.set_level(logging.DEBUG, logger=name)


def logged(caplog: pytest.LogCaptureFixture) -> list[object]:
    """Every log record, its arguments and extras included."""
    assert caplog.records
    return [(record.getMessage(), record.args, vars(record), record.exc_text) for record in caplog.records]


def echo(reply: str) -> Any:
    """Answer with an error that quotes whatever credential and prompt it was sent."""

    def answer(request: Received) -> Reply:
        sent = request.headers.get("authorization") or request.headers.get("x-api-key") or ""
        key = sent.removeprefix("Bearer ")
        quoted = f"You sent {key}".encode()
        json = {"content-type": "application/json"}
        replies: dict[str, Reply] = {
            "json": Status(401, message=quoted.decode()),
            "html": Raw(403, {"content-type": "text/html"}, b"<html>" + quoted + b"</html>"),
            "text": Raw(500, {"content-type": "text/plain", "x-echo": key, "x-request-id": key}, quoted),
            "error-in-200": ErrorEvent(message=quoted.decode()),
            "list": Raw(400, json, b'[{"detail": "' + quoted + b'"}]'),
            "not-json": Raw(200, json, quoted),
            "code": Status(400, code=key, type=key, message="no"),
            "bad-frame": RawStream(chunks=[b"data: {" + quoted + b"\n\n"]),
        }
        return replies[reply]

    return answer


FAULTS = [
    pytest.param(Status(500), id="500"),
    pytest.param(Status(401), id="401"),
    pytest.param(Html(200), id="html"),
    pytest.param(Reset(), id="reset"),
    pytest.param(Hang(), id="hang"),
    pytest.param(Truncated(Text("a b c")), id="truncated"),
    pytest.param(CutAt(Text("a b c"), token=0), id="cut"),
]


class TestNothingShowsThem:
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_no_error_log_or_record_of_a_call_that_failed(
        self,
        journey: Journey,
        first: ProviderServer,
        caplog: pytest.LogCaptureFixture,
        fault: Reply,
        streamed: bool,
    ) -> None:
        first.always(fault)
        journey.start(keyed(first), key=OWN_KEY)
        more = {"timeout": BRIEF} if isinstance(fault, Hang) else {}
        error = self.error_of(journey, messages=MESSAGES, stream=streamed, **more)
        assert first.wait_for(lambda: bool(first.requests))
        assert KEY in str(dict(first.requests[0].headers))
        assert PROMPT.encode() in first.requests[0].body
        clean(*told(error), *logged(caplog))
        clean(journey.record, journey.record.as_dict())

    @staticmethod
    def error_of(journey: Journey, **params: object) -> aigw.AigwError:
        """Make a call that fails, be it while its stream is read."""
        try:
            error = journey.read(journey.ask(**params))[1]
        except aigw.AigwError as caught:
            return caught
        assert isinstance(error, aigw.AigwError)
        return error

    @pytest.mark.parametrize(
        "said",
        [
            {"messages": [{"role": PROMPT, "content": PROMPT}]},
            {"messages": [{"role": "user", "content": [{"type": PROMPT}]}]},
            {"messages": PROMPT},
            {"messages": MESSAGES, "temperature": PROMPT},
            {"messages": MESSAGES, "response_format": PROMPT},
            {"messages": MESSAGES, "tools": [PROMPT]},
            {"messages": MESSAGES, "extra_headers": {"x-note": f"{PROMPT}\u20ac"}},
            {"messages": MESSAGES, "extra_body": {"messages": [{"role": "user", "content": {PROMPT: 1}}]}},
            {"messages": MESSAGES, "max_tokens": object()},
            {"messages": [{"role": "user", "content": {"x": PROMPT}}]},
        ],
        ids=["role", "type", "messages", "number", "format", "tools", "header", "body", "object", "content"],
    )
    def test_no_refusal_of_what_the_caller_said(
        self, journey: Journey, openai: OpenAIServer, caplog: pytest.LogCaptureFixture, said: dict[str, Any]
    ) -> None:
        journey.start(keyed(openai), key=OWN_KEY)
        try:
            journey.ask(**said)
        except aigw.AigwError as error:
            clean(*told(error))
        clean(journey.record, *[vars(record) for record in caplog.records])

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_no_log_record_or_file_of_a_call_that_went_well(
        self,
        journey: Journey,
        first: ProviderServer,
        caplog: pytest.LogCaptureFixture,
        tmp_path: Path,
        streamed: bool,
    ) -> None:
        from aigw.sinks.log import LogSink

        sinks = [LogSink(), JsonLinesSink(tmp_path / "records.jsonl"), journey.records]
        with ManifestServer(keyed(first)) as origin:
            url = f"{origin.url}?token={QUERY}"
            gw = journey.start(url, key=OWN_KEY, sinks=sinks, cache_dir=tmp_path / "cache")
            answer = journey.ask(messages=MESSAGES, stream=streamed)
            if streamed:
                journey.read(answer)
            journey.face.do(gw.refresh())
            clean(*logged(caplog), repr(answer), journey.record, journey.record.as_dict())
            clean(gw.manifest.status(), repr(gw), repr(gw.manifest), gw.health())
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        assert len(files) >= 3
        clean(*[file.read_bytes() for file in files], *[file.name for file in files])
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)

    def test_no_representation_of_what_is_on_the_way(self, journey: Journey, first: ProviderServer) -> None:
        from aigw.config import configured
        from aigw.pipeline import Pipeline

        calls: list[object] = []
        gw = journey.start(keyed(first), key=OWN_KEY)
        opened = Pipeline.open

        async def spied(self: Pipeline, request: Any, options: Any) -> Any:
            handled = await opened(self, request, options)
            calls.extend([request, options, handled, handled.call, handled.call.trail, handled.reply, self])
            return handled

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Pipeline, "open", spied)
            journey.ask(messages=MESSAGES, extra_headers={"x-note": KEY})
        clean(*map(repr, calls), repr(gw), repr(gw.chat), repr(gw.with_options(extra_headers={"x-note": KEY})))
        clean(configured(manifest=f"https://u:{KEY}@host/m?k={QUERY}", key=OWN_KEY))
        assert calls

    def test_no_cause_of_a_manifest_that_cannot_be_had(
        self, journey: Journey, caplog: pytest.LogCaptureFixture
    ) -> None:
        journey.start(f"http://user:{KEY}@127.0.0.1:9/m.yaml?token={QUERY}")
        error = journey.fail()
        assert aigw.ManifestUnavailableError is type(error)
        clean(*told(error), *logged(caplog), journey.gw.manifest.status(), repr(journey.gw))

    @pytest.mark.parametrize("place", ["api_key", "base_url", "headers"])
    def test_no_refusal_of_a_manifest_that_holds_a_key(self, face: Any, place: str) -> None:
        literal = "sk-CANARYKEY0123456789abcdef"
        more: dict[str, object] = {
            "api_key": literal,
            "base_url": f"https://user:{literal}@host/v1",
            "headers": {"x-auth": f"Bearer {literal}"},
        }
        document = manifest("http://127.0.0.1:9/v1")
        document["providers"] = {"first": provider("http://127.0.0.1:9/v1", **{place: more[place]})}
        with pytest.raises(aigw.ManifestInvalidError) as caught:
            face.gateway(manifest=document)
        clean(*told(caught.value), *caught.value.problems)


class TestWhatAProviderQuotes:
    """Provider error text can echo keys or prompts."""

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize("reply", ["json", "html", "text", "error-in-200", "list", "not-json", "code", "bad-frame"])
    def test_a_key_that_a_provider_quotes_is_masked(
        self,
        journey: Journey,
        first: ProviderServer,
        caplog: pytest.LogCaptureFixture,
        reply: str,
        streamed: bool,
    ) -> None:
        first.always(echo(reply))
        journey.start(keyed(first), key=OWN_KEY)
        error = TestNothingShowsThem.error_of(journey, messages=MESSAGES, stream=streamed)
        clean(*told(error), journey.record, journey.record.as_dict())
        clean(*[(record.getMessage(), vars(record)) for record in caplog.records])


class TestKeysOfAnyShape:
    @pytest.mark.parametrize("around", [" {}", "{} ", "{}\n", "\t{}\r\n"], ids=["before", "after", "line", "tab"])
    def test_white_space_around_a_key_is_not_part_of_it(
        self,
        journey: Journey,
        first: ProviderServer,
        monkeypatch: pytest.MonkeyPatch,
        around: str,
    ) -> None:
        monkeypatch.setenv("CANARY_KEY", around.format(KEY))
        journey.start(keyed(first))
        journey.ask()
        headers = first.requests[0].headers
        assert KEY == (headers.get("x-api-key") or headers["authorization"].removeprefix("Bearer "))

    @pytest.mark.parametrize("key", [f"{KEY}\u20ac", f"a\n{KEY}", f"{KEY}\x00b", "  "], ids=repr)
    def test_a_key_that_cannot_be_sent_is_told_by_its_reference(
        self, journey: Journey, first: ProviderServer, tmp_path: Path, key: str
    ) -> None:
        file = tmp_path / "key"
        file.write_text(key)
        journey.start(keyed(first, key=f"file:{file}"))
        error = journey.fail()
        assert aigw.AuthenticationError is type(error)
        assert f"file:{file}" in str(error)
        clean(*told(error))
        assert not first.requests


class TestKeysGoNowhereElse:
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(
        self, journey: Journey, first: ProviderServer, status: int, streamed: bool
    ) -> None:
        with OpenAIServer() as elsewhere:
            for place in (f"{elsewhere.url}/chat/completions", "/v1/elsewhere"):
                first.always(Raw(status, {"location": place}))
                journey.start(keyed(first))
                error = journey.fail(stream=streamed)
                assert isinstance(error, aigw.APIStatusError)
                assert status == error.status_code
            assert [] == elsewhere.requests
        assert 2 == len(first.requests)

    def test_each_provider_is_sent_its_own_key_only(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OTHER_KEY", "another-key")
        document = keyed(first, second)
        document["providers"]["second"]["api_key"] = "env:OTHER_KEY"  # type: ignore[index]
        first.always(Status(500))
        journey.start(document, key=OWN_KEY)
        journey.ask()
        clean(*[(dict(request.headers), request.body) for request in second.requests])
        assert "another-key" not in str(dict(first.requests[0].headers))

    def test_a_provider_without_a_key_is_sent_none(self, journey: Journey, first: ProviderServer) -> None:
        journey.start(keyed(first, key="none"), key=OWN_KEY)
        journey.ask()
        assert not {"authorization", "x-api-key"} & set(first.requests[0].headers)

    def test_the_manifests_server_is_sent_none(self, journey: Journey, first: ProviderServer) -> None:
        with ManifestServer(keyed(first)) as origin:
            journey.start(origin.url, key=OWN_KEY)
            journey.ask()
            clean(*[dict(request.headers) for request in origin.requests])

    def test_a_key_that_was_rotated_is_used_at_the_next_call(
        self, journey: Journey, first: ProviderServer, tmp_path: Path
    ) -> None:
        file = tmp_path / "key"
        file.write_text("the-old-key")
        journey.start(keyed(first, key=f"file:{file}"))
        journey.ask()
        file.write_text("the-newer-key")
        journey.ask()
        old, new = [str(dict(request.headers)) for request in first.requests]
        assert "the-old-key" in old
        assert "the-newer-key" in new

    def test_what_a_caller_adds_does_not_turn_the_request_to_another_host(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        journey.start(keyed(first))
        journey.ask(extra_query={"x": "@evil.example/"}, extra_headers={"x-forwarded-host": "evil.example"})
        (request,) = first.requests
        assert f"http://{request.headers['host']}" == first.origin
        assert "x=%40evil.example%2F" == request.query
