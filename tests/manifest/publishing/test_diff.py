"""What changes between two manifests is told in what they mean: nothing twice, nothing that means nothing, no keys."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.manifest.manifest_kit import compiled
from tests.manifest.publishing.review_kit import BODY, manifest, routed

from aigw.manifest.publishing.diff import Change, compare
from aigw.manifest.snapshot import Snapshot

targets = st.lists(st.sampled_from(["one/a", "one/b", "two/a", "two/b"]), min_size=1, max_size=5)


def told(old: Snapshot, new: Snapshot) -> list[tuple[str, str | None, str | None]]:
    return [(change.what, change.before, change.after) for change in compare(old, new).changes]


def provider(**said: Any) -> Snapshot:
    return manifest(providers=BODY["providers"] | {"open": {"kind": "openai", **said}})


@given(targets)
def test_nothing_changes_between_a_manifest_and_itself(ids: list[str]) -> None:
    assert not compare(routed(*ids), routed(*ids))


@given(targets, targets)
def test_what_is_told_one_way_is_told_the_other_way_with_its_sides_changed(old: list[str], new: list[str]) -> None:
    there, back = told(routed(*old), routed(*new)), told(routed(*new), routed(*old))

    gone_and_new = {(what, before, after) for what, before, after in there if None in (before, after)}
    assert gone_and_new == {(what, after, before) for what, before, after in back if None in (before, after)}
    assert bool(there) == bool(back) == (old != new)


def test_serial_digest_and_times_are_no_change() -> None:
    times = {"issued_at": "2026-11-20T00:00:00Z", "expires_at": "2027-11-20T00:00:00Z"}

    assert not compare(manifest(1), manifest(2, **times, source={"commit": "abc"}))


def test_a_key_is_told_as_its_reference() -> None:
    assert [("provider open api_key", "env:OPENAI_API_KEY", "env:OTHER")] == told(
        provider(), provider(api_key="env:OTHER")
    )


def test_values_of_headers_are_not_told() -> None:
    changes = told(provider(headers={"x-team": "before-1"}), provider(headers={"x-team": "after-2"}))

    assert ["provider open headers"] == [what for what, _, _ in changes]
    assert "before-1" not in repr(changes)
    assert "after-2" not in repr(changes)


def test_what_looks_like_a_key_in_a_parameter_is_not_told() -> None:
    old, new = ({"use": "one/a", "params": {"user": user}} for user in ("x", "sk-abcdef0123456789"))

    assert [("route chat targets[one/a].params.user", '"x"', '"***"')] == told(
        manifest(routes=[{"name": "chat", "targets": [old]}]), manifest(routes=[{"name": "chat", "targets": [new]}])
    )


def test_a_provider_is_told_field_by_field() -> None:
    assert [
        ("provider open base_url", "https://api.openai.com/v1", "https://eu.api.openai.com/v1"),
        ("provider open hosts", "api.openai.com", "eu.api.openai.com"),
        ("provider open unsupported", "error", "drop"),
    ] == told(provider(), provider(base_url="https://eu.api.openai.com/v1", unsupported="drop"))


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (["one/a", "two/b"], ["two/b", "one/a"], [("targets[two/b]", "place 2", "place 1")]),
        (["one/a"], ["two/b", "one/a"], [("targets[two/b]", None, "place 1")]),
        (["one/a", "two/b"], ["two/b"], [("targets[one/a]", "place 1", None)]),
        (["one/a"], ["one/a", "one/a"], [("targets[one/a #2]", None, "place 2")]),
        (["one/a"], ["two/b"], [("targets[two/b]", None, "place 1"), ("targets[one/a]", "place 1", None)]),
    ],
)
def test_a_route_is_told_target_by_target(
    before: list[str], after: list[str], changes: list[tuple[str, str | None, str | None]]
) -> None:
    assert [(f"route chat {what}", was, is_now) for what, was, is_now in changes] == told(
        routed(*before), routed(*after)
    )


def test_a_default_is_told_once_and_not_for_each_that_has_it() -> None:
    assert [("defaults timeout", "600 s", "300 s")] == told(manifest(), manifest(defaults={"timeout": "300s"}))


def test_what_a_route_says_itself_is_told_beside_the_defaults() -> None:
    assert [
        ("route chat timeout", None, "20 s"),
        ("route chat fail_closed_after", None, "3600 s"),
    ] == told(routed("one/a"), routed("one/a", timeout="20s", fail_closed_after="1h"))


def test_a_detour_is_told_with_its_targets() -> None:
    detour = {"targets": ["two/b"], "until": "2026-11-23T14:00:00Z", "why": "INC-2041"}

    assert [
        ("route chat instead.until", None, "2026-11-23T14:00:00Z"),
        ("route chat instead.why", None, "INC-2041"),
        ("route chat instead.targets[two/b]", None, "place 1"),
    ] == told(routed("one/a"), routed("one/a", instead=detour))


def test_what_whoever_reviews_should_look_at_twice_is_marked() -> None:
    old = manifest(models={"gone": "one/a"})
    new = manifest(allow_direct=True, providers=BODY["providers"] | {"open": {"kind": "openai", "api_key": "env:X"}})

    assert {
        ("document allow_direct", True),
        ("provider open api_key", True),
        ("route gone", True),
    } == {(change.what, change.is_risky) for change in compare(old, new).changes}


RAMP = {"id": "r-1", "unit": "key", "start": "2026-11-23T09:00:00Z", "stages": [{"at": "0m", "bp": 500}]}


def ramped(*ids: str, base: dict[str, Any] | None = None, **said: Any) -> Snapshot:
    routes = [{"name": "chat", "targets": list(ids)}]
    return compiled(
        {
            "schema": "aigw/v1",
            "serial": 2,
            **BODY,
            "routes": routes,
            "rollout": {**RAMP, "base": BODY if base is None else base, **said},
        }
    )


def test_a_rollout_that_leaves_the_others_where_they_are_strays_nowhere() -> None:
    assert () == compare(manifest(), ramped("two/b")).strays


def test_a_base_that_is_not_what_is_served_now_strays() -> None:
    stray = compare(manifest(), ramped("two/b", base=BODY | {"allow_direct": True})).strays

    assert (Change("document", "", "allow_direct", "false", "true"),) == stray


def test_a_rollout_that_goes_on_keeps_its_own_base() -> None:
    difference = compare(ramped("two/b"), ramped("two/b", stages=[{"at": "0m", "bp": 10_000}]))

    assert () == difference.strays
    assert ["rollout stages"] == [change.what for change in difference.changes]


def one_route(**said: Any) -> dict[str, Any]:
    return {"routes": [{"name": "chat", "targets": ["one/a", "two/b"], **said}]}


def one_target(**said: Any) -> dict[str, Any]:
    return {"routes": [{"name": "chat", "targets": [{"use": "one/a", **said}]}]}


def one_provider(**said: Any) -> dict[str, Any]:
    return {"providers": BODY["providers"] | {"open": {"kind": "openai", **said}}}


def ramp(**said: Any) -> dict[str, Any]:
    return {"rollout": {**RAMP, "base": BODY, **said}}


VARIATIONS: list[dict[str, Any]] = [
    {},
    {"tags": {"app": "shop"}},
    {"audience": "acme"},
    {"channel": "prod"},
    {"epoch": 2},
    {"fail_closed_after": "1h"},
    {"allow_direct": True},
    {"models": {"small": "one/s"}},
    *({"defaults": {name: "7s"}} for name in ("timeout", "attempt_timeout", "connect_timeout", "idle_timeout")),
    {"defaults": {"first_token_timeout": "7s", "max_retries": 9}},
    *(one_provider(**said) for said in ({"unsupported": "drop"}, {"headers": {"x-a": "1"}}, {"headers": {"x-a": "2"}})),
    *(one_provider(**said) for said in ({"api_key": "env:OTHER"}, {"base_url": "https://eu.api.openai.com/v1"})),
    one_provider(hosts=["api.openai.com:443"]),
    *(one_route(**said) for said in ({"timeout": "9s"}, {"unsupported": "pass"}, {"fail_closed_after": "1h"})),
    one_route(fallback_on=["timeout"]),
    one_route(fallback_on=[]),
    one_route(max_retries=5),
    *(one_route(fallbacks={name: ["two/c"]}) for name in ("context_length", "content_policy")),
    one_route(instead={"targets": ["two/c"], "until": "2026-11-23T14:00:00Z"}),
    one_route(instead={"targets": ["two/c"], "until": "2026-11-23T15:00:00Z"}),
    *(one_target(**said) for said in ({}, {"timeout": "9s"}, {"first_token_timeout": "9s"}, {"max_retries": 5})),
    *(one_target(params=params) for params in ({"temperature": 0.1}, {"temperature": 0.2}, {"stop": ["a"]})),
    {"routes": [{"name": "chat", "strategy": "single", "targets": ["one/a"]}]},
    *(ramp(**said) for said in ({}, {"id": "r-2"}, {"unit": "tenant"}, {"start": "2026-11-24T09:00:00Z"})),
    *(ramp(**said) for said in ({"stages": [{"at": "0m", "bp": 600}]}, {"guard": {"min_calls": 9}})),
    *(ramp(**said) for said in ({"guard": {"min_calls": 10}}, {"base": {**BODY, "allow_direct": True}})),
]


@pytest.mark.parametrize("at", range(len(VARIATIONS)))
def test_whatever_means_something_else_is_told(at: int) -> None:
    here = manifest(**VARIATIONS[at])
    unseen = [
        other for place, other in enumerate(VARIATIONS) if bool(compare(here, manifest(**other))) is (place == at)
    ]

    assert [] == unseen
