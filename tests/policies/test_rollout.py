"""Rollouts: everyone computes the same bucket, nobody loses what they had, and a bad candidate is let go of."""

import re
import threading
from collections.abc import Mapping
from hashlib import sha256
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.call import Arm, Call, Ending, Options, Outcome, Principal, Trail
from aigw.errors import (
    AigwError,
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    ContentPolicyError,
    ContextLengthExceededError,
    GatewayClosedError,
    InternalServerError,
    ManifestLapsedError,
    ModelNotFoundError,
    NotFoundError,
    RateLimitError,
    SecretError,
    StreamInterrupted,
    UnsupportedParameterError,
)
from aigw.manifest.snapshot import Rollout, RolloutGuard, Snapshot, Stage, Unit
from aigw.policies.rollout import BUCKETS, WATCH_S, WINDOW, Rollouts, arm_of, bucket, stage_at, unit_of, went_well
from aigw.types.request import Request

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "roll-out-a-change.md"
VECTORS = re.findall(r"^\| `(.+)` \| `(.+)` \| `(\w{16})` \| (\d+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)

BASE = Snapshot(7, "base", "m.yaml", {}, {})
HALF = (Stage(0.0, 5000),)
GUARD = RolloutGuard(min_calls=10, max_error_delta=0.1, max_latency_ratio=2.0)

basis_points = st.integers(0, BUCKETS)
texts = st.text(max_size=40)


def snapshot(
    stages: tuple[Stage, ...] = HALF, *, serial: int = 8, unit: Unit = "tenant", guard: RolloutGuard | None = None
) -> Snapshot:
    return Snapshot(serial, "new", "m.yaml", {}, {}, rollout=Rollout("r-77", unit, stages, BASE, guard))


def call(
    pinned: Snapshot,
    *,
    at: float = 1.0,
    tags: Mapping[str, str] | None = None,
    principal: Principal | None = None,
    name: str = "call_1",
) -> Call:
    request = Request("test", "chat", (), {}, stream=False, verbatim={})
    return Call(name, request, pinned, principal or Principal(), tags or {}, Options(), Trail(), at, 0.0)


def numbered() -> Rollouts:
    """Rollouts of processes that are called 1, 2, 3, …: a forked child is the next."""
    names = count(1)
    return Rollouts(lambda: str(next(names)))


def taken(rollouts: Rollouts, pinned: Snapshot, tenant: str = "acme", at: float = 1.0) -> Arm:
    assert pinned.rollout is not None
    return rollouts.choose(call(pinned, at=at, tags={"tenant": tenant}), pinned.rollout)


def both(rollouts: Rollouts, pinned: Snapshot) -> tuple[Arm, Arm]:
    """Give an arm at the candidate (`acme` is in bucket 1655) and one at the base (`tenant-13014` is in the last)."""
    arms = taken(rollouts, pinned, "acme"), taken(rollouts, pinned, "tenant-13014")
    assert ("candidate", "base") == (arms[0].name, arms[1].name)
    return arms


def feed(rollouts: Rollouts, arm: Arm, calls: int, failed: int = 0, took_s: float = 1.0) -> str | None:
    """Let *calls* end, the failed ones first, and give the verdict if one of them brought it about."""
    verdicts = [
        rollouts.finished(arm, ok=number >= failed, took_s=None if number < failed else took_s)
        for number in range(calls)
    ]
    return next(filter(None, verdicts), None)


class TestBuckets:
    @pytest.mark.parametrize(("rollout_id", "unit", "hashed", "expected"), VECTORS)
    def test_are_those_the_docs_promise_to_other_programs(
        self, rollout_id: str, unit: str, hashed: str, expected: str
    ) -> None:
        assert bytes.fromhex(hashed) == sha256(f"{rollout_id}\0{unit}".encode()).digest()[:8]
        assert int(expected) == bucket(rollout_id, unit)

    def test_of_the_docs_have_both_ends_among_them(self) -> None:
        assert {0, BUCKETS - 1} <= {int(expected) for *_, expected in VECTORS}

    @given(texts, texts)
    def test_are_the_basis_points_of_the_hash_without_rounding(self, rollout_id: str, unit: str) -> None:
        salted = f"{rollout_id}\0{unit}".encode()
        number = int(sha256(salted).hexdigest()[:16], 16)
        found = bucket(rollout_id, unit)
        assert found << 64 <= number * BUCKETS < (found + 1) << 64

    @given(texts, texts, basis_points, basis_points)
    def test_of_a_stage_are_all_in_a_later_one(self, rollout_id: str, unit: str, one: int, other: int) -> None:
        less, more = sorted((one, other))
        place = bucket(rollout_id, unit)
        assert not (arm_of(place, less) == "candidate" and arm_of(place, more) == "base")

    @given(st.text(st.characters(), max_size=10))
    def test_at_nothing_nobody_takes_the_candidate_and_at_all_everybody(self, unit: str) -> None:
        assert ("base", "candidate") == (arm_of(bucket("r", unit), 0), arm_of(bucket("r", unit), BUCKETS))

    def test_are_filled_evenly(self) -> None:
        inside = sum(arm_of(bucket("r-77", f"tenant-{number}"), 500) == "candidate" for number in range(20_000))
        assert 900 < inside < 1100

    def test_take_text_that_is_no_unicode(self) -> None:
        assert bucket("r", "\ud800") in range(BUCKETS)


class TestStages:
    STAGES = (Stage(100.0, 500), Stage(200.0, 2500), Stage(300.0, 10_000))

    @pytest.mark.parametrize(
        ("now", "expected"),
        [(0.0, 0), (99.9, 0), (100.0, 500), (199.9, 500), (200.0, 2500), (300.0, 10_000), (1e9, 10_000)],
    )
    def test_begin_at_their_moment(self, now: float, expected: int) -> None:
        rollout = snapshot(self.STAGES).rollout
        assert rollout is not None
        assert expected == stage_at(rollout, now)

    @given(st.lists(st.floats(0.0, 400.0), min_size=1, max_size=20))
    def test_are_never_taken_back_within_a_process_whatever_its_clock_does(self, clock: list[float]) -> None:
        rollouts = numbered()
        reached = [taken(rollouts, snapshot(self.STAGES), at=now).bp for now in clock]
        assert reached == sorted(reached)

    def test_of_another_serial_are_its_own(self) -> None:
        rollouts = numbered()
        taken(rollouts, snapshot(self.STAGES), at=300.0)
        stopped = snapshot((Stage(0.0, 0),), serial=9)
        assert ("base", 0) == (taken(rollouts, stopped, at=300.0).name, taken(rollouts, stopped, at=300.0).bp)

    @given(texts, st.floats(0.0, 400.0), st.floats(0.0, 400.0))
    def test_never_take_the_candidate_from_a_unit_that_had_it(self, tenant: str, one: float, other: float) -> None:
        rollouts = numbered()
        names = [taken(rollouts, snapshot(self.STAGES), tenant, at).name for at in sorted((one, other))]
        assert ("candidate", "base") not in pairwise(names)


class TestUnits:
    WHOLE = Principal(key_id="k1", team="billing")

    @pytest.mark.parametrize(
        ("unit", "tags", "principal", "expected"),
        [
            ("tenant", {"tenant": "acme"}, WHOLE, "acme"),
            ("tenant", {}, WHOLE, "billing"),
            ("tenant", {"tenant": ""}, Principal(), None),
            ("key", {"tenant": "acme"}, WHOLE, "k1"),
            ("key", {}, Principal(team="billing"), None),
            ("session", {"session": "s1"}, WHOLE, "s1"),
            ("session", {}, WHOLE, None),
            ("request", {}, WHOLE, "call_1"),
            ("instance", {"tenant": "acme"}, WHOLE, None),
        ],
    )
    def test_are_known_by_what_the_call_says(
        self, unit: Unit, tags: dict[str, str], principal: Principal, expected: str | None
    ) -> None:
        assert expected == unit_of(call(snapshot(), tags=tags, principal=principal), unit)

    def test_a_call_without_its_unit_goes_with_its_process_and_says_so(self) -> None:
        rollouts, pinned = numbered(), snapshot(unit="session")
        assert pinned.rollout is not None
        arm = rollouts.choose(call(pinned), pinned.rollout)
        assert ("instance", bucket("r-77", "1")) == (arm.unit, arm.bucket)

    def test_a_forked_child_is_a_process_of_its_own(self) -> None:
        rollouts, pinned = numbered(), snapshot(unit="instance")
        assert pinned.rollout is not None
        before = rollouts.choose(call(pinned), pinned.rollout).bucket
        rollouts.after_fork()
        after = rollouts.choose(call(pinned), pinned.rollout).bucket
        assert (bucket("r-77", "1"), bucket("r-77", "2")) == (before, after)

    def test_an_arm_tells_what_decided(self) -> None:
        arm = taken(numbered(), snapshot())
        assert "r-77:candidate" == str(arm)
        assert "by tenant, bucket 1655; those below 5000 take the candidate" == arm.why


class TestWhatAnEndingSays:
    @pytest.mark.parametrize(
        "error",
        [
            InternalServerError("500"),
            RateLimitError("429"),
            AuthenticationError("no key here"),
            NotFoundError("the provider has no such model"),
            APIConnectionError("gone"),
            StreamInterrupted("cut"),
            SecretError("no such reference"),
            ValueError("a crash"),
        ],
    )
    def test_against_its_arm(self, error: Exception) -> None:
        assert went_well(Ending(Outcome.ERROR, error)) is False

    @pytest.mark.parametrize(
        "error",
        [
            BadRequestError("wrong"),
            ContextLengthExceededError("long"),
            ContentPolicyError("no"),
            UnsupportedParameterError("no"),
            ModelNotFoundError("misspelt"),
            ManifestLapsedError("in doubt"),
            GatewayClosedError("closed"),
            AigwError("ours"),
        ],
    )
    def test_nothing_where_it_is_the_callers_doing_or_the_same_on_both_sides(self, error: Exception) -> None:
        assert went_well(Ending(Outcome.REFUSED, error)) is None

    def test_nothing_where_the_caller_went_away(self) -> None:
        assert went_well(Ending(Outcome.CLOSED)) is None
        assert went_well(Ending(Outcome.CANCELLED, KeyboardInterrupt())) is None

    def test_for_its_arm_where_the_answer_was_whole(self) -> None:
        assert went_well(Ending(Outcome.OK)) is True


class TestTheGuard:
    def test_lets_go_of_a_candidate_that_fails_more_than_the_base(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, base = both(rollouts, pinned)
        assert feed(rollouts, base, 20, failed=1) is None

        verdict = feed(rollouts, candidate, 10, failed=2)

        assert "2 of 10 calls of the candidate failed, 1 of 20 of the base" == verdict
        held = taken(rollouts, pinned)
        assert ("base", verdict) == (held.name, held.held_back)
        assert held.why == f"this process holds itself back: {verdict}"

    def test_waits_for_enough_calls(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, _ = both(rollouts, pinned)
        assert feed(rollouts, candidate, 9, failed=9) is None
        assert "candidate" == taken(rollouts, pinned).name

    def test_holds_nothing_against_a_candidate_that_fails_as_the_base_does(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, base = both(rollouts, pinned)
        feed(rollouts, base, 20, failed=20)
        assert feed(rollouts, candidate, 20, failed=20) is None

    def test_takes_it_that_a_base_nobody_took_does_not_fail(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, _ = both(rollouts, pinned)
        assert feed(rollouts, candidate, 10, failed=2) is not None

    def test_lets_go_of_a_candidate_that_is_too_slow(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, base = both(rollouts, pinned)
        feed(rollouts, base, 10, took_s=1.0)
        assert feed(rollouts, candidate, 10, took_s=1.8) is None

        verdict = feed(rollouts, candidate, 20, took_s=2.5)

        assert verdict is not None
        assert verdict.startswith("half the calls of the candidate take over 2.")

    def test_does_not_compare_latencies_with_a_base_that_is_not_known(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, base = both(rollouts, pinned)
        feed(rollouts, base, 9, took_s=0.1)
        assert feed(rollouts, candidate, 50, took_s=60.0) is None

    @pytest.mark.parametrize("took_s", [0.0, -1.0, 0.001, 1e9])
    def test_takes_any_latency(self, took_s: float) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        for arm in reversed(both(rollouts, pinned)):
            assert feed(rollouts, arm, 20, took_s=took_s) is None

    def test_says_its_verdict_once(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, _ = both(rollouts, pinned)
        assert feed(rollouts, candidate, 10, failed=10) is not None
        assert feed(rollouts, candidate, 10, failed=10) is None

    def test_forgets_its_verdict_when_another_serial_comes(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, _ = both(rollouts, pinned)
        feed(rollouts, candidate, 10, failed=10)
        assert "candidate" == taken(rollouts, snapshot(guard=GUARD, serial=9)).name

    def test_is_not_misled_by_a_straggler_of_an_older_serial(self) -> None:
        rollouts, old, new = numbered(), snapshot(guard=GUARD), snapshot(guard=GUARD, serial=9)
        straggler, _ = both(rollouts, old)
        candidate, _ = both(rollouts, new)
        assert feed(rollouts, straggler, 50, failed=50) is None
        feed(rollouts, candidate, 10, failed=10)

        assert "candidate" == taken(rollouts, old).name
        assert "base" == taken(rollouts, new).name

    def test_stops_watching_once_the_change_is_made(self) -> None:
        rollouts, done = numbered(), snapshot((Stage(100.0, BUCKETS),), guard=GUARD)
        candidate = taken(rollouts, done, at=100.0 + WATCH_S)
        assert feed(rollouts, candidate, 50, failed=50) is None

    def test_goes_on_watching_while_some_take_the_base(self) -> None:
        rollouts, pinned = numbered(), snapshot((Stage(100.0, 5000),), guard=GUARD)
        candidate = taken(rollouts, pinned, at=100.0 + 100 * WATCH_S)
        assert feed(rollouts, candidate, 10, failed=10) is not None

    def test_notices_a_candidate_that_goes_bad_after_a_long_time(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, base = both(rollouts, pinned)
        for _ in range(10):
            feed(rollouts, base, WINDOW)
            feed(rollouts, candidate, WINDOW)
        assert feed(rollouts, candidate, WINDOW // 4, failed=WINDOW // 4) is not None

    def test_does_not_hold_an_outage_of_both_against_the_rarer_one_afterwards(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, base = both(rollouts, pinned)
        verdicts: list[str | None] = []
        for second in range(3000):
            down = 1000 <= second < 1100
            verdicts += [feed(rollouts, base, 9, failed=9 * down), feed(rollouts, candidate, 1, failed=1 * down)]
        assert not any(verdicts)

    def test_without_one_nothing_is_held_against_anybody(self) -> None:
        rollouts, pinned = numbered(), snapshot()
        candidate, _ = both(rollouts, pinned)
        assert feed(rollouts, candidate, 100, failed=100) is None

    def test_counts_each_call_of_many_threads_once(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=RolloutGuard(min_calls=4000))
        candidate, _ = both(rollouts, pinned)
        found: list[str] = []

        def work() -> None:
            verdict = feed(rollouts, candidate, 1000, failed=1000)
            if verdict is not None:
                found.append(verdict)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert ["4000 of 4000 calls of the candidate failed, 0 of 0 of the base"] == found


class TestAForkedChild:
    def test_takes_the_verdict_over_and_counts_its_own_calls(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, _ = both(rollouts, pinned)
        feed(rollouts, candidate, 9, failed=9)
        rollouts.after_fork()
        assert feed(rollouts, candidate, 9, failed=9) is None

        assert feed(rollouts, candidate, 1, failed=1) is not None
        rollouts.after_fork()
        assert "base" == taken(rollouts, pinned).name

    def test_is_not_hung_by_a_lock_held_at_the_fork(self) -> None:
        rollouts = numbered()
        with rollouts._lock:
            rollouts.after_fork()
            assert "candidate" == taken(rollouts, snapshot()).name


class TestHealth:
    def test_tells_stage_and_verdict(self) -> None:
        rollouts, pinned = numbered(), snapshot(guard=GUARD)
        candidate, _ = both(rollouts, pinned)
        verdict = feed(rollouts, candidate, 10, failed=10)
        health = rollouts.health(pinned, 1.0)
        assert health is not None
        assert ("r-77", "tenant", 5000, verdict) == (health.id, health.unit, health.bp, health.held_back)

    def test_is_none_where_nothing_is_rolled_out(self) -> None:
        rollouts = numbered()
        taken(rollouts, snapshot())
        assert rollouts.health(BASE, 1.0) is None
