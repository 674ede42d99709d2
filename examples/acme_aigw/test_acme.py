"""Acme's adapter passes the contract that aigw ships, and its kind is found through the entry point."""

import json

from acme_aigw import AcmeTurns, plugin

from aigw import Gateway
from aigw.errors import QuotaExceededError, RateLimitError
from aigw.testing.contract import AdapterContract, Sample
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

WHOLE = b'{"says": "Sunny.", "why": "done", "read": 12, "wrote": 3}'
STREAM = b'{"says": "Sun"}\n{"says": "ny."}\n{"why": "done", "read": 12, "wrote": 3}\n'


class TestAcme(AdapterContract):
    adapter = AcmeTurns()
    kind = plugin.kinds["acme"]
    samples = (Sample(whole=WHOLE, stream=STREAM, text="Sunny.", usage=(12, 3)),)
    refusals = (
        (429, b'{"fault": {"kind": "slow_down", "about": "Too fast."}}', RateLimitError),
        (402, b'{"fault": {"kind": "payment_required", "about": "Pay first."}}', QuotaExceededError),
    )


def answering(request: Received) -> Transmission:
    live = bool(request.json.get("live"))
    pieces = STREAM.splitlines(keepends=True) if live else [WHOLE]
    kind = "application/x-ndjson" if live else "application/json"
    return Transmission(
        status=200,
        headers=(("content-type", kind),),
        steps=tuple(Frame(piece) for piece in pieces),
        streamed=live,
    )


def test_an_installed_kind_is_called_like_any_other(monkeypatch):
    monkeypatch.setenv("ACME_API_KEY", "acme-key-1")
    with Server(answering) as server:
        provider = {"kind": "acme", "base_url": server.origin, "api_key": "env:ACME_API_KEY"}
        manifest = {"schema": "aigw/v1", "serial": 1, "providers": {"acme": provider}, "allow_direct": True}
        with Gateway(manifest=manifest) as gateway:
            asked = {"model": "acme/one", "messages": [{"role": "user", "content": "Weather?"}], "max_tokens": 9}
            answer = gateway.chat.completions.create(**asked)
            chunks = list(gateway.chat.completions.create(**asked, stream=True))
        first = server.requests[0]

    assert answer.choices[0].message.content == "Sunny."
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Sunny."
    assert first.headers["x-api-key"] == "acme-key-1"
    assert json.loads(first.body) == {
        "model": "one",
        "turns": [{"who": "user", "says": "Weather?"}],
        "limit": 9,
    }
