"""How calls end where nobody looks: collected by the garbage collector, given up, or answered in an odd shape."""

import asyncio
import gc
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest

import aigw
from aigw.sinks.jsonl import JsonLinesSink
from aigw.testing import Hang, ManifestServer, OpenAIServer, Raw, RecordCapture, StallAt, Text

FRAME = b'data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m",%s"choices":[%s]}\n\n'
ODD = b'"service_tier":{"a":1},'


def odd_stream() -> Raw:
    first = FRAME % (b"", b'{"index":0,"delta":{"role":"assistant","content":"one"}}')
    second = FRAME % (ODD, b'{"index":0,"delta":{"content":"canary two"}}')
    return Raw(200, {"content-type": "text/event-stream"}, first + second + b"data: [DONE]\n\n")


def odd_answer() -> Raw:
    choice = b'{"index":0,"message":{"role":"assistant","content":"canary"},"finish_reason":"stop"}'
    body = b'{"id":"a","object":"chat.completion","created":1,"model":"m",%s"choices":[%s]}' % (ODD, choice)
    return Raw(200, {"content-type": "application/json"}, body)


class TestAStreamThatWasDropped:
    def test_as_the_last_act_of_a_loop_is_on_record(self, openai: OpenAIServer) -> None:
        records = RecordCapture()

        async def drop() -> None:
            gateway = aigw.AsyncGateway(manifest=manifest(openai), sinks=[records])
            stream = await gateway.chat.completions.create(model="chat", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
            await anext(stream)

        asyncio.run(drop())
        gc.collect()

        assert ["closed"] == [record.outcome for record in records.records]

    def test_just_before_the_gateway_closes_is_on_record(self, openai: OpenAIServer) -> None:
        records = RecordCapture()

        async def drop() -> None:
            gateway = aigw.AsyncGateway(manifest=manifest(openai), sinks=[records])
            stream = await gateway.chat.completions.create(model="chat", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
            await anext(stream)
            del stream
            await gateway.close()
            assert 1 == len(records.records)

        asyncio.run(drop())

    def test_and_collected_inside_a_sink_does_not_wait_for_itself(self, openai: OpenAIServer, tmp_path: Path) -> None:
        class Collecting(JsonLinesSink):
            def _open(self) -> int:
                gc.collect()
                return super()._open()

        openai.always(Text("a b c d"))
        gateway = aigw.Gateway(manifest=manifest(openai), sinks=[Collecting(tmp_path / "calls.jsonl")])
        gc.disable()
        try:
            stream: Any = gateway.chat.completions.create(model="chat", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
            next(stream)
            stream.me = stream
            del stream
            gateway.chat.completions.create(model="chat", messages=MESSAGES)  # type: ignore[arg-type]
        finally:
            gc.enable()
        gateway.close()

        assert 2 == len((tmp_path / "calls.jsonl").read_text().splitlines())


class TestAnAnswerOfAnotherShape:
    def test_ends_a_stream_with_an_error_of_ours(self, journey: Journey, openai: OpenAIServer) -> None:
        openai.queue(odd_stream())
        journey.start(manifest(openai))
        stream = journey.stream()

        text, error = journey.read(stream)

        assert "one" == text
        assert isinstance(error, aigw.APIResponseValidationError)
        assert "service_tier" in str(error)
        assert "canary" not in str(error)
        assert "APIResponseValidationError" == journey.record.error
        assert isinstance(journey.read(stream)[1], aigw.StreamInterrupted)

    def test_is_on_record_as_what_the_caller_got(self, journey: Journey, openai: OpenAIServer) -> None:
        openai.queue(odd_answer())
        journey.start(manifest(openai))

        error = journey.fail()

        assert isinstance(error, aigw.APIResponseValidationError)
        assert "error" == journey.record.outcome


async def _read(stream: Any) -> list[Any]:
    return [chunk async for chunk in stream]


class TestAStreamThatWasGivenUp:
    def test_never_looks_as_if_it_had_ended_well(self, openai: OpenAIServer) -> None:
        openai.queue(StallAt(Text("a b c d"), token=2))

        async def give_up() -> None:
            async with aigw.AsyncGateway(manifest=manifest(openai)) as gateway:
                stream = await gateway.chat.completions.create(model="chat", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(_read(stream), 0.2)
                with pytest.raises(aigw.StreamInterrupted, match="cancelled"):
                    await anext(stream)

        asyncio.run(give_up())

    def test_by_another_thread_wakes_its_reader(self, openai: OpenAIServer) -> None:
        openai.queue(StallAt(Text("a b c d"), token=1))
        gateway = aigw.Gateway(manifest=manifest(openai))
        stream: Any = gateway.chat.completions.create(model="chat", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
        next(stream)
        reading = threading.Event()
        over = threading.Event()

        def read() -> None:
            reading.set()
            with suppress(aigw.APIError):
                list(stream)
            over.set()

        threading.Thread(target=read, daemon=True).start()
        reading.wait(5)
        stream.close()

        assert over.wait(5)
        gateway.close()


class TestLimits:
    def test_hold_while_a_slow_reader_takes_the_request(self, face: Any) -> None:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            gateway = face.gateway(manifest=manifest(url), max_retries=0)
            large = [{"role": "user", "content": "x" * 30_000_000}]

            with pytest.raises(aigw.APITimeoutError) as caught:
                face.do(gateway.chat.completions.create(model="chat", messages=large, timeout=0.5))

        assert "deadline" == caught.value.phase

    def test_of_a_call_include_its_wait_for_the_manifest(self, face: Any) -> None:
        with ManifestServer() as server:
            server.hang()
            gateway = face.gateway(manifest=server.url, timeout=0.2)

            with pytest.raises(aigw.ManifestUnavailableError, match=r"within 0\.2 s"):
                face.do(gateway.chat.completions.create(model="chat", messages=MESSAGES))

    def test_in_the_shape_of_an_http_clients_hold_for_a_plain_call(self, face: Any, openai: OpenAIServer) -> None:
        class Limits:
            connect = 1.0
            read = 0.1

        openai.queue(Hang())
        gateway = face.gateway(manifest=manifest(openai), max_retries=0)

        with pytest.raises(aigw.APITimeoutError) as caught:
            face.do(gateway.chat.completions.create(model="chat", messages=MESSAGES, timeout=Limits()))

        assert "read" == caught.value.phase

    def test_of_none_are_no_deadline(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai, route={"timeout": "1ms"}))
        journey.clock.advance(1)

        assert "Hello from m." == journey.ask(timeout=None).choices[0].message.content


class TestWrongSettings:
    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"timeout": "20"}, "timeout: must be seconds"),
            ({"timeout": -1}, "timeout: must be more than 0"),
            ({"max_retries": 1.5}, "max_retries: must be a whole number"),
            ({"manifest": 3}, "the manifest is a int"),
        ],
    )
    def test_are_refused_where_they_are_given(self, face: Any, settings: dict[str, Any], says: str) -> None:
        with pytest.raises(aigw.ConfigurationError, match=says):
            face.gateway(**settings)

    def test_have_near_names(self, face: Any) -> None:
        with pytest.raises(aigw.UnexpectedArgumentError, match="did you mean 'manifest'"):
            face.gateway(manifst="m.yaml")
        with pytest.raises(aigw.UnexpectedArgumentError, match="keys belong to the manifest"):
            face.gateway(api_key="sk-canary")
        with pytest.raises(aigw.UnexpectedArgumentError, match="did you mean 'timeout'"):
            face.gateway().with_options(timeot=1)

    def test_of_a_parse_are_on_record(self, journey: Journey, openai: OpenAIServer) -> None:
        journey.start(manifest(openai))

        with pytest.raises(aigw.BadRequestError, match="response_format"):
            journey.face.do(journey.gw.chat.completions.parse(model="chat", messages=MESSAGES, response_format=int))

        assert "refused" == journey.record.outcome

    def test_credentials_in_a_redirect_of_the_manifest_are_not_told(self, face: Any) -> None:
        with ManifestServer() as server:
            server.fail(302, headers={"location": "http://user:canary@elsewhere.example/m.yaml?sig=canary"})
            gateway = face.gateway(manifest=server.url)

            with pytest.raises(aigw.ManifestUnavailableError, match=r"another host \(elsewhere.example\)") as caught:
                face.do(gateway.chat.completions.create(model="chat", messages=MESSAGES))

        assert "canary" not in str(caught.value) + str(gateway.manifest.status())
