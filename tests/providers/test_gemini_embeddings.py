"""Google's embeddings, in the three forms they are asked for and answered in, and its counts of tokens."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import asked, response, said, target

from aigw import errors as e
from aigw.manifest.snapshot import Target
from aigw.protocols import Adapter
from aigw.providers.gemini.count import GeminiCountTokens
from aigw.providers.gemini.embeddings import GeminiEmbeddings, VertexEmbeddings
from aigw.types.embeddings import EmbeddingsParams, EmbeddingsRequest
from aigw.types.request import Request

GEMINI = target("gemini", "gemini-embedding-001")
OLD = target("vertex", "text-embedding-005")
NEW = target("vertex", "gemini-embedding-2")
COUNTED = target("gemini", "gemini-3.5-flash")


def embed(*inputs: str | tuple[int, ...], params: EmbeddingsParams | None = None, **other: Any) -> EmbeddingsRequest:
    return EmbeddingsRequest("openai-embeddings", "m", inputs, params or {}, {}, other)


def wrote(adapter: Adapter[EmbeddingsRequest], request: EmbeddingsRequest, at: Target) -> tuple[str, Any]:
    written = adapter.write(request, at).request
    return written.url.rpartition("/")[2], json.loads(written.body)


def test_the_gemini_api_takes_each_text_as_a_request_of_its_own() -> None:
    params: EmbeddingsParams = {"dimensions": 8, "input_type": "query", "encoding_format": "base64"}
    place, body = wrote(GeminiEmbeddings(), embed("a", "b", params=params), GEMINI)
    assert "gemini-embedding-001:batchEmbedContents" == place
    each = {"model": "models/gemini-embedding-001", "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8}
    assert {"requests": [{**each, "content": {"parts": [{"text": text}]}} for text in "ab"]} == body


def test_older_models_of_vertex_predict() -> None:
    request = embed("a", "b", params={"dimensions": 8, "input_type": "document"}, auto_truncate=False, title="t")
    place, body = wrote(VertexEmbeddings(), request, OLD)
    assert "text-embedding-005:predict" == place
    beside = {"task_type": "RETRIEVAL_DOCUMENT", "title": "t"}
    assert {
        "instances": [{"content": "a", **beside}, {"content": "b", **beside}],
        "parameters": {"outputDimensionality": 8, "autoTruncate": False},
    } == body


def test_newer_models_of_vertex_embed_one_text_or_many() -> None:
    place, body = wrote(VertexEmbeddings(), embed("a", params={"dimensions": 8}), NEW)
    content = {"content": {"parts": [{"text": "a"}]}, "embedContentConfig": {"outputDimensionality": 8}}
    assert ("gemini-embedding-2:embedContent", content) == (place, body)
    assert "gemini-embedding-2:batchEmbedContents" == wrote(VertexEmbeddings(), embed("a", "b"), NEW)[0]


def test_what_google_cannot_express_is_named() -> None:
    request = embed((1, 2), params={"user": "u"}, auto_truncate=True)
    assert {"user", "auto_truncate", "input.tokens"} == set(GeminiEmbeddings().unsupported(request, GEMINI))
    assert {"user", "input.tokens"} == set(VertexEmbeddings().unsupported(request, OLD))
    with pytest.raises(e.UnsupportedParameterError):
        GeminiEmbeddings().write(request, GEMINI)


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"embeddings": [{"values": [0.5, 1]}, {"values": [2, 3]}]}, None),
        ({"embeddings": [{"embedding": {"values": [0.5, 1]}}, {"embedding": {"values": [2, 3]}}]}, None),
        (
            {
                "predictions": [
                    {"embeddings": {"values": [0.5, 1], "statistics": {"token_count": 4.0, "truncated": False}}},
                    {"embeddings": {"values": [2, 3], "statistics": {"token_count": 2}}},
                ]
            },
            6,
        ),
        (
            {"embeddings": [{"values": [0.5, 1]}, {"values": [2, 3]}], "usageMetadata": {"promptTokenCount": 9}},
            9,
        ),
    ],
)
def test_all_forms_of_an_answer_are_read(body: dict[str, Any], tokens: int | None) -> None:
    answer = VertexEmbeddings().read(response(body), OLD, embed("a", "b"))
    assert ((0.5, 1), (2, 3)) == answer.vectors
    assert tokens == (answer.usage and answer.usage.prompt_tokens)


def test_one_embedding_is_read() -> None:
    body = {"embedding": {"values": [1.0]}, "truncated": True, "usageMetadata": {"promptTokenCount": 2}}
    answer = VertexEmbeddings().read(response(body), NEW, embed("a"))
    assert (((1.0,),), {"truncated": True}) == (answer.vectors, answer.extra)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"embeddings": None},
        {"embeddings": [{}]},
        {"embeddings": [{"values": []}]},
        {"embeddings": [{"values": ["x"]}]},
        {"embeddings": [{"values": [1]}, {"values": [1]}]},
        {"predictions": [None]},
        {"embedding": 3},
    ],
)
def test_odd_answers_are_named_errors(body: object) -> None:
    with pytest.raises(e.APIResponseValidationError):
        GeminiEmbeddings().read(response(body), GEMINI, embed("a"))


def test_an_error_inside_a_success_is_mapped() -> None:
    body = {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}
    with pytest.raises(e.RateLimitError):
        GeminiEmbeddings().read(response(body), GEMINI, embed("a"))


def counting(at: Target, request: Request) -> Any:
    return json.loads(GeminiCountTokens().write(request, at).request.body)


def test_tokens_are_counted_of_what_is_said_and_of_tools() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    request = asked(said("system", "s"), said("user", "u"), params={"tools": [tool], "temperature": 1, "user": "x"})
    inner = {
        "contents": [{"role": "user", "parts": [{"text": "u"}]}],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [{"name": "f"}]}],
    }
    whole = {"generateContentRequest": {"model": "models/gemini-3.5-flash", **inner}}
    assert whole == counting(COUNTED, request)
    assert inner == counting(target("vertex", "gemini-3.5-flash"), request)
    assert GeminiCountTokens().write(request, COUNTED).request.url.endswith("gemini-3.5-flash:countTokens")


def test_a_count_is_read_or_its_absence_named() -> None:
    counted = GeminiCountTokens().read(response({"totalTokens": 31, "cachedContentTokenCount": 4}), COUNTED, asked())
    assert (31, {"cachedContentTokenCount": 4}) == (counted.input_tokens, counted.extra)
    with pytest.raises(e.APIResponseValidationError):
        GeminiCountTokens().read(response({"tokens": 1}), COUNTED, asked())
    with pytest.raises(e.NotFoundError):
        GeminiCountTokens().read(response({"error": {"code": 404, "message": "no"}}), COUNTED, asked())
