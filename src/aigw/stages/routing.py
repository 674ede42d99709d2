"""Routing: from the name the caller used to the ordered list of targets that may take the call."""

from collections.abc import Callable
from dataclasses import replace

from aigw.call import NO_LIMITS, Call, Deadline, Reply
from aigw.credentials.cache import Credentials
from aigw.errors import APIError, AuthenticationError, UnsupportedParameterError
from aigw.manifest.snapshot import Route, Target
from aigw.policies.affinity import Issuers, elsewhere, home, issued, preferring
from aigw.policies.headers import unflagged
from aigw.policies.selection import Plan, find_route, keeper, plan
from aigw.protocols import AdapterFinder, Proceed
from aigw.types.events import Event
from aigw.types.operation import Operation


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
    ) -> None:
        self._adapters = adapters
        self._credentials = credentials
        self._is_open = is_open
        self._issuers = issuers

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Pass the call on with its route, targets and deadline. Raises what `decide` raises."""
        route, decided = self.decide(call)
        if not decided.targets:
            raise self._nobody(route, decided)
        reply = await proceed(call.routed(route, decided.targets, Deadline(_until(call, route))))
        reply.on_event(lambda event: self._note(call, event))
        return reply

    def decide(self, call: Call) -> tuple[Route, Plan]:
        """Find the route and judge its targets, writing both down. Raises `ModelNotFoundError`."""
        route = find_route(call.snapshot, call.request.model).on_unsupported(call.options.unsupported)
        if call.request.operation is Operation.BATCHES:
            route = keeper(route, lambda target: self._adapters(target.provider.kind, call.request) is not None)
        call.trail.route = route.name
        route = self._with_fit_alternates(call, route)
        decided = plan(route, lambda target: self._objection(call, target), self._is_open)
        decided = preferring(decided, home(call.request, self._issuers))
        call.trail.candidates = decided.candidates
        return route, decided

    def _note(self, call: Call, event: Event) -> None:
        names = issued(event)
        if names and call.trail.target is not None:
            self._issuers.remember(names, call.trail.target.id)

    def _with_fit_alternates(self, call: Call, route: Route) -> Route:
        """Give *route* without the alternates that could not take the call: nobody asks again once one is turned to."""
        if not route.on_context_length and not route.on_content_policy:
            return route

        def fit(targets: tuple[Target, ...]) -> tuple[Target, ...]:
            if call.request.operation is Operation.BATCHES:
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


def _until(call: Call, route: Route) -> float | None:
    """Give the moment the call must have ended by: the caller's limit, else the route's, else the manifest's."""
    asked = call.options.timeout
    if asked == NO_LIMITS:
        return None
    limit = asked if isinstance(asked, float | int) else route.timeout
    return None if limit is None else call.started + limit
