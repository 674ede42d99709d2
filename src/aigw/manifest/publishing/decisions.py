"""What was decided about calls, as the log of their records tells: what a change is replayed against.

A log has a record a line, as JSON: what the sink of JSON lines writes, or lines of logging that hold the record under
`aigw`. Other lines are counted and passed over.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aigw.call import Candidate
from aigw.manifest.publishing.cases import Asked, Cases
from aigw.types.json import JsonObject, as_array, as_count, as_object, as_text
from aigw.types.operation import Operation

__all__ = ["MOST", "Decision", "Log", "log_of_cases", "read_decision", "read_log"]

MOST: Final = 200_000
"""How many decisions of a log are kept: of a longer one, as many drawn at random."""

_OPERATIONS: Final[Mapping[str, Operation]] = {one.value: one for one in Operation}
_OF_SURFACES: Final = {"responses": Operation.CHAT, "messages": Operation.CHAT}
_MARKS: Final = (b'"call_id"', b'"outcome"')
_UNNAMED: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One call: what was asked, by whom, where it went and how that turned out. Latency is in seconds.

    `model` is the name the caller used, `target` the one that answered (`provider/model`) or None. `is_routed` is False
    where the call ended before any route was looked for, so that no manifest could have helped.
    """

    call_id: str
    at: float = 0.0
    model: str
    surface: str = "chat"
    operation: Operation = Operation.CHAT
    stream: bool = False
    tags: Mapping[str, str]
    key_id: str | None = None
    team: str | None = None
    app: str | None = None
    is_routed: bool = True
    target: str | None = None
    candidates: tuple[Candidate, ...] = ()
    error: str | None = None
    is_ok: bool = True
    latency_s: float | None = None
    tokens: int = 0
    cost_usd: float | None = None
    aigw_version: str | None = None

    @property
    def service(self) -> str:
        """Who calls, as its tags say: app, team and environment, those that are known."""
        app = self.tags.get("app") or self.tags.get("service") or self.app
        team = self.tags.get("team") or self.team
        env = self.tags.get("env") or self.tags.get("environment")
        return "/".join(filter(None, (app, team, env))) or _UNNAMED


@dataclass(frozen=True, slots=True)
class Log:
    """The decisions of a log that are replayed, of `total` it holds, and how many of its lines are something else."""

    decisions: tuple[Decision, ...]
    total: int
    skipped: int = 0

    @property
    def is_sample(self) -> bool:
        """Whether some of the log's decisions were left out."""
        return self.total > len(self.decisions)


def read_log(lines: Iterable[bytes], random: Callable[[], float], most: int = MOST) -> Log:
    """Read *lines* one by one, and keep *most* decisions, each with the same chance. *random* gives 0 to 1.

    Beyond those, a line is taken for a record by its looks, and read only if it is drawn.
    """
    kept: list[Decision] = []
    total = skipped = 0
    for line in lines:
        is_full = len(kept) >= most
        place = int(random() * (total + 1)) if is_full else len(kept)
        looks = all(mark in line for mark in _MARKS)
        if looks and place >= most:
            total += 1
            continue
        decision = read_decision(line) if looks else None
        if decision is None:
            skipped += bool(line.strip())
            continue
        total += 1
        kept[place : place + 1] = [decision]
    return Log(tuple(kept), total, skipped)


def read_decision(line: bytes | str) -> Decision | None:
    """Read a line; None where it holds no record."""
    try:
        said = as_object(json.loads(line))
    except (ValueError, RecursionError):
        return None
    record = as_object(said.get("aigw")) or said
    call_id, model = as_text(record.get("call_id")), as_text(record.get("model"))
    if not call_id or model is None or "outcome" not in record:
        return None
    return _decision(record, call_id, model)


def _decision(record: JsonObject, call_id: str, model: str) -> Decision:
    principal = as_object(record.get("principal"))
    surface = as_text(record.get("surface")) or "chat"
    error = as_text(record.get("error"))
    return Decision(
        call_id=call_id,
        at=_number(record.get("at")) or 0.0,
        model=model,
        surface=surface,
        operation=_operation(record, surface),
        stream=record.get("stream") is True,
        tags={name: value for name, value in as_object(record.get("tags")).items() if isinstance(value, str)},
        key_id=as_text(principal.get("key_id")),
        team=as_text(principal.get("team")),
        app=as_text(principal.get("app")),
        is_routed=as_text(record.get("route")) is not None or error == "ModelNotFoundError",
        target=as_text(record.get("target")),
        candidates=tuple(map(_candidate, as_array(record.get("candidates")))),
        error=as_text(record.get("error_code")) or error,
        is_ok=record.get("outcome") == "ok",
        latency_s=_number(record.get("latency_s")),
        tokens=as_count(as_object(record.get("usage")).get("total_tokens")),
        cost_usd=_number(record.get("cost_usd")),
        aigw_version=as_text(record.get("aigw_version")),
    )


def _operation(record: JsonObject, surface: str) -> Operation:
    """Tell what was asked: as the record says, or, where an older aigw wrote it, as its surface does."""
    said = _OPERATIONS.get(as_text(record.get("operation")) or surface, Operation.CHAT)
    return said if "operation" in record else _OF_SURFACES.get(surface, said)


def _candidate(value: object) -> Candidate:
    said = as_object(value)
    reason = as_text(said.get("reason")) or ""
    return Candidate(as_text(said.get("target")) or "", said.get("eligible") is True, reason)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def log_of_cases(cases: Cases) -> Log:
    """Give the calls of the *cases* of a manifest as if each had been made once; what follows a failure is left out."""
    calls = [(case.name, case.call) for case in cases.cases if case.call.after is None]
    return Log(tuple(_asked(name, call) for name, call in calls), len(calls))


def _asked(name: str, call: Asked) -> Decision:
    return Decision(
        call_id=name,
        at=call.at or 0.0,
        model=call.model,
        surface=call.surface,
        operation=Operation.EMBEDDINGS if call.surface == "embeddings" else Operation.CHAT,
        stream=call.stream,
        tags=call.tags,
        key_id=call.key,
    )
