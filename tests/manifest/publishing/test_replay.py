"""A replay goes where a real gateway went: the same routes, detours and sides of rollouts, in both faces."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import AsyncFace, SyncFace

import aigw
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.publishing.decisions import Decision, read_log
from aigw.manifest.publishing.plan import replayed
from aigw.manifest.publishing.replay import Replay, recorded
from aigw.manifest.snapshot import Snapshot, Target
from aigw.policies.rollout import stage_at
from aigw.providers.registry import kinds, operation_of
from aigw.sinks.jsonl import JsonLinesSink
from aigw.types.operation import Operation

HEAD = {"schema": "aigw/v1", "serial": 1}
BODY: dict[str, Any] = {
    "providers": {"one": {"kind": "echo"}, "two": {"kind": "echo"}},
    "routes": [{"name": "chat", "targets": ["one/a", "two/b"]}],
}
OTHER: dict[str, Any] = {**BODY, "routes": [{"name": "chat", "targets": ["two/b"]}]}
LONG_AGO, LATER = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


def detour(until: str) -> dict[str, Any]:
    instead = {"targets": ["two/c"], "until": until, "why": "INC"}
    return {**BODY, "routes": [{"name": "chat", "targets": ["one/a"], "instead": instead}]}


def ramp(unit: str) -> dict[str, Any]:
    stages = [{"at": "0m", "bp": 4000}, {"at": "1000000h", "bp": 10_000}]
    return {**OTHER, "rollout": {"id": "r-77", "unit": unit, "start": LONG_AGO, "stages": stages, "base": BODY}}


DOCUMENTS = {
    "plain": BODY,
    "models and direct names": {**BODY, "models": {"small": "two/s"}, "allow_direct": True},
    "a detour that lasts": detour(LATER),
    "a detour that is over": detour(LONG_AGO),
    "a rollout by tenant": ramp("tenant"),
    "a rollout by session": ramp("session"),
    "a rollout by call": ramp("request"),
}


def does(target: Target, operation: Operation) -> bool:
    return any(operation_of(dialect) is operation for dialect in target.provider.kind.dialects)


def compiled(document: Mapping[str, object]) -> Snapshot:
    return compile_manifest(document, source="m", kinds=kinds())


def called(face: SyncFace | AsyncFace, document: Mapping[str, object], path: Path) -> tuple[Decision, ...]:
    """Make calls through a gateway, to names that are there and names that are not, and read what it wrote."""
    gateway = face.gateway(manifest=document, sinks=[JsonLinesSink(path)])
    for number in range(30):
        tagged = gateway.with_tags(tenant=f"t-{number}", session=f"s-{number}")
        asked = {"model": ("chat", "small", "one/direct")[number % 3]}
        try:
            face.do(tagged.chat.completions.create(**asked, messages=[{"role": "user", "content": "Hello."}]))
        except aigw.NotFoundError:
            assert asked["model"] != "chat"
        if number < 3:  # an echo makes no vectors
            with pytest.raises(aigw.APIError):
                face.do(gateway.embeddings.create(model="chat", input="Hello."))
    return read_log(path.read_bytes().splitlines(), lambda: 0.0).decisions


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_goes_where_the_gateway_went(face: SyncFace | AsyncFace, tmp_path: Path, name: str) -> None:
    snapshot = compiled({**HEAD, **DOCUMENTS[name]})
    decisions = called(face, {**HEAD, **DOCUMENTS[name]}, tmp_path / "calls.jsonl")
    went = [one.target for one in decisions]

    def replayed_at(one: Decision) -> str | None:
        bp = 10_000 if snapshot.rollout is None else stage_at(snapshot.rollout, one.at)
        return Replay(snapshot, does, one.at).fork(one).under(bp).target

    assert went == [replayed_at(one) for one in decisions]
    assert went == [recorded(one).target for one in decisions]
    assert len(set(went)) > 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_manifest_that_wrote_a_log_changes_nothing(face: SyncFace | AsyncFace, tmp_path: Path, name: str) -> None:
    snapshot = compiled({**HEAD, **DOCUMENTS[name]})
    decisions = called(face, {**HEAD, **DOCUMENTS[name]}, tmp_path / "calls.jsonl")
    now = decisions[-1].at

    assert not replayed(decisions, Replay(snapshot, does, now), Replay(snapshot, does, now)).is_changed


def test_a_log_says_which_operation_was_asked_for(face: SyncFace | AsyncFace, tmp_path: Path) -> None:
    called(face, {**HEAD, **BODY}, tmp_path / "calls.jsonl")
    said = [json.loads(line)["operation"] for line in (tmp_path / "calls.jsonl").read_text().splitlines()]

    assert {"chat", "embeddings"} == set(said)
