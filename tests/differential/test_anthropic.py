"""Calls to Anthropic, beside the `anthropic` client's own."""

from copy import deepcopy
from functools import partial
from importlib.metadata import version

import pytest
from tests.differential import anthropic
from tests.differential.corpus import CASES
from tests.differential.experts import found
from tests.differential.openai_shape import Impossible, plain
from tests.differential.settling import complaints
from tests.differential.wire import KEY, Wire, differences

MODEL = "claude-haiku-4-5"

pytestmark = [
    pytest.mark.filterwarnings("ignore:The model:DeprecationWarning"),  # names of models age
    pytest.mark.skipif(int(version("anthropic").partition(".")[0]) < 2, reason="compared with anthropic 2 and later"),
]


def test_a_chat_call_to_anthropic_is_what_an_expert_would_ask_there():
    with Wire() as wire, anthropic.client(wire.origin, KEY) as client:
        problems = complaints("anthropic", found(wire, "anthropic", MODEL, anthropic, client))
    assert not problems, problems


def test_a_call_of_messages_is_sent_as_the_anthropic_client_sends_it():
    differing = []
    with Wire() as wire, anthropic.client(wire.origin, KEY) as client:
        for case in CASES:
            try:
                said, _ = anthropic.asked(plain(case.arguments), MODEL)
            except Impossible:
                continue
            theirs = wire.theirs(partial(anthropic.send, client, deepcopy(said), stream=False))
            ours = wire.through(
                "anthropic", lambda at, said=said: at.messages.create(**said | {"model": f"upstream/{MODEL}"})
            )
            differing += [(case.name, one) for one in differences(ours, theirs)]
    problems = complaints("anthropic-verbatim", differing)
    assert not problems, problems
