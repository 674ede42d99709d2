"""Calls of messages to clouds that host Claude, beside the `anthropic` package's clients for them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from functools import partial
from importlib.metadata import version
from typing import Any, NamedTuple

import pytest
from anthropic import AnthropicBedrock, AnthropicBedrockMantle, AnthropicFoundry, AnthropicVertex
from tests.differential import anthropic
from tests.differential.corpus import CASES
from tests.differential.openai_shape import Impossible, plain
from tests.differential.settling import complaints
from tests.differential.wire import KEY, Difference, Wire, differences

import aigw

pytestmark = [
    pytest.mark.filterwarnings("ignore:The model:DeprecationWarning"),  # names of models age
    pytest.mark.skipif(int(version("anthropic").partition(".")[0]) < 2, reason="compared with anthropic 2 and later"),
]

Found = list[tuple[str, Difference]]


class Cloud(NamedTuple):
    """A kind, the path it is at, a model there, and the client that `anthropic` has for it."""

    kind: str
    path: str
    model: str
    client: Callable[[str], Any]


CLOUDS = (
    Cloud(
        "bedrock-anthropic",
        "",
        "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        lambda origin: AnthropicBedrock(api_key=KEY, aws_region="eu-west-1", base_url=origin, max_retries=0),
    ),
    Cloud(
        "bedrock-mantle",
        "/anthropic",
        "anthropic.claude-haiku-4-5",
        lambda origin: AnthropicBedrockMantle(
            api_key=KEY, aws_region="eu-west-1", base_url=f"{origin}/anthropic", max_retries=0
        ),
    ),
    Cloud(
        "vertex-anthropic",
        "/v1/projects/acme/locations/europe-west1",
        "claude-haiku-4-5@20251001",
        lambda origin: AnthropicVertex(
            access_token=KEY, region="europe-west1", project_id="acme", base_url=f"{origin}/v1", max_retries=0
        ),
    ),
    Cloud(
        "azure-anthropic",
        "/anthropic",
        "claude-haiku-4-5",
        lambda origin: AnthropicFoundry(api_key=KEY, base_url=f"{origin}/anthropic", max_retries=0),
    ),
)
COUNTING = tuple(cloud for cloud in CLOUDS if cloud.kind != "bedrock-anthropic")
"""The clients that can count; that of Bedrock's `invoke` cannot, and boto3 is compared with instead."""

TURN: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}
BETAS: dict[str, Any] = {**TURN, "max_tokens": 8, "betas": ["context-1m-2025-08-07", "of-tomorrow"]}


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def conversations(model: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for case in CASES:
        try:
            yield case.name, anthropic.asked(plain(case.arguments), model)[0]
        except Impossible:
            continue


def asking(cloud: Cloud, method: str, said: dict[str, Any]) -> Callable[[aigw.Gateway], object]:
    """Ask by *method* of messages for what was *said*."""
    return lambda at: getattr(at.messages, method)(**said | {"model": f"upstream/{cloud.model}"})


def found(
    wire: Wire, cloud: Cloud, name: str, ours: Callable[[aigw.Gateway], object], theirs: Callable[[], object]
) -> Found:
    """Compare one call of both sides."""
    sent = wire.through(cloud.kind, ours, base_url=wire.origin + cloud.path)
    return [(f"{cloud.kind}: {name}", one) for one in differences(sent, wire.theirs(theirs))]


def test_a_call_of_messages_is_sent_as_each_clouds_own_client_sends_it():
    differing: Found = []
    with Wire() as wire:
        for cloud in CLOUDS:
            with closing(cloud.client(wire.origin)) as client:
                for name, said in conversations(cloud.model):
                    theirs = partial(anthropic.send, client, deepcopy(said), stream=False)
                    differing += found(wire, cloud, name, asking(cloud, "create", said), theirs)
    problems = complaints("hosted-claude", differing)
    assert not problems, problems


def test_streams_beta_flags_and_counts_are_asked_for_as_each_clouds_own_client_does():
    differing: Found = []
    with Wire() as wire:
        for cloud in CLOUDS:
            with closing(cloud.client(wire.origin)) as client:
                for stream in (False, True):
                    said = {**BETAS, "stream": stream}
                    theirs = partial(client.beta.messages.create, model=cloud.model, **said)
                    differing += found(wire, cloud, "betas", asking(cloud, "create", said), theirs)
                if cloud in COUNTING:
                    theirs = partial(client.messages.count_tokens, model=cloud.model, **TURN)
                    differing += found(wire, cloud, "count", asking(cloud, "count_tokens", TURN), theirs)
    problems = complaints("hosted-claude-beside", differing)
    assert not problems, problems
