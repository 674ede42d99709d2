"""Calls to Mistral, beside its own client's."""

from tests.differential.experts import found
from tests.differential.installed import needs
from tests.differential.settling import complaints
from tests.differential.wire import KEY, Wire

needs("mistralai")

MODEL = "mistral-medium-latest"


def test_a_chat_call_to_mistral_is_what_its_own_client_sends():
    from tests.differential import mistral

    with Wire() as wire:
        client = mistral.client(wire.origin, KEY)
        problems = complaints("mistral", found(wire, "mistral", MODEL, mistral, client))
    assert not problems, problems
