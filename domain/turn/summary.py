"""Build the summary of a turn at its end."""

from domain.faults.fault import Fault
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
        fault=fault,
        usage=attempts.bill.usage,
        unbilled_characters=attempts.bill.unbilled,
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
