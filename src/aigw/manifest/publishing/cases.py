"""Tests of a manifest: calls, and what is expected to become of each. Pure: who judges the calls comes in.

The file stands beside the manifest, `schema: aigw/manifest-tests/v1`. A case holds on both sides of a rollout, unless
its call says which it takes, or who calls does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, StrictStr, ValidationError, model_validator

from aigw.call import ArmName
from aigw.manifest.language.document import Path, load_document
from aigw.manifest.language.model import Part
from aigw.manifest.language.problems import Problems
from aigw.manifest.language.values import Moment, Params, Text
from aigw.manifest.publishing.findings import Finding
from aigw.manifest.snapshot import Route, Snapshot
from aigw.types.json import as_object

__all__ = ["SCHEMA", "Answer", "Asked", "Case", "Cases", "Coverage", "Judge", "judged", "read_cases"]

SCHEMA: Final = "aigw/manifest-tests/v1"
RULE: Final = "case"
"""What findings of failed cases are called."""

COVERAGE: Final = "coverage"
"""What findings of what no case exercises are called."""

Surface: TypeAlias = Literal["chat", "responses", "messages", "embeddings"]
Alternates: TypeAlias = Literal["context_length", "content_policy"]


class Asked(Part):
    """A call: `at` is the moment it is made, `arm` the side of a rollout it takes, `after` what went wrong with it."""

    model: Text
    surface: Surface = "chat"
    stream: Annotated[bool, Field(strict=True)] = False
    tags: Annotated[dict[StrictStr, StrictStr], Field(default_factory=dict[str, str])]
    key: Text | None = None
    at: Moment | None = None
    arm: ArmName | None = None
    after: Alternates | None = None
    params: Annotated[Params, Field(default_factory=dict[str, object])]


class _Expected(Part):
    """What is expected of an answer; whatever is left out is not looked at."""

    route: Text | None = None
    target: Text | None = None
    targets: tuple[Text, ...] | None = None
    arm: ArmName | None = None
    refused: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "_Expected":
        if not self.model_fields_set:
            message = "expects nothing; say route, target, targets, arm or refused"
            raise ValueError(message)
        if self.refused is not None and (self.target is not None or self.targets is not None):
            message = "expects a refusal and a target; a call has one or the other"
            raise ValueError(message)
        return self


class _CasePart(Part):
    name: Text
    call: Asked
    expect: _Expected


class _CasesPart(Part):
    schema_: Literal["aigw/manifest-tests/v1"] = Field(alias="schema")
    cases: Annotated[tuple[_CasePart, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Case:
    """A call, and what is expected of it, with the line it stands on."""

    name: str
    line: int | None
    call: Asked
    expected: _Expected


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a file, in its order."""

    source: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call on one side: the targets that may take it, in order, or the codes it was refused with.

    `arm` is None where nothing is being rolled out. `detoured` is True where the route's `instead` stood in.
    """

    arm: ArmName | None = None
    route: str | None = None
    targets: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    detoured: bool = False


Judge: TypeAlias = Callable[[Asked], Sequence[Answer]]
"""Says what becomes of a call, on each side of a rollout that it might take."""


def read_cases(content: bytes | str, *, source: str) -> Cases:
    """Read the file of cases. Raises `ManifestInvalidError` with all that is wrong with it."""
    document = load_document(content, source=source)
    raw = as_object(document.data)
    problems = Problems(source, document.find, _part_at)
    if raw.get("schema") != SCHEMA:
        problems.add(("schema",), f"write `schema: {SCHEMA}` at the top of a file of tests")
        problems.raise_if_any()
    try:
        part = _CasesPart.model_validate(raw)
    except ValidationError as error:
        problems.add_all(error)
        problems.raise_if_any()
        raise
    lines = [document.find(("cases", at)) for at in range(len(part.cases))]
    return Cases(
        source, tuple(Case(one.name, line, one.call, one.expect) for one, line in zip(part.cases, lines, strict=True))
    )


def _part_at(path: Path) -> type[Part] | None:
    match path:
        case ():
            return _CasesPart
        case ("cases", int()):
            return _CasePart
        case ("cases", int(), "call"):
            return Asked
        case ("cases", int(), "expect"):
            return _Expected
        case _:
            return None


def judged(cases: Cases, judge: Judge, coverage: "Coverage") -> tuple[Finding, ...]:
    """Put each case to *judge*, noting in *coverage* what it exercised: give a finding for each that fails."""
    found: list[Finding] = []
    for case in cases.cases:
        answers = judge(case.call)
        wrong = list(dict.fromkeys(what for answer in answers for what in _differences(case, answer)))
        if wrong:
            message = f"{case.name}: {'; '.join(wrong)}"
            found.append(Finding(level="error", rule=RULE, message=message, file=cases.source, line=case.line))
        else:
            coverage.note(case.call, answers)
    return tuple(found)


def _differences(case: Case, answer: Answer) -> Iterator[str]:
    """Say where *answer* is not what is expected."""
    expected, side = case.expected, f" ({answer.arm})" if answer.arm else ""
    if expected.arm is not None and answer.arm != expected.arm:
        yield f"expected the {expected.arm}, and it takes the {answer.arm or 'only side there is'}"
    if expected.route is not None and answer.route != expected.route:
        yield f"expected the route {expected.route}, and it takes {answer.route or 'none'}{side}"
    if expected.refused is not None:
        if not answer.refused:
            yield f"expected to be refused ({expected.refused}), and it goes to {_listed(answer.targets)}{side}"
        elif expected.refused not in answer.refused:
            yield f"expected to be refused with {expected.refused}, and it is with {_listed(answer.refused)}{side}"
    elif answer.refused:
        yield f"is refused: {_listed(answer.refused)}{side}"
    elif expected.target is not None and answer.targets[:1] != (expected.target,):
        yield f"expected {expected.target} first, and it goes to {_listed(answer.targets)}{side}"
    elif expected.targets is not None and answer.targets != expected.targets:
        yield f"expected {_listed(expected.targets)}, and it goes to {_listed(answer.targets)}{side}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "nobody"


@dataclass(slots=True)
class Coverage:
    """Which routes, alternates, detours and sides of a rollout the passing cases exercised, of those there are."""

    snapshot: Snapshot
    exercised: set[str] = field(default_factory=set[str])

    def note(self, call: Asked, answers: Iterable[Answer]) -> None:
        """Note what a case exercised."""
        rollout = self.snapshot.rollout
        for answer in answers:
            if rollout is not None and answer.arm is not None:
                self.exercised.add(_side(rollout.id, answer.arm))
            if answer.route is not None:
                self.exercised.add(_place(answer, call.after))

    @property
    def all(self) -> Mapping[str, str]:
        """What there is to be exercised, each with the name of its route or rollout."""
        found = {place: name for name, route in self.snapshot.routes.items() for place in _places("", name, route)}
        rollout = self.snapshot.rollout
        if rollout is None:
            return found
        for name, route in rollout.base.routes.items():
            if self.snapshot.routes.get(name) != route:
                found |= dict.fromkeys(_places(_BASE, name, route), name)
        return {**found, **{_side(rollout.id, arm): rollout.id for arm in ("candidate", "base")}}

    @property
    def missing(self) -> tuple[str, ...]:
        """What no case exercised, in the order of the manifest."""
        return tuple(place for place in self.all if place not in self.exercised)

    @property
    def percent(self) -> float:
        """How much of it was exercised: 100 is all."""
        there = len(self.all)
        return 100.0 * (there - len(self.missing)) / there if there else 100.0

    def findings(self, source: str) -> tuple[Finding, ...]:
        """Give a note for each thing that no case exercised."""
        return tuple(
            Finding(level="note", rule=COVERAGE, message=f"no case exercises {place}", file=source)
            for place in self.missing
        )


_BASE: Final = "base: "


def _side(rollout: str, arm: str) -> str:
    return f"rollout {rollout}: {arm}"


def _place(answer: Answer, after: Alternates | None) -> str:
    side = _BASE if answer.arm == "base" else ""
    if after is not None:
        return f"{side}route {answer.route} after {after}"
    return f"{side}route {answer.route}{' instead' if answer.detoured else ''}"


def _places(side: str, name: str, route: Route) -> Iterator[str]:
    yield f"{side}route {name}"
    if route.instead is not None:
        yield f"{side}route {name} instead"
    if route.on_context_length:
        yield f"{side}route {name} after context_length"
    if route.on_content_policy:
        yield f"{side}route {name} after content_policy"
