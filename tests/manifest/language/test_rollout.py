"""A rollout compiles into two snapshots and the moments at which one takes over from the other."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.manifest.language.language_kit import plain, problem, read, refused

from aigw.manifest.snapshot import RolloutGuard, Stage

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
BASE = {"providers": {"echo": {"kind": "echo"}}, "routes": [{"name": "main", "targets": ["echo/old"]}]}


def ramped(**parts: Any) -> dict[str, Any]:
    rollout = {"id": "r-77", "unit": "tenant", "preset": "all-at-once", "base": BASE, **parts}
    said = {key: value for key, value in rollout.items() if value is not None}
    return plain(issued_at="2026-11-20T12:00:00Z", epoch=2, channel="prod", rollout=said)


def test_the_base_is_a_whole_snapshot_under_the_same_serial_and_digest() -> None:
    found = read(ramped())

    assert found.rollout is not None
    base = found.rollout.base
    assert (found.order, found.digest, found.source, "prod") == (base.order, base.digest, base.source, base.channel)
    assert {"echo"} == set(base.providers)
    assert ["echo/old"] == [target.id for target in base.routes["main"].targets]
    assert ["openai/gpt-4o"] == [target.id for target in found.routes["main"].targets]
    assert base.rollout is None
    assert ("r-77", "tenant") == (found.rollout.id, found.rollout.unit)


def test_stages_are_moments_after_the_start() -> None:
    stages = [{"at": "0m", "bp": 500}, {"at": "20m", "bp": 2500}, {"at": 7200, "bp": 10_000}]

    found = read(ramped(preset=None, stages=stages, start="2026-11-20T13:00:00+01:00")).rollout

    assert found is not None
    assert (Stage(NOON, 500), Stage(NOON + 1200, 2500), Stage(NOON + 7200, 10_000)) == found.stages


@pytest.mark.parametrize(
    ("preset", "stages"),
    [
        ("all-at-once", [(0, 10_000)]),
        ("linear-20-6m", [(0, 2_000), (6, 4_000), (12, 6_000), (18, 8_000), (24, 10_000)]),
        ("canary-10x2-20m", [(0, 1_000), (5, 2_000), (10, 4_000), (15, 8_000), (20, 10_000)]),
    ],
)
def test_a_preset_is_a_ramp_by_the_name_people_know(preset: str, stages: list[tuple[int, int]]) -> None:
    found = read(ramped(preset=preset)).rollout

    assert found is not None
    assert tuple(Stage(NOON + minutes * 60, bp) for minutes, bp in stages) == found.stages


def test_a_guard_has_limits_of_its_own_or_usual_ones() -> None:
    usual, own = (read(ramped(guard=guard)).rollout for guard in ({}, {"min_calls": 9, "max_latency_ratio": 2}))

    assert usual is not None
    assert own is not None
    assert (RolloutGuard(50, 0.05, None), RolloutGuard(9, 0.05, 2.0)) == (usual.guard, own.guard)
    assert (found := read(ramped()).rollout) is not None
    assert found.guard is None


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"stages": [{"at": "0m", "bp": 1}]}, "rollout: needs either `preset` or `stages`, one of the two"),
        ({"preset": None}, "rollout: needs either `preset` or `stages`, one of the two"),
        ({"preset": "linear"}, "rollout.preset: 'linear' is not known here; did you mean 'linear-20-6m'?"),
        ({"unit": "user"}, "rollout.unit: 'user' is not known here; known are instance, key, request, session, tenant"),
        ({"id": "a b"}, "rollout.id: must be up to 128 letters"),
        ({"base": None}, "rollout.base: is missing"),
        ({"base": []}, "rollout.base: must be a mapping"),
        ({"guard": {"min_cals": 3}}, "rollout.guard.min_cals: unknown key; did you mean 'min_calls'?"),
        ({"guard": {"max_error_delta": 5}}, "rollout.guard.max_error_delta: must be less than or equal to 1"),
        (
            {"preset": None, "stages": [{"at": "5m", "bp": 1}, {"at": "5m", "bp": 2}]},
            "rollout.stages[1].at: is not after the stage before it; list the stages in order of time",
        ),
        (
            {"preset": None, "stages": [{"at": "-1m", "bp": 1}]},
            "rollout.stages[0].at: must be a duration from the start",
        ),
        ({"preset": None, "stages": [{"at": 0, "bp": 10_001}]}, "rollout.stages[0].bp: must be less than or equal to"),
        ({"preset": None, "stages": []}, "rollout.stages: must not be empty"),
        ({"base": {**BASE, "serial": 3}}, "rollout.base.serial: unknown key; known are"),
        ({"base": {"routes": []}}, "rollout.base.providers: there are no providers; nothing could be called"),
        (
            {"base": {**BASE, "routes": [{"name": "a", "targets": ["eco/m"]}]}},
            "rollout.base.routes[0].targets[0]: unknown provider 'eco'; did you mean 'echo'?",
        ),
        (
            {"base": {**BASE, "routes": BASE["routes"] * 2}},  # type: ignore[operator]
            "rollout.base.routes[1].name: 'main' is the name of rollout.base.routes[0] already; choose another",
        ),
    ],
)
def test_what_is_wrong_with_a_rollout_is_said_with_its_place(parts: dict[str, object], what: str) -> None:
    assert problem(ramped(**parts)).startswith(what)


def test_problems_of_the_base_have_lines() -> None:
    text = (
        "schema: aigw/v1\nserial: 1\nproviders: {echo: {kind: echo}}\nroutes:\n  - {name: a, targets: [echo/m]}\n"
        "issued_at: 2026-11-20T12:00:00Z\nrollout:\n  id: r\n  unit: key\n  preset: all-at-once\n  base:\n"
        "    providers:\n      echo: {kind: eco}\n    allow_direct: true\n    models:\n      cheap: echo/m\n"
        "      other: nope/m\n    timeut: 3s\n"
    )

    known = "allow_direct, defaults, models, providers, routes, tags"
    assert (
        "m.yaml:13: rollout.base.providers.echo.kind: unknown kind 'eco'; did you mean 'echo'?",
        "m.yaml:17: rollout.base.models.other: unknown provider 'nope'; known are echo",
        f"m.yaml:18: rollout.base.timeut: unknown key; known are {known}",
    ) == refused(text).problems


def test_a_rollout_without_a_start_says_where_to_write_one() -> None:
    said = {**ramped()}
    del said["issued_at"]

    assert ("rollout.start: is missing; say when the ramp starts, here or with the document's `issued_at`") == problem(
        said
    )


def test_the_document_and_its_base_are_told_of_at_once() -> None:
    said = ramped(base={**BASE, "routes": [{"name": "a", "targets": ["x/m"]}]})
    said["routes"] = [{"name": "b", "targets": ["y/m"]}]

    assert 2 == len(refused(said).problems)
