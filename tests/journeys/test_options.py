"""Options and tags: what is said nearest to the call counts, and a copy of a gateway shares all but them."""

import asyncio
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest

import aigw
from aigw import Timeouts
from aigw.testing import Hang, OpenAIServer, ProviderServer, RecordCapture, Status

BRIEF_S = 0.05


class TestTags:
    def test_the_nearer_one_wins(self, journey: Journey, openai: OpenAIServer) -> None:
        document = {**manifest(openai), "tags": {"a": "manifest", "b": "manifest", "c": "manifest", "d": "manifest"}}
        gw = journey.start(document, tags={"b": "gateway", "c": "gateway", "d": "gateway"})
        journey.gw = gw.with_tags(c="twin", d="twin")
        journey.ask(tags={"d": "call"})
        assert {"a": "manifest", "b": "gateway", "c": "twin", "d": "call"} == dict(journey.record.tags)

    def test_those_of_a_block_are_laid_over_the_gateways(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai), tags={"app": "tickets", "feature": "none"})
        with aigw.tags(feature="summary"):
            with aigw.tags(step="one"):
                journey.ask()
            journey.ask()
        journey.ask()
        assert [
            {"app": "tickets", "feature": "summary", "step": "one"},
            {"app": "tickets", "feature": "summary"},
            {"app": "tickets", "feature": "none"},
        ] == [dict(record.tags) for record in journey.records.records]

    def test_tasks_do_not_see_each_others(self, openai: OpenAIServer) -> None:
        records = RecordCapture()

        async def one(gw: aigw.AsyncGateway, name: str) -> None:
            with aigw.tags(task=name):
                await asyncio.sleep(0)
                await gw.chat.completions.create(model="chat", messages=MESSAGES, user=name)

        async def work() -> None:
            async with aigw.AsyncGateway(manifest=manifest(openai), sinks=[records]) as gw:
                await asyncio.gather(*(one(gw, str(number)) for number in range(8)))

        asyncio.run(work())
        assert set(map(str, range(8))) == {record.tags["task"] for record in records.records}

    def test_a_stream_keeps_those_it_was_made_with(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai))
        with aigw.tags(feature="x"):
            stream = journey.stream()
        journey.read(stream)
        assert {"feature": "x"} == dict(journey.record.tags)

    @pytest.mark.parametrize("value", [1, None, True, ["x"]], ids=str)
    def test_one_that_is_no_text_is_refused_with_what_to_write(self, face: Any, value: object) -> None:
        with pytest.raises(aigw.ConfigurationError, match="tags are strings"):
            face.gateway(tags={"n": value})
        with pytest.raises(aigw.ConfigurationError, match="tags are strings"):
            face.gateway().with_tags(n=value)
        with pytest.raises(aigw.ConfigurationError, match="tags are strings"), aigw.tags(n=value):  # type: ignore[arg-type]
            pass

    def test_they_are_not_sent_to_the_provider(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai), tags={"app": "tickets"})
        journey.ask(tags={"feature": "summary"})
        (request,) = openai.requests
        assert b"tickets" not in request.body
        assert b"summary" not in request.body
        assert "tickets" not in str(dict(request.headers))


