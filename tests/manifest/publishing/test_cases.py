"""Cases are read strictly, and say of each answer whether it is what was expected."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.publishing.cases import Answer, Asked, Coverage, judged, read_cases
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds

MANIFEST = {
    "schema": "aigw/v1",
    "serial": 1,
    "providers": {"openai": {"kind": "openai"}, "anthropic": {"kind": "anthropic"}},
    "models": {"cheap": "openai/m"},
    "routes": [
        {
            "name": "main",
            "targets": ["openai/m", "anthropic/c"],
            "fallbacks": {"context_length": ["anthropic/long"]},
            "instead": {"until": "2026-12-01T00:00:00Z", "targets": ["anthropic/c"]},
        }
    ],
}
RAMPED = {
    **MANIFEST,
    "rollout": {
        "id": "r-1",
        "unit": "tenant",
        "start": "2026-11-20T00:00:00Z",
        "preset": "linear-20-6m",
        "base": {
            "providers": {"openai": {"kind": "openai"}},
            "models": {"cheap": "openai/m", "main": "openai/old"},
        },
    },
}


def snapshot(said: dict[str, Any]) -> Snapshot:
    return compile_manifest(said, source="m.yaml", kinds=kinds())


def cases(expect: str, call: str = "{model: main}") -> str:
    return f"schema: aigw/manifest-tests/v1\ncases:\n  - name: the case\n    call: {call}\n    expect: {expect}\n"


def failures(expect: str, *answers: Answer) -> list[str]:
    read = read_cases(cases(expect), source="t.yaml")
    found = judged(read, lambda _: answers, Coverage(snapshot(MANIFEST)))
    assert all(("error", "case", "t.yaml", 3) == (one.level, one.rule, one.file, one.line) for one in found)
    return [one.message.removeprefix("the case: ") for one in found]


WENT = Answer(route="main", targets=("openai/m", "anthropic/c"))


@pytest.mark.parametrize(
    "expect",
    ["{targets: [openai/m, anthropic/c]}", "{target: openai/m}", "{route: main}", "{route: main, target: openai/m}"],
)
def test_a_call_that_goes_where_it_is_expected_is_no_finding(expect: str) -> None:
    assert [] == failures(expect, WENT)


@pytest.mark.parametrize(
    ("expect", "answer", "message"),
    [
        ("{targets: [openai/m]}", WENT, "expected openai/m, and it goes to openai/m, anthropic/c"),
        ("{target: anthropic/c}", WENT, "expected anthropic/c first, and it goes to openai/m, anthropic/c"),
        ("{route: cheap}", WENT, "expected the route cheap, and it takes main"),
        ("{arm: base}", WENT, "expected the base, and it takes the only side there is"),
        ("{refused: no_secret}", WENT, "expected to be refused (no_secret), and it goes to openai/m, anthropic/c"),
        ("{refused: x}", Answer(refused=("y",)), "expected to be refused with x, and it is with y"),
        ("{target: openai/m}", Answer(refused=("model_not_found",)), "is refused: model_not_found"),
        ("{target: openai/m}", Answer("base", "main", ("o/x",)), "expected openai/m first, and it goes to o/x (base)"),
    ],
)
def test_a_call_that_goes_elsewhere_is_told_with_where(expect: str, answer: Answer, message: str) -> None:
    assert [message] == failures(expect, answer)


def test_a_case_holds_on_every_side_the_call_may_take() -> None:
    old, new = Answer("base", "main", ("openai/m",)), Answer("candidate", "main", ("openai/n",))

    assert [] == failures("{route: main}", new, old)
    assert ["expected openai/n first, and it goes to openai/m (base)"] == failures("{target: openai/n}", new, old)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cases: []\n", "write `schema: aigw/manifest-tests/v1`"),
        (cases("{target: a/b}").replace("    expect", "    expects"), "unknown key; did you mean 'expect'?"),
        (cases("{traget: a/b}"), "unknown key; did you mean 'target'?"),
        (cases("{}"), "expects nothing"),
        (cases("{target: a/b, refused: x}"), "expects a refusal and a target"),
        (cases("{target: a/b}", "{model: main, surface: chats}"), "'chats' is not known here; did you mean 'chat'?"),
        (cases("{target: a/b}", "{model: main, at: tomorrow}"), "must be a moment with its zone"),
        ("schema: aigw/manifest-tests/v1\ncases: []\n", "must not be empty"),
        ("schema: aigw/manifest-tests/v1\n", "cases: is missing"),
    ],
)
def test_a_file_of_cases_is_read_strictly(text: str, message: str) -> None:
    with pytest.raises(ManifestInvalidError, match=r"^t\.yaml:\d+: ") as caught:
        read_cases(text, source="t.yaml")
    assert message in " ".join(caught.value.problems)


def coverage(said: dict[str, Any], *noted: tuple[Asked, Answer]) -> Coverage:
    found = Coverage(snapshot(said))
    for asked, answer in noted:
        found.note(asked, [answer])
    return found


def test_routes_alternates_and_detours_are_each_to_be_exercised() -> None:
    assert ["route cheap", "route main", "route main instead", "route main after context_length"] == list(
        coverage(MANIFEST).missing
    )
    assert 0 == coverage(MANIFEST).percent


def test_what_a_case_exercises_is_no_longer_missing() -> None:
    main = Asked(model="main")
    found = coverage(
        MANIFEST,
        (main, WENT),
        (main, Answer(route="main", targets=("anthropic/c",), detoured=True)),
        (main.model_copy(update={"after": "context_length"}), Answer(route="main", targets=("anthropic/long",))),
    )

    assert (("route cheap",), 75) == (found.missing, found.percent)
    assert ["no case exercises route cheap"] == [one.message for one in found.findings("m.yaml")]


def test_both_sides_of_a_rollout_are_to_be_exercised_and_of_the_base_what_differs() -> None:
    found = coverage(RAMPED, (Asked(model="main"), Answer("base", "main", ("openai/old",))))

    assert "base: route cheap" not in found.all
    assert {"base: route main", "rollout r-1: base"} == found.all.keys() - set(found.missing)


def test_a_case_that_fails_exercises_nothing() -> None:
    found = Coverage(snapshot(MANIFEST))
    judged(read_cases(cases("{target: a/b}"), source="t.yaml"), lambda _: [WENT], found)

    assert set() == found.exercised


LINES = [
    "schema: aigw/manifest-tests/v1",
    "cases:",
    *("  - name: a", "  - 1", "    call: {model: a}", "    call: {model: 1, params: {a: [1, .nan]}, tags: {a: 1}}"),
    *(
        "    expect: {target: a/b}",
        "    expect: {}",
        "    expect: []",
        "      at: 2026-11-20",
        "  name: a",
        "cases: {a: 1}",
    ),
]


@given(lines=st.lists(st.sampled_from(LINES), max_size=8))
def test_whatever_stands_in_the_file_it_is_read_or_refused(lines: list[str]) -> None:
    with suppress(ManifestInvalidError):
        assert read_cases("\n".join(lines), source="t.yaml").cases
