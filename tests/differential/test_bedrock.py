"""Calls to Bedrock, beside boto3's own: one of Anthropic's models and one of Amazon's.

Both sides sign; that the signatures agree is in `tests/policies/test_sigv4.py`. (boto3 sends no bearer key over HTTP.)
"""

import base64
import json
from contextlib import closing
from functools import partial

import pytest
from tests.differential.experts import embedded, found
from tests.differential.settling import complaints
from tests.differential.wire import Wire, differences

pytest.importorskip("boto3", reason="boto3 is not installed; `nox -s differential` has it")

MODELS = ("anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-pro-v1:0")
EMBEDDERS = ("amazon.titan-embed-text-v2:0", "cohere.embed-multilingual-v3", "cohere.embed-v4:0")
SIGNED = {"api_key": "aws:default", "region": "eu-central-1"}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)


def test_a_chat_call_to_bedrock_is_what_boto3_sends():
    from tests.differential import bedrock

    with Wire() as wire, closing(bedrock.client(wire.origin)) as client:
        differing = [each for model in MODELS for each in found(wire, "bedrock", model, bedrock, client, **SIGNED)]
    problems = complaints("boto3", differing)
    assert not problems, problems


def test_embeddings_on_bedrock_are_asked_for_as_boto3_does():
    from tests.differential import bedrock

    with Wire() as wire, closing(bedrock.client(wire.origin)) as client:
        differing = [
            each
            for model in EMBEDDERS
            for each in embedded(wire, "bedrock", model, partial(bedrock.embed, client, model), **SIGNED)
        ]
    problems = complaints("boto3-embeddings", differing)
    assert not problems, problems


COUNTED = {
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Hi"}],
    "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}}],
}
CONVERSED = {
    "system": [{"text": "Be brief."}],
    "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "f",
                    "description": "d",
                    "inputSchema": {"json": COUNTED["tools"][0]["input_schema"]},
                }
            }
        ]
    },
}
INVOKED = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1, **COUNTED}


@pytest.mark.parametrize(
    ("kind", "what"),
    [("bedrock", {"converse": CONVERSED}), ("bedrock-anthropic", {"invokeModel": {"body": json.dumps(INVOKED)}})],
)
def test_tokens_are_counted_on_bedrock_as_boto3_asks_for_it(kind, what):
    from tests.differential import bedrock

    with Wire() as wire, closing(bedrock.client(wire.origin)) as client:
        theirs = wire.theirs(lambda: client.count_tokens(modelId=MODELS[0], input=what))
        ours = wire.through(
            kind, lambda at: at.messages.count_tokens(model=f"upstream/{MODELS[0]}", **COUNTED), **SIGNED
        )
    for sent in (ours, theirs):
        held = sent.body["input"].get("invokeModel")
        if held is not None:
            held["body"] = json.loads(base64.b64decode(held["body"], validate=True))
    assert [] == differences(ours, theirs)
