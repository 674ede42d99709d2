"""Embeddings on Bedrock: each family's own words, written by hand after the public reference."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.provider_kit import response, target

from aigw.errors import APIError, APIResponseValidationError, RateLimitError, UnsupportedParameterError
from aigw.manifest.snapshot import Target, Unsupported
from aigw.providers.bedrock.embeddings import BedrockEmbeddings
from aigw.types.embeddings import EmbeddingsParams, EmbeddingsRequest

ADAPTER = BedrockEmbeddings()
TITAN_1 = "amazon.titan-embed-text-v1"
TITAN_2 = "amazon.titan-embed-text-v2:0"
TITAN_IMAGE = "amazon.titan-embed-image-v1"
COHERE_3 = "cohere.embed-english-v3"
COHERE_4 = "us.cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
COUNTED = {"content-type": "application/json", "x-amzn-bedrock-input-token-count": "4"}


def at(model: str, unsupported: Unsupported = "error") -> Target:
    return target("bedrock", model, unsupported)


def asking(*texts: Any, params: EmbeddingsParams | None = None, **other: object) -> EmbeddingsRequest:
    return EmbeddingsRequest("test", "m", texts, params or {}, {}, other)


def wrote(model: str, request: EmbeddingsRequest) -> Any:
    return json.loads(ADAPTER.write(request, at(model)).request.body)


@pytest.mark.parametrize(
    ("model", "params", "other", "body"),
    [
        (TITAN_1, {}, {}, {"inputText": "hi"}),
        (TITAN_2, {"dimensions": 256}, {"normalize": True}, {"inputText": "hi", "dimensions": 256, "normalize": True}),
        (
            TITAN_IMAGE,
            {"dimensions": 256},
            {},
            {"inputText": "hi", "embeddingConfig": {"outputEmbeddingLength": 256}},
        ),
        (COHERE_3, {}, {}, {"texts": ["hi"], "input_type": "search_document"}),
        (
            COHERE_4,
            {"dimensions": 512, "input_type": "query"},
            {"truncate": "END"},
            {"texts": ["hi"], "input_type": "search_query", "output_dimension": 512, "truncate": "END"},
        ),
        (
            NOVA,
            {"dimensions": 256, "input_type": "query", "encoding_format": "base64"},
            {},
            {
                "schemaVersion": "nova-multimodal-embed-v1",
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "GENERIC_RETRIEVAL",
                    "embeddingDimension": 256,
                    "text": {"truncationMode": "NONE", "value": "hi"},
                },
            },
        ),
    ],
)
def test_each_family_is_asked_in_its_own_words(model: str, params: Any, other: dict[str, object], body: object) -> None:
    assert wrote(model, asking("hi", params=params, **other)) == body


def test_the_model_is_one_step_of_the_path() -> None:
    url = ADAPTER.write(asking("hi"), at(TITAN_2)).request.url

    assert url.endswith(".amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke")


@pytest.mark.parametrize("model", [TITAN_1, TITAN_2, TITAN_IMAGE, NOVA])
@pytest.mark.parametrize("unsupported", ["error", "drop", "pass"])
def test_more_than_one_text_is_refused_where_the_model_takes_one(model: str, unsupported: Unsupported) -> None:
    with pytest.raises(UnsupportedParameterError, match=r"input\[1\], input\[2\]") as caught:
        ADAPTER.write(asking("a", "b", "c"), at(model, unsupported))

    assert caught.value.param == "input[1]"


def test_coheres_models_take_many_texts() -> None:
    assert wrote(COHERE_3, asking("a", "b"))["texts"] == ["a", "b"]


@pytest.mark.parametrize(
    ("model", "request_", "names"),
    [
        (TITAN_1, asking("a", params={"dimensions": 256, "user": "u"}), ("dimensions", "user")),
        (TITAN_2, asking("a", params={"input_type": "query"}), ("input_type",)),
        (COHERE_3, asking("a", params={"dimensions": 256}), ("dimensions",)),
        (COHERE_3, asking((1, 2)), ("input.tokens",)),
        (NOVA, asking("a", strange=1), ("strange",)),
    ],
)
def test_what_a_family_lacks_is_named(model: str, request_: EmbeddingsRequest, names: tuple[str, ...]) -> None:
    assert ADAPTER.unsupported(request_, at(model)) == names


@pytest.mark.parametrize(
    ("body", "vectors"),
    [
        ({"embedding": [0.5, 1], "inputTextTokenCount": 4}, ((0.5, 1),)),
        ({"embeddingsByType": {"float": [0.5, 1]}, "inputTextTokenCount": 4}, ((0.5, 1),)),
        ({"embeddings": [[0.5, 1]], "id": "e", "texts": ["hi"]}, ((0.5, 1),)),
        ({"embeddings": {"float": [[0.5, 1]]}, "response_type": "embeddings_by_type"}, ((0.5, 1),)),
        ({"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5, 1]}]}, ((0.5, 1),)),
    ],
)
def test_each_familys_answer_is_read_and_its_tokens_counted(body: object, vectors: object) -> None:
    embedded = ADAPTER.read(response(body, headers=COUNTED), at(TITAN_2), asking("hi"))

    assert embedded.vectors == vectors
    assert embedded.usage is not None
    assert embedded.usage.prompt_tokens == 4


@pytest.mark.parametrize("body", [{}, {"embedding": []}, {"embeddings": [[1.0], [2.0]]}, {"embeddings": ["x"]}, b"no"])
def test_what_are_no_vectors_is_a_named_error(body: object) -> None:
    with pytest.raises(APIResponseValidationError):
        ADAPTER.read(response(body), at(TITAN_2), asking("hi"))


def test_a_refusal_is_known_by_its_type() -> None:
    said = response({"message": "Slow down."}, 429, {"x-amzn-errortype": "ThrottlingException"})

    assert isinstance(ADAPTER.error(said, at(TITAN_2)), RateLimitError)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["embedding", "embeddings", "float", "embeddingsByType", "inputTextTokenCount", "id"]),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_odd_answers_are_read_or_are_named_errors(said: object) -> None:
    try:
        embedded = ADAPTER.read(response(said, headers=COUNTED), at(TITAN_2), asking("hi"))
    except APIError:
        return
    assert len(embedded.vectors) == 1
