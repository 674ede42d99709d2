"""What every chat adapter owes the rest of aigw, as a test class: subclass it, say who you are, and pytest runs it.

    class TestAcme(AdapterContract):
        adapter = AcmeChat()
        kind = Kind(name="acme", dialect="acme-chat", title="Acme", base_url="https://llm.acme.example")
        samples = (Sample(whole=b'{"reply": "Hi"}', stream=b'…', text="Hi"),)
        refusals = ((429, b'{"error": "slow down"}', RateLimitError),)

Our own adapters pass the same class. Samples are answers after the provider's documentation, once whole and once
streamed, that say the same.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast

from aigw.errors import APIError, APIStatusError, UnsupportedParameterError
from aigw.manifest.snapshot import Provider, Target, Unsupported
from aigw.protocols import Adapter
from aigw.providers.capabilities import PROBES
from aigw.testing.folding import Said, of_answer, of_events
from aigw.types.events import Answer, Broken, Ended, Event, FinishReason
from aigw.types.headers import CREDENTIALS
from aigw.types.kind import Kind
from aigw.types.operation import Operation
from aigw.types.parts import Reasoning, Text, ToolCall, ToolResult
from aigw.types.request import Message, Request
from aigw.types.usage import Usage
from aigw.wire import Headers, HttpResponse

if TYPE_CHECKING:
    from aigw.types.json import JsonObject

SIZES = (1, 2, 3, 7, 64)
JUNK = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"7",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b"<html></html>",
    b'{"error": null}',
    b"\x00" * 64,
)
_LAST_STATUS = 599


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One answer of a provider: *whole* as bytes, the same as a *stream*, and what they say.

    `calls` are names and arguments (JSON text), `usage` is what was read and what was written, as totals, or None where
    the provider does not tell.
    """

    whole: bytes
    stream: bytes
    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: FinishReason = FinishReason.STOP
    usage: tuple[int, int] | None = None


