"""Routing: from the name the caller used to the ordered list of targets that may take the call."""

from collections.abc import Callable

from aigw.call import NO_LIMITS, Call, Deadline, Reply
from aigw.errors import APIError, AuthenticationError, UnsupportedParameterError
from aigw.manifest.snapshot import Route, Target
from aigw.policies.selection import Plan, find_route, plan
from aigw.protocols import Adapter, OfflineAdapter, Proceed
from aigw.secrets import Secrets


class Routing:
    """Decides once, before the first attempt; resilience walks the list it is given and never asks again."""

    def __init__(
        self,
        adapters: Callable[[str], Adapter | OfflineAdapter],
        secrets: Secrets,
        is_open: Callable[[Target], bool],
    ) -> None:
        self._adapters = adapters
        self._secrets = secrets
        self._is_open = is_open

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Pass the call on with its route, targets and deadline. Raises what `decide` raises."""
        route, decided = self.decide(call)
        if not decided.targets:
            raise self._nobody(route, decided)
        return await proceed(call.routed(route, decided.targets, Deadline(_until(call, route))))

    def decide(self, call: Call) -> tuple[Route, Plan]:
        """Find the route and judge its targets, writing both down. Raises `ModelNotFoundError`."""
        route = find_route(call.snapshot, call.request.model)
        call.trail.route = route.name
        decided = plan(route, lambda target: self._objection(call, target), self._is_open)
        call.trail.candidates = decided.candidates
        return route, decided

    def _objection(self, call: Call, target: Target) -> str | None:
        if target.provider.unsupported == "error":
            adapter = self._adapters(target.provider.kind.dialect)
            for name in adapter.unsupported(call.request, target):
                return f"unsupported:{name}"
        return None if self._secrets.problem(target.provider.secret) is None else "no_secret"

    def _nobody(self, route: Route, decided: Plan) -> APIError:
        """Say why no target may take the call: the caller's doing if a parameter is in the way, else the key's."""
        reasons = "; ".join(f"{candidate.target}: {candidate.reason}" for candidate in decided.candidates)
        for candidate in decided.candidates:
            code, _, name = candidate.reason.partition(":")
            if code == "unsupported":
                message = (
                    f"No target of {route.name!r} can express {name!r} ({reasons}). Leave it out, choose another "
                    "route, or let the manifest say `unsupported: drop` for the provider."
                )
                return UnsupportedParameterError(
                    message, param=name, code="unsupported_parameter", type="invalid_request_error"
                )
        problems = {self._secrets.problem(target.provider.secret) for target in route.targets}
        message = f"No target of {route.name!r} has its key: {' '.join(sorted(filter(None, problems)))}"
        return AuthenticationError(message, code="missing_secret", type="configuration_error")


def _until(call: Call, route: Route) -> float | None:
    """Give the moment the call must have ended by: the caller's limit, else the route's, else the manifest's."""
    asked = call.options.timeout
    if asked == NO_LIMITS:
        return None
    limit = asked if isinstance(asked, float | int) else route.timeout
    return None if limit is None else call.started + limit
