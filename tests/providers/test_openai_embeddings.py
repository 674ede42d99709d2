"""Embeddings in OpenAI's dialect: what goes out is what was said, and what comes back is in the inputs' order."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import response, target

from aigw.errors import APIError, RateLimitError, UnsupportedParameterError
from aigw.providers.openai.embeddings import OpenAIEmbeddings
from aigw.types.embeddings import EmbeddingsRequest
from aigw.types.vectors import packed

ADAPTER = OpenAIEmbeddings()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def asked(dialect: str = "openai-embeddings", **params: Any) -> EmbeddingsRequest:
    canonical = {"dimensions", "encoding_format", "user", "input_type"}
    return EmbeddingsRequest(
        dialect,
        "route",
        ("one", "two"),
        {name: value for name, value in params.items() if name in canonical},  # type: ignore[typeddict-item]
        {"model": "route", "input": ["one", "two"], **params},
        {name: value for name, value in params.items() if name not in canonical},
    )


def wrote(at: Any, request: EmbeddingsRequest) -> tuple[str, dict[str, Any]]:
    outgoing = ADAPTER.write(request, at).request
    return outgoing.url, json.loads(outgoing.body)


def rows(*vectors: object, **more: object) -> dict[str, object]:
    data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "model": "m-1", "usage": {"prompt_tokens": 4, "total_tokens": 4}, **more}


def test_the_body_is_what_the_caller_wrote_save_the_model():
    url, body = wrote(target("openai"), asked(dimensions=256, user="u", encoding_format="base64", new_thing={"a": 1}))

    assert "https://api.openai.com/v1/embeddings" == url
    assert {
        "model": "m-1",
        "input": ["one", "two"],
        "dimensions": 256,
        "user": "u",
        "encoding_format": "base64",
        "new_thing": {"a": 1},
    } == body


def test_no_key_is_sent_that_the_caller_did_not_set():
    assert {"model", "input"} == wrote(target("openai"), asked())[1].keys()


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        ("mistral", {"dimensions": 256}, {"output_dimension": 256}),
        ("voyage", {"dimensions": 256, "input_type": "search_query"}, {"output_dimension": 256, "input_type": "query"}),
        ("voyage", {"truncation": False, "output_dtype": "int8"}, {"truncation": False, "output_dtype": "int8"}),
        ("voyage", {"encoding_format": "float"}, {}),
        (
            "jina",
            {"input_type": "document", "late_chunking": True},
            {"task": "retrieval.passage", "late_chunking": True},
        ),
        ("jina", {"encoding_format": "base64"}, {"embedding_type": "base64"}),
        ("nvidia", {"input_type": "document"}, {"input_type": "passage"}),
        ("together", {"encoding_format": "float"}, {}),
        ("openrouter", {"provider": {"order": ["a"]}}, {"provider": {"order": ["a"]}}),
    ],
)
def test_each_host_gets_its_own_names(kind, params, expected):
    _, body = wrote(target(kind), asked(**params))

    assert expected == {name: value for name, value in body.items() if name not in {"model", "input"}}


@pytest.mark.parametrize(
    ("kind", "params", "named"),
    [
        ("openai", {"input_type": "query"}, "input_type"),
        ("mistral", {"user": "u"}, "user"),
        ("voyage", {"user": "u"}, "user"),
        ("together", {"dimensions": 3}, "dimensions"),
        ("together", {"encoding_format": "base64"}, "encoding_format"),
        ("perplexity", {"encoding_format": "base64"}, "encoding_format.base64"),
    ],
)
def test_what_a_host_does_not_take_is_refused_by_name_or_dropped_with_a_note(kind, params, named):
    with pytest.raises(UnsupportedParameterError) as caught:
        ADAPTER.write(asked(**params), target(kind))
    dropped = ADAPTER.write(asked(**params), target(kind, unsupported="drop"))

    assert named == caught.value.param
    assert {"model", "input"} == json.loads(dropped.request.body).keys()
    assert named in dropped.notes[0]


def test_the_manifest_wins_with_a_note():
    outgoing = ADAPTER.write(asked(dimensions=1024), target("openai", dimensions=256))

    assert 256 == json.loads(outgoing.request.body)["dimensions"]
    assert ("overridden: dimensions (the manifest sets it for openai/m-1)",) == outgoing.notes


def test_a_request_of_another_dialect_is_written_from_its_canonical_form():
    outgoing = ADAPTER.write(asked("test", dimensions=3), target("openai"))

    assert {"model": "m-1", "input": ["one", "two"], "dimensions": 3} == json.loads(outgoing.request.body)
    assert ("odd",) == ADAPTER.unsupported(asked("test", odd=1), target("openai"))


def test_vectors_come_in_the_order_of_the_inputs():
    body = rows([0.5], [1.5])
    body["data"] = list(reversed(body["data"]))  # type: ignore[call-overload]

    assert ((0.5,), (1.5,)) == ADAPTER.read(response(body), target(), asked()).vectors


def test_base64_is_read_as_it_came():
    read = ADAPTER.read(response(rows(packed([0.5]), packed([1.5]))), target(), asked())

    assert (packed([0.5]), packed([1.5])) == read.vectors


def test_signed_bytes_are_numbers_where_no_encoding_was_asked_for():
    read = ADAPTER.read(response(rows("Af8=", "AgM=")), target("perplexity"), asked())

    assert ((1, -1), (2, 3)) == read.vectors


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 4, "total_tokens": 4}, 4),
        ({"total_tokens": 7}, 7),
        ({"prompt_tokens": 4, "total_tokens": 4, "completion_tokens": 0, "request_count": 1}, 4),
    ],
)
def test_usage_is_all_input(usage, expected):
    read = ADAPTER.read(response(rows([0.5], [1.5], usage=usage)), target(), asked())

    assert read.usage is not None
    assert (expected, 0) == (read.usage.prompt_tokens, read.usage.completion_tokens)


def test_usage_that_is_not_there_is_not_invented():
    assert ADAPTER.read(response(rows([0.5], [1.5], usage=None)), target(), asked()).usage is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        {"object": "list"},
        rows([0.5]),
        rows([0.5], [1.5], [2.5]),
        rows([0.5], None),
        rows([0.5], ["x"]),
        {"data": [1, 2]},
        {"error": {"message": "no", "code": 500}},
    ],
)
def test_what_is_no_answer_is_a_named_error(body):
    with pytest.raises(APIError):
        ADAPTER.read(response(body), target(), asked())


@given(JSON)
def test_any_body_is_an_answer_or_a_named_error(body):
    with contextlib.suppress(APIError):
        ADAPTER.read(response(body), target(), asked())
    assert isinstance(ADAPTER.error(response(body, 400), target()), APIError)


@given(JSON, JSON, JSON)
def test_any_rows_are_an_answer_or_a_named_error(index, vector, usage):
    data = [{"index": index, "embedding": vector}, {"index": 1, "embedding": [0.5]}]
    with contextlib.suppress(APIError):
        ADAPTER.read(response({"data": data, "usage": usage, "model": index, "id": usage}), target(), asked())


def test_a_refusal_is_mapped():
    refused = ADAPTER.error(response({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429), target())

    assert isinstance(refused, RateLimitError)
