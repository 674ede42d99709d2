"""Ollama's embeddings. Bodies are written after https://github.com/ollama/ollama/blob/main/docs/api.md."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import response, target

from aigw.errors import APIError, APIResponseValidationError, NotFoundError, UnsupportedParameterError
from aigw.manifest.snapshot import Unsupported
from aigw.providers.ollama.embeddings import OllamaEmbeddings
from aigw.types.embeddings import EmbeddingsParams, EmbeddingsRequest, Input

ADAPTER = OllamaEmbeddings()
AT = target("ollama", "all-minilm")
ANSWER = {
    "model": "all-minilm",
    "embeddings": [[0.5, 1.0], [0.25, -1.0]],
    "total_duration": 9,
    "load_duration": 1,
    "prompt_eval_count": 8,
}


def asked(*inputs: Input, params: EmbeddingsParams | None = None, **other: object) -> EmbeddingsRequest:
    """A request of another dialect than Ollama's."""
    return EmbeddingsRequest("openai-embeddings", "m", inputs or ("a", "b"), params or {}, {}, other)


def wrote(request: EmbeddingsRequest, unsupported: Unsupported = "error", **params: object) -> dict[str, Any]:
    """The body on the wire."""
    body = json.loads(ADAPTER.write(request, target("ollama", "all-minilm", unsupported, **params)).request.body)
    assert isinstance(body, dict)
    return body


def test_a_request_has_a_list_of_texts_and_ollamas_own_words() -> None:
    assert {"model": "all-minilm", "input": ["a", "b"]} == wrote(asked())
    assert {
        "model": "all-minilm",
        "input": ["a"],
        "dimensions": 2,
        "truncate": False,
        "options": {"num_ctx": 9},
        "keep_alive": "5m",
    } == wrote(
        asked("a", params={"dimensions": 2, "encoding_format": "base64"}, truncate=False, options={"num_ctx": 9}),
        keep_alive="5m",
    )
    assert "http://localhost:11434/api/embed" == ADAPTER.write(asked(), AT).request.url


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (asked(params={"user": "u"}), "user"),
        (asked(params={"input_type": "query"}), "input_type"),
        (asked(mystery=1), "mystery"),
    ],
)
def test_what_ollama_lacks_is_an_error_or_dropped_with_a_note_or_passed_on(
    request_: EmbeddingsRequest, name: str
) -> None:
    at = target("ollama", unsupported="drop")

    assert (name,) == ADAPTER.unsupported(request_, AT)
    with pytest.raises(UnsupportedParameterError):
        ADAPTER.write(request_, AT)
    assert (f"dropped: {name} (ollama does not take it)",) == ADAPTER.write(request_, at).notes
    assert name not in wrote(request_, "drop")
    assert name in wrote(request_, "pass")


@pytest.mark.parametrize("unsupported", ["error", "drop"])
def test_tokens_are_never_dropped_for_they_are_the_question(unsupported: Unsupported) -> None:
    with pytest.raises(UnsupportedParameterError, match=r"input\.tokens|no tokens"):
        wrote(asked("a", (1, 2)), unsupported)


def test_vectors_come_in_the_order_of_the_inputs() -> None:
    found = ADAPTER.read(response(ANSWER), AT, asked())

    assert ((0.5, 1.0), (0.25, -1.0)) == found.vectors
    assert ("all-minilm", {"total_duration": 9, "load_duration": 1}) == (found.model, found.extra)
    assert found.usage is not None
    assert 8 == found.usage.prompt_tokens


@pytest.mark.parametrize("embeddings", [None, {}, [[0.5]], [[0.5], []], [[0.5], ["x"]]])
def test_vectors_that_are_missing_or_none_are_named(embeddings: object) -> None:
    with pytest.raises(APIResponseValidationError):
        ADAPTER.read(response({**ANSWER, "embeddings": embeddings}), AT, asked())


def test_errors_are_told_apart() -> None:
    with pytest.raises(APIError, match="broke"):
        ADAPTER.read(response({"error": "broke"}), AT, asked())
    assert isinstance(ADAPTER.error(response({"error": "model 'x' not found"}, 404), AT), NotFoundError)


def test_a_request_in_ollamas_own_words_is_sent_as_it_is() -> None:
    body = {"model": "x", "input": "a", "future": 1}

    assert {**body, "model": "all-minilm"} == wrote(EmbeddingsRequest("ollama-embeddings", "x", ("a",), {}, body))
