"""Rules about routes: whether what they list can be reached, and what happens once it cannot."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from aigw.manifest.publishing.rules.subject import Body, Entry, Found, Path, Rule, Subject
from aigw.manifest.snapshot import Instead, Target
from aigw.types.json import as_array, as_object

_ALL: Final = 10_000
_A_WEEK_S: Final = 7 * 86_400.0
_LISTS: Final[tuple[Path, ...]] = (
    ("targets",),
    ("fallbacks", "context_length"),
    ("fallbacks", "content_policy"),
    ("instead", "targets"),
)


def _no_fallback(subject: Subject) -> Iterator[Found]:
    for body in subject.bodies():
        for entry in body.routes():
            providers = {target.provider.name for target in entry.route.targets}
            if entry.route.strategy == "single" or len(providers) > 1:
                continue
            if len(entry.route.targets) == 1:
                what = "has one target, and nothing to fall back on"
                also = ", or write `strategy: single` if that is meant"
            else:
                what, also = f"has all its targets at {providers.pop()}, and fails with it", ""
            yield Found((*entry.path, "targets"), what, f"add a target at another provider{also}")


def _late_fallback(subject: Subject) -> Iterator[Found]:
    for body in subject.bodies():
        for entry in body.routes():
            limit_s, first = entry.route.timeout, entry.route.targets[0]
            attempt_s = first.timeouts.total
            if "timeout" not in entry.raw or len(entry.route.targets) == 1 or limit_s is None:
                continue
            if attempt_s is None or attempt_s >= limit_s:
                what = f"leaves no time for others: an attempt at {first.id} may take {_shown(attempt_s)}"
                fix = "give the first target a shorter `timeout`, or the route a longer one"
                yield Found((*entry.path, "timeout"), what, fix)


def _unreachable(subject: Subject) -> Iterator[Found]:
    for body in subject.bodies():
        for entry in body.routes():
            yield from _repeated(entry)
            yield from _untried(entry)
    yield from _idle_stages(subject)


def _repeated(entry: Entry) -> Iterator[Found]:
    """Find targets that a list names twice, and alternates that are what has just failed."""
    for path in _LISTS:
        targets = _targets(entry, path)
        counts = Counter(target.id for target in targets)
        for target, number in counts.items():
            if number > 1:
                yield Found((*entry.path, *path), f"names {target} {number} times", "retry with `max_retries` instead")
    only = {target.id for target in entry.route.targets}
    for path in _LISTS[1:3]:
        same = sorted(only & {target.id for target in _targets(entry, path)})
        if len(only) == 1 and same:
            what = f"leads back to {same[0]}, the only target, where it would fail alike"
            yield Found((*entry.path, *path), what, "name a model that can take it")


def _untried(entry: Entry) -> Iterator[Found]:
    """Find fallbacks that no failure leads to, and failures that lead nowhere."""
    if "fallback_on" not in entry.raw:
        return
    path = (*entry.path, "fallback_on")
    if not entry.route.fallback_on and len(entry.route.targets) > 1:
        yield Found(path, "is empty, so only the first target is ever tried", "leave it out, or the other targets")
    elif entry.route.fallback_on and len(entry.route.targets) == 1:
        yield Found(path, "names failures, and there is no second target", "leave it out, or add a target")


def _idle_stages(subject: Subject) -> Iterator[Found]:
    rollout = None if subject.snapshot is None else subject.snapshot.rollout
    if rollout is None or not as_array(as_object(subject.raw.get("rollout")).get("stages")):
        return
    for number, (before, stage) in enumerate(pairwise(rollout.stages), start=1):
        if before.bp == stage.bp:
            what = f"changes nothing: {_percent(stage.bp)} take the candidate before it, too"
            yield Found(("rollout", "stages", number), what, "leave it out, or change its `bp`")


def _dead(subject: Subject) -> Iterator[Found]:
    for body in subject.bodies():
        for entry in body.routes():
            if entry.route.instead is not None:
                yield from _dead_detour(subject, body, entry.path, entry.route.instead)
    rollout = None if subject.snapshot is None else subject.snapshot.rollout
    if rollout is None or not rollout.stages:
        return
    last = rollout.stages[-1]
    if last.bp == _ALL and last.at + _A_WEEK_S < subject.now:
        what = "has been over for more than a week, and nobody takes its base any more"
        yield Found(("rollout",), what, "leave it out of the next release")


def _dead_detour(subject: Subject, body: Body, path: Path, detour: Instead) -> Iterator[Found]:
    until = (*path, "instead", "until")
    if detour.until <= subject.now:
        yield Found(until, "has passed, so nobody takes the detour", "leave `instead` out, or set a later moment")
    elif body.snapshot.expires_at is not None and detour.until >= body.snapshot.expires_at:
        what = "is not before the manifest's own end, so the route's own targets are never taken"
        yield Found(until, what, "end the detour earlier, or write its targets as the route's own")


def _targets(entry: Entry, path: Path) -> tuple[Target, ...]:
    route = entry.route
    return {
        "targets": route.targets,
        "fallbacks.context_length": route.on_context_length,
        "fallbacks.content_policy": route.on_content_policy,
        "instead.targets": () if route.instead is None else route.instead.targets,
    }[".".join(str(step) for step in path)]


def _shown(seconds: float | None) -> str:
    return "for ever" if seconds is None else f"{seconds:g} s"


def _percent(bp: int) -> str:
    return f"{bp / 100:g} %"


NO_FALLBACK: Final = Rule(
    id="no-fallback",
    level="warning",
    asks="Is there another provider to fall back on?",
    why="A route whose targets are all at one provider is down whenever that provider is.",
    instead_of="routes:\n  - {name: summary, targets: [openai/gpt-4o]}",
    write="routes:\n  - {name: summary, targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]}",
    check=_no_fallback,
)
LATE_FALLBACK: Final = Rule(
    id="late-fallback",
    level="warning",
    asks="Is there time left for a fallback once the first target has timed out?",
    why="`timeout` of a route is for the whole call. An attempt that may take as long leaves nothing to the others.",
    instead_of="routes:\n  - {name: summary, timeout: 60s, targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]}",
    write=(
        "routes:\n  - name: summary\n    timeout: 60s\n    targets:\n      - {use: openai/gpt-4o, timeout: 25s}\n"
        "      - {use: anthropic/claude-sonnet-4-5, timeout: 25s}"
    ),
    check=_late_fallback,
)
UNREACHABLE_RULE: Final = Rule(
    id="unreachable-rule",
    level="warning",
    asks="Does everything that a route or a ramp says take effect?",
    why="What no failure and no moment leads to is not what its author thinks it is.",
    instead_of="routes:\n  - {name: summary, fallback_on: [], targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]}",
    write="routes:\n  - {name: summary, targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]}",
    check=_unreachable,
)
DEAD_ROUTE: Final = Rule(
    id="dead-route",
    level="warning",
    asks="Will calls go there, now or ever?",
    why="A detour that is over or never ends, and the base of a ramp that is complete, mislead whoever reads them.",
    instead_of=(
        "routes:\n  - name: summary\n    targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]\n"
        '    instead: {until: "2020-01-01T00:00:00Z", why: outage, targets: [anthropic/claude-sonnet-4-5]}'
    ),
    write="routes:\n  - name: summary\n    targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]",
    check=_dead,
)
