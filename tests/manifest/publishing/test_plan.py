"""What a change would have done to calls is found by the pipeline's own rules, and gates stop what nobody means."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.manifest.publishing.review_kit import (
    BODY,
    decision,
    impact,
    judged_then,
    manifest,
    replay,
    routed,
)

from aigw.manifest.publishing.plan import Gates, Limit, Move, judged
from aigw.manifest.publishing.replay import Verdict, recorded
from aigw.policies.rollout import BUCKETS, bucket
from aigw.types.operation import Operation

EU = "https://eu.example/v1"

names = st.sampled_from(["chat", "vectors", "nowhere", "one/a"])
ids = st.lists(st.sampled_from(["one/a", "one/b", "two/a", "open/e"]), min_size=1, max_size=3)
operations = st.sampled_from([Operation.CHAT, Operation.EMBEDDINGS])
calls = st.lists(st.builds(decision, names, operation=operations, call_id=st.uuids().map(str)), max_size=8)


@given(ids, calls)
def test_the_same_manifest_changes_nothing(targets: list[str], log: list[Any]) -> None:
    assert not impact(routed(*targets), routed(*targets), *log).is_changed


@given(ids, ids, calls)
def test_what_goes_one_way_comes_back_the_other_way(before: list[str], after: list[str], log: list[Any]) -> None:
    there = impact(routed(*before), routed(*after), *log).total
    back = impact(routed(*after), routed(*before), *log).total

    assert (there.moved, there.newly_refused, there.now_served) == (back.moved, back.now_served, back.newly_refused)
    turned = {(move.after, move.before, move.calls, move.why) for move in back.moves}
    assert {(move.before, move.after, move.calls, move.why) for move in there.moves} == turned


def test_calls_are_told_by_service_and_route_with_where_they_go() -> None:
    log = [decision(tags={"app": app}) for app in ("shop", "shop", "search")]
    log.append(decision("vectors", operation=Operation.EMBEDDINGS, tags={"app": "search"}))
    rows = impact(manifest(), routed("two/b"), *log).rows

    assert [
        ("search", "chat", 1, 1, 0, (Move("one/a", "two/b", 1),)),
        ("search", "vectors", 1, 0, 1, (Move("open/e", None, 1, "model_not_found"),)),
        ("shop", "chat", 2, 2, 0, (Move("one/a", "two/b", 2),)),
    ] == [(row.service, row.route, row.calls, row.moved, row.newly_refused, row.moves) for row in rows]


def test_a_provider_that_is_somewhere_else_moves_its_calls() -> None:
    moved = manifest(providers=BODY["providers"] | {"open": {"kind": "openai", "base_url": EU, "api_key": "none"}})
    total = impact(manifest(), moved, decision("vectors", operation=Operation.EMBEDDINGS)).total

    assert (1, f"at {EU} instead of https://api.openai.com/v1") == (total.moved, total.moves[0].why)


def test_a_target_that_cannot_do_it_is_passed_by() -> None:
    route = routed("one/a", "open/e")

    assert Verdict("open/e", "https://api.openai.com/v1") == replay(route).judge(
        decision(operation=Operation.EMBEDDINGS)
    )
    assert Verdict(None, why="operation:embeddings") == replay(routed("one/a")).judge(
        decision(operation=Operation.EMBEDDINGS)
    )


def test_what_a_target_could_not_express_then_it_cannot_now() -> None:
    one = decision(candidates=judged_then(("one/a", "unsupported:seed"), ("two/b", "ok")))

    assert "two/b" == replay(manifest()).judge(one).target


def test_what_is_left_out_by_the_new_manifest_is_in_nobodys_way() -> None:
    one = decision(candidates=judged_then(("one/a", "unsupported:seed"), ("two/b", "ok")))

    assert "one/a" == replay(routed("one/a", "two/b", unsupported="drop")).judge(one).target


@pytest.mark.parametrize("reason", ["breaker_open", "last_resort", "no_secret"])
def test_what_was_in_the_way_for_a_moment_is_taken_to_be_well(reason: str) -> None:
    one = decision(target="two/b", candidates=judged_then(("one/a", reason), ("two/b", "ok")))

    assert "one/a" == replay(manifest()).judge(one).target == recorded(one).target


def test_a_fallback_on_record_is_no_move() -> None:
    one = decision(target="two/b", candidates=judged_then(("one/a", "ok"), ("two/b", "ok")))

    assert not impact(None, manifest(), one).is_changed


def test_without_a_base_the_log_says_what_was() -> None:
    one = decision(target="one/a", candidates=judged_then(("one/a", "ok")))
    refused = decision("unheard-of", target=None, error="model_not_found")
    total = impact(None, manifest(models={"unheard-of": "two/b"}, routes=BODY["routes"][1:]), one, refused).total

    assert (0, 1, 1) == (total.moved, total.newly_refused, total.now_served)


def test_a_detour_counts_while_it_lasts() -> None:
    def until(moment: str) -> Any:
        return routed("one/a", instead={"targets": ["two/b"], "until": moment, "why": "INC"})

    assert "two/b" == replay(until("2099-01-01T00:00:00Z")).judge(decision()).target
    assert "one/a" == replay(until("2020-01-01T00:00:00Z")).judge(decision()).target


def test_what_a_provider_keeps_is_asked_of_it_wherever_the_route_leads() -> None:
    kept = decision(operation=Operation.RESPONSES, target="two/b")
    by_id = dataclasses.replace(kept, model="")

    assert "two/b" == replay(manifest()).judge(kept).target == replay(manifest()).judge(by_id).target
    assert Verdict(None, why="unknown_keeper") == replay(routed("one/a")).judge(by_id)


def test_what_was_wrong_before_routing_is_not_replayed() -> None:
    found = impact(manifest(), routed("two/b"), decision(is_routed=False))

    assert (0, 1, False) == (found.total.calls, found.unrouted, found.is_changed)


def ramped(*stages: tuple[str, int], unit: str = "key") -> Any:
    told = [{"at": at, "bp": bp} for at, bp in stages]
    ramp = {"id": "r-77", "unit": unit, "start": "2026-11-23T09:00:00Z", "stages": told, "base": BODY}
    return manifest(routes=[{"name": "chat", "targets": ["two/b"]}], rollout=ramp)


def test_a_rollout_is_judged_by_where_it_ends_and_told_stage_by_stage() -> None:
    log = [decision(key_id=f"key-{number}") for number in range(200)]
    found = impact(manifest(), ramped(("0m", 1000), ("20m", 10_000)), *log)
    early = sum(bucket("r-77", f"key-{number}") < 1000 for number in range(200)) / 200

    assert 200 == found.total.moved
    assert [(1000, early), (BUCKETS, 1.0)] == [(stage.bp, share) for stage, share in found.stages]


def test_a_rollout_that_ends_early_moves_only_its_units() -> None:
    log = [decision(key_id=f"key-{number}") for number in range(50)]
    expected = sum(bucket("r-77", f"key-{number}") < 3000 for number in range(50))

    assert expected == impact(manifest(), ramped(("0m", 3000)), *log).total.moved


def test_a_process_is_not_on_record_so_each_call_stands_for_one() -> None:
    log = [decision(call_id=f"call-{number}") for number in range(50)]
    expected = sum(bucket("r-77", f"call-{number}") < 3000 for number in range(50))

    assert expected == impact(manifest(), ramped(("0m", 3000), unit="instance"), *log).total.moved


def test_latency_is_estimated_from_the_logs_own_calls() -> None:
    log = [
        *(decision(latency_s=took) for took in (1.0, 2.0, 3.0)),
        decision("vectors", target="two/b", latency_s=5.0, operation=Operation.CHAT),
    ]
    total = impact(manifest(), manifest(routes=[{"name": "chat", "targets": ["two/b"]}]), *log[:3]).total
    assert total.latency_s is None

    (row, _) = impact(manifest(), manifest(routes=[{"name": "chat", "targets": ["two/b"]}]), *log).rows
    assert ((2.0, 5.0), 3.0) == (row.latency_s, row.latency_delta_s)


def test_cost_is_estimated_by_the_token_where_records_carry_it_and_else_unpriced() -> None:
    log = [
        decision(tokens=100, cost_usd=1.0),
        decision(tokens=300),
        decision("vectors", target="two/b", tokens=100, cost_usd=2.0),
    ]
    rows = impact(manifest(), manifest(routes=[{"name": "chat", "targets": ["two/b"]}]), *log).rows
    unpriced = impact(manifest(), routed("two/b"), decision(tokens=100)).total

    assert ((4.0, 8.0), 1.0, 2) == (rows[0].cost_usd, rows[0].cost_delta, rows[0].priced)
    assert (None, None, 0) == (unpriced.cost_usd, unpriced.cost_delta, unpriced.priced)


def test_versions_are_counted() -> None:
    log = [decision(aigw_version="0.1.0"), decision(aigw_version="0.1.0"), decision()]

    assert {"0.1.0": 2, "unknown": 1} == impact(manifest(), manifest(), *log).versions


@pytest.mark.parametrize(
    ("gates", "failed"),
    [
        (Gates(), []),
        (Gates(max_moved=Limit(0.5)), []),
        (Gates(max_moved=Limit(0.4)), ["--max-moved"]),
        (Gates(max_moved=Limit(1, is_share=False)), []),
        (Gates(max_moved=Limit(0, is_share=False)), ["--max-moved"]),
        (Gates(max_new_rejects=Limit(0, is_share=False)), ["--max-new-rejects"]),
        (Gates(max_new_rejects=Limit(0.5)), []),
        (Gates(max_cost_delta=0.0), []),
    ],
)
def test_a_gate_names_itself_where_it_is_not_passed(gates: Gates, failed: list[str]) -> None:
    log = [decision(), decision("vectors", operation=Operation.EMBEDDINGS)]

    assert failed == [one.gate for one in judged(impact(manifest(), routed("two/b"), *log), gates)]


def test_the_gate_of_cost_counts_what_is_priced() -> None:
    log = [decision(tokens=100, cost_usd=1.0), decision("vectors", target="two/b", tokens=100, cost_usd=1.2)]
    found = impact(manifest(), manifest(routes=[{"name": "chat", "targets": ["two/b"]}, BODY["routes"][1]]), *log)

    assert [] == [one.gate for one in judged(found, Gates(max_cost_delta=0.21))]
    assert ["--max-cost-delta"] == [one.gate for one in judged(found, Gates(max_cost_delta=0.1))]
