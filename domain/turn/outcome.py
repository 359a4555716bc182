"""How one attempt ended, and how far it got: what a ledger needs to know of it."""

from dataclasses import dataclass
from enum import Enum

from ports.response_events import UpstreamProblem
from ports.responses import Reach, Refused, ResponsesError, TimedOut
from ports.usage import Usage


class Ending(Enum):
    """How an attempt ended; the values are written to logs.

    COMPLETED: the answer is whole, even if its terminal event is missing. CUT_SHORT: upstream stopped at a limit or a
    filter. REFUSED: upstream reported an error before it wrote anything. FAILED: an error later, or one of ours before.
    INTERRUPTED: the connection ended in the answer. CANCELLED: nobody reads any more. CRASHED: a defect of ours.
    """

    COMPLETED = "completed"
    CUT_SHORT = "cut short"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `reach` says NOT_SENT only if that is certain, STREAMING as soon as upstream answered."""

    ending: Ending
    reach: Reach


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an attempt is over: with which problem and bill, if upstream said, and how far the port says it got.

    Not `billable`: upstream refused it before it wrote anything, so it costs nothing.
    """

    ending: Ending
    usage: Usage | None = None
    problem: UpstreamProblem | None = None
    reach: Reach | None = None
    billable: bool = True


def stop_of(error: ResponsesError) -> Stop:
    """Say how an attempt ended that failed with an error of the port."""
    if isinstance(error, Refused):
        return Stop(Ending.REFUSED, problem=error.problem, reach=error.reach)
    if isinstance(error, TimedOut):
        return Stop(Ending.TIMED_OUT, reach=error.reach)
    broke = error.reach is Reach.STREAMING
    return Stop(Ending.INTERRUPTED if broke else Ending.FAILED, reach=error.reach)
