"""Every chat adapter of ours passes the contract that `aigw.testing` ships for everybody's."""

from dataclasses import replace
from typing import ClassVar, cast

from tests.providers import contract_samples, many_calls
from tests.providers.eventstreams import invoked

from aigw.errors import (
    APIStatusError,
    AuthenticationError,
    ContextLengthExceededError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
)
from aigw.protocols import Adapter
from aigw.providers.kinds.table import KINDS
from aigw.providers.registry import adapter
from aigw.testing.contract import AdapterContract, Sample
from aigw.types.kind import Kind
from aigw.types.request import Request

Refusals = tuple[tuple[int, bytes, type[APIStatusError]], ...]


def ours(dialect: str) -> Adapter[Request]:
    return cast("Adapter[Request]", adapter(dialect))


class TestOpenAIChat(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("openai-chat")
    kind: ClassVar[Kind] = KINDS["openai"]
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.openai(), many_calls.openai())
    refusals: ClassVar[Refusals] = (
        (401, b'{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}', AuthenticationError),
        (429, b'{"error":{"message":"You exceeded","code":"insufficient_quota"}}', QuotaExceededError),
        (400, b'{"error":{"message":"x","code":"context_length_exceeded"}}', ContextLengthExceededError),
    )


class TestResponses(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("openai-responses")
    kind: ClassVar[Kind] = KINDS["openai-responses"]
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.responses(), many_calls.responses())
    refusals: ClassVar[Refusals] = TestOpenAIChat.refusals


class TestAnthropic(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("anthropic-messages")
    kind: ClassVar[Kind] = KINDS["anthropic"]
    model: ClassVar[str] = "claude-sonnet-4-5"
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.anthropic(), many_calls.anthropic())
    refusals: ClassVar[Refusals] = (
        (529, b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', OverloadedError),
        (404, b'{"type":"error","error":{"type":"not_found_error","message":"model"}}', NotFoundError),
    )


class TestBedrockAnthropic(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("bedrock-anthropic")
    kind: ClassVar[Kind] = KINDS["bedrock-anthropic"]
    model: ClassVar[str] = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
    settings: ClassVar[dict[str, str]] = {"region": "eu-west-1"}
    samples: ClassVar[tuple[Sample, ...]] = tuple(
        replace(sample, stream=invoked(sample.stream)) for sample in TestAnthropic.samples
    )
    refusals: ClassVar[Refusals] = (
        (429, b'{"__type":"ThrottlingException","message":"Too many requests"}', RateLimitError),
        (400, b'{"message":"Input is too long for requested model."}', ContextLengthExceededError),
    )


class TestVertexAnthropic(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("vertex-anthropic")
    kind: ClassVar[Kind] = KINDS["vertex-anthropic"]
    model: ClassVar[str] = "claude-sonnet-4-5@20250929"
    settings: ClassVar[dict[str, str]] = {"region": "europe-west1", "project": "acme"}
    samples: ClassVar[tuple[Sample, ...]] = TestAnthropic.samples
    refusals: ClassVar[Refusals] = (
        (429, b'[{"error":{"code":429,"message":"Quota, retry in 3s","status":"RESOURCE_EXHAUSTED"}}]', RateLimitError),
        *TestAnthropic.refusals,
    )


class TestAzureAnthropic(TestAnthropic):
    kind: ClassVar[Kind] = KINDS["azure-anthropic"]
    settings: ClassVar[dict[str, str]] = {"account": "acme"}


class TestBedrockMantle(TestAnthropic):
    kind: ClassVar[Kind] = KINDS["bedrock-mantle"]
    settings: ClassVar[dict[str, str]] = {"region": "eu-west-1"}


class TestGemini(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("gemini")
    kind: ClassVar[Kind] = KINDS["gemini"]
    model: ClassVar[str] = "gemini-3-flash"
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.gemini(), many_calls.gemini())
    refusals: ClassVar[Refusals] = (
        (429, b'{"error":{"code":429,"message":"Slow","status":"RESOURCE_EXHAUSTED"}}', RateLimitError),
        (503, b'[{"error":{"code":503,"message":"Busy","status":"UNAVAILABLE"}}]', OverloadedError),
    )


class TestBedrock(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("bedrock-converse")
    kind: ClassVar[Kind] = KINDS["bedrock"]
    settings: ClassVar[dict[str, str]] = {"region": "eu-west-1"}
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.bedrock(), many_calls.bedrock())
    refusals: ClassVar[Refusals] = (
        (429, b'{"__type":"ThrottlingException","message":"Too many requests"}', RateLimitError),
        (400, b'{"message":"Input is too long for requested model."}', ContextLengthExceededError),
    )


class TestOllama(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("ollama-chat")
    kind: ClassVar[Kind] = KINDS["ollama"]
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.ollama(), many_calls.ollama())
    refusals: ClassVar[Refusals] = (
        (404, b'{"error":"model \'x\' not found"}', NotFoundError),
        (500, b'{"error":"out of memory"}', InternalServerError),
    )


class TestCohere(AdapterContract):
    adapter: ClassVar[Adapter[Request]] = ours("cohere-chat")
    kind: ClassVar[Kind] = KINDS["cohere"]
    samples: ClassVar[tuple[Sample, ...]] = (*contract_samples.cohere(), many_calls.cohere())
    refusals: ClassVar[Refusals] = (
        (401, b'{"message":"invalid api token"}', AuthenticationError),
        (400, b'{"message":"too many tokens: size limit exceeded"}', ContextLengthExceededError),
    )
