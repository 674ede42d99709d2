"""Whatever bytes are delivered as a manifest, they compile or are refused as a manifest: nothing else happens."""

import json
from typing import Any

import yaml
from hypothesis import strategies as st
from tests.fuzz.fuzz_kit import TOKENS, fuzz, json_values, spoilt_bytes, spoilt_json
from tests.manifest.manifest_kit import compiled

from aigw.errors import ManifestError
from aigw.manifest.snapshot import Snapshot

MANIFEST = """\
schema: aigw/v1
serial: 7
audience: acme/llm-platform
channel: prod
epoch: 1
issued_at: "2026-11-20T10:00:00Z"
expires_at: "2027-02-18T10:00:00Z"
requires: [rollout.v1, instead.v1, fail-closed.v1, quarantine.v1]
built_with: "99.0.0"
source: {repo: acme/llm, commit: abc, change: "12", ack: planned}
fail_closed_after: 6h
providers:
  openai: &openai {kind: openai, api_key: env:OPENAI_API_KEY, headers: {x-team: search}}
  self-hosted: {kind: openai-compatible, base_url: "http://llm.internal:8000/v1", api_key: none}
models:
  cheap: {provider: openai, model: gpt-4o-mini}
  also: openai/gpt-4o
defaults: {timeout: 30s, max_retries: 2}
routes:
  - name: main
    strategy: fallback
    targets: [cheap, {provider: self-hosted, model: llama, timeout: 30s, max_retries: 1}]
    fallback_on: [rate_limited, timeout]
    else: also
    instead: {targets: [also], until: "2026-11-21T10:00:00Z", why: an outage}
    fail_closed_after: 24h
  - {name: other, targets: [self-hosted/llama], fallbacks: {context_length: [also]}, timeout: 1m}
rollout:
  id: r-77
  unit: tenant
  stages: [{at: 0m, bp: 500}, {at: 20m, bp: 10000}]
  guard: {min_calls: 50, max_error_delta: 0.05, max_latency_ratio: 2.0}
  base:
    providers: {openai: *openai}
    models: {cheap: openai/gpt-4o-mini}
    routes: [{name: main, targets: [cheap]}]
"""
DATA = yaml.safe_load(MANIFEST)


def check(content: bytes | str) -> None:
    try:
        assert isinstance(compiled(content), Snapshot)
    except ManifestError:
        return


def test_the_manifest_that_is_spoilt_here_does_compile() -> None:
    assert 7 == compiled(MANIFEST).serial
    assert 7 == compiled(json.dumps(DATA)).serial


def test_any_bytes_and_any_text_compile_or_are_refused() -> None:
    fuzz(check, st.binary(max_size=400) | st.text(max_size=400) | st.lists(st.sampled_from(TOKENS)).map(b"".join))


def test_a_manifest_whose_bytes_are_spoilt_compiles_or_is_refused() -> None:
    fuzz(check, st.sampled_from([MANIFEST.encode(), json.dumps(DATA).encode()]).flatmap(spoilt_bytes))


def test_a_manifest_that_says_odd_things_compiles_or_is_refused() -> None:
    def judge(data: Any) -> None:
        check(json.dumps(data))
        check(yaml.safe_dump(data, allow_unicode=True))

    fuzz(judge, spoilt_json(DATA) | json_values())
