"""Whether an attempt of a turn can have cost anything."""

from domain.faults.fault import RetryRule
from domain.turn.outcome import Ending
from domain.turn.steps import AttemptEnded
from ports.responses import Reach


def is_free_of_charge(attempt: AttemptEnded) -> bool:
    """Return whether upstream refused the attempt before the model wrote anything, and cannot have billed it."""
    if attempt.usage is not None or attempt.unbilled is not None:
        return False
    if attempt.outcome.reach is Reach.STREAMING:
        return True
    certain = attempt.fault is not None and attempt.fault.rule is not RetryRule.UNCERTAIN
    return certain and attempt.outcome.ending is Ending.REFUSED
