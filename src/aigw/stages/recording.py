"""Recording: outermost, so that refusals and crashes are on record too. One record for each call, exactly once."""

import logging
import os
from collections.abc import Callable, Sequence

from aigw.call import Arm, Call, Ending, Outcome, Reply, Trail, outcome_of
from aigw.errors import AigwError, APIError, APIStatusError
from aigw.policies.rollout import Rollouts, went_well
from aigw.protocols import Proceed, Runtime, Sink
from aigw.record import Record
from aigw.types.embeddings import Embedded
from aigw.types.events import Answer, ChoiceEnded, Event, Native, Started, UsageReported
from aigw.types.relay import Relayed

logger = logging.getLogger("aigw")


class Recording:
    """Watches a call from its first look to its last event, and hands its record to the sinks."""

    def __init__(self, runtime: Runtime, sinks: Sequence[Sink], rollouts: Rollouts) -> None:
        self._runtime = runtime
        self._sinks = tuple(sinks)
        self._rollouts = rollouts

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Pass the call on, and write its record when it has ended, however it does."""
        try:
            reply = await proceed(call)
        except BaseException as error:
            self._finish(call, Ending(_outcome(call.trail, error), error))
            raise

        def look(event: Event) -> None:
            _watch(call.trail, event, self._runtime.monotonic)

        process = os.getpid()

        async def ended(ending: Ending) -> None:
            # A stream that was open at a fork ends in both processes; its call is the parent's.
            if os.getpid() == process:
                self._finish(call, ending)

        reply.on_event(look)
        reply.on_end(ended)
        return reply

    def refuse(self, call: Call, error: BaseException) -> None:
        """Write the record of a call that ended before it began."""
        self._finish(call, Ending(Outcome.REFUSED if isinstance(error, AigwError) else outcome_of(error), error))

    def _finish(self, call: Call, ending: Ending) -> None:
        call.trail.ending = ending
        call.trail.ended_at = self._runtime.monotonic()
        if isinstance(ending.error, AigwError):
            ending.error.call_id = call.id
        if call.trail.arm is not None:
            self._judge(call, call.trail.arm, ending)
        if not self._sinks:
            return
        record = record_of(call, call.trail.ended_at)
        for sink in self._sinks:
            try:
                sink.write(record)
            except Exception:
                logger.exception("The sink %s could not take the record of call %s", type(sink).__name__, call.id)

    def _judge(self, call: Call, arm: Arm, ending: Ending) -> None:
        """Let the rollout's guard count the call, and say so if this process holds itself back from now on."""
        ok = went_well(ending)
        if ok is None:
            return
        answered = call.trail.first_token_at if call.request.stream else call.trail.ended_at
        took_s = None if answered is None else answered - call.started
        why = self._rollouts.finished(arm, ok=ok, took_s=took_s)
        if why is not None:
            message = "Rollout %s: this process takes the base until another serial is published, because %s"
            logger.warning(message, arm.rollout, why)


def record_of(call: Call, now: float) -> Record:
    """Give the record of *call* as far as it has come; *now* (monotonic) stands in for an end that is still to come."""
    trail = call.trail
    if trail.record is not None:
        return trail.record
    record = _made(call, trail, now)
    if trail.ending is not None:
        trail.record = record
    return record


def _made(call: Call, trail: Trail, now: float) -> Record:
    ending = trail.ending or Ending(Outcome.OPEN)
    error = ending.error
    api_error = error if isinstance(error, APIError) else None
    ended = now if trail.ended_at is None else trail.ended_at
    return Record(
        call_id=call.id,
        at=call.at,
        surface=call.surface,
        operation=call.request.operation,
        model=call.request.model,
        stream=call.request.stream,
        principal=call.principal,
        tags=call.tags,
        route=trail.route,
        serial=call.snapshot.serial,
        digest=call.snapshot.digest,
        rollout=None if trail.arm is None else str(trail.arm),
        target=None if trail.target is None else trail.target.id,
        candidates=trail.candidates,
        attempts=tuple(trail.attempts),
        usage=None if trail.counted_before else trail.usage,
        finish_reason=trail.finish_reason,
        outcome=ending.outcome,
        error=None if error is None else type(error).__name__,
        error_code=None if api_error is None else api_error.code,
        status_code=None if api_error is None else api_error.status_code,
        latency_s=ended - call.started,
        first_token_s=None if trail.first_token_at is None else trail.first_token_at - call.started,
        notes=tuple(trail.notes),
    )


def _watch(trail: Trail, event: Event, now: Callable[[], float]) -> None:
    if isinstance(event, Answer):
        trail.usage = event.usage
        trail.finish_reason = event.choices[0].reason if event.choices else None
        trail.first_token_at = now()
    elif isinstance(event, UsageReported):
        trail.usage = event.usage
    elif isinstance(event, Embedded | Relayed):
        trail.usage = event.usage
        trail.first_token_at = now()
    elif isinstance(event, ChoiceEnded):
        trail.finish_reason = trail.finish_reason or event.reason
    elif trail.first_token_at is None and not isinstance(event, Started | Native):
        trail.first_token_at = now()


def _outcome(trail: Trail, error: BaseException) -> Outcome:
    """Refused is what never reached a provider."""
    if isinstance(error, APIStatusError) and not trail.attempts:
        return Outcome.REFUSED
    return outcome_of(error)
