"""Calls to OpenAI and to what is compatible, beside the `openai` client's own."""

from copy import deepcopy
from functools import partial

import openai
import pytest
from tests.differential import responses
from tests.differential.corpus import CASES
from tests.differential.experts import found
from tests.differential.openai_shape import plain
from tests.differential.settling import complaints
from tests.differential.wire import KEY, Wire, differences

MODEL = "gpt-4o"


@pytest.mark.parametrize("kind", ["openai", "openai-compatible"])
def test_a_call_is_sent_as_the_openai_client_sends_it(kind):
    differing = []
    with Wire() as wire, openai.OpenAI(base_url=wire.base_url(kind), api_key=KEY, max_retries=0) as client:
        for case in CASES:
            theirs = wire.theirs(partial(client.chat.completions.create, model=MODEL, **deepcopy(case.arguments)))
            differing += [(case.name, one) for one in differences(wire.ours(kind, case, MODEL), theirs)]
    problems = complaints("openai", differing)
    assert not problems, problems


def test_a_chat_call_to_responses_is_what_an_expert_would_ask_there():
    with Wire() as wire, responses.client(wire.base_url("openai"), KEY) as client:
        problems = complaints("responses", found(wire, "openai-responses", MODEL, responses, client))
    assert not problems, problems


def test_a_call_of_responses_is_sent_as_the_openai_client_sends_it():
    differing = []
    with Wire() as wire, responses.client(wire.base_url("openai"), KEY) as client:
        for case in CASES:
            said, _ = responses.asked(plain(case.arguments), MODEL)
            theirs = wire.theirs(partial(client.responses.create, **deepcopy(said)))
            ours = wire.through(
                "openai", lambda at, said=said: at.responses.create(**said | {"model": f"upstream/{MODEL}"})
            )
            differing += [(case.name, one) for one in differences(ours, theirs)]
    problems = complaints("responses-verbatim", differing)
    assert not problems, problems
