"""Resilience: gets a call answered by one of its targets. The one owner of retries, fallbacks and breakers.

A call that is answered at once costs a breaker's look and one entry on the trail. Only a failure brings in tenacity,
whose loop then asks the walk after every attempt: go on, where, and after how long. The rules are in `policies/`; here
they are put in order.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from aigw.call import Call, Reply
from aigw.errors import APIError, APITimeoutError, Failure, OverloadedError
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON, Target
from aigw.policies.breaker import Admission, Breakers
from aigw.policies.failover import failure_of, forbids_retry, may_move, may_repeat, meaning_of, wait_asked_for
from aigw.policies.retry import can_finish, delay_before, is_too_long
from aigw.policies.retry_budget import RetryBudgets
from aigw.protocols import Proceed, Runtime
from aigw.stages.committed import Committed, hold
from aigw.stages.underway import Underway

if TYPE_CHECKING:
    from tenacity import RetryCallState

STAND_BY_S: Final = 10.0
"""How long a call waits for the outcome of another call's probe when it has nobody else to ask."""
_LOOK_AGAIN_S: Final = 0.25


class Resilience:
    """Walks the targets routing chose. *random* gives numbers from 0 to 1, for the spread of delays."""

    def __init__(
        self, runtime: Runtime, breakers: Breakers, budgets: RetryBudgets, random: Callable[[], float]
    ) -> None:
        self.runtime = runtime
        self.breakers = breakers
        self.budgets = budgets
        self.random = random

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Give the first answer to be had before the call's deadline.

        Raises the last failure, with all attempts on it, or `APITimeoutError` (`deadline`). A stream is given back once
        its first content event is there; if it breaks off later, reading it raises `StreamInterrupted`.
        """
        walk = _Walk(self, call, proceed)
        try:
            try:
                return await walk.attempt()
            except Exception as error:
                if not walk.goes_on_after(error):
                    raise
            return await self._keep_on(walk)
        except APIError as error:
            error.attempts = tuple(call.trail.attempts)
            raise

    async def _keep_on(self, walk: "_Walk") -> Reply:
        # Imported at the first failure: most processes start long before, and some end without one.
        from tenacity import AsyncRetrying  # noqa: PLC0415

        def goes_on(state: "RetryCallState") -> bool:
            error = None if state.outcome is None else state.outcome.exception()
            return isinstance(error, Exception) and walk.goes_on_after(error)

        await self._pause(walk.delay)
        retrying = AsyncRetrying(sleep=self._pause, retry=goes_on, wait=lambda _: walk.delay)
        reply: Reply = await retrying(walk.attempt)
        return reply

    async def _pause(self, seconds: float) -> None:
        if seconds > 0.0:
            await self.runtime.sleep(seconds)


class _Walk:
    """One call's way along its targets: where it is, what it has tried, and what comes next."""

    __slots__ = (
        "_alternates_used",
        "_call",
        "_error",
        "_is_last_resort",
        "_is_over",
        "_left",
        "_number",
        "_proceed",
        "_stage",
        "_target",
        "delay",
    )

    def __init__(self, stage: Resilience, call: Call, proceed: Proceed) -> None:
        self._stage = stage
        self._call = call
        self._proceed = proceed
        self._target, *left = call.targets
        self._left = deque(left)
        self._number = 1
        self._error: Exception | None = None
        self._is_last_resort = False
        self._is_over = False
        self._alternates_used: set[Failure] = set()
        self.delay = 0.0

    async def attempt(self) -> Reply:
        """Send one attempt to the target that is next, and give its answer, or a stream that has begun to answer."""
        stage, call = self._stage, self._call
        self._check_deadline()
        admission = stage.breakers.admit(self._target.id)
        if admission is None:
            admission = self._admitted_elsewhere() or await self._stand_by()
        target = self._target
        if self._number == 1:
            stage.budgets.requested(target.id)
        underway = Underway(stage.runtime, stage.breakers, admission, call.trail, target, self._number, self.delay)
        try:
            reply = await self._proceed(call.aimed(target, self._number))
            if call.request.stream:
                return await _commit(reply, underway)
        except BaseException as error:
            underway.failed(error)
            raise
        underway.succeeded()
        return reply

    def goes_on_after(self, error: Exception) -> bool:
        """Decide what follows *error*: set where the next attempt goes and after which delay, or say no."""
        if self._is_over or not may_repeat(self._call.request, error):
            return False
        self._error = error
        return self._retries(error) or self._turns_to_alternates(error) or self._moves(error)

    def _retries(self, error: Exception) -> bool:
        stage, call, target = self._stage, self._call, self._target
        allowed = target.max_retries if call.max_retries is None else call.max_retries
        if self._number > allowed or not meaning_of(error).retry or forbids_retry(error):
            return False
        asked = wait_asked_for(error)
        if is_too_long(asked, others_left=self._may_move(error) and any(map(self._is_free, self._left))):
            return False
        delay = delay_before(self._number, asked, stage.random())
        if stage.breakers.is_open(target.id, in_s=delay) and not stage.breakers.is_probed(target.id):
            return False
        if not can_finish(delay, call.deadline, stage.runtime.monotonic()):
            call.trail.notes.append(f"not retried, no time left: {target.id}")
            return False
        if not stage.budgets.grants(target.id):
            call.trail.notes.append(f"not retried, retry budget spent: {target.id}")
            return False
        self._number += 1
        self.delay = delay
        return True

    def _turns_to_alternates(self, error: Exception) -> bool:
        """Leave the route's targets for those it has for just this failure; each such list is entered once."""
        failure, route = failure_of(error), self._call.route
        if route is None or failure in self._alternates_used:
            return False
        if failure is Failure.CONTEXT_LENGTH:
            alternates = route.on_context_length
        elif failure is Failure.CONTENT_POLICY:
            alternates = route.on_content_policy
        else:
            return False
        left = deque(target for target in alternates if target.id != self._target.id)
        if not any(map(self._is_free, left)):
            return False
        self._alternates_used.add(failure)
        self._left = left
        return self._next()

    def _moves(self, error: Exception) -> bool:
        return self._may_move(error) and self._next()

    def _may_move(self, error: Exception) -> bool:
        """Whether the route lets *error* go to another target; alternates are there for just this failure."""
        return failure_of(error) in self._alternates_used or may_move(error, self._fallback_on)

    def _next(self) -> bool:
        while self._left:
            target = self._left.popleft()
            if self._is_free(target):
                self._aim(target)
                return True
        return False

    def _aim(self, target: Target) -> None:
        self._target = target
        self._number = 1
        self.delay = 0.0

    def _is_free(self, target: Target) -> bool:
        return self._is_last_resort or not self._stage.breakers.is_open(target.id)

    @property
    def _fallback_on(self) -> frozenset[Failure]:
        return DEFAULT_FALLBACK_ON if self._call.route is None else self._call.route.fallback_on

    def _admitted_elsewhere(self) -> Admission | None:
        """Ask the targets that are left, in order, as the present one turned the call away."""
        if self._error is not None and not self._may_move(self._error):
            return None
        for position, target in enumerate(self._left):
            admission = self._stage.breakers.admit(target.id)
            if admission is not None:
                self._aim(target)
                self._left = deque(list(self._left)[position + 1 :])
                return admission
        return None

    async def _stand_by(self) -> Admission:
        """Get leave where every breaker is open: test a target early, or wait for the outcome of another call's test.

        A retry does not test early, as it has just seen the target fail. Raises the failure so far, or
        `OverloadedError`.
        """
        breakers, runtime = self._stage.breakers, self._stage.runtime
        fresh = self._error is None or self._is_last_resort
        candidates = (self._target, *self._left) if fresh else (self._target,)
        self._is_last_resort = fresh
        since = runtime.monotonic()
        while True:
            for position, target in enumerate(candidates):
                admission = breakers.admit(target.id, last_resort=fresh)
                if admission is not None:
                    self._aim_last(target, candidates[position + 1 :], runtime.monotonic() - since)
                    return admission
            now = runtime.monotonic()
            pause = _LOOK_AGAIN_S * (1.0 + self._stage.random())
            hopeful = any(breakers.is_probed(target.id) for target in candidates)
            if not hopeful or now - since > STAND_BY_S or not can_finish(pause, self._call.deadline, now):
                self._is_over = True
                raise self._error or self._nobody()
            await runtime.sleep(pause)

    def _aim_last(self, target: Target, left: tuple[Target, ...], waited_s: float) -> None:
        if target is not self._target:
            self._aim(target)
        self._left = deque(left)
        self.delay += waited_s

    def _check_deadline(self) -> None:
        at = self._call.deadline.at
        if at is None or self._stage.runtime.monotonic() < at:
            return
        last = "" if self._error is None else f" The last failure was {type(self._error).__name__}."
        message = (
            f"The call ran out of time after {len(self._call.trail.attempts)} attempts.{last} "
            "Give it a longer `timeout`, or its route fewer retries."
        )
        raise APITimeoutError(message, phase="deadline") from self._error

    def _nobody(self) -> OverloadedError:
        names = ", ".join(target.id for target in self._call.targets)
        message = (
            f"Every target has been failing ({names}) and is being tested by another call. Try again in "
            f"{STAND_BY_S:.0f} s, or see the gateway's health for what they failed with."
        )
        return OverloadedError(message, status_code=503, code="breaker_open", retry_after=STAND_BY_S)


async def _commit(reply: Reply, underway: Underway) -> Reply:
    """Read *reply* up to its commit point, and give it anew: what was held back, then the guarded rest."""
    held = await hold(reply)
    underway.committed()
    return Reply(Committed(reply, held, underway), held)
