"""Cohere's embeddings. Bodies are written after https://docs.cohere.com/reference/embed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import response, target

from aigw.errors import APIError, APIResponseValidationError, BadRequestError, UnsupportedParameterError
from aigw.manifest.snapshot import Unsupported
from aigw.providers.cohere.embeddings import CohereEmbeddings
from aigw.types.embeddings import EmbeddingsParams, EmbeddingsRequest, Input
from aigw.wire import Headers, HttpResponse

ADAPTER = CohereEmbeddings()
AT = target("cohere", "embed-v4.0")
ANSWER = {
    "id": "e1",
    "embeddings": {"float": [[0.5, 1], [0.25, -1.0]]},
    "texts": ["a", "b"],
    "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 2}},
    "response_type": "embeddings_by_type",
}
RECORDINGS = Path("/work/shared/recordings/cohere.jsonl")


def asked(*inputs: Input, params: EmbeddingsParams | None = None, **other: object) -> EmbeddingsRequest:
    """A request of another dialect than Cohere's."""
    return EmbeddingsRequest("openai-embeddings", "m", inputs or ("a", "b"), params or {}, {}, other)


def wrote(request: EmbeddingsRequest, unsupported: Unsupported = "error", **params: object) -> dict[str, Any]:
    """The body on the wire."""
    at = target("cohere", "embed-v4.0", unsupported, **params)
    body = json.loads(ADAPTER.write(request, at).request.body)
    assert isinstance(body, dict)
    return body


def test_the_smallest_request_says_what_its_texts_are_for() -> None:
    assert {
        "model": "embed-v4.0",
        "texts": ["a", "b"],
        "input_type": "search_document",
        "embedding_types": ["float"],
    } == wrote(asked())
    assert "https://api.cohere.com/v2/embed" == ADAPTER.write(asked(), AT).request.url


@pytest.mark.parametrize(
    ("said", "written"),
    [("query", "search_query"), ("document", "search_document"), ("clustering", "clustering")],
)
def test_what_a_text_is_for_has_coheres_words(said: str, written: str) -> None:
    assert written == wrote(asked(params={"input_type": said}))["input_type"]


def test_parameters_have_coheres_names() -> None:
    body = wrote(
        asked(params={"dimensions": 256, "encoding_format": "base64"}, truncate="END", priority=2), max_tokens=9
    )

    assert (256, ["base64"], "END", 2, 9) == (
        body["output_dimension"],
        body["embedding_types"],
        body["truncate"],
        body["priority"],
        body["max_tokens"],
    )


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (asked(params={"user": "u"}), "user"),
        (asked(params={"encoding_format": "int4"}), "encoding_format"),
        (asked(mystery=1), "mystery"),
    ],
)
def test_what_cohere_lacks_is_an_error_or_dropped_with_a_note(request_: EmbeddingsRequest, name: str) -> None:
    at = target("cohere", unsupported="drop")

    assert (name,) == ADAPTER.unsupported(request_, AT)
    with pytest.raises(UnsupportedParameterError):
        ADAPTER.write(request_, AT)
    assert (f"dropped: {name} (cohere does not take it)",) == ADAPTER.write(request_, at).notes
    assert name not in wrote(request_, "drop")
    assert ["float"] == wrote(request_, "drop")["embedding_types"]


@pytest.mark.parametrize("unsupported", ["error", "drop"])
def test_tokens_are_never_dropped_for_they_are_the_question(unsupported: Unsupported) -> None:
    with pytest.raises(UnsupportedParameterError, match=r"input\.tokens|no tokens"):
        wrote(asked("a", (1, 2)), unsupported)


def test_vectors_come_in_the_order_of_the_inputs() -> None:
    found = ADAPTER.read(response(ANSWER), AT, asked())

    assert ((0.5, 1), (0.25, -1.0)) == found.vectors
    assert ("e1", {}) == (found.id, dict(found.extra))
    assert found.usage is not None
    assert (2, {"billed_units": {"input_tokens": 2}}) == (found.usage.prompt_tokens, found.usage.extra)


def test_vectors_are_found_under_whatever_type_came() -> None:
    packed = {**ANSWER, "embeddings": {"float": None, "base64": ["AAAAPwAAgD8=", "AACAPgAAgL8="]}}
    plain = {**ANSWER, "embeddings": [[1.0], [2.0]]}

    assert ("AAAAPwAAgD8=", "AACAPgAAgL8=") == ADAPTER.read(
        response(packed), AT, asked(params={"encoding_format": "base64"})
    ).vectors
    assert ((1.0,), (2.0,)) == ADAPTER.read(response(plain), AT, asked()).vectors


@pytest.mark.parametrize("embeddings", [None, {}, {"float": [[0.5]]}, {"float": [[0.5], ["x"]]}, {"float": "x"}])
def test_vectors_that_are_missing_or_none_are_named(embeddings: object) -> None:
    with pytest.raises(APIResponseValidationError):
        ADAPTER.read(response({**ANSWER, "embeddings": embeddings}), AT, asked())


def test_an_error_inside_a_200_and_a_refusal_are_raised() -> None:
    with pytest.raises(APIError, match="broke"):
        ADAPTER.read(response({"message": "broke"}), AT, asked())
    error = ADAPTER.error(response({"message": "invalid request: texts"}, 400), AT)
    assert isinstance(error, BadRequestError)


def test_a_request_in_coheres_own_words_is_sent_as_it_is() -> None:
    body = {"model": "x", "texts": ["a"], "input_type": "image", "future": 1}

    assert {**body, "model": "embed-v4.0"} == wrote(EmbeddingsRequest("cohere-embeddings", "x", ("a",), {}, body))


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["float", "meta", "embeddings", "tokens", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_odd_bodies_raise_named_errors_only(odd: object) -> None:
    for body in (odd, {"embeddings": odd, "meta": odd}):
        try:
            ADAPTER.read(response(body), AT, asked())
        except APIError:
            continue


@pytest.mark.skipif(not RECORDINGS.is_file(), reason="the shared recordings are not on this machine")
def test_what_cohere_really_answered_is_read_as_it_stands() -> None:
    seen = 0
    for line in RECORDINGS.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        if not raw["url"].endswith("/v2/embed") or raw["status"] != 200:
            continue
        body = json.loads(raw["text"])
        asked_ = asked(*raw["request"]["texts"])
        found = ADAPTER.read(HttpResponse(200, Headers(raw["headers"]), raw["text"].encode()), AT, asked_)
        assert [tuple(vector) for vector in body["embeddings"]["float"]] == list(found.vectors)
        assert found.usage is not None
        assert body["meta"]["billed_units"]["input_tokens"] == found.usage.prompt_tokens
        seen += 1
    assert seen
