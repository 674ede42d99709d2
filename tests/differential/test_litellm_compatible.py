"""A second opinion: what `litellm` sends for the corpus to Anthropic, and to hosts of OpenAI's dialect."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import pytest
from tests.differential.installed import needs
from tests.differential.litellm_calls import ASKED, COMPARED
from tests.differential.settling import complaints
from tests.differential.wire import Sent, Wire, differences

needs("litellm", "mcp")

EXPERTS = {
    "anthropic": "anthropic",
    **dict.fromkeys(("mistral", "groq", "deepseek", "openrouter", "together"), "compatible"),
}
"""Whose judgement of what a body means counts, by kind."""


@pytest.fixture(scope="module")
def opinions():
    """Everything that litellm sends, by kind."""
    here = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ = {**here, "AWS_REGION_NAME": "eu-central-1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    program = [sys.executable, "-m", "tests.differential.litellm_calls", *EXPERTS]
    done = subprocess.run(program, capture_output=True, check=True, env=environ, timeout=120)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("kind", "expert"), EXPERTS.items())
def test_where_litellm_sends_something_else_it_is_known_why(kind, expert, opinions):
    meaning = import_module(f"tests.differential.{expert}").meaning
    model = ASKED[kind][1]
    differing = []
    with Wire() as wire:
        for case, opinion in zip(COMPARED, opinions[kind], strict=True):
            pair = (replace(sent, body=meaning(sent.body)) for sent in (wire.ours(kind, case, model), Sent(**opinion)))
            differing += [(case.name, one) for one in differences(*pair)]
    problems = complaints(f"litellm-{kind}", differing)
    assert not problems, problems
