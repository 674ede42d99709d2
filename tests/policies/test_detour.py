"""Detours: they stand in for as long as they say, tell whom they pass by, and do not hide what is kept there."""

from dataclasses import replace

import pytest

from aigw.call import Candidate
from aigw.manifest.snapshot import Instead, Provider, Route, Snapshot, Target
from aigw.policies.detour import bypassing, detoured, note_of, standing_in
from aigw.policies.selection import keeper, plan, way_home
from aigw.types.kind import Kind

KIND = Kind(name="k", dialect="d", title="K")
A, B, C = (Target(Provider("p", KIND, "http://p"), name) for name in "abc")
D = Target(Provider("q", KIND, "http://q"), "d")
DETOUR = Instead((D, B), until=100.0, why="INC-1")
ROUTE = Route("summaries", "fallback", (A, B, C), instead=DETOUR)


def test_a_detour_stands_in_until_its_moment_and_no_longer() -> None:
    assert DETOUR is standing_in(ROUTE, 99.9)
    assert standing_in(ROUTE, 100.0) is None
    assert (D, B) == detoured(ROUTE, DETOUR, kept=False).targets


def test_a_detour_says_whom_it_passes_by_and_why() -> None:
    decided = plan(detoured(ROUTE, DETOUR, kept=False), lambda _: None, lambda _: False)

    assert (D, B) == bypassing(decided, ROUTE, DETOUR).targets
    assert (
        Candidate("q/d", eligible=True, reason="ok"),
        Candidate("p/b", eligible=True, reason="ok"),
        Candidate("p/a", eligible=False, reason="instead:INC-1"),
        Candidate("p/c", eligible=False, reason="instead:INC-1"),
    ) == bypassing(decided, ROUTE, DETOUR).candidates
    assert "instead: INC-1 (until 1970-01-01T00:01:40Z)" == note_of(DETOUR)


def test_a_detour_without_a_reason_is_told_too() -> None:
    nameless = replace(DETOUR, why="")
    decided = bypassing(plan(Route("r", "single", (D,)), lambda _: None, lambda _: False), ROUTE, nameless)

    assert ["ok", "instead", "instead", "instead"] == [one.reason for one in decided.candidates]
    assert "instead: other targets (until 1970-01-01T00:01:40Z)" == note_of(nameless)


@pytest.mark.parametrize(("home", "expected"), [("p/a", A), ("q/d", D), (None, D)])
def test_what_lives_somewhere_is_asked_for_there_whatever_stands_in(home: str | None, expected: Target) -> None:
    route = detoured(ROUTE, DETOUR, kept=True)

    assert (expected,) == keeper(route, lambda _: True, home).targets


def test_the_way_home_leads_to_a_target_that_stands_in_for_others_and_is_no_detour_itself() -> None:
    way = way_home(Snapshot(7, "d", "m.yaml", {}, {"summaries": ROUTE}), "q/d")

    assert way is not None
    assert ((D,), None) == (way.targets, way.instead)