class TestCopies:
    def test_a_copy_shares_connections_manifest_and_breakers(self, journey: Journey, openai: OpenAIServer) -> None:
        gw = journey.start(manifest(openai, max_retries=0))
        for number in range(4):
            journey.gw = gw.with_options(timeout=10 + number).with_tags(copy=str(number))
            journey.ask()
        assert 1 == openai.connections.accepted
        openai.always(Status(500))
        for _ in range(5):
            journey.fail()
        assert "open" == gw.health()["first/m"].state
        assert gw.manifest.status() == journey.gw.manifest.status()

    def test_a_copy_leaves_the_original_alone(self, journey: Journey, openai: OpenAIServer) -> None:
        gw = journey.start(manifest(openai), tags={"app": "tickets"})
        gw.with_tags(app="other", feature="x")
        gw.with_options(max_retries=0, extra_headers={"x-note": "a"})
        journey.ask()
        assert {"app": "tickets"} == dict(journey.record.tags)
        assert "x-note" not in openai.requests[0].headers

    def test_options_of_a_copy_of_a_copy_add_up(self, journey: Journey, openai: OpenAIServer) -> None:
        openai.always(Status(500))
        gw = journey.start(manifest(openai, max_retries=5))
        one = gw.with_options(max_retries=1, extra_headers={"x-one": "1", "x-both": "1"})
        journey.gw = one.with_options(extra_headers={"x-two": "2", "x-both": "2"})
        journey.fail()
        assert 2 == len(openai.requests)
        assert ("1", "2", "2") == tuple(openai.requests[0].headers[name] for name in ("x-one", "x-two", "x-both"))


class TestTimeouts:
    @pytest.mark.parametrize("place", ["gateway", "copy", "call"])
    def test_a_number_is_for_the_whole_call(self, journey: Journey, first: ProviderServer, place: str) -> None:
        first.always(Hang())
        gw = journey.start(manifest(first), **({"timeout": BRIEF_S} if place == "gateway" else {}))
        journey.gw = gw.with_options(timeout=BRIEF_S) if place == "copy" else gw
        error = journey.fail(**({"timeout": BRIEF_S} if place == "call" else {}))
        assert "deadline" == error.phase
        assert 1 == len(error.attempts)

    def test_limits_are_for_each_attempt(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Hang())
        journey.start(manifest(first), timeout=Timeouts(total=BRIEF_S), max_retries=1)
        error = journey.fail()
        assert "attempt" == error.phase
        assert [1, 2] == [each.number for each in error.attempts]

    def test_the_limits_of_an_httpx_timeout_are_understood(self, journey: Journey, first: ProviderServer) -> None:
        httpx = pytest.importorskip("httpx")
        first.always(Hang())
        journey.start(manifest(first), max_retries=0)
        error = journey.fail(timeout=httpx.Timeout(5.0, read=BRIEF_S), stream=True)
        assert "read" == error.phase

    def test_the_nearer_one_wins(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Hang())
        journey.start(manifest(first), timeout=500.0)
        assert "deadline" == journey.fail(timeout=BRIEF_S).phase


class TestRequests:
    def test_extra_headers_query_and_body_are_sent(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai))
        journey.ask(
            extra_headers={"x-note": "a"}, extra_query={"version": "1", "many": ["2", "3"]}, extra_body={"top_k": 4}
        )
        (request,) = openai.requests
        assert "a" == request.headers["x-note"]
        assert "version=1&many=2&many=3" == request.query
        assert 4 == request.json["top_k"]

    def test_a_header_of_the_call_replaces_one_of_the_gateway(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.gw = journey.start(manifest(openai)).with_options(extra_headers={"X-Note": "gateway"})
        journey.ask(extra_headers={"x-note": "call"})
        assert "call" == openai.requests[0].headers["x-note"].split(", ")[-1]

    def test_headers_of_the_manifest_are_sent_too(self, journey: Journey, openai: OpenAIServer) -> None:
        document = manifest(openai)
        document["providers"]["first"]["headers"] = {"x-team": "search"}  # type: ignore[index]
        journey.start(document)
        journey.ask()
        assert "search" == openai.requests[0].headers["x-team"]

    def test_params_of_a_target_are_set_for_every_call(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai, params={"temperature": 0.2, "max_tokens": 7}))
        journey.ask(temperature=0.9, top_p=0.5)
        sent = openai.requests[0].json
        assert (0.2, 7, 0.5) == (sent["temperature"], sent["max_tokens"], sent["top_p"])
        assert ("overridden: temperature (the manifest sets it for first/m)",) == journey.record.notes
