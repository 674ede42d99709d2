"""Selection: names found or missed helpfully, targets judged with a reason."""

from dataclasses import replace

import pytest

from aigw.call import Candidate
from aigw.errors import ModelNotFoundError
from aigw.manifest.snapshot import Provider, Route, Snapshot, Target
from aigw.policies.selection import find_route, keeper, plan, way_home
from aigw.types.kind import Kind

KIND = Kind(name="k", dialect="d", title="K")
P = Provider("p", KIND, "http://h")
A, B, C = (Target(P, name) for name in "abc")
ROUTE = Route("summaries", "fallback", (A, B, C))


def _snapshot(*, allow_direct: bool = False) -> Snapshot:
    return Snapshot(7, "d", "m.yaml", {"p": P}, {"summaries": ROUTE}, allow_direct=allow_direct)


def test_a_route_is_found_by_its_name() -> None:
    assert ROUTE is find_route(_snapshot(), "summaries")


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(ModelNotFoundError, match="Did you mean 'summaries'") as caught:
        find_route(_snapshot(), "sumaries")

    assert caught.value.param == "model"
    assert caught.value.status_code == 404


def test_a_name_that_is_near_nothing_is_answered_with_what_there_is() -> None:
    with pytest.raises(ModelNotFoundError, match="It has: summaries"):
        find_route(_snapshot(), "zzz")


def test_direct_names_need_the_manifests_leave() -> None:
    with pytest.raises(ModelNotFoundError, match="does not allow direct names"):
        find_route(_snapshot(), "p/a")

    direct = find_route(_snapshot(allow_direct=True), "p/org/model:1")
    assert [target.id for target in direct.targets] == ["p/org/model:1"]


def test_each_target_gets_a_verdict_and_order_is_kept() -> None:
    decided = plan(ROUTE, lambda target: "unsupported:n" if target is A else None, lambda _: False)

    assert decided.targets == (B, C)
    assert decided.candidates == (
        Candidate("p/a", eligible=False, reason="unsupported:n"),
        Candidate("p/b", eligible=True, reason="ok"),
        Candidate("p/c", eligible=True, reason="ok"),
    )


def test_an_open_breaker_rules_a_target_out() -> None:
    decided = plan(ROUTE, lambda _: None, lambda target: target is A)

    assert decided.targets == (B, C)
    assert decided.candidates[0] == Candidate("p/a", eligible=False, reason="breaker_open")


def test_all_breakers_open_is_no_reason_to_give_up_unasked() -> None:
    decided = plan(ROUTE, lambda target: "no_secret" if target is C else None, lambda _: True)

    assert decided.targets == (A, B)


def test_what_lives_at_a_target_is_asked_for_at_the_first_that_keeps_such_things() -> None:
    assert (B,) == keeper(ROUTE, lambda target: target is not A).targets
    assert ROUTE.targets == keeper(ROUTE, lambda target: False).targets


def test_what_is_known_to_live_somewhere_is_asked_for_there_or_at_its_provider() -> None:
    elsewhere = Target(Provider("q", KIND, "http://h"), "d")
    route = Route("r", "fallback", (elsewhere, A, B))

    assert (B,) == keeper(route, lambda _: True, "p/b").targets
    assert (A,) == keeper(route, lambda _: True, "p/gone").targets
    assert (elsewhere,) == keeper(route, lambda _: True, "z/z").targets


@pytest.mark.parametrize(("home", "expected"), [("p/a", A), ("p/c", C), ("p/gone", C)])
def test_a_way_home_leads_there_and_nowhere_else(home: str, expected: Target) -> None:
    other = Route("other", "single", (Target(Provider("q", KIND, "http://h"), "a"),), on_content_policy=(C,))
    way = way_home(replace(_snapshot(), routes={"other": other, "summaries": ROUTE}), home)

    assert way is not None
    assert ((expected,), (), ()) == (way.targets, way.on_context_length, way.on_content_policy)


def test_without_a_route_a_way_home_needs_the_manifests_leave() -> None:
    snapshot = replace(_snapshot(), routes={})
    direct = way_home(replace(snapshot, allow_direct=True), "p/c")

    assert way_home(snapshot, "p/c") is None
    assert way_home(replace(snapshot, allow_direct=True), "z/c") is None
    assert direct is not None
    assert ["p/c"] == [target.id for target in direct.targets]
