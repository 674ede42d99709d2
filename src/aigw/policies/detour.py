"""Detours: targets that stand in for a route's own until a moment, and how that is told."""

from dataclasses import replace

from aigw.call import Candidate
from aigw.manifest.snapshot import Instead, Route
from aigw.policies.selection import Plan
from aigw.types.times import written_time


def standing_in(route: Route, now: float) -> Instead | None:
    """Give what stands in for the targets of *route* at *now* (seconds since the epoch), if anything does."""
    detour = route.instead
    return None if detour is None or now >= detour.until else detour


def detoured(route: Route, detour: Instead, *, kept: bool) -> Route:
    """Give *route* as it is while *detour* lasts. What is *kept* somewhere may still be asked of the route's own."""
    return replace(route, targets=(*detour.targets, *route.targets) if kept else detour.targets)


def bypassing(decided: Plan, route: Route, detour: Instead) -> Plan:
    """Give the plan with the targets of *route* that *detour* passes by, each saying why."""
    judged = {candidate.target for candidate in decided.candidates}
    reason = f"instead:{detour.why}" if detour.why else "instead"
    passed = (Candidate(one.id, eligible=False, reason=reason) for one in route.targets if one.id not in judged)
    return replace(decided, candidates=(*decided.candidates, *passed))


def note_of(detour: Instead) -> str:
    """Tell of *detour* in a note."""
    until = written_time(detour.until)
    return f"instead: {detour.why or 'other targets'} (until {until})"
