"""A provider of any chat dialect on loopback, which gives each call what a test says, whole or streamed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.providers import contract_samples, many_calls

from aigw.testing.contract import Sample
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

JSON: Final = "application/json"
SSE: Final = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a provider of a dialect is described in a manifest, and what it answers in."""

    name: str
    kind: str
    samples: Callable[[], tuple[Sample, ...]]
    many: Callable[[], Sample]
    path: str = ""
    model: str = "m"
    streams: str = SSE
    settings: dict[str, str] = field(default_factory=dict[str, str])

    def provider(self, server: Server, **more: object) -> dict[str, Any]:
        """Describe *server* as a provider that speaks this."""
        address = {"kind": self.kind, "base_url": server.origin + self.path, "api_key": "env:UPSTREAM_KEY"}
        return {**address, **self.settings, **more}

    def answers(self) -> dict[str, Sample]:
        """Give what may be answered: a text, a call, and a text with two calls behind it."""
        text, call = self.samples()[:2]
        return {"text": text, "call": call, "calls": self.many()}


DIALECTS: Final = {
    one.name: one
    for one in (
        Dialect("openai-chat", "openai-compatible", contract_samples.openai, many_calls.openai, "/v1"),
        Dialect("openai-responses", "openai-responses", contract_samples.responses, many_calls.responses, "/v1"),
        Dialect(
            "anthropic-messages",
            "anthropic",
            contract_samples.anthropic,
            many_calls.anthropic,
            model="claude-sonnet-4-5",
        ),
        Dialect("gemini", "gemini", contract_samples.gemini, many_calls.gemini, model="gemini-3-flash"),
        Dialect(
            "bedrock-converse",
            "bedrock",
            contract_samples.bedrock,
            many_calls.bedrock,
            streams="application/vnd.amazon.eventstream",
            settings={"region": "eu-west-1"},
        ),
        Dialect("ollama-chat", "ollama", contract_samples.ollama, many_calls.ollama, streams="application/x-ndjson"),
        Dialect("cohere-chat", "cohere", contract_samples.cohere, many_calls.cohere),
    )
}


class Speaker(Server):
    """A provider of *dialect*. `whole` and `stream` are what it answers, `status` with what."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.whole = self.stream = b""
        self.status = 200
        super().__init__(self._answer)

    def say(self, sample: Sample) -> None:
        """Answer with *sample* from now on."""
        self.whole, self.stream, self.status = sample.whole, sample.stream, 200

    def refuse(self, status: int, body: bytes) -> None:
        """Answer with an error from now on."""
        self.whole, self.status = body, status

    def _answer(self, request: Received) -> Transmission:
        streamed = self.status == 200 and is_streamed(request)
        kind, body = (self.dialect.streams, self.stream) if streamed else (JSON, self.whole)
        return Transmission(
            status=self.status, headers=(("content-type", kind),), steps=(Frame(body),), streamed=streamed
        )


def is_streamed(request: Received) -> bool:
    """Whether *request* asks for a stream, in any dialect: by its path, or by a field."""
    return "stream" in request.path.lower() or request.json.get("stream") is True


def manifest(*servers: Speaker, route: dict[str, object] | None = None, **provider: object) -> dict[str, Any]:
    """Write a manifest with a route `chat` that falls back along *servers*, named p0, p1 and so on."""
    providers = {f"p{place}": one.dialect.provider(one, **provider) for place, one in enumerate(servers)}
    targets = [
        {"provider": name, "model": one.dialect.model, "max_retries": 0}
        for name, one in zip(providers, servers, strict=True)
    ]
    routes = [{"name": "chat", "strategy": "fallback", "targets": targets, **(route or {})}]
    return {"schema": "aigw/v1", "serial": 1, "providers": providers, "routes": routes}
