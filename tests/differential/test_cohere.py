"""Calls to Cohere, beside the `cohere` client's own."""

from functools import partial

import pytest
from tests.differential.experts import embedded, found
from tests.differential.settling import complaints
from tests.differential.wire import KEY, Wire

pytest.importorskip("cohere", reason="cohere is not installed; `nox -s differential` has it")

MODEL = "command-a-03-2025"
EMBEDDER = "embed-v4.0"


def test_a_chat_call_to_cohere_is_what_its_own_client_sends():
    from tests.differential import cohere

    with Wire() as wire, cohere.client(wire.origin, KEY) as client:
        problems = complaints("cohere", found(wire, "cohere", MODEL, cohere, client))
    assert not problems, problems


def test_embeddings_of_cohere_are_asked_for_as_its_own_client_does():
    from tests.differential import cohere

    with Wire() as wire, cohere.client(wire.origin, KEY) as client:
        differing = embedded(wire, "cohere", EMBEDDER, partial(cohere.embed, client, EMBEDDER))
        problems = complaints("cohere-embeddings", differing)
    assert not problems, problems
