"""A rehearsal is what the pipeline would do, at any moment and on any side, with nobody called."""

import pytest
from tests.cli.manifest.author.author_kit import MANIFEST, RAMP

from aigw.call import DEFAULTS, Options
from aigw.cli.rehearsal import Rehearsal, assumed_secrets, moment_of, tags_named
from aigw.core import principal_of
from aigw.errors import ConfigurationError
from aigw.manifest.language.compile import compile_manifest
from aigw.providers.registry import kinds
from aigw.surfaces.chat.request import explained

BEFORE, AFTER = moment_of("2026-11-20T09:59:59Z"), moment_of("2026-11-20T15:00:00Z")
REQUEST, _ = explained("main", [{"role": "user", "content": "…"}], {})


def rehearsal(at: float, ramp: str = RAMP, key: str | None = None) -> Rehearsal:
    snapshot = compile_manifest(MANIFEST + ramp, source="m.yaml", kinds=kinds())
    return Rehearsal(snapshot=snapshot, secrets=assumed_secrets(), principal=principal_of(key), at=at)


@pytest.mark.parametrize(
    ("at", "ramp", "tags", "sides"),
    [
        (AFTER, "", {}, (None,)),
        (BEFORE, RAMP, {}, ("base",)),
        (AFTER, RAMP, {}, ("candidate", "base")),
        (AFTER, RAMP, {"tenant": "initech"}, ("base",)),
        (AFTER, RAMP, {"tenant": "acme"}, ("candidate",)),
        (AFTER, RAMP.replace("bp: 5000", "bp: 10000"), {}, ("candidate",)),
        (AFTER, RAMP.replace("unit: tenant", "unit: request"), {"tenant": "acme"}, ("candidate", "base")),
    ],
)
def test_a_call_may_take_the_sides_that_are_not_ruled_out(
    at: float, ramp: str, tags: dict[str, str], sides: tuple[str | None, ...]
) -> None:
    assert sides == rehearsal(at, ramp).sides(REQUEST, Options(tags=tags))


@pytest.mark.parametrize("tenant", ["initech", "acme", "globex"])
def test_the_side_foretold_is_the_one_the_pipeline_takes(tenant: str) -> None:
    options = Options(tags={"tenant": tenant})
    judge = rehearsal(AFTER)

    assert judge.sides(REQUEST, options) == (judge.of(REQUEST, options).arm,)


def test_a_side_that_is_asked_for_is_on_record() -> None:
    found = rehearsal(AFTER).of(REQUEST, DEFAULTS, "base")

    assert ("base", "r-77:base", "openai/gpt-4o-mini") == (found.arm, found.record.rollout, found.record.target)
    assert "rollout: r-77:base, as asked" in found.record.notes


def test_it_is_the_moment_that_was_asked_for() -> None:
    assert AFTER == rehearsal(AFTER, "").of(REQUEST, DEFAULTS).record.at


def test_a_side_of_no_rollout_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="is not being rolled out: it has no candidate"):
        rehearsal(AFTER, "").of(REQUEST, DEFAULTS, "candidate")


def test_tags_are_read_as_names_and_values() -> None:
    assert {"tenant": "acme", "note": "a=b"} == tags_named(["tenant=acme", "note=a=b"])
