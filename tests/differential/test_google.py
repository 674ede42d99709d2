"""Calls to Gemini and Vertex AI, beside `google-genai`'s own: a model of the second generation and one of the third."""

from functools import partial

import pytest
from tests.differential.experts import embedded, found
from tests.differential.settling import complaints
from tests.differential.wire import KEY, Wire

pytest.importorskip("google.genai", reason="google-genai is not installed; `nox -s differential` has it")

MODELS = ("gemini-2.5-flash", "gemini-3-flash-preview")
EMBEDDER = "gemini-embedding-001"


def test_a_chat_call_to_google_is_what_its_own_client_sends():
    from tests.differential import google

    with Wire() as wire:
        with google.client(wire.origin, KEY) as client:
            differing = [each for model in MODELS for each in found(wire, "gemini", model, google, client)]
        with google.vertex(wire.origin, KEY) as client:
            differing += found(wire, "vertex-express", MODELS[-1], google, client)
    problems = complaints("google-genai", differing)
    assert not problems, problems


def test_embeddings_of_google_are_asked_for_as_its_own_client_does():
    from tests.differential import google

    with Wire() as wire:
        with google.client(wire.origin, KEY) as client:
            differing = [*embedded(wire, "gemini", EMBEDDER, partial(google.embed, client, EMBEDDER))]
        with google.vertex(wire.origin, KEY) as client:
            differing += embedded(wire, "vertex-express", EMBEDDER, partial(google.embed, client, EMBEDDER))
    problems = complaints("google-genai-embeddings", differing)
    assert not problems, problems