class AdapterContract:
    """The contract. `samples` needs at least one answer, `refusals` at least one status with its body and its error."""

    adapter: ClassVar[Adapter[Request]]
    kind: ClassVar[Kind]
    model: ClassVar[str] = "some-model"
    settings: ClassVar[Mapping[str, str]] = {}
    samples: ClassVar[Sequence[Sample]]
    refusals: ClassVar[Sequence[tuple[int, bytes, type[APIStatusError]]]]

    def test_it_says_which_dialect_it_speaks(self) -> None:
        """The kind names the dialect of the adapter, and the dialect is one for chat."""
        assert self.kind.dialect == self.adapter.dialect
        assert self.adapter.operation is Operation.CHAT

    def test_a_request_is_written_the_same_each_time_without_any_credential(self) -> None:
        """Writing is pure, goes to the provider's own address, and leaves keys to whoever sends."""
        target, request = self.target("drop"), conversation()
        first, second = (self.adapter.write(request, target).request for _ in range(2))
        assert (first, first.headers, first.body) == (second, second.headers, second.body)
        assert first.url.startswith(target.provider.base_url)
        assert CREDENTIALS.isdisjoint(name.lower() for name, _ in first.headers)
        assert conversation() == request

    def test_what_cannot_be_expressed_is_named_and_never_left_out_in_silence(self) -> None:
        """What `unsupported` names is refused, dropped with a note, or passed on, as the manifest says."""
        for name, request in PROBES.items():
            named = self.adapter.unsupported(request, self.target())
            assert self._refused(request) in (named or (None,)), f"{name}: unsupported() and write() differ"
            dropped = self.adapter.write(request, self.target("drop"))
            assert len(dropped.notes) >= len(named), f"{name} was dropped without a note"
            self.adapter.write(request, self.target("pass"))

    def test_a_whole_answer_says_what_the_sample_says(self) -> None:
        """Text, thinking, tool calls, finish reason and usage are those of the sample."""
        for sample in self.samples:
            assert _expected(sample) == of_answer(self._whole(sample))

    def test_a_stream_says_what_the_whole_answer_says_however_it_is_cut_into_packets(self) -> None:
        """Any split of the bytes gives the same, and events come in their order."""
        streamed = replace(conversation(), stream=True)
        for sample in self.samples:
            for pieces in _splits(sample.stream):
                events = self._decoded(pieces, streamed)
                assert _expected(sample) == of_events(events)

    def test_a_stream_that_is_cut_never_ends_well(self) -> None:
        """No `Ended` comes before all of the answer has come, wherever the connection breaks."""
        streamed = replace(conversation(), stream=True)
        for sample in self.samples:
            whole = of_events(self._decoded([sample.stream], streamed))
            for end in range(len(sample.stream)):
                events = self._decoded([sample.stream[:end]], streamed)
                if any(isinstance(event, Ended) for event in events):
                    assert replace(whole, usage=None) == replace(of_events(events), usage=None), f"cut at {end}"

    def test_no_body_whatever_makes_it_crash(self) -> None:
        """Junk gives named errors: from `read`, as `Broken` from a decoder, and always from `error`."""
        streamed = replace(conversation(), stream=True)
        for body in (*JUNK, *(sample.whole[: len(sample.whole) // 2] for sample in self.samples)):
            with suppress(APIError):
                self.adapter.read(_response(body), self.target(), conversation())
            self._decoded([body], streamed)
            for status in (400, 401, 403, 404, 429, 500, 503, _LAST_STATUS):
                assert isinstance(self.adapter.error(_response(body, status), self.target()), APIError)

    def test_refusals_are_told_apart(self) -> None:
        """Each refusal is of its class, with its status, and a key that it quotes is taken out."""
        for status, body, kind in self.refusals:
            error = self.adapter.error(_response(body, status), self.target())
            assert type(error) is kind
            assert isinstance(error, APIStatusError)
            assert status == error.status_code

    def test_usage_is_counted_in_disjoint_buckets(self) -> None:
        """No bucket is negative, and all together are the totals."""
        for sample in self.samples:
            usage = self._whole(sample).usage
            assert usage is None or (min(_buckets(usage)) >= 0 and sum(_buckets(usage)) == usage.total_tokens)

    def target(self, unsupported: Unsupported = "error") -> Target:
        """Give a target of the kind."""
        base_url = (self.kind.base_url or "http://llm.internal").format_map(_Filled(self.settings))
        provider = Provider(self.kind.name, self.kind, base_url, unsupported=unsupported, settings=self.settings)
        return Target(provider, self.model)

    def _refused(self, request: Request) -> str | None:
        try:
            self.adapter.write(request, self.target())
        except UnsupportedParameterError as error:
            return error.param or ""
        return None

    def _whole(self, sample: Sample) -> Answer:
        return cast("Answer", self.adapter.read(_response(sample.whole), self.target(), conversation()))

    def _decoded(self, pieces: Sequence[bytes], request: Request) -> list[Event]:
        decoder = self.adapter.decoder(self.target(), request)
        events = [event for piece in pieces for event in decoder.feed(piece)]
        if not any(isinstance(event, Broken) for event in events):
            events.extend(decoder.end())
        return events


class _Filled(dict[str, str]):
    """Fills a template with names where there is no setting."""

    def __missing__(self, key: str) -> str:
        return key


def conversation() -> Request:
    """Give a chat with a tool call and its result, in no provider's dialect."""
    call = ToolCall("call_1", "weather", '{"city": "Rome"}')
    messages = (
        Message("system", (Text("Be brief."),)),
        Message("user", (Text("Weather in Rome?"),)),
        Message("assistant", (Reasoning("I should look."), Text("Let me see."), call)),
        Message("tool", (ToolResult("call_1", (Text("21 C"),)),)),
        Message("user", (Text("Thanks. And tomorrow?"),)),
    )
    tool: JsonObject = {
        "type": "function",
        "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
    }
    return Request("test", "model", messages, {"tools": [tool], "max_tokens": 100}, stream=False, verbatim={})


def _expected(sample: Sample) -> Said:
    return Said(sample.text, sample.reasoning, sample.calls, sample.finish, sample.usage)


def _splits(data: bytes) -> Iterator[list[bytes]]:
    yield [data]
    for size in SIZES:
        yield [data[start : start + size] for start in range(0, len(data), size)]
    shuffled = random.Random(len(data))  # noqa: S311 - the same cuts each time
    for _ in range(10):
        cuts = sorted(shuffled.choices(range(len(data) + 1), k=6))
        yield [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def _response(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, Headers({"content-type": "application/json"}), body)


def _buckets(usage: Usage) -> tuple[int, ...]:
    read = (
        usage.input,
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_1h,
        usage.audio_input,
        usage.image_input,
    )
    return (*read, usage.output, usage.reasoning, usage.audio_output, usage.image_output)
