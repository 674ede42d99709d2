"""Routing: from the name the caller used to the ordered list of targets that may take the call."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aigw.call import NO_LIMITS, Call, Deadline, Reply
from aigw.credentials.cache import Credentials
from aigw.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ManifestLapsedError,
    UnsupportedParameterError,
)
from aigw.manifest.snapshot import Route, Target
from aigw.policies.affinity import Issuers, booked, elsewhere, home, issued, preferring
from aigw.policies.detour import bypassing, detoured, note_of, standing_in
from aigw.policies.headers import unflagged
from aigw.policies.selection import Plan, find_route, keeper, plan, way_home
from aigw.protocols import AdapterFinder, Proceed
from aigw.types.events import Event
from aigw.types.operation import Operation
from aigw.types.relay import RelayRequest

KEPT: Final = frozenset({Operation.BATCHES, Operation.RESPONSES})
"""What is asked of whoever keeps it, and of nobody else."""


class Routing:
    """Decides once, before the first attempt; resilience walks the list it is given and never asks again.

    A call that carries state goes first to the target that issued it.
    """

    def __init__(
        self,
        adapters: AdapterFinder,
        credentials: Credentials,
        is_open: Callable[[Target], bool],
        issuers: Issuers,
        lapsed_since: Callable[[], float | None],
    ) -> None:
        self._adapters = adapters
        self._credentials = credentials
        self._is_open = is_open
        self._issuers = issuers
        self._lapsed_since = lapsed_since

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Pass the call on with its route, targets and deadline. Raises what `decide` raises."""
        route, decided = self.decide(call)
        if not decided.targets:
            raise self._nobody(route, decided)
        reply = await proceed(call.routed(route, decided.targets, Deadline(_until(call, route))))
        reply.on_event(lambda event: self._note(call, event))
        return reply

    def decide(self, call: Call) -> tuple[Route, Plan]:
        """Find the route and judge its targets, writing both down.

        Raises `ModelNotFoundError`, `BadRequestError`, and `ManifestLapsedError` where the route serves no longer.
        """
        kept_at = home(call.request, self._issuers)
        kept = call.request.operation in KEPT
        named = _route(call, kept_at).on_unsupported(call.options.unsupported)
        call.trail.route = named.name
        self._check_confidence(call, named)
        detour = standing_in(named, call.at)
        route = named if detour is None else detoured(named, detour, kept=kept)
        if kept:
            route = keeper(
                route, lambda target: self._adapters(target.provider.kind, call.request) is not None, kept_at
            )
        route = self._with_fit_alternates(call, route)
        decided = plan(route, lambda target: self._objection(call, target), self._is_open)
        decided = preferring(decided, kept_at)
        if detour is not None:
            decided = bypassing(decided, named, detour)
            call.trail.notes.append(note_of(detour))
        call.trail.candidates = decided.candidates
        if isinstance(call.request, RelayRequest) and self._issuers.has_counted(call.request.kept):
            call.trail.counted_before = True
        return route, decided

    def _check_confidence(self, call: Call, route: Route) -> None:
        """Refuse what is not to be served by a manifest that has been in doubt for so long."""
        limit_s = call.snapshot.fail_closed_after if route.fail_closed_after is None else route.fail_closed_after
        if limit_s is None:
            return
        since = self._lapsed_since()
        if since is not None and call.at - since >= limit_s:
            raise _lapsed(call, route, limit_s, call.at - since)

    def _note(self, call: Call, event: Event) -> None:
        names = issued(event)
        if names and call.trail.target is not None:
            self._issuers.remember(names, call.trail.target.id)
            told = booked(event)
            if told is not None:
                if call.trail.counted_before:
                    call.trail.notes.append("usage: on record with an earlier call")
                self._issuers.count(told)

    def _with_fit_alternates(self, call: Call, route: Route) -> Route:
        """Give *route* without the alternates that could not take the call: nobody asks again once one is turned to."""
        if not route.on_context_length and not route.on_content_policy:
            return route

        def fit(targets: tuple[Target, ...]) -> tuple[Target, ...]:
            if call.request.operation in KEPT:
                return ()
            return tuple(target for target in targets if self._objection(call, target) is None)

        return replace(
            route,
            on_context_length=fit(route.on_context_length),
            on_content_policy=fit(route.on_content_policy),
        )

    def _objection(self, call: Call, target: Target) -> str | None:
        adapter = self._adapters(target.provider.kind, call.request)
        if adapter is None:
            return f"operation:{call.request.operation}"
        if target.unsupported != "pass":
            kept = elsewhere(call.request, self._issuers, target)
            if kept is not None:
                return f"kept_elsewhere:{kept}"
        if target.unsupported == "error":
            request, _ = unflagged(call.request, target.provider.kind)
            for name in adapter.unsupported(request, target):
                return f"unsupported:{name}"
        return None if self._credentials.problem(target.provider.secret) is None else "no_secret"

    def _nobody(self, route: Route, decided: Plan) -> APIError:
        """Say why no target may take the call: the caller's doing if a parameter is in the way, else the key's."""
        reasons = "; ".join(f"{candidate.target}: {candidate.reason}" for candidate in decided.candidates)
        for candidate in decided.candidates:
            code, _, name = candidate.reason.partition(":")
            if code == "operation":
                message = f"No target of {route.name!r} does {name} ({reasons}). Choose a route to one that does."
                return UnsupportedParameterError(
                    message, param="model", code="unsupported_operation", type="invalid_request_error"
                )
            if code == "kept_elsewhere":
                message = (
                    f"{name} names what another provider keeps, which no target of {route.name!r} has ({reasons}). Use "
                    "a route to that provider, or send the whole conversation."
                )
                return UnsupportedParameterError(
                    message, param=name, code="kept_elsewhere", type="invalid_request_error"
                )
            if code == "unsupported":
                message = (
                    f"No target of {route.name!r} can express {name!r} ({reasons}). Leave it out, choose another "
                    "route, or say `unsupported: drop` for the provider or the route."
                )
                return UnsupportedParameterError(
                    message, param=name, code="unsupported_parameter", type="invalid_request_error"
                )
        problems = {self._credentials.problem(target.provider.secret) for target in route.targets}
        message = f"No target of {route.name!r} has its key: {' '.join(sorted(filter(None, problems)))}"
        return AuthenticationError(message, code="missing_secret", type="configuration_error")


