"""Pass-through: what goes out is what was said, what comes back is handed on, and nothing else is reached."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.form_reader import parts_of
from tests.providers.provider_kit import response, target

from aigw.errors import APIError, BadRequestError, UnreadableAnswerError
from aigw.providers.relay import adapter as relay
from aigw.providers.relay.usage import relay_usage
from aigw.types.operation import Operation
from aigw.types.relay import RelayRequest
from aigw.wire import Headers, HttpResponse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
WORDS = st.sampled_from(
    [
        "usage",
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "meta",
        "billed_units",
        "tokens",
        "search_units",
        "image_tokens",
        "audio_tokens",
        "input_tokens_details",
        "output_tokens_details",
        "input_token_details",
    ]
)
BOOKS = st.recursive(JSON, lambda inner: st.dictionaries(WORDS, inner, max_size=4))
SPEECH = ("audio/mpeg", b"ID3\x00")


def asked(adapter: Any, path: str, method: str = "POST", dialect: str = "", **more: Any) -> RelayRequest:
    operation = adapter.operation
    known = {"fields": {"model": "route"}, **more}
    return RelayRequest(dialect or adapter.dialect, operation, operation.value, "route", path, method, **known)


def said(kind: str, content: bytes) -> HttpResponse:
    return HttpResponse(200, Headers({"content-type": kind}), content)


def test_json_goes_out_as_it_was_said_save_the_model():
    fields = {"model": "route", "input": [{"type": "text", "text": "é"}], "odd": None}
    outgoing = relay.OpenAIModerations().write(
        asked(relay.OpenAIModerations(), "/moderations", fields=fields), target()
    )

    assert "https://api.openai.com/v1/moderations" == outgoing.request.url
    assert {**fields, "model": "m-1"} == json.loads(outgoing.request.body)


def test_a_request_with_files_goes_out_as_a_form():
    adapter = relay.OpenAIAudio()
    files = (("file", "a.mp3", "audio/mpeg", b"abc"),)
    sent = adapter.write(asked(adapter, "/audio/transcriptions", files=files), target()).request

    parts = parts_of(dict(sent.headers)["content-type"], sent.body)
    assert [("model", None, None, b"m-1"), files[0]] == parts


def test_a_request_that_only_looks_has_a_query_and_no_body():
    adapter = relay.OpenAIBatches()
    sent = adapter.write(asked(adapter, "/batches", "GET", fields={"limit": 2, "after": "b&c"}), target()).request

    assert "https://api.openai.com/v1/batches?limit=2&after=b%26c" == sent.url
    assert b"" == sent.body
    assert "content-type" not in dict(sent.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/batches/../files",
        "/batches/a/b",
        "/batches/a?x=1",
        "/batches/..",
        "/batches/a/cancel/x",
        "//evil",
        "/files/../batches",
        "/files/a/content/b",
        "/files/a/cancel",
        "/models",
        "",
    ],
)
def test_only_the_paths_of_the_surface_are_reached(path):
    adapter = relay.OpenAIBatches()
    with pytest.raises(BadRequestError):
        adapter.write(asked(adapter, path), target())


@pytest.mark.parametrize(
    ("adapter", "kind", "url", "count"),
    [
        (relay.CohereRerank(), "cohere", "https://api.cohere.com/v2/rerank", "top_n"),
        (relay.JinaRerank(), "jina", "https://api.jina.ai/v1/rerank", "top_n"),
        (relay.VoyageRerank(), "voyage", "https://api.voyageai.com/v1/rerank", "top_k"),
    ],
)
def test_rerank_speaks_each_host_s_words(adapter, kind, url, count):
    fields = {"model": "route", "query": "q", "documents": ["a"], "top_n": 1}
    request = asked(adapter, "/rerank", dialect="cohere-rerank", fields=fields)
    sent = adapter.write(request, target(kind)).request

    assert url == sent.url
    assert {"model": "m-1", "query": "q", "documents": ["a"], count: 1} == json.loads(sent.body)


def test_a_word_that_a_cousin_does_not_know_is_named():
    fields = {"model": "route", "query": "q", "documents": ["a"], "priority": 1}
    request = asked(relay.VoyageRerank(), "/rerank", dialect="cohere-rerank", fields=fields)

    assert ("priority",) == relay.VoyageRerank().unsupported(request, target("voyage"))
    assert () == relay.CohereRerank().unsupported(request, target("cohere"))


def test_speech_is_bytes():
    adapter = relay.OpenAIAudio()
    read = adapter.read(said(*SPEECH), target(), asked(adapter, "/audio/speech"))

    assert b"ID3\x00" == read.response.content
    assert read.usage is None


@pytest.mark.parametrize("answer", [("text/html", b"<html>"), ("audio/mpeg", b""), ("application/json", b"{")])
def test_what_is_no_recording_is_a_named_error(answer):
    adapter = relay.OpenAIAudio()
    with pytest.raises(UnreadableAnswerError):
        adapter.read(said(*answer), target(), asked(adapter, "/audio/speech"))


def test_a_recording_that_was_cut_is_no_answer():
    adapter = relay.OpenAIAudio()
    cut = HttpResponse(200, Headers({"content-type": "audio/mpeg"}), b"ID3", truncated=True)
    with pytest.raises(UnreadableAnswerError):
        adapter.read(cut, target(), asked(adapter, "/audio/speech"))


@pytest.mark.parametrize("path", ["/audio/speech", "/audio/transcriptions"])
def test_an_error_inside_a_success_is_raised(path):
    adapter = relay.OpenAIAudio()
    with pytest.raises(APIError):
        adapter.read(response({"error": {"message": "no"}}), target(), asked(adapter, path))


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        (
            Operation.IMAGES,
            {"usage": {"input_tokens": 50, "output_tokens": 1000, "input_tokens_details": {"image_tokens": 40}}},
            {"input": 10, "image_input": 40, "image_output": 1000},
        ),
        (
            Operation.IMAGES,
            {"usage": {"input_tokens": 5, "output_tokens": 9, "output_tokens_details": {"image_tokens": 7}}},
            {"input": 5, "output": 2, "image_output": 7},
        ),
        (
            Operation.AUDIO,
            {"usage": {"input_tokens": 14, "output_tokens": 3, "input_token_details": {"audio_tokens": 10}}},
            {"input": 4, "audio_input": 10, "output": 3},
        ),
        (Operation.RERANK, {"usage": {"total_tokens": 26}}, {"input": 26}),
        (Operation.RERANK, {"meta": {"billed_units": {"search_units": 2}}}, {"server_tools": {"search_units": 2}}),
    ],
)
def test_usage_is_read_into_disjoint_buckets(operation, body, expected):
    usage = relay_usage(body, operation)

    assert usage is not None
    assert expected == {name: getattr(usage, name) for name in expected}
    assert sum(count for count in expected.values() if isinstance(count, int)) == usage.total_tokens


def test_a_batch_s_growing_books_are_not_counted_at_every_look():
    assert relay_usage({"usage": {"input_tokens": 5}}, Operation.BATCHES) is None


@given(BOOKS, st.sampled_from(Operation))
def test_any_books_make_no_bucket_negative(body, operation):
    usage = relay_usage(body if isinstance(body, dict) else {"usage": body}, operation)

    assert usage is None or 0 <= min(usage.input, usage.output, usage.image_output, usage.audio_input)


@given(JSON, st.sampled_from(["/audio/speech", "/audio/transcriptions"]))
def test_any_json_is_an_answer_or_a_named_error(body, path):
    adapter = relay.OpenAIAudio()
    with contextlib.suppress(APIError):
        adapter.read(response(body), target(), asked(adapter, path))
