"""The four steps of the demo: each does something, and says what must be true of it and whether it is."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import aigw
from aigw.cli.demo_service import Service
from aigw.cli.demo_world import ANTHROPIC, OPENAI, ROUTE, World, answer_of

QUESTION: Final = "Summarise: The printer on floor 3 is on fire, says Kim, and nobody can find the extinguisher."

_FOLLOWS_WITHIN_S: Final = 10.0
_BETWEEN_CALLS_S: Final = 0.05
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """Something a step promises, and whether it holds."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened in one step. `record` is that of its last call, `before` one to compare it with."""

    name: str
    title: str
    said: str
    record: aigw.Record
    before: aigw.Record | None = None
    remarks: tuple[str, ...] = ()
    claims: tuple[Claim, ...]

    @property
    def ok(self) -> bool:
        """Whether everything promised holds."""
        return all(claim.holds for claim in self.claims)


def steps(world: World, service: Service) -> Iterator[Step]:
    """Do one step after the other. Raises `AigwError` where a call fails, which none should."""
    plays: tuple[Callable[[World, Service], Step], ...] = (_call, _streamed_call, _dying_provider, _flipped_manifest)
    for play in plays:
        yield play(world, service)


def _call(world: World, service: Service) -> Step:
    answer = service.ask(ROUTE, QUESTION)
    return Step(
        name="call",
        title="A call",
        said=_text(answer),
        record=answer.aigw,
        claims=(
            _answered_by(OPENAI, answer.aigw),
            Claim("the answer is the provider's, word for word", _text(answer) == answer_of(OPENAI)),
            Claim("the provider saw one request", len(world.openai.requests) == 1),
        ),
    )


def _streamed_call(world: World, service: Service) -> Step:  # noqa: ARG001 - all steps take the same
    pieces, record = service.ask_streamed(ROUTE, QUESTION)
    first_s = record.first_token_s or 0.0
    return Step(
        name="streamed call",
        title="A streamed call",
        said="".join(pieces),
        record=record,
        remarks=(f"{len(pieces)} pieces: the first after {_ms(first_s)}, the last after {_ms(record.latency_s)}",),
        claims=(
            _answered_by(OPENAI, record),
            Claim("the answer came piece by piece", len(pieces) > 1),
            Claim("the pieces are the answer, word for word", "".join(pieces) == answer_of(OPENAI)),
        ),
    )


def _dying_provider(world: World, service: Service) -> Step:
    world.kill_openai()
    answer = service.ask(ROUTE, QUESTION)
    failed = [attempt for attempt in answer.aigw.attempts if attempt.error is not None]
    return Step(
        name="dying provider",
        title="The provider dies, and the service does not notice",
        said=_text(answer),
        record=answer.aigw,
        remarks=(f"{OPENAI} was stopped before this call; the service got an answer and no error",),
        claims=(
            Claim(f"answered by {ANTHROPIC}", answer.aigw.target == ANTHROPIC),
            Claim("the answer is the other provider's, word for word", _text(answer) == answer_of(ANTHROPIC)),
            Claim("the failed attempts are on record", {attempt.target for attempt in failed} == {OPENAI}),
            Claim("the last attempt succeeded", answer.aigw.attempts[-1].status == _OK),
        ),
    )


def _flipped_manifest(world: World, service: Service) -> Step:
    world.revive_openai()
    before = service.ask(ROUTE, QUESTION).aigw
    world.flip()
    published = time.monotonic()
    calls, answer = 1, service.ask(ROUTE, QUESTION)
    while answer.aigw.serial == before.serial and time.monotonic() - published < _FOLLOWS_WITHIN_S:
        time.sleep(_BETWEEN_CALLS_S)
        calls, answer = calls + 1, service.ask(ROUTE, QUESTION)
    took_s = time.monotonic() - published
    return Step(
        name="flipped manifest",
        title="The manifest at the URL flips, and the running process moves",
        said=_text(answer),
        record=answer.aigw,
        before=before,
        remarks=(
            f"before: {OPENAI} is up again, and serial {before.serial} sends the call to {before.target}",
            f"then serial {world.serial} was published, which puts {ANTHROPIC} first",
            f"{_ms(took_s)} and {calls} calls later, none of which failed, the same gateway sends it there",
        ),
        claims=(
            _answered_by(OPENAI, before),
            _answered_by(ANTHROPIC, answer.aigw),
            Claim("the gateway followed by itself", service.status().serial == world.serial == answer.aigw.serial),
            Claim("the serial was another before", before.serial == world.serial - 1),
        ),
    )


def _answered_by(target: str, record: aigw.Record) -> Claim:
    return Claim(f"answered by {target} at the first attempt", [target] == [one.target for one in record.attempts])


def _text(answer: aigw.ChatCompletion) -> str:
    return answer.choices[0].message.content or ""


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
