"""What tests of reviews share: manifests, and decisions as a log tells them."""

from typing import Any

from tests.manifest.manifest_kit import compiled

from aigw.call import Candidate
from aigw.manifest.publishing.decisions import Decision
from aigw.manifest.publishing.plan import Impact, replayed
from aigw.manifest.publishing.replay import Replay
from aigw.manifest.snapshot import Snapshot, Target
from aigw.types.operation import Operation

NOW = 1_800_000_000.0

BODY: dict[str, Any] = {
    "providers": {
        "one": {"kind": "echo"},
        "two": {"kind": "echo"},
        "open": {"kind": "openai", "api_key": "env:OPENAI_API_KEY"},
    },
    "routes": [
        {"name": "chat", "targets": ["one/a", "two/b"]},
        {"name": "vectors", "targets": ["open/e"]},
    ],
}


def manifest(serial: int = 1, **changed: Any) -> Snapshot:
    return compiled({"schema": "aigw/v1", "serial": serial, **BODY, **changed})


def routed(*targets: str, name: str = "chat", **said: Any) -> Snapshot:
    return manifest(routes=[{"name": name, "targets": list(targets), **said}])


def decision(model: str = "chat", **said: Any) -> Decision:
    made: dict[str, Any] = {"call_id": "call_1", "tags": {}, "target": "one/a", **said}
    return Decision(model=model, **made)


def judged_then(*judged: tuple[str, str]) -> tuple[Candidate, ...]:
    """Candidates as they are on record: targets, each with the reason."""
    return tuple(Candidate(target, reason == "ok", reason) for target, reason in judged)


def does(target: Target, operation: Operation) -> bool:
    """Echo chats and keeps its answers, OpenAI makes vectors too."""
    return operation in (Operation.CHAT, Operation.RESPONSES) or (
        operation is Operation.EMBEDDINGS and target.provider.kind.name == "openai"
    )


def replay(snapshot: Snapshot) -> Replay:
    return Replay(snapshot, does, NOW)


def impact(old: Snapshot | None, new: Snapshot, *decisions: Decision) -> Impact:
    stages = () if new.rollout is None else new.rollout.stages
    return replayed(decisions, None if old is None else replay(old), replay(new), stages)
