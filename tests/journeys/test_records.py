"""Every call ends in one record, the same in both faces, that says what happened and why, without the prompt."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest, steps

import aigw
from aigw.call import Outcome
from aigw.record import Record
from aigw.sinks.jsonl import JsonLinesSink
from aigw.testing import (
    AnthropicServer,
    CutAt,
    ErrorEvent,
    FrozenClock,
    OpenAIServer,
    ProviderServer,
    RecordCapture,
    Refusal,
    Reply,
    Reset,
    Status,
    Text,
    ToolCall,
    ToolCalls,
    WrongUsage,
)
from aigw.types.usage import Usage


class TestWhatARecordSays:
    def test_of_a_call_that_went_well(self, journey: Journey, first: ProviderServer, second: ProviderServer) -> None:
        first.queue(Status(500))
        journey.start(manifest(first, second, serial=7, max_retries=0), key="vk-me", tags={"app": "tickets"})
        answer = journey.ask()
        record = journey.record
        assert answer.aigw == record
        assert ("chat", "chat", "chat", False) == (record.surface, record.model, record.route, record.stream)
        assert ("second/m", Outcome.OK, None, None) == (record.target, record.outcome, record.error, record.status_code)
        assert (7, 64) == (record.serial, len(record.digest))
        assert {"app": "tickets"} == dict(record.tags)
        assert 12 == len(record.principal.key_id or "")
        assert 1_700_000_000.0 == record.at
        assert record.call_id.startswith("call_")
        assert [("first/m", 1, 500, "InternalServerError"), ("second/m", 1, 200, None)] == steps(record.attempts)
        assert [("first/m", True, "ok"), ("second/m", True, "ok")] == [
            (each.target, each.eligible, each.reason) for each in record.candidates
        ]
        assert record.usage is not None
        assert (12, 3, 15) == (record.usage.prompt_tokens, record.usage.completion_tokens, record.usage.total_tokens)
        assert "stop" == record.finish_reason
        assert record.latency_s >= 0
        assert all(each.request_id for each in record.attempts)

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_of_usage_with_all_its_parts(self, journey: Journey, first: ProviderServer, streamed: bool) -> None:
        spent = Usage(input=10, cache_read=5, output=7, reasoning=0)
        first.always(Text("Hello.", usage=spent))
        journey.start(manifest(first))
        answer = journey.ask(stream=streamed)
        if streamed:
            journey.read(answer)
        usage = journey.record.usage
        assert usage is not None
        assert (10, 5, 7, 15, 22) == (
            usage.input,
            usage.cache_read,
            usage.output,
            usage.prompt_tokens,
            usage.total_tokens,
        )
        assert not usage.estimated
        plain: Any = journey.record.as_dict()["usage"]
        assert (5, 22) == (plain["cached_tokens"], plain["total_tokens"])

    @pytest.mark.parametrize("fault", ["missing", "null", "negative", "text", "zero"])
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_usage_that_cannot_be_is_never_negative_and_breaks_nothing(
        self, journey: Journey, first: ProviderServer, fault: Any, streamed: bool
    ) -> None:
        first.always(WrongUsage(Text("Hello."), fault=fault))
        journey.start(manifest(first))
        answer = journey.ask(stream=streamed)
        if streamed:
            assert ("Hello.", None) == journey.read(answer)
        usage = journey.record.usage
        assert usage is None or min(usage.input, usage.output, usage.total_tokens) >= 0
        assert Outcome.OK is journey.record.outcome
        json.dumps(journey.record.as_dict())

    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            (ToolCalls([ToolCall("look_up", {"city": "Paris"})]), "tool_calls"),
            (Text("Hello.", finish_reason="length"), "length"),
            (Refusal(), None),
        ],
        ids=["tools", "length", "refusal"],
    )
    def test_why_the_answer_ended(
        self, journey: Journey, first: ProviderServer, reply: Reply, reason: str | None
    ) -> None:
        first.always(reply)
        journey.start(manifest(first))
        answer = journey.ask()
        assert answer.choices[0].finish_reason
        assert reason in {None, journey.record.finish_reason}

    def test_of_a_call_nobody_could_take(self, journey: Journey, openai: OpenAIServer) -> None:
        document = manifest(openai)
        document["providers"]["first"]["api_key"] = "env:NO_SUCH_KEY"  # type: ignore[index]
        journey.start(document)
        journey.fail()
        record = journey.record
        assert (Outcome.REFUSED, "AuthenticationError", "missing_secret", 401) == (
            record.outcome,
            record.error,
            record.error_code,
            record.status_code,
        )
        assert [("first/m", False, "no_secret")] == [
            (each.target, each.eligible, each.reason) for each in record.candidates
        ]

    def test_of_a_call_that_crashed(
        self, journey: Journey, openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from aigw.stages.dispatch import Dispatch

        async def crash(*_: object) -> None:
            message = "a fault of ours"
            raise ZeroDivisionError(message)

        monkeypatch.setattr(Dispatch, "_send", crash)
        journey.start(manifest(openai))
        with pytest.raises(ZeroDivisionError):
            journey.ask()
        assert (Outcome.ERROR, "ZeroDivisionError") == (journey.record.outcome, journey.record.error)
        assert 1 == len(journey.records.records)

    def test_what_was_dropped_on_the_way_is_noted(self, journey: Journey) -> None:
        with AnthropicServer() as server:
            document = manifest(server)
            document["providers"]["first"]["unsupported"] = "drop"  # type: ignore[index]
            journey.start(document)
            answer = journey.ask(seed=7, frequency_penalty=0.5)
        assert {"seed", "frequency_penalty"} <= {
            name for name in ("seed", "frequency_penalty") for note in answer.aigw.notes if name in note
        }


SCRIPTS: list[list[Reply]] = [
    [Text("Hello.")],
    [Status(500), Text("Hello.")],
    [Status(500), Status(429, retry_after=2), Status(500)],
    [Status(401)],
    [Reset(), Text("Hello.")],
    [CutAt(Text("One two."), token=0), Text("Hello.")],
    [CutAt(Text("One two."), token=1)],
    [ErrorEvent(Text("One two."), token=0), Text("Hello.")],
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: "-".join(type(reply).__name__ for reply in script))
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("server", [OpenAIServer, AnthropicServer])
def test_both_faces_write_the_same_record_for_the_same_script(
    script: list[Reply], streamed: bool, server: type[ProviderServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.5)

    def record(run: Any) -> dict[str, Any]:
        records = RecordCapture()
        with server() as provider:
            provider.queue(*script)
            document = manifest(provider, max_retries=2)
            settings = {"manifest": document, "sinks": [records], "clock": FrozenClock()}
            run(settings, {"model": "chat", "messages": MESSAGES, "stream": streamed})
        told: dict[str, Any] = records.last.as_dict()
        return {name: value for name, value in told.items() if name not in {"call_id", "digest"}}

    def blocking(settings: dict[str, Any], asked: dict[str, Any]) -> None:
        with aigw.Gateway(**settings) as gw:
            try:
                answer: Any = gw.chat.completions.create(**asked)
                if streamed:
                    list(answer)
            except aigw.APIError:
                pass

    def awaiting(settings: dict[str, Any], asked: dict[str, Any]) -> None:
        async def work() -> None:
            async with aigw.AsyncGateway(**settings) as gw:
                try:
                    answer: Any = await gw.chat.completions.create(**asked)
                    if streamed:
                        [chunk async for chunk in answer]
                except aigw.APIError:
                    pass

        asyncio.run(work())

    assert record(blocking) == record(awaiting)


class TestWhereRecordsGo:
    def test_to_a_file_of_lines(self, journey: Journey, first: ProviderServer, tmp_path: Path) -> None:
        path = tmp_path / "records.jsonl"
        journey.start(manifest(first), sinks=[JsonLinesSink(path), journey.records])
        journey.ask()
        journey.fail(model="chta")
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [record.as_dict() for record in journey.records.records] == [_typed(line) for line in lines]
        assert ["ok", "refused"] == [line["outcome"] for line in lines]
        assert 0o600 == path.stat().st_mode & 0o777

    def test_to_a_file_that_the_environment_names(
        self, journey: Journey, first: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "records.jsonl"
        monkeypatch.setenv("AIGW_RECORDS", str(path))
        journey.start(manifest(first))
        journey.ask()
        assert journey.record.call_id == json.loads(path.read_text())["call_id"]

    def test_to_standard_logging_if_nothing_else_is_said(
        self, journey: Journey, first: ProviderServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "aigw.calls")
        journey.start(manifest(first), sinks=None)
        answer = journey.ask()
        (line,) = [record for record in caplog.records if record.name == "aigw.calls"]
        assert f"call {answer.aigw.call_id} ok model=chat target=first/m attempts=1" in line.getMessage()
        assert answer.aigw.as_dict() == vars(line)["aigw"]

    def test_one_sink_that_fails_stops_neither_the_call_nor_the_others(
        self, journey: Journey, first: ProviderServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Full:
            def write(self, record: Record) -> None:
                message = "no space left"
                raise OSError(message)

            def close(self) -> None:
                pass

        journey.start(manifest(first), sinks=[Full(), journey.records])
        assert "Hello from m." == journey.ask().choices[0].message.content
        assert Outcome.OK is journey.record.outcome
        assert any("Full could not take the record" in record.getMessage() for record in caplog.records)

    def test_a_record_is_written_before_the_answer_is_handed_over(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        journey.start(manifest(first))
        answer = journey.ask()
        assert answer.aigw == journey.records.last


def _typed(line: dict[str, Any]) -> dict[str, Any]:
    """Give back what JSON has no tuples for."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in line.items()}