def _route(call: Call, kept_at: str | None) -> Route:
    """Give the route the caller named, or where nothing was named that to whoever keeps what is asked for."""
    request = call.request
    if request.model or request.operation not in KEPT:
        return find_route(call.snapshot, request.model)
    route = None if kept_at is None else way_home(call.snapshot, kept_at)
    if route is None:
        who = (
            "nobody can tell who keeps what goes by this id: this process has not seen it issued"
            if kept_at is None
            else f"{kept_at.partition('/')[0]} keeps what goes by this id, and no route of the manifest leads there now"
        )
        message = f"model: {who}. Say model=…, the route or model it was asked of."
        raise BadRequestError(message, param="model", code="unknown_keeper", type="invalid_request_error")
    return route


def _lapsed(call: Call, route: Route, limit_s: float, for_s: float) -> ManifestLapsedError:
    message = (
        f"The manifest ({call.snapshot.source}, serial {call.snapshot.serial}) has been in doubt for {for_s:.0f} s; "
        f"{route.name!r} then serves for {limit_s:g} s at most (`fail_closed_after`). Look at `gw.manifest.status()`: "
        "either this process cannot reach its source, or whoever publishes it has let it lapse."
    )
    return ManifestLapsedError(message, code="manifest_lapsed", type="configuration_error")


def _until(call: Call, route: Route) -> float | None:
    """Give the moment the call must have ended by: the caller's limit, else the route's, else the manifest's."""
    asked = call.options.timeout
    if asked == NO_LIMITS:
        return None
    limit = asked if isinstance(asked, float | int) else route.timeout
    return None if limit is None else call.started + limit
