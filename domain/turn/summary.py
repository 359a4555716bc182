"""Build the summary of a turn at its end."""

from dataclasses import replace

from domain.faults.causes import Received
from domain.faults.facts import ModelLimits, Sent
from domain.faults.fault import Fault, FaultKind
from domain.turn.attempts import Attempts
from domain.turn.plan import TurnPlan
from domain.turn.rounds import Rounds
from domain.turn.shown import Shown
from domain.turn.statuses import MediaLeftOut
from domain.turn.steps import End, Reason


def end_of(
    reason: Reason, fault: Fault | None, now: float, plan: TurnPlan, attempts: Attempts, rounds: Rounds, shown: Shown
) -> End:
    """Return how a turn ended at `now` (s)."""
    calls, failed_calls = rounds.tally()
    return End(
        reason=reason,
        timing=shown.timing(now),
        error_id=plan.error_id,
        fault=_informed(fault, plan, attempts, shown) if fault is not None else None,
        usage=attempts.bill.usage,
        shown=shown.something,
        attempts=attempts.number,
        rounds=rounds.finished,
        response_id=attempts.response_id,
        model=attempts.model,
        ignored_events=attempts.ignored,
        facts=attempts.bill.facts,
        left_out=next((note for note in plan.notes if isinstance(note, MediaLeftOut)), None),
        endpoint=attempts.endpoint,
        calls=calls,
        failed_calls=failed_calls,
    )


def _informed(fault: Fault, plan: TurnPlan, attempts: Attempts, shown: Shown) -> Fault:
    """Return a fault with what was sent; one of length with the limits of the model that refused it.

    One of a broken connection says if nothing is left of the answer: there is no part to continue then.
    """
    if fault.kind is FaultKind.INTERRUPTED and fault.cause is None and not shown.something:
        fault = replace(fault, cause=Received.NOTHING)
    asked = attempts.latest.asked
    if asked is None:
        return fault
    slug = asked.body.model
    window = plan.fit.windows.get(slug) if fault.kind is FaultKind.CONTEXT_LENGTH else None
    limits = ModelLimits(window.context, window.ceiling) if window is not None else None
    return replace(fault, facts=replace(fault.facts, sent=Sent(slug, asked.endpoint.value), limits=limits))
